package dedup

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// TestRanksFollowTheOrder compares ranks with a plain sort, over enough documents for several parts.
func TestRanksFollowTheOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	const n = 30_000
	all := make([]quern.Doc, n)
	for i := range all {
		all[i] = newDoc("s", fmt.Sprint(i), strings.Repeat("x", r.IntN(5)))
		if i%100 == 0 && i > 0 {
			all[i].ID = all[i-1].ID // told apart by the text
			all[i].Text = fmt.Append(nil, i)
		}
		if i%3 > 0 {
			all[i].Time = fmt.Sprintf("2024-01-%02dT00:00:00Z", 1+r.IntN(3))
		}
	}
	for _, stays := range []string{"", StaysLongest, StaysEarliest} {
		exact := DefaultExact()
		c := Config{Exact: &exact, Prefer: []string{"b", "a"}, Stays: stays}
		sets := []Dataset{dataset(t, c, 1, "a", "a", all[:n/2], 3), dataset(t, c, 1, "b", "b", all[n/2:n*5/6], 1), dataset(t, c, 1, "other", "other", all[n*5/6:], 2)}
		k, err := openCorpus(c, 1, sets)
		if err != nil {
			t.Fatal(err)
		}
		defer k.close()
		if err := k.rankAll(t.Context(), c, 2); err != nil {
			t.Fatal(err)
		}
		want := make([]int, n)
		for i := range want {
			want[i] = i
		}
		class := func(i int) int {
			switch {
			case i < n/2:
				return 1
			case i < n*5/6:
				return 0
			}
			return 2
		}
		slices.SortFunc(want, func(x, y int) int {
			a, b := &all[x], &all[y]
			order := cmp.Compare(class(x), class(y))
			switch stays {
			case StaysLongest:
				order = cmp.Or(order, cmp.Compare(len(b.Text), len(a.Text)))
			case StaysEarliest:
				order = cmp.Or(order, cmp.Compare(cmp.Or(a.Time, "9"), cmp.Or(b.Time, "9")))
			}
			order = cmp.Or(order, a.ID.Compare(b.ID))
			if order == 0 {
				hash := func(d int) []byte { f, row := k.place(uint32(d)); h, _ := k.files[f].entry(colHash, row); return h[:] }
				order = bytes.Compare(hash(x), hash(y))
			}
			return order
		})
		for rank, doc := range want {
			if int(k.doc[rank]) != doc {
				t.Fatalf("stays %q: rank %d is document %d, want %d", stays, rank, k.doc[rank], doc)
			}
			if int(k.rank[doc]) != rank {
				t.Fatalf("stays %q: document %d has rank %d, want %d", stays, doc, k.rank[doc], rank)
			}
		}
	}
}

func TestTimes(t *testing.T) {
	increasing := []string{"0001-01-01T00:00:00Z", "1969-12-31", "1970-01-01T00:00:01Z", "2024-02-29T12:00:00+02:00", "2024-02-29T12:00:00Z", "2024-03-01"}
	for i, s := range increasing[1:] {
		if secondsOf(increasing[i]) >= secondsOf(s) {
			t.Errorf("%s is not before %s", increasing[i], s)
		}
	}
	for _, s := range []string{"", "yesterday", "2024-13-01"} {
		if secondsOf(s) != unknownTime {
			t.Errorf("%q is a time", s)
		}
	}
}

// TestWhichStays: of three documents that are alike the one that the option names stays.
func TestWhichStays(t *testing.T) {
	base := planted(3, 1)[0]
	docs := []quern.Doc{newDoc("web", "a", base+" one two three"), newDoc("web", "b", base), newDoc("web", "c", base+" one")}
	docs[0].Time, docs[2].Time = "2024-05-05T00:00:00Z", "2023-01-01T00:00:00Z"
	slices.SortFunc(docs, func(a, b quern.Doc) int { return a.ID.Compare(b.ID) })
	longest := slices.MaxFunc(docs, func(a, b quern.Doc) int { return len(a.Text) - len(b.Text) })
	earliest := docs[slices.IndexFunc(docs, func(d quern.Doc) bool { return strings.HasPrefix(d.Time, "2023") })]
	for stays, want := range map[string]quern.ID{"": docs[0].ID, StaysFirst: docs[0].ID, StaysLongest: longest.ID, StaysEarliest: earliest.ID} {
		c := both()
		c.Stays = stays
		_, out := cluster(t, c, []Dataset{dataset(t, c, 1, "web", "web", docs, 2)}, 0, 2)
		got := removals(t, out)
		if len(got) != 2 || got[0].Kept != want.String() || got[1].Kept != want.String() {
			t.Errorf("stays %q: %+v, want %s to stay", stays, got, want)
		}
	}
}

// TestContainment: an excerpt goes for the whole, and the whole never for an excerpt.
func TestContainment(t *testing.T) {
	words := strings.Fields(planted(3, 1)[0])
	whole := newDoc("web", "whole", strings.Join(words, " "))
	var docs []quern.Doc
	for i := range 40 { // one band of one row collides with a chance of two in three each, so that some are found for sure
		docs = append(docs, newDoc("web", fmt.Sprint(i), strings.Join(words[i:i+80], " ")))
	}
	docs = append(docs, whole)
	for measure, want := range map[string]int{MeasureJaccard: 0, MeasureContainment: 1} {
		c := both()
		c.Near.Bands, c.Near.Rows, c.Near.Measure, c.Stays, c.Near.Verify = 30, 1, measure, StaysLongest, .95
		_, out := cluster(t, c, []Dataset{dataset(t, c, 1, "web", "web", docs, 2)}, 0, 2)
		n := 0
		for _, l := range removals(t, out) {
			if l.ID == whole.ID.String() {
				t.Errorf("%s: the whole is removed for an excerpt", measure)
			}
			if l.Kept == whole.ID.String() {
				n++
			}
		}
		if want == 0 && n > 0 || want == 1 && n != 40 {
			t.Errorf("%s: %d excerpts are removed for the whole", measure, n)
		}
	}
}

// TestSimilarities compares with sets in maps, at and around what is enough.
func TestSimilarities(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	var c comparer
	for i := range 3000 {
		var x, y []uint32
		in := map[uint32]int{}
		for range r.IntN(40) {
			v := r.Uint32N(uint32(20 + r.IntN(60)))
			if k := 1 + r.IntN(3); in[v] == 0 {
				in[v] = k
				if k&1 > 0 {
					x = append(x, v)
				}
				if k&2 > 0 {
					y = append(y, v)
				}
			}
		}
		both := 0
		for _, k := range in {
			if k == 3 {
				both++
			}
		}
		least := float64(r.IntN(21)) / 20
		for _, measure := range []string{"", MeasureContainment} {
			c.measure = measure
			want := 0.
			if len(x) > 0 && len(y) > 0 {
				want = float64(both) / float64(len(in))
				if measure == MeasureContainment {
					want = float64(both) / float64(len(x))
				}
			}
			if want < least {
				want = 0
			}
			c.take(none, x)
			if got := c.with(y, least); got != want {
				t.Fatalf("%d: %q of %v and %v, at least %v, is %v, want %v", i, measure, x, y, least, got, want)
			}
		}
	}
}
