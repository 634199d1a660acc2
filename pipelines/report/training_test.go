package report

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern/pipelines"
	"gonum.org/v1/plot/plotter"
)

// TestTrainingCharts: a log has a chart for each thing that it measures, and none for what it does not.
func TestTrainingCharts(t *testing.T) {
	log := func(lines ...string) string {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, pipelines.MetricsName), []byte(strings.Join(lines, "\n")), 0o666); err != nil {
			t.Fatal(err)
		}
		return folder
	}
	var long []string
	for i := 1; i <= 100; i++ {
		x, skipped := float64(i), ""
		if i%40 == 0 {
			skipped = `,"skipped":true`
		}
		long = append(long, fmt.Sprintf(`{"step":%d,"loss":%g,"lr":%g,"grad_norm":%g,"tokens_per_s":%g,"mfu":0.5%s}`, i, 9/math.Sqrt(x), 1e-3/x, 50/x, 1000+x, skipped))
		if i%25 == 0 {
			long = append(long, fmt.Sprintf(`{"step":%d,"val_loss":%g,"val_bpb":%g}`, i, 9.5/math.Sqrt(x), 4/math.Sqrt(x)), fmt.Sprintf(`{"step":%d,"pretrain_loss":%g}`, i, 3+x/100))
		}
	}
	for _, c := range []struct {
		name, folder string
		want         []string
	}{
		{"no log", t.TempDir(), nil},
		{"one step", log(`{"step":1,"loss":3}`), nil},
		{"a cut line, a number that is none, a step twice", log(`{"step":1,"loss":3}`, `{"step":2,"loss":2}`, `{"step":2,"loss":2.5}`, `7`, `{"loss":1}`, `{"step":3,"lo`), []string{"training loss, nats"}},
		{"an unknown peak", log(`{"step":1,"loss":3,"mfu":0}`, `{"step":2,"loss":2,"mfu":0}`), []string{"training loss, nats"}},
		{"all", log(long...), []string{"loss, nats per token: training, and validation", "bits per byte", "pretraining", "learning rate", "norm of the gradient", "tokens a second", "peak"}},
	} {
		charts, err := trainingCharts(c.folder, "train")
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if len(charts) != len(c.want) {
			t.Fatalf("%s: %d charts, want %d", c.name, len(charts), len(c.want))
		}
		for i, want := range c.want {
			if !strings.HasPrefix(charts[i].Title, "train: ") || !strings.Contains(charts[i].Title, want) || !strings.HasPrefix(string(charts[i].SVG), "<svg") {
				t.Errorf("%s: chart %d is %q, want %q", c.name, i, charts[i].Title, want)
			}
		}
	}
}

// TestSmoothed: a line without noise stays, and one bad point goes.
func TestSmoothed(t *testing.T) {
	xy := make(plotter.XYs, 120)
	for i := range xy {
		xy[i] = plotter.XY{X: float64(i), Y: 2 * float64(i)}
	}
	noisy := slices.Clone(xy)
	noisy[50].Y = 1e6
	for i, p := range smoothed(xy) {
		if p != xy[i] {
			t.Errorf("point %d of a straight line is %v", i, p)
		}
	}
	if got := smoothed(noisy)[50].Y; got > 110 {
		t.Errorf("an outlier leaves %g", got)
	}
}

func TestRoundTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{
		{0, 400, "0 50 100 150 200 250 300 350 400"}, {2.55, 2.71, "2.55 2.60 2.65 2.70"}, {0, 1e-3, "0.0000 0.0002 0.0004 0.0006 0.0008 0.0010"},
		{1, 3, "1.0 1.5 2.0 2.5 3.0"}, {0, 3e6, "0 5e+05 1e+06 1.5e+06 2e+06 2.5e+06 3e+06"}, {-1, 1, "-1.0 -0.5 0.0 0.5 1.0"},
	} {
		var got []string
		for _, tick := range roundTicks(c.lo, c.hi) {
			got = append(got, tick.Label)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%g to %g: %s, want %s", c.lo, c.hi, s, c.want)
		}
	}
}
