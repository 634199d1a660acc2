package mix

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// shares are the parts of a mix with their ratios, as text.
func shares(t *testing.T, r *Ratios, w World, c *corpus) (string, error) {
	t.Helper()
	cfg := &Config{Ratios: r, Tokens: All, Repeat: 1, Short: "error"}
	if err := cfg.Validate(); err != nil {
		return "", err
	}
	if err := r.Settle(w); err != nil {
		return "", err
	}
	p, err := Make(context.Background(), cfg, Options{}, c.sets)
	if err != nil {
		return "", err
	}
	var out []string
	for _, s := range p.Phases[0].Shares {
		out = append(out, fmt.Sprintf("%s=%.4g", s.Part, s.Ratio))
	}
	return strings.Join(out, " "), nil
}

// tiny has documents whose numbers tell what they are: 16 of web/docs/en/high and so on.
func tiny() *corpus {
	c := &corpus{}
	for _, s := range []struct {
		domain, name string
		of           map[string]int
	}{
		{"code", "go", map[string]int{"/": 10}},
		{"web", "docs", map[string]int{"en/high": 16, "en/low": 48, "en-GB/low": 4, "zh/high": 4, "/": 1}},
		{"web", "news", map[string]int{"en/high": 12, "zh/low": 12}},
	} {
		var docs []Row
		for _, k := range slices.Sorted(maps.Keys(s.of)) {
			lang, bucket, _ := strings.Cut(k, "/")
			for range s.of[k] {
				docs = append(docs, Row{ID: quern.NewID(s.name, fmt.Sprint(len(docs))), Tokens: 1, Lang: lang, Bucket: bucket})
			}
		}
		c.add(s.domain, s.name, docs)
	}
	return c
}

func tinyWorld() World {
	return World{Sources: map[string][]string{"code": {"go"}, "web": {"docs", "news"}}, Buckets: map[string][]string{"web": {"low", "high"}}}
}

// parts is a division with parts by path, or without shares in the order of a list.
func (r Ratios) with(shares map[string]float64) *Ratios {
	for _, p := range slices.Sorted(maps.Keys(shares)) {
		if err := r.Add(p, Ratios{Share: shares[p]}); err != nil {
			panic(err)
		}
	}
	return &r
}

func TestRatiosNameParts(t *testing.T) {
	f := func(r *Ratios, want string) {
		t.Helper()
		got, err := shares(t, r, tinyWorld(), tiny())
		if err != nil || got != want {
			t.Errorf("got %s (%v), want %s", got, err, want)
		}
	}
	one := func(node Ratios) *Ratios {
		r := &Ratios{}
		for path, n := range map[string]Ratios{"code": {Share: 10}, "web": node} {
			if err := r.Add(path, n); err != nil {
				t.Fatal(err)
			}
		}
		return r
	}
	f(Leaves(map[string]float64{"code": 1, "web": 3}), "code=0.25 web=0.75")
	f(Leaves(map[string]float64{"web": 3}), "web=1") // a domain that is not named is not used
	f(Leaves(map[string]float64{"code": 1, "web/en": 2, "web/zh": 5, "web/rest": 2}), "code=0.1 web/en=0.2 web/rest=0.2 web/zh=0.5")
	f(Leaves(map[string]float64{"web/high": 3, "web/low": 1, "web/rest": 0}), "web/high=0.75 web/low=0.25")
	f(Leaves(map[string]float64{"web/high": 2, "web/low": 1, "web/bucket=unknown": 1}), "web/bucket=unknown=0.25 web/high=0.5 web/low=0.25")
	f(Leaves(map[string]float64{"web/en/high": 6, "web/en/low": 2, "web/rest": 2}), "web/en/high=0.6 web/en/low=0.2 web/rest=0.2")
	f(Leaves(map[string]float64{"web/docs": 1, "web/news/zh": 1, "web/news/en": 2}), "web/docs=0.25 web/news/en=0.5 web/news/zh=0.25")
	f(Leaves(map[string]float64{"docs": 1, "code": 3}), "code=0.75 docs=0.25") // a source, and a domain that it is not of
	f(Leaves(map[string]float64{"en": 4, "rest": 1}), "en=0.8 rest=0.2")
	f(Leaves(map[string]float64{"web/lang=en/en-GB": 1, "web/lang=en/rest": 3, "web/rest": 0}), "web/lang=en/en-GB=0.25 web/lang=en/rest=0.75")
	// A share of its own makes the parts shares of it.
	f(one(*Ratios{Share: 90}.with(map[string]float64{"high": 60, "low": 140, "rest": 0})), "code=0.1 web/high=0.27 web/low=0.63")
	// By size, and by size to a power.
	f(one(Ratios{Share: 90, By: "lang", Natural: true}), "code=0.1 web/en=0.7052 web/en-GB=0.03711 web/unknown=0.009278 web/zh=0.1485")
	f(one(Ratios{Share: 90, By: "source", Natural: true, Temperature: 2}), "code=0.1 web/docs=0.572 web/news=0.328")
	f(one(*(&Ratios{Share: 90, Natural: true, Temperature: 1000}).with(map[string]float64{"high": 0, "low": 0, "rest": 0})), "code=0.1 web/high=0.3003 web/low=0.3005 web/rest=0.2992")
	f(&Ratios{By: "domain", Natural: true}, "code=0.09346 web=0.9065")
}

func TestRatiosAreRefusedInWords(t *testing.T) {
	f := func(r *Ratios, want string) {
		t.Helper()
		got, err := shares(t, r, tinyWorld(), tiny())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, %v; want an error that says %s", got, err, want)
		}
	}
	of := func(shares map[string]float64) *Ratios { return Leaves(shares) }
	f(&Ratios{}, "no ratios")
	f(of(map[string]float64{"web": -1}), "the ratio of web is -1, want above 0; leave it out")
	f(of(map[string]float64{"web": 0}), "the ratio of web is 0")
	f(of(map[string]float64{"web": math.NaN()}), "the ratio of web is NaN")
	f(of(map[string]float64{"web": math.Inf(1)}), "the ratio of web is +Inf")
	f(of(map[string]float64{"web/en": 1, "web/zh": -1}), "the ratio of web/zh is -1")
	f(of(map[string]float64{"web/rest": 0}), "the ratios of web sum to 0")
	f(of(map[string]float64{"web": 1, "wbe": 1}), "no input has the domain wbe")
	f(of(map[string]float64{"web/hihg": 1}), "no bucket rule of web has the name hihg")
	f(of(map[string]float64{"code/hgh": 1}), "no source, bucket or language of code has the name hgh")
	f(of(map[string]float64{"web/fr": 1, "web/rest": 1}), "web/fr has no documents; web has lang en, en-GB, unknown, zh")
	f(of(map[string]float64{"web/en": 1}), "no ratio covers 17 documents of 17 tokens in web")
	f(of(map[string]float64{"web/en": 1}), "write rest: 0 to leave them out")
	f(of(map[string]float64{"en": 1}), "no ratio covers 27 documents")
	f(of(map[string]float64{"web/en": 1, "web/high": 1}), "web/en and web/high overlap: a document can be in both; put the one inside the other, as in web/en/high")
	f(of(map[string]float64{"web/en": 1, "web/en-GB": 1}), "web/en and web/en-GB overlap")
	f(of(map[string]float64{"web": 1, "docs": 1}), "docs and web overlap")
	f(of(map[string]float64{"web": 1, "en": 1}), "en and web overlap")
	f(of(map[string]float64{"web/docs/docs": 1}), "has the name docs")
	f(of(map[string]float64{"web/color=red": 1}), "want one of domain, source, lang, bucket before the sign =")
	f(Ratios{}.with(map[string]float64{"a": 1}), "no input has the domain a")
	f(&Ratios{Share: 2, By: "lang", Natural: true}, "the whole has no share of its own")
	f(&Ratios{By: "color", Natural: true}, `by of mix.ratios is "color", want one of domain, source, lang, bucket`)
	f(&Ratios{By: "lang", Natural: true, Temperature: -1}, "temperature of mix.ratios is -1")
	f((&Ratios{Temperature: 2}).with(map[string]float64{"web": 1}), "its parts have shares already")
	f(&Ratios{Parts: []Ratios{{Name: "web", By: "lang", Natural: true}}}, "web is divided by sizes and has no share")
	f(&Ratios{Parts: []Ratios{{Name: "web", By: "domain", Natural: true, Share: 1}}}, "web is divided by domain, which is fixed there already")
	f(&Ratios{Parts: []Ratios{{Name: "web", Share: 1, Repeat: 0.5}}}, "repeat of web is 0.5 epochs")
	f(&Ratios{Natural: true, Parts: []Ratios{{Name: "web", Share: 1}, {Name: "code"}}}, "give all parts a ratio or none")

	both := tinyWorld()
	both.Buckets["web"] = []string{"docs"}
	var re *RatioError
	if _, err := shares(t, of(map[string]float64{"web/docs": 1}), both, tiny()); !errors.As(err, &re) || !strings.Contains(err.Error(), "write source=docs or bucket=docs") {
		t.Errorf("a word of two meanings: %v", err)
	}
	strict := tinyWorld()
	strict.Langs = map[string][]string{"web": {"en", "zh"}, "code": {"en"}}
	_, err := shares(t, of(map[string]float64{"web/fr": 1, "web/rest": 1}), strict, tiny())
	if !errors.As(err, &re) || re.Name != "fr" || re.Path != "web/fr" || !slices.Contains(re.Known, "zh") {
		t.Errorf("a language that no rule keeps: %v", err)
	}
}

func TestPathsAreRefusedInWords(t *testing.T) {
	f := func(want string, paths ...string) {
		t.Helper()
		r, err := &Ratios{}, error(nil)
		for _, p := range paths {
			if err == nil {
				err = r.Add(p, Ratios{Share: 1})
			}
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %s", paths, err, want)
		}
	}
	f("web and web/high: give the ratio of the whole web or those of its parts", "web", "web/high")
	f("web and web/high: give the ratio of the whole web or those of its parts", "web/high", "web")
	f("web/en is given twice", "web/en", "web/en")
	f("want names between slashes", "web//en")
	f("want names between slashes", "/web")
	f("want names between slashes", "a/b/c/d/e/f")
}

func TestConfigIsRefusedInWords(t *testing.T) {
	f := func(change func(*Config), word string) {
		t.Helper()
		c := ask(t, 100, 1)
		change(c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want an error about %s", err, word)
		}
	}
	f(func(c *Config) { c.Ratios = nil }, "no ratios")
	f(func(c *Config) { c.Tokens = 0 }, "mix: give tokens, bytes or docs")
	f(func(c *Config) { c.Tokens = -2 }, "tokens is -2")
	f(func(c *Config) { c.Bytes = 5 }, "give one of tokens, bytes and docs")
	f(func(c *Config) { c.Repeat = 0.5 }, "repeat")
	f(func(c *Config) { c.Repeat = math.NaN() }, "repeat")
	f(func(c *Config) { c.Short = "maybe" }, `short is "maybe", want error, shrink or spread`)
	f(func(c *Config) { c.Short, c.Tokens = "spread", All }, "spread")
	f(func(c *Config) { c.Sum = 90 }, "the ratios of mix.ratios sum to 100, want 90 as sum says")
	f(func(c *Config) { c.Sum = -1 }, "sum is -1")
	f(func(c *Config) { c.Phases = []Phase{{1, c.Ratios}} }, "give the one or the other")
	f(func(c *Config) { c.Upsample = &Upsample{} }, "clusters or buckets")
	f(func(c *Config) { c.Upsample = &Upsample{Clusters: []ClusterTimes{{2, 0}}} }, "times is 0")
	f(func(c *Config) { c.Upsample = &Upsample{Clusters: []ClusterTimes{{5, 2}, {5, 3}}} }, "sizes must rise")
	f(func(c *Config) { c.Upsample = &Upsample{Buckets: map[string]int{"high": 0}} }, "high counts 0 times")
	f(func(c *Config) { c.Replay = []Replay{{Name: "a/b", Run: "x"}} }, "want a word")
	f(func(c *Config) { c.Replay = []Replay{{Name: "old"}} }, "give run")
	f(func(c *Config) { c.Replay = []Replay{{Name: "old", Run: "x", Step: "train"}} }, "want shard or tokenize")
	f(func(c *Config) { c.Replay = []Replay{{Name: "old", Run: "x"}, {Name: "old", Run: "y"}} }, "given twice")
	c := ask(t, 1, 1)
	c.Sum = 100
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

// TestUpsampling: a document that stands for many counts often, one in a good bucket too, and an epoch holds each as often.
func TestUpsampling(t *testing.T) {
	c := &corpus{}
	var docs []Row
	for i := range 300 {
		docs = append(docs, Row{ID: quern.NewID("web", fmt.Sprint(i)), Tokens: 10, Copies: uint32([]int{0, 1, 2, 9, 10, 5000}[i%6]), Bucket: []string{"low", "high"}[i/6%2]})
	}
	c.add("web", "docs", docs)
	cfg := &Config{Ratios: tree(t, map[string]float64{"web": 1}), Tokens: All, Repeat: 2, Short: "error",
		Upsample: &Upsample{Clusters: []ClusterTimes{{2, 2}, {10, 5}}, Buckets: map[string]int{"high": 3}}}
	p := plan(t, cfg, Options{}, c.sets)
	hold(t, p, c)
	train, _, _ := walk(t, p, c, 1000)
	count := map[place]int{}
	for _, at := range train {
		count[at]++
	}
	for i, d := range docs {
		want := map[uint32]int{0: 1, 1: 1, 2: 2, 9: 2, 10: 5, 5000: 5}[d.Copies] * map[string]int{"low": 1, "high": 3}[d.Bucket] * 2
		if got := count[place{0, i}]; got != want {
			t.Fatalf("cluster of %d in %s: seen %d times in two epochs, want %d", d.Copies, d.Bucket, got, want)
		}
	}
}
