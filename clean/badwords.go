package clean

import (
	"errors"
	"fmt"

	"github.com/seed-83c59573/quern"
)

const (
	badWordsFound quern.Verdict = "clean.bad_words.found"
	toxicShare    quern.Verdict = "clean.toxic.share"
)

// BadWords drops documents that have a word of a list for their language: C4's rule (Raffel et al. 2020, section 2.2), as datatrove's
// C4BadWordsFilter has it for all languages of LDNOOBW's lists. Capitals do not matter, in the lists either.
type BadWords struct {
	Lists        string  `yaml:"lists"`         // a folder with a file for each language, named by its code, a word or phrase a line
	Fallback     string  `yaml:"fallback"`      // the list for documents whose language is unknown; "" = they pass
	KeepFraction float64 `yaml:"keep_fraction"` // of the documents with such words, drawn by their IDs
	Seed         uint64  `yaml:"seed"`

	base  `yaml:"-"`
	lists *once[wordLists]
}

var badWordsFacts = []Fact{count("bad_words.found")}

// DefaultBadWords keeps no document with such words, and takes those of unknown language for English, as the peer does.
func DefaultBadWords() BadWords { return BadWords{Fallback: "en", lists: new(once[wordLists])} }

// Files are the lists in the folder.
func (o *BadWords) Files() []string { return languageFiles(o.path(o.Lists)) }

// Stage builds the rule. It marks "bad_words.found" on documents of a language that has a list, and gives "clean.bad_words.found".
func (o BadWords) Stage() (quern.Stage, error) {
	if !(o.KeepFraction >= 0 && o.KeepFraction <= 1) {
		return nil, fmt.Errorf("clean: bad_words: keep_fraction is %v, must be between 0 and 1", o.KeepFraction)
	}
	lists, err := openLists(o.path(o.Lists), o.Fallback, o.lists)
	if err != nil {
		return nil, fmt.Errorf("clean: bad_words: %w", err)
	}
	return &badWords{opt: o, lists: *lists}, nil
}

// openLists loads a folder of lists, once for all workers.
func openLists(dir, fallback string, once *once[wordLists]) (*wordLists, error) {
	if dir == "" {
		return nil, errors.New("give lists, a folder of words by language")
	}
	lists, err := once.get(dir, func() (*wordLists, error) { return loadWordLists(dir) })
	if err == nil && fallback != "" && lists.of(fallback, "") == nil {
		return nil, fmt.Errorf("fallback: %s has no list for %q", dir, fallback)
	}
	return lists, err
}

type badWords struct {
	opt   BadWords
	lists wordLists
	find  wordFinder
}

func (s *badWords) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	l := s.lists.of(d.Lang, s.opt.Fallback)
	if l == nil {
		return quern.Keep, nil
	}
	n, _ := s.find.count(l, d.Text)
	d.Mark("bad_words.found", float64(n))
	if n == 0 || s.opt.KeepFraction > 0 && chanceOf(s.opt.Seed, "bad_words", d.ID) < s.opt.KeepFraction {
		return quern.Keep, nil
	}
	return d.Fail(badWordsFound, float64(n), 0), nil
}

// chanceOf draws a number in [0, 1) for a document.
func chanceOf(seed uint64, step string, id quern.ID) float64 {
	return float64(quern.Seed(seed, step, id)>>11) / (1 << 53)
}

// Toxic bounds the share of listed words in a document: a text may name what it speaks about.
type Toxic struct {
	Lists    string  `yaml:"lists"`     // a folder of lists as BadWords has it
	Fallback string  `yaml:"fallback"`  // the list for documents whose language is unknown; "" = they pass
	MaxShare float64 `yaml:"max_share"` // of words

	base  `yaml:"-"`
	lists *once[wordLists]
}

var toxicFacts = []Fact{count("toxic.words"), share("toxic.share")}

// DefaultToxic has the bound of data-juicer's flagged_words_filter.
func DefaultToxic() Toxic { return Toxic{Fallback: "en", MaxShare: 0.045, lists: new(once[wordLists])} }

// Files are the lists in the folder.
func (o *Toxic) Files() []string { return languageFiles(o.path(o.Lists)) }

// Limits is the one bound.
func (o Toxic) Limits() []Limit { return []Limit{most("toxic.share", o.MaxShare, toxicShare)} }

// Stage builds the rule. It marks "toxic.words" and "toxic.share" on documents of a language that has a list, and gives "clean.toxic.share".
func (o Toxic) Stage() (quern.Stage, error) {
	if !(o.MaxShare >= 0 && o.MaxShare <= 1) {
		return nil, fmt.Errorf("clean: toxic: max_share is %v, must be between 0 and 1", o.MaxShare)
	}
	lists, err := openLists(o.path(o.Lists), o.Fallback, o.lists)
	if err != nil {
		return nil, fmt.Errorf("clean: toxic: %w", err)
	}
	return &toxic{bounds: newBounds(o.Limits()), fallback: o.Fallback, lists: *lists}, nil
}

type toxic struct {
	bounds
	fallback string
	lists    wordLists
	find     wordFinder
}

func (s *toxic) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	l := s.lists.of(d.Lang, s.fallback)
	if l == nil {
		return quern.Keep, nil
	}
	_, words := s.find.count(l, d.Text)
	d.Mark("toxic.words", float64(words))
	all := 0
	if words > 0 {
		all = wordsIn(d.Text)
	}
	d.Mark("toxic.share", min(1, ratio(words, all)))
	return s.judge(d), nil
}
