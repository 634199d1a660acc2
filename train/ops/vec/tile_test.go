package vec

import (
	"math"
	"math/rand/v2"
	"testing"
)

func normals(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// Products of tiles against float64, with every width; the widths of vectors have the same bits.
func TestTileProducts(t *testing.T) {
	best := width
	for _, kc := range []int{1, 3, 4, 31, 32, 33, 64, 100, 128} {
		for _, add := range []bool{false, true} {
			r := rand.New(rand.NewPCG(uint64(kc), 0))
			const ldc, rows = 40, 16
			step := rows * Panel
			a, at, b, c0 := normals(r, (kc+31)/32*step), normals(r, kc*Panel), normals(r, kc*Panel), normals(r, Rows*ldc)
			var first [2][]float32
			for _, w := range []int{512, 256, 0} {
				if w > best {
					continue
				}
				with(t, w)
				got := [2][]float32{append([]float32(nil), c0...), append([]float32(nil), c0...)}
				Across(kc, a, step, b, got[0], ldc, add)
				Along(kc, at, b, got[1], ldc, add)
				for which, c := range got {
					for i := range Rows {
						for j := range ldc {
							want := float64(c0[i*ldc+j])
							if j < Panel {
								if !add {
									want = 0
								}
								for k := range kc {
									x := a[k/Panel*step+i*Panel+k%Panel]
									if which == 1 {
										x = at[k*Panel+i]
									}
									want += float64(x) * float64(b[k*Panel+j])
								}
							}
							if d := math.Abs(float64(c[i*ldc+j]) - want); d > 1e-5*math.Sqrt(float64(kc)) {
								t.Fatalf("product %d, kc %d, add %v, width %d: [%d,%d] is %g, want %g", which, kc, add, w, i, j, c[i*ldc+j], want)
							}
						}
					}
					if first[which] == nil {
						first[which] = c
					}
					for i, x := range c {
						if w > 0 && x != first[which][i] {
							t.Fatalf("product %d: %d bits differ from %d at %d", which, w, best, i)
						}
					}
				}
			}
		}
	}
}

// Rows of softmax have the same bits with every width.
func TestTileSoftmax(t *testing.T) {
	best := width
	for panels := 1; panels < 5; panels++ {
		r := rand.New(rand.NewPCG(uint64(panels), 1))
		const step = 11 * Panel
		s, d, lse, mean := normals(r, panels*step), normals(r, panels*step), normals(r, Rows), normals(r, Rows)
		top, sum := normals(r, Rows), normals(r, Rows)
		s[3], s[40], top[2], sum[2] = float32(math.Inf(-1)), float32(math.Inf(-1)), -1e30, 0
		var first [][]float32
		for _, w := range []int{0, 256, 512} {
			if w > best {
				continue
			}
			with(t, w)
			clone := func(x []float32) []float32 { return append([]float32(nil), x...) }
			a, b, c, e, f, g, h := clone(s), clone(top), clone(sum), make([]float32, Rows), clone(s), clone(d), clone(s)
			SoftmaxRows(a, panels, step, b, c, e)
			SoftmaxRowsBack(f, g, panels, step, lse, mean)
			ScaleRows(h, panels, step, mean)
			got := [][]float32{a, b, c, e, f, g, h}
			if first == nil {
				first = got
			}
			for k, x := range got {
				for i, v := range x {
					if v != first[k][i] {
						t.Fatalf("%d panels, %d bits: buffer %d [%d] is %g, in plain Go %g", panels, w, k, i, v, first[k][i])
					}
				}
			}
		}
		total := 0.0
		for p := range panels {
			for _, x := range s[p*step+2*Panel:][:Panel] {
				total += math.Exp(float64(x - first[1][2]))
			}
		}
		if math.Abs(total-float64(first[2][2])) > 1e-5*total || first[3][2] != 0 {
			t.Errorf("row 2 sums to %g, want %g; its past is scaled by %g, want 0", first[2][2], total, first[3][2])
		}
	}
}

// Every number comes to its place in panels, with every width.
func TestPanels(t *testing.T) {
	best := width
	for _, w := range []int{0, 256, 512} {
		for _, s := range []struct{ n, size, stride int }{{1, 1, 1}, {7, 3, 5}, {16, 4, 4}, {33, 37, 40}, {64, 64, 70}, {40, 96, 100}, {31, 66, 66}} {
			if w > best {
				continue
			}
			with(t, w)
			r := rand.New(rand.NewPCG(uint64(s.n), 2))
			x := normals(r, (s.n-1)*s.stride+s.size)
			const rows = 72
			a, b := normals(r, (s.size+31)/32*rows*Panel), normals(r, (s.n+31)/32*s.size*Panel)
			Pack(a, x, s.stride, s.n, rows, s.size, 3)
			Transpose(b, x, s.stride, s.n, s.size)
			at := func(i, k int) float32 {
				if i < s.n && k < s.size {
					return x[i*s.stride+k]
				}
				return 0
			}
			for i := range (s.n + 7) &^ 7 {
				for k := range (s.size + 31) &^ 31 {
					if got := a[(k/32*rows+i)*Panel+k%32]; got != 3*at(i, k) {
						t.Fatalf("%+v, %d bits: packed [%d,%d] is %g, want %g", s, w, i, k, got, 3*at(i, k))
					}
				}
			}
			for i := range (s.n + 31) &^ 31 {
				for k := range s.size {
					if got := b[(i/32*s.size+k)*Panel+i%32]; got != at(i, k) {
						t.Fatalf("%+v, %d bits: transposed [%d,%d] is %g, want %g", s, w, i, k, got, at(i, k))
					}
				}
			}
		}
	}
}
