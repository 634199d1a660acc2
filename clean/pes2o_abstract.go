package clean

import (
	"bytes"
	"fmt"
	"math"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean/ngram"
)

const (
	abstractShort    quern.Verdict = "clean.pes2o_abstract.too_short"
	abstractLong     quern.Verdict = "clean.pes2o_abstract.too_long"
	abstractTitle    quern.Verdict = "clean.pes2o_abstract.title"
	abstractTopShape quern.Verdict = "clean.pes2o_abstract.top_word_shape"
	abstractSpaced   quern.Verdict = "clean.pes2o_abstract.spaced_letters"
	abstractUnlikely quern.Verdict = "clean.pes2o_abstract.unlikely"
	abstractYear     quern.Verdict = "clean.pes2o_abstract.year"
)

// PES2OAbstract is the filter of peS2o's titles with abstracts (allenai/peS2o, recipe/4_mix_final/s2ag.sql). A document is a title, a
// blank line and an abstract, or has them as "title" and "abstract" in Doc.Meta. The languages are the business of Language.
type PES2OAbstract struct {
	base          `yaml:"-"`
	MinWords      int     `yaml:"min_words"` // of the abstract
	MaxWords      int     `yaml:"max_words"`
	MinTitleWords int     `yaml:"min_title_words"`
	MaxSpaced     int     `yaml:"max_spaced_letters"` // characters of a run of letters apart by white space, as bad character recognition writes words
	MinYear       int     `yaml:"min_year"`
	Unigram       string  `yaml:"unigram"`      // a file of words and counts; "" = not asked
	MinLogProb    float64 `yaml:"min_log_prob"` // mean log2 probability of the abstract's words: more than this
}

var abstractFacts = []Fact{count("pes2o_abstract.words"), count("pes2o_abstract.title_words"), count("pes2o_abstract.spaced_letters"),
	share("pes2o_abstract.top_word"), scale("pes2o_abstract.year", 1900, 2100, 100), scale("pes2o_abstract.log_prob", -40, 0, 80)}

// Measures leaves out what only a model tells where there is none.
func (o PES2OAbstract) Measures() []Fact {
	if o.Unigram == "" {
		return abstractFacts[:len(abstractFacts)-1]
	}
	return abstractFacts
}

// DefaultPES2OAbstract gives the peer's numbers: 50 to 1000 words, 3 in the title, 1970, runs of fewer than 4 characters, -20.
func DefaultPES2OAbstract() PES2OAbstract {
	return PES2OAbstract{MinWords: 50, MaxWords: 1000, MinTitleWords: 3, MaxSpaced: 3, MinYear: 1970, MinLogProb: -20}
}

// Stage builds the rule. It marks "pes2o_abstract.*" facts and gives "clean.pes2o_abstract.*" verdicts.
func (o PES2OAbstract) Stage() (quern.Stage, error) {
	if o.MinWords < 0 || o.MaxWords < o.MinWords || o.MinTitleWords < 0 || o.MaxSpaced < 0 || !(o.MinLogProb <= 0) {
		return nil, fmt.Errorf("clean: pes2o_abstract: a number is negative, or min_log_prob positive, or words from %d to %d hold nothing", o.MinWords, o.MaxWords)
	}
	s := &pes2oAbstract{bounds: newBounds(o.Limits())}
	if o.Unigram != "" {
		var err error
		if s.model, err = loadUnigram(o.path(o.Unigram)); err != nil {
			return nil, fmt.Errorf("clean: pes2o_abstract: %w", err)
		}
	}
	return s, nil
}

// Files are the model's.
func (o *PES2OAbstract) Files() []string {
	if o.Unigram == "" {
		return nil
	}
	return []string{o.path(o.Unigram)}
}

// Limits are the bounds in the order in which they rule.
func (o PES2OAbstract) Limits() []Limit {
	return []Limit{
		least("pes2o_abstract.title_words", float64(o.MinTitleWords), abstractTitle),
		least("pes2o_abstract.words", float64(o.MinWords), abstractShort),
		most("pes2o_abstract.words", float64(o.MaxWords), abstractLong),
		least("pes2o_abstract.top_word", 1, abstractTopShape),
		most("pes2o_abstract.spaced_letters", float64(o.MaxSpaced), abstractSpaced),
		above("pes2o_abstract.log_prob", o.MinLogProb, abstractUnlikely),
		least("pes2o_abstract.year", float64(o.MinYear), abstractYear),
	}
}

type pes2oAbstract struct {
	bounds
	model *ngram.Unigram
	count wordCounts
	text  []byte
}

func (s *pes2oAbstract) Apply(d *quern.Doc) (quern.Verdict, error) {
	if len(d.Text) > math.MaxInt32 {
		return d.Fail(abstractLong, float64(len(d.Text)), math.MaxInt32), nil
	}
	title := s.parts(d)
	s.count.reset(s.text)
	d.Mark("pes2o_abstract.title_words", float64(s.count.add(0, title)))
	d.Mark("pes2o_abstract.words", float64(s.count.add(title, len(s.text))))
	first, second := s.count.top()
	top := s.count.bytes(first)
	if string(top) == "a" {
		top = s.count.bytes(second)
	}
	d.Mark("pes2o_abstract.top_word", indicator(isPlainWord(top, true)))
	d.Mark("pes2o_abstract.spaced_letters", float64(spacedLetters(s.text[title:])))
	if s.model != nil {
		mean, _ := s.model.Mean(s.text[title:])
		d.Mark("pes2o_abstract.log_prob", mean)
	}
	if year, known := yearOf(d.Time); known {
		d.Mark("pes2o_abstract.year", float64(year))
	}
	return s.bounds.judge(d), nil
}

// parts puts title and abstract together and tells where the title ends.
func (s *pes2oAbstract) parts(d *quern.Doc) (title int) {
	abstract, ok := metaString(d.Meta, "abstract")
	name, named := metaString(d.Meta, "title")
	s.text = s.text[:0]
	if ok && named {
		s.text = append(unescaped(s.text, name), '\n')
		title = len(s.text)
		s.text = unescaped(s.text, abstract)
		return title
	}
	s.text = append(s.text, d.Text...)
	if end := bytes.Index(s.text, []byte("\n\n")); end >= 0 {
		return end
	}
	return 0
}

// unescaped appends a string of JSON; escapes but those of white space and signs stay, which is enough to count words.
func unescaped(dst, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '\\' && i+1 < len(b) {
			switch i++; b[i] {
			case 'n', 't', 'r', 'f', 'b':
				c = ' '
			case 'u':
				i--
			default:
				c = b[i]
			}
		}
		dst = append(dst, c)
	}
	return dst
}

// spacedLetters is the length of the longest run that the peer's \b([A-Za-z]\s)([a-z]\s)*[A-Za-z]\b finds: "a b c" has 5.
func spacedLetters(t []byte) (longest int) {
	isSpace := func(i int) bool { return i < len(t) && (t[i] == ' ' || t[i]-'\t' < 5) }
	isLetter := func(i int) bool { return i < len(t) && (t[i]|0x20)-'a' < 26 }
	for i := 0; i < len(t); i++ {
		if !isLetter(i) || !isSpace(i+1) || i > 0 && isWord(t[i-1]) {
			continue
		}
		end := 0
		for j := i + 2; isLetter(j) && (j+1 == len(t) || !isWord(t[j+1])); j += 2 {
			end = j + 1
			if t[j]-'a' >= 26 || !isSpace(j+1) {
				break
			}
		}
		if end > 0 {
			longest = max(longest, end-i)
			i = end - 1
		}
	}
	return longest
}
