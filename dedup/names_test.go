package dedup

import (
	"testing"

	"github.com/seed-83c59573/quern"
)

// TestNamesOneByOneOrAllAtOnce: the names that lines need are the same with and without room for all of them.
func TestNamesOneByOneOrAllAtOnce(t *testing.T) {
	g := plantedCorpus(t, 3000, nil)
	c := both()
	s := Clustering{Config: c, Seed: 1, Workers: 2, Phase: func(string) {}}
	k, err := openCorpus(c, 1, []Dataset{signed(t, c, g, "web")})
	if err != nil {
		t.Fatal(err)
	}
	defer k.close()
	m := &matcher{k: k, near: c.near(), scratch: t.TempDir(), mem: leastWorking, workers: 2, phase: s.Phase}
	defer m.close()
	exact, err := s.match(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	w := &writer{m: m, c: c, exact: exact, out: &quern.Memory{}, files: k.all()}
	w.group(&Result{})
	all, err := w.allNames(t.Context())
	if err != nil || all == nil {
		t.Fatal(all, err)
	}
	named := 0
	for from := uint32(0); from < 3000; from += 700 {
		to := min(from+700, 3000)
		some, err := w.someNames(from, to)
		if err != nil {
			t.Fatal(err)
		}
		w.namedBy(from, to, func(doc uint32) {
			named++
			if want := g.ID(int(doc)); all.id(doc) != want || some.id(doc) != want {
				t.Fatalf("document %d is called %s and %s, want %s", doc, all.id(doc), some.id(doc), want)
			}
		})
	}
	if named < 500 {
		t.Errorf("only %d names are needed", named)
	}
	m.mem = 16
	if all, err := w.allNames(t.Context()); all != nil || err != nil {
		t.Errorf("names are held beyond the budget: %v", err)
	}
}
