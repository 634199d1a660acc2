package clean

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// article is n paragraphs of 100 words, of which five are top.
func article(n int, top string) string {
	var b strings.Builder
	for p := range n {
		for i := range 95 {
			fmt.Fprintf(&b, "word%dx%d ", p, i)
		}
		b.WriteString(strings.Repeat(top+" ", 5) + "\n\n")
	}
	return b.String()
}

func TestPES2O(t *testing.T) {
	s, err := DefaultPES2O().Stage()
	build(t, s, err)
	f := func(text, time string, want quern.Verdict) {
		t.Helper()
		d := &quern.Doc{Text: []byte(text), Time: time}
		v, err := s.Apply(d)
		if err != nil || v != want || d.Drop.Verdict != want {
			t.Errorf("%.40q…: verdict %q (%v, limit %v), %v, want %q", text, v, d.Drop.Value, d.Drop.Limit, err, want)
		}
	}
	f(article(6, "the"), "", quern.Keep)
	f(article(6, "The"), "2001-05-06T00:00:00Z", quern.Keep)
	f(article(6, "the"), "1969-12-31", paperYear)
	f(article(6, "the"), "soon", quern.Keep)
	f(article(5, "the"), "", paperShort) // 500 is not more than 500
	f(article(500, "the"), "", paperLong)
	f(strings.ReplaceAll(article(6, "the"), "\n\n", "\n"), "", quern.Keep)
	f(strings.ReplaceAll(article(6, "the"), "\n\n", " "), "", paperParagraphs)
	f(strings.ReplaceAll(article(6, "the"), "\n\n", "\na b c d\n"), "", quern.Keep)
	f(article(6, "<unk>"), "", paperTopShape)
	f(article(6, "a"), "", paperTopShape)
	f(strings.ReplaceAll(article(6, "the"), "x1 ", "x1 | - | "), "", quern.Keep) // a table's bars are no words
	f(article(6, "the")+strings.Repeat("the ", 20), "", paperTopShare)
	f("", "", paperShort)
	d := &quern.Doc{Text: []byte("one\u00a0two  one\u3000two three\n\nfour")}
	if _, err := s.Apply(d); err != nil {
		t.Fatal(err)
	}
	if want := (quern.Mark{Name: "pes2o.words", Value: 6}); d.Marks[1] != want {
		t.Errorf("marks %v, want %v", d.Marks, want)
	}
}

func TestPES2OShortTexts(t *testing.T) {
	o := DefaultPES2O()
	o.MinWords, o.MinParagraphs = 10, 0
	s, err := o.Stage()
	build(t, s, err)
	ruling(t, s, repeat("the ", 3)+repeat("x y z ", 3), quern.Keep)      // .25
	ruling(t, s, repeat("the ", 5)+"a b c d e f g h i j", paperTopShare) // .33
	ruling(t, s, repeat("the ", 20)+article(8, "the"), quern.Keep)       // 60 of 820 words
	ruling(t, s, repeat("the ", 41)+strings.Fields(article(8, "x"))[0], paperTopShare)
}

func TestPES2OByWordFrequencies(t *testing.T) {
	o := DefaultPES2O()
	o.MinWords, o.MinParagraphs, o.TopShare, o.ShortTopShare = 10, 2, 1, 1
	o.Unigram = frequencies(t, abstractText)
	s, err := o.Stage()
	build(t, s, err)
	odd := "Xqj zzt kwv bbx the vvk qqz"
	f := func(text string, want quern.Verdict, out string) {
		t.Helper()
		d := &quern.Doc{Text: []byte(text), Spans: []quern.Span{}}
		v, err := s.Apply(d)
		if err != nil || v != want || v == quern.Keep && string(d.Text) != out {
			t.Errorf("%.60q: verdict %q, %v, text %.60q; want %q, %.60q", text, v, err, d.Text, want, out)
		}
		if cut := len(text) - len(d.Text); (cut > 0) != (len(d.Spans) > 0) || cut > 0 && text[d.Spans[0].From:d.Spans[0].To] != odd+"\n" {
			t.Errorf("%.60q: spans %v", text, d.Spans)
		}
	}
	good := "Title of it\n\n" + abstractText + "\n\n" + abstractText + "\n"
	f(good, quern.Keep, good)
	f("Title of it\n"+odd+"\n"+abstractText+"\n"+abstractText, quern.Keep, "Title of it\n"+abstractText+"\n"+abstractText)
	f(abstractText+"\n"+odd+"\n", paperUnlikely, "")
	o.Cut = false
	s, err = o.Stage()
	build(t, s, err)
	f(good+odd+"\n", quern.Keep, good+odd+"\n")
	o.Unigram = "no such file"
	if _, err := o.Stage(); err == nil {
		t.Error("a missing model is accepted")
	}
	if files := o.Files(); len(files) != 1 {
		t.Errorf("files %v", files)
	}
}
