package dedup

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup/minhash"
	corpora "github.com/seed-83c59573/quern/dedup/planted"
)

func plantedCorpus(t testing.TB, docs int, change func(*corpora.Config)) *corpora.Corpus {
	t.Helper()
	c := corpora.Default(docs)
	c.Words, c.PerUnit = 120, 1000
	if change != nil {
		change(&c)
	}
	g, err := corpora.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// signed signs what a source yields.
func signed(t testing.TB, c Config, src quern.Source, name string) Dataset {
	t.Helper()
	dir := &quern.Memory{}
	m, err := quern.Pass{Source: src, Workers: 2, Sink: func(i int, u quern.Unit) (quern.Sink, error) {
		return c.Signer(1, dir, fmt.Sprintf("%05d", i))
	}}.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return Dataset{Name: name, Domain: name, Dir: dir, Shards: m.Shards, Texts: src}
}

// rulings are the removals without their places, by ID.
func rulings(t testing.TB, out quern.Dir) []string {
	t.Helper()
	var all []string
	for _, l := range removals(t, out) {
		all = append(all, fmt.Sprint(l.ID, l.Kept, l.Similarity, l.Reason))
	}
	slices.Sort(all)
	return all
}

// curve is the chance of two documents of similarity s to share a band.
func curve(n Near, s float64) float64 {
	return 1 - math.Pow(1-math.Pow(s, float64(n.Rows)), float64(n.Bands))
}

// TestPlantedDuplicatesAreFound: of the pairs that are planted as similar enough, as many are settled as the bands promise, no document
// is removed for one of another family, and similarities are those that were planted.
func TestPlantedDuplicatesAreFound(t *testing.T) {
	g := plantedCorpus(t, 20_000, func(c *corpora.Config) { c.Near, c.Chain, c.Templates = 600, 0, 0 })
	c := both()
	_, out := cluster(t, c, []Dataset{signed(t, c, g, "web")}, 0, 2)
	number := map[string]int{}
	for i := range g.Count {
		number[g.ID(i).String()] = i
	}
	gone := make([]bool, g.Count)
	for _, l := range removals(t, out) {
		i, kept := number[l.ID], number[l.Kept]
		gone[i] = true
		x, y := g.Truth(i), g.Truth(kept)
		if x.Family != y.Family || l.Similarity < c.Near.Verify {
			t.Fatalf("%+v is removed for %+v at %v", x, y, l.Similarity)
		}
		if x.Origin == kept && math.Abs(l.Similarity-x.Similarity) > .01 {
			t.Errorf("%+v is said to be %v like its origin", x, l.Similarity)
		}
	}
	pairs, settled, expected := 0, 0, 0.
	for i := range gone {
		truth := g.Truth(i)
		switch {
		case truth.Kind == corpora.Copy && !gone[i] && !gone[truth.Origin]:
			t.Errorf("document %d and its copy %d both stay", truth.Origin, i)
		case truth.Kind == corpora.Near && truth.Similarity >= c.Near.Verify+.005:
			pairs++
			expected += curve(*c.Near, truth.Similarity)
			if gone[i] || gone[truth.Origin] {
				settled++
			}
		}
	}
	t.Logf("%d pairs: %d settled, the bands promise %.1f", pairs, settled, expected)
	if pairs < 4000 || float64(settled) < expected-.005*float64(pairs) {
		t.Errorf("%d of %d pairs are settled, want at least %.1f", settled, pairs, expected-.005*float64(pairs))
	}
}

// whole hides that a source can yield some rows alone.
type whole struct{ quern.Source }

// TestBudgetsSplitsAndWorkers: with the least memory everything spills, and nothing changes.
func TestBudgetsSplitsAndWorkers(t *testing.T) {
	const docs = 8000
	for _, clusters := range []string{ClustersStar, ClustersChain} {
		c := both()
		c.Near.Clusters = clusters
		c.Near.Verify = .75
		run := func(perUnit int, mem int64, workers int) (Result, []string) {
			g := plantedCorpus(t, docs, func(c *corpora.Config) { c.PerUnit, c.Pages, c.Near = perUnit, 500, 300 })
			set := signed(t, c, g, "web")
			if perUnit == 700 {
				set.Texts = whole{g}
			}
			r, out := cluster(t, c, []Dataset{set}, mem, workers)
			return r, rulings(t, out)
		}
		r, want := run(1000, 0, 1)
		if len(want) < docs/5 {
			t.Fatalf("only %d removals", len(want))
		}
		for _, x := range []struct {
			perUnit int
			mem     int64
			workers int
		}{{1000, leastWorking + bytesPerDoc*docs, 1}, {700, leastWorking + bytesPerDoc*docs, 2}, {8000, 0, 2}, {5000, leastWorking + bytesPerDoc*docs, 7}} {
			s, got := run(x.perUnit, x.mem, x.workers)
			if !slices.Equal(got, want) {
				t.Errorf("%s, %+v: %d removals, want the same %d", clusters, x, len(got), len(want))
			}
			if s.Candidates != r.Candidates || s.Verified != r.Verified || s.Clusters != r.Clusters || fmt.Sprint(s.Losses) != fmt.Sprint(r.Losses) ||
				fmt.Sprint(s.Warnings) != fmt.Sprint(r.Warnings) {
				t.Errorf("%s, %+v: %+v, want %+v", clusters, x, s, r)
			}
		}
	}
}

// TestShinglesThatDoNotFit reads sets one by one when a part is larger than a worker may hold.
func TestShinglesThatDoNotFit(t *testing.T) {
	s := newSpill(t.TempDir(), "sets", 1, 2, 1)
	var want [300][]uint32
	for i := range want {
		rec := []byte{byte(i), byte(i >> 8), 0, 0, byte(i % 50), 0, 0, 0}
		for j := range i % 50 {
			want[i] = append(want[i], uint32(j*i))
			rec = append(rec, byte(j*i), byte(j*i>>8), 0, 0)
		}
		if err := s.writers[i%2].put(0, rec); err != nil {
			t.Fatal(err)
		}
	}
	for _, budget := range []int64{1 << 20, 2000} {
		l := loader{budget: budget}
		if err := l.load(s, 0); err != nil {
			t.Fatal(err)
		}
		if l.inCore != (budget > 2000) {
			t.Fatalf("%d bytes: in memory is %v", budget, l.inCore)
		}
		for i := range 2 * len(want) {
			i = i * 7 % len(want)
			if got, err := l.get(uint32(i)); err != nil || !slices.Equal(got, want[i]) {
				t.Fatalf("budget %d: set %d is %v, want %v; %v", budget, i, got, want[i], err)
			}
			if l.held > budget {
				t.Fatalf("%d bytes are held, the budget is %d", l.held, budget)
			}
		}
		if _, err := l.get(1000); err == nil {
			t.Error("a set that is not there is found")
		}
	}
	s.close()
}

// TestScratchThatIsFull: a full disk is an error with the file's name.
func TestScratchThatIsFull(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("needs /dev/full:", err)
	}
	dir := t.TempDir()
	if err := os.Symlink("/dev/full", dir+"/edges-0"); err != nil {
		t.Fatal(err)
	}
	s := newEdges(dir, 1000, 1, 1)
	defer s.close()
	var err error
	for i := uint32(0); i < 100_000 && err == nil; i++ {
		err = s.add(0, newEdge(i%999+1, i%500))
	}
	if err == nil || !strings.Contains(err.Error(), "edges-0: offset 0: ") {
		t.Errorf("got %v, want an error about the full disk", err)
	}
}

// TestChainsWipeASourceAndStarsKeepIt is why clusters are stars: each page of a chain is .85 like the next, its ends have nothing in
// common, and transitive closure keeps one page of 900.
func TestChainsWipeASourceAndStarsKeepIt(t *testing.T) {
	g := plantedCorpus(t, 2000, func(c *corpora.Config) { c.Near, c.Copies, c.Templates, c.Chain = 0, 0, 0, 900 })
	c := both()
	set := signed(t, c, g, "chained")
	run := func(verify float64, clusters string) (Loss, []removal, Result) {
		c.Near.Verify, c.Near.Clusters = verify, clusters
		r, out := cluster(t, c, []Dataset{set}, 0, 2)
		return r.Losses[0], removals(t, out), r
	}
	star, lines, r := run(.8, ClustersStar)
	for _, l := range lines {
		if l.Similarity < .8 {
			t.Errorf("%+v", l)
		}
	}
	if star.Docs != 2000 || star.Near < 800 || star.Near > 1150 || star.Closure < 1700 || len(r.Warnings) > 0 {
		t.Errorf("of chains the star loses %+v, want about half of 1,800, and nearly all to closure; %v", star, r.Warnings)
	}
	if strict, _, _ := run(.9, ClustersStar); strict.Near != 0 || strict.Closure != star.Closure {
		t.Errorf("with verify .9 the star loses %+v, want none", strict)
	}
	chain, lines, r := run(.8, ClustersChain)
	unlike := 0
	for _, l := range lines {
		if l.Similarity < .1 {
			unlike++
		}
	}
	if chain.Near < 1600 || unlike < 1000 || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "less than 0.8 similar") {
		t.Errorf("the chain loses %+v, %d of them for a document that is unlike them; %v", chain, unlike, r.Warnings)
	}
	blind, lines, r := run(0, ClustersChain)
	if blind.Near != star.Closure || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "nobody has compared") || lines[0].Reason != string(DroppedUnverified) {
		t.Errorf("unverified, the chain loses %+v, %d were foretold; %v", blind, star.Closure, r.Warnings)
	}
	if blind, _, _ := run(0, ClustersStar); blind.Near < star.Near || blind.Near >= star.Closure {
		t.Errorf("unverified, the star loses %+v", blind)
	}
	testGuard(t, c, set)
}

func testGuard(t *testing.T, c Config, set Dataset) {
	c.Near.Verify, c.Near.Clusters, c.Guard = .8, ClustersChain, &Guard{Loss: 75, Action: GuardStop}
	out := &quern.Memory{}
	_, err := Cluster(t.Context(), c, 1, []Dataset{set}, out, t.TempDir(), 0, 2)
	for _, word := range []string{"guard: chained loses ", " of 2000 documents (", "more than the 75 %", " stays for ", "such as ", "of similarity 0", "shard 1, row "} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want an error about %q", err, word)
		}
	}
	if names, _ := out.List(""); len(names) > 0 {
		t.Errorf("%v was written", names)
	}
	c.Guard.Action = GuardWarn
	if r, _ := cluster(t, c, []Dataset{set}, 0, 2); len(r.Warnings) != 2 || "dedup: guard: "+r.Warnings[1] != err.Error() {
		t.Errorf("warnings %v, want what stops else: %v", r.Warnings, err)
	}
	c.Near.Clusters = ClustersStar
	if r, _ := cluster(t, c, []Dataset{set}, 0, 2); len(r.Warnings) != 0 {
		t.Errorf("the star trips the guard: %v", r.Warnings)
	}
}

// TestLargeTemplates: 5,000 pages that share nine tenths become few, with linear work.
func TestLargeTemplates(t *testing.T) {
	const docs = 5500
	g := plantedCorpus(t, docs, func(c *corpora.Config) { c.Near, c.Copies, c.Chain, c.Templates = 0, 0, 0, 910 })
	c := both()
	r, out := cluster(t, c, []Dataset{signed(t, c, g, "web")}, 0, 2)
	pages := int64(5000)
	if l := r.Losses[0]; l.Near < pages*95/100 || r.Candidates > int64(docs*c.Near.Bands*(representatives+neighbors)) {
		t.Errorf("%+v of %d pages, %d candidates", l, pages, r.Candidates)
	}
	most := 0
	if err := readLines(out, groupsName, func(m member) error { most = max(most, m.Copies); return nil }); err != nil || most < 4000 {
		t.Errorf("the most that a document stays for is %d: %v", most, err)
	}
}

// TestAllAlike: all documents are one, or one with a word changed.
func TestAllAlike(t *testing.T) {
	c := both()
	base := strings.Fields(planted1())
	var same, near []quern.Doc
	for i := range 3000 {
		same = append(same, newDoc("web", fmt.Sprint("same", i), strings.Join(base, " ")))
		words := slices.Clone(base)
		words[i%len(words)] = fmt.Sprintf("x%c%c%c", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26)
		near = append(near, newDoc("web", fmt.Sprint("near", i), strings.Join(words, " ")))
	}
	r, out := cluster(t, c, []Dataset{dataset(t, c, 1, "web", "web", same, 7)}, 0, 2)
	if got := removals(t, out); len(got) != len(same)-1 || r.Clusters != 1 || r.Candidates != 0 {
		t.Errorf("%d of %d equal documents are removed, in %d clusters, %d pairs were considered", len(got), len(same), r.Clusters, r.Candidates)
	}
	if _, out := cluster(t, c, []Dataset{dataset(t, c, 1, "web", "web", near, 7)}, 0, 2); len(removals(t, out)) != len(near)-1 {
		t.Errorf("%d of %d like documents are removed", len(removals(t, out)), len(near))
	}
}

func planted1() string { return planted(9, 1)[0] }

// TestCopiesAddUp: the survivors say for how many documents the survivors stand.
func TestCopiesAddUp(t *testing.T) {
	g := plantedCorpus(t, 3000, nil)
	c := both()
	set := signed(t, c, g, "web")
	_, out := cluster(t, c, []Dataset{set}, 0, 2)
	r, err := LoadRemovals(out)
	if err != nil {
		t.Fatal(err)
	}
	src := r.Survivors(g, "web")
	units, _ := src.Units(t.Context())
	sum, many := 0, 0
	for d, err := range everyDoc(src) {
		if err != nil {
			t.Fatal(err)
		}
		sum += max(1, d.Copies)
		if d.Copies > 1 {
			many++
		}
		if d.Copies > 0 && d.Group.IsZero() {
			t.Errorf("%s stands for %d documents and has no group", d.ID, d.Copies)
		}
	}
	if sum != g.Count || many == 0 {
		t.Errorf("%d survivors stand for others, all together for %d documents, want %d", many, sum, g.Count)
	}
	n, all := 0, 0
	for d, err := range src.(picker).Some(t.Context(), units[1], func(row int) bool { return row%3 == 0 }) {
		if err != nil || d.Row.Index%3 != 0 {
			t.Fatal(d.Row, err)
		}
		n++
	}
	for d := range src.Docs(t.Context(), units[1]) {
		if d.Row.Index%3 == 0 {
			all++
		}
	}
	if n != all || n == 0 {
		t.Errorf("%d survivors of some rows, want %d", n, all)
	}
}

// memoryPrior remembers the removals of earlier runs.
type memoryPrior struct {
	src   quern.Source
	near  Near
	fates map[quern.Row]Fate
}

func (p *memoryPrior) Fates(_ context.Context, shard int, f func(row int, fate Fate) error) error {
	for row := range 1 << 12 {
		if x, ok := p.fates[quern.Row{Shard: shard, Index: row}]; ok {
			if err := f(row, x); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *memoryPrior) Sets(ctx context.Context, shard int, want func(row int) bool, f func(row int, set []uint32) error) error {
	units, err := p.src.Units(ctx)
	if err != nil {
		return err
	}
	signer, err := minhash.New(p.near.options(0))
	if err != nil {
		return err
	}
	for d, err := range some(ctx, p.src, units[shard], want) {
		if err != nil {
			return err
		}
		if err := f(d.Row.Index, shingleSet(nil, signer.Shingles(d.Text))); err != nil {
			return err
		}
	}
	return nil
}

// TestIncrements: a corpus that comes in ten increments loses what it loses at once, document by document and for the same reasons.
func TestIncrements(t *testing.T) {
	const docs, increments = 5000, 10
	g := plantedCorpus(t, docs, func(c *corpora.Config) { c.PerUnit, c.Pages = docs/increments, 200 })
	c := both()
	c.Prefer = nil
	c.Near.Verify = .75
	var sets []Dataset
	for i := range increments {
		name := fmt.Sprint("increment", i)
		c.Prefer = append(c.Prefer, name)
		sets = append(sets, signed(t, c, part{g, i, i + 1}, name))
	}
	_, out := cluster(t, c, sets, 0, 2)
	want := rulings(t, out)
	c.Prefer = nil
	var got []string
	for i := range sets {
		_, out := cluster(t, c, sets[:i+1], 0, 2)
		got = append(got, rulings(t, out)...)
		p := &memoryPrior{sets[i].Texts, *c.Near, map[quern.Row]Fate{}}
		for _, l := range removals(t, out) {
			if l.Dataset != sets[i].Name {
				t.Fatalf("something is ruled on the past: %+v", l)
			}
			kept, err := quern.ParseID(l.Kept)
			if err != nil {
				t.Fatal(err)
			}
			dataset, row := locate(g, kept)
			p.fates[quern.Row{Shard: l.Shard, Index: l.Row}] = Fate{Dataset: dataset, Kept: row, Similarity: l.Similarity}
		}
		sets[i].Prior, sets[i].Increment, sets[i].Texts = p, i, nil
	}
	slices.Sort(got)
	if !slices.Equal(got, want) || len(want) < docs/10 {
		t.Errorf("in increments %d are removed, at once %d, and not the same", len(got), len(want))
	}
	c.Near.Clusters = ClustersChain
	if _, err := Cluster(t.Context(), c, 1, sets, &quern.Memory{}, t.TempDir(), 0, 1); err == nil || !strings.Contains(err.Error(), "chain") {
		t.Errorf("chains rule on the past: %v", err)
	}
	c.Near.Clusters = ClustersStar
	for _, fate := range []Fate{{Dataset: "absent"}, {Dataset: sets[0].Name, Kept: quern.Row{Shard: 1}}, {Dataset: sets[0].Name, Kept: quern.Row{Index: docs}}, {Dataset: sets[1].Name}} {
		sets[1].Prior.(*memoryPrior).fates = map[quern.Row]Fate{{}: fate}
		if _, err := Cluster(t.Context(), c, 1, sets, &quern.Memory{}, t.TempDir(), 0, 1); err == nil || !strings.Contains(err.Error(), sets[1].Name) {
			t.Errorf("a fate of %+v is believed: %v", fate, err)
		}
	}
}

// part is some units of a planted corpus.
type part struct {
	*corpora.Corpus
	from, to int
}

func (p part) Units(ctx context.Context) ([]quern.Unit, error) {
	units, err := p.Corpus.Units(ctx)
	return units[p.from:p.to], err
}

func (p part) Docs(ctx context.Context, u quern.Unit) iter.Seq2[*quern.Doc, error] {
	return p.Some(ctx, u, func(int) bool { return true })
}

func (p part) Some(ctx context.Context, u quern.Unit, want func(row int) bool) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		for d, err := range p.Corpus.Some(ctx, u, want) {
			if err == nil {
				d.Row.Shard -= p.from
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

func locate(g *corpora.Corpus, id quern.ID) (dataset string, row quern.Row) {
	for i := range g.Count {
		if g.ID(i) == id {
			return fmt.Sprint("increment", i/g.PerUnit), quern.Row{Index: i % g.PerUnit}
		}
	}
	panic("no such document")
}

var errTexts = errors.New("the texts cannot be read")

type broken struct{ quern.Source }

func (broken) Docs(context.Context, quern.Unit) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) { yield(nil, errTexts) }
}

func TestTextsThatCannotBeRead(t *testing.T) {
	g := plantedCorpus(t, 2000, nil)
	c := both()
	set := signed(t, c, g, "web")
	set.Texts = broken{g}
	scratch := t.TempDir()
	if _, err := Cluster(t.Context(), c, 1, []Dataset{set}, &quern.Memory{}, scratch, 0, 2); !errors.Is(err, errTexts) {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(scratch); len(left) > 0 {
		t.Errorf("%v is left in the scratch folder", left)
	}
}
