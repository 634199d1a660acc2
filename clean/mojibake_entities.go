package clean

import (
	"bytes"
	"html"
	"strings"
	"unicode/utf8"
)

// entities remembers what the entities of a text mean: a fixed list, which is read once.
type entities struct {
	known map[string]string // by name with & and ;
	buf   []byte
}

// unescape replaces HTML entities up to the first line that has a "<": from there on the text is taken for markup, where they belong.
// A text without any comes back as it is.
func (s *mojibake) unescape(text []byte) []byte {
	end := len(text)
	if i := bytes.IndexByte(text, '<'); i >= 0 {
		end = bytes.LastIndexByte(text[:i], '\n') + 1
	}
	e := &s.entities
	e.buf = e.buf[:0]
	from := 0
	for i := 0; i < end; {
		next := bytes.IndexByte(text[i:end], '&')
		if next < 0 {
			break
		}
		i += next
		n := entityLength(text[i:end])
		if n == 0 {
			i++
			continue
		}
		at := len(e.buf)
		e.buf = append(e.buf, text[from:i]...)
		var ok bool
		if e.buf, ok = e.decode(e.buf, text[i:i+n]); !ok {
			e.buf = e.buf[:at]
			i += n
			continue
		}
		i += n
		from = i
	}
	if from == 0 {
		return text
	}
	e.buf = append(e.buf, text[from:]...)
	return e.buf
}

// longestEntity is the length of the longest name, &CounterClockwiseContourIntegral;.
const longestEntity = 33

// entityLength is the length of an entity at the start of b, up to its semicolon; 0 if there is none.
func entityLength(b []byte) int {
	i := 1
	if i < len(b) && b[i] == '#' {
		i++
	}
	from := i
	for i < len(b) && i < longestEntity && isAlnum(b[i]) {
		i++
	}
	if i == from || i >= len(b) || b[i] != ';' {
		return 0
	}
	return i + 1
}

// decode appends what an entity means.
func (e *entities) decode(dst, entity []byte) ([]byte, bool) {
	if entity[1] == '#' {
		r := numericEntity(entity[2 : len(entity)-1])
		if r == 0 {
			return dst, false
		}
		return utf8.AppendRune(dst, r), true
	}
	meaning, ok := e.known[string(entity)]
	if !ok {
		name := string(entity)
		meaning = html.UnescapeString(name)
		if meaning == name || strings.HasSuffix(meaning, ";") && len(meaning) > 1 {
			return dst, false // no entity, or one that is only the beginning of the name: &notit;
		}
		e.known[name] = meaning
	}
	return append(dst, meaning...), true
}

// numericEntity reads the digits of &#…;. As in browsers, the C1 controls are Windows-1252; 0 stands for what is no character.
func numericEntity(digits []byte) (r rune) {
	base := rune(10)
	if digits[0]|0x20 == 'x' {
		base, digits = 16, digits[1:]
	}
	if len(digits) == 0 || len(digits) > 8 {
		return 0
	}
	for _, c := range digits {
		v := rune(c - '0')
		if v > 9 {
			if base == 10 || c|0x20 < 'a' || c|0x20 > 'f' {
				return 0
			}
			v = rune(c|0x20-'a') + 10
		}
		r = r*base + v
		if r > utf8.MaxRune {
			return 0
		}
	}
	if r >= 0x80 && r < 0xA0 && c1Table[r-0x80] != "" {
		r, _ = utf8.DecodeRuneInString(c1Table[r-0x80])
	}
	if !utf8.ValidRune(r) || r < ' ' && r != '\n' && r != '\t' {
		return 0
	}
	return r
}
