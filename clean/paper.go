package clean

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern"
)

const (
	paperShort      quern.Verdict = "clean.pes2o.too_short"
	paperLong       quern.Verdict = "clean.pes2o.too_long"
	paperParagraphs quern.Verdict = "clean.pes2o.few_paragraphs"
	paperTopShape   quern.Verdict = "clean.pes2o.top_word_shape"
	paperTopShare   quern.Verdict = "clean.pes2o.top_word_share"
	paperYear       quern.Verdict = "clean.pes2o.year"
)

// PES2O is the filter of peS2o's full texts as far as it needs no unigram model: bounds on words, the share and shape of the most
// frequent word, paragraphs, and the year where Doc.Time tells it. The peer counts only paragraphs whose mean log2 probability is
// at least -20, and reads title, abstract and language from its catalogue; here a paragraph is a line of five words or more, as
// extraction writes them, and the language is the business of Language.
type PES2O struct {
	MinWords      int     `yaml:"min_words"` // more than this
	MaxWords      int     `yaml:"max_words"` // fewer than this
	MinParagraphs int     `yaml:"min_paragraphs"`
	TopShare      float64 `yaml:"top_share"`       // of the most frequent word among all
	ShortTopShare float64 `yaml:"short_top_share"` // the same in a text of at most ShortWords
	ShortWords    int     `yaml:"short_words"`
	MinYear       int     `yaml:"min_year"`
}

var paperFacts = []Fact{count("paper.words"), count("paper.paragraphs"), share("paper.top_share")}

// DefaultPES2O gives the peer's numbers: 500 < words < 50,000, top word at most 7.5 % (30 % up to 500 words), 1970, 5 paragraphs.
func DefaultPES2O() PES2O {
	return PES2O{MinWords: 500, MaxWords: 50_000, MinParagraphs: 5, TopShare: 0.075, ShortTopShare: 0.3, ShortWords: 500, MinYear: 1970}
}

// Stage builds the rule. It marks "paper.*" facts and gives "clean.pes2o.*" verdicts.
func (o PES2O) Stage() (quern.Stage, error) {
	if o.MinWords < 0 || o.MaxWords <= o.MinWords {
		return nil, fmt.Errorf("clean: pes2o: words must lie between %d and %d, which holds nothing", o.MinWords, o.MaxWords)
	}
	if o.TopShare < 0 || o.ShortTopShare < 0 || o.MinParagraphs < 0 || o.ShortWords < 0 {
		return nil, fmt.Errorf("clean: pes2o: shares and counts must not be negative")
	}
	return &pes2o{opt: o}, nil
}

type pes2o struct {
	opt   PES2O
	words []paperWord // the distinct words, in order of appearance
	slots []int32     // open addressing; index into words plus one
}

type paperWord struct {
	hash     uint64
	from, to int32
	count    int32
}

func (s *pes2o) Apply(d *quern.Doc) (quern.Verdict, error) {
	o := &s.opt
	if len(d.Text) > math.MaxInt32 {
		return d.Fail(paperLong, float64(len(d.Text)), math.MaxInt32), nil
	}
	words, paragraphs := s.count(d.Text)
	top := paperWord{}
	for _, w := range s.words {
		if w.count > top.count {
			top = w
		}
	}
	share := ratio(int(top.count), words)
	d.Mark("paper.words", float64(words))
	d.Mark("paper.paragraphs", float64(paragraphs))
	d.Mark("paper.top_share", share)
	most := o.TopShare
	if words <= o.ShortWords {
		most = o.ShortTopShare
	}
	switch year, known := yearOf(d.Time); {
	case words <= o.MinWords:
		return d.Fail(paperShort, float64(words), float64(o.MinWords)), nil
	case words >= o.MaxWords:
		return d.Fail(paperLong, float64(words), float64(o.MaxWords)), nil
	case paragraphs < o.MinParagraphs:
		return d.Fail(paperParagraphs, float64(paragraphs), float64(o.MinParagraphs)), nil
	case !isPlainWord(d.Text[top.from:top.to]):
		return d.Fail(paperTopShape, share, 0), nil
	case share > most:
		return d.Fail(paperTopShare, share, most), nil
	case known && year < o.MinYear:
		return d.Fail(paperYear, float64(year), float64(o.MinYear)), nil
	}
	return quern.Keep, nil
}

func yearOf(time string) (int, bool) {
	if len(time) < 4 {
		return 0, false
	}
	year, err := strconv.Atoi(time[:4])
	return year, err == nil
}

// isPlainWord is the peer's [A-Za-z][a-z]+ on the whole word.
func isPlainWord(w []byte) bool {
	if len(w) < 2 || (w[0]|0x20)-'a' >= 26 {
		return false
	}
	for _, c := range w[1:] {
		if c-'a' >= 26 {
			return false
		}
	}
	return true
}

// count fills the table of words, which white space separates, and counts words and the paragraphs of five words or more.
func (s *pes2o) count(text []byte) (words, paragraphs int) {
	s.words = s.words[:0]
	s.slots = cleared(s.slots, 1<<12)
	inBlock := 0
	for i := 0; i < len(text); {
		for gap := 0; i < len(text); {
			space, n := spaceAt(text, i)
			if !space {
				break
			}
			if text[i] == '\n' {
				if gap++; gap == 1 {
					if inBlock >= 5 {
						paragraphs++
					}
					inBlock = 0
				}
			}
			i += n
		}
		from := i
		for i < len(text) {
			space, n := spaceAt(text, i)
			if space {
				break
			}
			i += n
		}
		if i > from {
			words++
			inBlock++
			s.add(text, from, i)
		}
	}
	if inBlock >= 5 {
		paragraphs++
	}
	return words, paragraphs
}

// cleared gives n free slots, the old memory if it reaches, so that one long text does not make every later one costly.
func cleared(slots []int32, n int) []int32 {
	if cap(slots) < n {
		return make([]int32, n)
	}
	slots = slots[:n]
	clear(slots)
	return slots
}

func (s *pes2o) add(text []byte, from, to int) {
	if 2*len(s.words) >= len(s.slots) {
		s.slots = cleared(s.slots, 2*len(s.slots))
		for i, w := range s.words {
			at := s.find(text, w.hash, text[w.from:w.to])
			s.slots[at] = int32(i + 1)
		}
	}
	word := text[from:to]
	h := xxhash.Sum64(word)
	at := s.find(text, h, word)
	if k := s.slots[at]; k > 0 {
		s.words[k-1].count++
		return
	}
	s.words = append(s.words, paperWord{h, int32(from), int32(to), 1})
	s.slots[at] = int32(len(s.words))
}

// find is the slot of a word, or the free one where it belongs.
func (s *pes2o) find(text []byte, h uint64, word []byte) int {
	mask := len(s.slots) - 1
	for at := int(h) & mask; ; at = (at + 1) & mask {
		k := s.slots[at]
		if k == 0 {
			return at
		}
		if w := &s.words[k-1]; w.hash == h && bytes.Equal(text[w.from:w.to], word) {
			return at
		}
	}
}
