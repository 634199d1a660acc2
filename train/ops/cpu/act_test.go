package cpu

import (
	"math"
	"testing"
)

func TestExpIsWithinTwoUlp(t *testing.T) {
	for x := float32(-87); x < 88; x += 0.0137 {
		want := math.Exp(float64(x))
		if d := math.Abs(float64(exp(x))-want) / want; d > 2.0/(1<<23) {
			t.Fatalf("exp(%g) is %g, want %g: off by %g", x, exp(x), want, d)
		}
	}
}

func TestExpAtTheEdges(t *testing.T) {
	f := func(x, want float32) {
		t.Helper()
		if got := exp(x); got != want {
			t.Errorf("exp(%g) is %g, want %g", x, got, want)
		}
	}
	inf := float32(math.Inf(1))
	f(0, 1)
	f(-inf, 0)
	f(-88, 0)
	f(inf, inf)
	f(1000, inf)
	if x := exp(float32(math.NaN())); x == x {
		t.Errorf("exp(NaN) is %g", x)
	}
	if x := tanh(-100); x != -1 {
		t.Errorf("tanh(-100) is %g", x)
	}
	if x := tanh(100); x != 1 {
		t.Errorf("tanh(100) is %g", x)
	}
}
