//go:build llamaserver

package main

const (
	// Discovery by llama-server and a native probe.
	runnerEra = false
	version   = "0.32.8"
)

// Ollama's default of OLLAMA_VULKAN (envconfig).
const vulkanByDefault = true
