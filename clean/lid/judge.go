package lid

import (
	"math"
	"strings"

	"github.com/seed-83c59573/quern/clean/lid/gram"
)

// class gives the n-gram model of a script that serves several languages.
var class = [scripts]gram.Script{latin: gram.Latin, cyrillic: gram.Cyrillic, arabic: gram.Arabic, devanagari: gram.Devanagari}

// several tells which scripts those are.
var several = [scripts]bool{latin: true, cyrillic: true, arabic: true, devanagari: true}

// A long text is judged by pieces spread over the stretches that are looked at, so that neither a menu at the start nor a quotation
// in the middle decides alone. The time is thus bounded: at most pieces × (pieceLetters and a word) letters are judged.
const (
	pieces       = 8
	pieceLetters = 48
	wholeBelow   = 640 // bytes of a text that is judged as it is
	repeats      = 3   // grams of prose come up to about twice each in so many letters

	// Half of the pieces, one of each quarter of what is looked at, are enough where they leave no doubt.
	decided = 0.9995
)

// judge tells the languages of one script apart.
type judge struct {
	scorer gram.Scorer
	model  *gram.Model
	scores []float64 // of the last text: logarithms of probabilities, but for a constant
}

// text judges a text given as one or two stretches: the language, "" if there is none, and the probability that it is right.
func (j *judge) text(s script, parts [2][]byte) (lang string, sure float64) {
	c := class[s]
	j.model = gram.Of(c)
	j.scorer.Reset()
	if len(parts[0]) <= wholeBelow && parts[1] == nil {
		letters, _ := j.scorer.Add(j.model, c, parts[0], pieces*pieceLetters)
		return j.verdict(s, letters)
	}
	letters, both := 0, halves(parts)
	for _, k := range [pieces / 2]int{0, 2, 1, 3} {
		for h, half := range both {
			p := half[k*len(half)/(pieces/2) : (k+1)*len(half)/(pieces/2)]
			if k > 0 {
				p = p[wordStart(p):]
			}
			n, _ := j.scorer.Add(j.model, c, p, pieceLetters)
			if letters += n; h == 1 && k == 2 {
				if lang, sure := j.verdict(s, letters); sure >= decided {
					return lang, sure
				}
			}
		}
	}
	return j.verdict(s, letters)
}

// verdict is the answer by what the scorer has heard so far.
func (j *judge) verdict(s script, letters int) (lang string, sure float64) {
	j.scores = j.scorer.Scores(j.model, j.scores[:0])
	// What is said again and again counts for a few times.
	said := 1.0
	if different, all := j.scorer.Variety(); different*repeats < all {
		said = float64(different*repeats) / float64(all)
	}
	t := temperature(s, float64(letters)*said)
	for i := range j.scores {
		j.scores[i] *= said / t
	}
	best, sure := choose(j.scores)
	if best < 0 {
		return "", 0
	}
	return name(j.model.Langs[best]), sure
}

// wordStart is the place of the first ASCII byte that is no letter, if one comes soon.
func wordStart(p []byte) int {
	for i := range min(len(p), 40) {
		if c := p[i]; c < 0x80 && (c|0x20)-'a' >= 26 {
			return i
		}
	}
	return 0
}

// choose gives the best of some scores and its probability; -1 if all are equal.
func choose(scores []float64) (best int, sure float64) {
	best, equal := 0, true
	for i, v := range scores {
		equal = equal && v == scores[0]
		if v > scores[best] {
			best = i
		}
	}
	if equal {
		return -1, 0
	}
	sum := 0.0
	for _, v := range scores {
		if d := v - scores[best]; d > -16 {
			sum += math.Exp(d)
		}
	}
	return best, 1 / sum
}

// heat gives what scores are divided by to become logarithms of probabilities, by the number of letters: grams that overlap say the
// same thing several times, and more so the longer the text. Fitted by gen/fit.go.
var heat = [scripts]struct{ base, each float64 }{latin: {1, 0.035}, cyrillic: {1.2, 0.01}, arabic: {0.8, 0.0125}, devanagari: {1.9, 0.01}}

func temperature(s script, letters float64) float64 { return heat[s].base + heat[s].each*letters }

// name is the code that is given for a language of a model; Serbian has two, one a script.
func name(lang string) string {
	base, _, _ := strings.Cut(lang, "-")
	return base
}
