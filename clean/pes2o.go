package clean

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean/ngram"
)

const (
	paperShort      quern.Verdict = "clean.pes2o.too_short"
	paperLong       quern.Verdict = "clean.pes2o.too_long"
	paperParagraphs quern.Verdict = "clean.pes2o.few_paragraphs"
	paperUnlikely   quern.Verdict = "clean.pes2o.unlikely_paragraphs"
	paperTopShape   quern.Verdict = "clean.pes2o.top_word_shape"
	paperTopShare   quern.Verdict = "clean.pes2o.top_word_share"
	paperYear       quern.Verdict = "clean.pes2o.year"
)

// PES2O is the filter of peS2o's full texts (allenai/peS2o, recipe/4_mix_final/s2orc.sql): bounds on words, the share and shape of the
// most frequent word, paragraphs, and the year where Doc.Time tells it. A paragraph is a line of five words or more, as extraction
// writes them. With a model of word frequencies a paragraph counts, and stays in the text, only if the mean log2 probability of its
// words reaches a bound. The bars of tables and strokes of lists that extraction writes are no words. The peer asks its catalogue for title and abstract too; the language is the business of Language.
type PES2O struct {
	base          `yaml:"-"`
	MinWords      int     `yaml:"min_words"` // more than this
	MaxWords      int     `yaml:"max_words"` // fewer than this
	MinParagraphs int     `yaml:"min_paragraphs"`
	TopShare      float64 `yaml:"top_share"`       // of the most frequent word among all
	ShortTopShare float64 `yaml:"short_top_share"` // the same in a text of at most ShortWords
	ShortWords    int     `yaml:"short_words"`
	MinYear       int     `yaml:"min_year"`
	Unigram       string  `yaml:"unigram"`      // a file of words and counts, as the peer's unigram_freq.csv; "" = paragraphs are not judged
	MinLogProb    float64 `yaml:"min_log_prob"` // mean log2 probability of a paragraph's words, at least
	Cut           bool    `yaml:"cut"`          // take less likely paragraphs out of the text
}

var paperFacts = []Fact{count("pes2o.words"), count("pes2o.paragraphs"), share("pes2o.top_word"), share("pes2o.top_share"),
	share("pes2o.short_top_share"), scale("pes2o.year", 1900, 2100, 100), count("pes2o.likely_paragraphs"), scale("pes2o.log_prob", -40, 0, 80)}

// Measures leaves out what only a model tells where there is none.
func (o PES2O) Measures() []Fact {
	if o.Unigram == "" {
		return paperFacts[:len(paperFacts)-2]
	}
	return paperFacts
}

// DefaultPES2O gives the peer's numbers: 500 < words < 50,000, top word at most 7.5 % (30 % up to 500 words), 1970, 5 paragraphs of -20.
func DefaultPES2O() PES2O {
	return PES2O{MinWords: 500, MaxWords: 50_000, MinParagraphs: 5, TopShare: 0.075, ShortTopShare: 0.3, ShortWords: 500, MinYear: 1970,
		MinLogProb: -20, Cut: true}
}

// Stage builds the rule. It marks "pes2o.*" facts and gives "clean.pes2o.*" verdicts; what it cuts it reports as "pes2o.paragraph".
func (o PES2O) Stage() (quern.Stage, error) {
	if o.MinWords < 0 || o.MaxWords <= o.MinWords {
		return nil, fmt.Errorf("clean: pes2o: words must lie between %d and %d, which holds nothing", o.MinWords, o.MaxWords)
	}
	if !(o.TopShare >= 0 && o.ShortTopShare >= 0 && o.MinLogProb <= 0) || o.MinParagraphs < 0 || o.ShortWords < 0 {
		return nil, fmt.Errorf("clean: pes2o: shares and counts must not be negative, min_log_prob not positive")
	}
	s := &pes2o{opt: o, bounds: newBounds(o.Limits())}
	if o.Unigram != "" {
		var err error
		if s.model, err = loadUnigram(o.path(o.Unigram)); err != nil {
			return nil, fmt.Errorf("clean: pes2o: %w", err)
		}
	}
	return s, nil
}

// Files are the model's.
func (o *PES2O) Files() []string {
	if o.Unigram == "" {
		return nil
	}
	return []string{o.path(o.Unigram)}
}

// Limits are the bounds in the order in which they rule.
func (o PES2O) Limits() []Limit {
	return []Limit{
		least("pes2o.words", float64(o.MinWords+1), paperShort),
		most("pes2o.words", float64(o.MaxWords-1), paperLong),
		least("pes2o.paragraphs", float64(o.MinParagraphs), paperParagraphs),
		least("pes2o.likely_paragraphs", float64(o.MinParagraphs), paperUnlikely),
		least("pes2o.top_word", 1, paperTopShape),
		most("pes2o.top_share", o.TopShare, paperTopShare),
		most("pes2o.short_top_share", o.ShortTopShare, paperTopShare),
		least("pes2o.year", float64(o.MinYear), paperYear),
	}
}

type pes2o struct {
	bounds
	opt   PES2O
	model *ngram.Unigram
	count wordCounts
	cuts  []cutRange
	out   []byte
}

// paragraphWords is how many words a line must have to be a paragraph.
const paragraphWords = 5

func (s *pes2o) Apply(d *quern.Doc) (quern.Verdict, error) {
	if len(d.Text) > math.MaxInt32 {
		return d.Fail(paperLong, float64(len(d.Text)), math.MaxInt32), nil
	}
	s.paragraphs(d)
	words := s.count.total
	top, _ := s.count.top()
	d.Mark("pes2o.words", float64(words))
	d.Mark("pes2o.top_word", indicator(isPlainWord(s.count.bytes(top), false)))
	if share := ratio(int(top.count), words); words <= s.opt.ShortWords {
		d.Mark("pes2o.short_top_share", share)
	} else {
		d.Mark("pes2o.top_share", share)
	}
	if year, known := yearOf(d.Time); known {
		d.Mark("pes2o.year", float64(year))
	}
	v := s.bounds.judge(d)
	if v == quern.Keep && len(s.cuts) > 0 {
		s.rewrite(d)
	}
	return v, nil
}

// paragraphs counts words and paragraphs, and notes those that are unlikely.
func (s *pes2o) paragraphs(d *quern.Doc) {
	s.count.reset(d.Text)
	s.cuts = s.cuts[:0]
	paragraphs, likely, sum := 0, 0, 0.0
	for from := 0; from < len(d.Text); {
		end := len(d.Text)
		if at := bytes.IndexByte(d.Text[from:], '\n'); at >= 0 {
			end = from + at
		}
		if s.count.add(from, end) >= paragraphWords {
			paragraphs++
			if s.model != nil {
				mean, _ := s.model.Mean(d.Text[from:end])
				sum += mean
				if mean >= s.opt.MinLogProb {
					likely++
				} else if s.opt.Cut {
					s.cuts = append(s.cuts, cutRange{from, min(end+1, len(d.Text))})
				}
			}
		}
		from = end + 1
	}
	d.Mark("pes2o.paragraphs", float64(paragraphs))
	if s.model != nil {
		d.Mark("pes2o.likely_paragraphs", float64(likely))
		d.Mark("pes2o.log_prob", sum/float64(max(paragraphs, 1)))
	}
}

// rewrite takes the unlikely paragraphs out.
func (s *pes2o) rewrite(d *quern.Doc) {
	s.out = s.out[:0]
	at := 0
	for _, c := range s.cuts {
		d.Span("pes2o.paragraph", c.from, c.to, 1)
		s.out = append(s.out, d.Text[at:c.from]...)
		at = c.to
	}
	s.out = append(s.out, d.Text[at:]...)
	d.Text = s.out
}

func yearOf(time string) (int, bool) {
	if len(time) < 4 {
		return 0, false
	}
	year, err := strconv.Atoi(time[:4])
	return year, err == nil
}

// cutRange is a part of a text that is taken out.
type cutRange struct{ from, to int }
