package tokenize

import (
	"slices"
	"testing"
)

// TestProbeIsOneByOne compares the ways to look up in the hot part, after each text that fills it further.
func TestProbeIsOneByOne(t *testing.T) {
	k := mustGPT35(t)
	e := k.NewEncoder()
	r := testRand(43)
	found, missed := 0, 0
	for range 300 {
		text := randomText(r, r.IntN(4000), false)
		e.Append(nil, text[:len(text)/2])
		for pos := 0; pos < len(text); {
			next, n := k.rule.split(text, pos, &e.ends)
			for n > 0 && e.start(n-1, pos)+16 > len(text) {
				n--
			}
			one := e.probeGo(text, pos, 0, n, 0)
			misses, values := slices.Clone(e.misses[:one]), slices.Clone(e.values[:n])
			if got := e.probe(text, pos, n); !slices.Equal(e.misses[:got], misses) {
				t.Fatalf("%q: misses %v, want %v", text[pos:next], e.misses[:got], misses)
			}
			for _, i := range misses {
				values[i], e.values[i] = 0, 0
			}
			if !slices.Equal(e.values[:n], values) {
				t.Fatalf("%q: values %v, want %v", text[pos:next], e.values[:n], values)
			}
			found, missed = found+n-one, missed+one
			pos = next
		}
	}
	if found < 1000 || missed < 1000 {
		t.Errorf("%d pieces found, %d not", found, missed)
	}
}
