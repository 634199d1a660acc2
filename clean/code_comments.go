package clean

import (
	"bytes"
	"unicode/utf8"
)

// codeSpan is a comment or a string with what opens and closes it.
type codeSpan struct {
	from, to int32
	kind     uint8 // lexComment, lexString, lexDoc
	open     uint8 // bytes that open it
	close    uint8 // bytes that close it; 0 if the text or the line ended first
}

// lexer finds the comments and strings of a file. It knows nothing of a language but its lexStyle, and is never wrong for longer than
// a line where strings end with it.
type lexer struct {
	text  []byte
	style *lexStyle
	first *[256]uint8 // bytes that may open something
	spans []codeSpan
	made  map[*lexStyle]*[256]uint8

	missed int // documents of a shell whose end was not found
}

// maxMissed bounds how often the rest of a text is searched for the end of a document of a shell in vain.
const maxMissed = 8

// scan fills spans.
func (x *lexer) scan(text []byte, style *lexStyle) {
	x.spans, x.text, x.style, x.missed = x.spans[:0], text, style, 0
	if len(style.rules) == 0 {
		return
	}
	if x.first = x.made[style]; x.first == nil {
		x.first = new([256]uint8)
		for _, r := range style.rules {
			x.first[r.open[0]] = 1
		}
		if x.made == nil {
			x.made = map[*lexStyle]*[256]uint8{}
		}
		x.made[style] = x.first
	}
	first := x.first
	for i := 0; i < len(text); {
		if first[text[i]] == 0 {
			i++
			continue
		}
		end := x.at(i)
		i = max(end, i+1)
	}
}

// at tries the rules at i and gives the end of what opens there; i if nothing does.
func (x *lexer) at(i int) int {
	text := x.text
	for k := range x.style.rules {
		r := &x.style.rules[k]
		if text[i] != r.open[0] || len(text)-i < len(r.open) || len(r.open) > 1 && string(text[i:i+len(r.open)]) != r.open {
			continue
		}
		if r.flags != 0 && !x.opens(r, i) {
			continue
		}
		span := codeSpan{from: int32(i), kind: r.kind, open: uint8(len(r.open))}
		end, closed := x.end(r, i+len(r.open), &span)
		if end <= i {
			continue
		}
		if span.to, span.close = int32(end), closed; span.kind == lexString && x.style.python && x.alone(i, end) {
			span.kind = lexDoc
		}
		if span.kind != 0 {
			x.spans = append(x.spans, span)
		}
		return end
	}
	return i
}

// opens tells whether what stands before i lets the rule open.
func (x *lexer) opens(r *lexRule, i int) bool {
	before := byte('\n')
	if i > 0 {
		before = x.text[i-1]
	}
	switch {
	case r.flags&lexLineStart != 0:
		return before == '\n'
	case r.flags&lexWordStart != 0:
		return before <= ' ' || before == '(' || before == ';' || before == '&' || before == '|'
	case r.flags&lexWords != 0:
		return !isWord(before)
	case r.flags&lexPrime != 0:
		return x.isPrime(i) && (!isWord(before) || before == 'b')
	case r.flags&lexSymbol != 0:
		j := i
		for j < len(x.text) && x.text[j] == '-' {
			j++
		}
		return !isSymbol(before) && (j == len(x.text) || !isSymbol(x.text[j]))
	case r.flags&lexRegex != 0:
		return x.awaitsOperand(i)
	}
	return true
}

// isPrime tells a character literal: 'x', '\n', '\u{1F600}'.
func (x *lexer) isPrime(i int) bool {
	rest := x.text[i+1 : min(len(x.text), i+16)]
	if len(rest) < 2 || rest[0] == '\'' || rest[0] == '\n' {
		return false
	}
	if rest[0] == '\\' {
		return bytes.IndexByte(rest[2:], '\'') >= 0
	}
	_, n := utf8.DecodeRune(rest)
	return n < len(rest) && rest[n] == '\''
}

// awaitsOperand tells whether a / at i begins a regular expression: behind an operator, an opening bracket or return, not behind a value.
func (x *lexer) awaitsOperand(i int) bool {
	j := i - 1
	for j >= 0 && (x.text[j] == ' ' || x.text[j] == '\t') {
		j--
	}
	if j < 0 {
		return true
	}
	switch c := x.text[j]; c {
	case '(', ',', '=', ':', '[', '!', '&', '|', '?', '{', '}', ';', '\n', '+', '~', '^', '>':
		return true
	case 'n':
		return j >= 5 && string(x.text[j-5:j+1]) == "return" && (j == 5 || !isWord(x.text[j-6]))
	}
	return false
}

// end gives the end of what the rule opened before i, and how many bytes close it.
func (x *lexer) end(r *lexRule, i int, span *codeSpan) (end int, closed uint8) {
	text := x.text
	switch {
	case r.flags&lexChar != 0:
		span.kind = 0 // neither
		return min(i+1, len(text)), 0
	case r.flags&(lexLevel|lexHashes|lexDelimiter|lexHere) != 0:
		return x.special(r, i, span)
	case r.flags&lexRegex != 0:
		return x.regex(i)
	case r.flags&lexNested != 0:
		return x.nested(r, i)
	case r.close == "":
		return x.lineEnd(r, i), 0
	case r.escape == 0 && r.flags&lexOneLine == 0:
		if at := bytes.Index(text[i:], []byte(r.close)); at >= 0 {
			return i + at + len(r.close), uint8(len(r.close))
		}
		return len(text), 0
	}
	c := r.close[0]
	for ; i < len(text); i++ {
		switch b := text[i]; {
		case b == c:
			if len(r.close) == 1 || bytes.HasPrefix(text[i:], []byte(r.close)) {
				return i + len(r.close), uint8(len(r.close))
			}
		case b == r.escape && b != 0:
			i++
		case b == '\n' && r.flags&lexOneLine != 0:
			return i, 0
		}
	}
	return len(text), 0
}

// lineEnd is where the line ends, without its line feed; a line that ends with the escape goes on.
func (x *lexer) lineEnd(r *lexRule, i int) int {
	for {
		at := bytes.IndexByte(x.text[i:], '\n')
		if at < 0 {
			return len(x.text)
		}
		i += at
		if r.escape == 0 || x.text[i-1] != r.escape {
			return i
		}
		i++
	}
}

func (x *lexer) nested(r *lexRule, i int) (end int, closed uint8) {
	text := x.text
	a, b := r.open[0], r.close[0]
	for depth := 1; i < len(text); {
		c := text[i]
		switch {
		case c == b && bytes.HasPrefix(text[i:], []byte(r.close)):
			i += len(r.close)
			if depth--; depth == 0 {
				return i, uint8(len(r.close))
			}
		case c == a && bytes.HasPrefix(text[i:], []byte(r.open)):
			depth++
			i += len(r.open)
		default:
			i++
		}
	}
	return len(text), 0
}

// regex ends with a / that is not in brackets; on the same line, or it is none.
func (x *lexer) regex(i int) (end int, closed uint8) {
	inClass := false
	for from := i; i < len(x.text) && i-from < 1000; i++ {
		switch x.text[i] {
		case '\\':
			i++
		case '[':
			inClass = true
		case ']':
			inClass = false
		case '\n':
			return 0, 0
		case '/':
			if !inClass {
				return i + 1, 1
			}
		}
	}
	return 0, 0
}

// special ends what closes with a part of what opened it. It gives 0 if nothing opened.
func (x *lexer) special(r *lexRule, i int, span *codeSpan) (end int, closed uint8) {
	var buf [64]byte
	text, want, from := x.text, buf[:0], i
	switch {
	case r.flags&lexLevel != 0:
		for i < len(text) && text[i] == '=' && i-from < 32 {
			i++
		}
		if i == len(text) || text[i] != '[' {
			return 0, 0
		}
		want = append(append(append(want, ']'), text[from:i]...), ']')
	case r.flags&lexHashes != 0:
		for i < len(text) && text[i] == '#' && i-from < 32 {
			i++
		}
		if i == len(text) || text[i] != '"' {
			return 0, 0
		}
		want = append(append(want, '"'), text[from:i]...)
	case r.flags&lexDelimiter != 0:
		for i < len(text) && text[i] != '(' && text[i] > ' ' && i-from < 17 {
			i++
		}
		if i == len(text) || text[i] != '(' {
			return 0, 0
		}
		want = append(append(append(want, ')'), text[from:i]...), '"')
	default:
		return x.here(i)
	}
	span.open = uint8(i + 1 - int(span.from))
	if at := bytes.Index(text[i+1:], want); at >= 0 {
		return i + 1 + at + len(want), uint8(len(want))
	}
	return len(text), 0
}

// here ends a document that stands in a shell's script: << or <<-, perhaps quoted, a word, and lines up to that word alone.
func (x *lexer) here(i int) (end int, closed uint8) {
	text := x.text
	for i < len(text) && (text[i] == '-' || text[i] == '~' || text[i] == ' ') {
		i++
	}
	quote := byte(0)
	if i < len(text) && (text[i] == '\'' || text[i] == '"') {
		quote = text[i]
		i++
	}
	from := i
	for i < len(text) && isWord(text[i]) {
		i++
	}
	word := text[from:i]
	if x.missed > maxMissed || len(word) == 0 || word[0]-'0' < 10 || quote != 0 && (i == len(text) || text[i] != quote) {
		return 0, 0
	}
	for {
		at := bytes.IndexByte(text[i:], '\n')
		if at < 0 {
			x.missed++
			return 0, 0 // a shift, or a document that never ends
		}
		i += at + 1
		line := text[i:]
		if at := bytes.IndexByte(line, '\n'); at >= 0 {
			line = line[:at]
		}
		if bytes.Equal(bytes.TrimSpace(line), word) {
			return i + len(line), 0
		}
	}
}

// alone tells whether a string of Python is a statement of its own behind a colon, or the first of the file: documentation. That of
// asynchronous functions is among it, which the peers' walk of the syntax tree passes over.
func (x *lexer) alone(from, end int) bool {
	i := from - 1
	if i >= 0 && (x.text[i] == 'r' || x.text[i] == 'R' || x.text[i] == 'u') {
		i--
	}
	for i >= 0 && (x.text[i] == ' ' || x.text[i] == '\t') {
		i--
	}
	if i >= 0 && x.text[i] != '\n' {
		return false
	}
	for k := len(x.spans) - 1; i >= 0; {
		c := x.text[i]
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
			i--
			continue
		}
		if k >= 0 && i < int(x.spans[k].to) && x.spans[k].kind == lexComment {
			i = int(x.spans[k].from) - 1
			k--
			continue
		}
		return c == ':'
	}
	return true
}

func isWord(c byte) bool { return isAlnum(c) || c == '_' || c >= 0x80 }

// isSymbol tells the characters that operators of Haskell are made of.
func isSymbol(c byte) bool { return bytes.IndexByte([]byte("!#$%&*+./<=>?@\\^|-~:"), c) >= 0 }
