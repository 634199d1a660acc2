package dedup

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// TestIncrementsLoseWhatOneRunLoses builds a corpus in ten runs, each against the index of those before it, and at once: the same
// documents go, for the same ones, with the same similarity, for any number of workers.
func TestIncrementsLoseWhatOneRunLoses(t *testing.T) {
	c := both()
	const parts = 10
	var sets []Dataset
	var names []string
	all := plantedDocs("x", 3, 60)
	for i := range parts {
		name := fmt.Sprintf("dump-%d", i)
		var docs []quern.Doc
		for j, d := range all {
			if j*7919%parts == i {
				d.Domain, d.Origin = name, fmt.Sprintf("https://x.example/%d", j)
				docs = append(docs, d)
			}
		}
		sets = append(sets, dataset(t, c, 1, name, name, docs, 1+i%3))
		names = append(names, name)
	}
	c.Prefer = names
	_, out := cluster(t, c, sets, 0, 2)
	want := map[string]string{}
	for _, l := range removals(t, out) {
		want[l.ID] = fmt.Sprint(l.Kept, " ", l.Similarity, " ", l.Reason)
	}
	if len(want) < 30 {
		t.Fatalf("only %d documents go", len(want))
	}
	var first *Index
	for _, workers := range []int{1, 2, 7} {
		dir := t.TempDir()
		got := map[string]string{}
		var x *Index
		for i, set := range sets {
			base, err := IndexFor(dir, names[i], c, 1)
			if err != nil {
				t.Fatal(err)
			}
			_, out := cluster(t, c, append(base.Priors(), set), 0, workers)
			for _, l := range removals(t, out) {
				got[l.ID] = fmt.Sprint(l.Kept, " ", l.Similarity, " ", l.Reason)
			}
			a := Addition{Run: names[i], Input: quern.DigestOf([]byte(names[i])), Sets: []Dataset{set}, Removals: out}
			x = appendTo(t, dir, c, a, workers, 16)
		}
		if !maps.Equal(got, want) {
			t.Errorf("%d workers: ten increments lose %d documents, one run %d", workers, len(got), len(want))
			for id, w := range want {
				if got[id] != w {
					t.Errorf("%s: %q, want %q", id, got[id], w)
				}
			}
		}
		if first == nil {
			first = x
		}
		if x.manifest.Digest != first.manifest.Digest {
			t.Errorf("%d workers: another index", workers)
		}
		fates := 0
		for shard := range x.manifest.Shards {
			f, err := x.fates(shard)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range f {
				if e.removed() {
					fates++
				}
			}
		}
		if fates != len(want) {
			t.Errorf("the index knows of %d removals, want %d", fates, len(want))
		}
	}
}

// TestIndexOfURLs is datatrove's test of its URL step against an index (tests/pipeline/dedup/test_exact_deduplication.py): of five
// documents with three addresses, one is left if the index has the other two.
func TestIndexOfURLs(t *testing.T) {
	c := Config{Exact: &Exact{By: byURL}}
	docs := func(source string, urls ...string) (docs []quern.Doc) {
		for i, u := range urls {
			docs = append(docs, quern.Doc{ID: quern.NewID(source, fmt.Sprint(i)), Source: source, Domain: "web", Origin: u})
		}
		return docs
	}
	dir := t.TempDir()
	appendTo(t, dir, c, addition(t, c, "old", map[string][]quern.Doc{"old": docs("old", "https://example.com", "https://example2.com")}, 1), 1, 16)
	x, err := IndexFor(dir, "new", c, 1)
	if err != nil {
		t.Fatal(err)
	}
	set := dataset(t, c, 1, "new", "web", docs("new", "https://example.com", "https://example.com", "https://new-site.com", "https://example.com", "https://example2.com"), 2)
	r, _ := cluster(t, c, append(x.Priors(), set), 0, 2)
	if kept := r.Ledger.Total(quern.Kept, "").Docs; kept != 1 {
		t.Errorf("%d documents stay, want 1", kept)
	}
}

// TestTakenDownFollowersReturn: what was removed for a document that was taken down may come in with the next run.
func TestTakenDownFollowersReturn(t *testing.T) {
	c := both()
	dir := t.TempDir()
	base := strings.Fields(planted(5, 1)[0])
	text := func(change int) string {
		w := slices.Clone(base)
		w[change] = "changed"
		return strings.Join(w, " ")
	}
	old := withOrigins([]quern.Doc{newDoc("old", "a", strings.Join(base, " ")), newDoc("old", "b", text(7)), newDoc("old", "c", planted(9, 1)[0])})
	a := addition(t, c, "old", map[string][]quern.Doc{"old": old}, 1)
	gone := removals(t, a.Removals)
	if len(gone) != 1 {
		t.Fatalf("%d removals", len(gone))
	}
	appendTo(t, dir, c, a, 1, 16)
	kept, err := quern.ParseID(gone[0].Kept)
	if err != nil {
		t.Fatal(err)
	}
	next := dataset(t, c, 1, "next", "web", []quern.Doc{newDoc("next", "d", text(7)), newDoc("next", "e", planted(9, 1)[0])}, 1)
	run := func() (stay int64) {
		x, err := IndexFor(dir, "next", c, 1)
		if err != nil {
			t.Fatal(err)
		}
		r, _ := cluster(t, c, append(x.Priors(), next), 0, 1)
		return r.Ledger.Total(quern.Kept, "").Docs
	}
	if n := run(); n != 0 {
		t.Errorf("%d documents stay before the take-down", n)
	}
	if _, err := TakeDownFrom(ctx, dir, []quern.ID{kept}, nil, false); err != nil {
		t.Fatal(err)
	}
	if n := run(); n != 1 {
		t.Errorf("%d documents stay after the take-down, want 1", n)
	}
}
