package decon_test

import (
	"fmt"

	"github.com/seed-83c59573/quern/clean/decon"
)

// A text has a question of an evaluation set, with a word changed, and its answer.
func Example() {
	sets := []decon.Set{{Name: "mill", Files: []string{"testdata/items.jsonl"}, Fields: decon.Fields{Question: []string{"question"}, Answer: []string{"answer"}}}}
	ix, err := decon.Build(sets, decon.Options{Method: "score", Unit: "words", N: 5, Every: 1, Misses: 11, Exact: 15, Full: 40, Shortest: 6, Min: 0.8, Answers: true,
		Window: 50, Limit: 64 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	text := "From an old book of sums: a miller grinds nine sacks of wheat in the morning and twice as many after noon. How many sacks does he grind in a week " +
		"of six days? He grinds 9 + 18 = 27 sacks a day, which is 162 in six days. Check it!"
	for _, hit := range ix.NewFinder().Explain([]byte(text)) {
		fmt.Print(hit.Beside(90))
	}
	// Output:
	// mill testdata/items.jsonl:1 score 0.971, question 0.962, answer 1.000, bytes 26 to 157
	// From an old book of sums: « a miller grinds | A miller grinds nine sacks of [rye] in the
	// nine sacks of [wheat] in the morning and    | morning and twice as many after noon; how
	// twice as many after noon. How many sacks    | many sacks does he grind in a week of six
	// does he grind in a week of six days »? He   | days?
	// grinds 9 + 18 = 27 sacks a day, which is    | answer: He grinds 9 + 18 = 27 sacks a day,
	// 162 in six days. Check it!                  | which is 162 in six days.
}
