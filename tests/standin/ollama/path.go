package main

import (
	"os"
	"path/filepath"
)

// libraryPath is Ollama's LibOllamaPath, found when any of its processes starts: the first of three places that
// exists, else the folder of the program itself (ml/path.go).
var libraryPath = findLibraryPath()

func executable() string {
	exe, err := os.Executable()
	if err != nil {
		return ""
	}
	if resolved, err := filepath.EvalSymlinks(exe); err == nil {
		return resolved
	}
	return exe
}

func findLibraryPath() string {
	exe := executable()
	here, err := os.Getwd()
	if exe == "" || (err != nil && runnerEra) {
		return ""
	}
	beside := filepath.Dir(exe)
	for _, place := range []string{
		filepath.Join(beside, "..", "lib", "ollama"),
		filepath.Join(beside, "build", "lib", "ollama"),
		filepath.Join(here, "build", "lib", "ollama"),
	} {
		// Before 0.30 a plain file of that name was as good as a folder.
		if found, err := os.Stat(place); err == nil && (runnerEra || found.IsDir()) {
			lookForMlx(place)
			return place
		}
	}
	return beside
}

// lookForMlx is what every process of the later Ollamas does before main: the folders of another engine are looked
// for, in the library folder, which is listed twice, and in build folders below the working directory.
func lookForMlx(place string) {
	if runnerEra {
		return
	}
	_, _ = filepath.Glob(filepath.Join(place, "mlx_*"))
	_, _ = os.ReadDir(place + "/.")
	here, err := os.Getwd()
	if err != nil {
		return
	}
	for _, build := range []string{"build", "dist/linux-amd64", "dist/linux_amd64"} {
		_, _ = os.Stat(filepath.Join(here, build, "lib", "ollama"))
	}
}
