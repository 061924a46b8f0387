package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// runRunner is `ollama runner --ollama-engine --port N`, which loads nothing until it is asked for its devices, or with `--model FILE`
// in the first one's place the process of a model.
func runRunner(arguments []string) error {
	flags := flag.NewFlagSet("runner", flag.ContinueOnError)
	flags.Bool("ollama-engine", false, "")
	model := flags.String("model", "", "")
	port := flags.Int("port", 8080, "")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	info(place{"runner.go:1411", ""}, "starting ollama engine")
	address := fmt.Sprintf("127.0.0.1:%d", *port)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Println("Listen error:", err)
		return err
	}
	info(place{"runner.go:1446", ""}, "Server listening on "+address)
	if *model != "" {
		go endWithParent()
	}
	var one sync.Mutex
	routes := http.NewServeMux()
	routes.HandleFunc("GET /info", func(w http.ResponseWriter, _ *http.Request) {
		one.Lock()
		defer one.Unlock()
		answer(w)
	})
	routes.HandleFunc("POST /load", loadModel)
	log.Fatal(http.Serve(listener, routes))
	return nil
}

// endWithParent ends the process of a model when its server is gone: the stand-in's server has no time to end it, as the real one does.
func endWithParent() {
	for parent := os.Getppid(); os.Getppid() == parent; {
		time.Sleep(time.Second)
	}
	os.Exit(0)
}

// answer writes the devices as JSON. The backends are loaded on the way, as part of loading a model that has none.
func answer(w http.ResponseWriter) {
	start := time.Now()
	model, err := dummyModel()
	if err != nil {
		http.Error(w, fmt.Sprintf("failed to initialize backend: %v", err), http.StatusInternalServerError)
		return
	}
	defer os.Remove(model)
	if _, err := os.ReadFile(model); err != nil {
		http.Error(w, fmt.Sprintf("failed to initialize backend: %v", err), http.StatusInternalServerError)
		return
	}
	loadBackends()
	startDevices()
	debug(place{"runner.go:1386", ""}, "dummy model load took", "duration", time.Since(start))
	start = time.Now()
	devices := listDevices()
	debug(place{"runner.go:1391", ""}, "gathering device infos took", "duration", time.Since(start))
	_ = json.NewEncoder(w).Encode(devices)
}

// dummyModel writes a GGUF file of no tensors into the folder for temporary files.
func dummyModel() (string, error) {
	file, err := os.CreateTemp("", "*.bin")
	if err != nil {
		return "", err
	}
	defer file.Close()
	header := []byte("GGUF\x03\x00\x00\x00")
	_, err = file.Write(append(header, make([]byte, 16)...))
	return file.Name(), err
}

var once sync.Once

// loadBackends lets ggml look through the folders of OLLAMA_LIBRARY_PATH, once per process. A folder that is not part
// of an Ollama, by its name, is left out.
func loadBackends() {
	once.Do(func() {
		exe := executable()
		openLoader(filepath.Join(filepath.Dir(exe), "..", "lib", "ggml", "libggml.so"))
		folders, set := os.LookupEnv("OLLAMA_LIBRARY_PATH")
		if !set {
			debug(place{"ggml.go:76", ""}, "OLLAMA_LIBRARY_PATH not set, falling back to default")
			folders = filepath.Join(filepath.Dir(exe), "..", "lib", "ollama")
		}
		visited := make(map[string]struct{})
		for _, folder := range filepath.SplitList(folders) {
			whole, err := filepath.Abs(folder)
			if err != nil {
				continue
			}
			if whole != filepath.Dir(exe) && !strings.Contains(whole, filepath.Join("lib", "ollama")) {
				debug(place{"ggml.go:88", ""}, "skipping path which is not part of ollama", "path", whole)
				continue
			}
			if _, seen := visited[whole]; seen {
				continue
			}
			visited[whole] = struct{}{}
			debug(place{"ggml.go:94", ""}, "ggml backend load all from path", "path", whole)
			loadAllFrom(whole)
		}
	})
}
