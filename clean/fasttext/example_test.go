package fasttext_test

import (
	"bytes"
	"context"
	"fmt"

	"github.com/seed-83c59573/quern/clean/fasttext"
)

func Example() {
	examples := func(yield func(fasttext.Example, error) bool) {
		for range 50 {
			for _, e := range []fasttext.Example{
				{Label: "good", Text: []byte("a theorem and its proof in three steps")},
				{Label: "bad", Text: []byte("click here to win a free phone")},
			} {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
	c := fasttext.DefaultConfig()
	c.Dim, c.WordNgrams, c.Buckets = 16, 2, 1000
	trained, err := fasttext.Train(context.Background(), c, examples)
	if err != nil {
		panic(err)
	}
	var file bytes.Buffer
	if _, err := trained.WriteTo(&file); err != nil {
		panic(err)
	}
	m, err := fasttext.Read(&file, int64(file.Len()))
	if err != nil {
		panic(err)
	}
	p := fasttext.NewPredictor(m)
	for _, a := range p.Predict([]byte("a proof of the theorem"), 1, 0) {
		fmt.Println(m.Labels()[a.Label], a.Prob > 0.5)
	}
	q, err := fasttext.Evaluate(m, "good", examples)
	fmt.Println(q.Examples, q.Precision, q.AUC, err)
	// Output:
	// __label__good true
	// 100 1 1 <nil>
}
