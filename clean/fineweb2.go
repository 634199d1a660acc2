package clean

import (
	"slices"
	"strings"
)

// FineWeb2 judges each document by the numbers of its language (Doc.Lang), as the FineWeb2 recipe does
// (huggingface/fineweb-2, fineweb-2-pipeline.py): repeated lines and n-grams, then FineWeb's rules, then Gopher's, measured as
// datatrove measures them. The recipe turns off repeated paragraphs, the characters of repeated lines and short lines.
//
// The numbers were found with a word splitter of their own for each language: jieba for Chinese, Sudachi for Japanese, PyThaiNLP
// for Thai, Kiwi for Korean, spaCy's rules for most others. Here words are those of gopher@datatrove, and each Han or Hiragana letter
// is one. So for Chinese and Japanese there are about one and a half times as many words: repeated n-grams span less text and are
// found more often, and more words have a letter. Of 366 Chinese texts (instructions, preferences, classics) 318 met the fate that
// the peer's rules give them on jieba's words; 26 of the others are kept here and too poor in letters there. A run of Thai
// letters, a phrase, is one word, and Korean particles stay on their nouns: for these two, neither the length of words nor stop
// words nor line feeds per word judge, and for Thai ten words are enough.
type FineWeb2 struct {
	Languages []string `yaml:"languages"`  // whose tables are used, ISO 639-1; empty = all there are
	KeepOther bool     `yaml:"keep_other"` // let documents of other languages pass, unjudged; else they are dropped
}

// DefaultFineWeb2 uses every table and drops what has none.
func DefaultFineWeb2() FineWeb2 { return FineWeb2{} }

// FineWeb2Language is one language's numbers. Every document is judged by them, whatever its language.
type FineWeb2Language struct {
	MaxDupLines float64   `yaml:"max_dup_lines"` // share of lines that stood before
	MaxTopGrams []float64 `yaml:"max_top_grams"`
	MaxDupGrams []float64 `yaml:"max_dup_grams"`

	MinEndLines   float64 `yaml:"min_end_lines"`
	MaxShortLines float64 `yaml:"max_short_lines"`
	MaxDupChars   float64 `yaml:"max_dup_chars"`
	MaxNewlines   float64 `yaml:"max_newlines"` // line feeds per word

	MinWords         int      `yaml:"min_words"`
	MaxWords         int      `yaml:"max_words"`
	MinMeanWord      float64  `yaml:"min_mean_word"`
	MaxMeanWord      float64  `yaml:"max_mean_word"`
	MaxHashes        float64  `yaml:"max_hashes"`
	MaxEllipses      float64  `yaml:"max_ellipses"`
	MaxBulletLines   float64  `yaml:"max_bullet_lines"`
	MaxEllipsisLines float64  `yaml:"max_ellipsis_lines"`
	MinAlphaWords    float64  `yaml:"min_alpha_words"`
	StopWords        []string `yaml:"stop_words"`
	MinStopWords     int      `yaml:"min_stop_words"`
}

// off is a limit that nothing breaks.
const off = 1e9

// DefaultFineWeb2Language gives a language's table; the zero value and false if there is none.
func DefaultFineWeb2Language(lang string) (FineWeb2Language, bool) {
	r := fineweb2Find(lang)
	if r == nil {
		return FineWeb2Language{}, false
	}
	g := DefaultGopher()
	o := FineWeb2Language{MaxDupLines: r.dupLines, MaxTopGrams: slices.Clone(r.top[:]), MaxDupGrams: slices.Clone(r.dup[:]),
		MinEndLines: r.endLines, MaxShortLines: 999, MaxDupChars: 0.1, MaxNewlines: r.newlines,
		MinWords: g.MinWords, MaxWords: g.MaxWords, MinMeanWord: r.minMean, MaxMeanWord: r.maxMean, MaxHashes: g.MaxHashes,
		MaxEllipses: g.MaxEllipses, MaxBulletLines: g.MaxBulletLines, MaxEllipsisLines: g.MaxEllipsisLines,
		MinAlphaWords: r.alphaWords, StopWords: strings.Fields(r.stopWords), MinStopWords: 2}
	if lang == "th" || lang == "ko" {
		o.MinMeanWord, o.MaxMeanWord, o.MinStopWords, o.MaxNewlines = 0, off, 0, off
	}
	if lang == "th" {
		o.MinWords = 10
	}
	return o, true
}

// FineWeb2Score is the least score of GlotLID that the recipe asks of a document in a language; false if there is no table.
func FineWeb2Score(lang string) (float64, bool) {
	r := fineweb2Find(lang)
	if r == nil {
		return 0, false
	}
	return r.score, true
}

func fineweb2Find(lang string) *fineweb2Row {
	for i := range fineweb2Rows {
		if fineweb2Rows[i].lang == lang {
			return &fineweb2Rows[i]
		}
	}
	return nil
}

// fineweb2Dialects are "auto", by each document's language, and the languages.
func fineweb2Dialects() []string {
	names := []string{"auto"}
	for i := range fineweb2Rows {
		names = append(names, fineweb2Rows[i].lang)
	}
	return names
}

func fineweb2Config(dialect string) Config {
	if o, ok := DefaultFineWeb2Language(dialect); ok {
		return &o
	}
	o := DefaultFineWeb2()
	return &o
}

// fineweb2Marks are the facts that judge, under the names that Gopher and FineWeb give them.
var fineweb2Marks = []string{"gopher.dup_lines", "gopher.top_2_gram", "gopher.top_3_gram", "gopher.top_4_gram", "gopher.dup_5_grams",
	"gopher.dup_6_grams", "gopher.dup_7_grams", "gopher.dup_8_grams", "gopher.dup_9_grams", "gopher.dup_10_grams", "fineweb.lines",
	"fineweb.end_lines", "fineweb.short_lines", "fineweb.dup_chars", "fineweb.newlines", "gopher.words", "gopher.mean_word",
	"gopher.hashes", "gopher.ellipses", "gopher.bullet_lines", "gopher.ellipsis_lines", "gopher.alpha_words", "gopher.stop_words"}

var fineweb2Facts = func() (facts []Fact) {
	for _, name := range fineweb2Marks {
		for _, f := range slices.Concat(gopherMarks, finewebFacts) {
			if f.Name == name {
				f.Name = fineweb2Name(name)
				facts = append(facts, f)
			}
		}
	}
	return facts
}()

// fineweb2Name is the own name of a fact, since its stop words are those of the language.
func fineweb2Name(name string) string {
	_, name, _ = strings.Cut(name, ".")
	return "fineweb2." + name
}

// parts are the options of the two rules that measure and judge.
func (o FineWeb2Language) parts() (Gopher, FineWeb) {
	g := Gopher{Join: joinWords, MinWords: o.MinWords, MaxWords: o.MaxWords, MinMeanWord: o.MinMeanWord, MaxMeanWord: o.MaxMeanWord, MaxHashes: o.MaxHashes,
		MaxEllipses: o.MaxEllipses, MaxBulletLines: o.MaxBulletLines, MaxEllipsisLines: o.MaxEllipsisLines, MinAlphaWords: o.MinAlphaWords,
		StopWords: o.StopWords, MinStopWords: o.MinStopWords, MaxDupLines: o.MaxDupLines, MaxDupParagraphs: off, MaxDupLineChars: off,
		MaxDupParagraphChars: off, MaxTopGrams: o.MaxTopGrams, MaxDupGrams: o.MaxDupGrams}
	f := DefaultFineWeb()
	f.MinEndLines, f.MaxShortLines, f.MaxDupChars, f.MaxNewlines = o.MinEndLines, o.MaxShortLines, o.MaxDupChars, o.MaxNewlines
	return g, f
}

// Limits are the bounds in the order of the recipe, with the verdicts of Gopher and FineWeb.
func (o FineWeb2Language) Limits() []Limit {
	g, f := o.parts()
	var repeats, quality []Limit
	for _, l := range g.Limits() {
		if !slices.Contains(fineweb2Marks, l.Fact) {
			continue
		}
		repeat := strings.HasPrefix(l.Fact, "gopher.dup_") || strings.HasPrefix(l.Fact, "gopher.top_")
		if l.Fact = fineweb2Name(l.Fact); repeat {
			repeats = append(repeats, l)
		} else {
			quality = append(quality, l)
		}
	}
	for _, l := range f.Limits() {
		l.Fact = fineweb2Name(l.Fact)
		repeats = append(repeats, l)
	}
	return append(repeats, quality...)
}
