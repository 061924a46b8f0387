package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// found is what the native probe prints.
type found struct {
	Devices []device `json:"devices"`
}

// probe runs this program again as native probe, in a limit of its own, and gives what it said as well. Its failure costs no device.
func probe(ctx context.Context, directories []string, extra map[string]string) ([]device, []string) {
	environment := llamaEnvironment(directories[0], directories, extra)
	ctx, cancel := context.WithTimeout(ctx, limit(15))
	defer cancel()
	arguments := []string{"gpu-discover"}
	for _, folder := range directories {
		arguments = append(arguments, "--lib-dir", folder)
	}
	command := exec.CommandContext(ctx, executable(), arguments...)
	command.Env = environment
	var out, words bytes.Buffer
	command.Stdout, command.Stderr = &out, &words
	err := command.Run()
	echo(words.String())
	var all found
	if err == nil {
		err = json.Unmarshal(out.Bytes(), &all)
	}
	if err != nil {
		debug(place{"", "native_probe.go:259"}, "native GPU discovery failed",
			"error", err, "stderr", words.String(), "libDirs", directories)
	}
	return all.Devices, strings.Split(words.String(), "\n")
}

// gpuDiscover is `ollama gpu-discover --lib-dir A --lib-dir B`: the backends by ggml, the CUDA devices by the driver
// itself. It fails only if it found nothing and had trouble with ggml or the driver.
func gpuDiscover(arguments []string) error {
	var folders []string
	for len(arguments) > 1 && arguments[0] == "--lib-dir" {
		folders = append(folders, arguments[1])
		arguments = arguments[2:]
	}
	if len(folders) == 0 {
		return errors.New("no --lib-dir")
	}
	devices, err := probeBackends(folders)
	var driver []device
	if err == nil && forCuda(folders) {
		driver, err = probeDriver()
	}
	devices = join(devices, driver)
	if len(devices) == 0 && err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(found{devices})
}

// backendsIn are the paths of the three backends of a folder, where they exist.
func backendsIn(folder string) []string {
	var files []string
	for _, kind := range []string{"cuda", "hip", "vulkan"} {
		file := filepath.Join(folder, "libggml-"+kind+".so")
		if _, err := os.Lstat(file); err == nil {
			files = append(files, file)
		}
	}
	return files
}

func probeBackends(folders []string) ([]device, error) {
	for _, name := range []string{"libggml-base.so", "libggml.so"} {
		if err := openLibrary(filepath.Join(folders[0], name), true); err != nil {
			return nil, fmt.Errorf("dlopen %s: %w", name, err)
		}
	}
	var devices []device
	for _, folder := range folders {
		for _, file := range backendsIn(folder) {
			devices = append(devices, loadBackend(file)...)
		}
	}
	return devices, nil
}

// forCuda is true if a folder or a backend has cuda in its name.
func forCuda(folders []string) bool {
	for _, folder := range folders {
		if strings.Contains(filepath.Base(folder), "cuda") {
			return true
		}
		for _, file := range backendsIn(folder) {
			if strings.Contains(filepath.Base(file), "cuda") {
				return true
			}
		}
	}
	return false
}

// join gives ggml's CUDA devices what the driver says, if both name the same PCI devices; else only ggml's count.
func join(devices, driver []device) []device {
	if len(devices) == 0 {
		return driver
	}
	for at, one := range devices {
		for _, other := range driver {
			if one.Library == "CUDA" && strings.EqualFold(one.PCI, other.PCI) {
				devices[at].Compute, devices[at].Driver = other.Compute, other.Driver
				devices[at].Integrated, devices[at].Release = other.Integrated, other.Release
			}
		}
	}
	return devices
}
