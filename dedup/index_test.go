package dedup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup/minhash"
)

var ctx = context.Background()

// withOrigins gives documents addresses.
func withOrigins(docs []quern.Doc) []quern.Doc {
	for i := range docs {
		docs[i].Origin = fmt.Sprintf("https://%s.example/%d", docs[i].Source, i)
	}
	return docs
}

// addition clusters documents and makes of it what an index takes, cut into n shards.
func addition(t testing.TB, c Config, run string, docs map[string][]quern.Doc, n int) Addition {
	t.Helper()
	a := Addition{Run: run, Input: quern.DigestOf([]byte(run))}
	for name, d := range docs {
		a.Sets = append(a.Sets, dataset(t, c, 1, name, name, d, n))
	}
	_, a.Removals = cluster(t, c, a.Sets, 0, 2)
	return a
}

func appendTo(t testing.TB, dir string, c Config, a Addition, workers int, size uint32) *Index {
	t.Helper()
	x, err := growIndex(ctx, dir, c, 1, a, workers, size)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Verify(ctx, workers); err != nil {
		t.Fatal(err)
	}
	return x
}

func twoSources() map[string][]quern.Doc {
	return map[string][]quern.Doc{"web": withOrigins(plantedDocs("web", 1, 30)), "paper": withOrigins(plantedDocs("paper", 1, 20))}
}

// TestIndexIsTheSame for any number of workers, any split and any order of the datasets.
func TestIndexIsTheSame(t *testing.T) {
	c := both()
	docs := twoSources()
	want := appendTo(t, t.TempDir(), c, addition(t, c, "a", docs, 1), 1, 16)
	if n := len(want.manifest.Shards); n < 5 {
		t.Fatalf("%d shards", n)
	}
	for _, workers := range []int{2, 7} {
		a := addition(t, c, "a", docs, workers)
		slices.SortFunc(a.Sets, func(x, y Dataset) int { return strings.Compare(y.Name, x.Name) })
		got := appendTo(t, t.TempDir(), c, a, workers, 16)
		if got.manifest.Digest != want.manifest.Digest {
			t.Errorf("%d workers, %d shards: another index", workers, workers)
		}
	}
}

// TestPriorsTellWhatWasFound compares an index with the removals and texts that it was made of.
func TestPriorsTellWhatWasFound(t *testing.T) {
	c := both()
	docs := twoSources()
	a := addition(t, c, "a", docs, 3)
	x := appendTo(t, t.TempDir(), c, a, 2, 16)
	all := slices.Concat(docs["paper"], docs["web"]) // by name
	gone := map[string]string{}
	for _, l := range removals(t, a.Removals) {
		gone[l.ID] = fmt.Sprintln(l.Kept, l.Similarity)
	}
	expected := 0
	for i, d := range all {
		if _, ok := gone[d.ID.String()]; !ok && i%3 != 0 {
			expected++
		}
	}
	priors := x.Priors()
	if len(priors) != 1 || priors[0].Name != "index/00000" {
		t.Fatalf("%d priors", len(priors))
	}
	p := priors[0]
	at, kept := 0, 0
	for shard, s := range p.Shards {
		sig, err := openSig(p.Dir, s.Name)
		if err != nil {
			t.Fatal(err)
		}
		if !sig.sameOptions(c.header(1)) || sig.docs != s.Docs {
			t.Errorf("shard %d: signed otherwise", shard)
		}
		err = p.Prior.Fates(ctx, shard, func(row int, f Fate) error {
			id := all[at+row].ID.String()
			stays := all[f.Kept.Shard*16+f.Kept.Index]
			if got := fmt.Sprintln(stays.ID, f.Similarity); f.Dataset != p.Name || gone[id] != got {
				t.Errorf("%s was removed for %s, want %s", id, got, gone[id])
			}
			delete(gone, id)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w, err := minhash.New(c.Near.options(1))
		if err != nil {
			t.Fatal(err)
		}
		want := func(row int) bool { return (at+row)%3 != 0 }
		err = p.Prior.Sets(ctx, shard, want, func(row int, set []uint32) error {
			if !want(row) || !slices.Equal(set, textShingles(nil, c.Near, w, all[at+row].Text)) {
				t.Errorf("row %d has other shingles", row)
			}
			kept++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		at += int(s.Docs)
	}
	if len(gone) > 0 || at != len(all) || kept != expected {
		t.Errorf("%d fates missing, %d documents of %d, %d sets, want %d", len(gone), at, len(all), kept, expected)
	}
}

func TestAppendTwice(t *testing.T) {
	c := both()
	dir := t.TempDir()
	first, second := addition(t, c, "a", twoSources(), 1), addition(t, c, "b", map[string][]quern.Doc{"new": withOrigins(plantedDocs("new", 7, 9))}, 2)
	x := appendTo(t, dir, c, first, 1, 16)
	before, err := IndexFor(dir, "b", c, 1)
	if err != nil {
		t.Fatal(err)
	}
	if before.Digest() != x.Digest() {
		t.Error("a run that has not appended sees another index")
	}
	y := appendTo(t, dir, c, second, 1, 16)
	if y.Digest() == x.Digest() || len(y.Priors()) != 2 {
		t.Error("the second increment is missing")
	}
	if z := appendTo(t, dir, c, second, 2, 16); z.Digest() != y.Digest() {
		t.Error("the same addition again changes the index")
	}
	for input, want := range map[quern.Digest]bool{second.Input: true, "sha256:other": false} {
		if has, err := Appended(dir, "b", input); err != nil || has != want {
			t.Errorf("has %s: %v, %v", input, has, err)
		}
	}
	if has, err := Appended(t.TempDir(), "b", second.Input); err != nil || has {
		t.Errorf("no index has it: %v, %v", has, err)
	}
	if b, err := IndexFor(dir, "b", c, 1); err != nil || b.Digest() != x.Digest() || len(b.Priors()) != 1 {
		t.Errorf("before its own increment a run sees another index than the first time: %v", err)
	}
	if b, err := IndexFor(dir, "a", c, 1); err != nil || len(b.Priors()) != 0 {
		t.Errorf("before the first increment: %v", err)
	} else if none, err := IndexFor(t.TempDir(), "a", c, 1); err != nil || none.Digest() != b.Digest() {
		t.Errorf("an empty index and none differ: %v", err)
	}
	other := addition(t, c, "b", map[string][]quern.Doc{"new": withOrigins(plantedDocs("new", 8, 5))}, 2)
	other.Input = "sha256:other"
	z := appendTo(t, dir, c, other, 1, 16)
	if len(z.Priors()) != 2 || z.Digest() == y.Digest() {
		t.Error("the last increment was not replaced")
	}
	names, err := z.dir.List("")
	if err != nil {
		t.Fatal(err)
	}
	appendTo(t, dir, c, addition(t, c, "c", map[string][]quern.Doc{"more": withOrigins(plantedDocs("more", 9, 5))}, 2), 1, 16)
	after, _ := z.dir.List("")
	for _, name := range names {
		if strings.HasPrefix(name, "00001/") && z.names()[name] != slices.Contains(after, name) {
			t.Errorf("%s: swept %v", name, !slices.Contains(after, name))
		}
	}
	other.Input = "sha256:another"
	if _, err := AppendIndex(ctx, dir, c, 1, other, 1); err == nil || !strings.Contains(err.Error(), "another name") {
		t.Errorf("an increment below another was replaced: %v", err)
	}
}

func TestForeignIndex(t *testing.T) {
	c := both()
	dir := t.TempDir()
	appendTo(t, dir, c, addition(t, c, "a", twoSources(), 1), 1, 16)
	for word, change := range map[string]func(*Config){
		"near.bands is 14 in the index, 20 in the spec":      func(c *Config) { c.Near.Bands = 20 },
		"near.verify is 0.8 in the index, 0.7 in the spec":   func(c *Config) { c.Near.Verify = .7 },
		"exact.spaces is true in the index, not set":         func(c *Config) { c.Exact.Spaces = false },
		`exact.by is not set in the index, "url"`:            func(c *Config) { c.Exact.By = "url" },
		"near.bands is 14 in the index, not set in the spec": func(c *Config) { c.Near = nil },
	} {
		o := both()
		change(&o)
		if _, err := IndexFor(dir, "b", o, 1); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want %s", err, word)
		}
	}
	if _, err := IndexFor(dir, "b", c, 2); err == nil || !strings.Contains(err.Error(), "seed is 1 in the index, 2") {
		t.Errorf("another seed: %v", err)
	}
	if _, err := OpenIndex(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no index: %v", err)
	}
	other := quern.Local(t.TempDir())
	if err := (&quern.Manifest{Step: "clean"}).Save(other); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenIndex(string(other)); err == nil || !strings.Contains(err.Error(), "no index") {
		t.Errorf("another dataset: %v", err)
	}
}

func TestTwoWriters(t *testing.T) {
	c := both()
	dir := t.TempDir()
	unlock, err := lockIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	a := addition(t, c, "a", twoSources(), 1)
	if _, err := AppendIndex(ctx, dir, c, 1, a, 1); !errors.Is(err, ErrIndexLocked) {
		t.Errorf("got %v", err)
	}
	unlock()
	if _, err := AppendIndex(ctx, dir, c, 1, a, 1); err != nil {
		t.Error(err)
	}
}

// TestChangedTexts: an index is not made of texts other than those that were signed.
func TestChangedTexts(t *testing.T) {
	c := both()
	for word, change := range map[string]func(s *texts){
		"is signed there":       func(s *texts) { s.parts[1][0].ID[0]++ },
		"fewer than are signed": func(s *texts) { s.parts[2] = s.parts[2][:3] },
		"shards of text":        func(s *texts) { s.parts = s.parts[:2] },
		"is signed":             func(s *texts) { s.parts[0] = append(s.parts[0], s.parts[0][0]) },
	} {
		a := addition(t, c, "a", map[string][]quern.Doc{"web": plantedDocs("web", 1, 10)}, 3)
		src := a.Sets[0].Texts.(texts)
		src.parts = slices.Clone(src.parts)
		for i := range src.parts {
			src.parts[i] = slices.Clone(src.parts[i])
		}
		change(&src)
		a.Sets[0].Texts = src
		dir := t.TempDir()
		if _, err := AppendIndex(ctx, dir, c, 1, a, 1); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want %s", err, word)
		}
		if _, err := OpenIndex(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a failed addition left an index: %v", word, err)
		}
	}
}

// TestDamagedIndex cuts and alters every blob. Whatever reads it says where, or answers as before.
func TestDamagedIndex(t *testing.T) {
	c := both()
	dir := t.TempDir()
	docs := plantedDocs("web", 1, 6)
	x := appendTo(t, dir, c, addition(t, c, "a", map[string][]quern.Doc{"web": withOrigins(docs)}, 1), 1, 16)
	ask := func() (string, error) {
		x, err := OpenIndex(dir)
		if err != nil {
			return "", err
		}
		var all strings.Builder
		for _, p := range x.Priors() {
			for shard := range p.Shards {
				if err := p.Prior.Fates(ctx, shard, func(row int, f Fate) error { fmt.Fprintln(&all, row, f); return nil }); err != nil {
					return "", err
				}
				every := func(int) bool { return true }
				if err := p.Prior.Sets(ctx, shard, every, func(row int, set []uint32) error { fmt.Fprintln(&all, row, set); return nil }); err != nil {
					return "", err
				}
			}
		}
		q, err := x.Querier()
		if err != nil {
			return "", err
		}
		defer q.Close()
		for i := range docs[:6] {
			a, err := q.Find(&docs[i], 0)
			if err != nil {
				return "", err
			}
			fmt.Fprintln(&all, a)
		}
		return all.String(), nil
	}
	want, err := ask()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range x.manifest.Shards[0].Blobs {
		path := filepath.Join(dir, filepath.FromSlash(b.Name))
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		step := max(1, len(whole)/61)
		told := 0
		for i := 0; i <= len(whole); i += step {
			bad := slices.Clone(whole)
			if i < len(whole) {
				bad[i] ^= 0x10
			} else {
				bad = bad[:len(bad)-1]
			}
			if err := os.WriteFile(path, bad, 0o666); err != nil {
				t.Fatal(err)
			}
			got, err := ask()
			switch {
			case err != nil && !strings.Contains(err.Error(), b.Name):
				t.Errorf("%s, byte %d: the error does not name it: %v", b.Name, i, err)
			case err != nil:
				told++
			case got != want:
				t.Errorf("%s, byte %d: another answer and no error", b.Name, i)
			case i == len(whole):
				t.Errorf("%s is cut and nobody says so", b.Name)
			}
			if v := x.Verify(ctx, 1); v == nil || !strings.Contains(v.Error(), b.Name) {
				t.Errorf("%s, byte %d: verified: %v", b.Name, i, v)
			}
		}
		if told < 30 && !strings.HasSuffix(b.Name, ".sig") { // which queries do not read
			t.Errorf("%s: %d of 62 changes are told", b.Name, told)
		}
		if err := os.WriteFile(path, whole, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestIndexBytes fails if what is written changes: raise indexVersion then.
func TestIndexBytes(t *testing.T) {
	dir := &quern.Memory{}
	c := Config{Near: &Near{Shingle: 1, Bands: 2, Rows: 1, Verify: 1}}
	h := c.header(1)
	h.docs = 3
	var cols [][]byte
	for col := range fixedColumns + h.bands {
		b := make([]byte, 3*width(col))
		for i := range b {
			b[i] = byte(i*7 + int(width(col)) + max(0, col-fixedColumns))
		}
		cols, h.sums = append(cols, b), append(h.sums, blockSum(b))
	}
	if _, err := writeSig(dir, "s", h, func(col int, write func([]byte)) error { write(cols[col]); return nil }); err != nil {
		t.Fatal(err)
	}
	sig, err := openSig(dir, "s")
	if err != nil {
		t.Fatal(err)
	}
	order, err := writeOrder(dir, "o", sig, nil)
	if err != nil {
		t.Fatal(err)
	}
	fates, err := writeFates(dir, "f", []fateEntry{{}, {row: 7, shard: 2, similarity: 9000, state: stateNear}, {state: stateTaken}})
	if err != nil {
		t.Fatal(err)
	}
	w, err := newBlockWriter(dir, "b", kindDocs)
	if err != nil {
		t.Fatal(err)
	}
	for row, d := range []docRecord{{id: quern.NewID("a"), hash: [2]uint64{1, 2}, origin: []byte("https://a.example")},
		{id: quern.NewID("b"), kept: quern.NewID("a"), dataset: 1, state: stateExact, similarity: 10000}} {
		if err := w.put(uint32(2*row), d.append(nil)); err != nil {
			t.Fatal(err)
		}
	}
	blocks, err := w.commit()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []struct {
		got, want quern.Digest
	}{
		{order.Digest, "sha256:79ecde19065c59f65efdcebdcf1458e1e88fd1c50f1149bbbb050d5940a351e6"},
		{fates.Digest, "sha256:33b5ee1cf22986aa7fd3b0b543fa38ef4a008b816672fb2b329923398f962e4f"},
		{blocks.Digest, "sha256:43d4d8428ae2bfc926b512aa405e06a8f1748b6b322e02b6dad198c75a539bf7"},
	} {
		if b.got != b.want {
			t.Errorf("digest %s, want %s", b.got, b.want)
		}
	}
}

func TestIndexOfNothing(t *testing.T) {
	c := both()
	dir := t.TempDir()
	x := appendTo(t, dir, c, addition(t, c, "empty", map[string][]quern.Doc{"web": nil}, 1), 1, 16)
	y := appendTo(t, dir, c, addition(t, c, "more", map[string][]quern.Doc{"web": plantedDocs("web", 1, 2)}, 1), 1, 16)
	if len(x.Priors()) != 1 || len(y.Priors()) != 2 || y.state.Increments[1].Docs == 0 {
		t.Errorf("%+v", y.state.Increments)
	}
	if i := y.increment(0); i != 1 {
		t.Errorf("shard 0 is of increment %d", i)
	}
}

// TestInterruptedWriters: what an addition that failed or died left behind changes nothing, and the next writer sweeps it.
func TestInterruptedWriters(t *testing.T) {
	c := both()
	dir := t.TempDir()
	x := appendTo(t, dir, c, addition(t, c, "a", twoSources(), 1), 1, 16)
	b := addition(t, c, "b", map[string][]quern.Doc{"new": withOrigins(plantedDocs("new", 7, 9))}, 2)
	blocked := filepath.Join(dir, "00001")
	if err := os.WriteFile(blocked, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := AppendIndex(ctx, dir, c, 1, b, 2); err == nil {
		t.Fatal("written through a file")
	}
	if y, err := OpenIndex(dir); err != nil || y.manifest.Digest != x.manifest.Digest {
		t.Errorf("a failed addition changed the index: %v", err)
	}
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	stray := []string{"00001/00000.sig", "00007/00000.shingles", "00000/.tmp-1-1-00000.docs", "taken-down-3.jsonl"}
	for _, name := range append(stray, "notes.txt") {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte("half"), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	clean := appendTo(t, t.TempDir(), c, addition(t, c, "a", twoSources(), 1), 1, 16)
	clean = appendTo(t, string(clean.dir), c, b, 1, 16)
	if y := appendTo(t, dir, c, b, 2, 16); y.manifest.Digest != clean.manifest.Digest {
		t.Error("what was left behind is in the index")
	}
	for _, name := range stray {
		whole, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err == nil && string(whole) == "half" {
			t.Errorf("%s was not swept", name)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "notes.txt")); err != nil {
		t.Error("a file that is none of the index was removed")
	}
}
