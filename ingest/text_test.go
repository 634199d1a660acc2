package ingest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

func TestText(t *testing.T) {
	f := func(c Text, name, content string, want string, reasons map[string]int) []quern.Doc {
		t.Helper()
		r, err := NewText(opts(plant(t, name, content), "."), c)
		h := reap(t, r, err)
		var got []string
		for _, d := range h.docs {
			got = append(got, string(d.Text))
		}
		if fmt.Sprintf("%q", got) != want || fmt.Sprint(h.reasons) != fmt.Sprint(reasons) {
			t.Errorf("%+v %.80q: %q, %v; want %s, %v", c, content, got, h.errs, want, reasons)
		}
		return h.docs
	}
	none := map[string]int{}
	file := DefaultText()
	if d := f(file, "x/a.txt", bom+"One\n\nTwo\r\n", `["One\n\nTwo\r\n"]`, none); string(d[0].Meta) != `{"path":"x/a.txt"}` || d[0].ID != quern.NewID("s", "x/a.txt") {
		t.Errorf("%+v %s", d[0], d[0].Meta)
	}
	f(file, "a.zip", zipOf(t, "a.txt", "One", "b.txt", "Two", "c.md", "no"), `["One" "Two"]`, none)
	f(file, "a.txt.gz", gz("One"), `["One"]`, none)
	f(file, "a.txt", "caf\xe9 au lait", `[]`, map[string]int{"invalid-utf8": 1})
	f(file, "a.txt", strings.Repeat("x", maxLine+1), `[]`, map[string]int{"too-large": 1})
	detect := file
	detect.Charset = "detect"
	f(detect, "a.txt", "caf\xc3\xa9 au lait", `["café au lait"]`, none)
	if d := f(detect, "a.txt", "caf\xe9 au lait, s'il vous pla\xeet", `["café au lait, s'il vous plaît"]`, none); !strings.Contains(string(d[0].Meta), `"charset":"windows-1252"`) {
		t.Errorf("%s", d[0].Meta)
	}
	f(detect, "a.txt", "\xff\xfeH\x00i\x00", `["Hi"]`, none)
	f(detect, "a.txt", "\xff\x00\x01\x02", `[]`, map[string]int{"not-text": 1})

	line := Text{Split: "line", Charset: "utf-8", MaxBytes: 20}
	if d := f(line, "a.txt", "One\n\n  \r\nTwo \r\nOne\n", `["One" "Two " "One"]`, none); string(d[1].Meta) != `{"path":"a.txt","offset":9}` || d[0].ID == d[2].ID {
		t.Errorf("%+v %s", d[1], d[1].Meta)
	}
	f(line, "a.txt", "good\n\xff\n"+strings.Repeat("x", 21)+"\nNUL\x00\n\u200b\nlast", `["good" "last"]`, map[string]int{"invalid-utf8": 1, "too-large": 1, "control-character": 1, "empty-text": 1})
	f(line, "a.txt.gz", gz("One\nTwo"), `["One" "Two"]`, none)
	f(line, "a.txt", "\xff\xfeH\x00i\x00", `[]`, map[string]int{"invalid-utf8": 1})

	blank := Text{Split: "blank", Charset: "utf-8", MaxBytes: 20}
	f(blank, "a.txt", "\n\nOne\ntwo\n \t\n\nThree\n\n\n", `["One\ntwo" "Three"]`, none)
	f(blank, "a.txt", "One\r\ntwo\r\n\r\nThree", `["One\r\ntwo" "Three"]`, none)
	f(blank, "a.txt", strings.Repeat("x\n", 11)+"\nok", `["ok"]`, map[string]int{"too-large": 1})
	f(blank, "a.txt", "", `[]`, none)

	for _, c := range []Text{{}, {Split: "word", Charset: "utf-8", MaxBytes: 1}, {Split: "line", Charset: "detect", MaxBytes: 1}, {Split: "file", Charset: "latin1", MaxBytes: 1}, {Split: "line", Charset: "utf-8", MaxBytes: maxLine + 1}} {
		if _, err := NewText(opts("", "x"), c); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("One\n\nTwo\r\n \nThree", uint8(3))
	f.Add(bom+"\n\n\nOne\xff", uint8(1))
	f.Fuzz(func(t *testing.T, text string, unit uint8) {
		dir := plant(t, "a.txt", text)
		for _, split := range []string{"line", "blank"} {
			c := DefaultText()
			c.Split = split
			o := opts(dir, "a.txt")
			r, err := NewText(o, c)
			whole, _ := fates(t, r, err)
			o.UnitBytes = 1 + int64(unit)
			r, err = NewText(o, c)
			if parts, _ := fates(t, r, err); fmt.Sprint(parts) != fmt.Sprint(whole) && !strings.Contains(fmt.Sprint(whole), "UTF-") {
				t.Errorf("%s, units of %d: %q, want %q", split, o.UnitBytes, parts, whole)
			}
		}
	})
}
