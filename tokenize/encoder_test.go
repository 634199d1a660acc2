package tokenize

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// plain is the definition: the scalar split, and merging by flat scan alone, nothing remembered.
func plain(k *Tokenizer, text []byte) (ids []uint32) {
	m := merger{b: &k.bpe}
	for i := 0; i < len(text); {
		end := k.rule.next(text, i)
		piece := text[i:end]
		i = end
		if id, ok := k.bpe.whole[string(piece)]; ok {
			ids = append(ids, id)
			continue
		}
		for _, id := range m.flat(piece) {
			ids = append(ids, k.bpe.outer[id])
		}
	}
	return ids
}

// randomVocabulary makes a vocabulary over few letters, with merges in random order: most are not ordered by rank.
func randomVocabulary(t testing.TB, r *rand.Rand, whole bool) *Tokenizer {
	t.Helper()
	words := []string{"a", "b", "c", " "}
	var tokens, merges []string
	for len(tokens) < 40 {
		x, y := words[r.IntN(len(words))], words[r.IntN(len(words))]
		if len(x+y) > 20 || slices.Contains(words, x+y) {
			continue
		}
		words = append(words, x+y)
		tokens = append(tokens, x+y)
		name := func(s string) string { return string(appendByteLevel(nil, []byte(s))) }
		merges = append(merges, quote(name(x)+" "+name(y)))
	}
	r.Shuffle(len(merges), func(i, j int) { merges[i], merges[j] = merges[j], merges[i] })
	k, err := Parse(file(tokens, merges, `"ignore_merges": false`, fmt.Sprintf(`"ignore_merges": %v`, whole)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func letters(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = "abc  "[r.IntN(3+2*r.IntN(2))]
	}
	return b
}

func TestMergersAgree(t *testing.T) {
	r := testRand(3)
	mostly := 0
	for range 200 {
		k := randomVocabulary(t, r, false)
		m, n := merger{b: &k.bpe}, merger{b: &k.bpe}
		for range 60 {
			text := letters(r, 1+r.IntN(60))
			want := slices.Clone(m.flat(text))
			if got := n.heap(text); !slices.Equal(got, want) {
				t.Fatalf("%q: heap %v, flat %v", text, got, want)
			}
			if k.bpe.ordered || !k.bpe.disorder.in(text) {
				if len(want) < len(text) && !k.bpe.ordered {
					mostly++
				}
				if got := n.backtrack(text); !slices.Equal(got, want) {
					t.Fatalf("%q: backtracking %v, flat %v", text, got, want)
				}
			}
		}
	}
	if mostly < 100 {
		t.Errorf("%d texts without a disorderly token", mostly)
	}
	k := mustGPT35(t)
	m, n := merger{b: &k.bpe}, merger{b: &k.bpe}
	for range 4000 {
		text := randomText(r, 1+r.IntN(120), false)
		want := slices.Clone(m.flat(text))
		if got := n.heap(text); !slices.Equal(got, want) {
			t.Fatalf("%q: heap %v, flat %v", text, got, want)
		}
		if got := n.backtrack(text); !slices.Equal(got, want) {
			t.Fatalf("%q: backtracking %v, flat %v", text, got, want)
		}
	}
}

// TestOrderMatters makes sure that the tests above meet both kinds of vocabulary.
func TestOrderMatters(t *testing.T) {
	f := func(merges []string, want bool) {
		t.Helper()
		k, err := Parse(file([]string{"ab", "abc"}, merges))
		if err != nil {
			t.Fatal(err)
		}
		if k.bpe.ordered != want {
			t.Errorf("%v: ordered is %v", merges, k.bpe.ordered)
		}
	}
	f([]string{`"a b"`, `"ab c"`}, true)
	f([]string{`"ab c"`, `"a b"`}, false)
}

// tiny makes a cache forget within a batch.
var tiny = limits{table: 64, wide: 16, long: 8, keys: 600, arena: 300}

func TestCachedEqualsPlain(t *testing.T) {
	r := testRand(5)
	for name, k := range map[string]*Tokenizer{"gpt35": mustGPT35(t), "random": randomVocabulary(t, r, false), "whole": randomVocabulary(t, r, true)} {
		small, large := k.newEncoder(tiny), k.NewEncoder()
		for range 1500 {
			text := randomText(r, 1+r.IntN(800), r.IntN(2) == 0)
			if r.IntN(4) == 0 {
				text = letters(r, 1+r.IntN(3000))
			}
			want := plain(k, text)
			if got := large.Append(nil, text); !slices.Equal(got, want) {
				t.Fatalf("%s: %q\n got %v\nwant %v", name, text, got, want)
			}
			if got := small.Append(nil, text); !slices.Equal(got, want) {
				t.Fatalf("%s, small cache: %q\n got %v\nwant %v", name, text, got, want)
			}
		}
		if n := small.cache.wipes; n < 500 {
			t.Errorf("%s: the small cache was emptied %d times only", name, n)
		}
	}
}

func TestCacheGrows(t *testing.T) {
	k := mustGPT35(t)
	e := k.NewEncoder()
	r := testRand(9)
	first, firstLong := len(e.cache.table), len(e.cache.long)
	var texts [][]byte
	for range 60 {
		var b []byte
		for range 500 {
			b = append(b, ' ')
			for range 2 + r.IntN(30) {
				b = append(b, byte('a'+r.IntN(26)))
			}
		}
		texts = append(texts, b)
	}
	var want [][]uint32
	for _, text := range texts {
		want = append(want, e.Append(nil, text))
	}
	if len(e.cache.table) == first || len(e.cache.long) == firstLong {
		t.Fatalf("tables of %d and %d slots did not grow", first, firstLong)
	}
	for i, text := range texts { // what was there before growing is still found
		before := e.cache.used + e.cache.longUsed
		if got := e.Append(nil, text); !slices.Equal(got, want[i]) || !slices.Equal(got, plain(k, text)) {
			t.Fatalf("text %d has other ids the second time", i)
		}
		if e.cache.used+e.cache.longUsed != before {
			t.Fatalf("text %d was not remembered", i)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	k := mustGPT35(t)
	e := k.NewEncoder()
	r := testRand(13)
	for range 300 {
		text := make([]byte, r.IntN(500))
		for i := range text {
			text[i] = byte(r.Uint32())
		}
		if got := k.AppendDecode(nil, e.Append(nil, text)); !bytes.Equal(got, text) {
			t.Fatalf("%q decodes to %q", text, got)
		}
	}
}

func FuzzEncode(f *testing.F) {
	k := mustGPT35(f)
	e, small := k.NewEncoder(), k.newEncoder(tiny)
	r := testRand(17)
	for range 8 {
		f.Add(randomText(r, 300, false))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		want := plain(k, text)
		if got := e.Append(nil, text); !slices.Equal(got, want) {
			t.Errorf("%q\n got %v\nwant %v", text, got, want)
		}
		if got := small.Append(nil, text); !slices.Equal(got, want) {
			t.Errorf("small cache: %q\n got %v\nwant %v", text, got, want)
		}
		if got := k.AppendDecode(nil, want); !bytes.Equal(got, text) {
			t.Errorf("%q decodes to %q", text, got)
		}
	})
}

// TestAppendKeepsWhatIsThere appends to slices of every small capacity.
func TestAppendKeepsWhatIsThere(t *testing.T) {
	k := mustGPT35(t)
	e := k.NewEncoder()
	text := []byte("Grain goes in at the top, and " + strings.Repeat("q", 300) + " comes out.")
	want := append([]uint32{7, 8}, plain(k, text)...)
	for room := range 200 {
		dst := make([]uint32, 2, 2+room)
		dst[0], dst[1] = 7, 8
		if got := e.Append(dst, text); !slices.Equal(got, want) {
			t.Fatalf("capacity %d: got %v, want %v", 2+room, got, want)
		}
	}
}

func TestWarmEncoderDoesNotAllocate(t *testing.T) {
	k := mustGPT35(t)
	e := k.NewEncoder()
	text := bytes.Repeat([]byte("The mill's stones, all 3 of them, ground 98765 sacks.\n"), 50)
	dst := e.Append(nil, text)
	if n := testing.AllocsPerRun(20, func() { dst = e.Append(dst[:0], text) }); n != 0 {
		t.Errorf("%g allocations a document", n)
	}
}

// TestNoSplitPoint encodes pieces as long as a document: time must stay in proportion to length.
func TestNoSplitPoint(t *testing.T) {
	k := mustGPT35(t)
	e := k.NewEncoder()
	r := testRand(19)
	random := make([]byte, 1<<18)
	for i := range random {
		random[i] = byte('a' + r.IntN(26))
	}
	for _, text := range [][]byte{random, bytes.Repeat([]byte("a"), 1<<18), bytes.Repeat([]byte(" "), 1<<18), bytes.Repeat([]byte("!"), 1<<18), bytes.Repeat([]byte("中"), 1<<16)} {
		ids := e.Append(nil, text)
		if got := k.AppendDecode(nil, ids); !bytes.Equal(got, text) {
			t.Errorf("%q…: does not round trip", text[:8])
		}
		m := merger{b: &k.bpe}
		var want []uint32
		for i := 0; i < len(text); {
			end := k.rule.next(text, i)
			for _, id := range m.heap(text[i:end]) {
				want = append(want, k.bpe.outer[id])
			}
			i = end
		}
		if !slices.Equal(ids, want) {
			t.Errorf("%q…: backtracking and heap differ", text[:8])
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	k := mustGPT35(b)
	e := k.NewEncoder()
	text := sampleText(b)
	dst := e.Append(nil, text)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		dst = e.Append(dst[:0], text)
	}
}

func BenchmarkDecode(b *testing.B) {
	k := mustGPT35(b)
	text := sampleText(b)
	ids := k.NewEncoder().Append(nil, text)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		text = k.AppendDecode(text[:0], ids)
	}
}
