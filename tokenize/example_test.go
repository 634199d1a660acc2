package tokenize_test

import (
	"fmt"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize"
)

// Learn a tiny vocabulary and use it.
func Example() {
	learn := tokenize.DefaultLearn()
	learn.Vocab = 264
	counter := tokenize.NewCounter(learn)
	counter.Add([]byte("mill miller milling"))
	tok, err := counter.Learn()
	if err != nil {
		panic(err)
	}
	for _, id := range tok.NewEncoder().Append(nil, []byte("a mill")) {
		fmt.Printf("%d is %q\n", id, tok.Token(id))
	}
	d := quern.Doc{Text: []byte("mills")}
	if _, err := tok.Stage().Apply(&d); err != nil {
		panic(err)
	}
	fmt.Printf("%q\n", tok.AppendDecode(nil, d.Tokens))
	// Output:
	// 64 is "a"
	// 259 is " mill"
	// "mills<|endoftext|>"
}
