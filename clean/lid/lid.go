package lid

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Identifier tells languages. It may be used by one goroutine at a time; many may exist at little cost.
type Identifier struct {
	wanted [scripts]bool // scripts whose languages must be told apart
	judge  judge
	sample []byte // what lingua is asked
}

// New makes an Identifier for a caller who will keep the given languages (ISO 639-1, or "no" for both kinds of Norwegian); none
// means that every language is of interest. An unknown code is an error.
func New(keep []string) (*Identifier, error) {
	id := new(Identifier)
	for s := range scripts {
		id.wanted[s] = len(keep) == 0
	}
	known := Languages()
	for _, k := range keep {
		for _, lang := range Expand(k) {
			if _, ok := slices.BinarySearch(known, lang); !ok {
				return nil, fmt.Errorf("language %q is not known; known are %s", k, strings.Join(known, " "))
			}
			for s := range scripts {
				if slices.Contains(languagesOf(s), lang) {
					id.wanted[s] = true
				}
			}
		}
	}
	return id, nil
}

// Identify gives the language of a UTF-8 text and the confidence, 0 to 1 in steps of 0.001: how likely the answer is right, times
// the script's share of the letters. A text without letters gives "" and 0. A script that serves several languages, none of them
// wanted, gives "und-" and its ISO 15924 code, as does a script that we do not know. The time is bounded whatever the text's
// length. Where the n-grams leave doubt, lingua is asked, which takes some milliseconds and allocates; nothing else allocates.
func (id *Identifier) Identify(text []byte) (lang string, confidence float64) {
	return id.identify(text, true)
}

// Glance is Identify without lingua: for lines and paragraphs, thousands a document. It allocates nothing.
func (id *Identifier) Glance(text []byte) (lang string, confidence float64) {
	return id.identify(text, false)
}

func (id *Identifier) identify(text []byte, ask bool) (lang string, confidence float64) {
	parts := windows(text)
	n := count(parts)
	best, share := leading(&n)
	switch {
	case best == none:
		return "", 0
	case only[best] != "":
		return only[best], round(share)
	case !several[best] || !id.wanted[best]:
		return undetermined[best], round(share)
	}
	lang, sure := id.judge.text(best, parts)
	if ask && lang != "" && sure < askBelow {
		id.sample = take(id.sample[:0], halves(parts), best)
		lang, sure = id.judge.withSecond(id.sample)
	}
	if lang == "" {
		return undetermined[best], 0
	}
	return lang, round(share * sure)
}

// leading gives the script of most letters and its share; none without letters.
func leading(n *[scripts]int) (best script, share float64) {
	total := 0
	for _, v := range n {
		total += v
	}
	if total == 0 {
		return none, 0
	}
	cjk := n[han] + n[kana]
	most := 0
	for s := range scripts {
		if s != han && s != kana && n[s] > most {
			best, most = s, n[s]
		}
	}
	if cjk > most {
		// Japanese prose has more kana than Han; a Chinese text names a Japanese thing now and then.
		if best, most = han, cjk; n[kana]*10 >= cjk {
			best = kana
		}
	}
	return best, float64(most) / float64(total)
}

func round(v float64) float64 { return math.Round(v*1000) / 1000 }
