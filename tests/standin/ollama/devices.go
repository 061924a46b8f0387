package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// device is one compute device, as the children report it and the server keeps it.
type device struct {
	ID          string `json:"id"`
	Library     string `json:"library"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Compute     string `json:"compute"`
	Driver      string `json:"driver"`
	PCI         string `json:"pci_id"`
	Release     int    `json:"nvidia_driver_major,omitempty"`
	Integrated  bool   `json:"integrated"`
	Total       uint64 `json:"total_memory"`
	Free        uint64 `json:"free_memory"`

	directories []string
}

// folder is the last folder of the attempt that gave the device.
func (d device) folder() string {
	if len(d.directories) == 0 {
		return ""
	}
	return d.directories[len(d.directories)-1]
}

// visibleBy is the variable that shows this device alone; empty for a library without second pass.
func (d device) visibleBy() string {
	switch d.Library {
	case "CUDA":
		return "CUDA_VISIBLE_DEVICES"
	case "ROCm":
		return "ROCR_VISIBLE_DEVICES"
	}
	return ""
}

// filter drops what another folder or another library gives too.
func filter(devices []device) []device {
	kept := dropOverlap(devices)
	var unique []device
	for _, one := range kept {
		same := slices.IndexFunc(unique, func(other device) bool { return one.PCI != "" && other.PCI == one.PCI })
		switch {
		case same < 0:
			unique = append(unique, one)
		case unique[same].Library == one.Library:
		case one.visibleBy() != "" && unique[same].visibleBy() == "":
			debug(place{"runner.go:227", "runner.go:234"}, "dropping duplicate device", "device", unique[same].Name)
			unique[same] = one
		default:
			debug(place{"runner.go:227", "runner.go:234"}, "dropping duplicate device", "device", one.Name)
		}
	}
	if !runnerEra {
		unique = slices.DeleteFunc(unique, dropIntegrated)
	}
	for _, one := range unique {
		debug(place{"runner.go:193", "runner.go:200"}, "adjusting filtering IDs", "FilterID", one.ID, "new_ID", one.ID)
	}
	slices.SortStableFunc(unique, func(a, b device) int { return cmp.Compare(a.ID, b.ID) })
	return unique
}

func dropIntegrated(one device) bool {
	if !one.Integrated || truth("OLLAMA_IGPU_ENABLE", one.Library == "CUDA") {
		return false
	}
	info(place{"", "runner.go:405"}, "dropping integrated GPU; to enable, set OLLAMA_IGPU_ENABLE=1",
		"id", one.ID, "library", one.Library)
	return true
}

// dropOverlap keeps one folder per library for a device that two folders give: the last in name order as long as the
// device sets agree, else the first.
func dropOverlap(devices []device) []device {
	sets := combinations(devices)
	keep := make(map[string]string)
	for library, folders := range sets {
		var names []string
		agree := true
		for name, ids := range folders {
			slices.Sort(ids)
			names = append(names, name)
			agree = agree && slices.Equal(ids, folders[names[0]])
		}
		slices.Sort(names)
		keep[library] = names[0]
		if agree {
			keep[library] = names[len(names)-1]
		}
	}
	return slices.DeleteFunc(devices, func(one device) bool {
		kept := keep[one.Library]
		if one.folder() == kept || !slices.Contains(sets[one.Library][kept], one.ID) {
			return false
		}
		debug(place{"runner.go:405", "runner.go:479"}, "filtering device with overlapping libraries",
			"id", one.ID, "library", one.folder(), "kept_library", kept)
		return true
	})
}

// nameDevices writes the lines at the end of a discovery: one per device, or the one that says CPU.
func nameDevices(devices []device) {
	var memory uint64
	for _, one := range devices {
		var folders []string
		for _, folder := range one.directories {
			if strings.Contains(folder, filepath.Join("lib", "ollama")) {
				folders = append(folders, filepath.Base(folder))
			}
		}
		kind := "discrete"
		if one.Integrated {
			kind = "iGPU"
		}
		memory += one.Total
		info(place{"types.go:42", "types.go:32"}, "inference compute", "id", one.ID, "filter_id", one.ID,
			"library", one.Library, "compute", one.Compute, "name", one.Name, "description", one.Description,
			"libdirs", strings.Join(folders, ","), "driver", one.Driver, "pci_id", one.PCI, "type", kind,
			"total", gibibytes(one.Total), "available", gibibytes(one.Free))
	}
	if len(devices) == 0 {
		total, available := systemMemory()
		info(place{"types.go:60", "types.go:50"}, "inference compute", "id", "cpu", "library", "cpu",
			"compute", "", "name", "cpu", "description", "cpu", "libdirs", "ollama", "driver", "",
			"pci_id", "", "type", "", "total", gibibytes(total), "available", gibibytes(available))
	}
	context := 4096
	if memory >= 47<<30 {
		context = 262144
	} else if memory >= 23<<30 {
		context = 32768
	}
	info(place{"routes.go:1768", "routes.go:2040"}, "vram-based default context",
		"total_vram", gibibytes(memory), "default_num_ctx", context)
}

func gibibytes(bytes uint64) string {
	if bytes == 0 {
		return "0 B"
	}
	return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
}

// systemMemory reads total and available bytes where Ollama does.
func systemMemory() (total, available uint64) {
	text, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(text)) {
		var name string
		var size uint64
		if _, err := fmt.Sscanf(line, "%s %d", &name, &size); err != nil {
			continue
		}
		switch name {
		case "MemTotal:":
			total = size << 10
		case "MemAvailable:":
			available = size << 10
		}
	}
	_, _ = os.ReadFile("/sys/fs/cgroup/memory.max")
	_, _ = os.ReadFile("/sys/fs/cgroup/memory.current")
	return total, available
}
