package cpu_test

import (
	"math"
	"testing"

	"github.com/seed-83c59573/quern/train/ops/cpu"
	"github.com/seed-83c59573/quern/train/ops/opstest"
)

func TestAgreesWithTheTruth(t *testing.T) { opstest.Run(t, cpu.New(2), 2e-5) }

func TestBitsDoNotDependOnWorkers(t *testing.T) {
	for seed := range uint64(3) {
		want := opstest.Results(cpu.New(1), seed)
		for _, workers := range []int{2, 7} {
			for i, got := range opstest.Results(cpu.New(workers), seed) {
				for j, x := range got.X {
					if math.Float64bits(x) != math.Float64bits(want[i].X[j]) {
						t.Errorf("%d workers: %s [%d] is %g, with one worker %g", workers, got.Name, j, x, want[i].X[j])
						break
					}
				}
			}
		}
	}
}
