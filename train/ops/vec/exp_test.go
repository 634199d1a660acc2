package vec

import (
	"math"
	"testing"
)

func TestExpAtTheEdges(t *testing.T) {
	f := func(x, want float32) {
		t.Helper()
		if got := Exp(x); got != want {
			t.Errorf("exp(%g) is %g, want %g", x, got, want)
		}
	}
	inf := float32(math.Inf(1))
	f(0, 1)
	f(-inf, 0)
	f(-88, 0)
	f(inf, inf)
	f(1000, inf)
	if x := Exp(float32(math.NaN())); x == x {
		t.Errorf("exp(NaN) is %g", x)
	}
	if x := Tanh(-100); x != -1 {
		t.Errorf("tanh(-100) is %g", x)
	}
	if x := Tanh(100); x != 1 {
		t.Errorf("tanh(100) is %g", x)
	}
}
