package pdf

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// docText decodes a text string outside pages: UTF-16 or UTF-8 with a mark in front, else PDFDocEncoding.
func docText(s []byte) string {
	switch {
	case len(s) >= 2 && s[0] == 0xfe && s[1] == 0xff:
		return string(utf16.Decode(units16(s[2:], false)))
	case len(s) >= 2 && s[0] == 0xff && s[1] == 0xfe:
		return string(utf16.Decode(units16(s[2:], true)))
	case bytes.HasPrefix(s, []byte("\xef\xbb\xbf")):
		return strings.ToValidUTF8(string(s[3:]), "\uFFFD")
	}
	var b strings.Builder
	enc := encodings()["PDFDocEncoding"]
	for _, c := range s {
		if c < ' ' {
			b.WriteByte(c)
			continue
		}
		b.WriteString(enc[c])
	}
	return b.String()
}

func units16(s []byte, little bool) []uint16 {
	u := make([]uint16, 0, len(s)/2)
	for ; len(s) >= 2; s = s[2:] {
		if little {
			u = append(u, uint16(s[1])<<8|uint16(s[0]))
		} else {
			u = append(u, uint16(s[0])<<8|uint16(s[1]))
		}
	}
	return u
}

// cleanText makes one line of a text: no controls, no signs that stand for nothing, single spaces.
func cleanText(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError || r == 0x1b || r >= 0xe000 && r < 0xf900 || r == 0xfeff:
			return -1
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// info fills in what the file states about itself: in its information dictionary, else in its metadata.
func (f *file) info(d *Document) {
	in := f.get(f.trailer, "Info")
	text := func(key string) string {
		if v := f.get(in, key); v.kind == str && len(v.s) < 1<<16 {
			return cleanText(docText(v.s))
		}
		return ""
	}
	d.Title, d.Author, d.Date = text("Title"), text("Author"), isoDate(text("CreationDate"))
	if b, err := f.decode(f.get(f.get(f.trailer, "Root"), "Metadata")); err == nil {
		b = b[:min(len(b), 1<<20)]
		if d.Title == "" {
			d.Title = xmpItems(b, "dc:title")
		}
		if d.Author == "" {
			d.Author = xmpItems(b, "dc:creator")
		}
		if d.Date == "" {
			if s := xmpItems(b, "xmp:CreateDate"); len(s) >= 10 {
				d.Date = isoDate(strings.ReplaceAll(s[:10], "-", ""))
			}
		}
	}
	if junkTitle(d.Title) {
		d.Title = ""
	}
	switch strings.ToLower(d.Author) {
	case "anonymous", "unknown", "author", "user", "admin", "administrator": // what programs write where nobody has
		d.Author = ""
	}
}

// junkTitle reports a title that a program has made up: the name of a file.
func junkTitle(s string) bool {
	l := strings.ToLower(s)
	for _, p := range []string{"microsoft word", "microsoft powerpoint", "untitled", "no title", "powerpoint ", "slide 1", "title"} {
		if strings.HasPrefix(l, p) && (p != "title" || len(l) == len(p)) {
			return true
		}
	}
	for _, e := range []string{".dvi", ".doc", ".docx", ".tex", ".pdf", ".ps", ".rtf", ".qxd", ".indd", ".fm", ".odt", ".md", ".html", ".pptx", ".ppt"} {
		if strings.HasSuffix(l, e) {
			return true
		}
	}
	return utf8.RuneCountInString(s) < 4 && s != "" && s[0] < 0x80
}

// isoDate reads "D:YYYYMMDD…".
func isoDate(s string) string {
	s = strings.TrimPrefix(s, "D:")
	n := 0
	for n < len(s) && n < 8 && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n < 4 || s[:4] < "1900" {
		return ""
	}
	out := s[:4]
	if n >= 6 && s[4:6] >= "01" && s[4:6] <= "12" {
		out += "-" + s[4:6]
		if n >= 8 && s[6:8] >= "01" && s[6:8] <= "31" {
			out += "-" + s[6:8]
		}
	}
	return out
}

// xmpItems gives the text of an element of an XMP packet, of a list its items with "; " between them, or an attribute of that name.
func xmpItems(b []byte, tag string) string {
	if _, after, ok := bytes.Cut(b, []byte(tag+`="`)); ok {
		v, _, _ := bytes.Cut(after, []byte(`"`))
		return cleanText(unescape(string(v)))
	}
	_, after, ok := bytes.Cut(b, []byte("<"+tag))
	if !ok {
		return ""
	}
	inner, _, ok := bytes.Cut(after, []byte("</"+tag))
	if !ok {
		return ""
	}
	var items []string
	for part := range strings.SplitSeq(string(inner), ">") {
		t, _, _ := strings.Cut(part, "<")
		if t = cleanText(unescape(t)); t != "" && len(items) < 256 {
			items = append(items, t)
		}
	}
	return strings.Join(items, "; ")
}

var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&").Replace

// findDOI finds the first DOI in a text.
func findDOI(text []byte) string {
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte("10."))
		if i < 0 {
			return ""
		}
		at := from + i
		from = at + 3
		if at > 0 && (text[at-1] >= '0' && text[at-1] <= '9' || text[at-1] == '.') {
			continue
		}
		n := 3
		for at+n < len(text) && text[at+n] >= '0' && text[at+n] <= '9' {
			n++
		}
		if n < 7 || n > 12 || at+n >= len(text) || text[at+n] != '/' {
			continue
		}
		end := at + n + 1
		for end < len(text) && text[end] > ' ' && text[end] < 0x7f && bytes.IndexByte([]byte(`"<>{}|\^[]`), text[end]) < 0 && end-at < 200 {
			end++
		}
		doi := strings.TrimRight(string(text[at:end]), ".,;:'")
		for strings.HasSuffix(doi, ")") && strings.Count(doi, ")") > strings.Count(doi, "(") {
			doi = strings.TrimRight(doi[:len(doi)-1], ".,;:'")
		}
		if len(doi) > n+1 {
			return doi
		}
	}
}
