package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// startOnly starts llama-server as a server, reads what it says until it has described the system, and kills it.
func startOnly(ctx context.Context, server string, directories, environment []string) ([]string, error) {
	port := 49152 + time.Now().UnixNano()%16383
	command := exec.CommandContext(ctx, server, "--port", strconv.FormatInt(port, 10), "--host", "127.0.0.1",
		"--no-webui", "--offline", "--verbose")
	command.Env = environment
	trace(place{"", "llama_server.go:71"}, "running llama-server for discovery", "cmd", server, "libDirs", directories)
	words, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	command.Stdout = &out
	if err := command.Start(); err != nil {
		debug(place{"", "llama_server.go:85"}, "llama-server discovery: failed to start", "error", err)
		return nil, err
	}
	var lines []string
	complete := false
	scanner := bufio.NewScanner(words)
	for !complete && scanner.Scan() {
		lines = append(lines, scanner.Text())
		echo(scanner.Text() + "\n")
		complete = strings.Contains(scanner.Text(), "system_info:")
	}
	_ = command.Process.Kill()
	_ = command.Wait()
	debug(place{"", "llama_server.go:121"},
		"llama-server discovery: stopped subprocess after collecting GPU info",
		"exit", code(command), "libDirs", directories)
	if err := ctx.Err(); err != nil {
		warn(place{"", "llama_server.go:130"}, "llama-server discovery: timed out waiting for server startup",
			"error", err, "libDirs", directories, "lines_captured", len(lines))
		return lines, err
	}
	if !complete {
		warn(place{"", "llama_server.go:135"},
			"llama-server discovery: system_info line not found in output - CUDA architecture filtering will be "+
				"disabled. If GPU inference fails, this may indicate an incompatible llama-server version.",
			"libDirs", directories, "lines_captured", len(lines))
	}
	return lines, nil
}

// listOnly has llama-server list its devices. Both its outputs share one pipe.
func listOnly(ctx context.Context, server string, directories, environment []string) ([]byte, error) {
	command := exec.CommandContext(ctx, server, "--list-devices", "--offline", "--verbose")
	command.Env = environment
	said, err := command.CombinedOutput()
	echo(string(said))
	if err != nil {
		debug(place{"", "llama_server.go:150"}, "llama-server --list-devices failed",
			"error", err, "exit", code(command))
		return said, fmt.Errorf("llama-server --list-devices failed: %w", err)
	}
	return said, nil
}

// echo shows the words of a child at OLLAMA_DEBUG=2 and finer.
func echo(words string) {
	if logLevel <= levelTrace {
		_, _ = os.Stderr.WriteString(words)
	}
}
