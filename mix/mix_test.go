package mix

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

func TestTheMixIsExactInTokens(t *testing.T) {
	c := three()
	for _, tokens := range []Amount{50_000, 333_333, 500_001, 2_000_000} {
		p := plan(t, ask(t, tokens, 8), Options{Seed: 1, Validation: 0.01}, c.sets)
		hold(t, p, c)
		for _, s := range p.Summary().Parts {
			if off := math.Abs(s.Achieved - s.Asked); off > 0.001 {
				t.Errorf("%d tokens: %s asked %.5f, has %.5f", tokens, s.Name, s.Asked, s.Achieved)
			}
		}
	}
}

// TestRandomMixes holds every promise on mixes of all kinds, drawn at random.
func TestRandomMixes(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	paths := []string{"code", "paper", "web/en/high", "web/en/low", "web/zh", "web/de"}
	for i := range 40 {
		c := three()
		cfg := &Config{Repeat: 1 + 3*r.Float64(), Short: []string{"shrink", "spread"}[r.IntN(2)]}
		draw := func() *Ratios {
			shares := map[string]float64{}
			for _, k := range r.Perm(len(paths))[:2+r.IntN(5)] {
				shares[paths[k]] = math.Exp(4 * r.NormFloat64() / 3)
				if above, _, ok := cutLast(paths[k]); ok {
					shares["web/rest"] = float64(r.IntN(2))
					if _, all := shares["web/zh"]; all { // there may be nothing else
						shares["web/rest"] = 0
					}
					if above != "web" {
						shares[above+"/rest"] = 0
					}
				}
			}
			return tree(t, shares)
		}
		cfg.Ratios = draw()
		for u, a := range map[*Amount]Amount{&cfg.Tokens: 1_000_000, &cfg.Bytes: 3_000_000, &cfg.Docs: 3000} {
			*u = a * Amount(1+r.IntN(400)) / 400
		}
		switch i % 3 {
		case 0:
			cfg.Bytes, cfg.Docs = 0, 0
		case 1:
			cfg.Tokens, cfg.Docs = 0, 0
		case 2:
			cfg.Tokens, cfg.Bytes = 0, 0
		}
		if i%4 == 3 {
			cfg.Upsample = &Upsample{Clusters: []ClusterTimes{{2, 2}}, Buckets: map[string]int{"high": 3}}
		}
		if i%5 == 4 && cfg.Short == "shrink" {
			cfg.Phases, cfg.Ratios = []Phase{{0.8, cfg.Ratios}, {0.2, cfg.Ratios}}, nil
		}
		p := plan(t, cfg, Options{Seed: uint64(i), Validation: []float64{0, 0.02}[i%2], Workers: 2}, c.sets)
		hold(t, p, c)
		if t.Failed() {
			b, _ := p.JSON()
			t.Fatalf("mix %d: %s", i, b)
		}
	}
}

func cutLast(path string) (above, last string, ok bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

func TestPhasesAreExactEachByItself(t *testing.T) {
	c := three()
	cfg := ask(t, 600_000, 4)
	cfg.Ratios = nil
	cfg.Phases = []Phase{{0.5, tree(t, map[string]float64{"code": 10, "web": 90})}, {0.3, tree(t, map[string]float64{"code": 30, "paper": 40, "web": 30})},
		{0.2, tree(t, map[string]float64{"paper": 1})}}
	p := plan(t, cfg, Options{Seed: 3, Validation: 0.01}, c.sets)
	hold(t, p, c)
	_, _, units := walk(t, p, c, 1<<40)
	if len(units) != 4 {
		t.Errorf("%d units, want one a phase and validation", len(units))
	}
	// A phase goes on where the one before it has stopped: nothing of web is seen twice, since both phases together are below one epoch.
	train, _, _ := walk(t, p, c, 1<<40)
	seen := map[place]bool{}
	for _, at := range train {
		if c.sets[at.set].Domain == "web" && seen[at] {
			t.Fatalf("document %v comes twice", at)
		}
		seen[at] = true
	}
	f := func(change func(ph []Phase), word string) {
		t.Helper()
		bad := *cfg
		bad.Phases = slices.Clone(cfg.Phases)
		change(bad.Phases)
		if _, err := Make(context.Background(), &bad, Options{Seed: 3}, c.sets); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want an error about %s", err, word)
		}
	}
	f(func(ph []Phase) { ph[1].Share = 0.5 }, "the shares sum to 120 %")
	f(func(ph []Phase) { ph[1].Share = -1 }, "share is -1")
	f(func(ph []Phase) { ph[1].Ratios = tree(t, map[string]float64{"web/docs": 1, "web/news": 1}) }, "phase 2: it divides web/docs otherwise")
	f(func(ph []Phase) {
		r := tree(t, map[string]float64{"web": 1})
		r.Parts[0].Repeat = 2
		ph[1].Ratios = r
	}, "the cap is one over all phases")
	f(func(ph []Phase) { ph[2].Ratios = tree(t, map[string]float64{"web/en": 1, "web/rest": 1}) }, "phase 3: it divides web/en otherwise")
}

func TestTheOrderOfSourcesAndWorkersChangeNothing(t *testing.T) {
	c := three()
	want := ""
	for _, workers := range []int{1, 2, 7} {
		for range 2 {
			slices.Reverse(c.sets)
			slices.Reverse(c.docs)
			p := plan(t, ask(t, 700_000, 8), Options{Seed: 9, Validation: 0.05, Workers: workers}, c.sets)
			b, err := p.JSON()
			if err != nil {
				t.Fatal(err)
			}
			train, validation, _ := walk(t, p, c, 30_000)
			var ids []quern.ID
			for _, at := range append(train, validation...) {
				ids = append(ids, c.docs[at.set][at.doc].ID)
			}
			got := string(b) + fmt.Sprint(ids)
			if want == "" {
				want = got
			}
			if got != want {
				t.Fatalf("%d workers: another plan or order", workers)
			}
		}
	}
}

func TestThePlanSurvivesItsJSON(t *testing.T) {
	c := three()
	cfg := ask(t, 700_000, 8)
	cfg.Upsample = &Upsample{Clusters: []ClusterTimes{{2, 2}}}
	cfg.Phases, cfg.Ratios = []Phase{{0.7, cfg.Ratios}, {0.3, tree(t, map[string]float64{"paper": 1, "web": 2})}}, nil
	o := Options{Seed: 9, Validation: 0.05}
	p := plan(t, cfg, o, c.sets)
	b, err := p.JSON()
	if err != nil {
		t.Fatal(err)
	}
	q, err := Parse(context.Background(), b, o, c.sets)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := q.JSON()
	if string(again) != string(b) {
		t.Errorf("the plan changed on its way through JSON:\n%s\n%s", b, again)
	}
	a1, a2, _ := walk(t, p, c, 30_000)
	b1, b2, _ := walk(t, q, c, 30_000)
	if !slices.Equal(a1, b1) || !slices.Equal(a2, b2) {
		t.Error("the order changed on its way through JSON")
	}
	other := three()
	other.docs[0][0].Tokens++
	if _, err := Parse(context.Background(), b, o, other.sets); err == nil || !strings.Contains(err.Error(), "other documents of code") {
		t.Errorf("a plan was joined with other documents: %v", err)
	}
	for _, bad := range []string{"{", "{}", `{"version": "1"}`, strings.Replace(string(b), `"to": `, `"to": 9`, 1), strings.Replace(string(b), `"docs": `, `"docs": 9`, 1),
		strings.Replace(string(b), `"unit": "tokens"`, `"unit": "lines"`, 1), strings.Replace(string(b), `"part": "code"`, `"part": "cod"`, 1)} {
		if _, err := Parse(context.Background(), []byte(bad), o, c.sets); err == nil {
			t.Errorf("this plan was read: %.200s", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	c := three()
	cfg := ask(f, 100_000, 8)
	cfg.Ratios = tree(f, map[string]float64{"code": 1, "web": 3})
	o := Options{Seed: 9, Validation: 0.05}
	b, err := plan(f, cfg, o, c.sets).JSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:len(b)/2])
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse(context.Background(), b, o, c.sets)
		if err != nil {
			return
		}
		for i := range min(1000, p.order.len()) {
			p.order.at(i)
		}
	})
}

func TestRepeatsComeAnEpochApart(t *testing.T) {
	c := three()
	p := plan(t, &Config{Ratios: tree(t, map[string]float64{"paper": 60, "web": 40}), Tokens: 1_000_000, Repeat: 8, Short: "error"}, Options{Seed: 5}, c.sets)
	if e := p.Summary().Parts[0].Epochs; e < 2 {
		t.Fatalf("the test wants repeats, the plan has %.1f epochs", e)
	}
	train, _, _ := walk(t, p, c, 10_000)
	last := map[place]int{}
	gaps, near := 0, 0
	for i, at := range train {
		if j, ok := last[at]; ok {
			if gaps++; i-j < len(train)/50 {
				near++
			}
		}
		last[at] = i
	}
	if gaps == 0 || near > gaps/10 {
		t.Errorf("%d of %d repeats come within 2 %% of the corpus", near, gaps)
	}
}

func TestShortParts(t *testing.T) {
	c := three()
	_, err := Make(context.Background(), ask(t, 10_000_000, 2), Options{Seed: 1}, c.sets)
	if !errors.Is(err, ErrShort) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"too few tokens: code needs 1000000 tokens and has ", "are missing", "epochs would fill it", "; paper needs", "ask for at most"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	var most int64
	_, rest, _ := strings.Cut(err.Error(), "ask for at most ")
	if _, err := fmt.Sscanf(rest, "%d", &most); err != nil {
		t.Fatal(err)
	}
	// The advice in the error is right: what it says fits, fits, and so does the number of epochs.
	plan(t, ask(t, Amount(most), 2), Options{Seed: 1}, c.sets)
	var epochs float64
	needs := 0.0
	for _, s := range strings.Split(err.Error(), "; ") {
		if _, err := fmt.Sscanf(s, "%g epochs would fill it", &epochs); err == nil {
			needs = max(needs, epochs)
		}
	}
	plan(t, ask(t, 10_000_000, needs), Options{Seed: 1}, c.sets)

	all := plan(t, ask(t, All, 2), Options{Seed: 1}, c.sets)
	hold(t, all, c)
	shrunk := ask(t, 10_000_000, 2)
	shrunk.Short = "shrink"
	p := plan(t, shrunk, Options{Seed: 1}, c.sets)
	hold(t, p, c)
	if p.Planned != most || all.Planned != most {
		t.Errorf("shrunk to %d, all is %d, the error says %d", p.Planned, all.Planned, most)
	}
	for _, s := range p.Summary().Parts {
		if math.Abs(s.Achieved-s.Asked) > 0.001 || s.Epochs > 2 {
			t.Errorf("%+v", s)
		}
	}
}

// TestSpread: parts that run short give all they may, and the others make up for it in proportion.
func TestSpread(t *testing.T) {
	c := &corpus{}
	for _, d := range []struct {
		name string
		docs int
	}{{"go", 10}, {"plos", 1000}, {"docs", 2000}, {"news", 0}} {
		docs := make([]Row, d.docs)
		for i := range docs {
			docs[i] = Row{ID: quern.NewID(d.name, fmt.Sprint(i)), Tokens: 10}
		}
		c.add(map[string]string{"go": "code", "plos": "paper", "docs": "web", "news": "web"}[d.name], d.name, docs)
	}
	cfg := &Config{Ratios: tree(t, map[string]float64{"code": 50, "paper": 20, "web": 30}), Tokens: 10_000, Repeat: 2, Short: "spread"}
	got := map[string]int64{}
	for _, s := range plan(t, cfg, Options{}, c.sets).Summary().Parts {
		got[s.Name] = s.Tokens
	}
	if want := (map[string]int64{"code": 200, "paper": 3920, "web": 5880}); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	cfg.Tokens = 1e9
	if s := plan(t, cfg, Options{}, c.sets).Summary(); s.Tokens != 2*10*3010 {
		t.Errorf("all there is, twice, is %d", s.Tokens)
	}
}

func TestAPartOfLongDocumentsIsInTheMixAtAll(t *testing.T) {
	c := &corpus{}
	c.add("code", "go", []Row{{ID: quern.NewID("a"), Tokens: 500}, {ID: quern.NewID("b"), Tokens: 300}, {ID: quern.NewID("c"), Tokens: 400}})
	c.add("web", "docs", []Row{{ID: quern.NewID("d"), Tokens: 20}, {ID: quern.NewID("e"), Tokens: 10}, {ID: quern.NewID("f"), Tokens: 30}})
	p := plan(t, &Config{Ratios: tree(t, map[string]float64{"code": 1, "web": 9}), Tokens: 100, Repeat: 5, Short: "error"}, Options{Seed: 1}, c.sets)
	if s := p.Summary().Parts; s[0].Tokens != 300 || s[1].Tokens != 90 {
		t.Errorf("%+v, want the shortest document of code, 300, and 90 of web", s)
	}
}

// TestWhatIsNotNamedIsLeftOut: and the plan says so.
func TestWhatIsNotNamedIsLeftOut(t *testing.T) {
	c := three()
	cfg := ask(t, 50_000, 1)
	cfg.Ratios = tree(t, map[string]float64{"web/en": 1, "web/rest": 0})
	p := plan(t, cfg, Options{Seed: 1, Validation: 0.01}, c.sets)
	hold(t, p, c)
	out := map[string]int64{}
	for _, k := range p.Summary().LeftOut {
		out[k.Source+"/"+k.Lang] += k.Docs + k.Held
	}
	if want := "map[docs/de:250 docs/zh:250 go/:400 news/de:250 news/zh:250 plos/:60]"; fmt.Sprint(out) != want {
		t.Errorf("left out %v, want %s", out, want)
	}
}

func TestMemoryIsRefusedInWords(t *testing.T) {
	c := three()
	_, err := Make(context.Background(), ask(t, 1000, 1), Options{Mem: 1000}, c.sets)
	if err == nil || !strings.Contains(err.Error(), "raise --mem") || !strings.Contains(err.Error(), "8 bytes each") {
		t.Errorf("got %v", err)
	}
	plan(t, ask(t, 1000, 1), Options{Mem: 8 * 2460}, c.sets)
}

func TestBrokenSetsAreErrors(t *testing.T) {
	fail := errors.New("disk on fire")
	f := func(s Set, word string) {
		t.Helper()
		_, err := Make(context.Background(), ask(t, 1000, 1), Options{}, append(three().sets[:2], s))
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want %s", err, word)
		}
	}
	s := rows("web", "docs", some("docs", 3, 10, 10))
	s.Docs = 9
	f(s, "docs: more than the 9 documents")
	s.Docs = 11
	f(s, "docs: 10 documents, want 11")
	f(Set{Name: "docs", Domain: "web", Docs: 1, Rows: func(func(*Row) error) error { return fail }}, "docs: disk on fire")
	f(rows("web", "go", nil), "two sources are called go")
	f(rows("web", "docs", nil), "web has no documents")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Make(ctx, ask(t, 1000, 1), Options{}, three().sets); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

// TestReplayNeverLeaks: what an earlier corpus has in common with the held-out documents is not trained on, whatever its clusters were.
func TestReplayNeverLeaks(t *testing.T) {
	c := three()
	old := slices.Concat(c.docs[2], some("old", 9, 500, 700))
	for i := range old {
		old[i].Group, old[i].Copies, old[i].Lang, old[i].Bucket = quern.ID{}, 0, "", ""
	}
	c.add("old", "old", old)
	c.sets[4].Replay = true
	w := world()
	w.Sources["old"] = nil
	r := Leaves(map[string]float64{"old": 50, "web": 50})
	if err := r.Settle(w); err != nil {
		t.Fatal(err)
	}
	p := plan(t, &Config{Ratios: r, Tokens: All, Repeat: 1, Short: "error"}, Options{Seed: 4, Validation: 0.1, Workers: 3}, c.sets)
	train, validation, _ := walk(t, p, c, 30_000)
	held, replayed := map[quern.ID]bool{}, 0
	for _, at := range validation {
		if held[c.docs[at.set][at.doc].ID] = true; at.set == 4 {
			t.Fatal("a replayed document is held out")
		}
	}
	for _, at := range train {
		if held[c.docs[at.set][at.doc].ID] {
			t.Fatalf("document %v is in both splits", at)
		}
		if at.set == 4 {
			replayed++
		}
	}
	if len(held) < 50 || replayed < 900 {
		t.Errorf("%d documents are held out, %d replayed", len(held), replayed)
	}
}

func TestSeedsGiveOtherOrders(t *testing.T) {
	c := three()
	a, _, _ := walk(t, plan(t, ask(t, 400_000, 8), Options{Seed: 1}, c.sets), c, 1e6)
	b, _, _ := walk(t, plan(t, ask(t, 400_000, 8), Options{Seed: 2}, c.sets), c, 1e6)
	same := 0
	for i := range min(len(a), len(b)) {
		if a[i] == b[i] {
			same++
		}
	}
	if same > len(a)/20 {
		t.Errorf("two seeds agree on %d of %d places", same, len(a))
	}
}

func ExampleMake() {
	docs := func(domain, name string, tokens ...uint32) Set {
		return Set{Name: name, Domain: domain, Docs: int64(len(tokens)), Rows: func(f func(*Row) error) error {
			for i, n := range tokens {
				if err := f(&Row{ID: quern.NewID(name, fmt.Sprint(i)), Tokens: n}); err != nil {
					return err
				}
			}
			return nil
		}}
	}
	ratios := Leaves(map[string]float64{"code": 1, "web": 3})
	err := ratios.Settle(World{Sources: map[string][]string{"code": {"go"}, "web": {"pages"}}})
	if err != nil {
		fmt.Println(err)
	}
	p, err := Make(context.Background(), &Config{Ratios: ratios, Tokens: 80, Repeat: 2, Short: "error"}, Options{Seed: 1},
		[]Set{docs("code", "go", 10, 10), docs("web", "pages", 20, 10, 20, 10)})
	for _, d := range p.Summary().Parts {
		fmt.Printf("%s: %d tokens, %.0f %%, %.0f epoch\n", d.Name, d.Tokens, 100*d.Achieved, d.Epochs)
	}
	fmt.Println(err)
	// Output:
	// code: 20 tokens, 25 %, 1 epoch
	// web: 60 tokens, 75 %, 1 epoch
	// <nil>
}
