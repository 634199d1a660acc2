package clean

import (
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

func TestMadladCursed(t *testing.T) {
	for _, s := range []string{"see page № 5", "a \ufffd\ufffd\ufffd b", "Lorem ipsum dolor", "duis aute irure dolor in", "about sex and", "an mp3 file",
		"Download it", "in Vol. 3", "see Ep. 1", "Episode one", "10 шт. там", "Web Developer", "on Facebook", "a xxx b", "the cell |", "the cell | \n",
		"в 1990 г.", "в 5 кг. ", "page nr.", "x a b c d e f g h i", " a б c d e f g h i", "黄色电影", "the autem vel eum", "ut wisi enim ad",
		"a ... ... ... ... ... ... ... ... ... b", ", ..,,? ..,,? ..,,? ..,,?"} {
		if !cursed([]byte(s)) {
			t.Errorf("%q is not cursed", s)
		}
	}
	for _, s := range []string{"", " ", "№ 5", "sex", "a sexy b", "the cell | is", "nr. 5", "page nr. ", "x a b c d e f g h", "a b c d e f g h i", "x a b c d ee f g h i j k",
		"x a b c d  e f g h i j", "down load", "MP3", " a b c d e f g h\n"} {
		if cursed([]byte(s)) {
			t.Errorf("%q is cursed", s)
		}
	}
}

func TestMadlad(t *testing.T) {
	s, err := DefaultMadlad().Stage()
	build(t, s, err)
	plain := "The boats came home before the storm. "
	list := "The Old Harbor Of The North And South Sea Has Many Boats Now. "
	ruling(t, s, repeat(plain, 4), madladShort)
	ruling(t, s, repeat(plain, 5), quern.Keep)
	ruling(t, s, repeat(plain, 5)+list, quern.Keep) // 1 of 6
	ruling(t, s, repeat(plain, 4)+list, madladBad)  // 1 of 5 is too much already
	ruling(t, s, repeat(plain, 4)+"Get Mp3. A mp3", quern.Keep)
	ruling(t, s, repeat(plain, 4)+"An mp3.", madladBad)
	ruling(t, s, "a.b.c.d.e.f", madladShort) // marks without space end nothing
	ruling(t, s, "One! Two?! Three... Four. ? . Five", quern.Keep)
	d := ruling(t, s, repeat("Short 123. ", 5), quern.Keep)
	near(t, "length", marked(t, d, "madlad.length"), 1)
	near(t, "technical", marked(t, d, "madlad.technical"), 1)
	near(t, "questionable", marked(t, d, "madlad.questionable"), 0)
	d = ruling(t, s, repeat(plain, 9)+"Élan Ärger Öl Üb Éa Ab Ac Ad ae af ag ah", quern.Keep)
	near(t, "list_case", marked(t, d, "madlad.list_case"), 0.1)
	ruling(t, s, "", madladShort)
	ruling(t, s, "caf\xe9", badText)

	o := DefaultMadlad()
	o.Cases = []string{"length", "technical"}
	s, err = o.Stage()
	build(t, s, err)
	ruling(t, s, repeat("Short. ", 5), madladBad)
	ruling(t, s, repeat("The numbers are 1/2 (3/4) {5/6} and 789. ", 5), madladBad)
	ruling(t, s, repeat(plain, 5), quern.Keep)
	ruling(t, s, repeat(plain, 3)+repeat("word ", 101)+". "+plain, madladBad)
	allocsPerDoc(t, s, repeat(plain, 9), list+"é中")
}

func TestMadladSpansAndOptions(t *testing.T) {
	s, err := DefaultMadlad().Stage()
	build(t, s, err)
	text := repeat("All is well here. ", 6) + "Download it now. So it is."
	d := &quern.Doc{Text: []byte(text), Spans: []quern.Span{}}
	if v, err := s.Apply(d); v != quern.Keep || err != nil || len(d.Spans) != 1 {
		t.Fatal(v, err, d.Spans)
	}
	if got := text[d.Spans[0].From:d.Spans[0].To]; got != "Download it now" {
		t.Errorf("the span is %q", got)
	}
	f := func(want string, change func(o *Madlad)) {
		t.Helper()
		o := DefaultMadlad()
		change(&o)
		if _, err := o.Stage(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
	f("no case", func(o *Madlad) { o.Cases = []string{"language"} })
	f("above 0", func(o *Madlad) { o.MaxQuestionable = 0 })
	f("negative", func(o *Madlad) { o.MaxTechnical = -1 })
	f("holds nothing", func(o *Madlad) { o.MaxSentence = 3 })
}

func TestMadladKeepsTheContract(t *testing.T) { checkDialect(t, DefaultMadlad().Stage) }

func FuzzMadlad(f *testing.F) {
	fuzzStage(f, DefaultMadlad().Stage, frodo, "a! b? c… d.\u3000e. f.|", " a b c d e f g h i ... ... ")
}
