package clean

import (
	"testing"

	"github.com/seed-83c59573/quern"
)

func TestRedPajamaCode(t *testing.T) {
	s, err := DefaultRedPajamaCode().Stage()
	build(t, s, err)
	f := func(text string, want quern.Verdict) { t.Helper(); rulingOn(t, s, "a.c", text, want) }
	f(goFile, quern.Keep)
	f(repeat("a", 1001)+repeat("\na", 99), redLongLine)
	f(repeat("word ", 21)+"\n", redMeanLine)
	f(repeat("+-*/ ", 9)+"a\n", redAlnum)
	f(repeat("x=1;\n", 20), redTokens)      // one letter, four tokens
	f(repeat("ab cd ef\n", 20), quern.Keep) // 120 letters, 60 tokens and one
	f("abc ", quern.Keep)                   // 3 letters, one token and one
	f("ab ", redTokens)
	for i, o := range []RedPajamaCode{{}, {MaxLine: 1}, {MaxLine: 1, MaxMeanLine: 1, MinAlphanumeric: 2}, {MaxLine: 1, MaxMeanLine: 1, MinLettersPerToken: -1}} {
		if _, err := o.Stage(); err == nil {
			t.Errorf("options %d are accepted", i)
		}
	}
}
