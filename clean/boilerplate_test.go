package clean

import (
	"bytes"
	"fmt"
	"testing"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// site is pages of one host with a menu, a footer and a text of their own.
func site(host string, n int) (docs []quern.Doc) {
	for i := range n {
		docs = append(docs, quern.Doc{Origin: fmt.Sprintf("https://%s/page%d", host, i),
			Text: fmt.Appendf(nil, "Home and menu\nPage %d of %s\nThe footer\nThe footer\n", i, host)})
	}
	return docs
}

func counted(t testing.TB, o Boilerplate, docs ...quern.Doc) *LineCounter {
	t.Helper()
	c, err := NewLineCounter(o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range docs {
		c.Add(&docs[i])
	}
	return c
}

func TestBoilerplate(t *testing.T) {
	o := DefaultBoilerplate()
	docs := append(site("a.org", 6), site("b.org", 3)...)
	docs = append(docs, quern.Doc{Origin: "file.txt", Text: []byte("Home and menu\n")}, quern.Doc{Origin: "http://WWW.A.org:8080/x?y", Text: []byte("Only here\n  Home and menu \n")})
	table := counted(t, o, docs...)
	s, err := o.With(table).Stage()
	build(t, s, err)
	for i, want := range map[int]string{
		0: "Page 0 of a.org\n", 5: "Page 5 of a.org\n",
		7:  "Home and menu\nPage 1 of b.org\nThe footer\nThe footer\n", // too few pages
		9:  "Home and menu\n",                                          // no host
		10: "Only here\n",                                              // the same host in other letters
	} {
		d := docs[i]
		d.Text, d.Spans = bytes.Clone(d.Text), []quern.Span{}
		if v, err := s.Apply(&d); v != quern.Keep || err != nil || string(d.Text) != want {
			t.Errorf("doc %d: %q %v %q, want %q", i, v, err, d.Text, want)
		}
		if n := int(markOf(&d, "boilerplate.cut")); n != len(d.Spans) {
			t.Errorf("doc %d: %d lines cut, %d spans", i, n, len(d.Spans))
		}
	}
	d := quern.Doc{Origin: "https://a.org/", Text: []byte("Title\nHome and menu\nA text of its own.\n")} // a short line alone within the text may be a heading
	if s.Apply(&d); string(d.Text) != "Title\nHome and menu\nA text of its own.\n" {
		t.Errorf("%q is left", d.Text)
	}
	d = quern.Doc{Origin: "https://a.org/", Text: []byte("Home and menu\nThe footer\n")}
	if v, _ := s.Apply(&d); v != boilerplateEmpty {
		t.Errorf("nothing is left, and the verdict is %q", v)
	}
	o.MaxCut = 0.5
	s, err = o.With(table).Stage()
	build(t, s, err)
	if v, _ := s.Apply(&docs[0]); v != boilerplateCut || docs[0].Drop.Limit != 0.5 {
		t.Errorf("half of the page is cut, and the verdict is %q %+v", v, docs[0].Drop)
	}
	o = DefaultBoilerplate()
	o.MinShare = 0.9 // 7 pages of the host, the footer stands on 6
	s, err = o.With(table).Stage()
	build(t, s, err)
	d = site("a.org", 1)[0]
	if s.Apply(&d); string(d.Text) != "Page 0 of a.org\nThe footer\nThe footer\n" {
		t.Errorf("%q is left", d.Text)
	}
}

func TestBoilerplateRefusesBadOptions(t *testing.T) {
	for i, change := range []func(o *Boilerplate){func(o *Boilerplate) { o.MinDocs = 1 }, func(o *Boilerplate) { o.MinShare = 2 }, func(o *Boilerplate) { o.MaxCut = 0 },
		func(o *Boilerplate) { o.MaxLine = 0 }, func(o *Boilerplate) { o.MaxLines = 1 << 40 }, func(o *Boilerplate) { o.MaxHosts = -1 }} {
		o := DefaultBoilerplate()
		change(&o)
		if _, err := o.Stage(); err == nil {
			t.Errorf("options %d: %+v are accepted", i, o)
		}
		if _, err := NewLineCounter(o); err == nil {
			t.Errorf("options %d: a table of %+v is made", i, o)
		}
	}
}

// TestLineCounterIsTheSameInAnyOrder: also where the bound is so low that lines are forgotten.
func TestLineCounterIsTheSameInAnyOrder(t *testing.T) {
	for _, limit := range []int{1 << 20, 100, 10, 1} {
		o := DefaultBoilerplate()
		o.MaxLines, o.MaxHosts = limit, max(2, limit/4)
		var docs []quern.Doc
		for i := range 40 {
			docs = append(docs, site(fmt.Sprintf("host%d.org", i), 1+i%7)...)
		}
		whole := counted(t, o, docs...)
		want := whole.Encode()
		if whole.Lines() > limit || limit < 100 && whole.Kept() == 1 {
			t.Errorf("limit %d: %d lines are kept, a share of %v", limit, whole.Lines(), whole.Kept())
		}
		for _, step := range []int{1, 3, 7, 50} {
			sum, parts := counted(t, o), []*LineCounter{}
			for from := 0; from < len(docs); from += step {
				parts = append(parts, counted(t, o, docs[from:min(from+step, len(docs))]...))
			}
			for i := range parts { // from the last to the first
				if err := sum.Merge(parts[len(parts)-1-i]); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(sum.Encode(), want) {
				t.Errorf("limit %d: parts of %d give another table", limit, step)
			}
		}
		back, err := DecodeLineCounter(want)
		if err != nil || !bytes.Equal(back.Encode(), want) {
			t.Errorf("limit %d: the table does not survive a round trip: %v", limit, err)
		}
	}
	if err := counted(t, DefaultBoilerplate()).Merge(&LineCounter{}); err == nil {
		t.Error("tables of other bounds are merged")
	}
}

func TestLineCounterRefusesDamage(t *testing.T) {
	good := counted(t, DefaultBoilerplate(), site("a.org", 9)...).Encode()
	for n := range good {
		if _, err := DecodeLineCounter(good[:n]); err == nil {
			t.Errorf("a table cut after %d bytes is read", n)
		}
	}
	if _, err := DecodeLineCounter(append(good, 0)); err == nil {
		t.Error("a table with something behind it is read")
	}
}

func TestBoilerplateContract(t *testing.T) {
	docs := site("a.org", 6)
	table := counted(t, DefaultBoilerplate(), docs...)
	docs = append(docs, quern.Doc{}, quern.Doc{Text: []byte("\xff")}, quern.Doc{Origin: "https://a.org", Text: []byte("The footer")}, site("new.org", 1)[0])
	if err := quern.CheckStage(func() (quern.Stage, error) { return DefaultBoilerplate().With(table).Stage() }, docs...); err != nil {
		t.Error(err)
	}
	s, err := DefaultBoilerplate().With(table).Stage()
	build(t, s, err)
	d, text := &quern.Doc{Origin: docs[0].Origin}, docs[0].Text
	if n := testing.AllocsPerRun(20, func() {
		d.Text = text
		s.Apply(d)
		d.Text = text
		table.Add(d)
	}); n != 0 {
		t.Errorf("%v allocations a document", n)
	}
}

func FuzzBoilerplate(f *testing.F) {
	f.Add([]byte("Home and menu\n\nx\n"), "https://a.org/")
	f.Add(counted(f, DefaultBoilerplate(), site("a.org", 3)...).Encode(), "://[::1]:80")
	table := counted(f, DefaultBoilerplate(), site("a.org", 9)...)
	s, err := DefaultBoilerplate().With(table).Stage()
	build(f, s, err)
	f.Fuzz(func(t *testing.T, b []byte, origin string) {
		if c, err := DecodeLineCounter(b); err == nil && !bytes.Equal(c.Encode(), b) {
			if d, err := DecodeLineCounter(c.Encode()); err != nil || !bytes.Equal(d.Encode(), c.Encode()) { // varints can be written in more than one way
				t.Fatalf("%q does not survive a round trip", b)
			}
		}
		d := quern.Doc{Origin: origin, Text: bytes.Clone(b), Spans: []quern.Span{}}
		v, err := s.Apply(&d)
		if err != nil || v == quern.Keep && !utf8.Valid(d.Text) {
			t.Fatalf("%q of %q: %v", b, origin, err)
		}
	})
}
