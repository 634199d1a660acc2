package clean

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// padded is a text as the scanner holds it.
func padded(text []byte) (buf []byte, blocks int) {
	blocks = len(text)/64 + 2
	buf = []byte(strings.Repeat(" ", padding+64*blocks+2*padding))
	copy(buf[padding:], text)
	return buf, blocks
}

// samePaths checks that vectors and plain Go give the same masks of any bytes, and the same positions.
func samePaths(t *testing.T, text []byte) {
	t.Helper()
	buf, n := padded(text)
	got, want := make([]block, n), make([]block, n)
	gotHigh, wantHigh := classify(buf, padding, got), classifyPlain(buf, padding, want)
	if gotHigh != wantHigh {
		t.Errorf("%.40q: any high byte: %v, want %v", text, gotHigh, wantHigh)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%q, block %d:\n got %x\nwant %x", text[64*i:min(64*i+64, len(text))], i, got[i], want[i])
			return
		}
		// Flatten any mask, dense and sparse ones.
		got[i].from, got[i].to = got[i].letter, ^got[i].letter
	}
	for _, m := range []maskOf{fromMask, toMask, newlineMask} {
		count := 64 * n
		if a, b := flatten(nil, got, m, count), flattenPlain(nil, got, m, count); !slices.Equal(a, b) {
			t.Errorf("%.40q: mask %d: positions %v, want %v", text, m, a, b)
		}
	}
}

func TestVectorsGiveTheMasksOfPlainGo(t *testing.T) {
	if !has512 {
		t.Skip("this processor or build has no AVX-512 VBMI2")
	}
	for _, text := range texts() {
		samePaths(t, []byte(text))
	}
	for c := range 256 { // every byte, at every place and beside every other
		samePaths(t, []byte(strings.Repeat(string([]byte{byte(c)}), 67)))
		var pairs []byte
		for d := range 256 {
			pairs = append(pairs, byte(c), byte(d))
		}
		samePaths(t, pairs)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 400 {
		text := make([]byte, n)
		for i := range text {
			text[i] = byte(r.Uint32())
			if n%2 == 0 {
				text[i] &= 0x7F
			}
		}
		samePaths(t, text)
	}
	for _, text := range wideProse(t) {
		samePaths(t, []byte(text))
	}
}

func FuzzClassify(f *testing.F) {
	f.Add([]byte("javaScript {[ it's 50%. coo\nkies lorem ipSum \xff\x80 中文 d’été"))
	f.Fuzz(func(t *testing.T, text []byte) { samePaths(t, text) })
}

// TestBothPathsAgreeWithOracle runs the scanner without vectors too.
func TestBothPathsAgreeWithOracle(t *testing.T) {
	defer setVectors(setVectors(false))
	s, g, c, w := judges(t)
	for name, text := range texts() {
		compare(t, s, g, c, w, name, text)
	}
}
