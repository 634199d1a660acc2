package lid

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/pemistahl/lingua-go"
)

// shared lists the languages that a script serves, the fixed set that a model chooses from. It never depends on what is kept, so
// that a text's language is the same in every run.
var shared = [scripts][]lingua.Language{
	latin: {lingua.English, lingua.German, lingua.French, lingua.Spanish, lingua.Italian, lingua.Portuguese, lingua.Dutch,
		lingua.Swedish, lingua.Danish, lingua.Bokmal, lingua.Finnish, lingua.Polish, lingua.Czech, lingua.Romanian,
		lingua.Hungarian, lingua.Turkish, lingua.Vietnamese, lingua.Indonesian, lingua.Catalan, lingua.Croatian, lingua.Latin,
		lingua.Swahili},
	cyrillic:   {lingua.Russian, lingua.Ukrainian, lingua.Bulgarian, lingua.Serbian, lingua.Macedonian, lingua.Belarusian, lingua.Kazakh, lingua.Mongolian},
	arabic:     {lingua.Arabic, lingua.Persian, lingua.Urdu},
	devanagari: {lingua.Hindi, lingua.Marathi},
}

func code(l lingua.Language) string { return strings.ToLower(l.IsoCode639_1().String()) }

// Languages lists every code that Identify can give, sorted, "und-…" aside.
func Languages() []string {
	var all []string
	for s := range scripts {
		if only[s] != "" {
			all = append(all, only[s])
		}
		for _, l := range shared[s] {
			all = append(all, code(l))
		}
	}
	slices.Sort(all)
	return all
}

// models are built on first use and shared by the process; lingua's detectors may be called by many goroutines.
var models [scripts]struct {
	once     sync.Once
	detector lingua.LanguageDetector
}

func model(s script) lingua.LanguageDetector {
	m := &models[s]
	m.once.Do(func() {
		// Trigrams alone: from 120 letters on lingua uses nothing else, and the other models take over 20 MB a language.
		m.detector = lingua.NewLanguageDetectorBuilder().FromLanguages(shared[s]...).WithLowAccuracyMode().Build()
	})
	return m.detector
}

// Identifier tells languages. It may be used by one goroutine at a time; many may exist at little cost.
type Identifier struct {
	wanted [scripts]bool // scripts whose languages must be told apart
	sample []byte
}

// New makes an Identifier for a caller who will keep the given languages (ISO 639-1); none means that every language is of
// interest. An unknown code is an error.
func New(keep []string) (*Identifier, error) {
	id := new(Identifier)
	for s := range scripts {
		id.wanted[s] = len(keep) == 0
	}
	known := Languages()
	for _, k := range keep {
		if _, ok := slices.BinarySearch(known, k); !ok {
			return nil, fmt.Errorf("language %q is not known; known are %s", k, strings.Join(known, " "))
		}
		for s := range scripts {
			for _, l := range shared[s] {
				if code(l) == k {
					id.wanted[s] = true
				}
			}
		}
	}
	return id, nil
}

// Identify gives the language of a UTF-8 text and the confidence, 0 to 1 in steps of 0.001: the model's probability times the
// script's share of the letters. A text without letters gives "" and 0. A script that serves several languages, none of them
// wanted, gives "und-" and its ISO 15924 code, as does a script that we do not know.
func (id *Identifier) Identify(text []byte) (lang string, confidence float64) {
	parts := windows(text)
	n := count(parts)
	total := 0
	for _, v := range n {
		total += v
	}
	if total == 0 {
		return "", 0
	}
	cjk := n[han] + n[kana]
	best, most := none, 0
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
	share := float64(most) / float64(total)
	if only[best] != "" {
		return only[best], round(share)
	}
	if shared[best] == nil || !id.wanted[best] {
		return "und-" + codes[best], round(share)
	}
	if best == latin && passesForEnglish(halves(parts)) {
		return "en", round(share)
	}
	id.sample = take(id.sample[:0], halves(parts), best)
	values := model(best).ComputeLanguageConfidenceValues(string(id.sample))
	if len(values) < 2 || values[0].Value() == values[1].Value() {
		return "und-" + codes[best], 0
	}
	return code(values[0].Language()), round(share * values[0].Value())
}

// round hides the last bits of a sum that lingua takes in map order, so that the same text always has the same confidence.
func round(v float64) float64 { return math.Round(v*1000) / 1000 }

// sampled is the number of letters given to a model from each of the start and the middle. The model's time grows faster than
// the sample: 240 letters take 0.6 ms, 1,000 take 6 ms.
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
