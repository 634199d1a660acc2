package dedup_test

import (
	"fmt"

	"github.com/seed-83c59573/quern/dedup"
)

func ExampleNewFilter() {
	f, err := dedup.NewFilter(1_000_000, 1e-6)
	if err != nil {
		fmt.Println(err)
		return
	}
	const key = 0x9e3779b97f4a7c15 // a hash
	fmt.Println(f.Add(key), f.Add(key), f.Has(key+1), f.Bytes())
	// Output: false true false 4907008
}
