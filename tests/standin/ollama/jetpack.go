package main

import (
	"os"
	"regexp"
	"runtime"
	"strings"
)

var l4tRelease = regexp.MustCompile(` R(\d+) `)

// jetpackName is the JetPack of a Jetson board: by JETSON_JETPACK, else by the release file of its system.
func jetpackName() string {
	if runtime.GOARCH != "arm64" {
		return ""
	}
	if version := variable("JETSON_JETPACK"); version != "" {
		major, _, _ := strings.Cut(version, ".")
		return "jetpack" + major
	}
	text, err := os.ReadFile("/etc/nv_tegra_release")
	if err != nil {
		return ""
	}
	found := l4tRelease.FindSubmatch(text)
	if len(found) != 2 {
		info(place{"gpu.go:66", "gpu.go:66"},
			"Unexpected format for /etc/nv_tegra_release.  Set JETSON_JETPACK to select version")
		return ""
	}
	switch string(found[1]) {
	case "35":
		return "jetpack5"
	case "36":
		return "jetpack6"
	}
	debug(place{"gpu.go:75", "gpu.go:75"}, "unrecognized L4T version", "nv_tegra_release", string(text))
	return ""
}
