//go:build amd64 && !noasm

package cpu

import "testing"

// The assembly is what its generator prints.
func TestGenerated(t *testing.T) {
	isGenerated(t, "./gen", map[string]string{"asm": "kernels_amd64.s", "stubs": "stubs_amd64.go"})
}
