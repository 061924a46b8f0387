package main

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	// `  CUDA0: NVIDIA H100 80GB HBM3 (81920 MiB, 79872 MiB free)`
	deviceLine = regexp.MustCompile(`^  ([A-Za-z]+)(\d+): (.*) \((\d+) MiB, (\d+) MiB free\)$`)
	// `CUDA : ARCHS = 750,800 |`
	archsPart = regexp.MustCompile(`CUDA : ARCHS = ([0-9,]+)`)
	// `  Device 0: NVIDIA H100 80GB HBM3, compute capability 9.0, VMM: yes`
	capabilityPart = regexp.MustCompile(`Device\s+(\d+):.*compute capability\s+(\d+)\.(\d+)`)
)

func parseDevices(text string) []device {
	var devices []device
	for _, line := range strings.Split(text, "\n") {
		found := deviceLine.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		total, _ := strconv.ParseUint(found[4], 10, 64)
		free, _ := strconv.ParseUint(found[5], 10, 64)
		if total == 0 {
			debug(place{"", "llama_server.go:289"}, "skipping pseudo-device with zero memory", "name", found[1]+found[2])
			continue
		}
		devices = append(devices, device{
			ID: found[2], Library: found[1], Name: found[1] + found[2], Description: found[3],
			Total: total << 20, Free: free << 20,
		})
	}
	return devices
}

// archsOf are the compute capabilities that the CUDA backend was compiled for, as 900 for 9.0.
func archsOf(lines []string) []string {
	for _, line := range lines {
		if found := archsPart.FindStringSubmatch(line); found != nil {
			return strings.Split(found[1], ",")
		}
	}
	return nil
}

// capabilitiesOf is what llama-server says of each CUDA device by its number, as 900 for 9.0.
func capabilitiesOf(lines []string) map[string]string {
	capabilities := map[string]string{}
	for _, line := range lines {
		if found := capabilityPart.FindStringSubmatch(line); found != nil {
			capabilities[found[1]] = found[2] + found[3] + "0"
		}
	}
	return capabilities
}

// merge gives llama-server's devices what only the probe knows, and drops those that the backend was not compiled for.
func merge(listed, native []device, archs, directories []string, capabilities map[string]string) []device {
	var kept []device
	for _, one := range listed {
		one.directories = directories
		same := slices.IndexFunc(native, func(other device) bool {
			return other.ID == one.ID && other.Library == one.Library
		})
		if same >= 0 {
			one.PCI, one.Compute, one.Driver = native[same].PCI, native[same].Compute, native[same].Driver
			one.Integrated, one.Release = native[same].Integrated, native[same].Release
			// The probe's word counts, unless it has none.
			if one.Library == "CUDA" && !strings.HasPrefix(one.Compute, "0.") {
				capabilities[one.ID] = strings.ReplaceAll(one.Compute, ".", "") + "0"
			}
		}
		if one.Library == "CUDA" && !compiled(one, capabilities[one.ID], archs, directories) {
			continue
		}
		kept = append(kept, one)
	}
	return kept
}

func compiled(one device, capability string, archs, directories []string) bool {
	switch {
	case capability == "":
		warn(place{"", "llama_server.go:306"},
			"could not determine compute capability", "device", one.Name, "libDirs", directories)
	case len(archs) == 0:
		warn(place{"", "llama_server.go:311"},
			"could not determine compiled CUDA architectures", "device", one.Name, "libDirs", directories)
	case !slices.Contains(archs, capability):
		info(place{"", "llama_server.go:299"},
			"skipping CUDA device — compute capability not in compiled architectures",
			"device", one.Description, "cc", capability, "archs", archs, "libDirs", directories)
		return false
	}
	return true
}
