package clean

import (
	"bytes"
	"unicode/utf8"
)

func firstRune(b []byte) rune {
	r, _ := utf8.DecodeRune(b)
	return r
}

// madladBytes tells of a byte whether a character begins there (bit 0), and whether it is technical (bit 1).
var madladBytes = func() (t [256]uint8) {
	for c := range t {
		t[c] = 1
		if c >= 0x80 && c < 0xC0 {
			t[c] = 0
		}
	}
	for _, c := range "0123456789{}+/()>" {
		t[c] |= 2
	}
	return t
}()

// curses are the substrings that MADLAD-400's data card calls cursed. Those that stand at the end of a sentence and the one of
// single characters are looked for by cursed itself. Each is found by two of its bytes, at, that are rare in clean text.
var curses = []struct {
	text string
	at   int
}{{" №", 2}, {"\ufffd\ufffd\ufffd", 0}, {"aute irure dolor ", 7}, {" sunt in culpa qui ", 11}, {"orem ipsum ", 6}, {" quis nostrud ", 10},
	{" adipisicing ", 4}, {" dolore eu ", 8}, {" cupidatat ", 3}, {"autem vel eum", 10}, {"wisi enim ad", 0}, {" sex ", 2}, {" porn ", 3},
	{"黄色电影", 0}, {"mp3", 1}, {"ownload", 2}, {"Vol.", 0}, {" Ep.", 1}, {"Episode", 0}, {" шт.", 4}, {"Develop", 0}, {"Facebook", 3},
	{" crusher ", 1}, {" xxx ", 1}, {" ... ... ... ... ... ... ... ... ...", 0}, {" .... .... .... .... .... .... .... .... ....", 0},
	{", ..,,? ..,,? ..,,? ..,,?", 4}}

// cursePairs has a bit for each two bytes by which a curse is found.
var cursePairs = func() (t [1 << 16 / 64]uint64) {
	for _, c := range curses {
		p := uint16(c.text[c.at])<<8 | uint16(c.text[c.at+1])
		t[p>>6] |= 1 << (p & 63)
	}
	return t
}()

var curseEnds = [][]byte{[]byte("|"), []byte(" г."), []byte(" кг.")}

// cursed tells whether a sentence has something cursed: one of the substrings, nine single characters with spaces between, or one
// of the ends.
func cursed(s []byte) bool {
	for i := 0; i+1 < len(s); i++ {
		if p := uint16(s[i])<<8 | uint16(s[i+1]); cursePairs[p>>6]>>(p&63)&1 != 0 && curseAt(s, i) {
			return true
		}
	}
	if bytes.HasSuffix(s, []byte(" nr.")) || nineSingles(s) {
		return true
	}
	_, end := trimSpaces(s, 0, len(s))
	for _, e := range curseEnds {
		if bytes.HasSuffix(s[:end], e) {
			return true
		}
	}
	return false
}

func curseAt(s []byte, i int) bool {
	for _, c := range curses {
		if c.text[c.at] == s[i] && i >= c.at && len(s)-i >= len(c.text)-c.at && string(s[i-c.at:i-c.at+len(c.text)]) == c.text {
			return true
		}
	}
	return false
}

// nineSingles tells whether nine characters in a row stand alone, each behind a space.
func nineSingles(s []byte) bool {
	singles := 0
	for i := bytes.IndexByte(s, ' '); i >= 0 && i+1 < len(s); {
		if s[i+1] == ' ' {
			singles = 0
			i++
			continue
		}
		if singles++; singles == 9 {
			return true
		}
		i++
		if _, size := utf8.DecodeRune(s[i:]); i+size < len(s) && s[i+size] != ' ' {
			singles = 0
		}
		next := bytes.IndexByte(s[i:], ' ')
		if next < 0 {
			return false
		}
		i += next
	}
	return false
}
