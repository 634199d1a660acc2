package mix

import (
	"fmt"
	"maps"
	"slices"
)

// divide gives each class to a part, and each part a ratio of each phase. It returns the parts' ratios of the whole.
func (p *Plan) divide(c *Config, classes []Class) (need []float64, err error) {
	d := &divider{classes: classes, owner: make([]string, len(classes)), parts: map[string]*Part{}}
	for i, ph := range c.phases() {
		leaves, err := share(ph.Ratios, classes, c.Repeat)
		ratios := map[string]float64{}
		for _, l := range leaves {
			ratios[l.path] = l.ratio
			if err == nil {
				err = d.take(l)
			}
		}
		if err != nil {
			if len(c.Phases) > 0 {
				err = fmt.Errorf("phase %d: %w", i+1, err)
			}
			return nil, err
		}
		d.ratios = append(d.ratios, ratios)
	}
	names := slices.Sorted(maps.Keys(d.parts))
	need = make([]float64, len(names))
	for _, n := range names {
		p.Parts = append(p.Parts, *d.parts[n])
	}
	for f, ph := range c.phases() {
		plan := PhasePlan{Share: ph.Share}
		for i, n := range names {
			plan.Shares = append(plan.Shares, Share{Part: n, Ratio: d.ratios[f][n]})
			need[i] += ph.Share * d.ratios[f][n]
		}
		p.Phases = append(p.Phases, plan)
	}
	for i, of := range d.owner {
		if of == "" {
			out := classes[i]
			out.train, out.held = list{}, list{}
			p.LeftOut = append(p.LeftOut, out)
		}
	}
	return need, nil
}

// divider holds the phases to one division into parts.
type divider struct {
	classes []Class
	owner   []string // the part that has each class; "" = none
	parts   map[string]*Part
	ratios  []map[string]float64 // of the parts of each phase
}

// take gives a leaf of a phase its part: a new one, or that of an earlier phase, which must be the same.
func (d *divider) take(l leaf) error {
	have := d.parts[l.path]
	if have == nil {
		have = &Part{Name: l.path, Repeat: l.repeat}
		d.parts[l.path] = have
		for _, k := range l.classes {
			if d.owner[k] != "" {
				return fmt.Errorf("it divides %s otherwise than a phase before it, where %s are in %s: phases must have the same parts, or fewer",
					l.path, &d.classes[k], d.owner[k])
			}
			d.owner[k] = l.path
			have.Of = append(have.Of, d.classes[k])
		}
		return nil
	}
	switch {
	case have.Repeat != l.repeat:
		return fmt.Errorf("it has %g epochs of %s at most, a phase before it %g: the cap is one over all phases", l.repeat, l.path, have.Repeat)
	case !slices.EqualFunc(have.Of, l.classes, func(a Class, k int) bool { return a.key() == d.classes[k].key() }):
		return fmt.Errorf("it has other documents in %s than a phase before it: phases must have the same parts, or fewer", l.path)
	}
	return nil
}
