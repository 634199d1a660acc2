package mix

import (
	"fmt"
	"sort"

	"github.com/seed-83c59573/quern"
)

// order finds the i-th document of the training split. Phases follow each other. Within a phase the picks of a part stand in a row,
// epoch after epoch, each epoch in its own permutation. The phase is cut into as many sections as its most repeated part has epochs;
// each takes an equal piece of every part's row and shuffles it. So each section has the mix of the whole, and a document comes back
// about an epoch later.
type order struct {
	plan     *Plan
	sections []section
	starts   []int64 // of each section, and one past the last
	phases   []int64 // the same of each phase
}

type section struct {
	phase   int
	shuffle quern.Permutation
	from    []int64 // by part, where its piece of the row begins
	sums    []int64 // by part, picks of the section before it
}

func newOrder(p *Plan) order {
	o := order{plan: p, starts: []int64{0}, phases: []int64{0}}
	for f := range p.Phases {
		shares := p.Phases[f].Shares
		epochs := int64(1)
		for i := range shares {
			n := max(1, p.Parts[i].places())
			epochs = max(epochs, (shares[i].picks()+n-1)/n)
		}
		for s := range epochs {
			sec := section{phase: f}
			n := int64(0)
			for i := range shares {
				from, to := split(shares[i].picks(), s, epochs), split(shares[i].picks(), s+1, epochs)
				sec.from = append(sec.from, from)
				sec.sums = append(sec.sums, n)
				n += to - from
			}
			sec.shuffle = quern.NewPermutation(n, p.Seed, "mix", fmt.Sprintf("section/%d/%d", f, s))
			o.sections = append(o.sections, sec)
			o.starts = append(o.starts, o.len()+n)
		}
		o.phases = append(o.phases, o.len())
	}
	return o
}

// split is n×s/parts without overflow.
func split(n, s, parts int64) int64 { return n/parts*s + n%parts*s/parts }

func (o *order) len() int64 { return o.starts[len(o.starts)-1] }

// at is the i-th document: its class and its number in the class's training documents.
func (o *order) at(i int64) (c *Class, doc int64) {
	s := sort.Search(len(o.sections), func(s int) bool { return o.starts[s+1] > i })
	sec := &o.sections[s]
	j := sec.shuffle.At(i - o.starts[s])
	part := sort.Search(len(sec.sums), func(d int) bool { return sec.sums[d] > j }) - 1
	place := o.plan.Phases[sec.phase].Shares[part].place(sec.from[part] + j - sec.sums[part])
	d := &o.plan.Parts[part]
	n := d.places()
	epoch := d.shuffle.Epoch(place / n)
	return d.find(epoch.At(place % n))
}
