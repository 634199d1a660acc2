package dedup

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/seed-83c59573/quern"
)

// survivorsOf reads all that is left of a dataset.
func survivorsOf(dir quern.Dir, src quern.Source, dataset string) (ids []quern.ID, err error) {
	r, err := LoadRemovals(dir)
	if err != nil {
		return nil, err
	}
	for d, err := range everyDoc(r.Survivors(src, dataset)) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, d.ID)
	}
	return ids, nil
}

// TestDamagedVerdictsAreRefused flips every byte and cuts the blob: no byte is without a check.
func TestDamagedVerdictsAreRefused(t *testing.T) {
	c := both()
	set := dataset(t, c, 1, "web", "web", plantedDocs("web", 1, 12), 3)
	_, out := cluster(t, c, []Dataset{set}, 0, 1)
	whole, err := quern.ReadBlob(out, verdictsName)
	if err != nil {
		t.Fatal(err)
	}
	try := func(b []byte, what string, at int) {
		dir := &quern.Memory{}
		if err := quern.WriteBlob(dir, verdictsName, b); err != nil {
			t.Fatal(err)
		}
		if ids, err := survivorsOf(dir, set.Texts, "web"); err == nil {
			t.Errorf("%s at %d is not noticed: %d documents are left", what, at, len(ids))
		}
	}
	for i := range whole {
		b := bytes.Clone(whole)
		b[i] ^= 0x10
		try(b, "a change", i)
		try(whole[:i], "the end", i)
	}
	if _, err := LoadRemovals(&quern.Memory{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no blobs: %v", err)
	}
}

// TestVerdictsOnOtherTexts: rows on which nothing is ruled are an error, not survivors.
func TestVerdictsOnOtherTexts(t *testing.T) {
	c := both()
	docs := plantedDocs("web", 1, 12)
	_, out := cluster(t, c, []Dataset{dataset(t, c, 1, "web", "web", docs, 3)}, 0, 1)
	for _, parts := range [][][]quern.Doc{{docs}, {nil, nil, nil, docs[:1]}} {
		if _, err := survivorsOf(out, texts{"web", parts}, "web"); err == nil {
			t.Errorf("the verdicts on other texts are used for %d shards", len(parts))
		}
	}
}

func TestPagesComeBack(t *testing.T) {
	p := page{gone: make([]byte, 3)}
	p.gone[1] = 0x81
	for i := range 20 {
		if i%3 == 0 {
			p.members = append(p.members, pageMember{i, i * 1000, quern.NewID("g", string(rune(i)))})
		}
	}
	b := p.encode(nil)
	var q page
	if err := q.decode(b, 20); err != nil || !bytes.Equal(q.gone, p.gone) || len(q.members) != len(p.members) {
		t.Fatalf("%+v, %v", q, err)
	}
	for i, m := range p.members {
		if q.members[i] != m {
			t.Errorf("member %d is %+v, want %+v", i, q.members[i], m)
		}
	}
	if err := q.decode(b, 18); err == nil {
		t.Error("a member behind the last row is read")
	}
}

func FuzzVerdicts(f *testing.F) {
	set := dataset(f, both(), 1, "web", "web", plantedDocs("web", 1, 5), 1)
	_, out := cluster(f, both(), []Dataset{set}, 0, 1)
	whole, err := quern.ReadBlob(out, verdictsName)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:verdictsHead])
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := &quern.Memory{}
		if err := quern.WriteBlob(dir, verdictsName, b); err != nil {
			t.Fatal(err)
		}
		_, _ = survivorsOf(dir, set.Texts, "web")
		var p page
		if p.decode(b, 100) == nil && len(p.gone) != 13 {
			t.Fatal("a page of another size")
		}
	})
}
