package minhash

import (
	"math"
	"testing"
)

func TestPresets(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Presets {
		if seen[p.Name] {
			t.Errorf("%s is there twice", p.Name)
		}
		seen[p.Name] = true
		s, err := New(p.Options)
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		x := s.Shingles([]byte("It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness."))
		if len(x) == 0 || len(s.Keys(x)) != p.Keys() {
			t.Errorf("%s: %d shingles, %d keys, want %d", p.Name, len(x), len(s.Keys(x)), p.Keys())
		}
	}
	if b, r := Optimal(0.8, 128); b != 9 || r != 13 {
		t.Errorf("slimpajama is for %d bands of %d rows", b, r)
	}
}

// What bandings really select. Two tools say otherwise of theirs: duplodocus, that more bands select more strictly, and fastdedup,
// that 16 bands of 8 rows find 18 % of the pairs of similarity .7. It is 61 %.
func TestCurve(t *testing.T) {
	f := func(bands, rows int, want ...float64) {
		t.Helper()
		for i, w := range want {
			s := .5 + float64(i)/10
			if got := Curve(bands, rows, s); math.Abs(got-w) > .0006 {
				t.Errorf("%d×%d at %.1f: %.4f, want %.4f", bands, rows, s, got, w)
			}
		}
	}
	f(14, 8, .053, .211, .565, .924, .9996)
	f(20, 13, .002, .026, .177, .677, .997)
	f(26, 11, .013, .090, .405, .903, .9999)
	f(20, 5, .470, .802, .975, .9996, 1)
	f(16, 8, .061, .237, .613, .947, .9999)
	f(32, 8, .118, .418, .850, .997, 1)
	f(450, 20, .0004, .016, .302, .995, 1)
	f(50, 4, .960, .999, 1, 1, 1)
	for s := .1; s < .95; s += .1 {
		if Curve(32, 8, s) <= Curve(14, 8, s) {
			t.Errorf("at %.1f more bands select more strictly", s)
		}
	}
	if Curve(14, 8, 0) != 0 || Curve(14, 8, 1) != 1 {
		t.Error("the curve does not run from 0 to 1")
	}
}

func TestOptimal(t *testing.T) {
	f := func(threshold float64, functions, bands, rows int) {
		t.Helper()
		if b, r := Optimal(threshold, functions); b != bands || r != rows {
			t.Errorf("%.1f for %d functions: %d×%d, want %d×%d", threshold, functions, b, r, bands, rows)
		}
	}
	f(.5, 128, 25, 5)
	f(.5, 200, 33, 6)
	f(.7, 128, 14, 9)
	f(.7, 250, 25, 10)
	f(.7, 256, 25, 10)
	f(.8, 128, 9, 13)
	f(.8, 256, 17, 15)
	f(.9, 128, 5, 25)
}

func TestValidate(t *testing.T) {
	tokens := func(dst []uint32, text []byte) []uint32 { return dst }
	f := func(o Options, want string) {
		t.Helper()
		if err := o.Validate(); err == nil || err.Error() != want {
			t.Errorf("%+v: %v, want %s", o, err, want)
		}
		if _, err := New(o); err == nil {
			t.Errorf("%+v: New takes it", o)
		}
	}
	f(Options{Bands: 1, Rows: 1}, "a shingle of 0 words, want 1 to 64")
	f(Options{Unit: Chars, Shingle: 65, Bands: 1, Rows: 1}, "a shingle of 65 chars, want 1 to 64")
	f(Options{Unit: "lines", Shingle: 1}, `unit "lines", want words, chars or tokens`)
	f(Options{Unit: Tokens, Shingle: 1}, "shingles of tokens need a tokenizer")
	f(Options{Shingle: 1, Tokens: tokens}, "shingles of words need no tokenizer")
	f(Options{Shingle: 1, Hash: "md5"}, `hash "md5", want rolled, xxh64 or sha1`)
	f(Options{Unit: Chars, Shingle: 1, Hash: SHA1}, "hash sha1 is of words, not of chars")
	f(Options{Shingle: 1, English: true}, "english words are of family datatrove, not of quern")
	f(Options{Shingle: 1, Family: "jaccard"}, `family "jaccard", want quern, datatrove or simhash`)
	f(Options{Shingle: 1, Family: Datatrove, Hash: Rolled}, "family datatrove signs words hashed by xxh64 or sha1")
	f(Options{Shingle: 1, Family: Datatrove, Unit: Chars, Hash: Rolled}, "family datatrove signs words hashed by xxh64 or sha1")
	f(Options{Shingle: 1, Family: Datatrove, Bands: 1, Rows: 1, Seed: 1 << 32}, "seed 4294967296 of family datatrove is more than 32 bits")
	f(Options{Shingle: 1, Rows: 1}, "0 bands, want 1 to 1024")
	f(Options{Shingle: 1, Bands: 1025, Rows: 1}, "1025 bands, want 1 to 1024")
	f(Options{Shingle: 1, Bands: 1024, Rows: 17}, "17 rows in each of 1024 bands, want 1 to 16")
	f(Options{Shingle: 1, Bands: 1, Rows: 1, Blocks: 6}, "blocks and a distance are of family simhash")
	f(Options{Shingle: 1, Family: SimHash, Bands: 1, Blocks: 6, Distance: 4}, "bands and rows are of MinHash, not of simhash")
	f(Options{Shingle: 1, Family: SimHash, Blocks: 1, Distance: 1}, "1 blocks of 64 bits, want 2 to 16")
	f(Options{Shingle: 1, Family: SimHash, Blocks: 4, Distance: 4}, "a distance of 4 bits over 4 blocks, want 1 to 3: one block at least must be free of differences")
	f(Options{Shingle: 1, Family: SimHash, Blocks: 16, Distance: 8}, "8 of 16 blocks are 12870 keys, want at most 1024")
}
