// Loads a backend through cgo, as Ollama's runner does: Go's own handler turns a crash in C into exit code 2.
package main

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>

typedef void *init_function(void);

static void *start_backend(const char *path) {
    void *handle = dlopen(path, RTLD_NOW);
    init_function *init = handle ? (init_function *)dlsym(handle, "ggml_backend_init") : NULL;
    return init ? init() : NULL;
}
*/
import "C"

import (
	"fmt"
	"os"
	"unsafe"
)

func main() {
	path := C.CString(os.Args[1])
	defer C.free(unsafe.Pointer(path))
	fmt.Println("registered", C.start_backend(path) != nil)
}
