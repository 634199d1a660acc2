package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/seed-83c59573/quern/train/ops"
	"github.com/seed-83c59573/quern/train/ops/cpu"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// seconds is a clock that only runs forward.
func seconds() float64 { return time.Since(started).Seconds() }

var started = time.Now()

// gemmRow compares one matrix product with gonum's, in the same minute. Figures are 10^9 FLOP a second; 0 = not measured.
type gemmRow struct {
	Shape     string  `json:"shape"`
	GFlops    float64 `json:"gflops"`
	Packed    float64 `json:"packed_gflops,omitempty"` // with weights packed before
	BF16      float64 `json:"bf16_gflops"`
	Gonum     float64 `json:"gonum_gflops,omitempty"`
	Ratio     float64 `json:"ratio,omitempty"` // to gonum
	Share     float64 `json:"share_of_peak"`
	ShareBF16 float64 `json:"bf16_share_of_peak"`
}

// peaks are what the kernels reach on panels in the first cache, measured beside each shape, the best of all.
type peaks struct {
	FP32 float64 `json:"fp32_gflops"`
	BF16 float64 `json:"bf16_gflops"`
}

// gemmShapes are products of GPT-2's training step with 1,024 tokens: NT forward, NN for the gradient of the input, TN for that of the
// weights.
var gemmShapes = []struct {
	name    string
	m, n, k int
	ta, tb  bool
}{
	{"512x512x512 NN", 512, 512, 512, false, false},
	{"1024x1024x1024 NN", 1024, 1024, 1024, false, false},
	{"2048x2048x2048 NN", 2048, 2048, 2048, false, false},
	{"qkv 1024x2304x768 NT", 1024, 2304, 768, false, true},
	{"proj 1024x768x768 NT", 1024, 768, 768, false, true},
	{"fc1 256x3072x768 NT", 256, 3072, 768, false, true},
	{"fc1 1024x3072x768 NT", 1024, 3072, 768, false, true},
	{"fc1 4096x3072x768 NT", 4096, 3072, 768, false, true},
	{"fc2 1024x768x3072 NT", 1024, 768, 3072, false, true},
	{"fc1 dX 1024x768x3072 NN", 1024, 768, 3072, false, false},
	{"fc1 dW 3072x768x1024 TN", 3072, 768, 1024, true, false},
	{"head 1024x50257x768 NT", 1024, 50257, 768, false, true},
	{"head dX 1024x768x50257 NN", 1024, 768, 50257, false, false},
	{"head dW 50257x768x1024 TN", 50257, 768, 1024, true, false},
	{"attn QK 256x256x64 NT", 256, 256, 64, false, true},
	{"attn QK 1024x1024x64 NT", 1024, 1024, 64, false, true},
}

// gonumMost is the largest product that gonum is asked for, in FLOP: its weight gradients of a large vocabulary take seconds each.
const gonumMost = 2e10

// benchGemm times the products of a training step in fp32 and bf16 beside gonum's, and beside what the kernels alone reach.
func benchGemm(b *bench, r *benchResult) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(b.workers)) // gonum takes what it gets
	fp32, bf16 := cpu.NewIn(cpu.FP32, b.workers), cpu.NewIn(cpu.BF16, b.workers)
	r.Peaks = &peaks{}
	for _, s := range gemmShapes {
		if !strings.Contains(s.name, b.only) {
			continue
		}
		r.Peaks.FP32 = max(r.Peaks.FP32, fp32.Peak()/1e9)
		r.Peaks.BF16 = max(r.Peaks.BF16, bf16.Peak()/1e9)
		x, y, z := random(s.m*s.k), random(s.k*s.n), make([]float32, s.m*s.n)
		flop := 2 * float64(s.m) * float64(s.n) * float64(s.k)
		budget := b.seconds / 4 / float64(len(gemmShapes))
		rate := func(f func()) float64 { return flop / best(f, budget) / 1e9 }
		row := gemmRow{Shape: s.name}
		row.GFlops = rate(func() { fp32.MatMul(s.ta, s.tb, s.m, s.n, s.k, x, y, 0, z) })
		row.BF16 = rate(func() { bf16.MatMul(s.ta, s.tb, s.m, s.n, s.k, x, y, 0, z) })
		if !s.ta {
			w := &ops.Weight[float32]{T: s.tb, K: s.k, N: s.n, B: y}
			fp32.Pack(w)
			row.Packed = rate(func() { fp32.Linear(z, x, w, nil, 0) })
		}
		if flop < gonumMost {
			ta, lda, tb, ldb := blas.NoTrans, s.k, blas.NoTrans, s.n
			if s.ta {
				ta, lda = blas.Trans, s.m
			}
			if s.tb {
				tb, ldb = blas.Trans, s.k
			}
			row.Gonum = rate(func() { gonum.Implementation{}.Sgemm(ta, tb, s.m, s.n, s.k, 1, x, lda, y, ldb, 0, z, s.n) })
			row.Ratio = row.GFlops / row.Gonum
		}
		r.Rows = append(r.Rows, row)
		if err := b.ctx.Err(); err != nil {
			return err
		}
	}
	if len(r.Rows) == 0 {
		return usageError{fmt.Errorf("--only: no shape has %q in its name", b.only)}
	}
	for i := range r.Rows {
		x := &r.Rows[i]
		if r.Peaks.FP32 > 0 {
			x.Share = x.GFlops / r.Peaks.FP32
		}
		if r.Peaks.BF16 > 0 {
			x.ShareBF16 = x.BF16 / r.Peaks.BF16
		}
	}
	return nil
}

func printGemm(out io.Writer, r *benchResult) {
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "GF/s\tfp32\tof peak\tpacked\tbf16\tof peak\tgonum\tratio\t")
	some := func(format string, v float64) string {
		if v == 0 {
			return "-"
		}
		return fmt.Sprintf(format, v)
	}
	for _, x := range r.Rows {
		fmt.Fprintf(tw, "%s\t%.1f\t%.0f %%\t%s\t%.1f\t%.0f %%\t%s\t%s\t\n", x.Shape, x.GFlops, 100*x.Share, some("%.1f", x.Packed), x.BF16, 100*x.ShareBF16,
			some("%.1f", x.Gonum), some("%.1f", x.Ratio))
	}
	tw.Flush()
	fmt.Fprintf(out, "peak, kernels on panels in the first cache: %.1f in fp32, %.1f in bf16\n", r.Peaks.FP32, r.Peaks.BF16)
}

// peakFlops is this machine's peak in fp32, in FLOP a second; 0 workers = one for each processor.
func peakFlops(workers int) float64 { return cpu.New(workers).Peak() }

func random(n int) []float32 {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	x := make([]float32, n)
	for i := range x {
		x[i] = r.Float32() - 0.5
	}
	return x
}

// best is the shortest time of f, in seconds, of at least two calls within a budget.
func best(f func(), budget float64) float64 {
	least := 0.0
	for i, start := 0, seconds(); i < 2 || seconds()-start < budget; i++ {
		at := seconds()
		f()
		if took := seconds() - at; i == 0 || took < least {
			least = took
		}
	}
	return least
}
