package clean

import (
	"math"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// The expected numbers follow from the peer's definitions, worked out by hand.
func TestRedPajama2Signals(t *testing.T) {
	o := DefaultRedPajama2()
	o.StopWords = []string{"the", "a", "that's"}
	f := func(text, signal string, want float64) {
		t.Helper()
		near(t, text+": "+signal, marked(t, measuredBy(t, o.Stage, text), "redpajama2."+signal), want)
	}
	f("One. Two! 3.14 ... _ ?! - é", "doc_num_sentences", 6) // One, Two, 3, 14, _, é
	f("\"Well,\" -- he said; it's A-B", "doc_word_count", 5) // well he said its ab
	f("Ab-c é", "doc_mean_word_length", 2.5)                 // é is two characters
	f("# a ... b… c", "doc_symbol_to_word_ratio", 3.0/6)     // raw words: # a ... b … c
	f("a...\nb… \n\nc", "doc_frac_lines_end_with_ellipsis", 2.0/4)
	f("a...\n", "doc_frac_lines_end_with_ellipsis", 1)
	f("ab 12 é ... c3", "doc_frac_no_alph_words", 3.0/5)
	f("A a. b", "doc_frac_unique_words", 2.0/3)
	f("a b a b", "doc_unigram_entropy", math.Log(2))
	f("a b c d", "doc_unigram_entropy", math.Log(4))
	f("a a b", "doc_unigram_entropy", -2.0/3*math.Log(2.0/3)-1.0/3*math.Log(1.0/3))
	f("AB A1 12 Ab ÀÉ ... ǅ a", "doc_frac_all_caps_words", 3.0/8)
	f("The Lorem, ipsum of", "doc_lorem_ipsum", 1.0/18)
	f("{a}b", "doc_curly_bracket", 0.5)
	f("the the A that's x", "doc_stop_word_fraction", 2.0/7) // raw words: the the A that ' s x
	f("a b a b c", "doc_frac_chars_top_2gram", 4.0/5)
	f("a b c", "doc_frac_chars_top_2gram", 0)
	f("1 2 3 4 5 x 1 2, 3 4 5", "doc_frac_chars_dupe_5grams", 10.0/11)
	f("JavaScript, javascript\njavascripts", "lines_javascript_counts", 2)
	f("a.\nb!\nc?\nd” \ne\"\nf", "lines_ending_with_terminal_punctution_mark", 4.0/6)
	f("one two\n\nthree", "lines_num_words", 1)
	f("AB\ncD", "lines_uppercase_letter_fraction", (2.0/3+0.5)/2)
	f("12 ab\nx\n\n3", "lines_numerical_chars_fraction", (0.4+0+0+1)/4)
	f("一百 年", "lines_numerical_chars_fraction", 0.5)
	f("• a\n – b\n- c\n", "lines_start_with_bulletpoint", 2.0/3)
	f("ab\né\n", "ccnet_length", 5)
	f("ab\né\n", "ccnet_nlines", 3)
	f("", "doc_word_count", 0)
	f("", "lines_num_words", 0)
	f("İ ΟΔΟΣ ΣΑΣ", "doc_mean_word_length", 9.0/3)
	f("ΟΔΟΣ οδος ΣΑΣ. σας", "doc_frac_unique_words", 0.5) // a sigma at the end of a word
}

func TestRedPajama2Limits(t *testing.T) {
	s, err := DefaultRedPajama2().Stage()
	build(t, s, err)
	docs := dialectDocs()
	ruling(t, s, docs["kept"], quern.Keep)
	ruling(t, s, docs["too_short"], "clean.redpajama2.doc_word_count")
	ruling(t, s, repeat("several words ", 5001), "clean.redpajama2.doc_word_count")
	ruling(t, s, docs["short_words"], "clean.redpajama2.doc_mean_word_length")
	ruling(t, s, docs["symbols"], "clean.redpajama2.doc_symbol_to_word_ratio")
	ruling(t, s, docs["top_2_gram"], "clean.redpajama2.doc_frac_chars_top_2gram")
	ruling(t, s, everyFew(docs["kept"], 5, "• ", ""), "clean.redpajama2.lines_start_with_bulletpoint")
	ruling(t, s, "caf\xe9", badText)
	allocsPerDoc(t, s, docs["kept"], "é "+docs["kept"], docs["top_2_gram"])
	for _, m := range measuredBy(t, DefaultRedPajama2().Stage, docs["kept"]).Marks {
		if m.Name == "redpajama2.doc_stop_word_fraction" {
			t.Error("stop words are measured without any")
		}
	}

	// Only what is asked for judges.
	o := RedPajama2{Bounds: map[string][]string{"doc_curly_bracket": {"0", "0"}, "lines_num_words": {"2", "inf"}}}
	s, err = o.Stage()
	build(t, s, err)
	ruling(t, s, "two words", quern.Keep)
	ruling(t, s, "two words }", "clean.redpajama2.doc_curly_bracket")
	ruling(t, s, "two\nwords", "clean.redpajama2.lines_num_words")

	for want, o := range map[string]RedPajama2{
		`no signal "doc_words"`: {Bounds: map[string][]string{"doc_words": {"1", "2"}}},
		"wants two numbers":     {Bounds: map[string][]string{"doc_word_count": {"1"}}},
		"least and the most":    {Bounds: map[string][]string{"doc_word_count": {"2", "1"}}},
		"not [few many]":        {Bounds: map[string][]string{"doc_word_count": {"few", "many"}}},
		"needs stop_words":      {Bounds: map[string][]string{"doc_stop_word_fraction": {"0", "1"}}},
		"twice":                 {StopWords: []string{"a", "a"}},
	} {
		if _, err := o.Stage(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

func TestRedPajama2KeepsTheContract(t *testing.T) {
	checkDialect(t, DefaultRedPajama2().Stage)
	o := RedPajama2{StopWords: []string{"the", "à"}}
	checkDialect(t, o.Stage)
}

func FuzzRedPajama2(f *testing.F) {
	o := RedPajama2{StopWords: []string{"the"}}
	fuzzStage(f, o.Stage, frodo, "İ ΟΔΟΣ\u0301 é e\u0301 {Lorem ipsum}...\n• A\n\u1e9b\u0323", "a.b!?\n\n")
}
