package clean

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed-83c59573/quern"
)

const (
	madladShort quern.Verdict = "clean.madlad.too_short"
	madladBad   quern.Verdict = "clean.madlad.questionable"
)

// Madlad is the filter of MADLAD-400 (Kudugunta et al. 2023, arXiv 2309.04662, section 2.3): a text of few sentences, or with too
// many questionable ones, is dropped. Sentences are cut as OLMo 3's datamap-rs cuts them, at runs of . ! ? before white space, and
// its defaults are these: only the cases of list_case and cursed count. Words are Unicode's (UAX 29) that begin with a letter or a
// number. Lengths are in code points, as the paper says; datamap-rs counts bytes. The paper's fifth case, a sentence in another
// language than its text, is not built.
type Madlad struct {
	MinSentences    int      `yaml:"min_sentences"`
	MaxQuestionable float64  `yaml:"max_questionable"` // share of sentences; this share is already too much
	Cases           []string `yaml:"cases"`            // what makes a sentence questionable: list_case, length, technical, cursed
	MaxCapitalized  float64  `yaml:"max_capitalized"`  // list_case: share of words with a capital, in sentences of so many words:
	ListWords       int      `yaml:"list_words"`
	MinSentence     int      `yaml:"min_sentence"` // length, in code points
	MaxSentence     int      `yaml:"max_sentence"`
	MaxTechnical    float64  `yaml:"max_technical"` // technical: share of 0–9 { } + / ( ) >
}

var madladCases = [4]string{"list_case", "length", "technical", "cursed"}

var madladFacts = []Fact{count("madlad.sentences"), share("madlad.questionable"), share("madlad.list_case"), share("madlad.length"),
	share("madlad.technical"), share("madlad.cursed")}

// DefaultMadlad gives the paper's numbers and OLMo 3's cases.
func DefaultMadlad() Madlad {
	return Madlad{MinSentences: 5, MaxQuestionable: 0.2, Cases: []string{"list_case", "cursed"}, MaxCapitalized: 0.5, ListWords: 12,
		MinSentence: 20, MaxSentence: 500, MaxTechnical: 0.2}
}

// Limits are the bounds in the order in which they rule.
func (o Madlad) Limits() []Limit {
	return []Limit{least("madlad.sentences", float64(o.MinSentences), madladShort),
		most("madlad.questionable", math.Nextafter(o.MaxQuestionable, 0), madladBad)}
}

// Stage builds the rule. It marks the shares of sentences of every case, also of those that do not count, and gives
// "clean.madlad.*" verdicts. Questionable sentences are reported as spans "madlad.questionable".
func (o Madlad) Stage() (quern.Stage, error) {
	s := &madlad{opt: o, bounds: newBounds(o.Limits())}
	for _, name := range o.Cases {
		i := slices.Index(madladCases[:], name)
		if i < 0 {
			return nil, fmt.Errorf("clean: madlad: there is no case %q, only %v", name, madladCases)
		}
		s.counts[i] = true
	}
	switch {
	case !(o.MaxQuestionable > 0):
		return nil, fmt.Errorf("clean: madlad: max_questionable is %v, must be above 0", o.MaxQuestionable)
	case o.MinSentences < 0 || !(o.MaxCapitalized >= 0 && o.MaxTechnical >= 0):
		return nil, fmt.Errorf("clean: madlad: a limit is negative")
	case o.MinSentence < 0 || o.MaxSentence < o.MinSentence:
		return nil, fmt.Errorf("clean: madlad: sentences must be from %d to %d long, which holds nothing", o.MinSentence, o.MaxSentence)
	}
	return s, nil
}

type madlad struct {
	bounds
	opt    Madlad
	counts [4]bool
	words  wordScan
}

func (s *madlad) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := refuseText(d); v != quern.Keep {
		return v, nil
	}
	s.words.splitUnicode(d.Text)
	text := s.words.text[:s.words.n]
	sentences, questionable, word := 0, 0, 0
	var found [4]int
	for from := 0; from < len(text); {
		to, next := sentenceEnd(text, from)
		if a, b := trimSpaces(text, from, to); a < b {
			sentences++
			last := word
			for last < s.words.words && int(s.words.from[last]) < to {
				last++
			}
			bad := false
			for i, is := range s.cases(text[from:to], word, last) {
				if is {
					found[i]++
					bad = bad || s.counts[i]
				}
			}
			word = last
			if bad {
				questionable++
				d.Span("madlad.questionable", from, to, 1)
			}
		}
		from = next
	}
	d.Mark("madlad.sentences", float64(sentences))
	d.Mark("madlad.questionable", ratio(questionable, sentences))
	d.Mark("madlad.list_case", ratio(found[0], sentences))
	d.Mark("madlad.length", ratio(found[1], sentences))
	d.Mark("madlad.technical", ratio(found[2], sentences))
	d.Mark("madlad.cursed", ratio(found[3], sentences))
	return s.judge(d), nil
}

// sentenceEnd is where the sentence that begins at from ends, before its marks, and where the next one begins.
func sentenceEnd(text []byte, from int) (to, next int) {
	for i := from; i < len(text); i++ {
		if !sentenceMark(text[i]) {
			continue
		}
		to = i
		for i < len(text) && sentenceMark(text[i]) {
			i++
		}
		next = i
		for next < len(text) {
			is, size := spaceAt(text, next)
			if !is {
				break
			}
			next += size
		}
		if next > i {
			return to, next
		}
	}
	return len(text), len(text)
}

func sentenceMark(c byte) bool { return c == '.' || c == '!' || c == '?' }

// cases tells what is questionable about a sentence, whose words are those from word to last.
func (s *madlad) cases(sentence []byte, word, last int) (is [4]bool) {
	if n := last - word; n >= s.opt.ListWords {
		capitals := 0
		for i := word; i < last; i++ {
			if c := s.words.text[s.words.from[i]]; c < 0x80 && c-'A' < 26 || c >= 0x80 && isUpper(firstRune(s.words.word(i))) {
				capitals++
			}
		}
		is[0] = float64(capitals) > float64(n)*s.opt.MaxCapitalized
	}
	chars, technical := 0, 0
	for _, c := range sentence {
		k := madladBytes[c]
		chars += int(k & 1)
		technical += int(k >> 1)
	}
	is[1] = chars < s.opt.MinSentence || chars > s.opt.MaxSentence
	is[2] = float64(technical) > float64(chars)*s.opt.MaxTechnical
	is[3] = cursed(sentence)
	return is
}
