// The stand-in for Ollama's bootstrap: what `ollama serve` does from its start until it has named its devices, with
// the real ggml loader in its children. One program, as Ollama is: the server starts itself again as runner (0.12 to
// 0.24) or as native probe (0.30 and later, beside llama-server). Which of both is decided when it is built.
//
// It knows no fault and no test: whatever goes wrong, goes wrong in the files and the environment it is given.
package main

import (
	"fmt"
	"os"
)

func main() {
	role := ""
	if len(os.Args) > 1 {
		role = os.Args[1]
	}
	arguments := os.Args[min(2, len(os.Args)):]
	var err error
	switch {
	case role == "serve":
		err = serve()
	case role == "runner" && runnerEra:
		err = runRunner(arguments)
	case role == "gpu-discover" && !runnerEra:
		err = gpuDiscover(arguments)
	default:
		err = fmt.Errorf("unknown command %q", role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}
