package dedup

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// letters is random text of so many letters.
func letters(r *rand.Rand, n, alphabet int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a' + byte(r.IntN(alphabet))
	}
	return b
}

func allRuns(a *anchors, text []byte) (out []run) {
	a.runs(text, func(r run) error { out = append(out, r); return nil })
	return out
}

// TestEqualWindowsHaveEqualKeys: every window has a key, and the key follows from its content.
func TestEqualWindowsHaveEqualKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, symbol := range []int{1, 4} {
		for _, length := range []int{16, 17, 40, 100, 101, 256} {
			a := newAnchors(length, symbol)
			keys := map[string]uint64{}
			for _, alphabet := range []int{1, 2, 3, 20} {
				for _, n := range []int{0, 1, length - 1, length, length + 1, 2 * length, 1000, 5000} {
					text := letters(r, n*symbol, alphabet)
					if n == 5000 {
						copy(text[3000*symbol:], text[100*symbol:1400*symbol])
					}
					at := 0
					for _, x := range allRuns(a, text) {
						if x.from != at || x.n <= 0 {
							t.Fatalf("length %d: a run of %d windows from %d, want it from %d", length, x.n, x.from, at)
						}
						for ; at < x.from+x.n; at++ {
							w := string(text[at*symbol : (at+length)*symbol])
							if k, ok := keys[w]; ok && k != x.key {
								t.Fatalf("length %d: window %q has two keys", length, w)
							}
							keys[w] = x.key
						}
					}
					if want := max(0, n-length+1); at != want {
						t.Fatalf("length %d: runs of %d windows in a text of %d symbols, want %d", length, at, n, want)
					}
				}
			}
		}
	}
}

// TestRunsAreLong: a key stands for about a third of a window's length, and periodic text has one key.
func TestRunsAreLong(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	a := newAnchors(100, 1)
	text := letters(r, 1<<20, 20)
	if n := len(allRuns(a, text)); n > len(text)*35/1000 {
		t.Errorf("%d runs in %d bytes, want at most 3.5 %%", n, len(text))
	}
	for _, period := range []int{1, 2, 3, 7, 40} {
		text := bytes.Repeat(letters(r, period, 20), 1<<16/period)
		runs := allRuns(a, text)
		if len(runs) > 20 {
			t.Errorf("period %d: %d runs", period, len(runs))
		}
		for _, x := range runs {
			if x.n > period && !x.again {
				t.Errorf("period %d: a run of %d windows that does not know of its repetition", period, x.n)
			}
		}
	}
}

func BenchmarkAnchors(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, text := range [][]byte{letters(r, 1<<20, 20), bytes.Repeat([]byte("a"), 1<<20)} {
		b.Run(fmt.Sprintf("%.4s", text), func(b *testing.B) {
			a := newAnchors(100, 1)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				a.runs(text, func(run) error { return nil })
			}
		})
	}
}
