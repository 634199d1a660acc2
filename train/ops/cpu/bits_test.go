package cpu

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// plainFP32 is the definition of an fp32 product in Go.
var plainFP32 = kernel{name: "go", mr: 4, nr: 8, mul: mulGo(false), a: packer[float32]{width: 4}, b: packer[float32]{width: 8}}

// sizes end within and beyond a panel, a tile and a block.
var sizes = [][3]int{{1, 1, 1}, {4, 32, 3}, {12, 32, 4}, {13, 33, 5}, {11, 31, 384}, {25, 65, 385}, {5, 7, 769}, {170, 20, 9}, {3, 530, 8}}

// run is c of p by one kernel, with a bias or without, alone.
func run(kern *kernel, p product, bias []float32) []float32 {
	p.kern, p.c.x = kern, slices.Clone(p.c.x)
	o := New(1)
	k := *kern
	k.few = nil
	p.kern = &k
	o.multiply(p, bias, nil)
	return p.c.x
}

func equalBits(x, y []float32) int {
	for i, v := range x {
		if math.Float32bits(v) != math.Float32bits(y[i]) {
			return i
		}
	}
	return -1
}

// AVX-512, AVX2, VDPBF16PS and plain Go give the same bits.
func TestKernelsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 0))
	for _, family := range [][]*kernel{append(kernels(), &plainFP32), append(kernelsBF16(), &plainBF16)} {
		for _, s := range sizes {
			for i := range 8 {
				p := randomProduct(r, s[0], s[1], s[2], i&1 != 0, i&2 != 0, []float32{1, 0.37}[i&1], []float32{0, 1, -0.5}[i%3])
				bias := random(r, p.n)
				if i&4 != 0 {
					bias = nil
				}
				want := run(family[len(family)-1], p, bias)
				for _, k := range family[:len(family)-1] {
					if at := equalBits(run(k, p, bias), want); at >= 0 {
						t.Fatalf("%s: %v ta=%v tb=%v alpha=%v beta=%v differs from plain Go at %d", k.name, s, p.a.t, p.b.t, p.alpha, p.beta, at)
					}
				}
			}
		}
	}
}

// bf16 is fp32 of rounded numbers, but for the order of sums.
func TestBF16AgainstRounded(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 0))
	for _, k := range append(kernelsBF16(), &plainBF16) {
		p := randomProduct(r, 30, 70, 401, false, true, 1, 0)
		got := run(k, p, nil)
		p.a.x, p.b.x = slices.Clone(p.a.x), slices.Clone(p.b.x)
		roundGo(len(p.a.x), &p.a.x[0])
		roundGo(len(p.b.x), &p.b.x[0])
		for i, want := range oracle(p) {
			if d := math.Abs(float64(got[i]) - want); i%p.c.ld < p.n && !(d < 1e-4) {
				t.Fatalf("%s: [%d] is %g, want %g", k.name, i, got[i], want)
			}
		}
	}
}

// Every kind of number is rounded as the definition says; those beside a tie are among them.
func TestRoundings(t *testing.T) {
	var x []float32
	for _, sign := range []uint32{0, 1 << 31} {
		for _, exp := range []uint32{0, 1, 2, 127, 128, 253, 254, 255} {
			for _, mant := range []uint32{0, 1, 0x7fff, 0x8000, 0x8001, 0xffff, 0x10000, 0x17fff, 0x18000, 0x18001, 0x400000, 0x7f8000, 0x7fffff} {
				x = append(x, math.Float32frombits(sign|exp<<23|mant))
			}
		}
	}
	want := slices.Clone(x)
	roundGo(len(want), &want[0])
	for i, v := range x {
		d := float64(v)
		if math.Float32bits(v)<<1>>24 != 0 && !math.IsInf(d, 0) && d == d && math.Abs(d) < 3e38 && math.Abs(float64(want[i])-d) > math.Abs(d)/256 || math.IsNaN(d) != math.IsNaN(float64(want[i])) {
			t.Errorf("%x becomes %x", math.Float32bits(v), math.Float32bits(want[i]))
		}
	}
	for _, k := range kernelsBF16() {
		for _, pk := range []packer[float32]{k.a, k.b} {
			if pk.round != nil {
				got := slices.Clone(x)
				pk.round(len(got)&^3, &got[0])
				if at := equalBits(got[:len(got)&^3], want); at >= 0 {
					t.Errorf("%s: %x becomes %x, want %x", k.name, math.Float32bits(x[at]), math.Float32bits(got[at]), math.Float32bits(want[at]))
				}
				continue
			}
			w := pk.width
			for from := 0; from+2*w <= len(x); from += 2 * w {
				dst := make([]float32, w)
				pk.pair(1, &x[from], &dst[0])
				for i, v := range dst {
					if u := math.Float32bits(v); u<<16 != math.Float32bits(want[from+i]) || u&0xffff0000 != math.Float32bits(want[from+w+i]) {
						t.Errorf("%s: %x, %x become %x", k.name, math.Float32bits(x[from+i]), math.Float32bits(x[from+w+i]), u)
					}
				}
			}
		}
	}
}

// A row has the same bits alone and among others.
func TestFewRowsHaveTheBitsOfMany(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 0))
	for _, k := range kernels() {
		o := New(3)
		for m := 1; m <= k.few.most; m++ {
			for i := range 12 {
				p := randomProduct(r, m, 6+r.IntN(1200), 4*(1+r.IntN(200)), i&1 != 0, i&2 != 0, []float32{1, 1, 0.37}[i%3], []float32{0, 1, -0.5}[i/4])
				p.kern = k
				bias := random(r, p.n)
				if i&4 != 0 {
					bias = nil
				}
				want := run(k, p, bias)
				if took := o.fewRows(&p, bias); took != isFew(&p) {
					t.Fatal("few rows were not taken")
				} else if !took {
					continue
				}
				if at := equalBits(p.c.x, want); at >= 0 {
					t.Fatalf("%s: %d×%d×%d ta=%v tb=%v alpha=%v beta=%v bias=%v differs at %d", k.name, m, p.n, p.k, p.a.t, p.b.t, p.alpha, p.beta, bias != nil, at)
				}
			}
		}
	}
}

// Blocks, tiles and workers change no bit, with packed weights or without.
func TestWorkersChangeNoBit(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 0))
	for _, precision := range []Precision{FP32, BF16} {
		if precision == BF16 && len(kernelsBF16()) == 0 {
			continue // plain Go is too slow for these
		}
		for _, s := range [][3]int{{300, 200, 400}, {2100, 40, 30}, {40, 3200, 30}, {9, 700, 801}} {
			a, b := random(r, s[0]*s[2]), random(r, s[1]*s[2])
			var want []float32
			for _, workers := range []int{1, 2, 7} {
				c := make([]float32, s[0]*s[1])
				NewIn(precision, workers).MatMul(false, true, s[0], s[1], s[2], a, b, 0, c)
				if want == nil {
					want = c
				}
				if at := equalBits(c, want); at >= 0 {
					t.Errorf("%s: %v with %d workers differs at %d", precision, s, workers, at)
				}
			}
		}
	}
}

// fma is right where float64 is exact, and at ties.
func TestFMA(t *testing.T) {
	for _, c := range [][4]float32{
		{1 + 0x1p-12, 1 + 0x1p-12, 0, 1 + 0x1p-11},
		{1 + 0x1p-12, 1 - 0x1p-12, -1, -0x1p-24},
		{1, 1, 0x1p-24, 1},
		{1 + 0x1p-23, 1, 0x1p-24, 1 + 0x1p-22},
		{1, 0x1p-24, 1 + 0x1p-23 - 0x1p-23, 1},
		{0x1p-100, 0x1p-100, 1, 1},
		{0x1p-12 + 0x1p-30, 0x1p-12, 1, 1 + 0x1p-23},
	} {
		if got := fma(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%g·%g + %g is %g, want %g", c[0], c[1], c[2], got, c[3])
		}
	}
}
