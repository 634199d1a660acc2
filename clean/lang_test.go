package clean

import (
	"testing"

	"github.com/seed-83c59573/quern"
)

func TestLanguage(t *testing.T) {
	const (
		english = "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience."
		german  = "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt."
		chinese = "人人生而自由，在尊严和权利上一律平等。"
		mixed   = "Human beings are born free 人人生而自由，在尊严和"
	)
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
	f(keep, english, "en", quern.Keep)
	f(keep, chinese, "zh", quern.Keep)
	f(keep, german, "de", otherLanguage)
	f(keep, "Все люди рождаются свободными", "und-Cyrl", otherLanguage)
	f(keep, mixed, "zh", unsure)
	f(keep, "1234", "", unsure)
	f(Language{}, german, "de", quern.Keep) // no wish: the language is named, nothing is dropped
	f(Language{}, "1234", "", quern.Keep)
	f(DefaultLanguage(), "1234", "", unsure)
}
