package tokenize

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

func sampleText(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/sample.txt")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustLearn(t testing.TB, c *Counter) *Tokenizer {
	t.Helper()
	k, err := c.Learn()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestLearnGolden(t *testing.T) {
	for _, split := range Splits() {
		l := DefaultLearn()
		l.Vocab, l.Split = 520, split
		c := NewCounter(l)
		for doc := range strings.SplitSeq(string(sampleText(t)), "----\n") {
			c.Add([]byte(doc))
		}
		k := mustLearn(t, c)
		got, err := k.JSON()
		if err != nil {
			t.Fatal(err)
		}
		path := "testdata/learned-" + split + ".json"
		if *update {
			if err := os.WriteFile(path, got, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs: change Version and run with -update if that is meant", path)
		}
		merges, err := os.ReadFile("testdata/learned-" + split + ".merges")
		if err != nil {
			t.Fatal(err)
		}
		trained := strings.Split(strings.TrimSpace(string(merges)), "\n")
		if own := mergesOf(t, got); !slices.Equal(own, trained) {
			t.Errorf("%s: merges differ from those of Hugging Face's trainer:\n got %q\nwant %q", split, own, trained)
		}
		if k.Vocab() != 520 {
			t.Errorf("%s: %d ids, want 520", split, k.Vocab())
		}
		for i, name := range DefaultLearn().Special {
			if id, ok := k.Special(name); !ok || id != uint32(516+i) {
				t.Errorf("%s: %s is %d, %v", split, name, id, ok)
			}
		}
		if k.EndOfText() != 516 {
			t.Errorf("%s: end of text is %d", split, k.EndOfText())
		}
	}
}

func mergesOf(t *testing.T, file []byte) (merges []string) {
	t.Helper()
	var f hfFile
	if err := json.Unmarshal(file, &f); err != nil {
		t.Fatal(err)
	}
	for _, raw := range f.Model.Merges {
		left, right, err := mergeParts(raw)
		if err != nil {
			t.Fatal(err)
		}
		merges = append(merges, left+" "+right)
	}
	return merges
}

// slowLearn counts all pairs anew for each merge, and gives the tokens that it makes.
func slowLearn(c *Counter, merges int) (made []string) {
	words := learnedBytes()
	type word struct {
		ids   []int
		count int64
	}
	var all []word
	c.each(func(piece []byte, count int64) {
		w := word{count: count}
		for _, b := range piece {
			w.ids = append(w.ids, slices.IndexFunc(words, func(x []byte) bool { return x[0] == b }))
		}
		all = append(all, w)
	})
	banned := map[[2]int]bool{}
	for len(made) < merges {
		counts := map[[2]int]int64{}
		for _, w := range all {
			for i := 1; i < len(w.ids); i++ {
				counts[[2]int{w.ids[i-1], w.ids[i]}] += w.count
			}
		}
		best, most := [2]int{}, int64(0)
		for p, n := range counts {
			if !banned[p] && (n > most || n == most && (p[0] < best[0] || p[0] == best[0] && p[1] < best[1])) {
				best, most = p, n
			}
		}
		if most < c.learn.MinFrequency {
			break
		}
		token := append(bytes.Clone(words[best[0]]), words[best[1]]...)
		if len(token) > c.learn.MaxToken {
			banned[best] = true
			continue
		}
		for k, w := range all {
			var ids []int
			for i := 0; i < len(w.ids); i++ {
				if i+1 < len(w.ids) && w.ids[i] == best[0] && w.ids[i+1] == best[1] {
					ids = append(ids, len(words))
					i++
				} else {
					ids = append(ids, w.ids[i])
				}
			}
			all[k].ids = ids
		}
		words = append(words, token)
		made = append(made, string(token))
	}
	return made
}

func TestLearnEqualsSlow(t *testing.T) {
	r := testRand(23)
	for round := range 12 {
		l := DefaultLearn()
		l.Vocab, l.MaxToken, l.MinFrequency = 256+4+80, 3+round, int64(1+round%3)
		c := NewCounter(l)
		c.Add(letters(r, 1500))
		c.Add(randomText(r, 800, true))
		c.Add([]byte("aaaa aaaaa aaaaaa abababab bababa"))
		k := mustLearn(t, c)
		want := slowLearn(c, 80)
		var got []string
		for id := 256; id < k.Vocab()-4; id++ {
			got = append(got, string(k.Token(uint32(id))))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("round %d:\n got %q\nwant %q", round, got, want)
		}
	}
}

func TestLearnDoesNotDependOnTheSplitOfWork(t *testing.T) {
	l := DefaultLearn()
	l.Vocab = 500
	docs := strings.SplitAfter(string(sampleText(t)), "\n")
	var want quern.Digest
	for _, workers := range []int{1, 2, 7} {
		counters := make([]*Counter, workers)
		for i := range counters {
			counters[i] = NewCounter(l)
		}
		for i, d := range docs {
			counters[(i*5+i/3)%workers].Add([]byte(d))
		}
		for _, c := range counters[1:] {
			counters[0].Merge(c)
		}
		got := mustLearn(t, counters[0]).Digest()
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%d workers give another vocabulary", workers)
		}
		if again := mustLearn(t, counters[0]).Digest(); again != want {
			t.Error("learning twice gives another vocabulary")
		}
	}
}

func TestLearnWithTooLittleText(t *testing.T) {
	l := DefaultLearn()
	c := NewCounter(l)
	c.Add([]byte("abab"))
	k := mustLearn(t, c)
	if k.Vocab() != 256+1+4 {
		t.Errorf("%d ids, want the bytes, one merge and the specials", k.Vocab())
	}
	if got := string(k.Token(256)); got != "ab" {
		t.Errorf("learned %q", got)
	}
	if k := mustLearn(t, NewCounter(l)); k.Vocab() != 260 {
		t.Errorf("of no text: %d ids", k.Vocab())
	}
}

func TestLearnLeavesHugePiecesOut(t *testing.T) {
	c := NewCounters(DefaultLearn(), 2, Room{})
	c.Counter(1).Add(bytes.Repeat([]byte("x"), maxPiece+1))
	if c.Counter(1).Pieces() != 0 {
		t.Error("a piece beyond the limit was counted")
	}
	if n, size := c.LeftOut(); n != 1 || size != maxPiece+1 {
		t.Errorf("%d pieces of %d bytes were left out", n, size)
	}
	c.Counter(1).Add(bytes.Repeat([]byte("x"), maxPiece))
	if c.Counter(1).Pieces() != 1 {
		t.Error("a piece at the limit was not counted")
	}
}

// TestLearnEqualsHuggingFace holds all merges that there are to those of Hugging Face's trainer, whose alphabet is what it meets. Nearly all
// of these pairs are as frequent as others, so the order among equals is what is tested.
func TestLearnEqualsHuggingFace(t *testing.T) {
	var texts []string
	texts = append(texts, strings.Split(string(sampleText(t)), "----\n")...)
	for _, e := range examples(t, "testdata/gpt35turbo.jsonl") {
		texts = append(texts, e.Text)
	}
	for _, split := range Splits() {
		b, err := os.ReadFile("testdata/deep-" + split + ".merges")
		if err != nil {
			t.Fatal(err)
		}
		l := DefaultLearn()
		l.Vocab, l.Split, l.MaxToken = 100000, split, maxTokenBytes
		c := NewCounter(l)
		for _, text := range texts {
			c.Add([]byte(text))
		}
		file, err := mustLearn(t, c).JSON()
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Split(strings.TrimSpace(string(b)), "\n")
		if got := mergesOf(t, file); !slices.Equal(got, want) {
			t.Errorf("%s: %d merges, want %d:\n got %q\nwant %q", split, len(got), len(want), got, want)
		}
	}
}

func TestLearnValidate(t *testing.T) {
	f := func(want string, edit func(l *Learn)) {
		t.Helper()
		l := DefaultLearn()
		edit(&l)
		_, err := NewCounter(l).Learn()
		_, err2 := l.Sampler(1, map[string]int64{"web": 1})
		for _, err := range []error{err, err2} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want an error with %q", err, want)
			}
		}
	}
	f("unknown model \"lstm\"", func(l *Learn) { l.Model = "lstm" })
	f("unknown normalize \"nfkd\"", func(l *Learn) { l.Normalize = "nfkd" })
	f("min_piece is 0", func(l *Learn) { l.MinPiece = 0 })
	f("model: unigram needs split: metaspace", func(l *Learn) { l.Model = Unigram })
	f("coverage needs split: metaspace", func(l *Learn) { l.Coverage = 1 })
	f("alphabet needs split: metaspace", func(l *Learn) { l.Alphabet = "x" })
	f("byte_fallback: false needs split: metaspace", func(l *Learn) { l.ByteFallback = false })
	f("coverage is 1.5", func(l *Learn) { l.Split, l.Coverage = Metaspace, 1.5 })
	f("alphabet \"\\xff\" is not UTF-8", func(l *Learn) { l.Split, l.Alphabet = Metaspace, "\xff" })
	f("special token \"<s>\"", func(l *Learn) { l.Split, l.Special = Metaspace, []string{"<s>"} })
	f("special token \"a\"", func(l *Learn) { l.Special = []string{"<|endoftext|>", "a", "a"} })
	f("no special token ends a text", func(l *Learn) { l.Special = []string{"<|pad|>"} })
	f("vocab is 100", func(l *Learn) { l.Vocab = 100 })
	f("vocab is 9999999", func(l *Learn) { l.Vocab = 9999999 })
	f("sample is 0", func(l *Learn) { l.Sample = 0 })
	f("min_frequency is 0", func(l *Learn) { l.MinFrequency = 0 })
	f("max_token is 1", func(l *Learn) { l.MaxToken = 1 })
	f(`split "words"`, func(l *Learn) { l.Split = "words" })
	f("ratio of web is -1", func(l *Learn) { l.Ratios = map[string]float64{"web": -1} })
	f("ratio of web is NaN", func(l *Learn) { l.Ratios = map[string]float64{"web": math.NaN()} })
	if err := DefaultLearn().Validate(); err != nil {
		t.Error(err)
	}
}

func TestSampler(t *testing.T) {
	l := DefaultLearn()
	l.Sample = 1_000_000
	const size = 500
	bytes := map[string]int64{"code": 4_000_000, "paper": 50_000, "web": 10_000_000}
	s, err := l.Sampler(42, bytes)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for domain, total := range bytes {
		for i := range total / size {
			d := quern.Doc{Domain: domain, ID: quern.NewID(domain, fmt.Sprint(i))}
			if s.Keep(&d) {
				got[domain] += size
			}
			if s.Keep(&d) != s.Keep(&quern.Doc{Domain: domain, ID: d.ID, Text: []byte("other")}) {
				t.Fatal("more than domain and ID decides")
			}
		}
	}
	near := func(domain string, want float64) {
		t.Helper()
		if g := float64(got[domain]); math.Abs(g-want) > 0.15*want {
			t.Errorf("%s: %g bytes, want about %g", domain, g, want)
		}
	}
	near("code", 100_000)
	near("web", 750_000)
	if got["paper"] != 50_000 {
		t.Errorf("paper has less than its share, want all 50000 bytes of it, got %d", got["paper"])
	}
	if s.Keep(&quern.Doc{Domain: "mail"}) {
		t.Error("a domain without bytes is in the sample")
	}
	if _, err := l.Sampler(42, map[string]int64{"mail": 5}); err == nil || !strings.Contains(err.Error(), "mail") {
		t.Errorf("got %v, want an error that names the domain", err)
	}
	l.Ratios = map[string]float64{"web": 0}
	if s, err = l.Sampler(42, map[string]int64{"web": 5}); err != nil || s.Keep(&quern.Doc{Domain: "web"}) {
		t.Errorf("a share of 0: %v", err)
	}
}

func BenchmarkLearn(b *testing.B) {
	l := DefaultLearn()
	l.Vocab = 1000
	text := sampleText(b)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		c := NewCounter(l)
		c.Add(text)
		if _, err := c.Learn(); err != nil {
			b.Fatal(err)
		}
	}
}
