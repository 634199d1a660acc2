package extract

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
)

// Decode appends page to dst as UTF-8 and names the character set that it took page to be in, by its WHATWG name. What decides
// is, in this order: a byte order mark, the charset of the HTTP Content-Type, a <meta> in the first 1024 bytes (or, of a page that is
// no UTF-8, anywhere in the first 64 KiB), and the bytes themselves. All character sets of the WHATWG Encoding Standard are known by all
// their labels; a label that names none counts as no label.
//
// What is stated is not believed where the bytes contradict it: UTF-8 that is malformed in more than a few places, another set where
// the bytes are sound UTF-8, a set in which many of the bytes mean nothing, and ISO-8859-1, which servers state unasked, where the bytes
// are the words of another script. Bytes that are not in the character set become U+FFFD. err is set only where a decoder itself fails.
func Decode(dst, page []byte, contentType string) (utf8 []byte, charset string, err error) {
	if name, skip := byteOrderMark(page); name != "" {
		return decodeAs(dst, page[skip:], name)
	}
	plain := ascii(page)
	stated := headerCharset(contentType)
	if stated == "" {
		stated = metaCharset(page, prescanSize)
	}
	if plain == len(page) { // most sets agree on ASCII
		switch {
		case stated == "iso-2022-jp" || stated == "replacement" || stated == "hz-gb-2312":
			return decodeAs(dst, page, stated)
		case escapes(page):
			return decodeAs(dst, page, "iso-2022-jp")
		case bytes.IndexByte(page[:min(len(page), 512)], 0) < 0:
			if stated == "" || strings.HasPrefix(stated, "utf-16") {
				stated = "utf-8"
			}
			return append(dst, page...), stated, nil
		}
	}
	return decodeStated(dst, page, plain, stated)
}

// decodeStated decodes a page that is more than ASCII; its first plain bytes are that.
func decodeStated(dst, page []byte, plain int, stated string) ([]byte, string, error) {
	if name := detectUTF16(page); name != "" { // before UTF-8, of which zero bytes are a part
		return decodeAs(dst, page, name)
	}
	sound := utf8.Valid(page[plain:])
	switch {
	case sound && (stated == "" || stated == "utf-8" || believable(page[plain:], stated)):
		return append(dst, page...), "utf-8", nil
	case stated == "utf-8" && mostlyUTF8(page[plain:]):
		return decodeAs(dst, page, stated)
	case stated == "" && mostlyUTF8(page[plain:]):
		return decodeAs(dst, page, "utf-8")
	case stated == "":
		if stated = metaCharset(page, lateSize); stated == "utf-8" {
			stated = ""
		}
	case stated == "utf-8":
		stated = ""
	}
	if stated == "" {
		return decodeAs(dst, page, detectLegacy(page).charset)
	}
	out, name, err := decodeAs(dst, page, stated)
	if t := singleByte(stated); err != nil || t != nil && !t.doubtful(page[plain:]) || t == nil && !doubtful(out[len(dst):]) {
		return out, name, err
	}
	found := detect(page)
	if found.charset == stated || found.score < sure {
		return out, name, err
	}
	return decodeAs(out[:len(dst)], page, found.charset)
}

// lateSize is how far a page that is not UTF-8 is searched for a <meta>: browsers begin anew where they meet one late.
const lateSize = 64 << 10

// sure is how well bytes must fit another character set before what is stated is given up.
const sure = 0.75

// believable reports that sound UTF-8 is no accident, whatever is stated. In a single-byte set its bytes would be words such as "Ã©".
// In double-byte sets a few characters in a row may look like it.
func believable(page []byte, stated string) bool {
	if !multiByte(stated) || strings.HasPrefix(stated, "utf-16") || stated == "replacement" {
		return true
	}
	n := 0
	for _, c := range page {
		if c >= 0xC2 {
			n++
		}
	}
	return n >= 4
}

// doubtful reports a text that cannot have been meant: of its characters beyond ASCII one in twenty means nothing.
func doubtful(text []byte) bool {
	all, bad := 0, 0
	for len(text) > 0 {
		if text[0] < utf8.RuneSelf {
			text = text[ascii(text):]
			continue
		}
		r, n := utf8.DecodeRune(text)
		if text = text[n:]; r == utf8.RuneError || r < 0xA0 {
			bad++
		}
		all++
	}
	return bad*20 > all
}

// doubtful is the same for a page in a single-byte set. A page in ISO-8859-1 of which most such letters stand three in a row or more
// is doubtful, too: no language that is written in it looks like that.
func (t *table) doubtful(page []byte) bool {
	all, bad, row, rows := 0, 0, 0, 0
	for _, c := range page {
		if c < utf8.RuneSelf {
			row = 0
			continue
		}
		all++
		if r := t.runes[c-0x80]; r == utf8.RuneError || r < 0xA0 {
			bad++
		}
		if row++; row == 3 {
			rows += 3
		} else if row > 3 {
			rows++
		}
	}
	return bad*20 > all || t.latin1 && rows*2 > all
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
	if label == "" || len(label) > 40 {
		return ""
	}
	label = strings.ToLower(strings.Trim(label, " \t\n\f\r"))
	if label == "hz-gb-2312" { // which browsers no longer read, but old pages are in it
		return label
	}
	enc, err := htmlindex.Get(label)
	if err != nil {
		return ""
	}
	name, err := htmlindex.Name(enc)
	if err != nil {
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

// asciiCompatible replaces a name that cannot be true: a <meta> that could be read is not in UTF-16.
func asciiCompatible(name string) string {
	switch {
	case strings.HasPrefix(name, "utf-16"):
		return "utf-8"
	case name == "x-user-defined":
		return "windows-1252"
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

// mostlyUTF8 reports whether of the non-ASCII sequences of page at least two are sound for each that is not. In text of other sets sound
// ones are accidents: two letters that happen to stand together.
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
	return bad*2 <= good
}
