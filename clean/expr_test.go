package clean

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

func TestExpr(t *testing.T) {
	marks := []quern.Mark{{Name: "gopher.words", Value: 120}, {Name: "fineweb.end_lines", Value: 0.5}, {Name: "code.test", Value: 1}}
	f := func(o Expr, want quern.Verdict) {
		t.Helper()
		if o.Name == "" {
			o.Name = "false"
		}
		s, err := o.Stage()
		build(t, s, err)
		d := &quern.Doc{Lang: "en", Domain: "web", Origin: "https://a.example/x", Text: []byte("text"), Marks: slices.Clone(marks)}
		if v, err := s.Apply(d); v != want || err != nil || v != d.Drop.Verdict {
			t.Errorf("%+v: %q (%v), want %q", o, v, err, want)
		}
	}
	const dropped quern.Verdict = "clean.expr.false"
	f(Expr{Keep: "gopher.words > 100"}, quern.Keep)
	f(Expr{Keep: "gopher.words > 200"}, dropped)
	f(Expr{Drop: "gopher.words > 100", Name: "too_long"}, "clean.expr.too_long")
	f(Expr{Drop: "gopher.words > 200"}, quern.Keep)
	f(Expr{Keep: `lang == "en" && domain in ["web", "paper"] && url startsWith "https://"`}, quern.Keep)
	f(Expr{Keep: `gopher.words / bytes >= 30 and max(fineweb.end_lines, 0.1) == 0.5`}, quern.Keep)
	f(Expr{Keep: `mark("code.test") == 1 and mark("gopher.words") == 120`}, quern.Keep)
	f(Expr{Keep: `mark("nothing") == 0`}, dropped)
	f(Expr{Drop: "gopher.mean_word < 5 or gopher.mean_word >= 5"}, quern.Keep) // not measured: neither is true
	f(Expr{Keep: "gopher.mean_word < 5 or gopher.mean_word >= 5"}, dropped)

	for _, bad := range []struct {
		o    Expr
		want string
	}{
		{Expr{Name: "false"}, "give keep or drop"},
		{Expr{Name: "false", Keep: "true", Drop: "true"}, "either"},
		{Expr{Name: "Bad name", Keep: "true"}, "name"},
		{Expr{Name: "false", Keep: "gopher.wrods > 1"}, `line 1, column 8`},
		{Expr{Name: "false", Keep: "lang > 1"}, "line 1, column 6"},
		{Expr{Name: "false", Keep: "gopher.words"}, "bool"},
		{Expr{Name: "false", Keep: "true &&\n  nothing"}, "line 2, column 3"},
		{Expr{Name: "false", Keep: "mark(5) > 1"}, "line 1, column 6"},
		{Expr{Name: "false", Keep: "now().Year() > 2020"}, "line 1, column 1"},
		{Expr{Name: "false", Keep: "(" + strings.Repeat("1 + ", 2000) + "1) > 2"}, "clean: expr"},
	} {
		if _, err := bad.o.Stage(); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%.60q: %v, want %q in it", bad.o.Keep, err, bad.want)
		}
	}
	o := Expr{Name: "false", Keep: "gopher.words > 100 && (fineweb.end_lines > 0.2 || gopher.words < 3)"}
	if got := o.Reads(); !slices.Equal(got, []string{"fineweb.end_lines", "gopher.words"}) {
		t.Errorf("reads %q", got)
	}
	if err := quern.CheckStage(o.Stage, quern.Doc{Text: []byte("a")}, quern.Doc{Marks: marks, Text: []byte("b")}); err != nil {
		t.Error(err)
	}
}

func FuzzExpr(f *testing.F) {
	f.Add("gopher.words > 1", "en")
	f.Fuzz(func(t *testing.T, keep, lang string) {
		s, err := Expr{Name: "false", Keep: keep}.Stage()
		if err != nil {
			return
		}
		d := &quern.Doc{Lang: lang, Text: []byte("a")}
		v, err := s.Apply(d)
		w, err2 := s.Apply(d)
		if v != w || (err == nil) != (err2 == nil) {
			t.Errorf("%q: %q %v, then %q %v", keep, v, err, w, err2)
		}
	})
}
