package clean

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
)

const fineweb2Other quern.Verdict = "clean.fineweb2.other_language"

// Stage builds the rule. It marks "fineweb2.*" facts and gives "clean.gopher.*" and "clean.fineweb.*" verdicts, and
// "clean.fineweb2.other_language" for a document whose language has no table.
func (o FineWeb2) Stage() (quern.Stage, error) {
	j := &fineweb2{keepOther: o.KeepOther}
	langs := o.Languages
	if len(langs) == 0 {
		langs = fineweb2Dialects()[1:]
	}
	for _, lang := range langs {
		if fineweb2Find(lang) == nil {
			return nil, fmt.Errorf("clean: fineweb2: there is no table for language %q, only for %s", lang, strings.Join(fineweb2Dialects()[1:], " "))
		}
	}
	j.langs = langs
	return newJudged(j), nil
}

// Stage builds the rule for texts that are all of one language. It marks "fineweb2.*" facts and gives "clean.gopher.*" and
// "clean.fineweb.*" verdicts.
func (o FineWeb2Language) Stage() (quern.Stage, error) {
	t, err := newFineweb2Table("", o)
	if err != nil {
		return nil, err
	}
	return newJudged(&fineweb2{only: t}), nil
}

// fineweb2 measures by Gopher and FineWeb and judges by the table of the document's language.
type fineweb2 struct {
	langs     []string         // that have a table
	tables    []*fineweb2Table // of the languages met so far
	only      *fineweb2Table   // judges all
	keepOther bool
	parts     quern.Doc // takes the marks of the two rules
	at        [32]int   // where each of fineweb2Marks was found last
}

type fineweb2Table struct {
	bounds
	lang    string
	gopher  judge
	fineweb judge
}

func newFineweb2Table(lang string, o FineWeb2Language) (*fineweb2Table, error) {
	g, f := o.parts()
	gs, err := g.Stage()
	if err != nil {
		return nil, fmt.Errorf("clean: fineweb2: %w", err)
	}
	fs, err := f.Stage()
	if err != nil {
		return nil, fmt.Errorf("clean: fineweb2: %w", err)
	}
	return &fineweb2Table{newBounds(o.Limits()), lang, gs.(*judged).judges[0], fs.(*judged).judges[0]}, nil
}

// table is the one that judges a document, nil if there is none. "zh-Hant" is "zh".
func (j *fineweb2) table(d *quern.Doc) *fineweb2Table {
	if j.only != nil {
		return j.only
	}
	lang, _, _ := strings.Cut(d.Lang, "-")
	for _, t := range j.tables {
		if t.lang == lang {
			return t
		}
	}
	if !slices.Contains(j.langs, lang) {
		return nil
	}
	o, _ := DefaultFineWeb2Language(lang)
	t, err := newFineweb2Table(lang, o)
	if err != nil {
		panic("clean: fineweb2: its own table is refused: " + err.Error())
	}
	j.tables = append(j.tables, t)
	return t
}

func (j *fineweb2) needs() needs { return needDup }

func (j *fineweb2) measure(s *scanner, d *quern.Doc) {
	t := j.table(d)
	if t == nil {
		return
	}
	p := &j.parts
	p.Marks = p.Marks[:0]
	t.gopher.measure(s, p)
	t.fineweb.measure(s, p)
	for i, name := range fineweb2Marks {
		at := j.at[i]
		for at >= len(p.Marks) || p.Marks[at].Name != name {
			at = (at + 1) % len(p.Marks)
		}
		j.at[i] = at
		d.Mark(fineweb2Facts[i].Name, p.Marks[at].Value)
	}
}

func (j *fineweb2) rule(d *quern.Doc) (quern.Verdict, bool) {
	t := j.table(d)
	if t == nil {
		if j.keepOther {
			return quern.Keep, false
		}
		return d.Fail(fineweb2Other, 0, 0), false
	}
	return t.judge(d), false
}
