package clean

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/seed-83c59573/quern"
)

// GopherDolma is Gopher's filter as Dolma applies it (allenai/dolma, taggers/gopher.py, tagger gopher_v1, with the limits of
// configs/dolma-v1_6/mixing). A word is what stands between white space (Python's str.split), punctuation included. Characters are
// code points of words. All copies of a repeated line or n-gram count, the first one too: of the lines a, b, a, c, b, d repeat 4/6.
//
// Empty lines are lines that repeat, so that this dialect drops much of what has a blank line between paragraphs; Dolma's web text
// has none. The tagger gopher_v2, here ignore_empty_lines, passes over them.
//
// Dolma's published configuration asks for the most common n-grams under names that the tagger does not give, so that there these
// three limits never dropped anything; here they do what was meant.
type GopherDolma struct {
	MinWords         int       `yaml:"min_words"`
	MaxWords         int       `yaml:"max_words"`
	MinMedianWord    float64   `yaml:"min_median_word"` // code points
	MaxMedianWord    float64   `yaml:"max_median_word"`
	MaxSymbols       float64   `yaml:"max_symbols"` // share of words with a "#" or a "…"
	MinAlphaWords    float64   `yaml:"min_alpha_words"`
	StopWords        []string  `yaml:"stop_words"`         // as written, case counts
	MinStopWords     int       `yaml:"min_stop_words"`     // occurrences
	MaxBulletLines   float64   `yaml:"max_bullet_lines"`   // share of lines that begin with * or -
	MaxEllipsisLines float64   `yaml:"max_ellipsis_lines"` // share of lines that end with …
	MaxDupLines      float64   `yaml:"max_dup_lines"`
	MaxDupLineChars  float64   `yaml:"max_dup_line_chars"` // per code point of words; above 1 is possible, as lines have spaces
	MaxTopGrams      []float64 `yaml:"max_top_grams"`      // for n = 2, 3, 4: all copies of the most frequent n-gram
	MaxDupGrams      []float64 `yaml:"max_dup_grams"`      // for n = 5 … 10: share of the characters of all n-grams
	IgnoreEmptyLines bool      `yaml:"ignore_empty_lines"` // as the tagger gopher_v2
}

// DefaultGopherDolma gives the numbers of Dolma v1.6.
func DefaultGopherDolma() GopherDolma {
	g := DefaultGopher()
	return GopherDolma{MinWords: 50, MaxWords: 100_000, MinMedianWord: 3, MaxMedianWord: 10, MaxSymbols: 0.1, MinAlphaWords: 0.8,
		StopWords: g.StopWords, MinStopWords: 2, MaxBulletLines: 0.9, MaxEllipsisLines: 0.3, MaxDupLines: 0.3, MaxDupLineChars: 0.3,
		MaxTopGrams: g.MaxTopGrams, MaxDupGrams: g.MaxDupGrams}
}

// gramNames are the marks and verdicts of a Gopher dialect's n-grams, for n = 2 to 10.
func gramNames(room string) (names [9]string) {
	for n := 2; n <= 10; n++ {
		if n <= 4 {
			names[n-2] = fmt.Sprintf("%s.top_%d_gram", room, n)
		} else {
			names[n-2] = fmt.Sprintf("%s.dup_%d_grams", room, n)
		}
	}
	return names
}

func gramMarks(names [9]string) (facts []Fact) {
	for _, name := range names {
		facts = append(facts, share(name))
	}
	return facts
}

// gramLimits bounds n-grams for n = 2 to 10 under Gopher's verdicts.
func gramLimits(names [9]string, top, dup []float64) (l []Limit) {
	for i, limit := range top {
		l = append(l, most(names[i], limit, gopherTop[i]))
	}
	for i, limit := range dup {
		l = append(l, most(names[3+i], limit, gopherDup[i]))
	}
	return l
}

// checkGopher refuses what no Gopher dialect can work with.
func checkGopher(rule string, minWords, maxWords int, top, dup []float64, limits []Limit) error {
	if minWords < 0 || maxWords < minWords {
		return fmt.Errorf("clean: %s: words must be from %d to %d, which holds nothing", rule, minWords, maxWords)
	}
	if len(top) != 3 || len(dup) != 6 {
		return fmt.Errorf("clean: %s: want 3 numbers in max_top_grams (for 2, 3, 4) and 6 in max_dup_grams (for 5 to 10), not %d and %d",
			rule, len(top), len(dup))
	}
	return checkLimits(rule, limits)
}

// checkLimits refuses bounds that are negative or no number.
func checkLimits(rule string, limits []Limit) error {
	for _, l := range limits {
		if !(l.Max >= 0) || l.Min != l.Min {
			return fmt.Errorf("clean: %s: the limit of %s must not be negative", rule, l.Fact)
		}
	}
	return nil
}

var (
	dolmaGrams = gramNames("gopher_dolma")
	dolmaFacts = append([]Fact{count("gopher_dolma.words"), scale("gopher_dolma.median_word", 0, 20, 40), share("gopher_dolma.symbols"),
		share("gopher_dolma.alpha_words"), count("gopher_dolma.stop_words"), share("gopher_dolma.bullet_lines"),
		share("gopher_dolma.ellipsis_lines"), share("gopher_dolma.dup_lines"), share("gopher_dolma.dup_line_chars")}, gramMarks(dolmaGrams)...)
)

// Limits are the bounds in the order of Dolma's configuration.
func (o GopherDolma) Limits() []Limit {
	return append([]Limit{
		least("gopher_dolma.words", float64(o.MinWords), gopherTooShort),
		most("gopher_dolma.words", float64(o.MaxWords), gopherTooLong),
		least("gopher_dolma.median_word", o.MinMedianWord, gopherShortWords),
		most("gopher_dolma.median_word", o.MaxMedianWord, gopherLongWords),
		most("gopher_dolma.symbols", o.MaxSymbols, "clean.gopher.symbols"),
		least("gopher_dolma.alpha_words", o.MinAlphaWords, gopherAlpha),
		least("gopher_dolma.stop_words", float64(o.MinStopWords), gopherStopWords),
		most("gopher_dolma.bullet_lines", o.MaxBulletLines, gopherBullets),
		most("gopher_dolma.ellipsis_lines", o.MaxEllipsisLines, gopherDots),
		most("gopher_dolma.dup_lines", o.MaxDupLines, gopherDupLines),
		most("gopher_dolma.dup_line_chars", o.MaxDupLineChars, gopherLineChars),
	}, gramLimits(dolmaGrams, o.MaxTopGrams, o.MaxDupGrams)...)
}

// Measures are the facts of this dialect alone.
func (o GopherDolma) Measures() []Fact { return dolmaFacts }

// Stage builds the rule. It marks "gopher_dolma.*" facts and gives "clean.gopher.*" verdicts.
func (o GopherDolma) Stage() (quern.Stage, error) {
	if err := checkGopher("gopher@dolma", o.MinWords, o.MaxWords, o.MaxTopGrams, o.MaxDupGrams, o.Limits()); err != nil {
		return nil, err
	}
	stop, err := newWordSet("gopher@dolma", o.StopWords)
	if err != nil {
		return nil, err
	}
	return &gopherDolma{bounds: newBounds(o.Limits()), stop: stop, ignoreEmpty: o.IgnoreEmptyLines}, nil
}

type gopherDolma struct {
	bounds
	words       wordScan
	lines       pieceCount
	stop        wordSet
	ignoreEmpty bool
	long        []int // lengths of very long words
}

func (s *gopherDolma) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := refuseText(d); v != quern.Keep {
		return v, nil
	}
	w := &s.words
	w.splitSpace(d.Text)
	n, letters := w.words, w.letters()
	d.Mark("gopher_dolma.words", float64(n))
	d.Mark("gopher_dolma.median_word", s.median())
	symbols := 0
	for i, has := range w.has[:n] {
		if has&hasHash != 0 || has&hasHigh != 0 && bytes.Contains(w.word(i), ellipsis) {
			symbols++
		}
	}
	d.Mark("gopher_dolma.symbols", ratio(symbols, n))
	d.Mark("gopher_dolma.alpha_words", ratio(w.withLetter(), n))
	d.Mark("gopher_dolma.stop_words", float64(w.count(&s.stop, false)))
	s.measureLines(d)
	w.grams()
	for n := 2; n <= 10; n++ {
		f := &w.gram[n]
		if n <= 4 {
			chars := 0
			if f.grams > 0 {
				chars = f.times * int(w.chars[f.first+n]-w.chars[f.first])
			}
			d.Mark(dolmaGrams[n-2], ratio(chars, letters))
		} else {
			d.Mark(dolmaGrams[n-2], ratio(f.copies, f.all))
		}
	}
	return s.judge(d), nil
}

// median is that of the words' lengths, 0 if there are none; between two, the middle.
func (s *gopherDolma) median() float64 {
	n := s.words.words
	if n == 0 {
		return 0
	}
	var times [128]int
	s.long = s.long[:0]
	for i := range n {
		if l := s.words.length(i); l < len(times) {
			times[l]++
		} else {
			s.long = append(s.long, l)
		}
	}
	slices.Sort(s.long)
	at := func(k int) int {
		for l, t := range times {
			if k < t {
				return l
			}
			k -= t
		}
		return s.long[k]
	}
	return float64(at((n-1)/2)+at(n/2)) / 2
}

// measureLines marks the facts of lines, which end at "\n". An empty text has none.
func (s *gopherDolma) measureLines(d *quern.Doc) {
	text := s.words.text[:s.words.n]
	bullets, dots := 0, 0
	s.lines.begin(bytes.Count(text, newline) + 1)
	for from := 0; from <= len(text) && len(text) > 0; {
		to, next := nextPiece(text, from, newline)
		if s.ignoreEmpty && to == from && from > 0 && next <= len(text) {
			from = next // the middle of a run of line ends
			continue
		}
		if line := text[from:to]; len(line) > 0 {
			if line[0] == '*' || line[0] == '-' {
				bullets++
			}
			if bytes.HasSuffix(line, ellipsis) {
				dots++
			}
			s.lines.add(hashBytes(s.words.text, from, to-from), codePoints(line))
		} else {
			s.lines.add(0, 0)
		}
		from = next
	}
	s.lines.done()
	d.Mark("gopher_dolma.bullet_lines", ratio(bullets, s.lines.total))
	d.Mark("gopher_dolma.ellipsis_lines", ratio(dots, s.lines.total))
	d.Mark("gopher_dolma.dup_lines", ratio(s.lines.dup, s.lines.total))
	d.Mark("gopher_dolma.dup_line_chars", ratio(s.lines.dupChars, s.words.letters()))
}

// gopherConfig gives a dialect's options.
func gopherConfig(dialect string) Config {
	switch dialect {
	case "dolma":
		o := DefaultGopherDolma()
		return &o
	case "dclm":
		o := DefaultGopherDCLM()
		return &o
	}
	o := DefaultGopher()
	return &o
}

// Measures are the facts of the dialect of datatrove alone.
func (o Gopher) Measures() []Fact { return gopherMarks }
