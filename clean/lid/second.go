package lid

import (
	"math"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/pemistahl/lingua-go"
)

const (
	// askBelow is how sure the n-grams must be for lingua not to be asked. Of documents few are: of languages as near to each other as
	// Bosnian, Croatian and Serbian, or of a few words.
	askBelow = 0.3
	// askAbout is how likely a language must be for lingua to be asked about it, and candidates how many those are at most. The
	// time that lingua takes grows with their number, and so does its memory.
	askAbout   = 0.01
	candidates = 6
	// say is what lingua's opinion weighs beside that of the n-grams: little, since both were learned from the same text, and lingua is
	// the surer the oftener it counts the same letters.
	say = 0.3
	// doubt is the least probability that lingua's opinion is taken for: its rules about single letters give 0.
	doubt = 0.1
)

// linguas gives lingua's languages by code.
var linguas = sync.OnceValue(func() map[string]lingua.Language {
	m := map[string]lingua.Language{"sr-Latn": lingua.Bosnian} // it knows no Serbian in Latin letters; on that pair it says nothing
	for _, l := range lingua.AllLanguages() {
		m[strings.ToLower(l.IsoCode639_1().String())] = l
	}
	return m
})

// withSecond judges the last text again, with lingua's opinion of a sample of it. Models are loaded once a process, when the first text asks for
// their language.
func (j *judge) withSecond(sample []byte) (lang string, sure float64) {
	langs, table := j.model.Langs, linguas()
	best, _ := choose(j.scores)
	if best < 0 {
		return "", 0
	}
	var ask []lingua.Language
	least := j.scores[best] + math.Log(askAbout)
	for len(ask) < 2 { // lingua wants two at least
		ask = ask[:0]
		for i, v := range j.scores {
			if v >= least {
				if l, ok := table[langs[i]]; ok && len(ask) < candidates && !slices.Contains(ask, l) {
					ask = append(ask, l)
				}
			}
		}
		least -= 5
	}
	// Trigrams alone: from 120 letters on lingua uses nothing else, and its other models take over 20 MB a language.
	d := lingua.NewLanguageDetectorBuilder().FromLanguages(ask...).WithLowAccuracyMode().Build()
	opinion := d.ComputeLanguageConfidenceValues(string(sample))
	for i := range j.scores {
		p := opinion[0].Value() // of what it does not know it says nothing, so nothing against it
		if l, ok := table[langs[i]]; ok {
			p = doubt
			for _, o := range opinion {
				if o.Language() == l {
					p = max(p, o.Value())
				}
			}
		}
		j.scores[i] += say * math.Log(max(p, doubt))
	}
	best, sure = choose(j.scores)
	return name(langs[best]), sure
}

// sampled is the number of letters given to lingua from each of the start and the middle. Its time grows faster than the sample.
const sampled = 120

// take appends words of one script from both halves of a text.
func take(dst []byte, halves [2][]byte, s script) []byte {
	dst, left := takeFrom(dst, halves[0], s, sampled)
	dst, _ = takeFrom(dst, halves[1], s, sampled+left)
	return dst
}

func takeFrom(dst, text []byte, s script, want int) ([]byte, int) {
	space := true
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case scriptOf(r) == s:
			dst = append(dst, text[i:i+size]...)
			want--
			space = false
		case !space:
			if want <= 0 {
				return append(dst, ' '), want
			}
			dst = append(dst, ' ')
			space = true
		}
		i += size
		if want <= -32 { // a word without end
			break
		}
	}
	return append(dst, ' '), want
}
