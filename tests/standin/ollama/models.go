package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// models is what the scheduler knows: the devices of the discovery, which are never looked for again.
type models struct {
	one     sync.Mutex
	devices []device
}

// layers of every model here.
const layers = 3

// minimum is what Ollama keeps of a card for itself (ml/device.go).
const minimum = 457 << 20

// request is a POST /api/generate.
type request struct {
	Model   string `json:"model"`
	Options struct {
		Layers *int `json:"num_gpu"`
	} `json:"options"`
}

// generate starts a model's process and answers with an empty text: nothing is computed here.
func (m *models) generate(w http.ResponseWriter, r *http.Request) {
	m.one.Lock()
	defer m.one.Unlock()
	begun := time.Now()
	asked := request{}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	wanted := -1
	if asked.Options.Layers != nil {
		wanted = *asked.Options.Layers
	}
	if err := m.load(asked.Model, wanted); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	fmt.Fprintf(w, "{\"model\":%q,\"response\":\"\",\"done\":true}\n", asked.Model)
	fmt.Printf("[GIN] %s | 200 | %13v |       127.0.0.1 | POST     \"/api/generate\"\n",
		begun.Format("2006/01/02 - 15:04:05"), time.Since(begun))
}

// load chooses a device by its free memory and starts the process of the model for its folder.
func (m *models) load(name string, wanted int) error {
	devices := m.devices
	if len(devices) > 0 {
		m.refresh()
	}
	if wanted == 0 {
		devices = nil
	}
	file := filepath.Join(os.Getenv("OLLAMA_MODELS"), "blobs", name)
	debug(place{"sched.go:258", ""}, "loading first model", "model", file)
	directories := []string{libraryPath}
	if len(devices) > 0 {
		directories = devices[0].directories
	}
	command, port, err := startRunner(directories, nil, file)
	if err != nil {
		return err
	}
	var free uint64
	for _, one := range devices {
		var available uint64
		if one.Free > minimum {
			available = one.Free - minimum
		}
		free += available
		info(place{"sched.go:498", ""}, "gpu memory", "id", one.ID, "library", one.Library,
			"available", mebibytes(available), "free", mebibytes(one.Free),
			"minimum", mebibytes(minimum), "overhead", "0 B")
	}
	info(place{"server.go:498", ""}, "loading model", "model layers", layers, "requested", wanted)
	offloaded := layers
	if free == 0 {
		offloaded = 0
		if len(devices) > 0 {
			debug(place{"server.go:1057", ""}, "insufficient VRAM to load any model layers")
		}
	}
	return fill(command, port, offloaded)
}

// refresh asks each folder for the free memory, within 3 s; a device that does not answer keeps its old number.
func (m *models) refresh() {
	debug(place{"runner.go:264", ""}, "refreshing free memory")
	debug(place{"runner.go:328", ""},
		"unable to refresh all GPUs with existing runners, performing bootstrap discovery")
	ctx, cancel := context.WithTimeout(context.Background(), limit(3))
	defer cancel()
	updated := make(map[string]uint64)
	for _, one := range m.devices {
		if _, is := updated[one.ID]; is {
			continue
		}
		for _, again := range attempt(ctx, one.directories, nil) {
			updated[again.ID] = again.Free
		}
	}
	all := true
	for at, one := range m.devices {
		free, is := updated[one.ID]
		all = all && is
		if is {
			m.devices[at].Free = free
		}
	}
	if !all {
		warn(place{"runner.go:356", ""}, "unable to refresh free memory, using old values")
	}
}

// fill tells the model's process how many layers go to a device, as soon as it listens.
func fill(command *exec.Cmd, port, offloaded int) error {
	body, err := json.Marshal(map[string]int{"offloaded": offloaded, "layers": layers})
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for {
		answer, err := http.Post(fmt.Sprintf("http://127.0.0.1:%d/load", port), "application/json", bytes.NewReader(body))
		if err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			return err
		}
		select {
		case err := <-ended:
			return fmt.Errorf("llama runner process no longer running: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// loadModel is a runner's POST /load: the backends are loaded, and the layers counted in the words of llama.cpp.
func loadModel(w http.ResponseWriter, r *http.Request) {
	var given struct{ Offloaded, Layers int }
	if err := json.NewDecoder(r.Body).Decode(&given); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	loadBackends()
	startDevices()
	fmt.Fprintf(os.Stderr, "load_tensors: offloaded %d/%d layers to GPU\n", given.Offloaded, given.Layers)
	fmt.Fprintln(w, "{}")
}

func mebibytes(bytes uint64) string {
	if bytes == 0 {
		return "0 B"
	}
	return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
}
