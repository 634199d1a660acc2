package clean

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

const (
	inEnglish = "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience."
	inGerman  = "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt."
	inFrench  = "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience."
	inChinese = "人人生而自由，在尊严和权利上一律平等。"
	inRussian = "Все люди рождаются свободными и равными в своем достоинстве и правах."
)

func TestLanguage(t *testing.T) {
	const mixed = "Human beings are born free 人人生而自由，在尊严和"
	f := func(o Language, text, lang string, want quern.Verdict) {
		t.Helper()
		s, err := o.Stage()
		d := ruling(t, build(t, s, err), text, want)
		if d.Lang != lang {
			t.Errorf("%.30q: language %q, want %q", text, d.Lang, lang)
		}
		if len(d.Marks) != 1 || d.Marks[0].Name != "language.confidence" {
			t.Errorf("%.30q: marks %v", text, d.Marks)
		}
	}
	keep := DefaultLanguage()
	keep.Keep = []string{"en", "zh"}
	f(keep, inEnglish, "en", quern.Keep)
	f(keep, inChinese, "zh", quern.Keep)
	f(keep, inGerman, "de", otherLanguage)
	f(keep, "Все люди рождаются свободными", "und-Cyrl", otherLanguage)
	f(keep, mixed, "zh", unsure)
	f(keep, "1234", "", unsure)
	f(Language{}, inGerman, "de", quern.Keep) // no wish: the language is named, nothing is dropped
	f(Language{}, "1234", "", quern.Keep)
	f(DefaultLanguage(), "1234", "", unsure)
	norwegian := DefaultLanguage()
	norwegian.Keep = []string{"no"}
	f(norwegian, "Jeg er ikke sikker på hva du mener med dette.", "nb", quern.Keep)
	f(norwegian, "Eg er ikkje sikker på kva du meiner med dette.", "nn", quern.Keep)
	f(norwegian, "Jag är inte säker på vad du menar med det här.", "sv", otherLanguage)
}

func mark(d *quern.Doc, name string) float64 {
	for _, m := range d.Marks {
		if m.Name == name {
			return m.Value
		}
	}
	return math.NaN()
}

func TestLanguageOfParagraphs(t *testing.T) {
	f := func(how string, keep []string, text string, want quern.Verdict, lang, left string, foreign float64) {
		t.Helper()
		o := DefaultLanguage()
		o.Keep, o.Paragraphs = keep, how
		s, err := o.Stage()
		d := ruling(t, build(t, s, err), text, want)
		if d.Lang != lang || string(d.Text) != left {
			t.Errorf("%s %v %.40q: %q, text %q; want %q, %q", how, keep, text, d.Lang, d.Text, lang, left)
		}
		if got := mark(d, "language.foreign_paragraphs"); got != foreign {
			t.Errorf("%s %v %.40q: %v foreign paragraphs, want %v", how, keep, text, got, foreign)
		}
		if got := mark(d, "language.foreign_share"); !(got >= 0 && got <= 1) || (got > 0) != (foreign > 0) {
			t.Errorf("%s %v %.40q: foreign share %v", how, keep, text, got)
		}
	}
	var (
		en    = []string{"en"}
		enZh  = []string{"en", "zh"}
		three = strings.Repeat(inEnglish+"\n", 3)
		page  = three + inGerman + "\n" + inEnglish
	)
	f("majority", en, page, quern.Keep, "en", page, 1)
	f("drop-others", en, page, quern.Keep, "en", three+inEnglish, 1)
	f("drop-others", nil, page, quern.Keep, "en", three+inEnglish, 1) // no wish: what is not in the language of most
	// Two of each: most is a matter of bytes, and neither has enough of it; cut out, the rest is pure.
	half := inEnglish + "\n" + inEnglish + "\n" + strings.ToValidUTF8(inRussian[:60], "") + "\n" + inGerman
	f("majority", en, half, unsure, "en", half, 2)
	f("drop-others", en, half, quern.Keep, "en", inEnglish+"\n"+inEnglish+"\n", 2)
	// A page of another language is not kept for its English menu.
	german := inEnglish + "\n" + inGerman + "\n" + inGerman + "\n" + inFrench
	f("majority", en, german, otherLanguage, "de", german, 3)
	f("drop-others", en, german, otherLanguage, "de", german, 3)
	// Wanted languages stay beside each other; names, titles and numbers stay.
	both := three + inChinese + "\n" + "Das Haus\n" + "Curriculum vitae\n" + "1234 5678\n"
	f("drop-others", enZh, both, quern.Keep, "en", both, 0)
	// Blank lines do not pile up.
	f("drop-others", en, inEnglish+"\n\n"+inGerman+"\n\n"+inEnglish+"\n\n", quern.Keep, "en", inEnglish+"\n\n"+inEnglish+"\n\n", 1)
	f("drop-others", en, inGerman+"\n\n"+three, quern.Keep, "en", three, 1)
	// Nothing but scraps: the text as a whole is asked.
	f("majority", en, "12\n34\n", unsure, "", "12\n34\n", 0)
	f("majority", nil, "", unsure, "", "", 0)
}

func TestLanguageRefuses(t *testing.T) {
	for want, o := range map[string]Language{
		`paragraphs is "some"`: {Paragraphs: "some"},
		"min is 1.5":           {Min: 1.5},
		"min is NaN":           {Min: math.NaN()},
		`"english"`:            {Keep: []string{"english"}},
		"no such file":         {Model: "no/model.bin"},
	} {
		if _, err := o.Stage(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %s", o, err, want)
		}
	}
}

func TestLanguageHoldsTheContract(t *testing.T) {
	var docs []quern.Doc
	for _, text := range []string{inEnglish, inGerman, inChinese, inRussian, "", "1234", "ok", "Das Haus", "\xff\xfe", inEnglish + "\n" + inGerman + "\n\n" + inRussian,
		inGerman + "\r\n" + inEnglish + "\r\n" + inEnglish, strings.Repeat("a", 1<<20), strings.Repeat("\n", 1<<16), strings.Repeat(inFrench+"\n", 50) + inEnglish} {
		if utf8.ValidString(text) {
			docs = append(docs, quern.Doc{Text: []byte(text)})
		}
	}
	met := map[quern.Verdict]bool{}
	for _, how := range []string{"off", "majority", "drop-others"} {
		o := Language{Keep: []string{"en", "zh"}, Min: 0.65, Paragraphs: how}
		if err := quern.CheckStage(o.Stage, docs...); err != nil {
			t.Errorf("%s: %v", how, err)
		}
		s, err := o.Stage()
		build(t, s, err)
		for _, d := range docs {
			d.Text = slices.Clone(d.Text)
			v, _ := s.Apply(&d)
			met[v] = true
		}
	}
	if len(met) != 3 {
		t.Errorf("verdicts met: %v", met)
	}
}

func TestLanguageDoesNotAllocate(t *testing.T) {
	text := []byte(strings.Repeat(inEnglish+"\n"+inGerman+"\n"+inEnglish+"\n", 40))
	scratch := make([]byte, len(text))
	for _, how := range []string{"off", "majority", "drop-others"} {
		s, err := Language{Keep: []string{"en"}, Paragraphs: how}.Stage()
		build(t, s, err)
		d := &quern.Doc{Marks: make([]quern.Mark, 0, 8)}
		if n := testing.AllocsPerRun(20, func() {
			copy(scratch, text)
			d.Reset()
			d.Text = scratch
			s.Apply(d)
		}); n != 0 {
			t.Errorf("%s: %v allocations a document", how, n)
		}
	}
}

// TestLabeled: a classifier that answers with labels, as fastText's models do, is an identifier.
func TestLabeled(t *testing.T) {
	id := newLabeled(func(text []byte) (string, float64) {
		switch {
		case len(text) == 0:
			return "", 0
		case text[0] == 'A':
			return "__label__deu_Latn", 1.00001
		}
		return "__label__en", 0.70004
	})
	s := &language{min: 0.65, keep: map[string]bool{"en": true}, id: id}
	if d := ruling(t, s, inGerman, otherLanguage); d.Lang != "de" || mark(d, "language.confidence") != 1 {
		t.Errorf("German: %q with %v", d.Lang, d.Marks)
	}
	if d := ruling(t, s, "We hold these truths", quern.Keep); d.Lang != "en" || mark(d, "language.confidence") != 0.7 {
		t.Errorf("English: %q with %v", d.Lang, d.Marks)
	}
	ruling(t, s, "", unsure)
	s.vote, s.cut = true, true
	if d := ruling(t, s, inEnglish[1:]+"\n"+inGerman+"\n"+inEnglish[1:], quern.Keep); d.Lang != "en" {
		t.Errorf("by paragraphs: %q with %v", d.Lang, d.Marks)
	}
}

func FuzzLanguage(f *testing.F) {
	f.Add([]byte(inEnglish+"\n"+inGerman), true)
	f.Add([]byte("人人\n\xff\n\n ª\r\nДом"), false)
	f.Fuzz(func(t *testing.T, text []byte, cut bool) {
		o := Language{Keep: []string{"en", "de"}, Min: 0.5, Paragraphs: "majority"}
		if cut {
			o.Paragraphs = "drop-others"
		}
		first, err := o.Stage()
		build(t, first, err)
		a, b := quern.Doc{Text: slices.Clone(text)}, quern.Doc{Text: slices.Clone(text)}
		va, _ := first.Apply(&a)
		first.Apply(&quern.Doc{Text: []byte(inGerman + "\n" + inEnglish)})
		vb, _ := first.Apply(&b)
		if va != vb || a.Lang != b.Lang || !slices.Equal(a.Marks, b.Marks) || string(a.Text) != string(b.Text) {
			t.Fatalf("%q: %q %q %v %q, then %q %q %v %q", text, va, a.Lang, a.Marks, a.Text, vb, b.Lang, b.Marks, b.Text)
		}
		if utf8.Valid(text) && !utf8.Valid(a.Text) {
			t.Fatalf("%q: text is no longer valid: %q", text, a.Text)
		}
	})
}

// TestLanguageByModel: a model of fastText's identifies instead. The model is given in LID176, a path of lid.176.ftz.
func TestLanguageByModel(t *testing.T) {
	path := os.Getenv("LID176")
	if path == "" {
		t.Skip("LID176 names no model")
	}
	o := DefaultLanguage()
	o.Keep, o.Model, o.Min = []string{"en", "no"}, path, 0.4
	s, err := o.Stage()
	for text, lang := range map[string]string{inEnglish: "en", "Norge er et land i Nord-Europa, og hovedstaden heter Oslo.": "nb"} {
		if d := ruling(t, build(t, s, err), text, quern.Keep); d.Lang != lang {
			t.Errorf("%q, want %q", d.Lang, lang)
		}
	}
	ruling(t, s, inGerman, otherLanguage)
	o.Keep = []string{"xx"}
	if _, err := o.Stage(); err == nil || !strings.Contains(err.Error(), `no language "xx"`) {
		t.Errorf("an unknown language: %v", err)
	}
}
