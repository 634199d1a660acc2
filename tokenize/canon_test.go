package tokenize

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// definitions gives the paths of all tokens by the definition.
func definitions(t *testing.T, src *source) (paths []path) {
	t.Helper()
	byteAt, err := src.byteTokens()
	if err != nil {
		t.Fatal(err)
	}
	d := newDefinition(src)
	for i, w := range src.words.words {
		if len(w) > 1 {
			if p, ok := d.path(uint32(i), &byteAt); ok {
				paths = append(paths, p)
			}
		}
	}
	slices.SortFunc(paths, func(a, b path) int { return a.rank - b.rank })
	return paths
}

// randomSource makes a vocabulary over few letters. disorder is how many merges are moved to anywhere, doubled how many are listed again.
func randomSource(r *rand.Rand, ranked bool, disorder, doubled int) *source {
	src := &source{words: newWordTable(0), ranked: ranked}
	words := [][]byte{{'a'}, {'b'}, {'c'}}
	var made [][]byte
	for len(made) < 40 {
		w := slices.Concat(words[r.IntN(len(words))], words[r.IntN(len(words))])
		if len(w) <= 20 && !slices.ContainsFunc(words, func(x []byte) bool { return string(x) == string(w) }) {
			words, made = append(words, w), append(made, w)
		}
	}
	if ranked { // the order of tokens is that of merges
		for range disorder {
			i, j := r.IntN(len(made)), r.IntN(len(made))
			made[i], made[j] = made[j], made[i]
		}
	}
	for c := range 256 {
		src.words.add([]byte{byte(c)})
	}
	for _, w := range made {
		src.words.add(w)
	}
	for i := range src.words.words {
		src.ids = append(src.ids, uint32(i))
	}
	if ranked {
		return src
	}
	for _, w := range made { // all splits of each token, as exporters of ranks list them
		for i := 1; i < len(w); i++ {
			left, right := src.words.find(w[:i]), src.words.find(w[i:])
			if left != none && right != none {
				src.merges = append(src.merges, merge{left, right, src.words.find(w)})
			}
		}
	}
	for range disorder {
		i, j := r.IntN(len(src.merges)), r.IntN(len(src.merges))
		src.merges[i], src.merges[j] = src.merges[j], src.merges[i]
	}
	for range doubled {
		src.merges = slices.Insert(src.merges, r.IntN(len(src.merges)), src.merges[r.IntN(len(src.merges))])
	}
	return src
}

func TestPathsAreTheDefinition(t *testing.T) {
	r := testRand(23)
	for _, c := range []struct {
		ranked            bool
		disorder, doubled int
	}{{false, 0, 0}, {false, 1, 0}, {false, 3, 0}, {false, 40, 0}, {false, 0, 2}, {false, 2, 2}, {true, 0, 0}, {true, 1, 0}, {true, 3, 0}, {true, 40, 0}} {
		n := 0
		for range 200 {
			src := randomSource(r, c.ranked, c.disorder, c.doubled)
			byteAt, err := src.byteTokens()
			if err != nil {
				t.Fatal(err)
			}
			got, want := src.canonicalize(&byteAt), definitions(t, src)
			if !slices.Equal(got, want) {
				t.Fatalf("%+v: %q\n got %v\nwant %v", c, src.words.words[256:], got, want)
			}
			n += len(got)
		}
		if n < 200*10 {
			t.Errorf("%+v: %d paths", c, n)
		}
	}
}

// byRanks merges a piece by the definition of .tiktoken files: where what two neighbors make is a token, the one of the lowest rank first.
func byRanks(src *source, piece []byte) (ids []uint32) {
	if p := src.words.find(piece); p != none {
		return []uint32{p}
	}
	for _, c := range piece {
		ids = append(ids, src.words.find([]byte{c}))
	}
	d := newDefinition(src)
	for {
		best, at := path{rank: noRank}, 0
		for i := range len(ids) - 1 {
			if p := d.merge(ids[i], ids[i+1]); p.rank < best.rank {
				best, at = p, i
			}
		}
		if best.rank == noRank {
			return ids
		}
		ids[at] = best.to
		ids = slices.Delete(ids, at+1, at+2)
	}
}

func TestRanksInAnyOrder(t *testing.T) {
	r := testRand(29)
	for _, disorder := range []int{0, 1, 3, 40} {
		for range 60 {
			src := randomSource(r, true, disorder, 0)
			var words []string
			for _, w := range src.words.words[256:] {
				words = append(words, string(w))
			}
			k, err := ParseTiktoken(ranks(words...), "gpt2", endOnly)
			if err != nil {
				t.Fatal(err)
			}
			file, err := k.JSON()
			if err != nil {
				t.Fatal(err)
			}
			again, err := Parse(file)
			if err != nil {
				t.Fatal(err)
			}
			e, e2 := k.NewEncoder(), again.NewEncoder()
			for range 30 {
				text := make([]byte, 1+r.IntN(40))
				for i := range text {
					text[i] = "abc"[r.IntN(3)]
				}
				want := byRanks(src, text)
				if got := e.Append(nil, text); !slices.Equal(got, want) {
					t.Fatalf("%q: %q\n got %v\nwant %v", words, text, got, want)
				}
				if got := e2.Append(nil, text); !slices.Equal(got, want) {
					t.Fatalf("%q: %q, written and read\n got %v\nwant %v", words, text, got, want)
				}
			}
		}
	}
}

func TestTrie(t *testing.T) {
	r := testRand(31)
	for range 50 {
		src := randomSource(r, true, 0, 0)
		words := src.words.words
		out := make([]bool, len(words))
		for i := 256; i < len(out); i++ {
			out[i] = r.IntN(5) == 0
		}
		tr := newTrie(words, out)
		for range 200 {
			text := make([]byte, 1+r.IntN(12))
			for i := range text {
				text[i] = "abcd"[r.IntN(4)]
			}
			want := none
			for n := 1; n <= len(text); n++ {
				if p := src.words.find(text[:n]); p != none && !out[p] {
					if want != none && tr.prefix[p] != want {
						t.Fatalf("prefix of %q is %d, want %d", text[:n], tr.prefix[p], want)
					}
					want = p
				}
			}
			if got := tr.longest(text); got != want {
				t.Fatalf("%q: got %d, want %d", text, got, want)
			}
		}
	}
}

func TestWordTable(t *testing.T) {
	w := newWordTable(0)
	for i := range 5000 {
		if !w.add(fmt.Appendf(nil, "w%d", i)) || w.add(fmt.Appendf(nil, "w%d", i/2)) {
			t.Fatalf("word %d", i)
		}
	}
	for i := range 6000 {
		want := uint32(i)
		if i >= 5000 {
			want = none
		}
		if got := w.find(fmt.Appendf(nil, "w%d", i)); got != want {
			t.Fatalf("word %d is at %d", i, got)
		}
	}
}
