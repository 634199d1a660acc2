//go:build ignore

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/seed-83c59573/quern/clean/lid/gram"
)

// A lesson is a script's languages with words drawn for each.
type lesson struct {
	script gram.Script
	langs  []string
	texts  [][]byte
	words  [][]int32 // where each word starts in its text
	bits   uint
}

// counted is how many bytes of each text are counted.
const counted = 2 << 20

// choose fills the table: of the grams that want a row, the one that tells most of the language has it. What a gram tells is
// the sum over languages of its share of their grams times the logarithm of that share over the mean.
func (l *lesson) choose() (marks []byte) {
	counts := map[uint64][]int32{}
	total := make([]float64, len(l.langs))
	for k, text := range l.texts {
		grams, _, _ := gram.Grams(nil, l.script, text[:min(len(text), counted)], math.MaxInt)
		total[k] = float64(len(grams))
		if len(grams) == 0 {
			check(fmt.Errorf("%s: no text in its script", l.langs[k]))
		}
		for _, g := range grams {
			c := counts[g]
			if c == nil {
				c = make([]int32, len(l.langs))
				counts[g] = c
			}
			c[k]++
		}
	}
	type told struct {
		gram uint64
		bits float64
	}
	all := make([]told, 0, len(counts))
	for g, c := range counts {
		const doubt = 3 // what is added to each count
		mean, worth := 0.0, 0.0
		for k, n := range c {
			mean += (float64(n) + doubt) / total[k] / float64(len(c))
		}
		for k, n := range c {
			if n > 0 {
				share := (float64(n) + doubt) / total[k]
				told := float64(n) / total[k] * math.Abs(math.Log(share/mean))
				if small[l.langs[k]] != "" {
					told *= 0.15 // few words, each of them frequent, must not crowd out the rest
				}
				worth += told
			}
		}
		all = append(all, told{g, worth})
	}
	slices.SortFunc(all, func(a, b told) int {
		return cmp.Or(cmp.Compare(b.bits, a.bits), cmp.Compare(a.gram, b.gram))
	})
	marks = make([]byte, 1<<l.bits)
	for _, t := range all {
		if row, mark := gram.Place(t.gram, l.bits); marks[row] == 0 {
			marks[row] = mark
		}
	}
	return marks
}

// lengths are the words of a sample: short ones are hard, long ones must not be spoiled.
var lengths = []int{1, 1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20}

// pick gives the language of a sample. Serbian in Latin letters is half as likely as others: it is hardly told from Bosnian, and most
// Serbian is read in Cyrillic. Small languages are a quarter as likely.
func (l *lesson) pick(rng *rand.Rand) int {
	k := rng.IntN(len(l.langs))
	for lang := l.langs[k]; lang == "sr-Latn" && rng.IntN(2) > 0 || small[lang] != "" && rng.IntN(4) > 0; lang = l.langs[k] {
		k = rng.IntN(len(l.langs))
	}
	return k
}

// learn fits weights by logistic regression on samples of words, AdaGrad, one pass.
func (l *lesson) learn(samples int, rate float64, rng *rand.Rand) *gram.Model {
	m := &gram.Model{Langs: l.langs, Bits: l.bits, Marks: l.choose()}
	n := len(l.langs)
	weights := make([]float32, n<<l.bits)
	squares := make([]float32, n<<l.bits)
	scores, slopes := make([]float64, n), make([]float32, n)
	var grams []uint64
	var rows []uint32
	wrong, seen := 0, 0
	for step := range samples {
		if step%(samples/10) == samples/10-1 {
			logf("  %d %%: %.2f %% of the samples wrong", (step+1)*100/samples, 100*float64(wrong)/float64(seen))
			wrong, seen = 0, 0
		}
		k := l.pick(rng)
		size := lengths[rng.IntN(len(lengths))]
		at := rng.IntN(len(l.words[k]) - size)
		grams, _, _ = gram.Grams(grams[:0], l.script, l.texts[k][l.words[k][at]:l.words[k][at+size]], math.MaxInt)
		rows = rows[:0]
		for _, g := range grams {
			if row, mark := gram.Place(g, l.bits); m.Marks[row] == mark {
				rows = append(rows, row)
			}
		}
		clear(scores)
		for _, r := range rows {
			for i, w := range weights[int(r)*n:][:n] {
				scores[i] += float64(w)
			}
		}
		best := slices.Max(scores)
		sum := 0.0
		if scores[k] < best {
			wrong++
		}
		seen++
		for i, s := range scores {
			scores[i] = math.Exp(s - best)
			sum += scores[i]
		}
		if 1-scores[k]/sum < 0.002 {
			continue
		}
		for i := range scores {
			slopes[i] = float32(scores[i] / sum)
		}
		slopes[k]--
		pace := float32(rate * (1 - 0.9*float64(step)/float64(samples)))
		for _, r := range rows {
			w, q := weights[int(r)*n:][:n], squares[int(r)*n:][:n]
			for i, g := range slopes {
				if g > 1e-3 || g < -1e-3 {
					q[i] += float32(g * g)
					w[i] -= float32(pace*g) / float32(math.Sqrt(float64(q[i])+0.1))
				}
			}
		}
	}
	return pack(m, weights)
}

// pack rounds the weights to six bits each, and leaves out languages that are hardly ever told.
func pack(m *gram.Model, weights []float32) *gram.Model {
	sizes := make([]float64, len(weights))
	for i, w := range weights {
		sizes[i] = math.Abs(float64(w))
	}
	slices.Sort(sizes)
	top := sizes[len(sizes)-1-len(sizes)/20000] // the largest few are cut
	m.Scale = top / (gram.Nothing - 1)
	logf("  largest weight %.2f, kept up to %.2f", sizes[len(sizes)-1], top)
	n := len(m.Langs)
	var columns []int
	for i, lang := range m.Langs {
		if !untold[lang] {
			columns = append(columns, i)
		}
	}
	names := m.Langs
	m.Langs = nil
	for _, i := range columns {
		m.Langs = append(m.Langs, names[i])
	}
	wide := m.Words() * 8
	m.Weights = bytes.Repeat([]byte{gram.Nothing}, wide<<m.Bits)
	for row := range 1 << m.Bits {
		for to, from := range columns {
			v := max(1-gram.Nothing, min(gram.Nothing-1, math.Round(float64(weights[row*n+from])/m.Scale)))
			m.Weights[row*wide+to] = byte(int(v) + gram.Nothing)
		}
	}
	return m
}
