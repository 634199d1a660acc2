package vec

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestGeneratedFilesAreCurrent(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("go", "run", "gen/main.go", "gen/rows.go", "gen/tile.go", "-dir", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"kern_amd64.s", "stubs_amd64.go", "calls_amd64.go", "calls_other.go"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if want, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what gen/main.go writes (%v): run go generate", name, err)
		}
	}
}

func TestExpIsWithinTwoUlp(t *testing.T) {
	for x := float32(-87.29); x < 88.72; x += 0.0137 {
		want := math.Exp(float64(x))
		ulp := float64(math.Nextafter32(float32(want), float32(math.Inf(1)))) - float64(float32(want))
		if d := math.Abs(float64(Exp(x)) - want); d > 2*ulp {
			t.Fatalf("Exp(%g) is %g, want %g: %.2f ulp off", x, Exp(x), want, d/ulp)
		}
	}
}

func TestTanhIsClose(t *testing.T) {
	for x := float32(-20); x < 20; x += 0.0037 {
		if d := math.Abs(float64(Tanh(x)) - math.Tanh(float64(x))); d > 2e-7 {
			t.Fatalf("Tanh(%g) is off by %g", x, d)
		}
	}
}

// results calls every function on the same numbers.
func results(n int, edges bool) map[string][]float32 {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	draw := func() []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64() * math.Exp2(float64(r.IntN(8)-2)))
			if edges && r.IntN(4) == 0 {
				x[i] = []float32{0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), -87.3, -87.4, 88.72283, 88.73, 1e-40, 15, 15.1}[r.IntN(12)]
			}
		}
		return x
	}
	out := map[string][]float32{}
	room := func(name string) []float32 { out[name] = make([]float32, n); return out[name] }
	x, a, b := draw(), draw(), draw()
	sum := Exps(room("exps"), x, 0.3, -0.7)
	s, m := SumExp(x, 3)
	out["sums"] = []float32{sum, float32(s), float32(m)}
	if !edges { // which NaN is the largest is not promised
		out["max"] = []float32{Max(x)}
	}
	copy(room("scale"), a)
	Scale(out["scale"], 1.7)
	SwiGLU(room("swiglu"), x, a)
	SwiGLUBack(room("dgate"), room("dup"), b, x, a)
	GELU(room("gelu"), x)
	GELUBack(room("geluBack"), b, x)
	rowResults(out, room, x, a, b)
	return out
}

func rowResults(out map[string][]float32, room func(string) []float32, x, a, b []float32) {
	of := func(name string, y []float32) []float32 { copy(room(name), y); return out[name] }
	Add(room("add"), x, a)
	Blend(room("blend"), x, a, 0.3, -2)
	out["sum"] = []float32{Sum(x), Spread(x, 0.2), float32(SumSquares(x)), float32(SumExps(x, 3)), Dot(x, a), RMSMean(x, a, b)}
	EntropyBack(of("entropyBack", x), 2.5, 0.7, -0.3, 0.2)
	RMS(room("rms"), x, a, 0.3)
	RMSBack(of("rmsBack", a), of("rmsBack gain", b), b, x, a, 0.3, 1.5)
	RMSTurn(of("rmsTurn", a), of("rmsTurn gain", b), x, b, 0.3, 1.5)
	Layer(room("layer"), x, a, b, 0.2, 1.7)
	first, second := LayerMeans(x, a, b, 0.2, 1.7)
	out["layerMeans"] = []float32{first, second}
	LayerBack(of("layerBack", a), of("layerBack gain", b), of("layerBack bias", x), b, x, a, 0.2, 1.7, -0.4, 0.6)
	Rotate(of("rotate x", x), of("rotate y", a), b, a)
	RotateBack(of("rotateBack x", x), of("rotateBack y", a), b, a)
	v := of("adam v", b)
	for i := range v {
		v[i] *= v[i]
	}
	AdamW(of("adam w", x), a, of("adam m", b), v, 0.9, 0.8, 0.2, 0.95, 0.05, 0.99, 0.01, 1e-6)
}

// with sets how wide vectors may be for the rest of a test.
func with(t *testing.T, w int) {
	t.Helper()
	was := width
	width = w
	t.Cleanup(func() { width = was })
}

func TestEveryWidthHasTheSameBits(t *testing.T) {
	best := width
	if best == 0 {
		t.Skip("plain Go only")
	}
	for _, edges := range []bool{false, true} {
		for _, n := range []int{1, 3, 15, 16, 17, 31, 32, 33, 100, 257, 2048, 2049, 5000} {
			with(t, 0)
			want := results(n, edges)
			for w := best; w >= 256; w /= 2 {
				with(t, w)
				for name, got := range results(n, edges) {
					for i, x := range got {
						y := want[name][i]
						if math.Float32bits(x) != math.Float32bits(y) && (x == x || y == y) {
							t.Errorf("%s of %d numbers with %d bits: [%d] is %g, in plain Go %g", name, n, w, i, x, y)
							break
						}
					}
				}
			}
		}
	}
}

func TestAgainstFloat64(t *testing.T) {
	f := func(name string, got float32, want float64) {
		t.Helper()
		if d := math.Abs(float64(got) - want); d > 1e-6*(1+math.Abs(want)) {
			t.Errorf("%s is %g, want %g", name, got, want)
		}
	}
	sig := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	gel := func(x float64) float64 { return x / 2 * (1 + math.Tanh(geluScale*(x+geluCube*x*x*x))) }
	r := rand.New(rand.NewPCG(2, 0))
	const n = 37
	x, a, b := make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range n {
		x[i], a[i], b[i] = float32(2*r.NormFloat64()), float32(r.NormFloat64()), float32(r.NormFloat64())
	}
	o, o2 := make([]float32, n), make([]float32, n)
	total, mean := 0.0, 0.0
	for _, v := range x {
		total += math.Exp(float64(v) - 1)
		mean += math.Exp(float64(v)-1) * (float64(v) - 1)
	}
	s, m := SumExp(x, 1)
	f("sum", float32(s), total)
	f("mean", float32(m), mean)
	f("Exps' sum", Exps(o, x, 1, 2), 2*total)
	f("Exps", o[5], 2*math.Exp(float64(x[5])-1))
	SwiGLU(o, x, a)
	for i := range n {
		f("SwiGLU", o[i], float64(x[i])*sig(float64(x[i]))*float64(a[i]))
	}
	SwiGLUBack(o, o2, b, x, a)
	for i := range n {
		g, d := float64(x[i]), float64(b[i])
		f("dgate", o[i], d*float64(a[i])*sig(g)*(1+g*(1-sig(g))))
		f("dup", o2[i], d*g*sig(g))
	}
	GELU(o, x)
	GELUBack(o2, b, x)
	for i := range n {
		f("GELU", o[i], gel(float64(x[i])))
		f("GELUBack", o2[i], float64(b[i])*(gel(float64(x[i])+1e-5)-gel(float64(x[i])-1e-5))/2e-5)
	}
	if got := Max(nil); !math.IsInf(float64(got), -1) {
		t.Errorf("the largest of nothing is %g", got)
	}
}

func BenchmarkExps(b *testing.B) {
	for _, w := range []int{0, width} {
		b.Run(fmt.Sprint(w), func(b *testing.B) {
			was := width
			width = w
			defer func() { width = was }()
			x := make([]float32, 4096)
			for b.Loop() {
				Exps(x, x, 1, 1)
			}
		})
	}
}
