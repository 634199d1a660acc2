package clean

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

func TestBiasTermsAreRead(t *testing.T) {
	terms, err := ReadBiasTerms(strings.NewReader("\ufeff# mine\r\nen\tjob\tnurse\tNurses \r\n\nde\tgender\tfemale\tFrau\n"))
	if err != nil || !slices.Equal(terms, BiasTerms{{"en", "job", "nurse", "Nurses"}, {"de", "gender", "female", "Frau"}}) {
		t.Errorf("%v, %v", terms, err)
	}
	all := terms.With(DefaultBiasTerms())
	has := func(t BiasTerm) bool { return slices.Contains(all, t) }
	if has(BiasTerm{"en", "gender", "female", "she"}) || !has(BiasTerm{"zh", "gender", "female", "她"}) || !has(BiasTerm{"en", "attribute", "career", "boss"}) ||
		!has(BiasTerm{"en", "-", "stop", "the"}) {
		t.Error("own terms replace those of their language and kind, and no others")
	}
	for text, want := range map[string]string{
		"en\tgender\tfemale\tshe\nen\tgender\tshe":    "line 2: want language, axis, group and term with tabs between them, have 3 fields",
		"\n\nenglish\tgender\tfemale\tshe":            `line 3: language "english": want a code`,
		"en\t\tfemale\tshe":                           "line 1: axis, group and term must not be empty",
		"en\t-\tstopp\tthe":                           `line 1: group "stopp" of axis -: want - or stop`,
		"en\tgender\tfemale\t\xff":                    "line 1: this is not UTF-8",
		"en\ta\tb\t" + strings.Repeat("x", 300):       "line 1: a field is longer than 200 bytes",
		"en\ta\tb\tc\n" + strings.Repeat("x", 100000): "line 2: bufio.Scanner: token too long",
	} {
		if _, err := ReadBiasTerms(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
	for want, terms := range map[string]BiasTerms{
		"the term has no word":                     {{"en", "a", "b", "!?"}},
		"two groups of one axis (a)":               {{"en", "a", "b", "x"}, {"en", "a", "c", "X"}},
		"want 1 to 100000 terms":                   {},
		"want 1 to 1000 groups":                    {{"en", "attribute", "b", "x"}},
		`language "": want a code of two or three`: {{"", "a", "b", "x"}},
	} {
		if _, err := NewBiasCounter(terms, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", terms, err, want)
		}
	}
}

func FuzzBiasTerms(f *testing.F) {
	f.Add([]byte("en\tgender\tfemale\tshe\n#\n-\t-\t-\t-"))
	f.Fuzz(func(t *testing.T, b []byte) {
		terms, err := ReadBiasTerms(bytes.NewReader(b))
		if err != nil {
			return
		}
		if c, err := NewBiasCounter(terms, 0); err == nil {
			c.Add(&quern.Doc{Text: b})
			biasJSON(t, c)
		}
	})
}
