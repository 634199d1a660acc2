package jinja

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

type kind uint8

const (
	kEnd   kind = iota
	kText       // between tags
	kBegin      // {{ or {%
	kClose      // }} or %}
	kName
	kString
	kInt
	kFloat
	kOp
)

// token is a word of a template.
type token struct {
	kind kind
	text string // of a string without its quotes and escapes
	line int
}

func (t token) String() string {
	switch t.kind {
	case kEnd:
		return "the end of the template"
	case kText:
		return "text"
	case kString:
		return strconv.Quote(t.text)
	}
	return t.text
}

// Error is what is wrong with a template, or with the values for it.
type Error struct {
	Line   int // from 1
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("chat template: line %d: %s", e.Line, e.Reason) }

func fault(line int, format string, a ...any) error { return &Error{line, fmt.Sprintf(format, a...)} }

// maxSource bounds a template; the longest ones known have 20 KB.
const maxSource = 1 << 20

// lexer cuts a template into tokens. White space beside tags goes as trim_blocks and lstrip_blocks have it: the line break behind a block or comment, and the
// blanks between the start of a line and a block or comment, unless + stands in the tag.
type lexer struct {
	src    string
	at     int
	line   int
	tokens []token
}

func lex(src string) ([]token, error) {
	if len(src) > maxSource {
		return nil, fault(1, "%d bytes, at most %d", len(src), maxSource)
	}
	if !utf8.ValidString(src) {
		return nil, fault(1, "not UTF-8")
	}
	src = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(src)
	src = strings.TrimSuffix(src, "\n") // keep_trailing_newline is off
	l := &lexer{src: src, line: 1}
	strip := false // what follows begins behind a tag with -
	for {
		if err := l.text(&strip); err != nil {
			return nil, err
		}
		if l.at == len(l.src) {
			break
		}
		if err := l.tag(&strip); err != nil {
			return nil, err
		}
	}
	l.tokens = append(l.tokens, token{kEnd, "", l.line})
	return l.tokens, nil
}

// text takes what stands before the next tag.
func (l *lexer) text(strip *bool) error {
	next := len(l.src)
	for i := l.at; i+1 < len(l.src); i++ {
		if l.src[i] == '{' && strings.IndexByte("{%#", l.src[i+1]) >= 0 {
			next = i
			break
		}
	}
	s := l.src[l.at:next]
	line := l.line
	l.line += strings.Count(s, "\n")
	if *strip {
		s = strings.TrimLeft(s, whitespace)
	}
	if next < len(l.src) {
		mark := byte(0)
		if next+2 < len(l.src) {
			mark = l.src[next+2]
		}
		switch {
		case mark == '-':
			s = strings.TrimRight(s, whitespace)
		case mark != '+' && l.src[next+1] != '{': // lstrip_blocks
			bare := strings.TrimRight(s, " \t\f\v")
			before := l.at + len(l.src[l.at:next]) - (len(s) - len(bare)) // where the blanks begin
			if before == 0 || l.src[before-1] == '\n' {
				s = bare
			}
		}
	}
	l.at, *strip = next, false
	if s != "" {
		l.tokens = append(l.tokens, token{kText, s, line})
	}
	return nil
}

const whitespace = " \t\n\v\f\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\x1c\x1d\x1e\x1f"

// tag takes {{ … }}, {% … %} or {# … #}.
func (l *lexer) tag(strip *bool) error {
	open, line := l.src[l.at+1], l.line
	l.at += 2
	if l.at < len(l.src) && strings.IndexByte("-+", l.src[l.at]) >= 0 {
		l.at++
	}
	if open == '#' {
		return l.comment(strip)
	}
	first := len(l.tokens)
	l.tokens = append(l.tokens, token{kBegin, "{" + string(open), line})
	closing := map[byte]string{'{': "}}", '%': "%}"}[open]
	depth := 0
	for {
		for l.at < len(l.src) && strings.IndexByte(" \t\n\r\f\v", l.src[l.at]) >= 0 {
			if l.src[l.at] == '\n' {
				l.line++
			}
			l.at++
		}
		rest := l.src[l.at:]
		if rest == "" {
			return fault(line, "a tag without %s", closing)
		}
		mark := ""
		if rest[0] == '-' || rest[0] == '+' {
			mark = rest[:1]
		}
		if depth == 0 && strings.HasPrefix(rest[len(mark):], closing) {
			l.at += len(mark) + 2
			l.tokens = append(l.tokens, token{kClose, closing, l.line})
			if open == '{' {
				*strip = mark == "-"
				return nil
			}
			l.after(mark == "-", mark == "+", strip)
			if l.is(first, "raw") {
				return l.raw(first, line, strip)
			}
			return nil
		}
		t, err := l.word()
		if err != nil {
			return err
		}
		switch t.text {
		case "(", "[", "{":
			if t.kind == kOp {
				depth++
			}
		case ")", "]", "}":
			if t.kind == kOp {
				depth--
			}
		}
		l.tokens = append(l.tokens, t)
	}
}

// comment takes what is left of {# … #}.
func (l *lexer) comment(strip *bool) error {
	end := strings.Index(l.src[l.at:], "#}")
	if end < 0 {
		return fault(l.line, "a comment without #}")
	}
	body := l.src[l.at : l.at+end]
	l.line += strings.Count(body, "\n")
	l.at += end + 2
	l.after(strings.HasSuffix(body, "-"), strings.HasSuffix(body, "+"), strip)
	return nil
}

// is tells whether the tag that begins at token first is one word.
func (l *lexer) is(first int, word string) bool {
	return len(l.tokens) == first+3 && l.tokens[first+1].kind == kName && l.tokens[first+1].text == word
}

// after is what stands behind a block or a comment: a line break right there goes.
func (l *lexer) after(minus, plus bool, strip *bool) {
	*strip = minus
	if !minus && !plus && strings.HasPrefix(l.src[l.at:], "\n") {
		l.at++
		l.line++
	}
}

// raw takes everything to {% endraw %} as text.
func (l *lexer) raw(first, line int, strip *bool) error {
	l.tokens = l.tokens[:first]
	start := l.at
	for at := start; ; {
		i := strings.Index(l.src[at:], "{%")
		if i < 0 {
			return fault(line, "raw without endraw")
		}
		at += i
		body, rest, ok := strings.Cut(l.src[at+2:], "%}")
		word := strings.Trim(body, "-+ \t\n")
		if !ok || word != "endraw" {
			at += 2
			continue
		}
		s := l.src[start:at]
		l.line += strings.Count(l.src[start:len(l.src)-len(rest)], "\n")
		if *strip {
			s = strings.TrimLeft(s, whitespace)
		}
		if strings.HasPrefix(body, "-") {
			s = strings.TrimRight(s, whitespace)
		}
		if s != "" {
			l.tokens = append(l.tokens, token{kText, s, line})
		}
		l.at = len(l.src) - len(rest)
		l.after(strings.HasSuffix(body, "-"), strings.HasSuffix(body, "+"), strip)
		return nil
	}
}

var operators = []string{"**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",", ":", ".", "|", ";"}

// word takes one token inside a tag.
func (l *lexer) word() (token, error) {
	s := l.src[l.at:]
	c := s[0]
	switch {
	case c == '"' || c == '\'':
		return l.quoted(c)
	case c >= '0' && c <= '9':
		return l.number()
	case nameByte(c):
		n := 0
		for n < len(s) && (nameByte(s[n]) || s[n] >= '0' && s[n] <= '9') {
			n++
		}
		l.at += n
		return token{kName, s[:n], l.line}, nil
	}
	for _, op := range operators {
		if strings.HasPrefix(s, op) {
			l.at += len(op)
			return token{kOp, op, l.line}, nil
		}
	}
	r, _ := utf8.DecodeRuneInString(s)
	return token{}, fault(l.line, "unexpected %q in a tag", r)
}

func nameByte(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

func (l *lexer) number() (token, error) {
	s := l.src[l.at:]
	n, k := 0, kInt
	for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] == '_') {
		n++
	}
	if n+1 < len(s) && s[n] == '.' && s[n+1] >= '0' && s[n+1] <= '9' {
		k = kFloat
		for n++; n < len(s) && s[n] >= '0' && s[n] <= '9'; n++ {
		}
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		m := n + 1
		if m < len(s) && (s[m] == '+' || s[m] == '-') {
			m++
		}
		if m < len(s) && s[m] >= '0' && s[m] <= '9' {
			k = kFloat
			for n = m; n < len(s) && s[n] >= '0' && s[n] <= '9'; n++ {
			}
		}
	}
	l.at += n
	return token{k, strings.ReplaceAll(s[:n], "_", ""), l.line}, nil
}

// quoted takes a string with Python's escapes.
func (l *lexer) quoted(quote byte) (token, error) {
	line := l.line
	var b strings.Builder
	for i := l.at + 1; i < len(l.src); i++ {
		c := l.src[i]
		switch {
		case c == quote:
			l.at = i + 1
			return token{kString, b.String(), line}, nil
		case c == '\n':
			l.line++
			b.WriteByte(c)
		case c != '\\' || i+1 == len(l.src):
			b.WriteByte(c)
		default:
			i++
			n, err := escape(&b, l.src[i:])
			if err != nil {
				return token{}, fault(l.line, "%v", err)
			}
			i += n - 1
		}
	}
	return token{}, fault(line, "a string without its closing %c", quote)
}

// escape writes what an escape stands for, and tells how many bytes behind the backslash it has.
func escape(b *strings.Builder, s string) (int, error) {
	if c := strings.IndexByte("\\'\"abfnrtv", s[0]); c >= 0 {
		b.WriteByte("\\'\"\a\b\f\n\r\t\v"[c])
		return 1, nil
	}
	width := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[0]]
	switch {
	case s[0] == '\n':
		return 1, nil
	case width == 0: // Python keeps the backslash
		b.WriteByte('\\')
		b.WriteByte(s[0])
		return 1, nil
	case len(s) <= width:
		return 0, fmt.Errorf("an escape \\%c of less than %d digits", s[0], width)
	}
	v, err := strconv.ParseUint(s[1:1+width], 16, 32)
	if err != nil || v > utf8.MaxRune || v >= 0xD800 && v < 0xE000 {
		return 0, fmt.Errorf("escape \\%s is no character", s[:1+width])
	}
	b.WriteRune(rune(v))
	return 1 + width, nil
}
