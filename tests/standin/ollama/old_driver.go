package main

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// `libcudart.so.12.8.90`
var runtimeName = regexp.MustCompile(`^libcudart\.so\.(\d+)(?:\.(\d+))?`)

// dropOldDriver drops the CUDA devices of cuda_v12 whose driver is older than the runtime in the folder wants: 550 from
// 12.4 on, and for cards before 7.0 570 from 12.8 on (discover/cuda_compat.go).
func dropOldDriver(devices []device) []device {
	at := slices.IndexFunc(devices, func(one device) bool { return one.Library == "CUDA" })
	if at < 0 {
		return devices
	}
	known := slices.IndexFunc(devices, func(one device) bool { return one.Library == "CUDA" && one.Release > 0 })
	if known < 0 {
		warn(place{"", "cuda_compat.go:39"}, "could not verify NVIDIA driver compatibility for CUDA")
		return devices
	}
	release, minor := devices[known].Release, runtimeMinor(devices[at].directories)
	return slices.DeleteFunc(devices, func(one device) bool {
		wanted := 0
		major, _, _ := strings.Cut(one.Compute, ".")
		compute, _ := strconv.Atoi(major)
		switch {
		case one.Library != "CUDA":
		case minor >= 4 && release < 550:
			wanted = 550
		case minor >= 8 && release < 570 && compute > 0 && compute < 7:
			wanted = 570
		}
		if wanted > 0 {
			warn(place{"", "cuda_compat.go:65"}, "NVIDIA driver too old", "device", one.Description, "compute", one.Compute,
				"driver", release, "required_driver", strconv.Itoa(wanted)+" or newer")
		}
		return wanted > 0
	})
}

// runtimeMinor is N of the newest libcudart.so.12.N in these folders, by file name; -1 for none, or a runtime of another series.
func runtimeMinor(directories []string) int {
	best := [2]int{12, -1}
	for _, folder := range directories {
		entries, _ := os.ReadDir(folder)
		for _, entry := range entries {
			found := runtimeName.FindStringSubmatch(entry.Name())
			if found == nil {
				continue
			}
			major, _ := strconv.Atoi(found[1])
			minor, _ := strconv.Atoi(found[2])
			if major > best[0] || major == best[0] && minor > best[1] {
				best = [2]int{major, minor}
			}
		}
	}
	if best[0] != 12 {
		return -1
	}
	return best[1]
}
