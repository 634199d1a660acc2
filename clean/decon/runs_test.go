package decon

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The ngram method against all runs of all items in a map.
func TestRunsAgainstAMap(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 40 {
		o := testOptions()
		o.Method, o.N, o.Min = "ngram", []int{2, 3, 8, 13}[round%4], []float64{0, 0.3}[round/4%2]
		size := []int{3, 30}[round%2]
		var items []testItem
		for range 20 {
			items = append(items, testItem{Question: "q " + strings.Join(vocabulary(r, 5+r.IntN(30), size), " "), Answer: strings.Join(vocabulary(r, 3, size), " ")})
		}
		ix := buildItems(t, o, items...)
		f := ix.NewFinder()
		runs := map[string][]int{} // items by run
		total := make([]int, len(items))
		for i, it := range items {
			w := strings.Fields(it.Question + " " + it.Answer)
			for k := 0; k+o.N <= len(w); k++ {
				runs[strings.Join(w[k:k+o.N], " ")] = append(runs[strings.Join(w[k:k+o.N], " ")], i)
				total[i]++
			}
		}
		for range 20 {
			w := vocabulary(r, r.IntN(120), size)
			if len(w) > 40 {
				copy(w[20:], strings.Fields(items[r.IntN(len(items))].Question))
			}
			hit, met := make([]bool, len(w)), map[string]bool{}
			for k := 0; k+o.N <= len(w); k++ {
				if run := strings.Join(w[k:k+o.N], " "); len(runs[run]) > 0 {
					met[run] = true
					for j := range o.N {
						hit[k+j] = true
					}
				}
			}
			share := make([]float64, len(items))
			for run := range met {
				for _, i := range runs[run] {
					share[i] += 1 / float64(total[i])
				}
			}
			text := strings.Join(w, " ")
			matches := f.Find([]byte(text))
			if o.Min == 0 {
				checkCovered(t, text, w, hit, matches)
				continue
			}
			for i, s := range share {
				found := slices.ContainsFunc(matches, func(m Match) bool { return int(ix.items[m.item].line) == i+1 })
				if total[i] > 0 && found != (s >= o.Min-1e-6) {
					t.Errorf("n %d: item %d with a share of %v: found is %v", o.N, i, s, found)
				}
			}
		}
	}
}

// checkCovered compares the words that matches cover with those that must be.
func checkCovered(t *testing.T, text string, words []string, want []bool, matches []Match) {
	t.Helper()
	at := 0
	for i, w := range words {
		from := at
		at += len(w) + 1
		covered := slices.ContainsFunc(matches, func(m Match) bool { return m.From <= from && from+len(w) <= m.To })
		if covered != want[i] {
			t.Errorf("%q: word %d covered is %v, want %v", text, i, covered, want[i])
			return
		}
	}
}

func TestNumbersAloneAreNoRun(t *testing.T) {
	o := testOptions()
	o.Method, o.N, o.Min = "ngram", 8, 0
	f := buildItems(t, o, testItem{Question: "sort the list 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 please and then say what a b c d e f g h was"}).NewFinder()
	for text, want := range map[string]int{"1 2 3 4 5 6 7 8 9 10": 0, "a b c d e f g h": 0, "so: list 1 2 3 4 5 6 7 8": 1, "4 5 6 7 8 9 10 please": 1} {
		if m := f.Find([]byte(text)); len(m) != want {
			t.Errorf("%q: %+v", text, m)
		}
	}
}
