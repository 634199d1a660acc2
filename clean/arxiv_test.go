package clean

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// arxivOracle computes the recipe's numbers with strings and maps.
func arxivOracle(text string) (special, charRep, wordRep float64, words int) {
	set := specialSet()
	isSpecialRune := func(r rune) bool { return isSpecial(set, r) }
	r := []rune(text)
	n := 0
	for _, c := range r {
		if isSpecialRune(c) {
			n++
		}
	}
	special = ratio(n, len(r))
	grams := map[string]int{}
	for i := 0; i+10 <= len(r); i++ {
		grams[string(r[i:i+10])]++
	}
	var counts []int
	total, once := 0, 0
	for _, c := range grams {
		counts = append(counts, c)
		total += c
		if c == 1 {
			once++
		}
	}
	slices.SortFunc(counts, func(a, b int) int { return b - a })
	sum := 0
	for _, c := range counts[:min(int(math.Sqrt(float64(len(counts)))), len(counts)-once)] {
		sum += c
	}
	charRep = ratio(sum, total)
	var list []string
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' }) {
		if w = strings.TrimFunc(strings.ToLower(w), isSpecialRune); w != "" {
			list = append(list, w)
		}
	}
	byWord := map[string]int{}
	for i := 0; i+10 <= len(list); i++ {
		byWord[strings.Join(list[i:i+10], " ")]++
	}
	all, repeated := 0, 0
	for _, c := range byWord {
		if all += c; c > 1 {
			repeated += c
		}
	}
	return special, charRep, ratio(repeated, all), len(list)
}

func TestArxivAgreesWithOracle(t *testing.T) {
	s, err := DefaultArxiv().Stage()
	build(t, s, err)
	inputs := texts()
	inputs["paper"], inputs["abc"] = article(6, "the"), repeat("abc def, Ghi! ", 40)+"“quoted” 😀 x1 1x"
	repeats := 0
	for name, text := range inputs {
		d := &quern.Doc{Text: []byte(text)}
		if _, err := s.Apply(d); err != nil {
			t.Fatal(err)
		}
		special, charRep, wordRep, words := arxivOracle(text)
		for fact, want := range map[string]float64{"arxiv.special": special, "arxiv.char_rep": charRep, "arxiv.word_rep": wordRep,
			"arxiv.words": float64(words), "arxiv.chars": float64(utf8.RuneCountInString(text))} {
			if i := slices.IndexFunc(d.Marks, func(m quern.Mark) bool { return m.Name == fact }); d.Marks[i].Value != want {
				t.Errorf("%s: %s is %v, want %v", name, fact, d.Marks[i].Value, want)
			}
		}
		if charRep > 0 && wordRep > 0 {
			repeats++
		}
	}
	if repeats < 3 {
		t.Errorf("only %d texts repeat themselves", repeats)
	}
}

func TestArxiv(t *testing.T) {
	s, err := DefaultArxiv().Stage()
	build(t, s, err)
	f := func(text string, want quern.Verdict) { t.Helper(); ruling(t, s, text, want) }
	f("On counted words\n\n"+abstractText, quern.Keep)
	f(article(3, "the"), arxivWordRep) // digits at the end of a word are stripped
	f("too few words here", arxivWords)
	f(repeat("(x+y)*(z-w) = 0; ", 40), arxivAlnum)
	f(repeat("onlyletters", 30), arxivAlnum)
	f(strings.ReplaceAll(article(8, "the"), "\n", ""), arxivMeanLine)
	f(repeat("word \n", 30)+strings.ReplaceAll(article(6, "the"), "\n", "")[:4001], arxivLongLine)
	f(repeat("123 45678 9012 3456 ", 30), arxivSpecial)
	f(repeat("ha ", 200), arxivCharRep)
	f(repeat("the same words again\n", 60), arxivWordRep)
	f(strings.Repeat("a b c ", 60_000), arxivLong)
	for i, change := range []func(o *Arxiv){func(o *Arxiv) { o.MaxChars = 0 }, func(o *Arxiv) { o.WordGram = 0 },
		func(o *Arxiv) { o.MaxWords = 1 }, func(o *Arxiv) { o.MaxSpecial = math.NaN() }} {
		o := DefaultArxiv()
		change(&o)
		if _, err := o.Stage(); err == nil {
			t.Errorf("options %d are accepted", i)
		}
	}
}

func FuzzArxiv(f *testing.F) {
	f.Add([]byte("some words, “and” more. 1x é\u2028"))
	o := DefaultArxiv()
	s, err := o.Stage()
	build(f, s, err)
	f.Fuzz(func(t *testing.T, text []byte) {
		docs := []quern.Doc{{Text: text}}
		if err := quern.CheckStage(func() (quern.Stage, error) { return o.Stage() }, docs...); err != nil {
			t.Fatal(err)
		}
		d := &quern.Doc{Text: text}
		if _, err := s.Apply(d); err != nil {
			t.Fatal(err)
		}
	})
}
