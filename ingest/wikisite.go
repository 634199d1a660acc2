package ingest

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// wikiSite is what the head of a dump says.
type wikiSite struct {
	name, base, lang string
	namespaces       map[string]int
	wikimedia        bool
}

func readSite(head []byte, name string) (s wikiSite, err error) {
	if !bytes.Contains(head, []byte("<mediawiki")) {
		return s, refuse(name, "not-mediawiki", 0, errors.New(looksLike(head)))
	}
	root := xmlBetween(head, "<mediawiki", ">")
	s.lang = validName(string(xmlBetween(root, `xml:lang="`, `"`)))
	info := xmlBetween(head, "<siteinfo>", "</siteinfo>")
	if len(info) > 0 && !utf8.Valid(info) {
		return s, refuse(name, "not-mediawiki", 0, errors.New("the description of the site is not UTF-8"))
	}
	text := func(open, end string) string { return string(appendXMLText(nil, xmlBetween(info, open, end))) }
	s.base, s.name = text("<base>", "</base>"), text("<dbname>", "</dbname>")
	if s.name == "" {
		s.name = s.base
	}
	if s.name == "" {
		s.name = name
	}
	s.namespaces = map[string]int{}
	for len(info) > 0 && len(s.namespaces) < 1000 {
		_, after, ok := bytes.Cut(info, []byte("<namespace "))
		if !ok {
			break
		}
		info = after
		tag, rest, _ := bytes.Cut(after, []byte(">"))
		n, err := strconv.Atoi(string(xmlBetween(tag, `key="`, `"`)))
		local, _, ok := bytes.Cut(rest, []byte("</namespace>"))
		if err == nil && ok && len(local) > 0 && len(local) < 200 && !bytes.HasSuffix(tag, []byte("/")) {
			s.namespaces[string(appendXMLText(nil, local))] = n
		}
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(s.base, "https://"), "http://"), "/")
	for _, of := range []string{"wikipedia.org", "wiktionary.org", "wikibooks.org", "wikivoyage.org", "wikisource.org", "wikiquote.org", "wikiversity.org"} {
		s.wikimedia = s.wikimedia || host == of || strings.HasSuffix(host, "."+of)
	}
	return s, nil
}

// url is where a page is read by people: the folder of the main page, and the title as MediaWiki writes it into addresses.
func (s *wikiSite) url(title string) string {
	b := []byte(s.base[:strings.LastIndexByte(s.base, '/')+1])
	for _, c := range []byte(title) {
		switch {
		case c == ' ':
			b = append(b, '_')
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', strings.IndexByte("-_.~;@$!*(),/:", c) >= 0:
			b = append(b, c)
		default:
			b = append(b, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		}
	}
	return string(b)
}

// xmlBetween is what stands between two signs; nil if they are not there.
func xmlBetween(b []byte, open, end string) []byte {
	i := bytes.Index(b, []byte(open))
	if i < 0 {
		return nil
	}
	b = b[i+len(open):]
	i = bytes.Index(b, []byte(end))
	if i < 0 {
		return nil
	}
	return b[:i]
}

// xmlText is the content of the element <text>, which may be empty.
func xmlText(rev []byte) ([]byte, bool) {
	i := bytes.Index(rev, []byte("<text"))
	if i < 0 {
		return nil, false
	}
	rev = rev[i:]
	k := bytes.IndexByte(rev, '>')
	if k < 0 {
		return nil, false
	}
	if rev[k-1] == '/' {
		return nil, true
	}
	rev = rev[k+1:]
	k = bytes.Index(rev, []byte("</text>"))
	if k < 0 {
		return nil, false
	}
	return rev[:k], true
}

// appendXMLText appends s with the references of XML resolved.
func appendXMLText(dst, s []byte) []byte {
	for {
		k := bytes.IndexByte(s, '&')
		if k < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:k]...)
		s = s[k:]
		n := bytes.IndexByte(s[:min(len(s), 12)], ';')
		if n < 0 {
			dst, s = append(dst, '&'), s[1:]
			continue
		}
		switch name := string(s[1:n]); name {
		case "lt":
			dst = append(dst, '<')
		case "gt":
			dst = append(dst, '>')
		case "amp":
			dst = append(dst, '&')
		case "quot":
			dst = append(dst, '"')
		case "apos":
			dst = append(dst, '\'')
		default:
			if r, ok := xmlRune(name); ok {
				dst = utf8.AppendRune(dst, r)
			} else {
				dst = append(dst, s[:n+1]...)
			}
		}
		s = s[n+1:]
	}
}

// xmlRune reads a numeric reference without & and ;.
func xmlRune(name string) (rune, bool) {
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	base := 10
	if name = name[1:]; name[0] == 'x' {
		name, base = name[1:], 16
	}
	n, err := strconv.ParseUint(name, base, 21)
	if err != nil || !utf8.ValidRune(rune(n)) {
		return 0, false
	}
	return rune(n), true
}
