//go:build ignore

package main

import (
	"archive/zip"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pemistahl/lingua-go/serialization"
	"google.golang.org/protobuf/proto"
)

// lingua's tables give, for every n-gram of letters up to five, how often its last letter follows the others. They are not
// pruned, so the rest of each sum is how often a word ends there, and what no longer gram accounts for is how often a word
// starts there: words can be drawn from them whose grams, edges included, are as frequent as in the text that was counted.

// An arc leads from a context to the next letter.
type arc struct {
	letter string
	upTo   float64 // cumulative probability
}

// A chain draws words. The key "^" and up to three letters is the start of a word, four letters are its last four.
type chain map[string][]arc

func readTable(dir, lang string) map[string]float64 {
	table := map[string]float64{}
	for _, order := range []string{"uni", "bi", "tri", "quadri", "five"} {
		z, err := zip.OpenReader(filepath.Join(dir, lang, order+"grams.pb.bin.zip"))
		check(err)
		f, err := z.File[0].Open()
		check(err)
		b, err := io.ReadAll(f)
		check(err)
		z.Close()
		var m serialization.SerializableLanguageModel
		check(proto.Unmarshal(b, &m))
		for _, set := range m.NgramSets {
			for _, g := range set.Ngrams {
				table[g] = set.Probability
			}
		}
	}
	return table
}

func newChain(dir, lang string) chain {
	given := readTable(dir, lang)
	grams := make([]string, 0, len(given))
	for g := range given {
		grams = append(grams, g)
	}
	slices.SortFunc(grams, func(a, b string) int {
		if d := utf8.RuneCountInString(a) - utf8.RuneCountInString(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	joint := make(map[string]float64, len(given))    // the share of the gram among all of its length
	inside := make(map[string]float64, len(given)/2) // the part of it that has a letter before it
	for _, g := range grams {
		head := g[:len(g)-lastLen(g)]
		joint[g] = given[g]
		if head != "" {
			joint[g] *= joint[head]
			_, n := utf8.DecodeRuneInString(g)
			inside[g[n:]] += joint[g]
		}
	}
	starts := func(g string) float64 { return max(joint[g]-inside[g], 0) }
	all := 0.0
	for _, g := range grams {
		if utf8.RuneCountInString(g) == 1 {
			all += starts(g)
		}
	}
	c := chain{}
	for _, g := range grams {
		n := lastLen(g)
		head, letter := g[:len(g)-n], g[len(g)-n:]
		switch order := utf8.RuneCountInString(g); {
		case order == 5:
			c.add(head, letter, given[g])
		case order == 1:
			c.add("^", letter, starts(g)/all)
		case starts(head) > 0:
			c.add("^"+head, letter, starts(g)/starts(head))
		}
	}
	return c
}

func (c chain) add(key, letter string, p float64) {
	arcs := c[key]
	before := 0.0
	if len(arcs) > 0 {
		before = arcs[len(arcs)-1].upTo
	}
	if p > 1e-12 {
		c[key] = append(arcs, arc{letter, before + p})
	}
}

// words draws n words, a space after each.
func (c chain) words(n int, rng *rand.Rand) string {
	var out strings.Builder
	var word []byte
	for made := 0; made < n; {
		word = word[:0]
		for letters := 0; letters < 30; letters++ {
			key := "^" + string(word)
			if letters >= 4 {
				at := len(word)
				for range 4 {
					_, n := utf8.DecodeLastRune(word[:at])
					at -= n
				}
				key = string(word[at:])
			}
			x := rng.Float64()
			arcs := c[key]
			i, _ := slices.BinarySearchFunc(arcs, x, func(a arc, x float64) int {
				if a.upTo > x {
					return 1
				}
				return -1
			})
			if i == len(arcs) {
				break
			}
			word = append(word, arcs[i].letter...)
		}
		if len(word) > 0 {
			out.Write(word)
			out.WriteByte(' ')
			made++
		}
	}
	return out.String()
}

func lastLen(s string) int {
	_, n := utf8.DecodeLastRuneInString(s)
	return n
}
