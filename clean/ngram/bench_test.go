package ngram

import (
	"bytes"
	"os"
	"testing"
)

// BenchmarkSentence scores the text that a model of five words was learned from, so that nearly every word is found by five.
func BenchmarkSentence(b *testing.B) {
	text, err := os.ReadFile("../../../shared/data/text/wikitext-2-valid.txt")
	if err != nil {
		b.Skipf("no text to measure: %v", err)
	}
	lines := bytes.Split(text, []byte("\n"))
	for _, bench := range []struct {
		name  string
		order int
		by    Tokens
	}{{"3 words", 3, Words}, {"5 words", 5, Words}, {"5 characters", 5, Characters}} {
		l, err := NewLearner(Learn{Order: bench.order, By: bench.by, Memory: 1 << 30})
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Text(text); err != nil {
			b.Fatal(err)
		}
		m, err := l.Finish()
		if err != nil {
			b.Fatal(err)
		}
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				var sum Sum
				for _, line := range lines {
					m.Sentence(line, bench.by, &sum)
				}
			}
		})
	}
}

// BenchmarkLearn counts and estimates a model of three words.
func BenchmarkLearn(b *testing.B) {
	text, err := os.ReadFile("../../../shared/data/text/wikitext-2-valid.txt")
	if err != nil {
		b.Skipf("no text to measure: %v", err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		l, err := NewLearner(DefaultLearn())
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Text(text); err != nil {
			b.Fatal(err)
		}
		if _, err := l.Finish(); err != nil {
			b.Fatal(err)
		}
	}
}
