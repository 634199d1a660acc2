package ngram_test

import (
	"bytes"
	"fmt"

	"github.com/seed-83c59573/quern/clean/ngram"
)

// A model is learned, written as KenLM reads it, read, and asked.
func ExampleLearner() {
	o := ngram.DefaultLearn()
	o.Memory = 1 << 20
	l, err := ngram.NewLearner(o)
	if err != nil {
		panic(err)
	}
	defer l.Close()
	if err := l.Text([]byte("to be or not to be\nto be is to do\nto do is to be\ndo be do be do\n")); err != nil {
		panic(err)
	}
	m, err := l.Finish()
	if err != nil {
		panic(err)
	}
	var file bytes.Buffer
	if err := m.WriteBinary(&file); err != nil {
		panic(err)
	}
	if m, err = ngram.Read(&file, int64(file.Len()), 0); err != nil {
		panic(err)
	}
	for _, line := range []string{"to be or not to be", "be to not or be"} {
		var sum ngram.Sum
		m.Sentence([]byte(line), ngram.Words, &sum)
		fmt.Printf("%s: perplexity %.1f\n", line, sum.Perplexity(1))
	}
	// Output:
	// to be or not to be: perplexity 2.7
	// be to not or be: perplexity 10.6
}
