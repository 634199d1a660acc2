package tokenize

import "unicode/utf8"

// byteLevel spells each byte as the character that stands for it in tokenizer.json (GPT-2's table): itself where it is visible
// Latin-1, else the next code point from U+0100 on.
var byteLevel = func() (table [256]rune) {
	next := rune(256)
	for i := range table {
		if visible(byte(i)) {
			table[i] = rune(i)
		} else {
			table[i] = next
			next++
		}
	}
	return table
}()

func visible(b byte) bool { return '!' <= b && b <= '~' || 0xA1 <= b && b <= 0xAC || 0xAE <= b }

var fromRune = func() (table [0x144]int16) {
	for i := range table {
		table[i] = -1
	}
	for b, r := range byteLevel {
		table[r] = int16(b)
	}
	return table
}()

func appendByteLevel(dst []byte, word []byte) []byte {
	for _, b := range word {
		dst = append(dst, string(byteLevel[b])...)
	}
	return dst
}

func fromByteLevel(name string) ([]byte, bool) {
	return appendFromByteLevel(make([]byte, 0, len(name)), []byte(name))
}

// appendFromByteLevel appends the bytes that a name spells; false if it spells none.
func appendFromByteLevel(dst, name []byte) ([]byte, bool) {
	for i := 0; i < len(name); i++ {
		r := rune(name[i])
		if r >= utf8.RuneSelf {
			if i++; r>>5 != 6 || i == len(name) {
				return dst, false
			}
			r = r&31<<6 | rune(name[i])&63
		}
		if int(r) >= len(fromRune) || fromRune[r] < 0 {
			return dst, false
		}
		dst = append(dst, byte(fromRune[r]))
	}
	return dst, len(name) > 0
}
