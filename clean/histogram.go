package clean

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/seed-83c59573/quern"
)

// Histograms count how measured facts are distributed, fact by fact, in fixed bins, so that histograms of parts of a dataset add
// up to the histogram of the whole in any order. Facts that no rule names are not counted.
type Histograms struct {
	facts map[string]*Histogram
}

// Histogram has len(Counts) bins of equal width between Lo and Hi, of equal width of the logarithm if Log; the first and the last
// bin also take what lies outside. Min and Max are the least and the greatest value seen, N their number.
type Histogram struct {
	Lo     float64  `json:"lo"`
	Hi     float64  `json:"hi"`
	Log    bool     `json:"log,omitempty"`
	N      uint64   `json:"n"`
	Min    float64  `json:"min"`
	Max    float64  `json:"max"`
	Counts []uint64 `json:"counts"`
}

func (b Fact) empty() *Histogram {
	return &Histogram{Lo: b.Lo, Hi: b.Hi, Log: b.Log, Counts: make([]uint64, b.Bins)}
}

// Add counts the marks of one document.
func (h *Histograms) Add(marks []quern.Mark) {
	for _, m := range marks {
		f, ok := h.facts[m.Name]
		if !ok {
			b, ok := factNamed(m.Name)
			if !ok {
				continue
			}
			if h.facts == nil {
				h.facts = map[string]*Histogram{}
			}
			f = b.empty()
			h.facts[m.Name] = f
		}
		f.add(m.Value)
	}
}

func (f *Histogram) add(v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	if f.N == 0 || v < f.Min {
		f.Min = v
	}
	if f.N == 0 || v > f.Max {
		f.Max = v
	}
	f.N++
	f.Counts[f.bin(v)]++
}

func (f *Histogram) bin(v float64) int {
	lo, hi := f.Lo, f.Hi
	switch {
	case v <= lo:
		return 0
	case v >= hi:
		return len(f.Counts) - 1
	case f.Log:
		v, lo, hi = math.Log(v), math.Log(lo), math.Log(hi)
	}
	return min(int((v-lo)/(hi-lo)*float64(len(f.Counts))), len(f.Counts)-1)
}

// Bound is the lower bound of bin i; Bound(len(Counts)) is Hi.
func (f *Histogram) Bound(i int) float64 {
	x := float64(i) / float64(len(f.Counts))
	if f.Log {
		return f.Lo * math.Pow(f.Hi/f.Lo, x)
	}
	return f.Lo + (f.Hi-f.Lo)*x
}

// Merge adds what o counted. Counts are integers: the order of merging does not matter.
func (h *Histograms) Merge(o Histograms) {
	for name, f := range o.facts {
		if h.facts == nil {
			h.facts = map[string]*Histogram{}
		}
		mine, ok := h.facts[name]
		if !ok {
			c := *f
			c.Counts = slices.Clone(f.Counts)
			h.facts[name] = &c
			continue
		}
		mine.merge(f)
	}
}

func (f *Histogram) merge(o *Histogram) {
	if o.N == 0 {
		return
	}
	if f.N == 0 || o.Min < f.Min {
		f.Min = o.Min
	}
	if f.N == 0 || o.Max > f.Max {
		f.Max = o.Max
	}
	f.N += o.N
	for i, n := range o.Counts {
		f.Counts[i] += n
	}
}

// Names lists the facts counted, sorted.
func (h Histograms) Names() []string {
	names := make([]string, 0, len(h.facts))
	for n := range h.facts {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Of is the histogram of a fact, nil if it was never seen.
func (h Histograms) Of(name string) *Histogram { return h.facts[name] }

// MarshalJSON writes an object with a member for each fact, sorted by name.
func (h Histograms) MarshalJSON() ([]byte, error) {
	if h.facts == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(h.facts) // sorts its keys
}

// UnmarshalJSON reads what MarshalJSON wrote. A fact whose bins are not those of this version is an error, since it could not be
// merged.
func (h *Histograms) UnmarshalJSON(b []byte) error {
	h.facts = nil
	var facts map[string]*Histogram
	if err := json.Unmarshal(b, &facts); err != nil {
		return err
	}
	for name, f := range facts {
		want, ok := factNamed(name)
		if !ok || f == nil {
			return fmt.Errorf("histogram %q: no such fact", name)
		}
		if f.Lo != want.Lo || f.Hi != want.Hi || f.Log != want.Log || len(f.Counts) != want.Bins {
			return fmt.Errorf("histogram %q: its bins are not those of version %s", name, Version)
		}
		sum := uint64(0)
		for _, n := range f.Counts {
			sum += n
		}
		if sum != f.N {
			return fmt.Errorf("histogram %q: bins hold %d values, it says %d", name, sum, f.N)
		}
	}
	if len(facts) > 0 {
		h.facts = facts
	}
	return nil
}
