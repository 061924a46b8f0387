package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// attemptLlama asks llama-server and the native probe what these folders give, in a limit that all of it shares.
func attemptLlama(ctx context.Context, directories []string, extra map[string]string) []device {
	if extra == nil {
		extra = map[string]string{}
	}
	type result struct {
		devices []device
		detail  string
		err     error
	}
	start := time.Now()
	got := make(chan result, 1)
	go func() {
		devices, detail, err := llamaDevices(ctx, directories, extra)
		got <- result{devices, detail, err}
	}()
	var all result
	select {
	case all = <-got:
	case <-ctx.Done():
		all.err = ctx.Err()
		warn(place{"", "runner.go:584"}, "llama-server GPU discovery watchdog timed out",
			"OLLAMA_LIBRARY_PATH", directories, "extra_envs", extra, "error", all.err)
	}
	debug(place{"", "runner.go:494"}, "bootstrap discovery took", "duration", time.Since(start),
		"OLLAMA_LIBRARY_PATH", directories, "extra_envs", extra)
	if all.err != nil {
		info(place{"", "runner.go:522"}, "failure during llama-server GPU discovery",
			"OLLAMA_LIBRARY_PATH", directories, "extra_envs", extra, "error", all.err, "detail", all.detail)
		return nil
	}
	return all.devices
}

// llamaDevices runs the three processes of an attempt, one after the other.
func llamaDevices(ctx context.Context, directories []string, extra map[string]string) ([]device, string, error) {
	server, err := findLlamaServer()
	if err != nil {
		debug(place{"", "llama_server.go:46"}, "llama-server not available for device discovery", "error", err)
		return nil, "", err
	}
	start := time.Now()
	defer func() {
		debug(place{"", "llama_server.go:52"}, "llama-server device discovery took",
			"duration", time.Since(start), "libDirs", directories)
	}()
	environment := llamaEnvironment(filepath.Dir(server), directories, extra)
	lines, err := startOnly(ctx, server, directories, environment)
	if err != nil {
		return nil, detailOf(lines), err
	}
	listed, err := listOnly(ctx, server, directories, environment)
	if err != nil {
		return nil, detailOf(strings.Split(string(listed), "\n")), err
	}
	native, said := probe(ctx, directories, extra)
	// For the name of a runtime library with its version in it.
	for _, folder := range directories {
		_, _ = os.ReadDir(folder)
	}
	devices := parseDevices(string(listed))
	return merge(devices, native, archsOf(lines), directories, capabilitiesOf(append(lines, said...))), "", nil
}

// findLlamaServer takes the first that exists; whether it can be executed is seen later.
func findLlamaServer() (string, error) {
	beside := filepath.Dir(executable())
	here, _ := os.Getwd()
	_, _ = os.Stat(filepath.Join(beside, "build"))
	_, _ = os.Stat(filepath.Join(here, "build"))
	checked := []string{filepath.Join(libraryPath, "llama-server")}
	for _, root := range []string{beside, here} {
		for _, build := range []string{"build", "dist/linux-amd64", "dist/linux_amd64"} {
			checked = append(checked, filepath.Join(root, build, "lib", "ollama", "llama-server"))
		}
	}
	for _, path := range checked {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", errors.New("llama-server binary not found (checked: " + strings.Join(checked, ", ") +
		"). Run 'cmake -S llama/server --preset cpu && cmake --build --preset cpu' first")
}

// llamaEnvironment puts the folders first in LD_LIBRARY_PATH and names the backend of the folder.
func llamaEnvironment(own string, directories []string, extra map[string]string) []string {
	var folders []string
	user := filepath.SplitList(os.Getenv("LD_LIBRARY_PATH"))
	for _, folder := range slices.Concat([]string{own}, directories, user) {
		if !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
	}
	set := [][2]string{{"LD_LIBRARY_PATH", strings.Join(folders, ":")}}
	for _, folder := range directories {
		if folder == own {
			continue
		}
		if backend := backendIn(folder); backend != "" {
			set = append(set, [2]string{"GGML_BACKEND_PATH", backend})
			break
		}
	}
	return with(os.Environ(), append(set, pairs(extra)...)...)
}

// backendIn is the first file by name that is a backend by name, for any system: four looks into the folder.
func backendIn(folder string) string {
	var files []string
	for _, pattern := range []string{"libggml-*.so*", "libggml-*.dylib", "ggml-*.dll", "libggml-*.dll"} {
		found, _ := filepath.Glob(filepath.Join(folder, pattern))
		files = append(files, found...)
	}
	slices.Sort(files)
	for _, file := range files {
		name := filepath.Base(file)
		if !strings.HasPrefix(name, "libggml-base") && !strings.HasPrefix(name, "libggml-cpu") {
			return file
		}
	}
	return ""
}

// detailOf are the lines that Ollama keeps of a failed child.
func detailOf(lines []string) string {
	var kept []string
	for _, line := range lines {
		for _, sign := range []string{"CUDA error", "ROCm error", "cudaMalloc failed", "GGML_ASSERT", "error:", "out of memory"} {
			if strings.Contains(line, sign) && !strings.Contains(line, "load_backend:") {
				kept = append(kept, strings.TrimSpace(line))
				break
			}
		}
	}
	return strings.Join(kept, "\n")
}

// code is how the log writes an exit: a number, or nothing known for a signal.
func code(command *exec.Cmd) any {
	if command.ProcessState != nil && command.ProcessState.Exited() {
		return command.ProcessState.ExitCode()
	}
	return "unknown"
}
