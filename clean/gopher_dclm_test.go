package clean

import (
	"testing"

	"github.com/seed-83c59573/quern"
)

// The inputs and shares are those of the peer's test_content_filters.py and, for lists of words, of datamap-rs's tests.
func TestGopherDCLMFacts(t *testing.T) {
	f := func(text, fact string, want float64) {
		t.Helper()
		near(t, text+": "+fact, marked(t, measuredBy(t, DefaultGopherDCLM().Stage, text), "gopher_dclm."+fact), want)
	}
	f("Hello, World.", "dup_lines", 0)
	f("Hello, World.", "dup_line_chars", 0)
	f("Hello\nHello\n\n\n\nHello", "dup_lines", 1)
	f("Hello\nHello\n\n\n\nHello", "dup_line_chars", 1)
	f("Hello, World.\nHello, World.\n\nHello", "dup_lines", 2.0/3)
	f("Hello, World.\nHello, World.\n\nHello", "dup_line_chars", 26.0/31)
	paras := "Hello, World.\n\nHello, World.\n\nHello, World.\nHello"
	f(paras, "dup_paragraphs", 2.0/3)
	f(paras, "dup_paragraph_chars", 26.0/45)
	f("hello", "top_2_gram", 0)
	f("hello", "dup_5_grams", 0)
	f("hello world hello world hello world", "top_2_gram", 1)
	f("hello world hello world hello world", "top_3_gram", 1)
	f("hello world hello world hello world", "top_4_gram", 4.0/3) // copies that overlap count each
	punct := "hello      world hello apple.... world hello\n world hello"
	f(punct, "top_2_gram", 30.0/40)
	f(punct, "top_3_gram", 30.0/40)
	f(punct, "top_4_gram", 0)
	f("a b a b a b ab cd ab cd ab cd abc def abc def", "top_2_gram", 12.0/30) // the longest among the most frequent
	f("a b a b a b abc def abc def ab cd ab cd ab cd", "top_2_gram", 12.0/30)
	f("hello world hello\n world hello. apple world hello world hello world hello world", "dup_5_grams", 60.0/65)

	f("a\nb\na\nc\nb\nd", "dup_lines", 4.0/6)
	f("a b c a b d", "top_2_gram", 4.0/6)
	f("a b c d a b c e", "top_3_gram", 6.0/8)
	f("Hello world. \n This is a test.", "words", 6)
	f("Hello world. \n\n\n \n\n\n This is a test.", "words", 6)
	f("# ... . . . … word", "symbols", 4.0/7)
	f("● a\n• b\n* c\n- d\n+ e\n\n  • f", "bullet_lines", 5.0/6)
	f("a...\nb. . .\nc…\nd..\n\n", "ellipsis_lines", 3.0/4)
	f("THE cat be That", "stop_words", 3)
	f("THE cat be That", "mean_word", 12.0/4)
	f("", "words", 0)
}

func TestGopherDCLMRepetition(t *testing.T) {
	o := DefaultGopherDCLM()
	o.MinWords, o.MinStopWords, o.MaxSymbols = 0, 0, 9
	s, err := o.Stage()
	build(t, s, err)
	f := func(text string, want quern.Verdict) { t.Helper(); ruling(t, s, text, want) }
	f("This is a complex sentence with unique words.\n Here is another one.", quern.Keep)
	f("Repeat repeat repeat repeat.", gopherTop[0])
	f("This is a complex sentence with unique words.\n"+
		"Here is another one.\n We can say a lot of things, because we want this page to not be filtered out.\n"+
		"However, in order to make sure all parts of the code are reached,\nwe craete a long n-gram that is repeated:\n"+
		"a complex sentence with unique words.\nNow just making sure that the freq count is low enough so it will not filter out anything.\n"+
		"Since our n-gram is quite long, need to add a lot of text here in order to verify it is indeed not filtered out. I hope that is enough.\n"+
		"Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua. "+
		"Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo consequat.", quern.Keep)
}

func TestGopherDCLM(t *testing.T) {
	s, err := DefaultGopherDCLM().Stage()
	build(t, s, err)
	docs := dialectDocs()
	for name, want := range map[string]quern.Verdict{"kept": quern.Keep, "too_short": gopherTooShort, "too_long": gopherTooLong,
		"short_words": gopherShortWords, "long_words": gopherLongWords, "symbols": "clean.gopher.symbols", "alpha_words": gopherAlpha,
		"stop_words": gopherStopWords, "bullet_lines": gopherBullets, "ellipsis_lines": gopherDots, "dup_lines": gopherDupLines,
		"dup_line_chars": gopherLineChars, "dup_paragraphs": gopherDupLines, "top_2_gram": gopherTop[0], "empty": gopherTooShort, "not utf-8": badText} {
		ruling(t, s, docs[name], want)
	}
	allocsPerDoc(t, s, docs["kept"], docs["top_2_gram"], docs["bullet_lines"], "é中文 "+docs["kept"])
}

func TestGopherDCLMKeepsTheContract(t *testing.T) { checkDialect(t, DefaultGopherDCLM().Stage) }

func FuzzGopherDCLM(f *testing.F) {
	fuzzStage(f, DefaultGopherDCLM().Stage, frodo, "a\n\n\nb…\n* c # é's. . .", "中文字a.b é:é")
}

func BenchmarkDialects(b *testing.B) {
	docs := prose(b)
	for _, name := range []string{"gopher@datatrove", "gopher@dolma", "gopher@dclm", "refinedweb_lines", "madlad", "fineweb2@en", "nemo", "redpajama2"} {
		b.Run(name, func(b *testing.B) {
			r, dialect, _ := Find(name)
			s, err := r.Config(dialect).Stage()
			benchStage(b, docs, build(b, s, err))
		})
	}
}
