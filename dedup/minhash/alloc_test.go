package minhash

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// Once buffers have grown a text costs no memory, in any mode and script.
func TestNoAllocations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	texts := [][]byte{
		randomText(r, 4000), randomText(r, 4000), []byte(strings.Repeat("Plain words. ", 300)),
		[]byte(strings.Repeat("Русский текст, 12.5 ", 100)), []byte(strings.Repeat("漢字かな한국어 ", 100)), []byte(strings.Repeat("𝒳𐐀😀\U0002F800 ொ dont 5km© ", 100)),
	}
	options := allOptions()
	options = append(options, Options{Shingle: 2, Unit: Tokens, Bands: 2, Rows: 2, Tokens: func(dst []uint32, text []byte) []uint32 {
		for _, c := range text {
			dst = append(dst, uint32(c))
		}
		return dst
	}}, Options{Shingle: 3, Hash: SHA1, Bands: 2, Rows: 2})
	for _, o := range options {
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		o.Tokens = nil
		widths(func(w int) {
			n := testing.AllocsPerRun(3, func() {
				for _, text := range texts {
					x := s.Shingles(text)
					s.Keys(x)
					s.Signature(x)
				}
			})
			if n != 0 {
				t.Errorf("width %d, %+v: %v allocations", w, o, n)
			}
		})
	}
	var d Digester
	widths(func(w int) {
		n := testing.AllocsPerRun(3, func() {
			for i, text := range texts {
				d.Digest128(text, i&1 == 0, i&2 == 0)
				d.Digest128(text, true, true)
			}
		})
		if n != 0 {
			t.Errorf("width %d: %v allocations a digest", w, n)
		}
	})
}
