//go:build amd64 && !noasm

package cpu

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// The assembly is what its generator prints.
func TestGenerated(t *testing.T) {
	for arg, file := range map[string]string{"asm": "kernels_amd64.s", "stubs": "stubs_amd64.go"} {
		got, err := exec.Command("go", "run", "./gen", arg).Output()
		if err != nil {
			t.Skipf("cannot run the generator here: %v", err)
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: go generate", file)
		}
	}
}
