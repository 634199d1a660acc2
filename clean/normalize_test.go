package clean

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

func TestNormalize(t *testing.T) {
	f := func(o Normalize, text, want string) {
		t.Helper()
		s, err := o.Stage()
		if d := ruling(t, build(t, s, err), text, quern.Keep); string(d.Text) != want {
			t.Errorf("%q: %q, want %q", text, d.Text, want)
		}
	}
	all, none := DefaultNormalize(), Normalize{MaxBlank: -1}
	f(all, "plain\ttext\n", "plain\ttext")
	f(all, "a\r\nb\rc\vd\fe\u0085f\u2028g\u2029h", "a\nb\nc\nd\ne\nf\ng\nh")
	f(all, "\ufeffa\u200bb\u2060c\u00add", "abcd")
	f(all, "\u0928\u0930\u200d\u0947 \u0645\u06cc\u200c\u062e", "\u0928\u0930\u200d\u0947 \u0645\u06cc\u200c\u062e") // joiners stay
	f(all, "a\x00b\x07c\x7fd\u009fe", "abcde")
	f(all, "cafe\u0301 \u212b", "caf\u00e9 \u00c5")
	f(all, "a\n\n\n\n\nb\n \t\n\n  \n\nc", "a\n\n\nb\n\n\nc")
	f(all, "\n \n\t\n    indented\nrest \n \n", "    indented\nrest")
	f(Normalize{MaxBlank: 0}, "a\n\n\nb", "a\nb")
	f(none, "\ufeff a\r\n\r\n\r\n\r\n\x00e\u0301\u0085 ", "\ufeff a\r\n\r\n\r\n\r\n\x00e\u0301\u0085 ")
	f(Normalize{MaxBlank: -1, Controls: true}, "a\u0085b\r\n\fc", "ab\r\n\fc") // only breaks speaks for line ends of ASCII
	s, err := all.Stage()
	build(t, s, err)
	ruling(t, s, "", empty)
	ruling(t, s, " \n\ufeff\x00\u00ad", empty)
	if d := ruling(t, s, "abc\xffdef", notUTF8); d.Drop.Value != 3 {
		t.Errorf("the invalid byte is at %v, want 3", d.Drop.Value)
	}
	if _, err := (Normalize{MaxBlank: 1 << 30}).Stage(); err == nil {
		t.Error("an absurd number of blank lines is accepted")
	}
}

func FuzzNormalize(f *testing.F) {
	for _, text := range []string{"a\r\n\r\nb", "\ufeffe\u0301\u200b\u0301", "\n\n\n a \n\n\n", "\u0085\u2028\x00"} {
		f.Add(text)
	}
	s, err := DefaultNormalize().Stage()
	build(f, s, err)
	f.Fuzz(func(t *testing.T, text string) {
		d := quern.Doc{Text: []byte(text)}
		v, err := s.Apply(&d)
		if err != nil {
			t.Fatal(err)
		}
		if v != quern.Keep {
			return
		}
		once := string(d.Text)
		if !utf8.ValidString(once) || once == "" || strings.ContainsAny(once, "\r\x00\u200b\ufeff") || strings.Contains(once, "\n\n\n\n") {
			t.Fatalf("%q became %q", text, once)
		}
		if v, err := s.Apply(&d); v != quern.Keep || err != nil || string(d.Text) != once {
			t.Fatalf("%q: a second pass gives %q, not %q", text, d.Text, once)
		}
	})
}
