package mix

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Ratios is a tree of shares. A leaf is a part of the mix with a share; a division has parts of its own, which share out its share.
// All shares are on one scale: a division's is the sum of its parts', unless it has one itself.
//
//	{code: 10, paper: 15, web: {en: 60, zh: 40}}                        web is 100 of 125
//	{code: 10, paper: 15, web: {share: 75, parts: {en: 60, zh: 40}}}    web is 75 of 100, of which 60 % are English
//	{code: 10, web: {share: 90, by: lang, temperature: 3}}              every language of web, by its size to the power of 1/3
//	{code: 10, web: {share: 90, parts: [en, zh], temperature: 3}}       these languages, by their sizes
//	{code: 10, web/en/high: 60, web/en/low: 20, web/rest: 10}           the same as web: {en: {high: 60, low: 20}, rest: 10}
//	{code: {share: 10, repeat: 2}, web: 90}                             at most two epochs of code
//
// A part is a domain, a source, a language or a bucket. rest is what the parts beside it leave of their division.
type Ratios struct {
	Name string // as written: "en", or "lang=en" where the bare word could mean something else
	Kind string // "domain", "source", "lang", "bucket" or "rest"; Settle finds it

	Share       float64  // of a leaf; of a division its own, 0 = the sum of its parts'
	Repeat      float64  // epochs at most, for all below; 0 = as above it
	By          string   // the division has a part for each value of this kind that the documents have
	Natural     bool     // parts share by their sizes, to the power of 1/Temperature
	Temperature float64  // 0 = 1
	Parts       []Ratios // nil = a leaf
}

// The kinds of parts.
const (
	kindDomain = "domain"
	kindSource = "source"
	kindLang   = "lang"
	kindBucket = "bucket"
	kindRest   = "rest"
)

var kinds = []string{kindDomain, kindSource, kindLang, kindBucket}

// unknownName is the name of the documents whose language or bucket is not known.
const unknownName = "unknown"

// Leaves is a tree of paths and their shares. A path that cannot be added panics: it is for paths in code.
func Leaves(shares map[string]float64) *Ratios {
	r := &Ratios{}
	for _, path := range slices.Sorted(maps.Keys(shares)) {
		if err := r.Add(path, Ratios{Share: shares[path]}); err != nil {
			panic("mix: " + err.Error())
		}
	}
	return r
}

// RatioError is a fault in ratios, with the path to it and, if a name is not known, those that are.
type RatioError struct {
	In    *Ratios // the whole tree; nil = one that is being made
	Path  string  // "web/hihg"
	Msg   string
	Name  string   // that is not known; "" = another fault
	Known []string // names in its place
}

func (e *RatioError) Error() string { return e.Msg }

func refuse(path, format string, a ...any) error {
	return &RatioError{Path: path, Msg: fmt.Sprintf(format, a...)}
}

// Add puts a node at a path such as "web/en", making the divisions above it.
func (r *Ratios) Add(path string, node Ratios) error {
	at := r
	words := strings.Split(path, "/")
	for i, word := range words {
		if word == "" || len(words) > len(kinds)+1 {
			return refuse(path, "%q: want names between slashes, at most %d, such as web/en", path, len(kinds)+1)
		}
		k := slices.IndexFunc(at.Parts, func(p Ratios) bool { return p.Name == word })
		last := i == len(words)-1
		if k < 0 {
			at.Parts = append(at.Parts, Ratios{Name: word})
			k = len(at.Parts) - 1
			if last {
				node.Name = word
				at.Parts[k] = node
				return nil
			}
		} else if have := &at.Parts[k]; have.leaf() || last && node.leaf() {
			whole := strings.Join(words[:i+1], "/")
			if last && have.leaf() && node.leaf() {
				return refuse(path, "%s is given twice", whole)
			}
			other := path
			if last {
				other = whole + "/" + have.first()
			}
			return refuse(whole, "%s and %s: give the ratio of the whole %s or those of its parts", whole, other, word)
		} else if last {
			return refuse(path, "%s is divided twice", path)
		}
		at = &at.Parts[k]
	}
	return nil
}

// first is the name of the first part, or of what the division goes by.
func (r *Ratios) first() string {
	if len(r.Parts) == 0 {
		return r.By
	}
	return r.Parts[0].Name
}

func (r *Ratios) leaf() bool { return len(r.Parts) == 0 && r.By == "" }

// weight is what the node counts among those beside it, before sizes are known.
func (r *Ratios) weight() float64 {
	if r.leaf() || r.Share != 0 {
		return r.Share
	}
	sum := 0.0
	for i := range r.Parts {
		sum += r.Parts[i].weight()
	}
	return sum
}

// validate refuses shares that are none. where names the node for messages.
func (r *Ratios) validate(where string, sum float64) error {
	if r.leaf() {
		return fmt.Errorf("mix: no ratios")
	}
	if r.Share != 0 {
		return r.blame(refuse("", "%s: share: the whole has no share of its own", where))
	}
	return r.blame(r.validateNode("", where, sum))
}

// blame says in which tree a fault is.
func (r *Ratios) blame(err error) error {
	var re *RatioError
	if errors.As(err, &re) {
		re.In = r
	}
	return err
}

func (r *Ratios) validateNode(path, where string, sum float64) error {
	name := path
	if path == "" {
		name = where
	}
	switch {
	case r.Repeat != 0 && !(r.Repeat >= 1 && r.Repeat <= maxRepeat):
		return refuse(path, "mix: repeat of %s is %g epochs, want 1 or more", name, r.Repeat)
	case r.leaf():
		return nil
	case r.By != "" && !slices.Contains(kinds, r.By):
		return refuse(path, "mix: by of %s is %q, want one of %s", name, r.By, strings.Join(kinds, ", "))
	case r.By != "" && len(r.Parts) > 0:
		return refuse(path, "mix: %s: give by, or list the parts", name)
	case r.Temperature != 0 && !r.Natural:
		return refuse(path, "mix: %s: temperature turns sizes into shares, but its parts have shares already; list them without, or give by", name)
	case r.Natural && r.Temperature != 0 && !(r.Temperature > 0 && r.Temperature <= 1000):
		return refuse(path, "mix: temperature of %s is %g, want above 0; 1 keeps the sizes, more makes small parts larger", name, r.Temperature)
	case r.Natural && path != "" && !(r.Share > 0):
		return refuse(path, "mix: %s is divided by sizes and has no share: give it one", name)
	}
	total := 0.0
	for i := range r.Parts {
		p := &r.Parts[i]
		below := join(path, p.Name)
		if err := p.validateNode(below, where, sum); err != nil {
			return err
		}
		w := p.weight()
		rest := p.Name == kindRest && p.leaf() && w == 0
		switch {
		case r.Natural && (p.Share != 0 || !p.leaf()):
			return refuse(below, "mix: the ratio of %s: its neighbors go by their sizes; give all parts a ratio or none", below)
		case !r.Natural && !rest && (!(w > 0) || math.IsInf(w, 0)):
			return refuse(below, "mix: the ratio of %s is %g, want above 0; leave it out to use none of it", below, w)
		}
		total += w
	}
	if own := path == "" || r.Share != 0; own && sum > 0 && !r.Natural && math.Abs(total-sum) > 1e-9*sum {
		return refuse(path, "mix: the ratios of %s sum to %g, want %g as sum says", name, total, sum)
	}
	if !r.Natural && !(total > 0) {
		return refuse(path, "mix: the ratios of %s sum to 0", name)
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}

// Paths lists the leaves as paths.
func (r *Ratios) Paths() (paths []string) {
	r.walk("", func(path string, n *Ratios) {
		if n.leaf() && path != "" {
			paths = append(paths, path)
		}
	})
	return paths
}

func (r *Ratios) walk(path string, f func(path string, n *Ratios)) {
	f(path, r)
	for i := range r.Parts {
		r.Parts[i].walk(join(path, r.Parts[i].Name), f)
	}
}

// Of is the share of the leaf at a path as it is written; 0 if there is none.
func (r *Ratios) Of(path string) (share float64) {
	r.walk("", func(p string, n *Ratios) {
		if p == path && n.leaf() {
			share = n.Share
		}
	})
	return share
}

// MarshalYAML writes the tree as a spec has it.
func (r Ratios) MarshalYAML() (any, error) {
	if r.leaf() && r.Repeat == 0 {
		return r.Share, nil
	}
	m, long := map[string]any{}, map[string]any{}
	var list []string
	for _, p := range r.Parts {
		list = append(list, p.Name)
		if !r.Natural {
			v, err := p.MarshalYAML()
			if err != nil {
				return nil, err
			}
			m[p.Name] = v
		}
	}
	for name, v := range map[string]float64{"share": r.Share, "repeat": r.Repeat, "temperature": r.Temperature} {
		if v != 0 {
			long[name] = v
		}
	}
	switch {
	case r.By != "":
		long["by"] = r.By
	case r.Natural:
		long["parts"] = list
	case len(long) == 0:
		return m, nil
	case len(r.Parts) > 0:
		long["parts"] = m
	}
	return long, nil
}
