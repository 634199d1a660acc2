//go:build ignore

// This program fits the line by which package lid turns scores into probabilities, for each script, on text that the models were
// not learned from: a folder of LANG.txt (and sr-Latn.txt), a sentence a line. It was run on the messages of the programs of Debian
// that are translated (/usr/share/locale/LANG/LC_MESSAGES/*.mo, 25 letters and more, 400 of each language), cut to lengths by chance:
//
//	go run gen/fit.go FOLDER
package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern/clean/lid/gram"
)

type example struct {
	letters int
	scores  []float64
	right   int
}

func main() {
	for s := range gram.Scripts {
		m := gram.Of(s)
		var all []example
		for right, lang := range m.Langs {
			b, err := os.ReadFile(filepath.Join(os.Args[1], lang+".txt"))
			if err != nil {
				continue
			}
			all = append(all, examples(s, m, right, string(b))...)
		}
		base, each, loss := fit(all)
		fmt.Printf("script %d: base %.2f each %.4f, mean loss %.4f over %d\n", s, base, each, loss, len(all))
	}
}

func examples(s gram.Script, m *gram.Model, right int, text string) (list []example) {
	rng := rand.New(rand.NewPCG(3, uint64(right)))
	for line := range strings.Lines(text) {
		w := strings.Fields(line)
		if len(list) == 400 || len(w) == 0 {
			break
		}
		n := 1 + rng.IntN(len(w))
		if rng.IntN(3) == 0 {
			n = min(n, 3)
		}
		var scorer gram.Scorer
		letters, _ := scorer.Add(m, s, []byte(strings.Join(w[:n], " ")), 384)
		if letters > 0 {
			list = append(list, example{letters, scorer.Scores(m, nil), right})
		}
	}
	return list
}

// fit tries lines on a grid for the least mean of -log p(right).
func fit(all []example) (base, each, loss float64) {
	loss = math.Inf(1)
	for b := 0.5; b < 2.6; b += 0.1 {
		for e := 0.01; e < 0.06; e += 0.0025 { // the examples are too short to tell that none is needed
			sum := 0.0
			for _, x := range all {
				t := b + e*float64(x.letters)
				best, norm := slices.Max(x.scores), 0.0
				for _, v := range x.scores {
					norm += math.Exp((v - best) / t)
				}
				p := math.Exp((x.scores[x.right]-best)/t) / norm
				sum -= math.Log(0.999*p + 0.001/float64(len(x.scores))) // one in a thousand is labeled wrong
			}
			if sum /= float64(len(all)); sum < loss {
				base, each, loss = b, e, sum
			}
		}
	}
	return base, each, loss
}
