package clean

import (
	"fmt"
	"math"

	"github.com/seed-83c59573/quern"
)

// Bucket sorts documents into parts of their domain by a fact that a rule before it has measured, such as the score of a classifier.
// The mix may then balance the parts: web/high and web/low are two shares. A document on which the fact was not measured is in no
// part.
type Bucket struct {
	By    string    `yaml:"by"`    // the fact
	At    []float64 `yaml:"at"`    // the bounds between the parts, rising; a value on a bound belongs to the higher part
	Names []string  `yaml:"names"` // of the parts, from the lowest; one more than bounds
}

// DefaultBucket has three parts; the fact and the bounds must be given.
func DefaultBucket() Bucket { return Bucket{Names: []string{"low", "middle", "high"}} }

// Stage builds the rule. It sets Doc.Bucket and drops nothing.
func (o Bucket) Stage() (quern.Stage, error) {
	if o.By == "" {
		return nil, fmt.Errorf("clean: bucket: give by, the fact to sort by")
	}
	if len(o.Names) != len(o.At)+1 {
		return nil, fmt.Errorf("clean: bucket: %d bounds in at make %d parts, names has %d", len(o.At), len(o.At)+1, len(o.Names))
	}
	for i, b := range o.At {
		if math.IsNaN(b) || i > 0 && b <= o.At[i-1] {
			return nil, fmt.Errorf("clean: bucket: the bounds in at must rise")
		}
	}
	for i, n := range o.Names {
		if !ruleWord(n) {
			return nil, fmt.Errorf("clean: bucket: name %q: want lower case letters, digits and _", n)
		}
		for _, m := range o.Names[:i] {
			if m == n {
				return nil, fmt.Errorf("clean: bucket: the name %s is given twice", n)
			}
		}
	}
	return &bucket{o}, nil
}

// Reads is the fact.
func (o Bucket) Reads() []string { return []string{o.By} }

type bucket struct{ opt Bucket }

func (s *bucket) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	d.Bucket = ""
	for _, m := range d.Marks {
		if m.Name != s.opt.By || math.IsNaN(m.Value) {
			continue
		}
		part := 0
		for part < len(s.opt.At) && m.Value >= s.opt.At[part] {
			part++
		}
		d.Bucket = s.opt.Names[part]
		break
	}
	return quern.Keep, nil
}
