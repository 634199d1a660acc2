package pdf

import "bytes"

// lexer reads values from the bytes of a file, an object stream or a content stream.
type lexer struct {
	data  []byte
	pos   int
	refs  bool // "1 0 R" is a reference; in content streams it is not
	stack []value
	vals  []value // arrays and dictionaries are cut from these two
	text  []byte
}

const (
	lSpace = 1 << iota
	lDelim
	lDigit // begins a number
)

var lclass = func() (t [256]byte) {
	for _, c := range "\x00\t\n\f\r " {
		t[c] |= lSpace
	}
	for _, c := range "()<>[]{}/%" {
		t[c] |= lDelim
	}
	for _, c := range "0123456789+-." {
		t[c] |= lDigit
	}
	return t
}()

// reuse lets values be cut from the same memory again: those given before are no longer valid.
func (l *lexer) reuse() { l.vals, l.text = l.vals[:0], l.text[:0] }

func (l *lexer) skipSpace() {
	for l.pos < len(l.data) {
		c := l.data[l.pos]
		switch {
		case lclass[c]&lSpace != 0:
			l.pos++
		case c == '%':
			for l.pos < len(l.data) && l.data[l.pos] != '\n' && l.data[l.pos] != '\r' {
				l.pos++
			}
		default:
			return
		}
	}
}

// next reads one value. What is no value is skipped or taken for a keyword; it never fails.
func (l *lexer) next() value { return l.value(0) }

func (l *lexer) value(depth int) value {
	l.skipSpace()
	if l.pos >= len(l.data) {
		return value{kind: end}
	}
	c := l.data[l.pos]
	switch {
	case lclass[c]&lDigit != 0:
		return l.number()
	case c == '/':
		l.pos++
		return value{kind: name, s: l.name()}
	case c == '(':
		l.pos++
		return value{kind: str, s: l.literal()}
	case c == '<' && l.at(1) == '<':
		l.pos += 2
		return l.compound(dict, depth+1)
	case c == '<':
		l.pos++
		return value{kind: str, s: l.hex()}
	case c == '[':
		l.pos++
		return l.compound(array, depth+1)
	case c == ']' || c == '{' || c == '}' || c == ')':
		l.pos++
		return value{kind: keyword, s: l.data[l.pos-1 : l.pos]}
	case c == '>':
		n := 1
		if l.at(1) == '>' {
			n = 2
		}
		l.pos += n
		return value{kind: keyword, s: l.data[l.pos-n : l.pos]}
	}
	return l.word()
}

func (l *lexer) at(i int) byte {
	if l.pos+i < len(l.data) {
		return l.data[l.pos+i]
	}
	return 0
}

func (l *lexer) word() value {
	a := l.pos
	for l.pos < len(l.data) && lclass[l.data[l.pos]]&(lSpace|lDelim) == 0 {
		l.pos++
	}
	w := l.data[a:l.pos]
	switch string(w) {
	case "true":
		return value{kind: boolean, num: 1}
	case "false":
		return value{kind: boolean}
	case "null":
		return value{}
	}
	return value{kind: keyword, s: w}
}

// number reads a number, or a reference that begins with one. Broken writers give "--5", "1.2.3" and "5-3": the leading part counts.
func (l *lexer) number() value {
	v, whole := l.digits()
	if !l.refs || !whole || v.num < 0 {
		return v
	}
	mark := l.pos
	l.skipSpace()
	if c := l.at(0); c < '0' || c > '9' {
		l.pos = mark
		return v
	}
	g, whole := l.digits()
	if whole && g.num >= 0 && g.num < 1<<17 {
		l.skipSpace()
		if l.at(0) == 'R' && (l.pos+1 >= len(l.data) || lclass[l.data[l.pos+1]]&(lSpace|lDelim) != 0) {
			l.pos++
			return value{kind: ref, num: v.num, gen: int(g.num)}
		}
	}
	l.pos = mark
	return v
}

func (l *lexer) digits() (v value, whole bool) {
	v.kind, whole = number, true
	neg := false
	for l.at(0) == '-' || l.at(0) == '+' {
		neg = neg || l.data[l.pos] == '-'
		l.pos++
	}
	div := 0.0
	for ; l.pos < len(l.data); l.pos++ {
		c := l.data[l.pos]
		switch {
		case c >= '0' && c <= '9':
			if div == 0 {
				v.num = float64(v.num*10) + float64(c-'0')
			} else if div < 1e15 {
				v.num = float64(v.num*10) + float64(c-'0')
				div *= 10
			}
		case c == '.' && div == 0:
			div, whole = 1, false
		case c == '-' || c == '.' || c == '+':
		default:
			goto done
		}
	}
done:
	if div > 1 {
		v.num /= div
	}
	if neg {
		v.num = -v.num
	}
	if !(v.num > -1e15 && v.num < 1e15) {
		v.num = 0
	}
	return v, whole
}

func (l *lexer) name() []byte {
	a := l.pos
	plain := true
	for l.pos < len(l.data) && lclass[l.data[l.pos]]&(lSpace|lDelim) == 0 {
		plain = plain && l.data[l.pos] != '#'
		l.pos++
	}
	s := l.data[a:l.pos]
	if plain {
		return s
	}
	at := len(l.text)
	for i := 0; i < len(s); i++ {
		if s[i] == '#' && i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0 {
			l.text = append(l.text, byte(unhex(s[i+1])<<4|unhex(s[i+2])))
			i += 2
			continue
		}
		l.text = append(l.text, s[i])
	}
	return l.text[at:len(l.text):len(l.text)]
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// literal reads a string in parentheses, behind the first of them.
func (l *lexer) literal() []byte {
	depth, at, from := 1, -1, l.pos
	for l.pos < len(l.data) {
		c := l.data[l.pos]
		l.pos++
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				if at < 0 {
					return l.data[from : l.pos-1]
				}
				return l.text[at:len(l.text):len(l.text)]
			}
		case '\\', '\r':
			if at < 0 {
				at = len(l.text)
				l.text = append(l.text, l.data[from:l.pos-1]...)
			}
			if c == '\\' {
				l.escape()
				continue
			}
			if l.at(0) == '\n' {
				l.pos++
			}
			c = '\n'
		}
		if at >= 0 {
			l.text = append(l.text, c)
		}
	}
	if at < 0 {
		return l.data[from:]
	}
	return l.text[at:len(l.text):len(l.text)]
}

func (l *lexer) escape() {
	c := l.at(0)
	l.pos++
	switch c {
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case '\r':
		if l.at(0) == '\n' {
			l.pos++
		}
		return
	case '\n':
		return
	case '0', '1', '2', '3', '4', '5', '6', '7':
		c -= '0'
		for i := 0; i < 2 && l.at(0) >= '0' && l.at(0) <= '7'; i++ {
			c = c<<3 | (l.at(0) - '0')
			l.pos++
		}
	}
	l.text = append(l.text, c)
}

func (l *lexer) hex() []byte {
	stop := bytes.IndexByte(l.data[l.pos:], '>')
	s := l.data[l.pos:]
	if stop >= 0 {
		s = s[:stop]
		l.pos += stop + 1
	} else {
		l.pos = len(l.data)
	}
	at, high := len(l.text), -1
	for _, c := range s {
		d := unhex(c)
		switch {
		case d < 0:
		case high < 0:
			high = d
		default:
			l.text = append(l.text, byte(high<<4|d))
			high = -1
		}
	}
	if high >= 0 {
		l.text = append(l.text, byte(high<<4))
	}
	return l.text[at:len(l.text):len(l.text)]
}

// compound reads an array or a dictionary, behind its opening sign. A keyword inside one that is none of its own ends it, as in a file
// that was cut.
func (l *lexer) compound(k kind, depth int) value {
	base := len(l.stack)
	closer := "]"
	if k == dict {
		closer = ">>"
	}
	for {
		if depth > maxDepth {
			l.pos = len(l.data)
		}
		mark := l.pos
		v := l.value(depth)
		if v.kind == end {
			break
		}
		if v.kind == keyword {
			if string(v.s) == closer {
				break
			}
			if s := string(v.s); s == "endobj" || s == "stream" || s == "obj" {
				l.pos = mark
				break
			}
			continue
		}
		if len(l.stack) >= maxElements {
			continue
		}
		l.stack = append(l.stack, v)
		if k == dict && (len(l.stack)-base)&1 == 1 && v.kind != name {
			l.stack = l.stack[:len(l.stack)-1]
		}
	}
	n := len(l.stack) - base
	if k == dict {
		n &^= 1
	}
	at := len(l.vals)
	l.vals = append(l.vals, l.stack[base:base+n]...)
	l.stack = l.stack[:base]
	return value{kind: k, a: l.vals[at:len(l.vals):len(l.vals)]}
}
