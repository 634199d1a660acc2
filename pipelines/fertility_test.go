package pipelines

import (
	"bytes"
	"context"
	"reflect"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize"
)

func TestProbe(t *testing.T) {
	c := tokenize.NewCounter(tokenize.DefaultLearn())
	c.Add([]byte("a word is a word"))
	tok, err := c.Learn()
	if err != nil {
		t.Fatal(err)
	}
	doc := func(i int, domain, source, lang string) *quern.Doc {
		return &quern.Doc{ID: quern.NewID(source, string(rune('a'+i))), Domain: domain, Source: source, Lang: lang, Text: []byte("a word")}
	}
	var want []FertilityRow
	for _, workers := range []int{1, 2, 7} {
		p := newProbe(1, 100, 3)
		for i := range 9 {
			p.take(i%3, doc(i, []string{"web", "code"}[i%2], []string{"x", "y", "z"}[i%3], []string{"en", "", "de"}[i/3]))
		}
		rows, err := p.measure(context.Background(), tok, workers)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = rows
		}
		if !reflect.DeepEqual(rows, want) {
			t.Errorf("%d workers: %+v, want %+v", workers, rows, want)
		}
	}
	docs := int64(0)
	for i, r := range want {
		docs += r.Docs
		if i > 0 && compareFertility(want[i-1], r) >= 0 {
			t.Errorf("row %d is not behind the one before: %+v", i, want)
		}
		if r.Words != 2*r.Docs || r.Bytes != 6*r.Docs {
			t.Errorf("%+v", r)
		}
	}
	if docs != 9 {
		t.Errorf("%d documents, want all 9 of a small sample", docs)
	}
}

func TestProbeTakesAShare(t *testing.T) {
	p := newProbe(1, 100*probeBytes, 1)
	for i := range 20000 {
		p.take(0, &quern.Doc{ID: quern.NewID("x", string(rune(i))), Text: []byte("x")})
	}
	if n := len(p.kept[0]); n < 150 || n > 250 {
		t.Errorf("%d of 20000 documents are measured, want about 200", n)
	}
	p = newProbe(1, 1, 1)
	p.take(0, &quern.Doc{Text: bytes.Repeat([]byte("é "), probeText)})
	if n := len(p.kept[0][0].text); n > probeText || n < probeText-3 {
		t.Errorf("%d bytes of a large document are measured", n)
	}
}
