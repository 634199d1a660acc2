package extract

import (
	"math/rand/v2"
	"testing"
)

// TestMeasure holds the count by eight bytes against the count byte by byte, and that against what a reader would count.
func TestMeasure(t *testing.T) {
	f := func(s string, words, chars, sents int) {
		t.Helper()
		var nd node
		measure([]byte(s), &nd)
		var m meter
		m.slow([]byte(s), 0, len(s))
		if got := [3]int{int(nd.words), int(nd.chars), int(nd.sents)}; got != [3]int{words, chars, sents} || got != [3]int{m.words, m.chars, m.sents} {
			t.Errorf("%q: got %v, byte by byte %v, want %v", s, got, m, [3]int{words, chars, sents})
		}
	}
	f("", 0, 0, 0)
	f(" \t\r\n\f", 0, 0, 0)
	f("one", 1, 3, 0)
	f("The mill stands. Does it? It does!", 7, 28, 3)
	f("a&nbsp;b\u00a0c d&nbspe", 5, 5, 0)
	f("été à Noël", 3, 8, 0)
	f("старая мельница", 2, 14, 0)
	f("水車小屋 と川", 6, 6, 0)
	f("a水b", 2, 3, 0)

	r := rand.New(rand.NewPCG(5, 5))
	pieces := []string{"a", "bc", " ", "  ", ".", "!", "?", "&", "&nbsp;", "&nbsp", "&amp;", "\u00a0", "\u00ad", "é", "ж", "水", "한", "\n", "\t", "\v", "\x00", "\xc2", "\x80", "\xe3", "\xed", "\xee", "\xf0"}
	for range 20_000 {
		var s []byte
		for range r.IntN(20) {
			s = append(s, pieces[r.IntN(len(pieces))]...)
		}
		var m meter
		m.slow(s, 0, len(s))
		f(string(s), m.words, m.chars, m.sents)
	}
}
