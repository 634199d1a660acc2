package dedup

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	uax29 "github.com/clipperhouse/uax29/v2/words"

	"github.com/seed-83c59573/quern"
)

func bloomConfig(change func(b *Bloom)) Config {
	b := DefaultBloom()
	change(&b)
	return Config{Bloom: &b}
}

func ngramConfig(remove string, n, least int) Config {
	return bloomConfig(func(b *Bloom) { b.Unit, b.Remove, b.Ngram, b.MinNgram, b.FP = unitNgram, remove, n, least, 1e-9 })
}

// The documents of datatrove's tests/pipeline/test_bloom_filter.py: eight pass, three do not.
func TestDatatroveBloom(t *testing.T) {
	docs := []string{brave, winter + " " + google, riders, bed, acacia, marl, meteorite, sums, brave, winter + " " + google, meteorite[:len(meteorite)-10]}
	for _, normalize := range []string{normWords, normNone} {
		c := ngramConfig(removeDocument, 13, 13)
		c.Bloom.Normalize = normalize
		got, r := left(t, c, docs...)
		same(t, got, append(slices.Clone(docs[:8]), "gone", "gone", "gone")...)
		if len(r.Examples) != 3 || r.Ledger.Reasons(quern.Dropped)["dedup.bloom"] != 3 {
			t.Errorf("%d examples, dropped %v", len(r.Examples), r.Ledger.Reasons(quern.Dropped))
		}
		for _, e := range r.Examples {
			if e.Similarity < 0.8 || e.Removed.Row < 8 || !strings.HasPrefix(docs[e.Removed.Row], e.Part) || e.Part == "" {
				t.Errorf("example %+v", e)
			}
		}
	}
}

// Dolma's URL mode: one of ten documents has a URL that stood before.
func TestBloomByURL(t *testing.T) {
	c := bloomConfig(func(b *Bloom) { b.By, b.Normalize = "url", normNone })
	docs := inOrder("web", "one", "two", "three", "four", "five")
	for i, u := range []string{"http://a", "http://b", "http://a", "", ""} {
		docs[i].Origin = u
	}
	got, _ := searched(t, c, []Dataset{dataset(t, c, 1, "web", "web", docs, 2)}, 0, 2)
	for i, want := range []string{"one", "two", "gone", "four", "five"} {
		if got[docs[i].ID] != want {
			t.Errorf("document %d is %q, want %q", i, got[docs[i].ID], want)
		}
	}
}

func TestBloomOfDocumentsAndParagraphs(t *testing.T) {
	got, _ := left(t, bloomConfig(func(b *Bloom) {}), "a text", " a\n text ", "A text", "", " ", "other")
	same(t, got, "a text", "gone", "A text", "", " ", "other")
	par := func(change func(b *Bloom)) Config {
		return bloomConfig(func(b *Bloom) {
			b.Unit, b.Normalize = unitParagraph, normNone
			change(b)
		})
	}
	texts := []string{"Short document\n\nMore text", "Short document #2\n\nMore text", "More text"}
	got, r := left(t, par(func(b *Bloom) { b.Blank = true }), texts...)
	same(t, got, texts[0], "Short document #2", "gone")
	if r.Parts.Repeated != 3 {
		t.Errorf("%d paragraphs seen, want 3", r.Parts.Repeated)
	}
	got, r = left(t, par(func(b *Bloom) { b.MinWords = 2 }), texts...)
	same(t, got, texts[0], "Short document #2", "gone")
	if r.Parts.Repeated != 2 {
		t.Errorf("%d paragraphs seen, want 2", r.Parts.Repeated)
	}
	got, _ = left(t, par(func(b *Bloom) { b.MinWords = 3 }), texts...)
	same(t, got, texts...)
}

func TestBFFRules(t *testing.T) {
	const one, two = "a b c d e f g h i j", "k l m n o p q r s t"
	f := func(remove string, texts []string, want ...string) {
		t.Helper()
		got, _ := left(t, ngramConfig(remove, 3, 2), texts...)
		same(t, got, want...)
	}
	texts := []string{one + "\n" + two, one + "\nu v w x y z", "A B C D E F G H I J\n" + two, one[:9] + " 1 2 3 4 5 6", "a b", "b c", "b c", "x"}
	f(removeParagraph, texts, texts[0], "u v w x y z", "A B C D E F G H I J", texts[3], "a b", "b c", "gone", "x")
	f(removeDocument, texts, texts[0], texts[1], texts[2], texts[3], "a b", "b c", "gone", "x")
	f(removeBoth, texts, texts[0], "u v w x y z", "A B C D E F G H I J", texts[3], "a b", "b c", "gone", "x")
	// Of a document that goes nothing is remembered, and a document is not taken for its own copy.
	f(removeDocument, []string{one, one + " 1", "i j 1 2 3"}, one, "gone", "i j 1 2 3")
	f(removeBoth, []string{one + "\n" + one, one}, one+"\n"+one, "gone")
	f(removeParagraph, []string{one + "\n" + one, one}, one, "gone")
}

// bff is process_line and process_line_both of DCLM's dedup/bff/src/main.rs over sets of strings, with ≥ for the threshold.
type bff struct {
	remove   string
	n, least int
	share    float64
	seen     map[string]bool
}

// bffGram is an n-gram and the paragraphs of its words.
type bffGram struct {
	key  string
	pars []int
}

func (o *bff) grams(words []string, pars []int) (gs []bffGram) {
	for i := 0; i+o.n <= len(words); i++ {
		gs = append(gs, bffGram{strings.Join(words[i:i+o.n], " "), pars[i : i+o.n]})
	}
	if len(gs) == 0 && len(words) >= o.least {
		gs = append(gs, bffGram{strings.Join(words, " "), nil})
	}
	return gs
}

func (o *bff) goes(gs []bffGram) bool {
	n := 0
	for _, g := range gs {
		if o.seen[g.key] {
			n++
		}
	}
	return len(gs) > 0 && float64(n)/float64(len(gs)) >= o.share
}

func (o *bff) remember(gs []bffGram) {
	for _, g := range gs {
		o.seen[g.key] = true
	}
}

// document tells whether a document goes, or which of its paragraphs do.
func (o *bff) document(lines []string) (all bool, gone map[int]bool) {
	gone = map[int]bool{}
	var words []string
	var pars []int
	for p, line := range lines {
		ws := strings.Fields(line)
		if o.remove == removeParagraph {
			gs := o.grams(ws, make([]int, len(ws)))
			if gone[p] = o.goes(gs); !gone[p] {
				o.remember(gs)
			}
		}
		for range ws {
			pars = append(pars, p)
		}
		words = append(words, ws...)
	}
	if o.remove == removeParagraph {
		return false, gone
	}
	gs := o.grams(words, pars)
	if o.goes(gs) {
		return true, nil
	}
	if o.remove == removeBoth {
		of := map[int][]bffGram{}
		for _, g := range gs {
			if len(g.pars) > 0 && g.pars[0] == g.pars[len(g.pars)-1] {
				of[g.pars[0]] = append(of[g.pars[0]], g)
			}
		}
		for p := range of {
			gone[p] = o.goes(of[p])
		}
		gs = slices.DeleteFunc(gs, func(g bffGram) bool { return slices.ContainsFunc(g.pars, func(p int) bool { return gone[p] }) })
	}
	o.remember(gs)
	return false, gone
}

func bffOracle(texts []string, remove string, n, least int, share float64) (out []string) {
	o := bff{remove, n, least, share, map[string]bool{}}
	for _, text := range texts {
		lines := slices.Collect(strings.Lines(text))
		all, gone := o.document(lines)
		var cuts []Cut
		at := 0
		for p, l := range lines {
			if gone[p] {
				cuts = append(cuts, Cut{at, at + len(l)})
			}
			at += len(l)
		}
		rest := text
		if len(cuts) > 0 {
			rest = string(cutOut([]byte(text), closeGaps([]byte(text), mergeCuts(cuts))))
		}
		if all || len(cuts) > 0 && strings.TrimSpace(rest) == "" {
			rest = "gone"
		}
		out = append(out, rest)
	}
	return out
}

func TestBFFOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 8))
	for round := range 60 {
		texts := make([]string, 1+r.IntN(25))
		for i := range texts {
			var b strings.Builder
			for range 1 + r.IntN(4) {
				if r.IntN(2) == 0 && i > 0 {
					b.WriteString(strings.SplitAfter(texts[r.IntN(i)], "\n")[0])
				}
				for range r.IntN(9) {
					fmt.Fprintf(&b, "%c ", 'a'+r.IntN(3+20*(round%2)))
				}
				b.WriteString("\n")
			}
			texts[i] = b.String()
		}
		n := 1 + r.IntN(5)
		for _, remove := range []string{removeDocument, removeParagraph, removeBoth} {
			c := ngramConfig(remove, n, 1+r.IntN(n))
			c.Bloom.Share = []float64{0.5, 0.8, 1}[r.IntN(3)]
			got, _ := left(t, c, texts...)
			want := bffOracle(texts, remove, n, c.Bloom.MinNgram, c.Bloom.Share)
			if !slices.Equal(got, want) {
				t.Fatalf("%+v of %q\nleft %q\nwant %q", *c.Bloom, texts, got, want)
			}
		}
	}
}

// TestWordsOfNgrams compares with the words of Unicode's annex 29.
func TestWordsOfNgrams(t *testing.T) {
	all := brave + "\n" + winter + " " + google + riders + bed + acacia + marl + meteorite + sums +
		" don't 3.14 1,000,000 a.m. U.S.A. foo_bar x:y 12:30 it's... (well) \"quoted\" e-mail@host.org 50% C++ é e\u0301 日本語 Привет, мир! the 'end'\r\n_a_ a_1 a1b2 '' 'tis ..a a..b 1.a a.1 ½ x²"
	var got, want []string
	for i := 0; i < len(all); {
		from, to := nextWord([]byte(all), i)
		if from < to {
			got = append(got, all[from:to])
		}
		i = to
	}
	for w := uax29.FromString(all); w.Next(); {
		if s := w.Value(); strings.TrimSpace(s) != "" {
			want = append(want, s)
		}
	}
	if !slices.Equal(got, want) {
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("word %d is %q, want %q, after %q", i, got[i], want[i], want[max(i-3, 0):i])
			}
		}
		t.Errorf("%d words, want %d", len(got), len(want))
	}
}

// TestFiltersGoOn saves a filter and shows it another corpus.
func TestFiltersGoOn(t *testing.T) {
	dir := t.TempDir()
	c := bloomConfig(func(b *Bloom) { b.Unit, b.Keys, b.FP, b.Save = unitParagraph, 1000, 1e-6, true })
	docs := inOrder("web", "a b\nc d", "e f")
	r, err := RepeatedBloom(context.Background(), c, 1, []Dataset{dataset(t, c, 1, "web", "web", docs, 1)}, quern.Local(dir), t.TempDir(), 0, 2)
	if err != nil || r.Shards[len(r.Shards)-1].Name != filterName {
		t.Fatal(r.Shards, err)
	}
	next := bloomConfig(func(b *Bloom) { b.Unit, b.Filter = unitParagraph, filepath.Join(dir, filterName) })
	got, _ := left(t, next, "new\nc d", "e f", "new")
	same(t, got, "new", "gone", "gone")
	run := func(c Config) error {
		_, err := RepeatedBloom(context.Background(), c, 1, []Dataset{dataset(t, c, 1, "web", "web", docs, 1)}, &quern.Memory{}, t.TempDir(), 0, 2)
		return err
	}
	other := bloomConfig(func(b *Bloom) { b.Filter = filepath.Join(dir, filterName) })
	if err := run(other); err == nil || !strings.Contains(err.Error(), "it has unit=paragraph, asked for is unit=document") {
		t.Error(err)
	}
	other.Bloom.Filter = filepath.Join(dir, "none")
	if err := run(other); !os.IsNotExist(err) {
		t.Error(err)
	}
	small := bloomConfig(func(b *Bloom) { b.Unit, b.Keys = unitParagraph, 2 })
	if err := run(small); err == nil || !strings.Contains(err.Error(), "made for 2 keys and has got 3") {
		t.Error(err)
	}
	large := bloomConfig(func(b *Bloom) { b.Keys = 1e9 })
	if err := run(large); err == nil || !strings.Contains(err.Error(), "takes 4679 MiB: have 1024 MiB of memory, want 4695") {
		t.Error(err)
	}
}

func TestConfigsOfPartsAreRefused(t *testing.T) {
	f := func(want string, c Config) {
		t.Helper()
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
	line := func(change func(p *Parts)) Config {
		p := DefaultLines()
		change(&p)
		return Config{Lines: &p}
	}
	f("nothing is asked for", Config{})
	f(`dedup: lines: normalize is "lower"`, line(func(p *Parts) { p.Normalize = "lower" }))
	f("least length is negative", line(func(p *Parts) { p.MinBytes = -1 }))
	f("least is 0 documents", line(func(p *Parts) { p.Least = 0 }))
	f("in which every part stands", line(func(p *Parts) { p.Least = 1 }))
	f(`stays is "last"`, line(func(p *Parts) { p.Stays = "last" }))
	f("left_words is negative", line(func(p *Parts) { p.LeftWords = -1 }))
	f("left_share is 1.5", line(func(p *Parts) { p.LeftShare = 1.5 }))
	f("names web twice", line(func(p *Parts) { p.Domains = []string{"web", "web"} }))
	f("names an empty domain", line(func(p *Parts) { p.Domains = []string{""} }))
	p := DefaultParagraphs()
	p.Blank = true
	f("dedup: paragraphs: blank lines", Config{Paragraphs: &p})
	f("a span of 0", sentenceConfig(func(s *Sentences) { s.Span = 0 }))
	f("a span of 65", sentenceConfig(func(s *Sentences) { s.Span = 65 }))
	f("sentences: a least length is negative", sentenceConfig(func(s *Sentences) { s.LeftSentences = -1 }))
	bloom := func(change func(b *Bloom)) Config { return bloomConfig(change) }
	f(`unit is "word"`, bloom(func(b *Bloom) { b.Unit = "word" }))
	f(`by is "name"`, bloom(func(b *Bloom) { b.By = "name" }))
	f("by: url is about documents", bloom(func(b *Bloom) { b.By, b.Unit = "url", unitNgram }))
	f(`bloom: normalize is ""`, bloom(func(b *Bloom) { b.Normalize = "" }))
	f("n-grams of 0 words", bloom(func(b *Bloom) { b.Unit, b.Ngram = unitNgram, 0 }))
	f("min_ngram is 14", bloom(func(b *Bloom) { b.Unit, b.MinNgram = unitNgram, 14 }))
	f("share is 0", bloom(func(b *Bloom) { b.Unit, b.Share = unitNgram, 0 }))
	f(`remove is "all"`, bloom(func(b *Bloom) { b.Unit, b.Remove = unitNgram, "all" }))
	f("false positive rate of 1", bloom(func(b *Bloom) { b.FP = 1 }))
	f("a filter for -5 keys", bloom(func(b *Bloom) { b.Keys = -5 }))
	f("are those of the filter", bloom(func(b *Bloom) { b.Keys, b.Filter = 5, "x" }))
	f("left_share is -1", bloom(func(b *Bloom) { b.LeftShare = -1 }))
	for _, c := range partConfigs() {
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestNgramsRoll(t *testing.T) {
	text := []byte("one two three four five six seven\n\neight nine ten one two three four five six")
	g := newNgrams(*ngramConfig(removeDocument, 4, 4).Bloom)
	var got []uint64
	g.keys(text, func(_ uint32, key uint64) { got = append(got, key) })
	fields := bytes.Fields(text)
	if len(got) != len(fields)-3 {
		t.Fatalf("%d n-grams of %d words", len(got), len(fields))
	}
	for i := range got {
		var one []uint64
		g.keys(bytes.Join(fields[i:i+4], []byte{' '}), func(_ uint32, key uint64) { one = append(one, key) })
		if len(one) != 1 || one[0] != got[i] {
			t.Errorf("n-gram %d is %x, alone %x", i, got[i], one)
		}
	}
}
