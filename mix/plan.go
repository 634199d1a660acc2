package mix

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/seed-83c59573/quern"
)

// Plan says which documents are in the corpus, how often and in which order. Its JSON form holds decisions, not documents; Parse
// joins it with the documents again.
type Plan struct {
	Version    string      `json:"version"`
	Seed       uint64      `json:"seed"`
	Validation float64     `json:"validation"` // share of the documents that training must not see
	Unit       string      `json:"unit"`       // of every amount that is not said to be tokens or documents
	Asked      Amount      `json:"asked"`      // -1 = all that the ratios and caps allow
	Planned    int64       `json:"planned"`    // what there is for it
	Upsample   *Upsample   `json:"upsample,omitempty"`
	Parts      []Part      `json:"parts"`
	Phases     []PhasePlan `json:"phases"`
	LeftOut    []Class     `json:"left_out,omitempty"` // what no ratio asks for

	order order
	held  quern.Permutation
}

// Part is a pool of documents that has a ratio. An epoch of it is every one of its training documents, as often as its class says.
type Part struct {
	Name             string  `json:"name"`
	Repeat           float64 `json:"repeat"` // epochs at most, over all phases
	Docs             int64   `json:"docs"`   // of training, once
	Tokens           int64   `json:"tokens"` // of an epoch
	Size             int64   `json:"size"`   // of an epoch, in the plan's unit
	ValidationDocs   int64   `json:"validation_docs"`
	ValidationTokens int64   `json:"validation_tokens"`
	Of               []Class `json:"of"`

	starts  []int64 // of each class in an epoch, and one past the last
	shuffle quern.Permutation
	held    []uint32 // documents of validation, numbered through its classes
}

// PhasePlan is one stretch of the training split.
type PhasePlan struct {
	Share  float64 `json:"share"`
	Amount int64   `json:"amount"`
	Shares []Share `json:"shares"` // one for each part
}

// Share is what a part gives to a phase: the places [From, To) of its row, but for those that an earlier phase took ahead, and Extra
// ones from further on, which fill what is left. The row of a part is epoch after epoch, each in an order of its own.
type Share struct {
	Part     string  `json:"part"`
	Ratio    float64 `json:"ratio"`
	Asked    int64   `json:"asked"`
	Achieved int64   `json:"achieved"`
	Tokens   int64   `json:"tokens"`
	Docs     int64   `json:"docs"` // repeats counted
	From     int64   `json:"from"`
	To       int64   `json:"to"`
	Extra    []int64 `json:"extra,omitempty"`

	skip []int64 // places that an earlier phase took ahead
}

// Options are what a plan depends on beside the config and the documents, and how it is made.
type Options struct {
	Seed       uint64
	Validation float64 // share of the documents that training must not see
	Mem        int64   // bytes that documents may take; 0 = no limit
	Workers    int     // never changes the plan; 0 = one
}

// Make plans a mix of sets. It is pure: the same documents give the same plan, in whatever order the sets come. Each part of each
// phase comes within one document of what its ratio asks for, and usually much nearer. The ratios must be settled.
func Make(ctx context.Context, c *Config, o Options, sets []Set) (*Plan, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	unit, asked := c.Unit()
	p := &Plan{Version: Version, Seed: o.Seed, Validation: o.Validation, Unit: unit, Asked: asked, Upsample: c.Upsample}
	classes, err := p.read(ctx, o, sets)
	if err != nil {
		return nil, err
	}
	need, err := p.divide(c, classes)
	if err != nil {
		return nil, err
	}
	for i := range p.Parts {
		p.Parts[i].lay(p.Seed)
	}
	amount, ratios, err := fit(c, p.Parts, need)
	if err != nil {
		return nil, err
	}
	p.quotas(amount, ratios, len(c.Phases) == 0)
	err = quern.Each(ctx, max(1, o.Workers), len(p.Parts), func(ctx context.Context, _, i int) error { return p.fill(ctx, i) })
	if err != nil {
		return nil, err
	}
	p.finish()
	return p, nil
}

func (p *Plan) read(ctx context.Context, o Options, sets []Set) ([]Class, error) {
	r := reader{seed: p.Seed, validation: p.Validation, unit: p.Unit, upsample: p.Upsample, mem: o.Mem, workers: max(1, o.Workers)}
	return r.classes(ctx, sets)
}

// lay puts the documents of a part in a row.
func (d *Part) lay(seed uint64) {
	d.starts = []int64{0}
	d.Docs, d.Tokens, d.Size = 0, 0, 0
	for i := range d.Of {
		c := &d.Of[i]
		d.Docs += c.Docs
		d.Tokens += c.Times * c.Tokens
		d.Size += c.Times * c.Size
		d.starts = append(d.starts, d.starts[i]+c.Times*c.Docs)
	}
	d.shuffle = quern.NewPermutation(d.places(), seed, "mix", d.Name)
}

// places is the number of documents in an epoch, copies counted.
func (d *Part) places() int64 { return d.starts[len(d.starts)-1] }

// limit is the most that the part may give.
func (d *Part) limit() float64 { return d.Repeat * float64(d.Size) }

// find is the document at a place of an epoch that is not yet shuffled.
func (d *Part) find(place int64) (c *Class, doc int64) {
	lo, hi := 0, len(d.Of)-1
	for lo < hi {
		if mid := (lo + hi + 1) / 2; d.starts[mid] <= place {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	c = &d.Of[lo]
	return c, (place - d.starts[lo]) % c.Docs
}

// quotas says how much of the whole each phase gets, and of each phase each part.
func (p *Plan) quotas(amount int64, ratios []float64, one bool) {
	p.Planned = amount
	shares := make([]float64, len(p.Phases))
	for f, ph := range p.Phases {
		shares[f] = ph.Share
	}
	for f, n := range quotas(amount, shares) {
		ph := &p.Phases[f]
		ph.Amount = n
		of := make([]float64, len(ph.Shares))
		for i := range ph.Shares {
			if of[i] = ph.Shares[i].Ratio; one {
				of[i] = ratios[i]
			}
		}
		for i, n := range quotas(n, of) {
			ph.Shares[i].Asked = n
		}
	}
}

// finish chooses the validation split and computes the order.
func (p *Plan) finish() {
	held := int64(0)
	for i := range p.Parts {
		p.trimValidation(i)
		held += int64(len(p.Parts[i].held))
	}
	p.held = quern.NewPermutation(held, p.Seed, "mix", "validation")
	p.order = newOrder(p)
}

// JSON is the plan as a file: indented, and the same bytes for the same plan.
func (p *Plan) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(p, "", " ")
	return append(b, '\n'), err
}

// Parse joins the JSON form of a plan with the documents that it was made of.
func Parse(ctx context.Context, b []byte, o Options, sets []Set) (*Plan, error) {
	p := &Plan{}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(p); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	classes, err := p.read(ctx, o, sets)
	if err != nil {
		return nil, err
	}
	at := map[string]*Class{}
	for i := range classes {
		at[classes[i].key()] = &classes[i]
	}
	for i := range p.Parts {
		part := &p.Parts[i]
		was := *part
		for k := range part.Of {
			c := &part.Of[k]
			have := at[c.key()]
			if have == nil || have.Docs != c.Docs || have.Tokens != c.Tokens || have.Size != c.Size || have.Held != c.Held {
				return nil, fmt.Errorf("the plan was made of other documents of %s (%s)", part.Name, c)
			}
			*c = *have
		}
		if part.lay(p.Seed); part.Docs != was.Docs || part.Size != was.Size || part.Tokens != was.Tokens {
			return nil, fmt.Errorf("the plan contradicts itself about the documents of %s", part.Name)
		}
	}
	if err := p.checkRows(); err != nil {
		return nil, err
	}
	p.finish()
	return p, nil
}

func (p *Plan) check() error {
	switch {
	case p.Version != Version:
		return fmt.Errorf("the plan is of version %q, this program reads %s", p.Version, Version)
	case p.Unit != unitTokens && p.Unit != unitBytes && p.Unit != unitDocs:
		return fmt.Errorf("the plan's unit is %q", p.Unit)
	case !(p.Validation >= 0 && p.Validation < 1):
		return fmt.Errorf("the plan's validation share is %g", p.Validation)
	case len(p.Parts) == 0 || len(p.Phases) == 0:
		return errors.New("the plan has no parts")
	}
	for f := range p.Phases {
		ph := &p.Phases[f]
		if len(ph.Shares) != len(p.Parts) {
			return fmt.Errorf("phase %d of the plan has %d shares, want %d", f+1, len(ph.Shares), len(p.Parts))
		}
		for i := range ph.Shares {
			if ph.Shares[i].Part != p.Parts[i].Name {
				return fmt.Errorf("phase %d of the plan: share %d is of %s, want %s", f+1, i, ph.Shares[i].Part, p.Parts[i].Name)
			}
		}
	}
	for i := range p.Parts {
		if d := &p.Parts[i]; !(d.Repeat >= 1 && d.Repeat <= maxRepeat) {
			return fmt.Errorf("the plan has %g epochs of %s at most", d.Repeat, d.Name)
		}
	}
	return p.Upsample.validate()
}

// checkRows holds the places of all shares to the rows of their parts.
func (p *Plan) checkRows() error {
	for i := range p.Parts {
		end := int64(0)
		limit := int64(math.Ceil(p.Parts[i].Repeat)) * p.Parts[i].places()
		for f := range p.Phases {
			s := &p.Phases[f].Shares[i]
			if s.From < end || s.To < s.From || s.To > limit {
				return fmt.Errorf("the plan's share of %s in phase %d has places %d to %d of %d", s.Part, f+1, s.From, s.To, limit)
			}
			end = s.To
			for _, x := range s.Extra {
				if x < s.To || x >= limit {
					return fmt.Errorf("the plan's share of %s in phase %d has place %d ahead, of %d", s.Part, f+1, x, limit)
				}
			}
		}
		p.skips(i)
		for f := range p.Phases {
			if s := &p.Phases[f].Shares[i]; s.Docs != s.picks() {
				return fmt.Errorf("the plan's share of %s in phase %d has %d documents, its places %d", s.Part, f+1, s.Docs, s.picks())
			}
		}
	}
	return nil
}

// String is the plan's table of what was asked and what is given.
func (p *Plan) String() string {
	var b strings.Builder
	for _, s := range p.Summary().Parts {
		fmt.Fprintf(&b, "%-20s asked %7.3f %%, gives %7.3f %%: %d tokens in %d documents, %.2f epochs\n", s.Name, 100*s.Asked, 100*s.Achieved, s.Tokens, s.Docs, s.Epochs)
	}
	return b.String()
}
