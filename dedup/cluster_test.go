package dedup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup/minhash"
)

// texts is a text dataset in memory: a slice of documents per shard.
type texts struct {
	name  string
	parts [][]quern.Doc
}

func (s texts) Units(context.Context) ([]quern.Unit, error) {
	var units []quern.Unit
	for i := range s.parts {
		units = append(units, quern.Unit{Name: fmt.Sprintf("%s-%d", s.name, i), Source: s.name, Parts: []quern.Part{{From: int64(i)}}})
	}
	return units, nil
}

func (s texts) Docs(_ context.Context, u quern.Unit) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		shard := int(u.Parts[0].From)
		for i, d := range s.parts[shard] {
			d.Row = quern.Row{Shard: shard, Index: i}
			d.Text = bytes.Clone(d.Text)
			if !yield(&d, nil) {
				return
			}
		}
	}
}

// everyDoc reads a source from its first unit to its last.
func everyDoc(src quern.Source) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		units, err := src.Units(context.Background())
		if err != nil {
			yield(nil, err)
			return
		}
		for _, u := range units {
			for d, err := range src.Docs(context.Background(), u) {
				if !yield(d, err) {
					return
				}
			}
		}
	}
}

// dataset signs documents, cut into n shards.
func dataset(t testing.TB, c Config, seed uint64, name, domain string, docs []quern.Doc, n int) Dataset {
	t.Helper()
	src := texts{name: name}
	for i := range n {
		src.parts = append(src.parts, docs[i*len(docs)/n:(i+1)*len(docs)/n])
	}
	dir := &quern.Memory{}
	m, err := quern.Pass{Source: src, Workers: 1, Sink: func(i int, u quern.Unit) (quern.Sink, error) {
		return c.Signer(seed, dir, fmt.Sprintf("%05d", i))
	}}.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return Dataset{Name: name, Domain: domain, Dir: dir, Shards: m.Shards, Texts: src}
}

func newDoc(source, key, text string) quern.Doc {
	return quern.Doc{ID: quern.NewID(source, key), Source: source, Domain: source, Text: []byte(text)}
}

func cluster(t testing.TB, c Config, sets []Dataset, mem int64, workers int) (Result, *quern.Memory) {
	t.Helper()
	out := &quern.Memory{}
	r, err := Cluster(context.Background(), c, 1, sets, out, t.TempDir(), mem, workers)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Ledger.Check(); err != nil {
		t.Error(err)
	}
	if err := (&quern.Manifest{Shards: r.Shards}).Verify(out, true); err != nil {
		t.Error(err)
	}
	return r, out
}

// readLines decodes the JSON lines of a blob.
func readLines[T any](dir quern.Dir, name string, f func(T) error) error {
	b, err := quern.ReadBlob(dir, name)
	if err != nil {
		return err
	}
	z, err := zstd.NewReader(nil)
	if err != nil {
		return err
	}
	defer z.Close()
	if b, err = z.DecodeAll(b, nil); err != nil {
		return err
	}
	for line := range bytes.Lines(b) {
		var l T
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&l); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
		if err := f(l); err != nil {
			return err
		}
	}
	return nil
}

func removals(t testing.TB, out quern.Dir) (all []removal) {
	t.Helper()
	if err := readLines(out, removalsName, func(l removal) error { all = append(all, l); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

func both() Config {
	e, n := DefaultExact(), DefaultNear()
	return Config{Exact: &e, Near: &n, Prefer: []string{"paper", "web"}}
}

// planted makes base texts of 120 words and edited copies of them, from one word changed to half of them, and template pages that
// share 60 % of their words.
func planted(seed uint64, n int) []string {
	r := rand.New(rand.NewPCG(seed, 3))
	word := func() string { return fmt.Sprintf("w%c%c%c", 'a'+r.IntN(26), 'a'+r.IntN(26), 'a'+r.IntN(26)) }
	fresh := func(k int) []string {
		w := make([]string, k)
		for i := range w {
			w[i] = word()
		}
		return w
	}
	template := fresh(100)
	var out []string
	for i := range n {
		base := fresh(120)
		out = append(out, strings.Join(base, " "))
		for range i % 4 {
			c := slices.Clone(base)
			for range []int{1, 2, 4, 8, 30}[r.IntN(5)] {
				c[r.IntN(len(c))] = word()
			}
			out = append(out, strings.Join(c, " "))
		}
		if i%3 == 0 {
			out = append(out, strings.Join(append(fresh(8+r.IntN(60)), template...), " "))
		}
		if i%5 == 0 {
			out = append(out, "  "+strings.Join(base, "\n"))
		}
	}
	return out
}

func plantedDocs(source string, seed uint64, n int) []quern.Doc {
	var docs []quern.Doc
	for i, text := range planted(seed, n) {
		docs = append(docs, newDoc(source, fmt.Sprint(i), text))
	}
	return docs
}

// TestAgainstAllPairs compares with the truth by brute force.
func TestAgainstAllPairs(t *testing.T) {
	c := both()
	docs := plantedDocs("web", 1, 150)
	_, out := cluster(t, c, []Dataset{dataset(t, c, 1, "web", "web", docs, 3)}, 0, 2)
	byID := map[string]int{}
	sets := make([][]uint32, len(docs))
	signer, err := minhash.New(DefaultNear().options(1))
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range docs {
		byID[d.ID.String()] = i
		sets[i] = shingleSet(nil, signer.Shingles(d.Text))
	}
	gone := map[int]bool{}
	for _, l := range removals(t, out) {
		gone[byID[l.ID]] = true
	}
	for _, l := range removals(t, out) {
		a, b := byID[l.ID], byID[l.Kept]
		j := jaccard(sets[a], sets[b])
		if j < c.Near.Verify || j-l.Similarity > 1e-4 || l.Similarity > j+1e-6 {
			t.Errorf("%s is removed for %s at %v, the truth is %v", l.ID, l.Kept, l.Similarity, j)
		}
		if gone[b] {
			t.Errorf("%s is removed for %s, which goes too", l.ID, l.Kept)
		}
		if l.Reason == string(DroppedExact) && strings.Join(strings.Fields(string(docs[a].Text)), " ") != strings.Join(strings.Fields(string(docs[b].Text)), " ") {
			t.Errorf("%s and %s are no exact duplicates", l.ID, l.Kept)
		}
	}
	left, all := 0, 0 // similar pairs, and those of which both stay
	for i := range sets {
		for j := range i {
			if jaccard(sets[i], sets[j]) >= c.Near.Verify {
				all++
				if !gone[i] && !gone[j] {
					left++
				}
			}
		}
	}
	t.Logf("%d documents, %d removed, %d of %d similar pairs are left", len(docs), len(gone), left, all)
	if all < 50 || float64(left) > .05*float64(all) {
		t.Errorf("%d of %d similar pairs are left", left, all)
	}
}

// TestOrderSplitAndWorkers reverses the documents, cuts them otherwise, swaps the datasets and uses other workers and memory.
func TestOrderSplitAndWorkers(t *testing.T) {
	c := both()
	web, paper := plantedDocs("web", 1, 80), plantedDocs("paper", 2, 30)
	for i := range paper[:20] { // papers that stand on the web too
		paper[i].Text = web[2*i].Text
	}
	verdicts := func(out quern.Dir) string {
		var s []string
		for _, l := range removals(t, out) {
			s = append(s, fmt.Sprint(l.ID, l.Kept, l.Similarity, l.Reason, l.Dataset))
		}
		err := readLines(out, groupsName, func(l member) error {
			s = append(s, fmt.Sprint(l.ID, l.Group, l.Size))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(s)
		return strings.Join(s, "\n")
	}
	r, out := cluster(t, c, []Dataset{dataset(t, c, 1, "web", "web", web, 1), dataset(t, c, 1, "paper", "paper", paper, 1)}, 0, 1)
	want := verdicts(out)
	for _, l := range removals(t, out) {
		if l.Dataset == "paper" && slices.ContainsFunc(web, func(d quern.Doc) bool { return d.ID.String() == l.Kept }) {
			t.Errorf("a paper is removed for a web page, though papers are preferred: %+v", l)
		}
	}
	if r.Clusters == 0 || r.Verified == 0 || r.Candidates < r.Verified || len(r.Examples) != maxExamples {
		t.Errorf("%d candidates, %d verified, %d clusters, %d examples", r.Candidates, r.Verified, r.Clusters, len(r.Examples))
	}
	web, paper = slices.Clone(web), slices.Clone(paper)
	slices.Reverse(web)
	slices.Reverse(paper)
	for _, workers := range []int{1, 2, 7} {
		s, again := cluster(t, c, []Dataset{dataset(t, c, 1, "paper", "paper", paper, 4), dataset(t, c, 1, "web", "web", web, 5)}, leastWorking+bytesPerDoc*1000, workers)
		if verdicts(again) != want {
			t.Errorf("%d workers, reversed and split otherwise: other verdicts", workers)
		}
		if s.Candidates != r.Candidates || s.Verified != r.Verified || s.Clusters != r.Clusters {
			t.Errorf("%d workers: %d, %d, %d; want %d, %d, %d", workers, s.Candidates, s.Verified, s.Clusters, r.Candidates, r.Verified, r.Clusters)
		}
	}
}

// TestNoChains: b is near a and c is near b, but c is not near a; so c stays, in one group with a.
func TestNoChains(t *testing.T) {
	c := both()
	var words []string
	for i := range 300 {
		words = append(words, fmt.Sprintf("w%c%c", 'a'+i/26, 'a'+i%26))
	}
	text := func(from int) string { return strings.Join(words[from:from+200], " ") }
	docs := []quern.Doc{newDoc("paper", "a", text(0)), newDoc("web", "b", text(18)), newDoc("code", "c", text(36))}
	_, out := cluster(t, c, []Dataset{dataset(t, c, 1, "code", "code", docs[2:], 1), dataset(t, c, 1, "paper", "paper", docs[:1], 1),
		dataset(t, c, 1, "web", "web", docs[1:2], 1)}, 0, 1)
	got := removals(t, out)
	if len(got) != 1 || got[0].ID != docs[1].ID.String() || got[0].Kept != docs[0].ID.String() {
		t.Errorf("removed: %+v, want b for a", got)
	}
	r, err := LoadRemovals(out)
	if err != nil {
		t.Fatal(err)
	}
	for d, err := range r.Survivors(texts{"paper", [][]quern.Doc{docs[:1]}}, "paper").Docs(t.Context(), quern.Unit{Parts: []quern.Part{{}}}) {
		if err != nil || d.Group != docs[0].ID || d.Copies != 2 {
			t.Errorf("a is in group %s and stands for %d documents, want its own and 2: %v", d.Group, d.Copies, err)
		}
	}
}

func TestSurvivors(t *testing.T) {
	c := both()
	docs := plantedDocs("web", 5, 40)
	set := dataset(t, c, 1, "web", "web", docs, 3)
	res, out := cluster(t, c, []Dataset{set}, 0, 2)
	r, err := LoadRemovals(out)
	if err != nil {
		t.Fatal(err)
	}
	src := r.Survivors(set.Texts, "web")
	if err := quern.CheckSource(context.Background(), src); err != nil {
		t.Error(err)
	}
	units, _ := src.Units(context.Background())
	kept, grouped := int64(0), 0
	for d, err := range everyDoc(src) {
		if err != nil {
			t.Fatal(err)
		}
		kept++
		if !d.Group.IsZero() {
			grouped++
		}
		if d.Copies >= 2 && d.Group.IsZero() {
			t.Errorf("%s stands for %d documents and is in no group", d.ID, d.Copies)
		}
	}
	if kept != res.Ledger.Total(quern.Kept, "").Docs || kept+int64(len(removals(t, out))) != int64(len(docs)) || grouped == 0 {
		t.Errorf("%d survivors of %d, %d in groups; the ledger keeps %d", kept, len(docs), grouped, res.Ledger.Total(quern.Kept, "").Docs)
	}
	other := r.Survivors(set.Texts, "another")
	n := 0
	for range other.Docs(context.Background(), units[0]) {
		n++
	}
	if n != len(set.Texts.(texts).parts[0]) {
		t.Error("rows of another dataset are removed")
	}
}

func TestShortAndEmptyDocuments(t *testing.T) {
	c := both()
	docs := []quern.Doc{newDoc("web", "1", "too short"), newDoc("web", "2", "too  short "), newDoc("web", "3", "TOO SHORT"), newDoc("web", "4", ""), newDoc("web", "5", " ")}
	_, out := cluster(t, c, []Dataset{dataset(t, c, 1, "web", "web", docs, 2)}, 0, 2)
	got := removals(t, out)
	if len(got) != 2 || got[0].Reason != "dedup.exact" || got[1].Reason != "dedup.exact" {
		t.Errorf("removed: %+v, want one of the first two and one of the empty ones", got)
	}
	near := both()
	near.Exact = nil
	if _, out = cluster(t, near, []Dataset{dataset(t, near, 1, "web", "web", docs, 2)}, 0, 2); len(removals(t, out)) != 0 {
		t.Error("documents without shingles are near duplicates")
	}
	exact := both()
	exact.Near = nil
	if _, out = cluster(t, exact, []Dataset{dataset(t, exact, 1, "web", "web", docs, 2)}, 0, 2); len(removals(t, out)) != 2 {
		t.Error("exact alone finds other duplicates")
	}
}

// TestOneRecordTwice: equal IDs and texts are told apart by their place.
func TestOneRecordTwice(t *testing.T) {
	c := both()
	d := newDoc("web", "1", "one two three four five six seven")
	other := d
	other.Text = []byte("another text under the same identity")
	r, out := cluster(t, c, []Dataset{dataset(t, c, 1, "web", "web", []quern.Doc{d, other, d, d}, 2)}, 0, 1)
	if got := removals(t, out); len(got) != 2 || r.Clusters != 1 || got[0].Shard != 1 {
		t.Errorf("removed: %+v", got)
	}
}

func TestClusterRefuses(t *testing.T) {
	c := both()
	docs := plantedDocs("web", 1, 20)
	set := dataset(t, c, 1, "web", "web", docs, 2)
	f := func(word string, c Config, seed uint64, mem int64, sets ...Dataset) {
		t.Helper()
		out := &quern.Memory{}
		_, err := Cluster(context.Background(), c, seed, sets, out, t.TempDir(), mem, 2)
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want an error about %q", err, word)
		}
		if names, _ := out.List(""); len(names) > 0 {
			t.Errorf("%s: %v was written", word, names)
		}
	}
	f("another seed", c, 2, 0, set)
	other := both()
	other.Near.Bands = 13
	f("other options", other, 1, 0, set)
	f("neither", Config{}, 1, 0, set)
	f("differ", c, 1, 0, set, set)
	f("memory", c, 1, 1<<20, set)
	changed := set
	moved := slices.Clone(docs)
	slices.Reverse(moved)
	changed.Texts = texts{"web", [][]quern.Doc{moved[:len(docs)/2], moved[len(docs)/2:]}}
	f("is signed there", c, 1, 0, changed)
	changed.Texts = texts{"web", [][]quern.Doc{docs[:len(docs)/2]}}
	f("shards of text", c, 1, 0, changed)
	changed.Texts = texts{"web", [][]quern.Doc{docs, nil}}
	f("that were signed", c, 1, 0, changed)
	changed = set
	changed.Shards = slices.Clone(set.Shards)
	changed.Shards[0].Docs++
	f("manifest says", c, 1, 0, changed)
	changed.Shards = []quern.Shard{{Name: "absent"}}
	f(fs.ErrNotExist.Error(), c, 1, 0, changed)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Cluster(ctx, c, 1, []Dataset{set}, &quern.Memory{}, t.TempDir(), 0, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}

// TestTemplates: pages of one template that differ in a sixth of their words all stay, though chains of band collisions join them;
// copies with one word changed all go but one or two, though their bucket is large.
func TestTemplates(t *testing.T) {
	c := both()
	r := rand.New(rand.NewPCG(4, 4))
	letters := func() string { // no digits: all numbers are one word
		return strings.Map(func(c rune) rune { return c + 'a' - '0' }, fmt.Sprint(r.IntN(1<<20)))
	}
	var template []string
	for range 150 {
		template = append(template, letters())
	}
	var pages, copies []quern.Doc
	for i := range 1500 {
		page := slices.Clone(template)
		for range 30 {
			page = append(page, letters())
		}
		pages = append(pages, newDoc("web", fmt.Sprint("page", i), strings.Join(page, " ")))
		same := slices.Clone(template)
		slices.Reverse(same)
		same[r.IntN(len(same))] = letters()
		copies = append(copies, newDoc("web", fmt.Sprint("copy", i), strings.Join(same, " ")))
	}
	res, out := cluster(t, c, []Dataset{dataset(t, c, 1, "web", "web", pages, 2)}, 0, 2)
	if n := len(removals(t, out)); n > 0 || res.Candidates == 0 {
		t.Errorf("%d pages of a template are removed, %d pairs were considered", n, res.Candidates)
	}
	res, out = cluster(t, c, []Dataset{dataset(t, c, 1, "web", "web", copies, 2)}, 0, 2)
	if n := len(removals(t, out)); n < len(copies)-2 {
		t.Errorf("%d of %d copies are removed", n, len(copies))
	}
	if most := int64(len(copies) * c.Near.Bands * (representatives + neighbors)); res.Candidates > most {
		t.Errorf("%d pairs were considered, want at most %d", res.Candidates, most)
	}
}

// shingleSet is the distinct shingles, sorted.
func shingleSet(dst []uint32, hashes []uint64) []uint32 {
	var set hashSet
	dst = distinct(&set, dst, hashes)
	slices.Sort(dst)
	return dst
}
