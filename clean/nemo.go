package clean

import (
	"fmt"

	"github.com/seed-83c59573/quern"
)

// Nemo are the heuristic filters of NeMo Curator (NVIDIA-NeMo/Curator 1.4, stages/text/filters/heuristic), with the defaults and in
// the order of its English pipeline. A word is what stands between white space; Chinese and Japanese, which the peer cuts by jieba
// and MeCab, are not cut here. Lines that have something other than space on them are its sentences; paragraphs end at "\n\n" and
// may be empty. Characters are code points, spaces included. Where several n-grams are the most frequent, the peer takes any; here
// it is the first. A text without words, on which the peer fails, is dropped. The filter of pornographic links is not built.
type Nemo struct {
	MaxNonAlnum    float64 `yaml:"max_non_alnum"` // share of characters other than a–z A–Z 0–9 ? ! , . and line feed; a space is one of them
	MaxSymbols     float64 `yaml:"max_symbols"`   // share of words that are ellipses or, by more than half, "#"
	MaxNumbers     float64 `yaml:"max_numbers"`   // share of 0–9
	MaxURLs        float64 `yaml:"max_urls"`      // share of characters in http and https links
	MaxBulletLines float64 `yaml:"max_bullet_lines"`
	MaxWhitespace  float64 `yaml:"max_whitespace"`
	MaxParentheses float64 `yaml:"max_parentheses"` // share of ( ) [ ] { } ⟨ ⟩
	MaxLongestWord int     `yaml:"max_longest_word"`
	MinWords       int     `yaml:"min_words"`
	MaxWords       int     `yaml:"max_words"`
	MaxBoilerplate float64 `yaml:"max_boilerplate"` // share of paragraphs with a policy's words; "lorem ipsum" makes it 1
	MinMeanWord    float64 `yaml:"min_mean_word"`
	MaxMeanWord    float64 `yaml:"max_mean_word"`

	MinUniqueLines          float64   `yaml:"min_unique_lines"` // different lines, per line
	MinUniqueParagraphs     float64   `yaml:"min_unique_paragraphs"`
	MinUniqueLineChars      float64   `yaml:"min_unique_line_chars"`
	MinUniqueParagraphChars float64   `yaml:"min_unique_paragraph_chars"`
	MaxTopGrams             []float64 `yaml:"max_top_grams"` // for n = 2, 3, 4: characters that go if the most frequent n-gram, with single spaces, is deleted
	MaxDupGrams             []float64 `yaml:"max_dup_grams"` // for n = 5 … 10: characters of copies after the first, each once, and a space between words

	MaxNoEndMarks    float64  `yaml:"max_no_end_marks"` // share of lines that do not end in . ? ! " '
	MaxEllipsisLines float64  `yaml:"max_ellipsis_lines"`
	StopWords        []string `yaml:"stop_words"` // common words, as written
	MinStopWords     int      `yaml:"min_stop_words"`
	MinAlphaWords    float64  `yaml:"min_alpha_words"`
}

// DefaultNemo gives the peer's numbers.
func DefaultNemo() Nemo {
	g := DefaultGopher()
	return Nemo{MaxNonAlnum: 0.25, MaxSymbols: 0.1, MaxNumbers: 0.15, MaxURLs: 0.2, MaxBulletLines: 0.9, MaxWhitespace: 0.25,
		MaxParentheses: 0.1, MaxLongestWord: 1000, MinWords: 50, MaxWords: 100_000, MaxBoilerplate: 0.4, MinMeanWord: 3, MaxMeanWord: 10,
		MinUniqueLines: 0.7, MinUniqueParagraphs: 0.7, MinUniqueLineChars: 0.8, MinUniqueParagraphChars: 0.8,
		MaxTopGrams: g.MaxTopGrams, MaxDupGrams: g.MaxDupGrams, MaxNoEndMarks: 0.85, MaxEllipsisLines: 0.3, StopWords: g.StopWords,
		MinStopWords: 2, MinAlphaWords: 0.8}
}

var (
	nemoGrams = gramNames("nemo")
	nemoFacts = append([]Fact{share("nemo.non_alnum"), share("nemo.symbols"), share("nemo.numbers"), share("nemo.urls"),
		share("nemo.bullet_lines"), share("nemo.whitespace"), share("nemo.parentheses"), count("nemo.longest_word"), count("nemo.words"),
		share("nemo.boilerplate"), scale("nemo.mean_word", 0, 20, 80), share("nemo.unique_lines"), share("nemo.unique_paragraphs"),
		share("nemo.unique_line_chars"), share("nemo.unique_paragraph_chars"), share("nemo.no_end_marks"), share("nemo.ellipsis_lines"),
		count("nemo.stop_words"), share("nemo.alpha_words")}, gramMarks(nemoGrams)...)
)

// Limits are the bounds in the order in which they rule.
func (o Nemo) Limits() []Limit {
	l := []Limit{
		most("nemo.non_alnum", o.MaxNonAlnum, "clean.nemo.non_alnum"),
		most("nemo.symbols", o.MaxSymbols, "clean.nemo.symbols"),
		most("nemo.numbers", o.MaxNumbers, "clean.nemo.numbers"),
		most("nemo.urls", o.MaxURLs, "clean.nemo.urls"),
		most("nemo.bullet_lines", o.MaxBulletLines, "clean.nemo.bullet_lines"),
		most("nemo.whitespace", o.MaxWhitespace, "clean.nemo.whitespace"),
		most("nemo.parentheses", o.MaxParentheses, "clean.nemo.parentheses"),
		most("nemo.longest_word", float64(o.MaxLongestWord), "clean.nemo.longest_word"),
		least("nemo.words", float64(o.MinWords), "clean.nemo.too_short"),
		most("nemo.words", float64(o.MaxWords), "clean.nemo.too_long"),
		most("nemo.boilerplate", o.MaxBoilerplate, "clean.nemo.boilerplate"),
		least("nemo.mean_word", o.MinMeanWord, "clean.nemo.short_words"),
		most("nemo.mean_word", o.MaxMeanWord, "clean.nemo.long_words"),
		least("nemo.unique_lines", o.MinUniqueLines, "clean.nemo.repeated_lines"),
		least("nemo.unique_paragraphs", o.MinUniqueParagraphs, "clean.nemo.repeated_paragraphs"),
		least("nemo.unique_line_chars", o.MinUniqueLineChars, "clean.nemo.repeated_line_chars"),
		least("nemo.unique_paragraph_chars", o.MinUniqueParagraphChars, "clean.nemo.repeated_paragraph_chars"),
	}
	for i, limit := range append(o.MaxTopGrams[:len(o.MaxTopGrams):len(o.MaxTopGrams)], o.MaxDupGrams...) {
		if i < len(nemoGrams) {
			l = append(l, most(nemoGrams[i], limit, quern.Verdict("clean."+nemoGrams[i])))
		}
	}
	return append(l,
		most("nemo.no_end_marks", o.MaxNoEndMarks, "clean.nemo.no_end_marks"),
		most("nemo.ellipsis_lines", o.MaxEllipsisLines, "clean.nemo.ellipsis_lines"),
		least("nemo.stop_words", float64(o.MinStopWords), "clean.nemo.stop_words"),
		least("nemo.alpha_words", o.MinAlphaWords, "clean.nemo.alpha_words"))
}

// Stage builds the rule. It marks "nemo.*" facts and gives "clean.nemo.*" verdicts.
func (o Nemo) Stage() (quern.Stage, error) {
	if err := checkGopher("nemo", o.MinWords, o.MaxWords, o.MaxTopGrams, o.MaxDupGrams, o.Limits()); err != nil {
		return nil, err
	}
	if o.MaxMeanWord < o.MinMeanWord {
		return nil, fmt.Errorf("clean: nemo: the mean word must be from %v to %v long, which holds nothing", o.MinMeanWord, o.MaxMeanWord)
	}
	stop, err := newWordSet("nemo", o.StopWords)
	if err != nil {
		return nil, err
	}
	return &nemo{bounds: newBounds(o.Limits()), stop: stop}, nil
}

type nemo struct {
	bounds
	words wordScan
	lines pieceCount
	stop  wordSet
	gram  []byte
}

func (s *nemo) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := refuseText(d); v != quern.Keep {
		return v, nil
	}
	w := &s.words
	w.splitSpace(d.Text)
	c := countNemo(d.Text)
	if c.chars == 0 {
		c = nemoChars{1, 0, 1, 1, 1} // the peer takes an empty text for bad in every way
	}
	d.Mark("nemo.non_alnum", ratio(c.chars-c.alnum, c.chars))
	d.Mark("nemo.symbols", ratio(s.symbols(), w.words))
	d.Mark("nemo.numbers", ratio(c.digits, c.chars))
	d.Mark("nemo.urls", ratio(urlBytes(d.Text), c.chars))
	d.Mark("nemo.whitespace", ratio(c.spaces, c.chars))
	d.Mark("nemo.parentheses", ratio(c.parens, c.chars))
	longest := 0
	for i := range w.words {
		longest = max(longest, w.length(i))
	}
	d.Mark("nemo.longest_word", float64(longest))
	d.Mark("nemo.words", float64(w.words))
	d.Mark("nemo.mean_word", ratio(w.letters(), w.words))
	d.Mark("nemo.stop_words", float64(w.count(&s.stop, false)))
	d.Mark("nemo.alpha_words", ratio(w.withLetter(), w.words))
	s.measureLines(d)
	s.measureParagraphs(d)
	w.grams()
	for n := 2; n <= 10; n++ {
		f, value := &w.gram[n], 1.0
		switch {
		case f.grams == 0: // fewer words than n: the peer's worst
		case n > 4:
			value = ratio(f.again, c.chars)
		default:
			value = ratio(s.deleted(f, n), c.chars)
		}
		d.Mark(nemoGrams[n-2], value)
	}
	return s.judge(d), nil
}
