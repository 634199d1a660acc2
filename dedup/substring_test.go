package dedup

import (
	"bytes"
	"context"
	"fmt"
	"go/build"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// truth marks the bytes that are to be cut: those in windows that occur twice, or before.
func truth(texts [][]byte, length int, stays string) [][]bool {
	type place struct{ text, at int }
	first, times := map[string]place{}, map[string]int{}
	for i, t := range texts {
		for at := 0; at+length <= len(t); at++ {
			w := string(t[at : at+length])
			if times[w]++; times[w] == 1 {
				first[w] = place{i, at}
			}
		}
	}
	out := make([][]bool, len(texts))
	for i, t := range texts {
		out[i] = make([]bool, len(t))
		for at := 0; at+length <= len(t); at++ {
			w := t[at : at+length]
			if times[string(w)] > 1 && (stays == "none" || first[string(w)] != place{i, at}) {
				for j := at; j < at+length; j++ {
					out[i][j] = true
				}
			}
		}
	}
	return out
}

// marked is the bytes that cuts cover.
func marked(t testing.TB, texts [][]byte, cuts [][]Cut) [][]bool {
	t.Helper()
	out := make([][]bool, len(texts))
	for i := range texts {
		out[i] = make([]bool, len(texts[i]))
		end := -1
		for _, c := range cuts[i] {
			if c.From <= end || c.To <= c.From || c.To > len(texts[i]) {
				t.Fatalf("text %d of %d bytes: cuts %v", i, len(texts[i]), cuts[i])
			}
			for j := c.From; j < c.To; j++ {
				out[i][j] = true
			}
			end = c.To
		}
	}
	return out
}

// ExampleFindSubstrings leaves of a sentence that two texts share the one in the first of them.
func ExampleFindSubstrings() {
	texts := [][]byte{[]byte("All rights reserved. Reproduction is forbidden."), []byte("A page of its own. All rights reserved. Reproduction is")}
	cuts, err := FindSubstrings(context.Background(), texts, 20, "first", os.TempDir(), 0, 1)
	fmt.Println(cuts, err)
	// Output: [[] [{19 55}]] <nil>
}

func find(t testing.TB, texts [][]byte, length int, stays string, mem int64, workers int) [][]Cut {
	t.Helper()
	dir := t.TempDir()
	f := memoryFinder(texts, length, 1)
	f.first, f.dir, f.mem, f.workers = stays == "first", dir, mem, workers
	cuts, err := f.all(context.Background(), len(texts))
	f.close()
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v is left in the scratch folder", left)
	}
	return cuts
}

// repetitive makes texts in which parts of others return, whole, cut off and changed, also of the same text.
func repetitive(r *rand.Rand, n, size, alphabet int) [][]byte {
	texts := make([][]byte, n)
	for i := range texts {
		t := letters(r, r.IntN(size), alphabet)
		for range r.IntN(4) {
			from := texts[r.IntN(i+1)]
			if r.IntN(4) == 0 {
				from = t
			}
			if len(from) == 0 {
				continue
			}
			a := r.IntN(len(from))
			part := bytes.Clone(from[a : a+1+r.IntN(len(from)-a)])
			if r.IntN(3) == 0 {
				part[r.IntN(len(part))]++
			}
			t = slices.Insert(t, r.IntN(len(t)+1), part...)
		}
		texts[i] = t
	}
	return texts
}

func TestSubstringsAgainstBruteForce(t *testing.T) {
	cases := map[string][][]byte{
		"nothing":             {},
		"empty":               {nil, {}, []byte("x")},
		"equal documents":     {bytes.Repeat([]byte("0123456789abcdefghij"), 3), bytes.Repeat([]byte("0123456789abcdefghij"), 3)},
		"just a window":       {[]byte("0123456789abcdef"), []byte("0123456789abcdef"), []byte("0123456789abcde")},
		"one byte less":       {[]byte("0123456789abcde"), []byte("0123456789abcde")},
		"at the ends":         {[]byte("0123456789abcdef-at-the-start"), []byte("at-the-end:0123456789abcdef")},
		"over two documents":  {[]byte("0123456789"), []byte("abcdef"), []byte("0123456789abcdef")},
		"one letter":          {bytes.Repeat([]byte("a"), 3000)},
		"one letter twice":    {bytes.Repeat([]byte("a"), 100), []byte("b"), bytes.Repeat([]byte("a"), 99)},
		"zeros":               {make([]byte, 40), make([]byte, 17)},
		"two letters":         {bytes.Repeat([]byte("ab"), 2500)},
		"a long period":       {bytes.Repeat([]byte("the quick brown fox jumps over the lazy dog. "), 200)},
		"three times in one":  {[]byte("0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij")},
		"overlapping in one":  {[]byte("xx0123456789abcd0123456789abcd0123yy0123456789abcd01234")},
		"windows that follow": {[]byte("first part of it is this|"), []byte("|second part of it is that"), []byte("first part of it is this|second part of it is that"), []byte("..it is this|second part")},
	}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 40 {
		alphabet := []int{1, 2, 3, 4, 26}[i%5]
		cases[fmt.Sprintf("random %d of %d letters", i, alphabet)] = repetitive(r, 1+r.IntN(30), 1+r.IntN(600), alphabet)
	}
	for name, texts := range cases {
		for _, length := range []int{16, 17, 50, 101} {
			for _, stays := range []string{"first", "none"} {
				got, want := marked(t, texts, find(t, texts, length, stays, 1<<20, 2)), truth(texts, length, stays)
				for i := range texts {
					if !slices.Equal(got[i], want[i]) {
						t.Errorf("%s: windows of %d, %s stays: text %d: got %v, want %v\n%.200q", name, length, stays, i, got[i], want[i], texts[i])
						break
					}
				}
			}
		}
	}
}

// suffixTruth counts the repeated bytes by sorting all windows of a corpus: of a suffix array it is the part that matters here.
func suffixTruth(texts [][]byte, length int) (repeated int) {
	const end = 0xff // stands in no text, so that windows that cross it are the only ones to hold it
	var all []byte
	for _, t := range texts {
		all = append(append(all, t...), end)
	}
	// The windows by content: sorted, then neighbors compared.
	var at []int32
	next := len(all) // the next end
	for i := len(all) - 1; i >= 0; i-- {
		if all[i] == end {
			next = i
		}
		if i+length <= next {
			at = append(at, int32(i))
		}
	}
	window := func(i int32) []byte { return all[i : int(i)+length] }
	slices.SortFunc(at, func(a, b int32) int { return bytes.Compare(window(a), window(b)) })
	covered := make([]bool, len(all))
	for i := range at {
		if i > 0 && bytes.Equal(window(at[i-1]), window(at[i])) || i+1 < len(at) && bytes.Equal(window(at[i+1]), window(at[i])) {
			for j := range length {
				covered[int(at[i])+j] = true
			}
		}
	}
	for _, c := range covered {
		if c {
			repeated++
		}
	}
	return repeated
}

// TestSubstringsOfSource counts the repeated bytes of real code, under budgets of which the small one needs many slices.
func TestSubstringsOfSource(t *testing.T) {
	texts, size := sourceTexts(t, 1<<20)
	want := suffixTruth(texts, 100)
	for _, mem := range []int64{1 << 19, 1 << 30} {
		got := 0
		for _, cuts := range find(t, texts, 100, "none", mem, 2) {
			for _, c := range cuts {
				got += c.To - c.From
			}
		}
		if got != want || want < size/100 {
			t.Errorf("%d bytes of memory: %d of %d bytes are repeated, want %d", mem, got, size, want)
		}
	}
}

// TestSubstringsUnderAnyBudget: neither memory nor workers show.
func TestSubstringsUnderAnyBudget(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	texts := repetitive(r, 60, 600, 20)
	phrase := letters(r, 60, 20) // with which thousands of different windows begin: a key that fits in no small budget
	for range 60 {
		texts = append(texts, slices.Concat(letters(r, 80, 20), phrase, letters(r, 80, 20)))
	}
	for range 100 { // boilerplate
		texts = append(texts, slices.Concat(letters(r, r.IntN(50), 20), texts[7], letters(r, r.IntN(50), 20)))
	}
	texts = append(texts, bytes.Repeat([]byte("ab"), 2000))
	for _, stays := range []string{"first", "none"} {
		want := find(t, texts, 40, stays, 1<<30, 1)
		if got, truth := marked(t, texts, want), truth(texts, 40, stays); !slices.EqualFunc(got, truth, slices.Equal) {
			t.Fatal("not the truth")
		}
		for _, mem := range []int64{1 << 14, 1 << 18} {
			for _, workers := range []int{1, 2, 7} {
				if got := find(t, texts, 40, stays, mem, workers); !slices.EqualFunc(got, want, slices.Equal) {
					t.Errorf("%s stays: %d bytes, %d workers: other cuts", stays, mem, workers)
				}
			}
		}
	}
}

// TestOneLetterAMegabyteLong: long runs cost no more than other text, and one period of them stays.
func TestOneLetterAMegabyteLong(t *testing.T) {
	texts := [][]byte{bytes.Repeat([]byte("a"), 1<<20), bytes.Repeat([]byte("ab"), 1<<19)}
	want := [][]Cut{{{1, 1 << 20}}, {{2, 1 << 20}}}
	if got := find(t, texts, 100, "first", leastWorking, 1); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("cuts %v, want %v", got, want)
	}
	if n := len(allRuns(newAnchors(100, 1), texts[0])); n > 1<<20/1000 {
		t.Errorf("%d runs", n)
	}
}

// TestSubstringsWithoutScratch: a folder that goes away, as a full disk, is an error that names the file.
func TestSubstringsWithoutScratch(t *testing.T) {
	texts := repetitive(rand.New(rand.NewPCG(4, 4)), 200, 3000, 3)
	f := memoryFinder(texts, 40, 1)
	f.dir, f.mem, f.workers = filepath.Join(t.TempDir(), "absent"), 1<<16, 2
	defer f.close()
	if _, err := f.all(context.Background(), len(texts)); err == nil || !strings.Contains(err.Error(), "absent/keys") {
		t.Errorf("got %v, want an error that names the file", err)
	}
}

func FuzzSubstrings(f *testing.F) {
	f.Add([]byte("abcabcabcabcabcabcabcabcabc|abcabcabcabcabcabcabcabcabc"), uint8(0), true)
	f.Add(bytes.Repeat([]byte("a"), 100), uint8(1), false)
	f.Fuzz(func(t *testing.T, text []byte, more uint8, first bool) {
		if len(text) > 1<<12 {
			return
		}
		stays, length := "none", leastWindow+int(more)%8
		if first {
			stays = "first"
		}
		texts := bytes.Split(text, []byte("|"))
		if got, want := marked(t, texts, find(t, texts, length, stays, 1<<18, 1)), truth(texts, length, stays); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("windows of %d in %q: got %v, want %v", length, texts, got, want)
		}
	})
}

// sourceTexts is the source of Go, a real corpus that everyone has, up to so many bytes.
func sourceTexts(t testing.TB, most int) (texts [][]byte, size int) {
	root := filepath.Join(build.Default.GOROOT, "src")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || size >= most {
			return err
		}
		b, err := os.ReadFile(path)
		texts, size = append(texts, b), size+len(b)
		return err
	})
	if err != nil || size == 0 {
		t.Skip("no source of Go here: ", err)
	}
	return texts, size
}

func BenchmarkSubstrings(b *testing.B) {
	source, _ := sourceTexts(b, 64<<20)
	r := rand.New(rand.NewPCG(5, 5))
	unique := make([][]byte, 6000)
	for i := range unique {
		unique[i] = letters(r, 10000, 20)
	}
	for name, texts := range map[string][][]byte{"source": source, "unique": unique} {
		b.Run(name, func(b *testing.B) {
			size := 0
			for _, t := range texts {
				size += len(t)
			}
			b.SetBytes(int64(size))
			for b.Loop() {
				find(b, texts, 100, "first", defaultMem, 1)
			}
		})
	}
}
