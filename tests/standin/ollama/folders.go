package main

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
)

// candidates are the parent folders of all files LibOllamaPath/*/*ggml-*: a map, so their order is another one in
// each run, as Ollama's is. Without any there is one attempt without a folder.
func candidates() map[string]struct{} {
	folders := make(map[string]struct{})
	files, _ := filepath.Glob(filepath.Join(libraryPath, "*", "*ggml-*"))
	for _, file := range files {
		folders[filepath.Dir(file)] = struct{}{}
	}
	if len(folders) == 0 {
		folders[""] = struct{}{}
	}
	return folders
}

// skipped are Ollama's rules by which a folder is not tried, in their order, with their lines.
func skipped(folder, requested, jetpack string) bool {
	name := filepath.Base(folder)
	other := requested != "" && name != requested
	switch {
	case other && (runnerEra || !strings.HasPrefix(requested, "mlx_")):
		debug(place{"runner.go:98", "runner.go:101"}, "skipping available library at user's request",
			"requested", requested, "libDir", folder)
	case jetpack != "" && name != "cuda_"+jetpack:
		// Ollama says nothing here.
	case jetpack == "" && strings.Contains(name, "cuda_jetpack"):
		debug(place{"runner.go:103", "runner.go:106"},
			"jetpack not detected (set JETSON_JETPACK or OLLAMA_LLM_LIBRARY to override), skipping",
			"libDir", folder)
	case !truth("OLLAMA_VULKAN", vulkanByDefault) && strings.Contains(name, "vulkan"):
		if runnerEra {
			info(place{"runner.go:106", ""},
				"experimental Vulkan support disabled.  To enable, set OLLAMA_VULKAN=1")
		}
	default:
		return false
	}
	return true
}

// bootstrap tries every folder, then each device that needs it once more and alone.
func bootstrap(ctx context.Context) []device {
	if !runnerEra {
		// The later Ollamas look for folders before they say that they discover.
		folders := candidates()
		info(place{"", "runner.go:60"}, "discovering available GPUs...")
		return bootstrapFolders(ctx, folders)
	}
	folders := candidates()
	info(place{"runner.go:67", ""}, "discovering available GPUs...")
	return bootstrapFolders(ctx, folders)
}

func bootstrapFolders(ctx context.Context, folders map[string]struct{}) []device {
	warnOfOverrides()
	requested, jetpack := variable("OLLAMA_LLM_LIBRARY"), jetpackName()
	if _, installed := folders[filepath.Join(libraryPath, "cuda_"+jetpack)]; !runnerEra && !installed {
		jetpack = ""
	}
	var devices []device
	for folder := range folders {
		directories := []string{libraryPath}
		if folder != "" {
			if skipped(folder, requested, jetpack) {
				continue
			}
			directories = append(directories, folder)
		}
		first, cancel := context.WithTimeout(ctx, limit(30))
		found := attempt(first, directories, nil)
		if !runnerEra && filepath.Base(folder) == "cuda_v12" {
			found = dropOldDriver(found)
		}
		devices = append(devices, found...)
		cancel()
	}
	debug(place{"runner.go:124", "runner.go:131"}, "evaluating which, if any, devices to filter out",
		"initial_count", len(devices))
	return filter(verify(ctx, devices))
}

// attempt asks for the devices that these folders give.
func attempt(ctx context.Context, directories []string, extra map[string]string) []device {
	if runnerEra {
		return attemptRunner(ctx, directories, extra)
	}
	return attemptLlama(ctx, directories, extra)
}

// verify is the second pass: every CUDA or ROCm device in processes of its own, all at once, in 30 s together.
func verify(ctx context.Context, devices []device) []device {
	second, cancel := context.WithTimeout(ctx, limit(30))
	defer cancel()
	works := make([]bool, len(devices))
	var all sync.WaitGroup
	for at, one := range devices {
		name := one.visibleBy()
		if name == "" {
			works[at] = true
			continue
		}
		debug(place{"runner.go:146", "runner.go:153"}, "verifying if device is supported",
			"library", one.folder(), "description", one.Description, "compute", one.Compute,
			"id", one.ID, "pci_id", one.PCI)
		all.Add(1)
		go func() {
			defer all.Done()
			extra := map[string]string{name: one.ID, "GGML_CUDA_INIT": "1"}
			works[at] = len(attempt(second, one.directories, extra)) > 0
		}()
	}
	all.Wait()
	var kept []device
	for at, one := range devices {
		if works[at] {
			kept = append(kept, one)
			continue
		}
		debug(place{"runner.go:160", "runner.go:167"}, "filtering device which didn't fully initialize",
			"id", one.ID, "libdir", one.folder(), "pci_id", one.PCI, "library", one.Library)
	}
	trace(place{"runner.go:174", "runner.go:181"}, "supported GPU library combinations before filtering",
		"supported", combinations(kept))
	return kept
}

// combinations are the devices by library and folder, as the finest level shows them.
func combinations(devices []device) map[string]map[string][]string {
	all := make(map[string]map[string][]string)
	for _, one := range devices {
		if all[one.Library] == nil {
			all[one.Library] = make(map[string][]string)
		}
		all[one.Library][one.folder()] = append(all[one.Library][one.folder()], one.ID)
	}
	return all
}
