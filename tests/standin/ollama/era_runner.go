//go:build !llamaserver

package main

// Ollama of this era is linked with libstdc++ and libm, which its own ggml needs: the loader looks for them in the
// folders of the rewritten LD_LIBRARY_PATH.

/*
#cgo LDFLAGS: -Wl,--no-as-needed -lstdc++ -lm -lgcc_s -Wl,--as-needed

extern char class_info[] __asm__("_ZTVN10__cxxabiv117__class_type_infoE");
static void *of_libstdcxx __attribute__((used)) = class_info;
*/
import "C"

const (
	// Discovery by a runner of its own.
	runnerEra = true
	version   = "0.16.3"
)

// Ollama's default of OLLAMA_VULKAN (envconfig).
const vulkanByDefault = false
