package report

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern/pipelines"
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

func TestSmoothedKeepsWhatIsLevel(t *testing.T) {
	xy := metrics{"x": {1: 2, 2: 2, 3: 2, 4: 2}}.points("x")
	for _, p := range smoothed(xy) {
		if math.Abs(p.Y-2) > 1e-12 {
			t.Errorf("a level line has %g at %g", p.Y, p.X)
		}
	}
}
