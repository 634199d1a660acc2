package cpu

import "testing"

func TestPeakIsMeasuredWhereThereAreKernels(t *testing.T) {
	for _, p := range []Precision{FP32, BF16} {
		o := NewIn(p, 2)
		if got := o.Peak(); (got > 0) != (o.matmul != nil) {
			t.Errorf("%s: peak of %g FLOP a second", p, got)
		}
	}
}
