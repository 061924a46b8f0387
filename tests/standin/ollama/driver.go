package main

/*
#include "driver.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"strconv"
)

// probeDriver asks the CUDA driver itself for its devices.
func probeDriver() ([]device, error) {
	var words [1024]C.char
	var opened C.struct_standin_driver
	if C.standin_driver_open(&opened, &words[0], C.size_t(len(words))) != 0 {
		return nil, errors.New(C.GoString(&words[0]))
	}
	var count C.int
	if code := C.standin_driver_start(&opened); code != 0 {
		return nil, fmt.Errorf("cuInit failed: %d", int(code))
	}
	release := int(C.standin_nvml(&opened))
	if code := C.standin_driver_count(&opened, &count); code != 0 {
		return nil, fmt.Errorf("cuDeviceGetCount failed: %d", int(code))
	}
	var devices []device
	for ordinal := range int(count) {
		var facts C.struct_standin_gpu
		if code := C.standin_driver_describe(&opened, C.int(ordinal), &facts); code != 0 {
			return nil, fmt.Errorf("cuDeviceGet failed: %d", int(code))
		}
		devices = append(devices, device{
			ID: strconv.Itoa(ordinal), Library: "CUDA", Name: "CUDA" + strconv.Itoa(ordinal),
			Description: C.GoString(&facts.name[0]),
			Compute:     fmt.Sprintf("%d.%d", int(facts.major), int(facts.minor)),
			Driver:      fmt.Sprintf("%d.%d", int(opened.version)/1000, int(opened.version)%1000/10),
			PCI:         C.GoString(&facts.pci[0]),
			Release:     release,
			Integrated:  facts.integrated != 0,
			Total:       uint64(facts.total),
		})
	}
	return devices, nil
}
