package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// variable reads the environment as Ollama does: spaces and quotes around the value do not count.
func variable(name string) string {
	return strings.Trim(strings.TrimSpace(os.Getenv(name)), "\"'")
}

func truth(name string, otherwise bool) bool {
	value := variable(name)
	if value == "" {
		return otherwise
	}
	is, err := strconv.ParseBool(value)
	return err != nil || is
}

// limit is one of Ollama's time limits, shortened by STANDIN_TIME_SCALE so that a hang costs a test seconds.
func limit(seconds float64) time.Duration {
	scale, err := strconv.ParseFloat(variable("STANDIN_TIME_SCALE"), 64)
	if err != nil || scale <= 0 {
		scale = 1
	}
	return time.Duration(seconds * scale * float64(time.Second))
}

// with is an environment with these variables set: where they stand, else at the end.
func with(environment []string, set ...[2]string) []string {
	environment = slices.Clone(environment)
next:
	for _, one := range set {
		for at, entry := range environment {
			name, _, _ := strings.Cut(entry, "=")
			if strings.EqualFold(name, one[0]) {
				environment[at] = one[0] + "=" + one[1]
				continue next
			}
		}
		environment = append(environment, one[0]+"="+one[1])
	}
	return environment
}

// pairs of a map in the order of their names.
func pairs(extra map[string]string) [][2]string {
	var all [][2]string
	for name, value := range extra {
		all = append(all, [2]string{name, value})
	}
	slices.SortFunc(all, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return all
}

// visible are the variables that hide devices; Ollama warns of each that is set.
var visible = []string{
	"CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "GGML_VK_VISIBLE_DEVICES",
	"GPU_DEVICE_ORDINAL", "HSA_OVERRIDE_GFX_VERSION",
}

func warnOfOverrides() {
	any := false
	for _, name := range visible {
		if value := variable(name); value != "" {
			any = true
			warn(place{"runner.go:485", "runner.go:539"}, "user overrode visible devices", name, value)
		}
	}
	if any {
		warn(place{"runner.go:489", "runner.go:543"},
			"if GPUs are not correctly discovered, unset and try again")
	}
}

// configuration is what the line `server config` shows.
func configuration(host, models string) map[string]string {
	all := map[string]string{
		"OLLAMA_DEBUG": logLevel.String(), "OLLAMA_HOST": "http://" + host, "OLLAMA_MODELS": models,
		"OLLAMA_LLM_LIBRARY": variable("OLLAMA_LLM_LIBRARY"),
		"OLLAMA_NO_CLOUD":    fmt.Sprint(truth("OLLAMA_NO_CLOUD", false)),
		"OLLAMA_VULKAN":      fmt.Sprint(truth("OLLAMA_VULKAN", vulkanByDefault)),
		"OLLAMA_KEEP_ALIVE":  "5m0s", "OLLAMA_MAX_QUEUE": "512",
	}
	for _, name := range visible {
		all[name] = variable(name)
	}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"} {
		all[name] = variable(name)
	}
	if runnerEra {
		all["OLLAMA_NEW_ENGINE"] = fmt.Sprint(truth("OLLAMA_NEW_ENGINE", false))
	} else {
		all["LLAMA_ARG_FIT"] = variable("LLAMA_ARG_FIT")
		all["OLLAMA_IGPU_ENABLE"] = variable("OLLAMA_IGPU_ENABLE")
	}
	return all
}
