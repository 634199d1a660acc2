package extract

import "bytes"

// prescanSize is how much of a page browsers read before they must know its character set.
const prescanSize = 1024

// metaCharset finds what a page says of itself in its first bytes: in an XML declaration, or in the first <meta> that names a known
// character set, by the rules of the HTML standard. Comments, and attributes of other tags, are no statements.
func metaCharset(page []byte, size int) string {
	s := prescan{page[:min(len(page), size)]}
	if bytes.HasPrefix(s.b, []byte("<?xml")) {
		if end := bytes.Index(s.b, []byte("?>")); end > 0 {
			if i := bytes.Index(s.b[:end], []byte("encoding")); i > 0 {
				if name := canonical(labelAfterEquals(s.b[i+8 : end])); name != "" {
					return asciiCompatible(name)
				}
			}
		}
	}
	for {
		k := bytes.IndexByte(s.b, '<')
		if k < 0 {
			return ""
		}
		s.b = s.b[k:]
		switch {
		case bytes.HasPrefix(s.b, []byte("<!--")):
			end := bytes.Index(s.b[2:], []byte("-->")) // "<!-->" is a whole comment
			if end < 0 {
				return ""
			}
			s.b = s.b[2+end+3:]
		case hasPrefixFold(s.b, "<meta") && len(s.b) > 5 && (htmlSpace(s.b[5]) || s.b[5] == '/'):
			s.b = s.b[5:]
			if name := s.meta(); name != "" {
				return asciiCompatible(name)
			}
		case len(s.b) > 1 && (letterAt(s.b, 1) || s.b[1] == '/' && letterAt(s.b, 2)):
			s.tag()
		case len(s.b) > 1 && (s.b[1] == '!' || s.b[1] == '/' || s.b[1] == '?'):
			end := bytes.IndexByte(s.b, '>')
			if end < 0 {
				return ""
			}
			s.b = s.b[end+1:]
		default:
			s.b = s.b[1:]
		}
	}
}

func letterAt(b []byte, i int) bool {
	return uint(i) < uint(len(b)) && 'a' <= lower[b[i]] && lower[b[i]] <= 'z'
}

func htmlSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r' }

// prescan is what is left of the head of a page.
type prescan struct{ b []byte }

// tag goes over a tag and its attributes.
func (s *prescan) tag() {
	for len(s.b) > 0 && !htmlSpace(s.b[0]) && s.b[0] != '>' {
		s.b = s.b[1:]
	}
	for {
		if name, _ := s.attribute(); name == nil {
			return
		}
	}
}

// meta reads the attributes of a <meta> and gives the known character set that it names.
func (s *prescan) meta() string {
	var charset, content string
	pragma := false
	for {
		name, value := s.attribute()
		if name == nil {
			break
		}
		switch {
		case charset == "" && len(name) == 7 && hasPrefixFold(name, "charset"):
			charset = string(value)
		case len(name) == 10 && hasPrefixFold(name, "http-equiv"):
			pragma = pragma || len(value) == 12 && hasPrefixFold(value, "content-type")
		case content == "" && len(name) == 7 && hasPrefixFold(name, "content"):
			content = charsetLabel(value)
			pragma = pragma || hasPrefixFold(value, "text/html") // "http-equiv" is often left out
		}
	}
	if name := canonical(charset); name != "" {
		return name
	}
	if pragma {
		return canonical(content)
	}
	return ""
}

// attribute reads the next attribute of a tag; a nil name ends the tag.
func (s *prescan) attribute() (name, value []byte) {
	b := s.b
	for len(b) > 0 && (htmlSpace(b[0]) || b[0] == '/') {
		b = b[1:]
	}
	if len(b) == 0 || b[0] == '>' {
		s.b = b[min(1, len(b)):]
		return nil, nil
	}
	n := 1 // a name may begin with an equals sign
	for n < len(b) && !htmlSpace(b[n]) && b[n] != '/' && b[n] != '>' && b[n] != '=' {
		n++
	}
	name, b = b[:n], b[n:]
	rest := bytes.TrimLeft(b, " \t\n\f\r")
	if len(rest) == 0 || rest[0] != '=' {
		s.b = b
		return name, nil
	}
	b = bytes.TrimLeft(rest[1:], " \t\n\f\r")
	if len(b) > 0 && (b[0] == '"' || b[0] == '\'') {
		end := bytes.IndexByte(b[1:], b[0])
		if end < 0 { // the value does not end here
			s.b = nil
			return name, nil
		}
		s.b = b[end+2:]
		return name, b[1 : end+1]
	}
	n = 0
	for n < len(b) && !htmlSpace(b[n]) && b[n] != '>' {
		n++
	}
	s.b = b[n:]
	return name, b[:n]
}
