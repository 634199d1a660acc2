package planted

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

func corpus(t testing.TB, c Config) *Corpus {
	t.Helper()
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func shingles(text []byte) map[string]bool {
	words := strings.Fields(string(text))
	set := map[string]bool{}
	for i := 0; i+5 <= len(words); i++ {
		set[strings.Join(words[i:i+5], " ")] = true
	}
	return set
}

func similarity(a, b map[string]bool) float64 {
	both := 0
	for s := range a {
		if b[s] {
			both++
		}
	}
	return float64(both) / float64(len(a)+len(b)-both)
}

// TestTruth compares what is said of each document with the texts.
func TestTruth(t *testing.T) {
	c := Default(4000)
	c.Pages = 50
	g := corpus(t, c)
	sets := make([]map[string]bool, c.Count)
	families := map[uint64][]int{}
	kinds := map[Kind]int{}
	for i := range sets {
		text := g.AppendText(nil, i)
		sets[i] = shingles(text)
		truth := g.Truth(i)
		kinds[truth.Kind]++
		families[truth.Family] = append(families[truth.Family], i)
	}
	if kinds[Near] != 600 || kinds[Copy] != 200 || kinds[Chain] != 160 || kinds[Template] != 240 {
		t.Errorf("kinds %v", kinds)
	}
	for i := range sets {
		truth := g.Truth(i)
		if truth.Kind != Near && truth.Kind != Copy {
			continue
		}
		if o := g.Truth(truth.Origin); o.Kind != Original || o.Family != truth.Family {
			t.Fatalf("the origin of %d is %+v", i, o)
		}
		if j := similarity(sets[i], sets[truth.Origin]); math.Abs(j-truth.Similarity) > .004 {
			t.Errorf("document %d is %v similar to its origin, %v is said", i, j, truth.Similarity)
		}
		if j := similarity(sets[i], sets[(i+1)%len(sets)]); j > .01 && truth.Family != g.Truth((i+1)%len(sets)).Family {
			t.Errorf("documents %d and %d of different families are %v similar", i, i+1, j)
		}
	}
	for _, f := range families {
		switch g.Truth(f[0]).Kind {
		case Chain:
			if len(f) != c.Chain {
				t.Errorf("a chain of %d", len(f))
			}
			likes, far := 0, 0
			for _, i := range f {
				for _, j := range f {
					switch s := similarity(sets[i], sets[j]); {
					case i < j && math.Abs(s-c.Link) < .01:
						likes++
					case i < j && s < .05:
						far++
					}
				}
			}
			if likes != len(f)-1 || far < len(f) {
				t.Errorf("a chain of %d has %d like neighbors, %d unlike pairs", len(f), likes, far)
			}
		case Template:
			if j := similarity(sets[f[0]], sets[f[len(f)-1]]); len(f) > 1 && (j < .85 || j > .95) {
				t.Errorf("two of %d pages of a template are %v similar", len(f), j)
			}
		}
	}
}

func TestSource(t *testing.T) {
	c := Default(2500)
	c.PerUnit = 600
	g := corpus(t, c)
	if err := quern.CheckSource(context.Background(), g); err != nil {
		t.Error(err)
	}
	units, _ := g.Units(context.Background())
	n, size := 0, 0
	for i, u := range units {
		for d, err := range g.Some(context.Background(), u, func(row int) bool { return row%2 == 1 }) {
			if err != nil || d.Row.Shard != i || d.Row.Index%2 != 1 || !bytes.Equal(d.Text, g.AppendText(nil, i*600+d.Row.Index)) {
				t.Fatalf("unit %d: row %+v: %v", i, d.Row, err)
			}
			n++
			size += len(d.Text)
		}
	}
	if n != 1250 || size/n < 2600 || size/n > 3200 {
		t.Errorf("%d documents of %d bytes", n, size/max(1, n))
	}
	for _, docs := range []int{1, 2, 999, 1001, 7919} { // every document once, also where the plan's blocks are not full
		g := corpus(t, Default(docs))
		seen := make([]bool, docs)
		for i := range docs {
			s := g.slot(i)
			if seen[s] || g.number(s) != i {
				t.Fatalf("%d documents: %d stands at %d, which is taken or leads to %d", docs, i, s, g.number(s))
			}
			seen[s] = true
			if o := g.Truth(i).Origin; o >= docs {
				t.Fatalf("%d documents: origin %d", docs, o)
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	for _, change := range []func(*Config){func(c *Config) { c.Count = 0 }, func(c *Config) { c.Near = 1000 }, func(c *Config) { c.Words = 5 },
		func(c *Config) { c.Link = 1 }, func(c *Config) { c.Copies = -1 }, func(c *Config) { c.PerUnit = 0 }} {
		c := Default(10)
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
}

func BenchmarkText(b *testing.B) {
	g := corpus(b, Default(1_000_000))
	var text []byte
	size := 0
	for i := range b.N {
		text = g.AppendText(text[:0], i%g.Count)
		size += len(text)
	}
	b.SetBytes(int64(size / b.N))
}
