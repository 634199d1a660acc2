package dedup

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

func TestTakeDown(t *testing.T) {
	c := both()
	dir := t.TempDir()
	docs := withOrigins(plantedDocs("web", 1, 30))
	a := addition(t, c, "first", map[string][]quern.Doc{"web": docs}, 2)
	x := appendTo(t, dir, c, a, 2, 16)
	followers := map[string][]string{}
	for _, l := range removals(t, a.Removals) {
		followers[l.Kept] = append(followers[l.Kept], l.ID)
	}
	var kept, alone, follower quern.Doc
	for _, d := range docs {
		id := d.ID.String()
		switch {
		case len(followers[id]) > 1:
			kept = d
		case len(followers[id]) == 1:
			alone = d
		}
	}
	for _, d := range docs {
		if slices.Contains(followers[alone.ID.String()], d.ID.String()) {
			follower = d
		}
	}
	find := func(d quern.Doc) (ids []string) {
		t.Helper()
		x, err := OpenIndex(dir)
		if err != nil {
			t.Fatal(err)
		}
		q, err := x.Querier()
		if err != nil {
			t.Fatal(err)
		}
		defer q.Close()
		answer, err := q.Find(&d, .5)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range answer.Hits {
			ids = append(ids, h.ID)
		}
		return ids
	}
	if !slices.Contains(find(kept), kept.ID.String()) {
		t.Fatal("a document does not find itself")
	}
	unknown := quern.NewID("nowhere")
	take := func(dry bool) TakeDown {
		t.Helper()
		got, err := TakeDownFrom(ctx, dir, []quern.ID{kept.ID, unknown}, []string{"HTTP://WWW." + strings.TrimPrefix(follower.Origin, "https://") + "#x", "https://no.example"}, dry)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	planned := take(true)
	if y, err := OpenIndex(dir); err != nil || y.manifest.Digest != x.manifest.Digest {
		t.Fatalf("a dry run wrote: %v", err)
	}
	got := take(false)
	if !slices.Equal(got.Taken, planned.Taken) || !slices.Equal(got.Returned, planned.Returned) || len(got.Taken) != 2 {
		t.Errorf("took %v, planned %v", got.Taken, planned.Taken)
	}
	if want := []string{unknown.String(), "https://no.example"}; !slices.Equal(got.Unknown, want) {
		t.Errorf("unknown: %v, want %v", got.Unknown, want)
	}
	var returned []string
	for _, r := range got.Returned {
		returned = append(returned, r.ID)
		if r.For != kept.ID.String() || r.Similarity < .8 || r.Run != "first" || r.Dataset != "web" || r.Origin == "" {
			t.Errorf("%+v", r)
		}
	}
	want := slices.Clone(followers[kept.ID.String()])
	slices.Sort(want)
	slices.Sort(returned)
	if !slices.Equal(returned, want) {
		t.Errorf("%v return, want %v", returned, want)
	}
	for _, id := range append(want, kept.ID.String()) {
		if slices.Contains(find(kept), id) {
			t.Errorf("%s is still found", id)
		}
	}
	if hits := find(follower); !slices.Contains(hits, alone.ID.String()) || slices.Contains(hits, follower.ID.String()) {
		t.Errorf("what stays in the place of one that was taken down is found: %v", hits)
	}
	y, err := OpenIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := y.Verify(ctx, 2); err != nil {
		t.Error(err)
	}
	if y.Digest() == x.Digest() || y.state.Increments[0].Kept != x.state.Increments[0].Kept-1 {
		t.Error("the index does not tell that something is gone")
	}
	names, _ := y.dir.List("")
	for _, name := range names {
		if name != "lock" && name != quern.ManifestName && !y.names()[name] {
			t.Errorf("%s was left", name)
		}
	}
	for _, p := range y.Priors() {
		for shard := range p.Shards {
			err := p.Prior.Fates(ctx, shard, func(row int, f Fate) error {
				if doc := docs[f.Kept.Shard*16+f.Kept.Index]; doc.ID == kept.ID || slices.Contains(want, docs[shard*16+row].ID.String()) {
					t.Errorf("row %d of shard %d is removed for one that is gone", row, shard)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			every := func(int) bool { return true }
			if err := p.Prior.Sets(ctx, shard, every, func(row int, _ []uint32) error {
				if docs[shard*16+row].ID == kept.ID {
					t.Error("the shingles of a document that was taken down are still there")
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if again := take(false); len(again.Taken) != 0 || again.Already != 2 || !slices.Equal(again.Unknown, got.Unknown) {
		t.Errorf("taken down twice: %+v", again)
	}
	if z, err := OpenIndex(dir); err != nil || z.Digest() != y.Digest() {
		t.Errorf("nothing to take down, and the index changed: %v", err)
	}
	// The same run again is compared with the index as it is now and takes the place of its increment.
	if z := appendTo(t, dir, c, a, 1, 16); z.TakenDigest() != y.TakenDigest() || len(z.state.Increments) != 1 {
		t.Error("a run that is repeated forgets what was taken down")
	}
}

func TestTakenDownDoesNotComeBack(t *testing.T) {
	c := both()
	dir := t.TempDir()
	docs := withOrigins(plantedDocs("web", 1, 3))
	x := appendTo(t, dir, c, addition(t, c, "first", map[string][]quern.Doc{"web": docs}, 1), 1, 16)
	if s, err := x.Without(); s != nil || err != nil || x.TakenDigest() != "" {
		t.Errorf("nothing was taken down: %v, %v", s, err)
	}
	if _, err := TakeDownFrom(ctx, dir, []quern.ID{docs[1].ID}, []string{docs[0].Origin, "https://later.example/a"}, false); err != nil {
		t.Fatal(err)
	}
	x, err := OpenIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	later := newDoc("web", "new", "text")
	later.Origin = "http://later.example/a/?utm_source=b"
	all := append(slices.Clone(docs), later)
	if err := quern.CheckStage(x.Without, all...); err != nil {
		t.Error(err)
	}
	s, err := x.Without()
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		v, err := s.Apply(&all[i])
		if gone := i < 2 || i == len(all)-1; err != nil || gone != (v == DroppedTakenDown) {
			t.Errorf("document %d: %q, %v", i, v, err)
		}
	}
	if _, err := TakeDownFrom(ctx, t.TempDir(), nil, nil, true); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no index: %v", err)
	}
}
