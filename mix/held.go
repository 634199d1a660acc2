package mix

import (
	"math"

	"github.com/seed-83c59573/quern"
)

// heldAt is document n of those of a part that training must not see.
func (d *Part) heldAt(n int64) (c *Class, doc int64) {
	for i := range d.Of {
		if c = &d.Of[i]; n < c.Held {
			return c, n
		}
		n -= c.Held
	}
	panic("mix: validation document beyond its part")
}

// trimValidation keeps as many of the documents of part i that training must not see as give the validation split the mix's ratios:
// those that fit into the validation share of the part's amount, or the shortest one if none does. The rest of them is in neither
// split.
func (p *Plan) trimValidation(i int) {
	d := &p.Parts[i]
	asked, n := int64(0), int64(0)
	for _, ph := range p.Phases {
		asked += ph.Shares[i].Asked
	}
	for k := range d.Of {
		n += d.Of[k].Held
	}
	left := int64(p.Validation / (1 - p.Validation) * float64(asked))
	perm := quern.NewPermutation(n, p.Seed, "mix", "validation/"+d.Name)
	d.held, d.ValidationTokens = nil, 0
	shortest, least := int64(-1), int64(math.MaxInt64)
	take := func(at int64, c *Class, doc int64) {
		d.held = append(d.held, uint32(at))
		d.ValidationTokens += int64(c.held.tokens.at(doc))
	}
	for k := range n {
		at := perm.At(k)
		c, doc := d.heldAt(at)
		size := c.held.size(doc, p.Unit)
		if size < least {
			shortest, least = at, size
		}
		if size <= left {
			take(at, c, doc)
			left -= size
		}
	}
	if len(d.held) == 0 && n > 0 {
		c, doc := d.heldAt(shortest)
		take(shortest, c, doc)
	}
	d.ValidationDocs = int64(len(d.held))
}
