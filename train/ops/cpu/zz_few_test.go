package cpu

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/seed-83c59573/quern/train/ops/vec"
)

func TestFewSpeed(t *testing.T) {
	if os.Getenv("CMP") == "" {
		t.Skip()
	}
	n, k := 24000, 3072
	b := make([]float32, n*k)
	for i := range b {
		b[i] = float32(i&15) - 7
	}
	for _, w := range []int{1, 2} {
		o := New(w)
		rd := 1e9
		for range 4 {
			t0 := time.Now()
			o.elementsMax(b)
			rd = min(rd, time.Since(t0).Seconds())
		}
		fmt.Printf("workers %d read %.1f GB/s\n", w, float64(4*len(b))/rd/1e9)
		for _, tb := range []bool{true, false} {
			for _, m := range []int{1, 2, 3, 4, 8, 12, 16} {
				a, c := make([]float32, m*k), make([]float32, m*n)
				for _, lim := range []string{"few", "panels"} {
					p := product{kern: o.matmul, m: m, n: n, k: k, alpha: 1, a: matrix{a, k, false}, b: matrix{b, n, false}, c: matrix{c, n, false}}
					if tb {
						p.b = matrix{b, k, true}
					}
					best := 1e9
					for range 3 {
						t0 := time.Now()
						if lim == "few" {
							kk := *o.matmul
							ff := *kk.few
							ff.most = 99
							kk.few = &ff
							pp := p
							pp.kern = &kk
							o.fewRows(&pp, nil)
						} else {
							kk := *o.matmul
							kk.few = nil
							pp := p
							pp.kern = &kk
							o.multiply(pp, nil, nil)
						}
						best = min(best, time.Since(t0).Seconds())
					}
					fmt.Printf("  tb %v m %d %s %.1f GB/s\n", tb, m, lim, float64(4*len(b))/best/1e9)
				}
			}
		}
	}
}

func (o *Ops) elementsMax(b []float32) {
	o.j = job{a: b}
	o.elements(len(b), func(j *job, lo, hi int) { vec.Max(j.a[lo:hi]) })
}
