package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// attemptRunner starts a runner over these folders, asks it for its devices and kills it.
func attemptRunner(ctx context.Context, directories []string, extra map[string]string) []device {
	start := time.Now()
	if extra == nil {
		extra = map[string]string{}
	}
	defer func() {
		debug(place{"runner.go:437", ""}, "bootstrap discovery took", "duration", time.Since(start),
			"OLLAMA_LIBRARY_PATH", directories, "extra_envs", extra)
	}()
	trace(place{"runner.go:440", ""}, "starting runner for device discovery",
		"libDirs", directories, "extraEnvs", extra)
	command, port, err := startRunner(directories, extra, "")
	if err != nil {
		debug(place{"runner.go:449", ""}, "failed to start runner to discovery GPUs", "error", err)
		return nil
	}
	ended := make(chan struct{})
	go func() {
		_ = command.Wait()
		close(ended)
	}()
	defer func() { _ = command.Process.Kill() }()
	devices, err := askRunner(ctx, port, ended)
	if err != nil {
		select {
		case <-ended:
			if code := command.ProcessState.ExitCode(); code >= 0 {
				trace(place{"runner.go:461", ""}, "runner exited", "OLLAMA_LIBRARY_PATH", directories,
					"extra_envs", extra, "code", code)
				return nil
			}
		default:
		}
		info(place{"runner.go:464", ""}, "failure during GPU discovery", "OLLAMA_LIBRARY_PATH", directories,
			"extra_envs", extra, "error", err)
		return nil
	}
	trace(place{"runner.go:467", ""}, "runner enumerated devices",
		"OLLAMA_LIBRARY_PATH", directories, "devices", devices)
	for at := range devices {
		devices[at].directories = directories
	}
	return devices
}

// startRunner runs this program again with the folders in its environment. Its words go to /dev/null, unless it is for a model
// or OLLAMA_DEBUG is exactly 2.
func startRunner(directories []string, extra map[string]string, model string) (*exec.Cmd, int, error) {
	port := freePort()
	arguments := []string{"runner", "--ollama-engine", "--port", strconv.Itoa(port)}
	if model != "" {
		arguments = []string{"runner", "--model", model, "--port", strconv.Itoa(port)}
	}
	command := exec.Command(executable(), arguments...)
	folders := strings.Join(directories, ":")
	libraries := folders
	if own, ok := os.LookupEnv("LD_LIBRARY_PATH"); ok {
		libraries += ":" + own
	}
	set := append([][2]string{{"LD_LIBRARY_PATH", libraries}, {"OLLAMA_LIBRARY_PATH", folders}}, pairs(extra)...)
	command.Env = with(os.Environ(), set...)
	if logLevel == levelTrace || model != "" {
		for _, pipe := range []func() (io.ReadCloser, error){command.StdoutPipe, command.StderrPipe} {
			words, err := pipe()
			if err != nil {
				return nil, 0, err
			}
			go func() { _, _ = io.Copy(os.Stderr, words) }()
		}
	}
	info(place{"server.go:431", ""}, "starting runner", "cmd", command.String())
	debug(place{"server.go:432", ""}, "subprocess", shown(command.Env)...)
	return command, port, command.Start()
}

// shown are the variables that Ollama's log shows of a runner.
func shown(environment []string) []any {
	var all []any
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		is := name == "PATH" || name == "LD_LIBRARY_PATH"
		for _, prefix := range []string{"OLLAMA_", "CUDA_", "ROCR_", "ROCM_", "HIP_", "GPU_", "HSA_", "GGML_"} {
			is = is || strings.HasPrefix(name, prefix)
		}
		if is {
			all = append(all, slog.String(name, value))
		}
	}
	return all
}

// freePort is free when it is asked for, and anybody's until the runner binds it.
func freePort() int {
	if address, err := net.ResolveTCPAddr("tcp", "localhost:0"); err == nil {
		if listener, err := net.ListenTCP("tcp", address); err == nil {
			defer listener.Close()
			return listener.Addr().(*net.TCPAddr).Port
		}
	}
	debug(place{"server.go:343", ""}, "ResolveTCPAddr failed, using random port")
	return rand.Intn(65535-49152) + 49152
}

// askRunner asks every 10 ms until there is an answer, the runner is gone or the time is over.
func askRunner(ctx context.Context, port int, ended <-chan struct{}) ([]device, error) {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, errors.New("failed to finish discovery before timeout")
		case <-ticker.C:
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/info", port), nil)
		if err != nil {
			return nil, err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			select {
			case <-ended:
				return nil, errors.New("runner crashed")
			default:
				continue
			}
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			warn(place{"device.go:654", ""}, "failed to read response", "error", err)
			continue
		}
		switch response.StatusCode {
		case http.StatusOK:
		case http.StatusNotFound:
			return nil, errors.New("llamarunner free vram reporting not supported")
		default:
			trace(place{"device.go:657", ""}, "runner failed to discover free VRAM",
				"status", response.StatusCode, "response", string(body))
			return nil, fmt.Errorf("runner error: %s", body)
		}
		var devices []device
		if err := json.Unmarshal(body, &devices); err != nil {
			warn(place{"device.go:663", ""}, "unmarshal encode response", "error", err)
			continue
		}
		return devices, nil
	}
}
