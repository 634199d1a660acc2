package extract

import (
	"bytes"
	"fmt"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Decode appends page to dst as UTF-8 and names the character set that it took page to be in, by its WHATWG name. What decides
// is, in this order: a byte order mark, the charset of the HTTP Content-Type, a <meta> in the first 1024 bytes, and the bytes
// themselves. A declaration of UTF-8 that the bytes contradict in more than a few places is not believed, nor a <meta> of anything
// else where many bytes beyond ASCII are without exception UTF-8. Bytes that are not
// in the character set become U+FFFD. A label that names no known character set counts as no label. err is set only where a
// decoder itself fails.
func Decode(dst, page []byte, contentType string) (utf8 []byte, charset string, err error) {
	if name, skip := byteOrderMark(page); name != "" {
		return decodeAs(dst, page[skip:], name)
	}
	name := headerCharset(contentType)
	if name == "" {
		if name = metaCharset(page); name != "utf-8" && surelyUTF8(page) {
			name = "utf-8" // a page that was saved or moved in another character set than it was written in
		}
	}
	if name == "" || name == "utf-8" && !mostlyUTF8(page) {
		name = detect(page)
	}
	return decodeAs(dst, page, name)
}

// surelyUTF8 reports whether page is valid UTF-8 with so many bytes beyond ASCII that this is no chance.
func surelyUTF8(page []byte) bool {
	high := 0
	for _, c := range page {
		if c >= 0x80 {
			high++
		}
	}
	return high >= 40 && utf8.Valid(page)
}

func byteOrderMark(page []byte) (name string, skip int) {
	switch {
	case bytes.HasPrefix(page, []byte{0xEF, 0xBB, 0xBF}):
		return "utf-8", 3
	case bytes.HasPrefix(page, []byte{0xFE, 0xFF}):
		return "utf-16be", 2
	case bytes.HasPrefix(page, []byte{0xFF, 0xFE}):
		return "utf-16le", 2
	}
	return "", 0
}

// canonical gives the WHATWG name of a label, or "".
func canonical(label string) string {
	enc, err := htmlindex.Get(strings.TrimSpace(label))
	if err != nil {
		return ""
	}
	name, err := htmlindex.Name(enc)
	if err != nil || name == "replacement" {
		return ""
	}
	return name
}

func headerCharset(contentType string) string {
	if contentType == "" {
		return ""
	}
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		return canonical(strings.Trim(params["charset"], `'"`))
	}
	// Servers send what no parser accepts, such as "text/html;; charset=x".
	return canonical(charsetLabel([]byte(contentType)))
}

// metaCharset looks for <meta charset=x>, <meta http-equiv content="…charset=x"> and the XML declaration in the first 1024 bytes.
func metaCharset(page []byte) string {
	head := page[:min(len(page), 1024)]
	if bytes.HasPrefix(head, []byte("<?xml")) {
		if end := bytes.Index(head, []byte("?>")); end > 0 {
			if i := bytes.Index(head[:end], []byte("encoding")); i > 0 {
				if name := canonical(labelAfterEquals(head[i+8 : end])); name != "" {
					return asciiCompatible(name)
				}
			}
		}
	}
	for {
		i := indexFold(head, "<meta")
		if i < 0 {
			return ""
		}
		head = head[i+5:]
		end := bytes.IndexByte(head, '>')
		if end < 0 {
			end = len(head)
		}
		if name := canonical(charsetLabel(head[:end])); name != "" {
			return asciiCompatible(name)
		}
	}
}

// asciiCompatible replaces a name that cannot be true: a <meta> that could be read is not in UTF-16.
func asciiCompatible(name string) string {
	if strings.HasPrefix(name, "utf-16") {
		return "utf-8"
	}
	return name
}

// charsetLabel finds charset=LABEL in s.
func charsetLabel(s []byte) string {
	for {
		i := indexFold(s, "charset")
		if i < 0 {
			return ""
		}
		s = s[i+7:]
		if label := labelAfterEquals(s); label != "" {
			return label
		}
	}
}

func labelAfterEquals(s []byte) string {
	s = bytes.TrimLeft(s, " \t\r\n\f")
	if len(s) == 0 || s[0] != '=' {
		return ""
	}
	s = bytes.TrimLeft(s[1:], " \t\r\n\f\"'")
	end := bytes.IndexAny(s, " \t\r\n\f\"';,>/?")
	if end < 0 {
		end = len(s)
	}
	return string(s[:end])
}

// indexFold is bytes.Index for a lower-case ASCII needle, blind to ASCII case in s.
func indexFold(s []byte, needle string) int {
	for i := 0; i+len(needle) <= len(s); i++ {
		if hasPrefixFold(s[i:], needle) {
			return i
		}
	}
	return -1
}

func hasPrefixFold(s []byte, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if lower[s[i]] != prefix[i] {
			return false
		}
	}
	return true
}

// mostlyUTF8 reports whether at most one in a hundred non-ASCII sequences of page is malformed.
func mostlyUTF8(page []byte) bool {
	if utf8.Valid(page) {
		return true
	}
	good, bad := 0, 0
	for i := 0; i < len(page); {
		if page[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(page[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	return bad*100 <= good
}

func decodeAs(dst, page []byte, name string) ([]byte, string, error) {
	var enc encoding.Encoding
	switch name {
	case "utf-8":
		return appendValid(dst, page), name, nil
	case "utf-16le", "utf-16be":
		order := unicode.LittleEndian
		if name == "utf-16be" {
			order = unicode.BigEndian
		}
		enc = unicode.UTF16(order, unicode.IgnoreBOM)
	default:
		var err error
		if enc, err = htmlindex.Get(name); err != nil {
			return dst, name, fmt.Errorf("extract: character set %q: %w", name, err)
		}
	}
	out, _, err := transform.Append(enc.NewDecoder(), dst, page)
	if err != nil {
		return dst, name, fmt.Errorf("extract: decoding %s: %w", name, err)
	}
	return out, name, nil
}

// appendValid appends s, with U+FFFD for each malformed byte.
func appendValid(dst, s []byte) []byte {
	if utf8.Valid(s) {
		return append(dst, s...)
	}
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		if r == utf8.RuneError && n == 1 {
			dst = append(dst, "\uFFFD"...)
		} else {
			dst = append(dst, s[:n]...)
		}
		s = s[n:]
	}
	return dst
}
