package mix

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
)

// ErrShort means that a part has too little.
var ErrShort = errors.New("too few")

// leaf is a part of a phase.
type leaf struct {
	path    string
	ratio   float64 // of the phase
	repeat  float64 // epochs at most
	classes []int
}

// sharer walks down a tree of ratios and shares out what is there.
type sharer struct {
	classes []Class
	leaves  []leaf
}

// share gives the classes to the parts of one phase.
func share(r *Ratios, classes []Class, repeat float64) ([]leaf, error) {
	s := &sharer{classes: classes}
	all := make([]int, len(classes))
	for i := range all {
		all[i] = i
	}
	if err := s.divide(r, "", 1, repeat, all); err != nil {
		return nil, err
	}
	slices.SortFunc(s.leaves, func(a, b leaf) int { return strings.Compare(a.path, b.path) })
	return s.leaves, nil
}

func (s *sharer) divide(r *Ratios, path string, ratio, repeat float64, classes []int) error {
	if r.Repeat != 0 {
		repeat = r.Repeat
	}
	if r.leaf() {
		if ratio > 0 {
			s.leaves = append(s.leaves, leaf{path, ratio, repeat, classes})
		}
		return nil
	}
	parts, of, err := s.assign(r, path, classes)
	if err != nil {
		return err
	}
	weights, sum := make([]float64, len(parts)), 0.0
	for i := range parts {
		if weights[i] = parts[i].weight(); r.Natural || r.By != "" {
			weights[i] = s.natural(of[i], r.Temperature)
		}
		sum += weights[i]
	}
	for i := range parts {
		below := join(path, parts[i].Name)
		if weights[i] > 0 && len(of[i]) == 0 {
			return fmt.Errorf("%w: %s has no documents; %s", ErrShort, below, s.have(path, parts[i].Kind, classes))
		}
		if err := s.divide(&parts[i], below, ratio*weights[i]/sum, repeat, of[i]); err != nil {
			return err
		}
	}
	return nil
}

// assign tells which classes each part of a division takes. What none takes is the rest; without one, it is an error inside of what
// the ratios name, and is left out where whole domains or sources are not named.
func (s *sharer) assign(r *Ratios, path string, classes []int) (parts []Ratios, of [][]int, err error) {
	if r.By != "" {
		at := map[string]int{}
		var names []string
		for _, c := range classes {
			v := s.classes[c].field(r.By)
			if _, ok := at[v]; !ok {
				at[v], names = 0, append(names, v)
			}
		}
		slices.Sort(names)
		for i, n := range names {
			at[n], parts = i, append(parts, Ratios{Name: n, Kind: r.By})
		}
		of = make([][]int, len(parts))
		for _, c := range classes {
			i := at[s.classes[c].field(r.By)]
			of[i] = append(of[i], c)
		}
		if len(parts) == 0 {
			err = fmt.Errorf("%w: %s has no documents", ErrShort, path)
		}
		return parts, of, err
	}
	of = make([][]int, len(r.Parts))
	rest, deep := -1, path != ""
	for i := range r.Parts {
		switch r.Parts[i].Kind {
		case kindRest:
			rest = i
		case kindLang, kindBucket:
			deep = true
		}
	}
	var uncovered []int
	for _, c := range classes {
		i := slices.IndexFunc(r.Parts, func(p Ratios) bool { return p.matches(&s.classes[c]) })
		if i < 0 {
			i = rest
		}
		if i < 0 {
			uncovered = append(uncovered, c)
			continue
		}
		of[i] = append(of[i], c)
	}
	if len(uncovered) > 0 && deep {
		return nil, nil, s.uncovered(path, uncovered)
	}
	return r.Parts, of, nil
}

// natural is the size of classes to the power of 1/temperature.
func (s *sharer) natural(classes []int, temperature float64) float64 {
	size := int64(0)
	for _, c := range classes {
		size += s.classes[c].Size
	}
	if temperature == 0 || size == 0 {
		return float64(size)
	}
	return math.Pow(float64(size), 1/temperature)
}

func (s *sharer) uncovered(path string, classes []int) error {
	docs, tokens := int64(0), int64(0)
	for _, c := range classes {
		docs += s.classes[c].Docs + s.classes[c].Held
		tokens += s.classes[c].Tokens
	}
	sort.SliceStable(classes, func(i, j int) bool { return s.classes[classes[i]].Tokens > s.classes[classes[j]].Tokens })
	var most []string
	for _, c := range classes[:min(5, len(classes))] {
		k := &s.classes[c]
		most = append(most, fmt.Sprintf("%s/%s/%s: %d", k.Source, k.field(kindLang), k.field(kindBucket), k.Docs+k.Held))
	}
	if path == "" {
		path = "the mix"
	}
	return fmt.Errorf("no ratio covers %d documents of %d tokens in %s (source/language/bucket: documents; %s): give them a part, or write rest: 0 to leave them out",
		docs, tokens, path, strings.Join(most, ", "))
}

// have lists what there is of a kind, for who asked for something else.
func (s *sharer) have(path, kind string, classes []int) string {
	var values []string
	for _, c := range classes {
		if v := s.classes[c].field(kind); kind != kindRest && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	where := "there is"
	if path != "" {
		where = path + " has"
	}
	if len(values) == 0 {
		return where + " nothing else"
	}
	return fmt.Sprintf("%s %s %s", where, kind, strings.Join(values[:min(20, len(values))], ", "))
}

// quotas splits an amount by ratios that sum to 1, with the largest remainders, so that it is used up exactly.
func quotas(amount int64, ratios []float64) []int64 {
	q := make([]int64, len(ratios))
	rest := make([]float64, len(ratios))
	left := amount
	by := make([]int, len(ratios))
	for i, r := range ratios {
		exact := r * float64(amount)
		q[i] = min(int64(exact), left)
		rest[i] = exact - float64(q[i])
		left -= q[i]
		by[i] = i
	}
	sort.SliceStable(by, func(i, j int) bool { return rest[by[i]] > rest[by[j]] })
	for i := 0; left > 0 && len(by) > 0; i, left = i+1, left-1 {
		q[by[i%len(by)]]++
	}
	return q
}

// fit is the amount that the parts have, and their ratios of it: as asked, or what c.Short makes of it. need is each part's ratio of
// the whole, over all phases.
func fit(c *Config, parts []Part, need []float64) (amount int64, ratios []float64, err error) {
	unit, asked := c.Unit()
	largest, room := math.Inf(1), 0.0
	var short, empty []string
	for i := range parts {
		p := &parts[i]
		limit := p.limit()
		if limit < 1 && asked == All {
			empty = append(empty, p.Name+" has nothing to train on")
		}
		room += limit
		if need[i] > 0 {
			largest = min(largest, limit/need[i])
		}
		if n := need[i] * float64(asked); asked != All && n > limit+1 {
			text := fmt.Sprintf("%s needs %.0f %s and has %d in %d documents, or %.0f in %g epochs: %.0f are missing",
				p.Name, n, unit, p.Size, p.Docs, limit, p.Repeat, math.Ceil(n-limit))
			if p.Size > 0 {
				text += fmt.Sprintf("; %.4g epochs would fill it", math.Ceil(1000*n/float64(p.Size))/1000)
			}
			short = append(short, text)
		}
	}
	most := int64(math.Min(largest, 1<<62))
	switch {
	case most < 1:
		return 0, nil, fmt.Errorf("%w %s: %s", ErrShort, unit, strings.Join(append(empty, short...), "; "))
	case asked == All:
		return most, need, nil
	case len(short) == 0:
		return int64(asked), need, nil
	case c.Short == "error":
		return 0, nil, fmt.Errorf("%w %s: %s; add sources, raise repeat, ask for at most %d %s, or set short: shrink (less of all) or spread (more of the others)",
			ErrShort, unit, strings.Join(short, "; "), most, unit)
	case c.Short == "spread":
		amount = min(int64(asked), int64(room))
		return amount, spread(float64(amount), parts, need), nil
	}
	return most, need, nil
}

// spread gives parts that run short all that they may give, and shares out the rest among the others by their ratios.
func spread(amount float64, parts []Part, need []float64) []float64 {
	full := make([]bool, len(parts))
	for {
		left, sum := amount, 0.0
		for i := range parts {
			if full[i] {
				left -= parts[i].limit()
			} else {
				sum += need[i]
			}
		}
		again := false
		for i := range parts {
			if !full[i] && need[i] > 0 && left*need[i]/sum > parts[i].limit() {
				full[i], again = true, true
			}
		}
		if again {
			continue
		}
		ratios := make([]float64, len(parts))
		for i := range parts {
			if full[i] {
				ratios[i] = parts[i].limit() / amount
			} else if sum > 0 {
				ratios[i] = left * need[i] / sum / amount
			}
		}
		return ratios
	}
}
