// Loads and asks from many goroutines while the collector runs and stacks grow; prints how much of it went well.
package main

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>

typedef void *init_function(void);

static int load_once(const char *path, const char *symbol) {
    void *handle = dlopen(path, RTLD_NOW);
    if (handle == NULL) return 0;
    init_function *init = (init_function *)dlsym(handle, symbol);
    int good = init != NULL && init() != NULL && dlsym(handle, "not_there") == NULL;
    dlclose(handle);
    return good;
}
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"unsafe"
)

func grow(depth int) int {
	var ballast [256]int
	ballast[depth%256] = depth
	if depth == 0 {
		return ballast[0]
	}
	return grow(depth-1) + ballast[depth%256] - depth
}

func main() {
	path, symbol := C.CString(os.Args[1]), C.CString("ggml_backend_init")
	defer C.free(unsafe.Pointer(path))
	defer C.free(unsafe.Pointer(symbol))
	var group sync.WaitGroup
	var lock sync.Mutex
	good := 0
	for at := 0; at < 16; at++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for round := 0; round < 50; round++ {
				one := int(C.load_once(path, symbol)) + grow(200)
				garbage := make([]byte, 1<<16)
				garbage[round] = 1
				if round%10 == 0 {
					runtime.GC()
				}
				lock.Lock()
				good += one
				lock.Unlock()
			}
		}()
	}
	group.Wait()
	fmt.Println("good", good)
}
