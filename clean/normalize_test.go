package clean

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

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
	f(all, "\u1100\u1161\u11a8 \u304b\u3099", "\uac01 \u304c")
	f(all, "a\n\n\n\n\nb\n \t\n\n  \n\nc", "a\n\n\nb\n\n\nc")
	f(all, "\n \n\t\n    indented\nrest \n \n", "    indented\nrest")
	f(Normalize{MaxBlank: 0}, "a\n\n\nb", "a\nb")
	f(none, "\ufeff a\r\n\r\n\r\n\r\n\x00e\u0301\u0085 ", "\ufeff a\r\n\r\n\r\n\r\n\x00e\u0301\u0085 ")
	f(Normalize{MaxBlank: -1, Controls: true}, "a\u0085b\r\n\fc", "ab\r\n\fc") // only breaks speaks for line ends of ASCII

	f(all, "\ufb01x \uff12\uff10 \u338f \u2460", "\ufb01x \uff12\uff10 \u338f \u2460") // form C keeps what only looks alike
	f(Normalize{Form: "nfkc", MaxBlank: -1}, "\ufb01x \uff12\uff10 \u338f \u2460", "fix 20 kg 1")
	f(all, "\u202eabc\u202c \u2066x\u2069 \u200fy", "\u202eabc\u202c \u2066x\u2069 \u200fy")
	f(Normalize{Bidi: true}, "\u202eabc\u202c \u2066x\u2069 \u200fy\u061c", "abc x \u200fy\u061c")
	f(Normalize{Spaces: true}, "a\tb\u00a0c\u3000d\u2009e\nf", "a b c d e\nf")
	f(Normalize{MaxRun: 3}, "soooooo !!!!! \u4e2d\u4e2d\u4e2d\u4e2d\u4e2d      x\n\n\n\n\ny", "sooo !!! \u4e2d\u4e2d\u4e2d      x\ny")
	f(Normalize{MaxRun: 3, MaxBlank: -1}, "    x\n\n\n\n\ny", "    x\n\n\n\n\ny") // layout is not counted
	f(Normalize{MaxRun: 1}, "aaa", "a")
}

func TestNormalizeCutsStacksOfMarks(t *testing.T) {
	s, err := Normalize{Form: "nfc", MaxMarks: 3}.Stage()
	build(t, s, err)
	f := func(text, want string) {
		t.Helper()
		if d := ruling(t, s, text, quern.Keep); string(d.Text) != want {
			t.Errorf("%+q: %+q, want %+q", text, d.Text, want)
		}
	}
	zalgo := func(n int) string { return "x" + repeat("\u0316", n) }
	f(zalgo(3), zalgo(3))
	f(zalgo(9)+"y"+zalgo(2), zalgo(3)+"y"+zalgo(2))
	f("\u1ebf\u0316\u0316\u0316", norm.NFC.String("\u1ebf\u0316")) // the two marks of a composed letter count
	f("x\u0344\u0344", "\u1e8d\u0301")                             // one that stands for two counts as two
	tibetan := "\u0f66\u0f92\u0fb2\u0fb1\u0f74"
	f(tibetan, tibetan) // letters below letters are not marks that stack
	if s, err := DefaultNormalize().Stage(); err == nil {
		hebrew := norm.NFC.String("\u05e9\u05c1\u05bc\u05b8\u05bd\u05a5")
		if d := ruling(t, s, hebrew, quern.Keep); string(d.Text) != hebrew {
			t.Errorf("a pointed letter is cut: %+q", d.Text)
		}
	}
}

func TestNormalizeVerdicts(t *testing.T) {
	s, err := DefaultNormalize().Stage()
	build(t, s, err)
	ruling(t, s, "", empty)
	ruling(t, s, " \n\ufeff\x00\u00ad", empty)
	if d := ruling(t, s, "abc\xffdef", notUTF8); d.Drop.Value != 3 {
		t.Errorf("the invalid byte is at %v, want 3", d.Drop.Value)
	}
	o := DefaultNormalize()
	o.Invalid = "replace"
	s, err = o.Stage()
	build(t, s, err)
	for text, want := range map[string]string{"abc\xffdef": "abc\ufffddef", "a\xed\xa0\x80b\xff\xfe": "a\ufffdb\ufffd", "\xc3": "\ufffd",
		"\xe2\x82 x\x00": "\ufffd x", "good \u00e9": "good \u00e9"} {
		if d := ruling(t, s, text, quern.Keep); string(d.Text) != want {
			t.Errorf("%q became %q, want %q", text, d.Text, want)
		}
	}
	for _, bad := range []Normalize{{MaxBlank: 1 << 30}, {Form: "nfd"}, {Invalid: "ignore"}, {MaxMarks: -1}, {MaxMarks: 25}, {MaxRun: -1}} {
		if _, err := bad.Stage(); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

// TestNormalizeKeepsItsTables: what survey takes for safe must be so: a text of such characters alone is in normal form.
func TestNormalizeKeepsItsTables(t *testing.T) {
	for _, form := range []string{"nfc", "nfkc"} {
		stage, err := Normalize{Form: form, MaxBlank: -1}.Stage()
		s := build(t, stage, err).(*normalize)
		safe := 0
		var text []byte
		for r := rune(1); r < 0x30000; r++ {
			if utf8.ValidRune(r) && s.flags(r)&foundForm == 0 {
				text = utf8.AppendRune(text, r)
				safe++
			}
		}
		if !s.form.IsNormal(text) || safe < 100_000 {
			t.Errorf("%s: %d characters are taken for safe; are they in normal form: %v", form, safe, s.form.IsNormal(text))
		}
	}
}

// TestNormalizePassesCleanText: no copy, no allocation, and none for a dirty one either once there is scratch space.
func TestNormalizePassesCleanText(t *testing.T) {
	s, err := DefaultNormalize().Stage()
	build(t, s, err)
	d := new(quern.Doc)
	for _, text := range []string{"plain text\n\nof two paragraphs.", "caf\u00e9 \u4e2d\u6587 \u0440\u0443\u0441\u0441\u043a\u0438\u0439 \U0001F600 \ud55c\uad6d\uc5b4"} {
		own := []byte(text)
		d.Text = own
		if v, err := s.Apply(d); v != quern.Keep || err != nil || &d.Text[0] != &own[0] {
			t.Errorf("%q is copied", text)
		}
	}
	dirty := []byte("a\r\nb\x00 e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\n\n\n\n\n\nc \n \U0002F800 \U0001D15E \U0001D49C")
	if n := testing.AllocsPerRun(50, func() {
		d.Text = dirty
		s.Apply(d)
	}); n != 0 {
		t.Errorf("%v allocations a document", n)
	}
}

func BenchmarkNormalize(b *testing.B) {
	s, err := DefaultNormalize().Stage()
	build(b, s, err)
	for name, docs := range map[string][]string{"prose": prose(b), "chinese": chinese(b)} {
		b.Run(name, func(b *testing.B) { benchStage(b, docs, s) })
	}
}

func FuzzNormalize(f *testing.F) {
	for _, text := range []string{"a\r\n\r\nb", "\ufeffe\u0301\u200b\u0301", "\n\n\n a \n\n\n", "\u0085\u2028\x00", "\u1ebf\u0344\u0316\u0316\u0316\u0316\u0316\u0316\u0316\u0316", "\xed\xa0\x80\xff",
		"aaaaaa\u202e\u00a0\u3000\ufb01", "\u1ebf\x00\n\x00\x00" + strings.Repeat("\u0316", 7)} {
		f.Add(text)
	}
	def, full := DefaultNormalize(), DefaultNormalize()
	full.Form, full.Invalid, full.Bidi, full.Spaces, full.MaxRun, full.MaxMarks = "nfkc", "replace", true, true, 3, 2
	var stages []quern.Stage
	for _, o := range []Normalize{def, full} {
		s, err := o.Stage()
		stages = append(stages, build(f, s, err))
	}
	f.Fuzz(func(t *testing.T, text string) {
		for i, s := range stages {
			d := quern.Doc{Text: []byte(text)}
			v, err := s.Apply(&d)
			if err != nil {
				t.Fatal(err)
			}
			if v != quern.Keep {
				continue
			}
			once := string(d.Text)
			if !utf8.ValidString(once) || once == "" || strings.ContainsAny(once, "\r\x00\u200b\ufeff") || strings.Contains(once, "\n\n\n\n") {
				t.Fatalf("%q became %q", text, once)
			}
			if i > 0 {
				continue // shortening runs can bring marks together that then compose anew
			}
			if v, err := s.Apply(&d); v != quern.Keep || err != nil || string(d.Text) != once {
				t.Fatalf("%q: a second pass gives %q, not %q", text, d.Text, once)
			}
		}
	})
}
