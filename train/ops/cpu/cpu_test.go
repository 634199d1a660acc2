package cpu

import (
	"math"
	"testing"

	"github.com/seed-83c59573/quern/train/ops/opstest"
)

// variants are all ways of multiplying that this machine has; "gonum" is there always.
func variants() map[string]func(workers int) *Ops {
	out := map[string]func(workers int) *Ops{"gonum": func(w int) *Ops { o := New(w); o.kern, o.matmul = nil, nil; return o }}
	for _, k := range kernels() {
		out[k.name] = func(w int) *Ops { o := New(w); o.kern, o.matmul = k, k; return o }
	}
	return out
}

func TestAgreesWithTheTruth(t *testing.T) {
	for name, build := range variants() {
		t.Run(name, func(t *testing.T) { opstest.Run(t, build(2), 2e-5) })
	}
}

// In bf16 products lose digits and nothing else does. The kernels for it, plain Go among them, agree to the bit.
func TestBF16AgreesWithTheTruth(t *testing.T) {
	o := NewIn(BF16, 2)
	opstest.Run(t, o, 2e-2)
	want := opstest.Results(o, 1)
	for _, k := range append(kernelsBF16(), &plainBF16) {
		other := NewIn(BF16, 3)
		other.matmul = k
		same(t, opstest.Results(other, 1), want)
	}
}

// same holds two runs to the same bits.
func same(t *testing.T, got, want []opstest.Result) {
	t.Helper()
	for i, g := range got {
		for j, x := range g.X {
			if math.Float64bits(x) != math.Float64bits(want[i].X[j]) {
				t.Errorf("%s [%d] is %g, was %g", g.Name, j, x, want[i].X[j])
				break
			}
		}
	}
}

func TestBitsDoNotDependOnWorkers(t *testing.T) {
	for name, build := range variants() {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(3) {
				want := opstest.Results(build(1), seed)
				for _, workers := range []int{2, 7} {
					same(t, opstest.Results(build(workers), seed), want)
				}
			}
		})
	}
}

func TestBitsDoNotDependOnVectors(t *testing.T) {
	list := kernels()
	if len(list) < 2 {
		t.Skip("this processor has one kernel at most")
	}
	for seed := range uint64(3) {
		want := opstest.Results(variants()[list[0].name](2), seed)
		for _, k := range list[1:] {
			same(t, opstest.Results(variants()[k.name](2), seed), want)
		}
	}
}

func TestInfinitiesAndNaNs(t *testing.T) {
	for name, build := range variants() {
		t.Run(name, func(t *testing.T) { opstest.Edges(t, build(2), 2e-5) })
	}
}

func TestNothingToDo(t *testing.T) {
	for name, build := range variants() {
		t.Run(name, func(t *testing.T) { opstest.Empty(t, build(2)) })
	}
	if New(0).pool.n < 1 {
		t.Error("no workers")
	}
}

func TestKernelsTakeNoMemory(t *testing.T) {
	for _, workers := range []int{1, 3} {
		opstest.Steady(t, New(workers))
	}
}
