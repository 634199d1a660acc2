package clean

import (
	"math"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

const frodo = "I wish it need not have happened in my time,' said Frodo. 'So do I,' said Gandalf, 'and so do all who live to see such times. " +
	"But that is not for them to decide. All we have to decide is what to do with the time that is given us.'"

var repeat = strings.Repeat

// ruling applies a stage to a text and checks the verdict and its evidence.
func ruling(t *testing.T, s quern.Stage, text string, want quern.Verdict) *quern.Doc {
	t.Helper()
	d := &quern.Doc{Text: []byte(text)}
	v, err := s.Apply(d)
	if err != nil {
		t.Fatal(err)
	}
	if v != want {
		t.Errorf("%.60q: verdict %q (%v, limit %v), want %q", text, v, d.Drop.Value, d.Drop.Limit, want)
	}
	if v != d.Drop.Verdict {
		t.Errorf("%.60q: verdict %q, evidence for %q", text, v, d.Drop.Verdict)
	}
	return d
}

func gopherStage(t *testing.T, change func(o *Gopher)) quern.Stage {
	t.Helper()
	o := DefaultGopher()
	if change != nil {
		change(&o)
	}
	s, err := o.Stage()
	return build(t, s, err)
}

// The inputs are those of the peer's tests of its repetition filter.
func TestGopherRepetition(t *testing.T) {
	s := gopherStage(t, nil)
	f := func(text string, want quern.Verdict) { t.Helper(); ruling(t, s, text, want) }
	f(repeat("I am your father.\n", 4), gopherDupLines)
	f(repeat("I am your father.\n\n", 4), gopherDupParas)
	f("I am groot.\n\nYou are a wizard.\n\nI am your father.\n\n"+repeat(repeat("x", 30)+".\n\n", 2), gopherParaChars)
	f("I am groot.\nYou are a wizard.\nI am your father.\n"+repeat(repeat("x", 40)+".\n", 2), gopherLineChars)
	f("I am Frank, I am Frank, I am Frank", gopherTop[0])
	f("I am Frank, you are Jhon. I am Frank. I am Frank you are Jhon", gopherTop[1])
	f(repeat("I am a solo traveller ", 4)+frodo, gopherDup[0])
	f("a b c d", gopherTop[0]) // the most frequent 2-gram of a text without repeats still counts once, as with the peer
}

func TestGopherQuality(t *testing.T) {
	off := func(o *Gopher) {
		o.MinWords, o.MaxWords = 10, 1000
		o.MaxDupLines, o.MaxDupLineChars, o.MaxDupParagraphs, o.MaxDupParagraphChars = 99, 99, 99, 99
		o.MaxTopGrams, o.MaxDupGrams = []float64{99, 99, 99}, []float64{99, 99, 99, 99, 99, 99}
	}
	s := gopherStage(t, off)
	f := func(text string, want quern.Verdict) { t.Helper(); ruling(t, s, text, want) }
	f("I am too small...", gopherTooShort)
	f(repeat("longer and longer ", 400), gopherTooLong)
	f(repeat("I am ", 20), gopherShortWords)
	f(repeat("interconnection ", 20), gopherLongWords)
	f(repeat("# comment ", 20), gopherHashes)
	f(repeat("... comment ", 20), gopherEllipses)
	f(repeat("the ./!*?<><> apple <?////> orange  ++ interconnection !<>??? have", 20), gopherAlpha)
	f(repeat("- the bullets have text\n", 12), gopherBullets)
	f(repeat("the lines have quite long and winding tails that they leave open...\n", 12), gopherDots)
	f(repeat("some words without those which count ", 5), gopherStopWords)
	f(repeat("the the the words once only counted ", 5), gopherStopWords) // distinct ones, not occurrences
	f(frodo, quern.Keep)
}

func TestGopherShares(t *testing.T) {
	mark := func(text, name string, want float64) {
		t.Helper()
		d := &quern.Doc{Text: []byte(text)}
		if _, err := gopherStage(t, nil).Apply(d); err != nil {
			t.Fatal(err)
		}
		for _, m := range d.Marks {
			if m.Name == name {
				if math.Abs(m.Value-want) > 1e-9 {
					t.Errorf("%.40q: %s is %v, want %v", text, name, m.Value, want)
				}
				return
			}
		}
		t.Errorf("%.40q: no mark %s", text, name)
	}
	mark("a\nb\na\nc\nb\nd", "gopher.dup_lines", 2.0/6) // copies after the first; other dialects count all four
	mark("The and that", "gopher.stop_words", 2)
	mark("The.and.that", "gopher.stop_words", 0) // one word
	mark("a a a a", "gopher.top_2_gram", 9.0/7)
	mark("", "gopher.words", 0)
}

// TestGopherJoin: written without spaces the second line is the first again, in other words.
func TestGopherJoin(t *testing.T) {
	text := "a bc de fg hi jk lm\nab cd ef gh ij kl m"
	for join, want := range map[string]float64{joinWords: 0, joinExact: 13.0 / 39} {
		d := &quern.Doc{Text: []byte(text)}
		if _, err := gopherStage(t, func(o *Gopher) { o.Join = join }).Apply(d); err != nil {
			t.Fatal(err)
		}
		for _, m := range d.Marks {
			if m.Name == "gopher.dup_7_grams" && math.Abs(m.Value-want) > 1e-9 {
				t.Errorf("%s: %v of the text is in 7-grams seen before, want %v", join, m.Value, want)
			}
		}
	}
}

func TestGopherOptions(t *testing.T) {
	f := func(want string, change func(o *Gopher)) {
		t.Helper()
		o := DefaultGopher()
		change(&o)
		if _, err := o.Stage(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
	f("holds nothing", func(o *Gopher) { o.MaxWords = 3 })
	f("holds nothing", func(o *Gopher) { o.MinMeanWord = 11 })
	f("want 3 numbers", func(o *Gopher) { o.MaxTopGrams = o.MaxTopGrams[:2] })
	f("must be words or exact", func(o *Gopher) { o.Join = "" })
	f("min_stop_words", func(o *Gopher) { o.StopWords = o.StopWords[:1] })
	f("not one word", func(o *Gopher) { o.StopWords[0] = "the be" })
	f("twice", func(o *Gopher) { o.StopWords[0] = "be" })
	f("negative", func(o *Gopher) { o.MaxHashes = -1 })
	f("negative", func(o *Gopher) { o.MaxDupGrams[3] = math.NaN() })
	f("at most 256", func(o *Gopher) { o.StopWords = make([]string, 300) })
}

func TestFactsRefuse(t *testing.T) {
	s := gopherStage(t, nil)
	ruling(t, s, "caf\xe9", badText)
	ruling(t, s, repeat("x", maxText+1), tooLarge)
}

func TestGopherDoesNotMeasureChineseByEnglishWords(t *testing.T) {
	s, err := DefaultGopher().Stage()
	build(t, s, err)
	// Sixty different letters, so that nothing repeats: a word each.
	text := "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜金生丽水玉出昆冈剑号巨阙珠称夜光"
	for lang, want := range map[string]quern.Verdict{"zh": quern.Keep, "": gopherShortWords, "en": gopherShortWords} {
		d := &quern.Doc{Text: []byte(text), Lang: lang}
		if v, err := s.Apply(d); v != want || err != nil {
			t.Errorf("language %q: %q, %v, want %q", lang, v, err, want)
		}
	}
}
