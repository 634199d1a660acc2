package minhash_test

import (
	"fmt"

	"github.com/seed-83c59573/quern/dedup/minhash"
)

func ExampleNew() {
	s, err := minhash.New(minhash.Options{Shingle: 2, Bands: 20, Rows: 3, Seed: 1})
	if err != nil {
		panic(err)
	}
	keys := func(text string) []uint64 { return append([]uint64(nil), s.Keys(s.Shingles([]byte(text)))...) }
	a := keys("The mill stands at the river, and grinds 12 sacks of grain a day.")
	b := keys("the mill stands at the river and grinds 30 sacks of grain a day")
	c := keys("Nothing of the kind is said here: these words are about the sea.")
	shared := func(x, y []uint64) (n int) {
		for i := range x {
			if x[i] == y[i] {
				n++
			}
		}
		return n
	}
	fmt.Println(shared(a, b), shared(a, c))
	// Output: 20 0
}

func ExampleCurve() {
	for _, s := range []float64{.5, .7, .8, .9} {
		fmt.Printf("%.1f %.3f\n", s, minhash.Curve(14, 8, s))
	}
	// Output:
	// 0.5 0.053
	// 0.7 0.565
	// 0.8 0.924
	// 0.9 1.000
}

func ExampleOptimal() {
	fmt.Println(minhash.Optimal(.7, 256))
	// Output: 25 10
}
