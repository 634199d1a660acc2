package mix

import (
	"context"
	"fmt"
	"iter"
	"math"
	"sort"

	"github.com/seed-83c59573/quern"
)

// order finds the i-th document of the training split. The picks of a domain stand in a row, epoch after epoch, each epoch in its own
// permutation. The corpus is cut into as many sections as the most repeated domain has epochs; each takes an equal piece of every
// domain's row and shuffles it. So each section has the mix of the whole, and a document comes back about an epoch later.
type order struct {
	plan     *Plan
	epochs   [][]permutation // by domain and epoch
	sections []section
	starts   []int64     // of each section, and one past the last
	held     permutation // of the validation split
}

type section struct {
	shuffle permutation
	from    []int64 // by domain, where its piece of the row begins
	sums    []int64 // by domain, picks of the section before it
}

func newOrder(p *Plan) order {
	epochs := int64(1)
	for _, d := range p.Domains {
		epochs = max(epochs, int64(math.Ceil(float64(d.Achieved)/float64(max(1, d.Available)))))
	}
	o := order{plan: p, starts: []int64{0}, epochs: make([][]permutation, len(p.Domains))}
	for i, d := range p.Domains {
		for e := range d.Full + 1 {
			o.epochs[i] = append(o.epochs[i], d.permutation(p.Seed, e))
		}
	}
	held := int64(0)
	for _, h := range p.held {
		held += int64(len(h))
	}
	o.held = newPermutation(held, p.Seed, "validation")
	for s := range epochs {
		sec := section{}
		n := int64(0)
		for i := range p.Domains {
			picks := p.Domains[i].picks()
			from, to := split(picks, s, epochs), split(picks, s+1, epochs)
			sec.from = append(sec.from, from)
			sec.sums = append(sec.sums, n)
			n += to - from
		}
		sec.shuffle = newPermutation(n, p.Seed, fmt.Sprintf("section/%d", s))
		o.sections = append(o.sections, sec)
		o.starts = append(o.starts, o.starts[len(o.starts)-1]+n)
	}
	return o
}

// split is n×s/parts without overflow.
func split(n, s, parts int64) int64 { return n/parts*s + n%parts*s/parts }

func (o *order) len() int64 { return o.starts[len(o.starts)-1] }

// at is the domain and the number in it of the i-th document.
func (o *order) at(i int64) (domain int, doc uint32) {
	s := sort.Search(len(o.sections), func(s int) bool { return o.starts[s+1] > i })
	sec := &o.sections[s]
	j := sec.shuffle.at(i - o.starts[s])
	domain = sort.Search(len(sec.sums), func(d int) bool { return sec.sums[d] > j }) - 1
	return domain, o.pick(domain, sec.from[domain]+j-sec.sums[domain])
}

// pick is the document at position k of a domain's row.
func (o *order) pick(domain int, k int64) uint32 {
	d := &o.plan.Domains[domain]
	epoch, pos := k/d.Docs, k%d.Docs
	if epoch >= d.Full { // the partial epoch: pass over what was left out
		epoch, pos = d.Full, k-d.Full*d.Docs
		pos += int64(sort.Search(len(d.Skip), func(s int) bool { return d.Skip[s]-int64(s) > pos }))
	}
	return o.plan.train[domain][o.epochs[domain][epoch].at(pos)]
}

// Fetch reads a document's tokens into d: document doc of a set of a domain, by their numbers in what Make or Parse was given.
type Fetch func(domain, set, doc int, d *quern.Doc) error

// Source yields the corpus: units "train-00000" … in the plan's order and "validation-00000" … in an order of their own, each of at
// most maxTokens tokens (or one longer document).
func (p *Plan) Source(maxTokens int64, fetch Fetch) quern.Source {
	return &source{p, maxTokens, fetch}
}

type source struct {
	plan      *Plan
	maxTokens int64
	fetch     Fetch
}

func (s *source) Units(ctx context.Context) ([]quern.Unit, error) {
	train, err := s.cut(ctx, "train", s.plan.order.len())
	if err != nil {
		return nil, err
	}
	validation, err := s.cut(ctx, "validation", int64(s.plan.order.held.n))
	return append(train, validation...), err
}

// cut makes units of consecutive documents.
func (s *source) cut(ctx context.Context, name string, n int64) ([]quern.Unit, error) {
	var units []quern.Unit
	from, tokens := int64(0), int64(0)
	end := func(to int64) {
		u := fmt.Sprintf("%s-%05d", name, len(units))
		units = append(units, quern.Unit{Name: u, Source: "mix", Domain: "", Parts: []quern.Part{{Path: name, From: from, To: to}}})
		from, tokens = to, 0
	}
	for i := range n {
		if i&0xFFFF == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		domain, doc := s.document(name, i)
		_, t := s.plan.locate(domain, doc)
		if tokens > 0 && tokens+int64(t) > s.maxTokens {
			end(i)
		}
		tokens += int64(t)
	}
	if n > from {
		end(n)
	}
	return units, nil
}

func (s *source) document(name string, i int64) (domain int, doc uint32) {
	if name == "train" {
		return s.plan.order.at(i)
	}
	i = s.plan.order.held.at(i) // shuffled, so that the first of them are like all of them
	for d, held := range s.plan.held {
		if i < int64(len(held)) {
			return d, held[i]
		}
		i -= int64(len(held))
	}
	panic("mix: validation document beyond the plan")
}

func (s *source) Docs(_ context.Context, u quern.Unit) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		var d quern.Doc
		for _, p := range u.Parts {
			for i := p.From; i < p.To; i++ {
				domain, doc := s.document(p.Path, i)
				place, _ := s.plan.locate(domain, doc)
				d.Reset()
				d.Domain, d.Source = s.plan.domains[domain].Name, s.plan.domains[domain].Sets[place[0]].Name
				if err := s.fetch(s.plan.given[domain], place[0], place[1], &d); err != nil {
					yield(nil, err)
					return
				}
				if !yield(&d, nil) {
					return
				}
			}
		}
	}
}
