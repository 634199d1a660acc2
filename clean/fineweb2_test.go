package clean

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

const (
	french = "Le petit port de la côte se réveille lentement et les pêcheurs regardent le ciel avant de partir. Il y a dans les rues une " +
		"odeur de sel et de bois mouillé. Au marché, les femmes parlent du prix des légumes et des enfants courent entre les tables. " +
		"Personne ne sait encore par quel chemin le vieux facteur va revenir, mais tout le monde attend son arrivée avec patience.\n"
	chineseText = "天色渐渐暗了下来，街上的人也少了。老人在门口坐着，看着远处的山和河。孩子们从学校回来，一路上说着今天的故事。晚饭以后，大家都在院子里喝茶，" +
		"谈起去年冬天的那场大雪，以及明年春天要种的树。\n"
	germanText = "Der alte Hafen liegt still im Morgenlicht und die ersten Boote kehren von der Nacht zurück. Auf dem Markt bieten Händler Fische " +
		"und Gemüse an, während Kinder mit dem Hund des Wirts durch die Gassen laufen. Niemand hat es eilig, denn das Wetter soll für den Rest " +
		"der Woche freundlich bleiben, und so wurde aus einem kurzen Besuch ein langer Vormittag, von dem er noch oft erzählte.\n"
)

func fineweb2Ruling(t *testing.T, s quern.Stage, lang, text string, want quern.Verdict) {
	t.Helper()
	d := &quern.Doc{Text: []byte(text), Lang: lang}
	if v, err := s.Apply(d); v != want || err != nil {
		t.Errorf("%s, %.40q: %q (%v, limit %v), %v, want %q", lang, text, v, d.Drop.Value, d.Drop.Limit, err, want)
	}
}

func TestFineWeb2ByLanguage(t *testing.T) {
	s, err := DefaultFineWeb2().Stage()
	build(t, s, err)
	f := func(lang, text string, want quern.Verdict) { t.Helper(); fineweb2Ruling(t, s, lang, text, want) }
	f("fr", french, quern.Keep)
	f("fr-CA", french, quern.Keep)
	f("de", germanText, quern.Keep)
	f("zh", chineseText, quern.Keep)
	f("zh-Hant", chineseText, quern.Keep)
	f("en", dialectDocs()["kept"], quern.Keep)
	f("de", french, gopherStopWords) // "in" and "es" stand in no French
	f("fr", germanText, gopherStopWords)
	f("xx", french, fineweb2Other)
	f("", french, fineweb2Other)
	f("fr", "Trop court.", gopherTop[0])
	f("fr", "", finewebEmpty)
	f("fr", "caf\xe9", badText)
	f("fr", repeat(french, 2), gopherDupLines) // a third of the lines, the last one empty
	f("fr", french+repeat("un mot\n", 3), gopherDupLines)
	f("fr", strings.NewReplacer(". ", "\n", ", ", "\n", ".", "").Replace(french), finewebEnds)
	f("fr", everyFew(french, 4, "", "."), finewebNewlines)

	only := FineWeb2{Languages: []string{"fr", "zh"}, KeepOther: true}
	s, err = only.Stage()
	build(t, s, err)
	f("de", "kurz", quern.Keep)
	f("fr", "", finewebEmpty)
	allocsPerDoc(t, s, french)
}

// What the recipe turns off does not judge: repeated paragraphs and short lines.
func TestFineWeb2TurnsOff(t *testing.T) {
	o, _ := DefaultFineWeb2Language("en")
	for _, l := range o.Limits() {
		if strings.Contains(l.Fact, "paragraph") || strings.Contains(l.Fact, "dup_line_chars") {
			t.Errorf("%s judges", l.Fact)
		}
		if l.Fact == "fineweb2.short_lines" && l.Max < 1 {
			t.Errorf("short lines judge above %v", l.Max)
		}
	}
	if o.MaxDupChars != 0.1 {
		t.Errorf("repeated characters judge above %v, want 0.1", o.MaxDupChars)
	}
}

func TestFineWeb2Tables(t *testing.T) {
	fr, ok := DefaultFineWeb2Language("fr")
	if !ok || fr.MaxDupLines != 0.264 || !slices.Equal(fr.MaxTopGrams, []float64{0.161, 0.149, 0.134}) || fr.MinEndLines != 0.1 ||
		fr.MaxMeanWord != 11 || fr.MaxNewlines != 0.185 || !slices.Equal(fr.MaxDupGrams, []float64{0.15, 0.141, 0.131, 0.121, 0.111, 0.1}) {
		t.Errorf("French is judged by %+v", fr)
	}
	if score, _ := FineWeb2Score("fr"); score != 0.824 {
		t.Errorf("French asks for %v", score)
	}
	if _, ok := FineWeb2Score("xx"); ok {
		t.Error("there is a score for no language")
	}
	last := ""
	for _, r := range fineweb2Rows {
		if r.lang <= last {
			t.Errorf("%s stands behind %s", r.lang, last)
		}
		last = r.lang
		o, ok := DefaultFineWeb2Language(r.lang)
		if !ok || len(o.StopWords) < 8 || !slices.IsSortedFunc(o.MaxDupGrams, func(a, b float64) int { return int(1e6 * (b - a)) }) {
			t.Errorf("%s: %+v", r.lang, o)
		}
		if _, err := o.Stage(); err != nil {
			t.Errorf("%s: %v", r.lang, err)
		}
	}
	for _, bad := range []FineWeb2{{Languages: []string{"xx"}}, {Languages: []string{"fr", "auto"}}} {
		if _, err := bad.Stage(); err == nil || !strings.Contains(err.Error(), "no table") {
			t.Errorf("%+v gives %v", bad, err)
		}
	}
	fr.MaxTopGrams = nil
	if _, err := fr.Stage(); err == nil || !strings.Contains(err.Error(), "fineweb2") {
		t.Errorf("no n-grams: %v", err)
	}
}

// The words of a dialect that names a language are judged whatever the document says.
func TestFineWeb2Dialects(t *testing.T) {
	r, dialect, ok := Find("fineweb2@de")
	if !ok {
		t.Fatal("there is no fineweb2@de")
	}
	s, err := r.Config(dialect).Stage()
	build(t, s, err)
	fineweb2Ruling(t, s, "fr", germanText, quern.Keep)
	fineweb2Ruling(t, s, "fr", french, gopherStopWords)
	if _, dialect, _ := Find("fineweb2"); dialect != "auto" {
		t.Errorf("the default dialect is %q", dialect)
	}
}

func TestFineWeb2KeepsTheContract(t *testing.T) {
	var docs []quern.Doc
	for _, lang := range []string{"fr", "de", "zh", "th", "xx", ""} {
		for _, text := range []string{french, germanText, chineseText, "", "caf\xe9", "ไทย ไทย", repeat(french, 3)} {
			docs = append(docs, quern.Doc{Text: []byte(text), Lang: lang})
		}
	}
	if err := quern.CheckStage(DefaultFineWeb2().Stage, docs...); err != nil {
		t.Error(err)
	}
}

func FuzzFineWeb2(f *testing.F) { fuzzStage(f, DefaultFineWeb2().Stage, french, chineseText) }
