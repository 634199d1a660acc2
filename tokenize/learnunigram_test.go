package tokenize

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestDigamma(t *testing.T) {
	const euler = 0.57721566490153286
	for x, want := range map[float64]float64{1: -euler, 2: 1 - euler, 0.5: -euler - 2*math.Ln2, 10: 2.2517525890667211, 1000: 6.9072551956488121} {
		if got := digamma(x); math.Abs(got-want) > 1e-10 {
			t.Errorf("digamma(%g) is %.13g, want %.13g", x, got, want)
		}
	}
}

func testPieces(r interface{ IntN(int) int }, n int) *pieceText {
	text := &pieceText{}
	for range n {
		for range 1 + r.IntN(20) {
			text.symbols = append(text.symbols, int32(r.IntN(3)))
		}
		text.ends = append(text.ends, uint32(len(text.symbols)))
		text.counts = append(text.counts, int64(1+r.IntN(3)))
	}
	return text
}

// TestSeeds counts every substring by hand. A seed is one that no longer substring always covers.
func TestSeeds(t *testing.T) {
	text := testPieces(testRand(4), 40)
	spell := func(symbols []int32) string {
		var b strings.Builder
		for _, s := range symbols {
			b.WriteByte('a' + byte(s))
		}
		return b.String()
	}
	counts := map[string]int64{}
	for i := range text.ends {
		piece := spell(text.piece(i))
		for from := range piece {
			for to := from + 1; to <= len(piece) && to-from <= maxSeed; to++ {
				counts[piece[from:to]] += text.counts[i]
			}
		}
	}
	want := map[string]int64{}
	for s, n := range counts {
		covered := false
		for c := range 3 {
			covered = covered || counts[s+string(rune('a'+c))] == n && len(s) < maxSeed
		}
		if len(s) >= 2 && n >= 2 && !covered {
			want[s] = n
		}
	}
	for _, workers := range []int{1, 2, 7} {
		seeds, err := text.seeds(context.Background(), 3, workers)
		if err != nil {
			t.Fatal(err)
		}
		last := int64(math.MaxInt64)
		for _, s := range seeds {
			name := spell(text.symbols[s.at : s.at+uint32(s.n)])
			if want[name] != s.count {
				t.Errorf("%s: counted %d, want %d", name, s.count, want[name])
			}
			if score := s.count * int64(s.n); score > last {
				t.Errorf("%s covers more than what is before it", name)
			} else {
				last = score
			}
		}
		if len(seeds) != len(want) {
			t.Errorf("%d seeds, want %d", len(seeds), len(want))
		}
	}
}

// testUnigram has tokens a b c aa ab bc abc bca.
func testUnigram() *unigramLearner {
	u := &unigramLearner{chars: 3, workers: 2, text: &pieceText{}}
	u.tokens = [][]int32{{0}, {1}, {2}, {0, 0}, {0, 1}, {1, 2}, {0, 1, 2}, {1, 2, 0}}
	for i := range u.tokens {
		u.logs = append(u.logs, -1-0.37*float64(i*5%7))
	}
	u.trie = newSymbolTrie(u.tokens)
	return u
}

// spellings calls f with every way to spell a piece.
func (u *unigramLearner) spellings(piece []int32, f func(ids []int32, log float64)) {
	var walk func(at int, ids []int32, log float64)
	walk = func(at int, ids []int32, log float64) {
		if at == len(piece) {
			f(ids, log)
			return
		}
	tokens:
		for id, token := range u.tokens {
			if at+len(token) > len(piece) {
				continue
			}
			for k, s := range token {
				if piece[at+k] != s {
					continue tokens
				}
			}
			walk(at+len(token), append(ids[:len(ids):len(ids)], int32(id)), log+u.logs[id])
		}
	}
	walk(0, nil, 0)
}

func TestExpectedCounts(t *testing.T) {
	u := testUnigram()
	u.text = testPieces(testRand(9), 30)
	want := make([]float64, len(u.tokens))
	for i := range u.text.ends {
		z := 0.0
		u.spellings(u.text.piece(i), func(_ []int32, log float64) { z += math.Exp(log) })
		u.spellings(u.text.piece(i), func(ids []int32, log float64) {
			for _, id := range ids {
				want[id] += float64(u.text.counts[i]) * math.Exp(log) / z
			}
		})
	}
	got, err := u.expect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for id, w := range want {
		if g := float64(got[id]) / share; math.Abs(g-w) > 1e-3 {
			t.Errorf("token %d: expected %g, want %g", id, g, w)
		}
	}
}

func TestExpectedCountsOfALongUnlikelyPiece(t *testing.T) {
	u := testUnigram()
	for i := range u.logs {
		u.logs[i] = -30
	}
	u.logs[0] = -0.001
	for i := range 40000 {
		u.text.symbols = append(u.text.symbols, int32(1+i%2))
	}
	u.text.ends, u.text.counts = []uint32{40000}, []int64{1}
	got, err := u.expect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	chars := 0.0
	for id, n := range got {
		chars += float64(n) / share * float64(len(u.tokens[id]))
	}
	if math.Abs(chars-40000) > 1 {
		t.Errorf("the tokens are expected to have %g characters, want 40000", chars)
	}
}

func TestBestSpelling(t *testing.T) {
	u := testUnigram()
	u.text = testPieces(testRand(2), 50)
	var w unigramWork
	for i := range u.text.ends {
		piece := u.text.piece(i)
		most := math.Inf(-1)
		u.spellings(piece, func(_ []int32, log float64) { most = max(most, log) })
		got := 0.0
		for _, id := range w.best(u, piece, -1) {
			got += u.logs[id]
		}
		if math.Abs(got-most) > 1e-9 {
			t.Errorf("%v: %g, the best is %g", piece, got, most)
		}
	}
	if path := w.best(u, u.tokens[6], 6); len(path) < 2 {
		t.Errorf("abc without itself: %v", path)
	}
}

// TestUnigramIsAsGoodAsSentencePiece compares with the tokens that spm_train's own model makes of the text that it learned from:
// sentencepiece 0.2.3, model_type=unigram, vocab_size=4000, character_coverage=0.9995, byte_fallback=True,
// normalization_rule_name=identity, remove_extra_whitespaces=False, max_sentence_length=1048576, a sentence a line that is not empty.
func TestUnigramIsAsGoodAsSentencePiece(t *testing.T) {
	b, err := os.ReadFile("../../shared/data/text/wikitext-2-valid.txt")
	if err != nil {
		t.Skip("needs ../shared: ", err)
	}
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, x := range []struct {
		model  string
		tokens int
	}{{Unigram, 405390}, {BPE, 320027}} {
		l := DefaultLearn()
		l.Model, l.Split, l.Special = x.model, Metaspace, nil
		l.Vocab = 4000
		c := NewCounter(l)
		var lines [][]byte
		for line := range strings.SplitSeq(string(b), "\n") {
			if strings.TrimSpace(line) != "" {
				lines = append(lines, []byte(line))
				c.Add([]byte(line))
			}
		}
		tok := mustLearn(t, c)
		if tok.Vocab() != l.Vocab {
			t.Errorf("%s: %d ids", x.model, tok.Vocab())
		}
		e := tok.NewEncoder()
		n := 0
		for _, line := range lines {
			n += len(e.Append(nil, line))
		}
		t.Logf("%s: %d tokens, SentencePiece has %d", x.model, n, x.tokens)
		if float64(n) > 1.01*float64(x.tokens) {
			t.Errorf("%s: %d tokens, SentencePiece's model makes %d of the same text", x.model, n, x.tokens)
		}
	}
}

func TestUnigramOfNoText(t *testing.T) {
	l := DefaultLearn()
	l.Model, l.Split, l.Vocab = Unigram, Metaspace, 300
	tok := mustLearn(t, NewCounter(l))
	if got := tok.NewEncoder().Append(nil, []byte("hé")); len(got) == 0 {
		t.Error("a text has no tokens")
	}
}

// Scores that are learned let texts be cut where no token goes across: the ids are those of the best way through the whole text.
func TestLearnedUnigramIsFast(t *testing.T) {
	for _, fallback := range []bool{false, true} {
		learn := DefaultLearn()
		learn.Model, learn.Split, learn.Vocab, learn.ByteFallback = Unigram, Metaspace, 400, fallback
		c := NewCounter(learn)
		r := rand.New(rand.NewPCG(7, 8))
		for range 300 {
			c.Add([]byte(strings.ToValidUTF8(string(flowText(r, 40)), "")))
		}
		k, err := c.Learn()
		if err != nil {
			t.Fatal(err)
		}
		if !k.Fast() {
			t.Fatal("there is no fast path")
		}
		e := k.NewEncoder()
		for i := range 600 {
			text := flowText(r, 1+i%37)
			if got, want := e.Append([]uint32{}, text), slowBy(t, e, text); !slices.Equal(got, want) {
				t.Fatalf("%q\n got %v\nwant %v", text, got, want)
			}
		}
		u := k.model.(*unigram)
		u.scores[len(u.scores)-1] += 1e-9
		if u.exact() {
			t.Error("sums with a score of 30 bits behind the point are told to be exact")
		}
		b, err := k.SentencePiece()
		if err != nil {
			t.Fatal(err)
		}
		p, err := ParseSentencePiece(b)
		if err != nil {
			t.Fatal(err)
		}
		text := []byte("hello world, the lowest end 文 <unk>")
		if got, want := p.NewEncoder().Append(nil, text), e.Append(nil, text); !slices.Equal(got, want) {
			t.Errorf("as .model %v, as tokenizer.json %v", got, want)
		}
	}
}
