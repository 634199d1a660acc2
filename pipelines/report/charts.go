package report

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"sort"
	"strings"

	"github.com/seed-83c59573/quern/clean"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

var (
	blue   = color.RGBA{0x2b, 0x6c, 0xb0, 0xff}
	orange = color.RGBA{0xdd, 0x7a, 0x2b, 0xff}
)

// factChart is the histogram of one fact in one domain, kept and dropped documents stacked.
type factChart struct {
	Domain, Fact  string
	Kept, Dropped uint64
	Min, Max      float64
	SVG           template.HTML
}

func factCharts(facts map[string]*domainFacts, limits map[string][]clean.Limit) ([]factChart, error) {
	domains := make([]string, 0, len(facts))
	for d := range facts {
		domains = append(domains, d)
	}
	sort.Strings(domains)
	var out []factChart
	for _, d := range domains {
		var all clean.Histograms
		all.Merge(facts[d].kept)
		all.Merge(facts[d].dropped)
		for _, name := range all.Names() {
			total, kept, dropped := all.Of(name), facts[d].kept.Of(name), facts[d].dropped.Of(name)
			var bounds []float64
			for _, l := range limits[d] {
				if l.Fact == name {
					bounds = append(bounds, l.Min, l.Max)
				}
			}
			svg, err := histogram(total, kept, bounds)
			if err != nil {
				return nil, err
			}
			c := factChart{Domain: d, Fact: name, Min: total.Min, Max: total.Max, SVG: svg}
			if kept != nil {
				c.Kept = kept.N
			}
			if dropped != nil {
				c.Dropped = dropped.N
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// histogram draws all documents in orange and the kept ones in blue before them, so that what shows of the orange was dropped; the
// limits of rules are lines across.
func histogram(total, kept *clean.Histogram, limits []float64) (template.HTML, error) {
	p := plot.New()
	p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = 7, 7
	p.Y.Min = 0
	for _, part := range []struct {
		h *clean.Histogram
		c color.Color
	}{{total, orange}, {kept, blue}} {
		if part.h == nil {
			continue
		}
		h := &plotter.Histogram{FillColor: part.c}
		for i, n := range part.h.Counts {
			lo, hi := part.h.Bound(i), part.h.Bound(i+1)
			if part.h.Log {
				lo, hi = math.Log10(lo), math.Log10(hi)
			}
			h.Bins = append(h.Bins, plotter.HistogramBin{Min: lo, Max: hi, Weight: float64(n)})
		}
		p.Add(h)
	}
	for _, x := range limits {
		if math.IsInf(x, 0) {
			continue
		}
		if total.Log {
			x = math.Log10(max(x, total.Lo))
		}
		if x < p.X.Min || x > p.X.Max {
			continue
		}
		line, err := plotter.NewLine(plotter.XYs{{X: x, Y: 0}, {X: x, Y: p.Y.Max}})
		if err != nil {
			return "", err
		}
		line.Color, line.Dashes = color.Black, []vg.Length{vg.Points(2), vg.Points(2)}
		p.Add(line)
	}
	if total.Log {
		p.X.Tick.Marker = plot.TickerFunc(powersOfTen)
	}
	return render(p, 6*vg.Centimeter, 3*vg.Centimeter)
}

func powersOfTen(lo, hi float64) []plot.Tick {
	var ticks []plot.Tick
	for e := math.Ceil(lo); e <= hi; e++ {
		ticks = append(ticks, plot.Tick{Value: e, Label: fmt.Sprintf("%g", math.Pow(10, e))})
	}
	return ticks
}

// render gives the plot as an <svg> element. Its text is numbers and words of ours.
func render(p *plot.Plot, w, h vg.Length) (template.HTML, error) {
	c := vgsvg.New(w, h)
	p.Draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return "", err
	}
	s := b.String()
	if i := strings.Index(s, "<svg"); i > 0 {
		s = s[i:]
	}
	return template.HTML(s), nil
}
