// Executes its arguments as a helper and ends as the helper does. Built without cgo: a static binary, with Go's own system calls.
package main

import (
	"fmt"
	"os"
	"os/exec"
)

func main() {
	helper := exec.Command(os.Args[1], os.Args[2:]...)
	helper.Stdout, helper.Stderr = os.Stdout, os.Stderr
	err := helper.Run()
	fmt.Println("helper:", err)
	os.Exit(helper.ProcessState.ExitCode())
}
