package fasttext

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// numbers gives n numbers of either sign.
func numbers(n int, seed uint32) []float32 {
	f := make([]float32, n)
	for i := range f {
		seed = seed*1664525 + 1013904223
		f[i] = float32(int32(seed)) / (1 << 28)
	}
	return f
}

// Every kernel gives the bits of plain Go at every size, and touches nothing beyond.
func TestKernels(t *testing.T) {
	if width == 0 {
		t.Skip("this processor, or this build, has plain Go alone")
	}
	defer func(old int) { width = old }(width)
	widest := width
	rows := []int32{3, 0, 4, 4, 1, 2, 0, 3, 4}
	for dim := 1; dim < 300; dim++ {
		data, x := numbers(5*dim, 1), numbers(padded(dim), 2)
		all := func(w int) [][]float32 {
			width = w
			sums := slices.Clone(x)
			sumRows(sums, data, rows, dim)
			changed := slices.Clone(data)
			addToRows(changed, rows, x, dim)
			out := make([]float32, padded(dim))
			mulRows(out, data[:5], numbers(5*len(out), 3))
			y := numbers(dim, 4)
			addScaled(y, 0.3, x[:dim])
			return [][]float32{sums[:dim], changed, out, y, {dot(x[:dim], data[:dim])}}
		}
		want := all(0)
		for w := 256; w <= widest; w *= 2 {
			for i, got := range all(w) {
				if !slices.Equal(got, want[i]) {
					t.Fatalf("kernel %d with vectors of %d bits, %d columns: another answer than plain Go", i, w, dim)
				}
			}
		}
	}
}

// The assembly is what its generator writes.
func TestGenerated(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("go", "run", "gen/main.go", "-dir", dir).CombinedOutput(); err != nil {
		t.Skipf("cannot run the generator here: %v: %s", err, out)
	}
	for _, name := range []string{"kern_amd64.s", "stubs_amd64.go"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: go generate", name)
		}
	}
}
