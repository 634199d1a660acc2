package mix

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// rows is a set of documents in memory.
func rows(domain, name string, docs []Row) Set {
	return Set{Name: name, Domain: domain, Docs: int64(len(docs)), Rows: func(f func(*Row) error) error {
		for i := range docs {
			r := docs[i]
			if err := f(&r); err != nil {
				return err
			}
		}
		return nil
	}}
}

// some makes documents of 1 to most tokens, with a heavy tail; every seventh document shares a cluster with the one before it.
func some(name string, seed uint64, docs, most int) []Row {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]Row, docs)
	for i := range out {
		d := &out[i]
		d.ID = quern.NewID(name, fmt.Sprint(i))
		d.Tokens = 1 + uint32(r.IntN(most))
		if r.IntN(50) == 0 {
			d.Tokens *= 8
		}
		d.Bytes = 3*d.Tokens + uint32(r.IntN(5))
		if i%7 == 6 {
			out[i-1].Group, d.Group = out[i-1].ID, out[i-1].ID
			d.Copies, out[i-1].Copies = 3, 3
		}
	}
	return out
}

// corpus is documents by set, kept beside the sets for oracles.
type corpus struct {
	sets []Set
	docs [][]Row
}

func (c *corpus) add(domain, name string, docs []Row) {
	c.sets, c.docs = append(c.sets, rows(domain, name, docs)), append(c.docs, docs)
}

func three() *corpus {
	c := &corpus{}
	c.add("code", "go", some("go", 1, 400, 900))
	c.add("paper", "plos", some("plos", 2, 60, 5000))
	c.add("web", "docs", some("docs", 3, 1000, 700))
	c.add("web", "news", some("news", 4, 1000, 700))
	langs, buckets := []string{"en", "en", "zh", "de"}, []string{"high", "low"}
	for s := 2; s < 4; s++ {
		for i := range c.docs[s] {
			d := &c.docs[s][i]
			d.Lang, d.Bucket = langs[i%4], buckets[i%3%2]
		}
	}
	return c
}

// world is what the names of three mean.
func world() World {
	return World{Sources: map[string][]string{"code": {"go"}, "paper": {"plos"}, "web": {"docs", "news"}},
		Buckets: map[string][]string{"web": {"low", "high"}}, Langs: map[string][]string{"web": {"en", "zh", "de"}}}
}

// tree is settled ratios of paths.
func tree(t testing.TB, shares map[string]float64) *Ratios {
	t.Helper()
	r := Leaves(shares)
	if err := r.Settle(world()); err != nil {
		t.Fatal(err)
	}
	return r
}

func ask(t testing.TB, tokens Amount, repeat float64) *Config {
	return &Config{Ratios: tree(t, map[string]float64{"code": 10, "paper": 15, "web": 75}), Tokens: tokens, Repeat: repeat, Short: "error"}
}

func plan(t testing.TB, c *Config, o Options, sets []Set) *Plan {
	t.Helper()
	p, err := Make(context.Background(), c, o, sets)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// place is a document: its set and its number there.
type place struct{ set, doc int }

// walk lists the documents that a plan's source yields, in order.
func walk(t testing.TB, p *Plan, c *corpus, maxTokens int64) (train, validation []place, units []quern.Unit) {
	t.Helper()
	var last place
	src := p.Source(maxTokens, func(set, doc int, d *quern.Doc) error {
		r := &c.docs[set][doc]
		last = place{set, doc}
		d.ID, d.Group = r.ID, r.Group
		d.Tokens = append(d.Tokens, make([]uint32, r.Tokens)...)
		return nil
	})
	if err := quern.CheckSource(context.Background(), src); err != nil {
		t.Fatal(err)
	}
	units, err := src.Units(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range units {
		n, docs := int64(0), 0
		for d, err := range src.Docs(context.Background(), u) {
			if err != nil {
				t.Fatal(err)
			}
			n += int64(len(d.Tokens))
			docs++
			if d.Source != c.sets[last.set].Name || d.Domain != c.sets[last.set].Domain {
				t.Fatalf("document of %s says that it is of %s", c.sets[last.set].Name, d.Source)
			}
			if strings.HasPrefix(u.Name, "train-") {
				train = append(train, last)
			} else {
				validation = append(validation, last)
			}
		}
		if n > maxTokens && docs > 1 {
			t.Errorf("unit %s has %d tokens, want at most %d", u.Name, n, maxTokens)
		}
	}
	return train, validation, units
}

// size is a document's in a unit.
func (c *corpus) size(at place, unit string) int64 {
	r := &c.docs[at.set][at.doc]
	switch unit {
	case unitTokens:
		return int64(r.Tokens)
	case unitBytes:
		return int64(r.Bytes)
	}
	return 1
}

// partOf finds the part that a document belongs to, by its class; "" = none.
func partOf(p *Plan, c *corpus) func(at place) string {
	parts := map[string]string{}
	for i := range p.Parts {
		for k := range p.Parts[i].Of {
			parts[p.Parts[i].Of[k].key()] = p.Parts[i].Name
		}
	}
	found := map[place]string{}
	return func(at place) string {
		part, ok := found[at]
		if !ok {
			r := &c.docs[at.set][at.doc]
			part = parts[(&Class{Domain: c.sets[at.set].Domain, Source: c.sets[at.set].Name, Lang: r.Lang, Bucket: r.Bucket,
				Times: int64(p.Upsample.times(r.Copies, r.Bucket))}).key()]
			found[at] = part
		}
		return part
	}
}

// hold checks everything that a plan promises against the documents, one by one.
func hold(t testing.TB, p *Plan, c *corpus) {
	t.Helper()
	train, validation, _ := walk(t, p, c, 20_000)
	of := partOf(p, c)
	count := map[place]int64{}
	longest := map[string]int64{}
	for s := range c.docs {
		for d := range c.docs[s] {
			at := place{s, d}
			if part := of(at); part != "" {
				longest[part] = max(longest[part], c.size(at, p.Unit))
			}
		}
	}
	i := 0
	for f, ph := range p.Phases { // each phase is exact by itself, and phases follow each other
		got := map[string]int64{}
		tokens := map[string]int64{}
		docs := int64(0)
		for _, s := range ph.Shares {
			docs += s.Docs
		}
		for ; docs > 0; docs-- {
			part := of(train[i])
			got[part] += c.size(train[i], p.Unit)
			tokens[part] += c.size(train[i], unitTokens)
			count[train[i]]++
			i++
		}
		sum := int64(0)
		for _, s := range ph.Shares {
			sum += s.Asked
			if got[s.Part] != s.Achieved || tokens[s.Part] != s.Tokens {
				t.Errorf("phase %d: %s has %d %s of %d tokens, the plan says %d of %d", f, s.Part, got[s.Part], p.Unit, tokens[s.Part], s.Achieved, s.Tokens)
			}
			if off := s.Asked - s.Achieved; float64(off) > math.Max(0.001*float64(s.Asked), float64(longest[s.Part])) || -off > longest[s.Part] {
				t.Errorf("phase %d: %s is %d off %d %s, its longest document has %d", f, s.Part, off, s.Asked, p.Unit, longest[s.Part])
			}
		}
		if off := sum - ph.Amount; off != 0 {
			t.Errorf("phase %d: quotas sum to %d, want %d", f, sum, ph.Amount)
		}
	}
	if i != len(train) {
		t.Errorf("%d documents are read, the plan says %d", len(train), i)
	}
	held := map[place]bool{}
	for _, at := range validation {
		held[at] = true
		if !c.docs[at.set][at.doc].validates(p.Seed, p.Validation) {
			t.Errorf("document %v is in validation by no rule", at)
		}
	}
	if len(held) != len(validation) {
		t.Error("a document is in validation twice")
	}
	checkCounts(t, p, c, of, count)
}

// checkCounts: nothing that is held out is trained on, no document is seen above its cap, and within a part the documents are seen
// equally often but for one epoch and the few that filled a share.
func checkCounts(t testing.TB, p *Plan, c *corpus, of func(place) string, count map[place]int64) {
	t.Helper()
	caps, extra := map[string]float64{}, map[string]int{}
	for i := range p.Parts {
		caps[p.Parts[i].Name] = p.Parts[i].Repeat
		for _, ph := range p.Phases {
			extra[p.Parts[i].Name] += len(ph.Shares[i].Extra)
		}
	}
	least, most, above := map[string]float64{}, map[string]float64{}, map[string]int{}
	for s := range c.docs {
		for d := range c.docs[s] {
			at := place{s, d}
			r := &c.docs[s][d]
			part := of(at)
			n := count[at]
			if part == "" || p.Validation > 0 && r.validates(p.Seed, p.Validation) {
				if n > 0 {
					t.Fatalf("document %v was to be kept out of training", at)
				}
				continue
			}
			times := int64(p.Upsample.times(r.Copies, r.Bucket))
			if float64(n) > math.Ceil(caps[part])*float64(times) {
				t.Fatalf("document %v of %s is seen %d times, at most %g epochs of %d are allowed", at, part, n, caps[part], times)
			}
			if times > 1 { // copies are within an epoch
				continue
			}
			if _, ok := least[part]; !ok || float64(n) < least[part] {
				least[part] = float64(n)
			}
			if most[part] = max(most[part], float64(n)); float64(n) > least[part]+1 {
				above[part]++
			}
		}
	}
	for part := range most {
		if most[part] > least[part]+1 && above[part] > extra[part] {
			t.Errorf("%s: documents are seen %g to %g times", part, least[part], most[part])
		}
	}
}
