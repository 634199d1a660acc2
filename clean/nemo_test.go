package clean

import (
	"math"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// nemoOnly turns all limits off but those that set gives.
func nemoOnly(t *testing.T, set func(o *Nemo)) quern.Stage {
	t.Helper()
	o := Nemo{MaxNonAlnum: off, MaxSymbols: off, MaxNumbers: off, MaxURLs: off, MaxBulletLines: off, MaxWhitespace: off, MaxParentheses: off,
		MaxLongestWord: off, MaxWords: off, MaxBoilerplate: off, MaxMeanWord: off, MaxTopGrams: []float64{off, off, off},
		MaxDupGrams: []float64{off, off, off, off, off, off}, MaxNoEndMarks: off, MaxEllipsisLines: off, StopWords: DefaultNemo().StopWords}
	set(&o)
	s, err := o.Stage()
	return build(t, s, err)
}

// The inputs are those of the peer's test_filters.py: which texts of a list are kept by one filter.
func TestNemoKeepsWhatThePeerKeeps(t *testing.T) {
	list := repeat("• bullet\n", 9) + "no bullet"
	for _, c := range []struct {
		name       string
		set        func(o *Nemo)
		keep, drop []string
	}{
		{"non_alnum", func(o *Nemo) { o.MaxNonAlnum = 0.25 }, []string{"This is a test case.", "$aaa"}, []string{"", "$$a", "a b c"}},
		{"symbols", func(o *Nemo) { o.MaxSymbols = 0.1 }, []string{"full of words", "barely ok 3 4 5 6 7 8 9 #"}, []string{"mixed symbols # with some words", "... a", "#a# b"}},
		{"numbers", func(o *Nemo) { o.MaxNumbers = 0.1 }, []string{"purely letters", "$!@$@!$!@", "abcdefghi1"}, []string{"34534543", "$!@$@!$!1", ""}},
		{"urls", func(o *Nemo) { o.MaxURLs = 0.2 }, []string{"https://a.b is all of the links that this text has in it"}, []string{"https://www.nvidia.com/en-us/", "see http://a.b/c?d=%20e here"}},
		{"bullet_lines", func(o *Nemo) { o.MaxBulletLines = 0.9 }, []string{list, "good"}, []string{"• not good"}},
		{"whitespace", func(o *Nemo) { o.MaxWhitespace = 0.25 }, []string{"good", "123\b"}, []string{"  a", "\t\n\ra", ""}},
		{"parentheses", func(o *Nemo) { o.MaxParentheses = 0.1 }, []string{"nothing at all", "123456789012345678(0)"}, []string{"()", "(not good)", "⟨a⟩"}},
		{"longest_word", func(o *Nemo) { o.MaxLongestWord = 4 }, []string{"tiny", "édéé a"}, []string{"large"}},
		{"too_short", func(o *Nemo) { o.MinWords, o.MaxWords = 2, 4 }, []string{"two words", "$#@$ %$@$#@ !#@!"}, []string{"one"}},
		{"too_long", func(o *Nemo) { o.MinWords, o.MaxWords = 2, 4 }, nil, []string{"this is too many words"}},
		{"boilerplate", func(o *Nemo) { o.MaxBoilerplate = 0.4 }, []string{"nothing here", "1\n\n2\n\n3\n\n4\n\n5\n\n6\n\nterms of use\n\nPrivacy Policy\n\nUse cookies"},
			[]string{"terms of use", "1\n\nterms of use", "a\n\nb\n\nc Lorem Ipsum", "PRIVACY & COOKIES POLICY"}},
		{"short_words", func(o *Nemo) { o.MinMeanWord, o.MaxMeanWord = 5, 10 }, []string{"superlongword short", "evenly balanced"}, []string{"a", "aa bb"}},
		{"long_words", func(o *Nemo) { o.MinMeanWord, o.MaxMeanWord = 3, 10 }, nil, []string{"excessivelylongwordstoo muchtoolongwords"}},
		{"repeated_lines", func(o *Nemo) { o.MinUniqueLines = 0.7 }, []string{"totally unique"}, []string{"half.\nhalf."}},
		{"repeated_paragraphs", func(o *Nemo) { o.MinUniqueParagraphs = 0.7 }, []string{"totally unique"}, []string{"half.\n\nhalf."}},
		{"repeated_line_chars", func(o *Nemo) { o.MinUniqueLineChars = 0.8 }, []string{"totally unique", "a\na\na long line of it"}, []string{"a good half.\na good half.\nb"}},
		{"repeated_paragraph_chars", func(o *Nemo) { o.MinUniqueParagraphChars = 0.8 }, []string{"totally unique"}, []string{"a good half.\n\na good half.\n\nb"}},
		{"top_2_gram", func(o *Nemo) { o.MaxTopGrams[0] = 0.2 }, []string{"this is a totally fine text of many different words which never repeat", "totally fine small dupe a b a b"}, []string{"a b . a b", "a a a a a a", "one"}},
		{"no_end_marks", func(o *Nemo) { o.MaxNoEndMarks = 0.8 }, []string{"good.", "just\n barely\n ok\n so\n.", `He said "so"`}, []string{"not good", "just\n barely\n not\n ok\n so\n it"}},
		{"ellipsis_lines", func(o *Nemo) { o.MaxEllipsisLines = 0.8 }, []string{"good.", "just...\n barely...\n ok…\n Read More..\n so."}, []string{"not good...", "READ MORE", "a [...]"}},
		{"stop_words", func(o *Nemo) { o.MinStopWords = 2 }, []string{"the and", "the the"}, []string{"uncommon", "The And"}},
		{"alpha_words", func(o *Nemo) { o.MinAlphaWords = 0.8 }, []string{"fully alpha", "barely ok 4 words x"}, []string{"@", "mostly 3 4"}},
	} {
		s := nemoOnly(t, c.set)
		for _, text := range c.keep {
			ruling(t, s, text, quern.Keep)
		}
		for _, text := range c.drop {
			ruling(t, s, text, quern.Verdict("clean.nemo."+c.name))
		}
	}
}

func TestNemoFacts(t *testing.T) {
	f := func(text, fact string, want float64) {
		t.Helper()
		near(t, fact, marked(t, measuredBy(t, DefaultNemo().Stage, text), "nemo."+fact), want)
	}
	f("a a b b a a b b", "top_2_gram", 6.0/15) // "a a" is the first of the most frequent, and goes twice
	f("an a an a b", "top_2_gram", 8.0/11)
	f("x-an a an a an", "top_2_gram", 8.0/14)            // also where its characters are not its words
	f("1 2 3 4 5 6 1 2 3 4 5 6", "dup_5_grams", 11.0/23) // six letters, four and one spaces
	f("1 2 3 4 5 1 2 3 4 5 1 2 3 4 5", "dup_5_grams", 19.0/29)
	f("one two three", "dup_5_grams", 1)                           // too few words are the worst
	f("https://a.b<c http://é httpx://a http://", "urls", 11.0/40) // a link stops at "<"
	f("１２1b", "numbers", 0.25)                                     // digits of ASCII alone
	f("", "non_alnum", 1)
	w := new(wordScan)
	w.splitSpace([]byte("a a b b a a b b"))
	w.grams()
	if got := w.gram[2].again; got <= 3 { // the peer drops this text by repeated 2-grams above .2
		t.Errorf("repeated 2-grams have %d characters", got)
	}
}

func TestNemo(t *testing.T) {
	s, err := DefaultNemo().Stage()
	build(t, s, err)
	// A space is no letter, so that ordinary prose has about .2 of other signs.
	ruling(t, s, dialectDocs()["kept"], quern.Keep)
	ruling(t, s, "caf\xe9", badText)
	ruling(t, s, "", "clean.nemo.non_alnum")
	allocsPerDoc(t, s, dialectDocs()["kept"], "é ⟨中⟩ http://a.b/c # ... 1 2 3\n\nterms of use", dialectDocs()["top_2_gram"])
	for want, change := range map[string]func(o *Nemo){
		"want 3 numbers": func(o *Nemo) { o.MaxTopGrams = nil },
		"negative":       func(o *Nemo) { o.MaxNumbers = math.NaN() },
		"holds nothing":  func(o *Nemo) { o.MaxMeanWord = 1 },
		"not one word":   func(o *Nemo) { o.StopWords = []string{""} },
	} {
		o := DefaultNemo()
		change(&o)
		if _, err := o.Stage(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

func TestNemoKeepsTheContract(t *testing.T) { checkDialect(t, DefaultNemo().Stage) }

func FuzzNemo(f *testing.F) {
	fuzzStage(f, DefaultNemo().Stage, frodo, "https://a.b/%20%2 # ... ⟨\n\n\nterms of use", "• a\n• b\nread more..")
}
