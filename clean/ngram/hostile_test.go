package ngram

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRefusesInWords(t *testing.T) {
	f := func(change func(s string) string, want string) {
		t.Helper()
		text, err := os.ReadFile("testdata/pruned.arpa")
		if err != nil {
			t.Fatal(err)
		}
		s := change(string(text))
		if s == string(text) {
			t.Errorf("nothing is changed for %q", want)
		}
		_, err = Read(strings.NewReader(s), int64(len(s)), 1<<20)
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	swap := func(old, now string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, now, 1) }
	}
	f(swap("\\data\\", "data"), `line 2: "data", want \data\, the begin of an ARPA file, or the head of a binary file of KenLM`)
	f(swap("ngram 2=6", "ngram 3=6"), `line 4: "ngram 3=6", want the count of the 2-grams`)
	f(swap("ngram 2=6", "ngram 2=1000000"), `line 7: 1000000 2-grams do not fit into 345 bytes`)
	f(swap("ngram 2=6", "ngram 2=5"), `line 23: "-0.55\te </s>", want "\\3-grams:"`)
	f(swap("ngram 4=2", "ngram 4=3"), `line 34: "", want a probability, 4 words and perhaps a backoff`)
	f(swap("-0.9\ta\t-0.3", "-0.9\ta\tx"), `line 11: "x" is not a number`)
	f(swap("-0.9\ta\t-0.3", "NaN\ta\t-0.3"), `line 11: "NaN" is not a number`)
	f(swap("-0.9\ta\t-0.3", "0.9\ta\t-0.3"), `line 11: log probability 0.9 is positive`)
	f(swap("-0.9\ta\t-0.3", "-0.9\ta b\t-0.3"), `line 11: "-0.9\ta b\t-0.3", want a probability, 1 words and perhaps a backoff`)
	f(swap("-1.1\tb", "-1.1\ta"), `line 12: the word "a" stands twice`)
	f(swap("b c\n", "b z\n"), `line 20: the word "z" is not among the 1-grams`)
	f(swap("<s> a b d\n", "<s> a b d\t-3\n"), `line 32: backoff -3 for an n-gram of the highest order`)
	f(swap("\\end\\", "\\5-grams:"), `line 35: "\\5-grams:", want "\\end\\"`)
	f(swap("\\end\\", ""), `line 36: the file ends early`)
	f(swap("\\end\\", "\\end\\\nmore"), `line 36: "more" behind the end`)
	f(swap("-99\t<s>", "-99\tx"), `line 15: the vocabulary lacks <s> or </s>`)
	f(swap("-0.3\t<s> a b", "-0.3\tc a b"), `line 26: the first 2 words must be an n-gram, too`)
	f(swap("ngram 4=2\n", "ngram 4=2\nngram 5=1\nngram 6=1\nngram 7=1\nngram 8=1\nngram 9=1\n"), `line 11: an order of more than 8`)
	f(swap("\n", "\n"+strings.Repeat("x", 2<<20)), `line 2: longer than 1048576 bytes`)
}

// A file cut short and with single bits flipped is an error or a model that can be asked, no panic.
func TestBrokenFiles(t *testing.T) {
	names, err := filepath.Glob("testdata/*.bin")
	if err != nil || len(names) < 8 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	line := []byte("to be or not <s> a b c d e </s> to be, that is the question:")
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for n := range b {
			if n%7 == 0 || n < 200 {
				if _, err := Read(bytes.NewReader(b[:n]), int64(n), 1<<20); err == nil {
					t.Errorf("%s: read from %d of %d bytes", name, n, len(b))
				}
			}
		}
		refused := 0
		for at := range b {
			bit := byte(1) << (at % 8)
			b[at] ^= bit
			ask(b, line, &refused)
			b[at] ^= bit
		}
		if refused < 88 {
			t.Errorf("%s: only %d flipped bits were refused", name, refused)
		}
	}
}

func ask(b, line []byte, refused *int) {
	m, err := Read(bytes.NewReader(b), int64(len(b)), 1<<20)
	if err != nil {
		*refused++
		return
	}
	var sum Sum
	m.Sentence(line, Words, &sum)
}

func FuzzRead(f *testing.F) {
	names, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	line := []byte("to be or not <s> a b c d e </s> to be, that is the question:")
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		ask(b, line, &n)
		if m, err := Read(bytes.NewReader(b), -1, 1<<20); err == nil && m.trie == nil && m.order > 1 {
			var out bytes.Buffer
			if err := m.WriteBinary(&out); err != nil {
				t.Fatal(err)
			}
			if _, err := Read(&out, -1, 1<<21); err != nil {
				t.Fatalf("what was written is refused: %v", err)
			}
		}
		if _, err := ReadUnigram(bytes.NewReader(b), 1<<20); err != nil {
			return
		}
	})
}

func FuzzLearn(f *testing.F) {
	f.Add([]byte("a b a\nb"), uint8(3))
	f.Add([]byte("<s> </s>\n\n\x00\xff"), uint8(5))
	f.Fuzz(func(t *testing.T, text []byte, order uint8) {
		l, err := NewLearner(Learn{Order: int(order%5) + 1, By: Tokens(order / 5 % 2), Memory: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Text(text); err != nil {
			t.Fatal(err)
		}
		m, err := l.Finish()
		if err != nil {
			return // nothing to learn from
		}
		var sum Sum
		m.Sentence(text, l.opt.By, &sum)
		if !(sum.LogProb <= 0) {
			t.Fatalf("log probability %v", sum.LogProb)
		}
		var b bytes.Buffer
		if err := l.WriteARPA(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(&b, -1, 1<<30); err != nil {
			t.Fatal(err)
		}
	})
}
