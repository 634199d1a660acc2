package tokenize

import (
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestIsNFC(t *testing.T) {
	r := testRand(47)
	normal := 0
	for i := range 40000 {
		var text []byte
		for range 1 + r.IntN(6) {
			switch r.IntN(8) {
			case 0:
				text = append(text, "plain ASCII, eight and more"[:r.IntN(20)]...)
			case 1:
				text = append(text, byte(r.IntN(256)))
			case 2:
				text = utf8.AppendRune(text, 0x300+r.Int32N(0x70)) // marks
			case 3:
				text = utf8.AppendRune(text, 0x1100+r.Int32N(0x100)) // parts of Hangul
			case 4:
				text = utf8.AppendRune(text, r.Int32N(0x33000))
			default:
				text = utf8.AppendRune(text, r.Int32N(0x3100))
			}
		}
		switch i % 3 {
		case 0:
			text = norm.NFC.Bytes(text)
		case 1:
			text = norm.NFD.Bytes(text)
		}
		want := norm.NFC.IsNormal(text)
		if want {
			normal++
		}
		if got := isNFC(text); got != want {
			t.Fatalf("%q (%+q): %v, want %v", text, text, got, want)
		}
	}
	if normal < 10000 || normal > 39000 {
		t.Errorf("%d normal texts", normal)
	}
}
