package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// serve is `ollama serve`: it listens, discovers, names its devices and stays until SIGTERM or SIGINT.
func serve() error {
	host := variable("OLLAMA_HOST")
	if host == "" {
		host = "127.0.0.1:11434"
	}
	store := variable("OLLAMA_MODELS")
	if store == "" {
		store = filepath.Join(os.Getenv("HOME"), ".ollama", "models")
	}
	listener, err := net.Listen("tcp", host)
	if err != nil {
		return err
	}
	info(place{"routes.go:1663", "routes.go:1933"}, "server config", "env", configuration(host, store))
	info(place{"routes.go:1665", "routes.go:1935"},
		fmt.Sprintf("Ollama cloud disabled: %t", truth("OLLAMA_NO_CLOUD", false)))
	if err := prune(store); err != nil {
		return err
	}
	info(place{"routes.go:1718", "routes.go:1990"},
		fmt.Sprintf("Listening on %s (version %s)", listener.Addr(), version))
	debug(place{"sched.go:147", "sched.go:215"}, "starting llm scheduler")

	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-ended
		debug(place{"sched.go:316", "sched.go:372"}, "shutting down scheduler completed loop")
		debug(place{"sched.go:163", "sched.go:231"}, "shutting down scheduler pending loop")
		os.Exit(0)
	}()
	known := models{devices: discover()}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /api/version", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "{\"version\":%q}\n", version)
	})
	if runnerEra {
		routes.HandleFunc("POST /api/generate", known.generate)
	}
	return http.Serve(listener, routes)
}

// prune looks through the model store, which is empty or not the stand-in's business.
func prune(models string) error {
	blobs := filepath.Join(models, "blobs")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return err
	}
	found, err := os.ReadDir(blobs)
	if err != nil {
		return err
	}
	info(place{"images.go:473", "images.go:886"}, fmt.Sprintf("total blobs: %d", len(found)))
	info(place{"images.go:480", "images.go:893"}, "total unused blobs removed: 0")
	return nil
}

// discover is the bootstrap discovery with its lines; its devices are all that the server ever knows.
func discover() []device {
	start := time.Now()
	devices := bootstrap(context.Background())
	debug(place{"runner.go:40", "runner.go:42"}, "GPU bootstrap discovery took", "duration", time.Since(start))
	nameDevices(devices)
	return devices
}
