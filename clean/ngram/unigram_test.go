package ngram

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

func TestUnigram(t *testing.T) {
	u, err := ReadUnigram(strings.NewReader("word,count\nthe,6\nof,3\nété,2\n\",\",4\n,,1\n"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if u.Words() != 5 {
		t.Fatalf("%d words, want 5", u.Words())
	}
	const total = 16.0
	unknown := math.Log2((math.Sqrt(5) + 1) / total)
	f := func(text string, words int, want ...float64) {
		t.Helper()
		sum := 0.0
		for _, w := range want {
			sum += w
		}
		mean, n := u.Mean([]byte(text))
		if n != words || n > 0 && math.Abs(mean-sum/float64(n)) > 1e-6 {
			t.Errorf("%q: %v of %d words, want %v of %d", text, mean, n, sum/float64(n), words)
		}
	}
	the, of, ete, comma := math.Log2(6/total), math.Log2(3/total), math.Log2(2/total), math.Log2(1/total)
	f("", 0)
	f(" \n\t\u00a0", 0)
	f("the", 1, the)
	f("The ÉTÉ of,of", 5, the, ete, of, comma, of)
	f("theof the", 2, unknown, the)
	f("(the)", 3, unknown, the, unknown)
	f(strings.Repeat("the", 200)+" the", 2, unknown, the)
	f("\xff\xfe", 2, unknown, unknown)
	for text, want := range map[string]string{
		"":               "no words",
		"the 5\n":        `line 1: "the 5", want a word, a tab or comma, and its count`,
		"the\t5\nof\tx":  `line 2: "x" is not a count`,
		"the\t5\n\t3":    `line 2: the word "" cannot be kept`,
		"the\t5\nthe\t4": "word 2 stands twice",
	} {
		if _, err := ReadUnigram(strings.NewReader(text), 0); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
	if _, err := ReadUnigram(strings.NewReader("a\t1\nb\t1\n"), 40); err == nil {
		t.Error("the limit does not hold")
	}
}

func TestUnigramIsLearned(t *testing.T) {
	l := NewUnigramLearner(10)
	if err := l.Text([]byte("To be, or NOT to be: be!")); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := l.Write(&b, 1); err != nil {
		t.Fatal(err)
	}
	const want = "be\t3\nto\t2\n!\t1\n,\t1\n:\t1\nnot\t1\nor\t1\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	u, err := ReadUnigram(&b, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := u.LogProb([]byte("be")); math.Abs(got-math.Log2(3./10)) > 1e-6 {
		t.Errorf("%v", got)
	}
	if err := l.Text([]byte("a b c d e f")); err == nil {
		t.Error("more words than allowed")
	}
}

func TestNothingIsAllocated(t *testing.T) {
	line := []byte("to be or not to be , that is the zebra 还是")
	for _, name := range []string{"tiny.arpa", "tiny.trie.bin", "tiny.quantarray.bin"} {
		m := load(t, name)
		var sum Sum
		for _, by := range []Tokens{Words, Characters} {
			if n := testing.AllocsPerRun(100, func() { m.Sentence(line, by, &sum) }); n != 0 {
				t.Errorf("%s: %v allocations", name, n)
			}
		}
	}
	u, err := ReadUnigram(strings.NewReader("to\t2\nbe\t1\n"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { u.Mean(line) }); n != 0 {
		t.Errorf("unigram: %v allocations", n)
	}
}
