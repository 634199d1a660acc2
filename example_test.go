package quern_test

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/seed-83c59573/quern"
)

// minWords is a whole filter: a small struct, and a constant for its reason.
type minWords struct{ N int }

const tooShort quern.Verdict = "example.too_short"

func (s *minWords) Apply(d *quern.Doc) (quern.Verdict, error) {
	if n := len(strings.Fields(string(d.Text))); n < s.N {
		return d.Fail(tooShort, float64(n), float64(s.N)), nil
	}
	return quern.Keep, nil
}

// memo is a source of two units.
type memo map[string][]string

func (m memo) Units(context.Context) ([]quern.Unit, error) {
	return []quern.Unit{{Name: "a", Source: "memo", Domain: "web"}, {Name: "b", Source: "memo", Domain: "web"}}, nil
}

func (m memo) Docs(_ context.Context, u quern.Unit) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		for _, text := range m[u.Name] {
			d := quern.Doc{ID: quern.NewID("memo", text), Source: "memo", Domain: "web", Text: []byte(text)}
			if !yield(&d, nil) {
				return
			}
		}
	}
}

// printer is a sink that prints at Commit.
type printer struct{ out []string }

func (p *printer) Put(d *quern.Doc) error { p.out = append(p.out, string(d.Text)); return nil }
func (p *printer) Abort()                 {}
func (p *printer) Commit() (quern.Shard, error) {
	fmt.Println(strings.Join(p.out, " | "))
	return quern.Shard{Docs: int64(len(p.out))}, nil
}

func ExamplePass() {
	pass := quern.Pass{
		Source:  memo{"a": {"too short", "these are four words"}, "b": {"and here are even more words"}},
		Stages:  func() ([]quern.Stage, error) { return []quern.Stage{&minWords{N: 4}}, nil },
		Sink:    func(int, quern.Unit) (quern.Sink, error) { return &printer{}, nil },
		Workers: 1,
	}
	m, err := pass.Run(context.Background())
	fmt.Println(m.Ledger.In, "in,", m.Ledger.Total(quern.Kept, "").Docs, "kept,", m.Ledger.Reasons(quern.Dropped), err)
	// Output:
	// these are four words
	// and here are even more words
	// 3 in, 2 kept, map[example.too_short:1] <nil>
}

func ExampleCheckStage() {
	err := quern.CheckStage(
		func() (quern.Stage, error) { return &minWords{N: 3}, nil },
		quern.Doc{Text: []byte("one two")},
		quern.Doc{Text: []byte("one two three")})
	fmt.Println(err)
	// Output: <nil>
}

func ExampleCheckSource() {
	fmt.Println(quern.CheckSource(context.Background(), memo{"a": {"x"}, "b": {"y", "z"}}))
	// Output: <nil>
}

func ExampleDoc_Fail() {
	d := quern.Doc{Text: []byte("short")}
	v := d.Fail(tooShort, 1, 50)
	fmt.Println(v, d.Drop.Value, "<", d.Drop.Limit)
	// Output: example.too_short 1 < 50
}

func ExampleDir() {
	var dir quern.Dir = &quern.Memory{}
	w, _ := dir.Create("steps/00000.txt")
	fmt.Fprint(w, "not there yet")
	before, _ := dir.List("")
	w.Commit()
	after, _ := dir.List("")
	fmt.Println(len(before), after)
	// Output: 0 [steps/00000.txt]
}

func ExampleManifest() {
	dir := &quern.Memory{}
	m := quern.Manifest{Step: "clean.docs", Ledger: quern.Ledger{In: 2}}
	m.Ledger.Add(quern.Tally{Source: "docs", Domain: "web", Fate: quern.Kept, Docs: 1})
	fmt.Println(m.Save(dir))
	m.Ledger.Add(quern.Tally{Source: "docs", Domain: "web", Fate: quern.Dropped, Reason: "clean.gopher.too_short", Docs: 1})
	fmt.Println(m.Save(dir))
	// Output:
	// clean.docs: ledger does not add up: 2 in, 1 kept + 0 dropped + 0 skipped + 0 passed over
	// <nil>
}

func ExampleSeed() {
	id := quern.NewID("docs", "page-1")
	first := quern.Seed(1, "mix", id)
	fmt.Println(first == quern.Seed(1, "mix", id), first == quern.Seed(2, "mix", id))
	// Output: true false
}

func ExampleStage() {
	var s quern.Stage = &minWords{N: 2}
	for _, text := range []string{"one", "one two"} {
		d := quern.Doc{Text: []byte(text)}
		v, err := s.Apply(&d)
		fmt.Printf("%q %q %v\n", text, v, err)
	}
	// Output:
	// "one" "example.too_short" <nil>
	// "one two" "" <nil>
}

func ExampleSource() {
	var src quern.Source = memo{"a": {"first", "second"}, "b": {"third"}}
	units, _ := src.Units(context.Background())
	for _, u := range units {
		for d, err := range src.Docs(context.Background(), u) {
			fmt.Println(u.Name, string(d.Text), err)
		}
	}
	// Output:
	// a first <nil>
	// a second <nil>
	// b third <nil>
}

func ExampleSink() {
	var sink quern.Sink = &printer{}
	sink.Put(&quern.Doc{Text: []byte("a document")})
	shard, err := sink.Commit()
	fmt.Println(shard.Docs, err)
	// Output:
	// a document
	// 1 <nil>
}

func ExampleCheckSink() {
	silent := func(quern.Dir) (quern.Sink, error) { return &forgetful{}, nil }
	fmt.Println(quern.CheckSink(silent, quern.Doc{Text: []byte("kept?")}))
	// Output: check: 1 documents put, the shard says 0
}

// forgetful is a sink that loses what it is given.
type forgetful struct{}

func (forgetful) Put(*quern.Doc) error         { return nil }
func (forgetful) Commit() (quern.Shard, error) { return quern.Shard{}, nil }
func (forgetful) Abort()                       {}

func ExampleLedger() {
	var l quern.Ledger
	l.In = 3
	l.Add(quern.Tally{Source: "docs", Domain: "web", Fate: quern.Kept, Docs: 2, In: 900, Out: 850})
	l.Add(quern.Tally{Source: "docs", Domain: "web", Fate: quern.Dropped, Reason: "clean.gopher.too_short", Docs: 1, In: 40})
	fmt.Println(l.Total(quern.Kept, "").Docs, l.Reasons(quern.Dropped), l.Check())
	// Output: 2 map[clean.gopher.too_short:1] <nil>
}

func ExampleNewID() {
	a, b := quern.NewID("docs", "page-1"), quern.NewID("docs", "page-2")
	fmt.Println(a == quern.NewID("docs", "page-1"), a == b, len(a.String()))
	// Output: true false 32
}

func ExampleEach() {
	squares := make([]int, 5)
	err := quern.Each(context.Background(), 2, len(squares), func(_ context.Context, _, i int) error {
		squares[i] = i * i // by index, never by arrival
		return nil
	})
	fmt.Println(squares, err)
	// Output: [0 1 4 9 16] <nil>
}
