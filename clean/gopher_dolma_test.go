package clean

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// measuredBy applies a stage and gives the document with its marks.
func measuredBy(t *testing.T, build func() (quern.Stage, error), text string) *quern.Doc {
	t.Helper()
	s, err := build()
	if err != nil {
		t.Fatal(err)
	}
	d := &quern.Doc{Text: []byte(text)}
	if _, err := s.Apply(d); err != nil {
		t.Fatal(err)
	}
	return d
}

// The inputs and numbers are those of the peer's test_gopher.py.
func TestGopherDolmaFacts(t *testing.T) {
	f := func(text, fact string, want float64) {
		t.Helper()
		near(t, fact, marked(t, measuredBy(t, DefaultGopherDolma().Stage, text), "gopher_dolma."+fact), want)
	}
	short := "This is a test."
	f(short, "top_2_gram", 0.5)
	f(short, "top_3_gram", 0.5833333333333334)
	f(short, "top_4_gram", 1)
	f(short, "words", 4)
	f(short, "median_word", 3)
	f(short, "symbols", 0)
	f(short, "alpha_words", 1)
	f(short, "stop_words", 0)
	f(short, "dup_lines", 0)
	lines := "This is a sentence. \n  \n This is another sentence.\n\n  This is a third sentence."
	f(lines, "top_2_gram", 0.3050847457627119)
	f(lines, "top_3_gram", 0.23728813559322035)
	f(lines, "top_4_gram", 0.2711864406779661)
	f(lines, "dup_5_grams", 0)
	f(lines, "words", 13)
	f(lines, "median_word", 4)
	f(lines, "dup_lines", 0)
	f("T h i s \n    \n\n\n    isoneword !!!", "words", 6)
	f("The.and.that", "stop_words", 0)
	f("The and that", "stop_words", 2)

	f("a\nb\na\nc\nb\nd", "dup_lines", 4.0/6) // every copy counts
	f("a\n\n\nb", "dup_lines", 2.0/4)         // so do empty lines
	f("ab ab", "median_word", 2)
	f("a bcd", "median_word", 2) // between two, the middle
	f(repeat("x", 500)+" "+repeat("y", 700), "median_word", 600)
	f("a #b c… … d", "symbols", 3.0/5)
	f("* a\n- b\n • c\n-…\n+", "bullet_lines", 3.0/5)
	f("* a\n- b\n • c\n-…\n...", "ellipsis_lines", 1.0/5)
	f("é 1 ! 中 a1", "alpha_words", 3.0/5)
	f("a b c d e f a b c d e", "dup_5_grams", 10.0/35)
	f("", "words", 0)
	f("", "dup_lines", 0)

	o := DefaultGopherDolma()
	o.IgnoreEmptyLines = true // gopher_v2
	near(t, "dup_lines", marked(t, measuredBy(t, o.Stage, "a\n\n\nb\na"), "gopher_dolma.dup_lines"), 2.0/3)
	near(t, "dup_lines", marked(t, measuredBy(t, o.Stage, "\n\na\n\n\nb\n\n"), "gopher_dolma.dup_lines"), 2.0/4)
}

// dialectDocs are texts that differ in why a Gopher dialect drops them.
func dialectDocs() map[string]string {
	prose := "The tide had turned, and with it the small boats came home to the harbor, one behind another. Nobody on the quay had " +
		"expected them before dark; that morning a storm warning hung from the mast of the old customs house. Children ran down " +
		"the steps to count the masts. An uncle of mine used to say that you can hear in a harbor whether all have come back, " +
		"since people who wait talk louder than people who have stopped waiting.\n"
	plain := "Wolves cross frozen lakes at dusk. Seven hunters sleep under pines. Old maps show another river here. Rain fell during " +
		"June across every valley. Traders sold copper kettles near bridges. Nobody answered letters from abroad. Small fires burn " +
		"slowly without oak. Teachers praised quiet students last Friday. Horses carried salt over narrow passes. We found twelve coins."
	return map[string]string{
		"kept":           prose,
		"too_short":      "The end of it.",
		"too_long":       repeat("word ", 100_001),
		"short_words":    repeat("a b c d e f g h i j k l m n o p q r s t u v w x y z ", 3),
		"long_words":     repeat("incomprehensibilities ", 60),
		"symbols":        prose + repeat("# ", 12),
		"alpha_words":    prose + repeat("1234 ", 40),
		"stop_words":     plain,
		"bullet_lines":   everyFew(prose, 6, "- ", ""),
		"ellipsis_lines": everyFew(prose, 12, "", "…"),
		"dup_lines":      prose + repeat("x\n", 9),
		"dup_line_chars": prose + prose + plain + "\n1\n2\n3\n4\n5\n6\n7",
		"dup_paragraphs": prose + repeat("\n\nx", 9),
		"top_2_gram":     prose + repeat("whenever somebody something, ", 40),
		"not utf-8":      "caf\xe9",
		"empty":          "",
	}
}

// everyFew breaks a text into lines of so many words.
func everyFew(text string, words int, before, after string) string {
	var lines []string
	for list := range slices.Chunk(strings.Fields(text), words) {
		lines = append(lines, before+strings.Join(list, " ")+after)
	}
	return strings.Join(lines, "\n")
}

func TestGopherDolma(t *testing.T) {
	s, err := DefaultGopherDolma().Stage()
	build(t, s, err)
	docs := dialectDocs()
	for name, want := range map[string]quern.Verdict{"kept": quern.Keep, "too_short": gopherTooShort, "too_long": gopherTooLong,
		"short_words": gopherShortWords, "long_words": gopherLongWords, "symbols": "clean.gopher.symbols", "alpha_words": gopherAlpha,
		"stop_words": gopherStopWords, "bullet_lines": gopherBullets, "ellipsis_lines": gopherDots, "dup_lines": gopherDupLines,
		"dup_line_chars": gopherLineChars, "top_2_gram": gopherTop[0], "empty": gopherTooShort, "not utf-8": badText} {
		ruling(t, s, docs[name], want)
	}
	ruling(t, s, repeat("x", maxText+1), tooLarge)
	allocsPerDoc(t, s, docs["kept"], docs["top_2_gram"], docs["bullet_lines"])
}

func TestGopherDolmaKeepsTheContract(t *testing.T) {
	checkDialect(t, DefaultGopherDolma().Stage)
}

// checkDialect runs quern.CheckStage over dialectDocs and the scanner's odd texts.
func checkDialect(t *testing.T, build func() (quern.Stage, error)) {
	t.Helper()
	var docs []quern.Doc
	for _, text := range dialectDocs() {
		docs = append(docs, quern.Doc{Text: []byte(text)})
	}
	for _, text := range texts() {
		docs = append(docs, quern.Doc{Text: []byte(text), Lang: "en"})
	}
	if err := quern.CheckStage(build, docs...); err != nil {
		t.Error(err)
	}
}

func FuzzGopherDolma(f *testing.F) {
	fuzzStage(f, DefaultGopherDolma().Stage, frodo, "a\n\n\nb…\n* c #")
}

func TestGopherDialectOptions(t *testing.T) {
	f := func(want string, change func(o *GopherDolma, c *GopherDCLM)) {
		t.Helper()
		o, c := DefaultGopherDolma(), DefaultGopherDCLM()
		change(&o, &c)
		_, err := o.Stage()
		if err == nil {
			_, err = c.Stage()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
	f("gopher@dolma: words must be from 50 to 3", func(o *GopherDolma, _ *GopherDCLM) { o.MaxWords = 3 })
	f("gopher@dclm: words must be from 50 to 3", func(_ *GopherDolma, c *GopherDCLM) { c.MaxWords = 3 })
	f("want 3 numbers", func(o *GopherDolma, _ *GopherDCLM) { o.MaxTopGrams = nil })
	f("must not be negative", func(o *GopherDolma, _ *GopherDCLM) { o.MaxSymbols = -1 })
	f("must not be negative", func(_ *GopherDolma, c *GopherDCLM) { c.MaxDupGrams = []float64{1, 1, math.NaN(), 1, 1, 1} })
	f("not one word", func(o *GopherDolma, _ *GopherDCLM) { o.StopWords = []string{"a b"} })
	f("twice", func(_ *GopherDolma, c *GopherDCLM) { c.StopWords = []string{"The", "the"} })
}
