package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"image/color"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"

	"github.com/seed-83c59573/quern/pipelines"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var pale = color.RGBA{0xb9, 0xcf, 0xe6, 0xff}

// metrics is the log of a training step, by what was measured and then by step: a resumed run logs some steps twice.
type metrics map[string]map[float64]float64

// readMetrics reads a log. Without one there are none; a line that a crash cut is passed over.
func readMetrics(folder string) (metrics, error) {
	f, err := os.Open(filepath.Join(folder, pipelines.MetricsName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m := metrics{}
	scan := bufio.NewScanner(f)
	for scan.Scan() {
		var line map[string]any
		if json.Unmarshal(scan.Bytes(), &line) != nil {
			continue
		}
		step, ok := line["step"].(float64)
		if !ok {
			continue
		}
		for name, v := range line {
			x, ok := v.(float64)
			if skipped, is := v.(bool); is && skipped { // shown at the norm that was met
				x, ok = line["grad_norm"].(float64)
			}
			if !ok || name == "step" {
				continue
			}
			if m[name] == nil {
				m[name] = map[float64]float64{}
			}
			m[name][step] = x
		}
	}
	return m, scan.Err()
}

// points are what was measured, in the order of steps.
func (m metrics) points(name string) plotter.XYs {
	xy := make(plotter.XYs, 0, len(m[name]))
	for x, y := range m[name] {
		xy = append(xy, plotter.XY{X: x, Y: y})
	}
	sort.Slice(xy, func(i, j int) bool { return xy[i].X < xy[j].X })
	return xy
}

// trainingCharts draws the log of a training step: what was learned, how fast, and what the optimizer met.
func trainingCharts(folder, step string) ([]chart, error) {
	m, err := readMetrics(folder)
	if err != nil {
		return nil, err
	}
	var out []chart
	add := func(title string, c curves) error {
		if c.empty() {
			return nil
		}
		svg, err := c.draw()
		if err != nil {
			return fmt.Errorf("%s: %w", title, err)
		}
		out = append(out, chart{step + ": " + title, svg})
		return nil
	}
	loss, val := m.points("loss"), m.points("val_loss")
	title := "training loss, nats per token"
	if len(val) > 0 {
		title = "loss, nats per token: training, and validation (dots)"
	}
	speed := m.points("tokens_per_s")
	if len(speed) > 2 {
		speed = speed[1:] // the first step takes fresh memory
	}
	err = errors.Join(
		add(title, curves{line: loss, smooth: true, dots: val}),
		add("validation, bits per byte", curves{dots: m.points("val_bpb"), join: true}),
		add("loss on the texts of pretraining, nats per token: what tuning forgets", curves{dots: m.points("pretrain_loss"), join: true}),
		add("learning rate", curves{line: m.points("lr"), zero: true}),
		add("norm of the gradient before it is cut; dots: steps left out", curves{line: m.points("grad_norm"), smooth: true, dots: m.points("skipped"), log: true}),
		add("tokens a second", curves{line: speed, smooth: true, zero: true}),
		add("share of the machine's peak", curves{line: m.points("mfu"), smooth: true, zero: true}),
	)
	return out, err
}

// curves are a line over the steps, dots over it, or both.
type curves struct {
	line, dots plotter.XYs
	smooth     bool // a long line is pale, with its moving median over it
	join       bool // the dots
	log        bool // where the numbers span more than a factor of 30
	zero       bool // the axis begins at 0
}

// empty tells whether there is too little to see: one point is no curve, and a line of zeros says that nothing was measured.
func (c curves) empty() bool {
	for _, p := range c.line {
		if p.Y != 0 {
			return len(c.line) < 2
		}
	}
	return len(c.dots) < 2
}

func (c curves) draw() (template.HTML, error) {
	p := plot.New()
	p.X.Label.Text = "step"
	p.X.Label.TextStyle.Font.Size, p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = 8, 8, 8
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.TickerFunc(roundTicks), plot.TickerFunc(roundTicks)
	p.Add(plotter.NewGrid())
	average := c.line
	if c.smooth && len(c.line) >= 60 {
		if err := addLine(p, c.line, pale, 0.8); err != nil {
			return "", err
		}
		average = smoothed(c.line)
	}
	if len(average) > 0 {
		if err := addLine(p, average, blue, 1.2); err != nil {
			return "", err
		}
	}
	if c.join && len(c.dots) > 1 {
		if err := addLine(p, c.dots, orange, 1); err != nil {
			return "", err
		}
	}
	if len(c.dots) > 0 {
		s, err := plotter.NewScatter(c.dots)
		if err != nil {
			return "", err
		}
		s.GlyphStyle = draw.GlyphStyle{Color: orange, Radius: vg.Points(2), Shape: draw.CircleGlyph{}}
		p.Add(s)
	}
	switch {
	case c.zero:
		p.Y.Min = 0
	case c.log && p.Y.Min > 0 && p.Y.Max > 30*p.Y.Min:
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
	return render(p, 12*vg.Centimeter, 6*vg.Centimeter)
}

func addLine(p *plot.Plot, xy plotter.XYs, c color.Color, width float64) error {
	l, err := plotter.NewLine(xy)
	if err != nil {
		return err
	}
	l.Color, l.Width = c, vg.Points(width)
	p.Add(l)
	return nil
}

// smoothed is the median of a thirtieth of the line around each point, as far as it reaches to both sides: it neither lags nor heeds outliers.
func smoothed(xy plotter.XYs) plotter.XYs {
	out := make(plotter.XYs, len(xy))
	var near []float64
	for i, p := range xy {
		reach := min(len(xy)/60, i, len(xy)-1-i)
		near = near[:0]
		for _, q := range xy[i-reach : i+reach+1] {
			near = append(near, q.Y)
		}
		slices.Sort(near)
		out[i] = plotter.XY{X: p.X, Y: near[reach]}
	}
	return out
}

// roundTicks marks four to ten numbers of one, two or five times a power of ten, all with as many digits as tell them apart.
func roundTicks(lo, hi float64) []plot.Tick {
	span := hi - lo
	if !(span > 0) || math.IsInf(span, 0) {
		return plot.DefaultTicks{}.Ticks(lo, hi)
	}
	power := math.Floor(math.Log10(span / 5))
	step := math.Pow(10, power)
	for _, k := range []float64{1, 2, 5, 10} {
		if step = k * math.Pow(10, power); span/step <= 8 {
			break
		}
	}
	digits := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var ticks []plot.Tick
	for i := math.Ceil(lo/step - 1e-9); i*step <= hi+1e-9*step; i++ {
		v := i*step + 0 // + 0: no -0
		label := strconv.FormatFloat(v, 'f', digits, 64)
		if digits > 4 || math.Abs(hi) >= 1e6 {
			label = strconv.FormatFloat(v, 'g', 3, 64)
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: label})
	}
	return ticks
}
