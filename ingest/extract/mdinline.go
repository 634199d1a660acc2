package extract

import (
	"bytes"
	"html"
	"strings"
)

// maxLink bounds the search for the end of a link, code span or tag, so that no input makes it quadratic.
const (
	maxLink  = 1000
	maxLinks = 3 // links within the words of links, as with pictures
)

// mdInline appends a block without the signs of emphasis, links, pictures, code and tags.
func mdInline(dst, b []byte, depth int) []byte {
	for i := 0; i < len(b); {
		c := b[i]
		n := 1
		switch c {
		case '\\':
			if i+1 < len(b) && strings.IndexByte("\\`*_{}[]()#+-.!|~<>\"'$&", b[i+1]) >= 0 {
				dst = append(dst, b[i+1])
				n = 2
			} else {
				dst = append(dst, c)
			}
		case '`':
			dst, n = mdCode(dst, b[i:])
		case '$':
			n = mdFormula(b[i:])
			dst = append(dst, b[i:i+n]...)
		case '!':
			if i+1 < len(b) && b[i+1] == '[' {
				break // the link that follows leaves its words
			}
			dst = append(dst, c)
		case '[':
			dst, n = mdLink(dst, b[i:], depth)
		case '<':
			dst, n = mdTag(dst, b[i:])
		case '&':
			dst, n = mdEntity(dst, b[i:])
		case '*', '_', '~':
			n = mdRun(b[i:], c)
			if !mdEmphasis(b, i, n) {
				dst = append(dst, b[i:i+n]...)
			}
		default:
			dst = append(dst, c)
		}
		i += n
	}
	return dst
}

// mdEmphasis reports whether the n signs at i mark words, rather than being signs themselves.
func mdEmphasis(b []byte, i, n int) bool {
	space := func(j int) bool { return j < 0 || j >= len(b) || b[j] == ' ' || b[j] == '\n' }
	word := func(j int) bool {
		return j >= 0 && j < len(b) && (b[j] >= 'a' && b[j] <= 'z' || b[j] >= 'A' && b[j] <= 'Z' || b[j] >= '0' && b[j] <= '9' || b[j] >= 0x80)
	}
	switch {
	case n > 3, space(i-1) && space(i+n), b[i] == '~' && n != 2:
		return false
	case b[i] == '_':
		return !word(i-1) || !word(i+n)
	}
	return true
}

func mdCode(dst, b []byte) ([]byte, int) {
	n := mdRun(b, '`')
	rest := b[n:min(len(b), n+maxLink)]
	for i := 0; i < len(rest); {
		k := mdRun(rest[i:], '`')
		if k == n {
			return append(dst, bytes.TrimSpace(rest[:i])...), n + i + k
		}
		i += max(k, 1)
	}
	return append(dst, b[:n]...), n
}

// mdFormula is the length of $…$, or 1 if the dollar is one of money.
func mdFormula(b []byte) int {
	n := min(mdRun(b, '$'), 2)
	if len(b) == n || b[n] == ' ' {
		return n
	}
	i := bytes.Index(b[n:min(len(b), n+maxLink)], b[:n])
	if i < 1 || b[n+i-1] == ' ' {
		return n
	}
	if end := n + i + n; end < len(b) && b[end] >= '0' && b[end] <= '9' {
		return n
	}
	return n + i + n
}

// mdLink takes [words](place), [words][name] and footnotes, and leaves the words.
func mdLink(dst, b []byte, depth int) ([]byte, int) {
	end := mdClosing(b, '[', ']')
	if end < 0 || depth == maxLinks {
		n := mdRun(b, '[')
		return append(dst, b[:n]...), n
	}
	if len(b) > 1 && b[1] == '^' { // a footnote: its mark is dropped, its text stays where it stands
		if end+1 < len(b) && b[end+1] == ':' {
			return dst, end + 2
		}
		return dst, end + 1
	}
	words := b[1:end]
	if end+1 < len(b) {
		open, shut := b[end+1], byte(')')
		if open == '[' {
			shut = ']'
		}
		if open == '(' || open == '[' {
			if k := mdClosing(b[end+1:], open, shut); k >= 0 {
				return mdInline(dst, words, depth+1), end + 1 + k + 1
			}
		}
	}
	return append(dst, '['), 1
}

// mdClosing is where what opens at b[0] closes, -1 if it does not do so soon.
func mdClosing(b []byte, open, shut byte) int {
	depth := 0
	for i := 0; i < min(len(b), maxLink); i++ {
		switch b[i] {
		case '\\':
			i++
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// mdTag takes an HTML tag, which leaves nothing, or an address in angles, which is itself.
func mdTag(dst, b []byte) ([]byte, int) {
	if len(b) < 3 || b[1] != '/' && b[1] != '!' && (b[1]|0x20 < 'a' || b[1]|0x20 > 'z') {
		return append(dst, '<'), 1
	}
	if bytes.HasPrefix(b, []byte("<!--")) {
		if i := bytes.Index(b[:min(len(b), maxLink)], []byte("-->")); i > 0 {
			return dst, i + 3
		}
	}
	i := bytes.IndexByte(b[:min(len(b), maxLink)], '>')
	if i < 0 {
		return append(dst, '<'), 1
	}
	in := b[1:i]
	if bytes.IndexByte(in, ' ') < 0 && (bytes.Contains(in, []byte("://")) || bytes.IndexByte(in, '@') > 0) {
		return append(dst, in...), i + 1
	}
	if t := strings.ToLower(string(in)); t == "br" || t == "br/" || t == "br /" {
		return append(dst, '\n'), i + 1
	}
	return dst, i + 1
}

func mdEntity(dst, b []byte) ([]byte, int) {
	if i := bytes.IndexByte(b[:min(len(b), 40)], ';'); i > 1 {
		if s := html.UnescapeString(string(b[:i+1])); s != string(b[:i+1]) {
			return append(dst, s...), i + 1
		}
	}
	return append(dst, '&'), 1
}
