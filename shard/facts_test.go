package shard

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/seed-83c59573/quern"
)

func TestFactsSurvive(t *testing.T) {
	dir := quern.Local(t.TempDir())
	sink, err := Facts(dir, "facts/00000", []string{"b.two", "a.one"})
	if err != nil {
		t.Fatal(err)
	}
	const docs = 1000
	for i := range docs {
		d := quern.Doc{ID: quern.NewID("s", fmt.Sprint(i)), Source: "s", Lang: "en", Text: []byte("text"), Bucket: "high",
			Marks: []quern.Mark{{Name: "document.bytes", Value: float64(i)}, {Name: "a.one", Value: float64(i) / 3}, {Name: "c.other", Value: 1}}}
		if i%2 == 1 {
			d.Marks = append(d.Marks, quern.Mark{Name: "b.two", Value: -1})
			d.Drop.Verdict = "clean.b.low"
		}
		if i == 7 {
			d.Spans = []quern.Span{{Name: "p.x", From: 1, To: 2, Score: 1}, {Name: "p.y", From: 0, To: 3, Score: .5}, {Name: "p.x", From: 3, To: 4, Score: 1},
				{Name: "p.x", From: 9, To: 9, Moved: true}}
		}
		if err := sink.Put(&d); err != nil {
			t.Fatal(err)
		}
	}
	sh, err := sink.Commit()
	if err != nil {
		t.Fatal(err)
	}
	if sh.Docs != docs || sh.Bytes != docs*(docs-1)/2 {
		t.Errorf("shard %+v", sh)
	}
	i := 0
	err = ReadFacts(dir, sh.Name, func(r *FactRow) bool {
		a, ok := r.Fact("a.one")
		b, ok2 := r.Fact("b.two")
		if r.ID != quern.NewID("s", fmt.Sprint(i)).String() || r.Source != "s" || r.Lang != "en" || r.Bucket != "high" || r.Bytes != int64(i) ||
			!ok || a != float64(i)/3 || ok2 != (i%2 == 1) || ok2 && b != -1 || (r.Verdict != "") != ok2 {
			t.Fatalf("row %d: %+v (%v %v, %v %v)", i, r, a, ok, b, ok2)
		}
		if want := `{"p.x":[[1,2,1],[3,4,1]],"p.y":[[0,3,0.5]]}`; (r.Spans == want) != (i == 7) {
			t.Errorf("row %d: spans %s", i, r.Spans)
		}
		if _, ok := r.Fact("c.other"); ok {
			t.Error("a fact without a column is there")
		}
		if i == 0 && fmt.Sprint(r.Names()) != "[a.one b.two]" {
			t.Errorf("names %v", r.Names())
		}
		i++
		return false
	})
	if err != nil || i != docs {
		t.Errorf("%d rows (%v)", i, err)
	}
	if _, err := Facts(dir, "x", []string{"bytes"}); err == nil {
		t.Error("a fact with the name of another column is accepted")
	}
}

func TestFactsKeepTheContract(t *testing.T) {
	docs := []quern.Doc{{Text: []byte("a"), Marks: []quern.Mark{{Name: "a.b", Value: math.Inf(1)}}}, {Text: []byte("b")}}
	if err := quern.CheckSink(func(dir quern.Dir) (quern.Sink, error) { return Facts(dir, "f", []string{"a.b"}) }, docs...); err != nil {
		t.Error(err)
	}
}

func TestDamagedFactsAreRefused(t *testing.T) {
	if UnderRace {
		t.Skip("the race detector's checks end the program where the Parquet library panics")
	}
	dir := t.TempDir()
	sink, err := Facts(quern.Local(dir), "f", []string{"a.b"})
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Put(&quern.Doc{Text: []byte("a")}); err != nil {
		t.Fatal(err)
	}
	if _, err := sink.Commit(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(dir + "/f.parquet")
	if err != nil {
		t.Fatal(err)
	}
	nothing := func(*FactRow) bool { return false }
	for cut := range len(good) {
		if err := os.WriteFile(dir+"/cut", good[:cut], 0o666); err != nil {
			t.Fatal(err)
		}
		if err := ReadFacts(quern.Local(dir), "cut", nothing); err == nil {
			t.Errorf("%d of %d bytes are read", cut, len(good))
		}
	}
	for i := 0; i < len(good); i += 7 {
		bad := bytes.Clone(good)
		bad[i] ^= 0x41
		if err := os.WriteFile(dir+"/bad", bad, 0o666); err != nil {
			t.Fatal(err)
		}
		ReadFacts(quern.Local(dir), "bad", nothing) // an error or not, but no panic
	}
}
