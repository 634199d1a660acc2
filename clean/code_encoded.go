package clean

import (
	"bytes"
	"unicode/utf8"
)

// encodedMin is the least length of a run of base64, encodedItems the least number of hexadecimal bytes or \u escapes.
const (
	encodedMin   = 64
	encodedItems = 8
)

// needEncoded finds data in a text as StarCoder2 does (arXiv 2402.19173, section 3.1), with three patterns that are counted each on its
// own: [a-zA-Z0-9+/\n=]{64,}, (?:\b(?:0x|\\x)?[0-9a-fA-F]{2}(?:,|\b\s*)){8,} and (?:\\u[0-9a-fA-F]{4}){8,}. They are Python's: \s has the
// vertical tab and the separators U+001C to U+001F; spaces beyond ASCII are taken for none.
func (s *codeScan) needEncoded() {
	if !s.need(partEncoded) {
		return
	}
	s.encoded, s.encodedRun = 0, 0
	for _, find := range [...]func(text []byte) (total, longest int){base64Runs, hexRuns, escapeRuns} {
		total, longest := find(s.text)
		s.encoded += total
		s.encodedRun = max(s.encodedRun, longest)
	}
}

// base64Class has the characters of base64 and the line feed.
var base64Class = func() (t [256]bool) {
	for c := range 256 {
		t[c] = isAlnum(byte(c)) || c == '+' || c == '/' || c == '=' || c == '\n'
	}
	return t
}()

// base64Runs looks at every 64th character only: a run of 64 has one of them.
func base64Runs(text []byte) (total, longest int) {
	for p := encodedMin - 1; p < len(text); p += encodedMin {
		if !base64Class[text[p]] {
			continue
		}
		from, to := p, p+1
		for from > 0 && base64Class[text[from-1]] {
			from--
		}
		for to < len(text) && base64Class[text[to]] {
			to++
		}
		if n := to - from; n >= encodedMin {
			total += n
			longest = max(longest, n)
			for p+encodedMin < to {
				p += encodedMin
			}
		}
	}
	return total, longest
}

func isHex(c byte) bool { return c-'0' < 10 || (c|0x20)-'a' < 6 }

// hexStart marks the first characters that a hexadecimal item may have.
var hexStart = func() (t [256]bool) {
	for c := range 256 {
		t[c] = isHex(byte(c)) || c == '\\'
	}
	return t
}()

func hexRuns(text []byte) (total, longest int) {
	for i := 0; i+2 < len(text); {
		// Two characters of an item follow each other; most places are refused by the first.
		if !hexStart[text[i]] || i > 0 && isAlnumByte[text[i-1]] == isAlnumByte[text[i]] {
			i++
			continue
		}
		items, end := 0, i
		for {
			next := hexItem(text, end)
			if next == end {
				break
			}
			items++
			end = next
		}
		if items >= encodedItems {
			total += end - i
			longest = max(longest, end-i)
		}
		i = max(end, i+1)
	}
	return total, longest
}

// isAlnumByte has what \b of the pattern takes for a word; letters beyond ASCII count.
var isAlnumByte = func() (t [256]bool) {
	for c := range 256 {
		t[c] = isWord(byte(c))
	}
	return t
}()

// hexItem gives the end of one item of the pattern at i; i if there is none.
func hexItem(text []byte, i int) int {
	j := i
	if j >= len(text) || !hexStart[text[j]] || (j == 0 || !isAlnumByte[text[j-1]]) != isAlnumByte[text[j]] {
		return i
	}
	if j+1 < len(text) && (text[j] == '0' || text[j] == '\\') && text[j+1] == 'x' {
		j += 2
	}
	if j+1 >= len(text) || !isHex(text[j]) || !isHex(text[j+1]) {
		return i
	}
	if j += 2; j == len(text) {
		return j
	}
	if text[j] == ',' {
		return j + 1
	}
	if isAlnumByte[text[j]] {
		return i
	}
	for j < len(text) && text[j] < utf8.RuneSelf && pythonSpace(rune(text[j])) {
		j++
	}
	return j
}

func escapeRuns(text []byte) (total, longest int) {
	for i := 0; ; {
		at := bytes.Index(text[i:], []byte(`\u`))
		if at < 0 {
			return total, longest
		}
		i += at
		n := i
		for n+6 <= len(text) && text[n] == '\\' && text[n+1] == 'u' && isHex(text[n+2]) && isHex(text[n+3]) && isHex(text[n+4]) && isHex(text[n+5]) {
			n += 6
		}
		if n-i >= 6*encodedItems {
			total += n - i
			longest = max(longest, n-i)
		}
		i = max(n, i+2)
	}
}
