package clean

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// email finds the address around text[at] == '@' that begins at floor or later; to is 0 if there is none. An address is atoms
// joined by dots, "@", and two or more labels, or an IPv4 address in brackets (RFC 5322 without quoted names and comments). It
// begins at a word boundary.
func (s *pii) email(floor, at int) (from, to int) {
	if !s.on[piiEmail] {
		return 0, 0
	}
	if to = domainEnd(s.text, at+1); to < 0 {
		return 0, 0
	}
	if s.loose {
		if from = localStart(s.text, floor, at); from < 0 {
			return 0, 0
		}
		return from, to
	}
	if from = plainStart(s.text, floor, at); from == at || !plainDomain(s.text[at+1:to]) {
		return 0, 0
	}
	return from, to
}

// plainStart finds where a name as people have it begins: letters, digits and . _ % + - & from a letter, digit or "_" on, an
// apostrophe between letters, 64 at most (RFC 5321). In author='me@example.org' the standard's atoms would take all of it. A letter
// of an alphabet must not stand before it, a character of a script without spaces may. It is at if there is no name.
func plainStart(b []byte, floor, at int) int {
	const longest = 64
	from := max(floor, at-longest-1)
	i := at
	for i > from {
		c := b[i-1]
		plain := isAlnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-' || c == '&' ||
			c == '\'' && i-1 > from && isLetter(b[i-2]) && i < at && isLetter(b[i])
		if !plain {
			break
		}
		i--
	}
	for i < at && !isAlnum(b[i]) && b[i] != '_' {
		i++
	}
	if at-i > longest || i > 0 && b[i-1] >= utf8.RuneSelf && !boundaryRune(utf8.DecodeLastRune(b[:i])) {
		return at
	}
	return i
}

func isLetter(c byte) bool { return (c|0x20)-'a' < 26 }

// plainDomain tells whether a domain ends as the internet's do, in a label of letters (or xn--), or is an IPv4 address; not in the
// ending of a file that has an "@" in its name.
func plainDomain(domain []byte) bool {
	if domain[0] == '[' {
		return true
	}
	if _, n := parseIPv4(domain); n == len(domain) {
		return true
	}
	last := domain[bytes.LastIndexByte(domain, '.')+1:]
	if len(last) < 2 {
		return false
	}
	if len(last) > 4 && last[0]|0x20 == 'x' && last[1]|0x20 == 'n' && last[2] == '-' {
		return true
	}
	var low [8]byte
	for i, c := range last {
		if !isLetter(c) {
			return false
		}
		if i < len(low) {
			low[i] = c | 0x20
		}
	}
	switch string(low[:min(len(last), len(low))]) {
	case "jpg", "jpeg", "png", "gif", "svg", "webp", "avif", "js", "css", "html", "htm", "json", "map", "service", "go", "ts", "yaml", "yml", "xml", "txt",
		"pdf", "zip", "tgz":
		return false
	}
	return true
}

// localStart finds where the name before text[at] == '@' begins, not before floor; -1 if there is none.
func localStart(text []byte, floor, at int) int {
	const longest = 320 // a name has at most 64 bytes; beyond this the search back would be quadratic on hostile text
	from := at
	for from > floor && at-from < longest {
		c := text[from-1]
		if !isAtom(c) && (c != '.' || from == at || text[from] == '.') {
			break
		}
		from--
	}
	for ; from < at; from++ {
		if !isAtom(text[from]) {
			continue
		}
		before, _ := utf8.DecodeLastRune(text[floor:from])
		if (from > floor && isWordRune(before)) != isWordRune(rune(text[from])) {
			return from
		}
	}
	return -1
}

// domainEnd finds the end of the domain that begins at i; -1 if there is none.
func domainEnd(text []byte, i int) int {
	if i < len(text) && text[i] == '[' {
		if _, n := parseIPv4(text[i+1:]); n > 0 && i+1+n < len(text) && text[i+1+n] == ']' {
			return i + n + 2
		}
		return -1
	}
	for labels := 1; ; labels++ {
		if i >= len(text) || !isAlnum(text[i]) {
			return -1
		}
		end := i
		for end < len(text) && (isAlnum(text[end]) || text[end] == '-') {
			end++
		}
		last := end
		for text[last-1] == '-' {
			last--
		}
		if last == end && end+1 < len(text) && text[end] == '.' && isAlnum(text[end+1]) {
			i = end + 1
			continue
		}
		if labels < 2 {
			return -1
		}
		return last
	}
}

func isAlnum(c byte) bool { return c-'0' < 10 || (c|0x20)-'a' < 26 }

func isAtom(c byte) bool {
	return isAlnum(c) || c < 0x80 && strings.IndexByte("!#$%&'*+/=?^_`{|}~-", c) >= 0
}

func isWordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }
