package main

/*
#cgo LDFLAGS: -ldl
#include <stdlib.h>
#include "ggml.h"
*/
import "C"

import (
	"errors"
	"log"
	"strconv"
	"unsafe"
)

// ggml's kinds of devices (ggml-backend.h).
const (
	kindGPU        = 1
	kindIntegrated = 2
)

// openLoader opens the real ggml loader, which Ollama has inside itself.
func openLoader(path string) {
	if err := openLibrary(path, false); err != nil {
		log.Fatal(err)
	}
}

func openLibrary(path string, global bool) error {
	text := C.CString(path)
	defer C.free(unsafe.Pointer(text))
	if why := C.standin_open(text, C.bool(global)); why != nil {
		return errors.New(C.GoString(why))
	}
	return nil
}

func loadAllFrom(folder string) {
	text := C.CString(folder)
	defer C.free(unsafe.Pointer(text))
	C.standin_load_all_from(text)
}

// loadBackend loads one backend and says how many devices it has.
func loadBackend(path string) []device {
	text := C.CString(path)
	defer C.free(unsafe.Pointer(text))
	var devices []device
	backend := C.standin_load(text)
	for index := range int(C.standin_backend_count(backend)) {
		devices = append(devices, describe(C.standin_backend_device(backend, C.size_t(index)), len(devices)))
	}
	return devices
}

func startDevices() {
	for index := range int(C.standin_count()) {
		C.standin_start(C.standin_device(C.size_t(index)))
	}
}

// listDevices are the graphics devices of all backends that registered; never nil, as the answer is a list.
func listDevices() []device {
	devices := []device{}
	ordinals := make(map[string]int)
	for index := range int(C.standin_count()) {
		raw := C.standin_device(C.size_t(index))
		if kind := C.standin_kind(raw); kind != kindGPU && kind != kindIntegrated {
			continue
		}
		library := C.GoString(C.standin_library(raw))
		devices = append(devices, describe(raw, ordinals[library]))
		ordinals[library]++
	}
	return devices
}

func describe(raw unsafe.Pointer, ordinal int) device {
	var facts C.struct_standin_facts
	C.standin_describe(raw, &facts)
	return device{
		ID:          strconv.Itoa(ordinal),
		Library:     C.GoString(C.standin_library(raw)),
		Name:        C.GoString(facts.name),
		Description: C.GoString(facts.description),
		Compute:     "0.0",
		PCI:         C.GoString(facts.device_id),
		Integrated:  facts.kind == kindIntegrated,
		Total:       uint64(facts.memory_total),
		Free:        uint64(facts.memory_free),
	}
}
