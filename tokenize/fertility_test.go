package tokenize

import "testing"

func TestMeasure(t *testing.T) {
	l := DefaultLearn()
	l.Vocab = 263
	c := NewCounter(l)
	c.Add([]byte("the the the the the"))
	bytesTok := mustLearn(t, c)
	l = DefaultLearn()
	l.Split, l.Vocab, l.Coverage = Metaspace, 300, 1
	c = NewCounter(l)
	c.Add([]byte("the the the the the a"))
	charsTok := mustLearn(t, c)
	f := func(tok *Tokenizer, text string, want Fertility) {
		t.Helper()
		want.Docs, want.Bytes = 1, int64(len(text))
		got, err := tok.NewGauge().Measure([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s, %q:\n got %+v\nwant %+v", tok.Describe(), text, got, want)
		}
	}
	// What is learned is "th", "the" and " the", with ▁ for the space in the second.
	f(bytesTok, " the the", Fertility{Chars: 8, Words: 2, Tokens: 2})
	f(bytesTok, " the xy\n z", Fertility{Chars: 10, Words: 3, Continued: 1, Tokens: 7})
	f(bytesTok, "é", Fertility{Chars: 1, Words: 1, Continued: 1, Tokens: 2})
	f(bytesTok, "", Fertility{})
	f(bytesTok, " \n", Fertility{Chars: 2, Tokens: 2})
	f(charsTok, "the the", Fertility{Chars: 7, Words: 2, Tokens: 2})
	f(charsTok, "the tha é", Fertility{Chars: 9, Words: 3, Continued: 2, Tokens: 7})
	var sum Fertility
	sum.Add(Fertility{1, 10, 8, 4, 1, 5})
	sum.Add(Fertility{1, 10, 8, 4, 2, 3})
	if sum.BytesPerToken() != 2.5 || sum.TokensPerWord() != 1 || sum.TokensPerChar() != 0.5 || sum.ContinuedPercent() != 37.5 || (Fertility{}).TokensPerWord() != 0 {
		t.Errorf("%+v", sum)
	}
}
