package clean

import (
	"bytes"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// GopherDCLM is Gopher's filter as DCLM applies it (mlfoundations/dclm, baselines/mappers/filters/content_filters.py and
// baselines_configs/dclm_baseline_refinedweb.yaml). Three kinds of words are counted, as there: max_words and min_words count runs
// between ASCII space that begin with a letter or a number; n-grams are made of Unicode's words (UAX 29, the peer's uniseg) that
// begin with one; everything else counts what stands between white space. Characters are code points. Lines and paragraphs are
// trimmed, empty ones are none, and all copies of those that repeat count: of a, b, a, c, b, d repeat 4/6.
//
// OLMo 3's datamap-rs has the same limits. It counts Unicode's words against min_words, bytes where here are code points, and the
// words under overlapping copies of the most frequent n-gram once; on text without such overlaps the shares are the same.
type GopherDCLM struct {
	MinWords         int      `yaml:"min_words"`
	MaxWords         int      `yaml:"max_words"`
	MinMeanWord      float64  `yaml:"min_mean_word"`
	MaxMeanWord      float64  `yaml:"max_mean_word"`
	MaxSymbols       float64  `yaml:"max_symbols"`        // "#", "...", ". . ." and "…" together, per word
	MaxBulletLines   float64  `yaml:"max_bullet_lines"`   // share of lines that begin with ● • * -
	MaxEllipsisLines float64  `yaml:"max_ellipsis_lines"` // share of lines that end with "...", ". . ." or "…"
	MinAlphaWords    float64  `yaml:"min_alpha_words"`
	StopWords        []string `yaml:"stop_words"`     // whatever the case
	MinStopWords     int      `yaml:"min_stop_words"` // occurrences

	MaxDupLines          float64   `yaml:"max_dup_lines"`
	MaxDupParagraphs     float64   `yaml:"max_dup_paragraphs"`
	MaxDupLineChars      float64   `yaml:"max_dup_line_chars"`
	MaxDupParagraphChars float64   `yaml:"max_dup_paragraph_chars"`
	MaxTopGrams          []float64 `yaml:"max_top_grams"` // for n = 2, 3, 4: all copies of the longest of the most frequent n-grams
	MaxDupGrams          []float64 `yaml:"max_dup_grams"` // for n = 5 … 10: words in n-grams that repeat, each word once
}

// DefaultGopherDCLM gives the numbers of DCLM-Baseline.
func DefaultGopherDCLM() GopherDCLM {
	g := DefaultGopher()
	return GopherDCLM{MinWords: 50, MaxWords: 100_000, MinMeanWord: 3, MaxMeanWord: 10, MaxSymbols: 0.1, MaxBulletLines: 0.9,
		MaxEllipsisLines: 0.3, MinAlphaWords: 0.8, StopWords: g.StopWords, MinStopWords: 2, MaxDupLines: 0.3, MaxDupParagraphs: 0.3,
		MaxDupLineChars: 0.2, MaxDupParagraphChars: 0.2, MaxTopGrams: g.MaxTopGrams, MaxDupGrams: g.MaxDupGrams}
}

var (
	dclmGrams = gramNames("gopher_dclm")
	dclmFacts = append([]Fact{count("gopher_dclm.words"), scale("gopher_dclm.mean_word", 0, 20, 80), share("gopher_dclm.symbols"),
		share("gopher_dclm.bullet_lines"), share("gopher_dclm.ellipsis_lines"), share("gopher_dclm.alpha_words"),
		count("gopher_dclm.stop_words"), share("gopher_dclm.dup_lines"), share("gopher_dclm.dup_paragraphs"),
		share("gopher_dclm.dup_line_chars"), share("gopher_dclm.dup_paragraph_chars")}, gramMarks(dclmGrams)...)
)

// Limits are the bounds in the order of DCLM's configuration.
func (o GopherDCLM) Limits() []Limit {
	return append([]Limit{
		least("gopher_dclm.words", float64(o.MinWords), gopherTooShort),
		most("gopher_dclm.words", float64(o.MaxWords), gopherTooLong),
		least("gopher_dclm.mean_word", o.MinMeanWord, gopherShortWords),
		most("gopher_dclm.mean_word", o.MaxMeanWord, gopherLongWords),
		most("gopher_dclm.symbols", o.MaxSymbols, "clean.gopher.symbols"),
		most("gopher_dclm.bullet_lines", o.MaxBulletLines, gopherBullets),
		most("gopher_dclm.ellipsis_lines", o.MaxEllipsisLines, gopherDots),
		least("gopher_dclm.alpha_words", o.MinAlphaWords, gopherAlpha),
		least("gopher_dclm.stop_words", float64(o.MinStopWords), gopherStopWords),
		most("gopher_dclm.dup_lines", o.MaxDupLines, gopherDupLines),
		most("gopher_dclm.dup_paragraphs", o.MaxDupParagraphs, gopherDupParas),
		most("gopher_dclm.dup_line_chars", o.MaxDupLineChars, gopherLineChars),
		most("gopher_dclm.dup_paragraph_chars", o.MaxDupParagraphChars, gopherParaChars),
	}, gramLimits(dclmGrams, o.MaxTopGrams, o.MaxDupGrams)...)
}

// Measures are the facts of this dialect alone.
func (o GopherDCLM) Measures() []Fact { return dclmFacts }

// Stage builds the rule. It marks "gopher_dclm.*" facts and gives "clean.gopher.*" verdicts.
func (o GopherDCLM) Stage() (quern.Stage, error) {
	if err := checkGopher("gopher@dclm", o.MinWords, o.MaxWords, o.MaxTopGrams, o.MaxDupGrams, o.Limits()); err != nil {
		return nil, err
	}
	lower := make([]string, len(o.StopWords))
	for i, word := range o.StopWords {
		lower[i] = string(bytes.ToLower([]byte(word)))
	}
	stop, err := newWordSet("gopher@dclm", lower)
	if err != nil {
		return nil, err
	}
	return &gopherDCLM{bounds: newBounds(o.Limits()), stop: stop}, nil
}

type gopherDCLM struct {
	bounds
	words wordScan
	lines pieceCount
	stop  wordSet
}

func (s *gopherDCLM) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := refuseText(d); v != quern.Keep {
		return v, nil
	}
	w := &s.words
	w.splitSpace(d.Text)
	n := w.words
	meanWord, alpha, stop := ratio(w.letters(), n), ratio(w.withLetter(), n), w.count(&s.stop, true)
	bullets, dots, lines := s.measureLines(newline)
	dupLines, dupLineChars := s.repeated()
	s.measureLines(paragraphEnd)
	dupParas, dupParaChars := s.repeated()

	d.Mark("gopher_dclm.words", float64(w.splitUnicode(d.Text)))
	d.Mark("gopher_dclm.mean_word", meanWord)
	d.Mark("gopher_dclm.symbols", ratio(countSymbols(d.Text), n))
	d.Mark("gopher_dclm.bullet_lines", ratio(bullets, lines))
	d.Mark("gopher_dclm.ellipsis_lines", ratio(dots, lines))
	d.Mark("gopher_dclm.alpha_words", alpha)
	d.Mark("gopher_dclm.stop_words", float64(stop))
	d.Mark("gopher_dclm.dup_lines", dupLines)
	d.Mark("gopher_dclm.dup_paragraphs", dupParas)
	d.Mark("gopher_dclm.dup_line_chars", dupLineChars)
	d.Mark("gopher_dclm.dup_paragraph_chars", dupParaChars)
	w.grams()
	for n := 2; n <= 10; n++ {
		f, chars := &w.gram[n], 0
		switch {
		case n > 4:
			chars = f.covered
		case f.times > 1:
			chars = f.times * f.longest
		}
		d.Mark(dclmGrams[n-2], ratio(chars, w.letters()))
	}
	return s.judge(d), nil
}

var symbolMarks = [4][]byte{[]byte("#"), []byte("..."), []byte(". . ."), ellipsis}

// countSymbols counts the signs that stand for a hash or an ellipsis.
func countSymbols(text []byte) (n int) {
	for _, m := range symbolMarks {
		n += bytes.Count(text, m)
	}
	return n
}

// measureLines counts the pieces between separators, trimmed, without empty ones.
func (s *gopherDCLM) measureLines(sep []byte) (bullets, dots, lines int) {
	padded := s.words.text
	text := padded[:s.words.n]
	s.lines.begin(bytes.Count(text, newline) + 1)
	for from := 0; from <= len(text); {
		to, next := nextPiece(text, from, sep)
		if a, b := trimSpaces(text, from, to); a < b {
			line := text[a:b]
			if dclmBullet(line) {
				bullets++
			}
			if dclmEllipsis(line) {
				dots++
			}
			s.lines.add(hashBytes(padded, a, b-a), codePoints(line))
		}
		from = next
	}
	s.lines.done()
	return bullets, dots, s.lines.total
}

// repeated gives the shares of what repeats. One line alone never does.
func (s *gopherDCLM) repeated() (pieces, chars float64) {
	return ratio(s.lines.dup, s.lines.total), ratio(s.lines.dupChars, s.lines.chars)
}

func dclmBullet(line []byte) bool {
	switch {
	case line[0] == '*' || line[0] == '-':
		return true
	case line[0] == 0xE2:
		r, _ := utf8.DecodeRune(line)
		return r == '●' || r == '•'
	}
	return false
}

func dclmEllipsis(line []byte) bool {
	if c := line[len(line)-1]; c != '.' && c != 0xA6 {
		return false
	}
	return endsWithEllipsis(line) || bytes.HasSuffix(line, symbolMarks[2])
}
