package tokenize

import (
	"slices"
	"strings"
	"testing"
)

func TestMarkedPieces(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		l := DefaultLearn()
		l.Split = Metaspace
		c := NewCounter(l)
		c.Add([]byte(text))
		var got []string
		c.each(func(piece []byte, count int64) {
			for range count {
				got = append(got, string(piece))
			}
		})
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	f("a b", "▁a", "▁b")
	f(" a", "▁", "▁a")
	f("a   b", "▁a", "▁▁", "▁b")
	f("", "▁")
	f("a  ", "▁a", "▁▁")
	f("a \n\n\tb", "▁a", "▁", "\n\n", "\t", "b")
	f("x=1, y2", "▁x", "=1,", "▁y", "2")
	f("東京タワーです", "▁東京タワーです")
	f("Goは速い", "▁Go", "は速い")
	f("e\u0301te\u0301", "▁e\u0301te\u0301")
	f("ab\xffcd\x00e", "▁ab", "cd", "e")
}

func TestAlphabet(t *testing.T) {
	l := DefaultLearn()
	l.Split, l.Coverage, l.Alphabet = Metaspace, 0.9, "żb"
	c := NewCounter(l)
	c.Add([]byte(strings.Repeat("a", 90) + strings.Repeat("c", 12) + "bd"))
	chars, counts, err := c.alphabet()
	if err != nil {
		t.Fatal(err)
	}
	if got := string(chars); got != "acb▁ż" || !slices.Equal(counts, []int64{90, 12, 1, 1, 0}) {
		t.Errorf("%q %v", got, counts)
	}
}

// slowMerges counts all pairs anew for each merge.
func slowMerges(c *Counter, chars []rune, merges int) (made []string) {
	type word struct {
		tokens []string
		count  int64
	}
	number := map[string]int{}
	for i, r := range chars {
		number[string(r)] = i
	}
	var all []word
	c.each(func(piece []byte, count int64) {
		all = append(all, word{strings.Split(string(piece), ""), count})
	})
	for len(made) < merges {
		counts := map[[2]string]int64{}
		for _, w := range all {
			for i := 1; i < len(w.tokens); i++ {
				counts[[2]string{w.tokens[i-1], w.tokens[i]}] += w.count
			}
		}
		var best [2]string
		most := int64(0)
		for p, n := range counts {
			_, known := number[p[0]]
			_, knownToo := number[p[1]]
			if !known || !knownToo || len(p[0]+p[1]) > c.learn.MaxToken || c.learn.taken([]byte(p[0]+p[1])) {
				continue
			}
			less := number[p[0]] < number[best[0]] || p[0] == best[0] && number[p[1]] < number[best[1]]
			if n > most || n == most && less {
				best, most = p, n
			}
		}
		if most < c.learn.MinFrequency {
			break
		}
		for k, w := range all {
			var tokens []string
			for i := 0; i < len(w.tokens); i++ {
				if i+1 < len(w.tokens) && w.tokens[i] == best[0] && w.tokens[i+1] == best[1] {
					tokens = append(tokens, best[0]+best[1])
					i++
				} else {
					tokens = append(tokens, w.tokens[i])
				}
			}
			all[k].tokens = tokens
		}
		number[best[0]+best[1]] = len(number)
		made = append(made, best[0]+best[1])
	}
	return made
}

func TestLearnCharactersEqualsSlow(t *testing.T) {
	r := testRand(8)
	for round := range 8 {
		l := DefaultLearn()
		l.Split, l.ByteFallback, l.Coverage, l.MaxToken = Metaspace, round%2 == 0, 0.98, 6+round
		l.Special = []string{"<|endoftext|>", "ab"}
		c := NewCounter(l)
		c.Add(letters(r, 1500))
		c.Add([]byte("aaaa aaaaa aaaaaa abababab bababa 東京 東京都 京都"))
		chars, _, err := c.alphabet()
		if err != nil {
			t.Fatal(err)
		}
		first := 3
		if l.ByteFallback {
			first += 256
		}
		const merges = 80
		l.Vocab = max(first+len(chars)+merges+2, 258+len(l.Special)+3)
		c.learn.Vocab = l.Vocab
		k := mustLearn(t, c)
		want := slowMerges(c, chars, l.Vocab-first-len(chars)-2)
		var got []string
		for id := first; id < first+len(want); id++ {
			got = append(got, string(k.Token(uint32(id))))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("round %d:\n got %q\nwant %q", round, got, want)
		}
		for i, name := range firstNames {
			if id, ok := k.Special(name); !ok || id != uint32(i) {
				t.Errorf("%s is %d, %v", name, id, ok)
			}
		}
		if id, ok := k.Special("ab"); !ok || int(id) != k.Vocab()-1 {
			t.Errorf("ab is %d of %d", id, k.Vocab())
		}
	}
}

func TestCharactersNeedRoom(t *testing.T) {
	l := DefaultLearn()
	l.Split, l.Vocab, l.Coverage = Metaspace, 263, 1
	c := NewCounter(l)
	c.Add([]byte("so many letters"))
	if _, err := c.Learn(); err == nil || !strings.Contains(err.Error(), "263 special tokens and bytes and 11 characters") {
		t.Errorf("got %v", err)
	}
}
