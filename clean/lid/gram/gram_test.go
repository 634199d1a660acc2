package gram

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestFile: the models are those that the generator made.
func TestFile(t *testing.T) {
	const want = "9ce652421f2a337c9b4b1f95b57f6d7577386d197aab66796688cf3dee95e1b5"
	sum := sha256.Sum256(file)
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("models.bin has the digest %s, want %s", got, want)
	}
	if len(file) > 5<<20 {
		t.Errorf("models.bin has %d bytes, should not grow past 5 MiB", len(file))
	}
	m, err := Decode(file)
	if err != nil || !bytes.Equal(Encode(m), file) {
		t.Fatalf("error %v, or another file when written again", err)
	}
	for s, n := range map[Script]int{Latin: 60, Cyrillic: 11, Arabic: 5, Devanagari: 2} {
		if got := Of(s).Langs; len(got) != n || !slices.IsSorted(got) {
			t.Errorf("script %d: languages %v, want %d", s, got, n)
		}
		for _, w := range Of(s).Weights {
			if w < 1 || w > 63 {
				t.Fatalf("script %d: a weight of %d", s, w)
			}
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	small := Encode([]*Model{{Langs: []string{"aa", "bb"}, Bits: 2, Marks: make([]byte, 4), Weights: make([]byte, 32)}})
	if m, err := Decode(small); err != nil || len(m) != 1 || m[0].Langs[1] != "bb" {
		t.Fatalf("%v, %v", m, err)
	}
	for n := range len(small) {
		if n == len(magic) {
			continue // no models is a file
		}
		if _, err := Decode(small[:n]); err == nil || !strings.Contains(err.Error(), "offset") {
			t.Errorf("%d of %d bytes: error %v", n, len(small), err)
		}
	}
	wide := slices.Clone(small)
	wide[len(magic)+4+5] = 17 // bits
	if _, err := Decode(wide); err == nil || !strings.Contains(err.Error(), "up to 16") {
		t.Errorf("a table of 17 bits: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(Encode([]*Model{{Langs: []string{"aa", "bb"}, Bits: 2, Marks: make([]byte, 4), Weights: make([]byte, 32)}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err == nil && !bytes.HasPrefix(b, []byte(magic)) {
			t.Fatalf("%v from a file without a head", m)
		}
	})
}

// spell writes a gram as letters of Latin, edges as _.
func spell(g uint64) string {
	var s []rune
	for ; g > 0; g >>= codeBits {
		if r := rune(g & (1<<codeBits - 1)); r == edge {
			s = append(s, '_')
		} else {
			s = append(s, r)
		}
	}
	slices.Reverse(s)
	return string(s)
}

func TestGrams(t *testing.T) {
	f := func(script Script, text, want string, letters int) {
		t.Helper()
		grams, n, read := Grams(nil, script, []byte(text), 1000)
		var got []string
		for _, g := range grams {
			got = append(got, spell(g))
		}
		if strings.Join(got, " ") != want || n != letters || read != len(text) {
			t.Errorf("%q: %s, %d letters, %d bytes; want %s, %d letters", text, strings.Join(got, " "), n, read, want, letters)
		}
	}
	f(Latin, "", "", 0)
	f(Latin, " 12 +\xff", "", 0)
	f(Latin, "a", "_a a_ _a_", 1)
	f(Latin, "The", "_t th _th he the _the e_ he_ the_ _the_", 3)
	f(Latin, "à A", "à _à à_ _à_ _a a_ _a_", 2)
	f(Latin, "ab Дом", "_a ab _ab b_ ab_ _ab_", 2)
	f(Latin, "wölfe", "_w ö wö _wö öl wöl _wöl lf ölf wölf _wölf fe lfe ölfe wölfe e_ fe_ lfe_ ölfe_", 5)
}

// TestGramsStop: at the end of the word in which enough letters were seen. A word without end says nothing.
func TestGramsStop(t *testing.T) {
	if _, n, read := Grams(nil, Latin, []byte("one two three four"), 5); n != 6 || read != len("one two ") {
		t.Errorf("%d letters, %d bytes", n, read)
	}
	if g, n, _ := Grams(nil, Latin, bytes.Repeat([]byte("a"), 1<<20), 100); n != 0 || len(g) != 0 {
		t.Errorf("%d letters, %d grams", n, len(g))
	}
	f := strings.Repeat("a", longest+1)
	if g, n, _ := Grams(nil, Latin, []byte("ab "+f+" c "+f), 1000); n != 3 || len(g) != 6+3 {
		t.Errorf("beside long words: %d letters, %d grams", n, len(g))
	}
}

// TestScores compares with adding up weights one by one, over texts long enough for every way through the sums.
func TestScores(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var s Scorer
	for _, m := range []Script{Latin, Cyrillic, Arabic, Devanagari} {
		for size := range 60 {
			var text []byte
			for range size * size {
				b := blocks[m][rng.IntN(min(len(blocks[m]), 3))]
				text = append(text, string(b.lo+rng.Int32N(b.hi-b.lo))...)
				if rng.IntN(5) == 0 {
					text = append(text, ' ')
				}
			}
			model := Of(m)
			s.Reset()
			s.Add(model, m, text, len(text))
			got := s.Scores(model, nil)
			want := make([]float64, len(model.Langs))
			grams, _, _ := Grams(nil, m, text, len(text))
			rows := map[uint32]bool{}
			all := 0
			for _, g := range grams {
				row, mark := Place(g, model.Bits)
				if model.Marks[row] != mark {
					continue
				}
				all++
				rows[row] = true
				for i := range want {
					want[i] += float64(model.Weights[int(row)*model.Words()*8+i]) - Nothing
				}
			}
			for i := range want {
				if got[i] != want[i]*model.Scale {
					t.Fatalf("script %d, %d letters, %s: %v, want %v", m, size*size, model.Langs[i], got[i], want[i]*model.Scale)
				}
			}
			if a, b := s.Variety(); a != len(rows) || b != all {
				t.Fatalf("%d different of %d, want %d of %d", a, b, len(rows), all)
			}
		}
	}
}

func FuzzGrams(f *testing.F) {
	f.Add([]byte("The Wölfe Дом \xff \u1e9e"), byte(0), 100)
	f.Fuzz(func(t *testing.T, text []byte, script byte, enough int) {
		grams, n, read := Grams(nil, Script(script%byte(Scripts)), text, enough)
		if read > len(text) || n > max(enough, 0)+longest || len(grams) > 5*n+5*(n+1) {
			t.Fatalf("%q: %d grams, %d letters, %d bytes", text, len(grams), n, read)
		}
	})
}
