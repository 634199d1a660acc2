package extract

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"math"
	"strings"
	"unicode/utf8"
)

// The limits of XML. Real articles stay under 60 deep and a million nodes.
const (
	maxXMLDepth = 400
	maxXMLNodes = 4 << 20
)

// xmlTree is a document as an array of nodes in document order. It is used again for the next one. Nothing outside the bytes is
// ever read: a DTD is stepped over, and of the entities only those of XML and HTML are known.
type xmlTree struct {
	src   string
	nodes []xmlNode
	open  []int32
	named map[string]string // character references that were met
}

// xmlNode is an element or a piece of text.
type xmlNode struct {
	a, b  int32 // the element's local name, or the text, in src
	attrs int32 // where an element's attributes end; they begin at b
	end   int32 // the first node behind the subtree
	kind  xmlKind
}

type xmlKind uint8

const (
	xmlElement  xmlKind = iota
	xmlText             // with references
	xmlVerbatim         // without
)

// parse builds the tree. It is lenient where writers are careless (unquoted attributes, unknown entities, an end tag that closes
// more than it should) and strict where something is missing: a tag or an element that is not closed is an error.
func (d *xmlTree) parse(data []byte) error {
	if len(data) > math.MaxInt32 {
		return errors.New("extract: XML: longer than 2 GiB")
	}
	src, err := xmlString(data)
	if err != nil {
		return err
	}
	d.src, d.nodes, d.open = src, append(d.nodes[:0], xmlNode{}), append(d.open[:0], 0)
	at := 0
	for at < len(src) {
		lt := strings.IndexByte(src[at:], '<')
		if lt < 0 {
			lt = len(src) - at
		}
		if lt > 0 {
			kind := xmlVerbatim
			if strings.IndexByte(src[at:at+lt], '&') >= 0 {
				kind = xmlText
			}
			d.nodes = append(d.nodes, xmlNode{a: int32(at), b: int32(at + lt), end: int32(len(d.nodes) + 1), kind: kind})
			at += lt
			continue
		}
		n, err := d.markup(at)
		if err != nil {
			return fmt.Errorf("extract: XML: offset %d: %w", at, err)
		}
		if at += n; len(d.nodes) > maxXMLNodes {
			return fmt.Errorf("extract: XML: offset %d: more than %d elements and texts", at, maxXMLNodes)
		}
	}
	if len(d.open) > 1 {
		e := d.nodes[d.open[len(d.open)-1]]
		return fmt.Errorf("extract: XML: offset %d: <%.40s> is not closed", e.a, src[e.a:e.b])
	}
	d.nodes[0].end = int32(len(d.nodes))
	return nil
}

var errXMLOpen = errors.New("a tag, comment or section is not closed")

// markup reads what begins at the "<" at src[at:] and returns its length.
func (d *xmlTree) markup(at int) (int, error) {
	s := d.src[at:]
	if len(s) < 2 {
		return 0, errXMLOpen
	}
	switch s[1] {
	case '/':
		n := strings.IndexByte(s, '>')
		if n < 0 {
			return 0, errXMLOpen
		}
		d.close(localName(strings.TrimRight(s[2:n], " \t\r\n")))
		return n + 1, nil
	case '?':
		return through(s, 2, "?>")
	case '!':
		switch {
		case strings.HasPrefix(s, "<!--"):
			return through(s, 4, "-->")
		case strings.HasPrefix(s, "<![CDATA["):
			n, err := through(s, 9, "]]>")
			if err == nil && n > 12 {
				d.nodes = append(d.nodes, xmlNode{a: int32(at + 9), b: int32(at + n - 3), end: int32(len(d.nodes) + 1), kind: xmlVerbatim})
			}
			return n, err
		}
		return doctype(s)
	}
	return d.element(at)
}

// through is how long s is up to and with the end, which is sought from from on.
func through(s string, from int, end string) (int, error) {
	n := strings.Index(s[from:], end)
	if n < 0 {
		return 0, errXMLOpen
	}
	return from + n + len(end), nil
}

// doctype steps over a declaration with its internal subset, whose brackets and quotes hide a ">".
func doctype(s string) (int, error) {
	depth := 0
	for i := 2; i < len(s); i++ {
		switch s[i] {
		case '"', '\'':
			n := strings.IndexByte(s[i+1:], s[i])
			if n < 0 {
				return 0, errXMLOpen
			}
			i += n + 1
		case '[', '<':
			if strings.HasPrefix(s[i:], "<!--") {
				n, err := through(s[i:], 4, "-->")
				if err != nil {
					return 0, err
				}
				i += n - 1
				continue
			}
			depth++
		case ']':
			depth--
		case '>':
			if depth <= 0 {
				return i + 1, nil
			}
			depth--
		}
	}
	return 0, errXMLOpen
}

func isXMLSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// element reads a start tag.
func (d *xmlTree) element(at int) (int, error) {
	s := d.src[at:]
	i := 1
	for i < len(s) && s[i] != '>' && s[i] != '/' && !isXMLSpace(s[i]) {
		i++
	}
	name := s[1:i]
	local := localName(name)
	if local == "" || bclass[local[0]]&(cAlpha|cDigit) == 0 && local[0] < 0x80 && local[0] != '_' {
		return 0, fmt.Errorf("%.40q is no tag", s[:min(i+1, len(s))])
	}
	from := i
	for i < len(s) && s[i] != '>' {
		if c := s[i]; (c == '"' || c == '\'') && i > from {
			n := strings.IndexByte(s[i+1:], c)
			if n < 0 {
				return 0, errXMLOpen
			}
			i += n + 1
		}
		i++
	}
	if i >= len(s) {
		return 0, errXMLOpen
	}
	empty := s[i-1] == '/'
	self := int32(len(d.nodes))
	d.nodes = append(d.nodes, xmlNode{a: int32(at + from - len(local)), b: int32(at + from), attrs: int32(at + i), end: self + 1, kind: xmlElement})
	if !empty {
		if len(d.open) >= maxXMLDepth {
			return 0, fmt.Errorf("nested more than %d deep", maxXMLDepth)
		}
		d.open = append(d.open, self)
	}
	return i + 1, nil
}

func localName(name string) string {
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

// close ends the innermost element of that name, and whatever was left open inside; without one the tag is ignored.
func (d *xmlTree) close(name string) {
	for x := len(d.open) - 1; x > 0; x-- {
		e := &d.nodes[d.open[x]]
		if d.src[e.a:e.b] == name {
			for _, o := range d.open[x:] {
				d.nodes[o].end = int32(len(d.nodes))
			}
			d.open = d.open[:x]
			return
		}
	}
}

// xmlString gives the document as UTF-8, by its byte order mark or its declaration. Bytes that are not in the character set are
// an error where it is UTF-8.
func xmlString(data []byte) (string, error) {
	if name, skip := byteOrderMark(data); name == "utf-8" {
		data = data[skip:]
	} else if name != "" {
		out, _, err := decodeAs(nil, data[skip:], name)
		return string(out), err
	}
	if label := declaredXML(data); label != "" {
		name := canonical(label)
		if name == "" {
			return "", fmt.Errorf("extract: XML: unknown character set %.40q", label)
		}
		if name = asciiCompatible(name); name != "utf-8" {
			out, _, err := decodeAs(nil, data, name)
			return string(out), err
		}
	}
	if !utf8.Valid(data) {
		return "", errors.New("extract: XML: not UTF-8, and no other character set is declared")
	}
	return string(data), nil
}

// declaredXML is the encoding that the XML declaration names.
func declaredXML(data []byte) string {
	if !bytes.HasPrefix(data, []byte("<?xml")) {
		return ""
	}
	head, _, ok := bytes.Cut(data[:min(len(data), 1024)], []byte("?>"))
	if !ok {
		return ""
	}
	if i := bytes.Index(head, []byte("encoding")); i > 0 {
		return labelAfterEquals(head[i+8:])
	}
	return ""
}

// decode gives the text of a piece of source with references. They need their semicolon; an unknown one stands as it is written.
func (d *xmlTree) decode(s string) string {
	i := strings.IndexByte(s, '&')
	if i < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for ; i >= 0; i = strings.IndexByte(s, '&') {
		b = append(b, s[:i]...)
		text, n := d.reference(s[i:])
		b, s = append(b, text...), s[i+n:]
	}
	return string(append(b, s...))
}

// reference reads the reference that s begins with and returns its length.
func (d *xmlTree) reference(s string) (string, int) {
	n := strings.IndexByte(s[:min(len(s), maxEntity)], ';') + 1
	if n < 3 {
		return "&", 1
	}
	ref := s[:n]
	switch ref {
	case "&amp;":
		return "&", n
	case "&lt;":
		return "<", n
	case "&gt;":
		return ">", n
	}
	if text, ok := d.named[ref]; ok {
		return text, n
	}
	text := ""
	if ref[1] == '#' {
		out, took := appendNumeric(nil, []byte(ref))
		if took != n {
			return "&", 1
		}
		text = string(out)
	} else if text = html.UnescapeString(ref); strings.HasSuffix(text, ";") {
		return "&", 1
	}
	if len(d.named) < 4096 {
		if d.named == nil {
			d.named = map[string]string{}
		}
		d.named[strings.Clone(ref)] = text
	}
	return text, n
}
