package extract

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// writer turns kept blocks into text.
type writer struct {
	src       []byte
	nodes     []node
	entities  entities
	attribute bool   // what is written is the value of an attribute, where references have a rule of their own
	ref       []byte // scratch: a decoded reference
	fact      []byte // scratch: a fact of the head
	kept      factCache
}

// append writes the text of a block, without white space around it.
func (w *writer) append(out []byte, b *block) []byte {
	if b.ctx&gPre != 0 {
		return w.appendPre(out, b)
	}
	start := len(out)
	gap := byte(0) // white space seen since the last byte: a space, or a line's end
	for k := b.first; k <= b.last; k++ {
		nd := &w.nodes[k]
		switch {
		case nd.tag == tBr:
			gap = '\n'
		case nd.tag != tNone:
			if nd.hints&hHidden != 0 || tagFlags[nd.tag]&fDrop != 0 || isHeading(b.tag) && nd.hints&(hNav|hShare|hButton) != 0 {
				k = nd.end - 1
			}
		case nd.words == 0 && nd.chars > 0: // a sign to click on
		case nd.formula:
			out, gap = w.appendFormula(out, start, gap, w.src[nd.a:nd.b]), 0
		default:
			out, gap = w.appendText(out, start, gap, w.src[nd.a:nd.b])
		}
	}
	return out
}

// appendFormula writes LaTeX between dollar signs, on one line. Wikipedia wraps every formula in {\displaystyle …}.
func (w *writer) appendFormula(out []byte, start int, gap byte, s []byte) []byte {
	s = bytes.TrimSpace(s)
	if inner, ok := bytes.CutPrefix(s, []byte(`{\displaystyle `)); ok && bytes.HasSuffix(inner, []byte("}")) {
		s = inner[:len(inner)-1]
	}
	if gap != 0 && len(out) > start {
		out = append(out, ' ')
	}
	out = append(out, '$')
	at := len(out)
	w.attribute = true
	out, _ = w.appendText(out, at, 0, s)
	w.attribute = false
	oneLine(out[at:])
	return append(out, '$')
}

// isSign reports whether the text of a link is only a sign to click on: what documentation puts behind its headings, or the
// number of a note, as "[1]".
func isSign(s []byte) bool {
	s = bytes.TrimSpace(s)
	switch string(s) {
	case "¶", "#", "§", "&para;", "&sect;", "&#182;":
		return true
	}
	for _, bracket := range [...][2]string{{"[", "]"}, {"&#91;", "&#93;"}} {
		if inner, ok := bytes.CutPrefix(s, []byte(bracket[0])); ok && bytes.HasSuffix(inner, []byte(bracket[1])) {
			return allDigits(string(inner[:len(inner)-len(bracket[1])]))
		}
	}
	return false
}

// appendText writes s with its references decoded, its white space collapsed and without control characters and soft hyphens. gap
// is the white space that is still owed.
func (w *writer) appendText(out []byte, start int, gap byte, s []byte) ([]byte, byte) {
	for i := 0; i < len(s); {
		from, c := i, s[i]
		switch {
		case c <= ' ' || c == 0x7F:
			if bclass[c]&cSpace != 0 {
				gap = max(gap, 1)
			}
			i++
			continue
		case c == '&':
			n := spaceLength(s[i:])
			if n > 0 {
				w.ref = append(w.ref[:0], ' ')
			} else {
				w.ref, n = w.entities.append(w.ref[:0], s[i:], w.attribute)
			}
			i += n
			switch unseen(w.ref) {
			case notUnseen:
				out = append(appendGap(out, start, gap), w.ref...)
				gap = 0
			case aSpace:
				gap = max(gap, 1)
			}
			continue
		case c == 0xC2 && i+1 < len(s):
			i += 2
			if s[from+1] == 0xA0 {
				gap = max(gap, 1)
				continue
			}
			if s[from+1] == 0xAD {
				continue
			}
		default:
			i++
		}
		i += plainRun(s[i:])
		out = append(appendGap(out, start, gap), s[from:i]...)
		gap = 0
	}
	return out, gap
}

// appendGap writes the white space that is owed between two words of a block.
func appendGap(out []byte, start int, gap byte) []byte {
	switch {
	case gap == 0 || len(out) == start:
		return out
	case gap == '\n':
		return append(out, '\n')
	}
	return append(out, ' ')
}

// plainRun is how many bytes at the start of s can be copied as they stand: up to a reference, a control character, white space other than
// single spaces between words, or what may be a no-break space or a soft hyphen. What s follows on is no space.
func plainRun(s []byte) int {
	i := 0
	spaced := uint64(0) // 0x80 if the byte before is a space
	for ; i+8 <= len(s); i += 8 {
		x := binary.LittleEndian.Uint64(s[i:])
		space := bytesEqual(x, ' ')
		stop := bytesBelow(x, ' ') | bytesEqual(x, 0x7F) | bytesEqual(x, '&') | bytesEqual(x, 0xC2) | space&(space<<8|spaced)
		if stop != 0 {
			i += bits.TrailingZeros64(stop) / 8
			return i - trailingSpace(s[:i])
		}
		spaced = space >> 56
	}
	for ; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c == 0x7F || c == '&' || c == 0xC2 || c == ' ' && i > 0 && s[i-1] == ' ' {
			break
		}
	}
	return i - trailingSpace(s[:i])
}

func trailingSpace(s []byte) int {
	if len(s) > 0 && s[len(s)-1] == ' ' {
		return 1
	}
	return 0
}

const (
	notUnseen = iota
	aSpace
	nothing
)

// unseen tells whether a decoded reference is white space, or is nothing that can be seen.
func unseen(s []byte) int {
	if len(s) == 1 {
		switch {
		case bclass[s[0]]&cSpace != 0:
			return aSpace
		case s[0] < ' ' || s[0] == 0x7F:
			return nothing
		}
		return notUnseen
	}
	switch string(s) {
	case "\u00a0", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a", "\u2028",
		"\u2029", "\u202f", "\u205f", "\u3000":
		return aSpace
	case "\u00ad", "\u200b", "\u200e", "\u200f", "\u2060", "\ufeff":
		return nothing
	}
	return notUnseen
}

// appendPre writes preformatted text: white space as it stands, save for empty lines at both ends and spaces at line ends.
func (w *writer) appendPre(out []byte, b *block) []byte {
	start := len(out)
	for k := b.first; k <= b.last; k++ {
		nd := &w.nodes[k]
		if nd.tag != tNone {
			if nd.tag == tBr {
				out = append(trimSpaces(out, start), '\n')
			} else if nd.hints&hHidden != 0 || tagFlags[nd.tag]&fDrop != 0 {
				k = nd.end - 1
			}
			continue
		}
		out = w.appendKept(out, start, w.src[nd.a:nd.b], nd.verbatim)
	}
	for len(out) > start && (out[len(out)-1] == '\n' || out[len(out)-1] == ' ' || out[len(out)-1] == '\t') {
		out = out[:len(out)-1]
	}
	from := start
	for i := start; i < len(out) && bclass[out[i]]&cSpace != 0; i++ {
		if out[i] == '\n' {
			from = i + 1
		}
	}
	return append(out[:start], out[from:]...)
}

// appendKept writes preformatted source text, its no-break spaces as spaces. A carriage return ends a line, alone or before a line feed.
func (w *writer) appendKept(out []byte, start int, s []byte, verbatim bool) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '&' && !verbatim:
			var n int
			w.ref, n = w.entities.append(w.ref[:0], s[i:], false)
			i += n
			switch unseen(w.ref) {
			case notUnseen:
				out = append(out, w.ref...)
			case aSpace:
				if c := w.ref[0]; c == '\n' || c == '\t' {
					out = append(out, c)
				} else {
					out = append(out, ' ')
				}
			}
			continue
		case c == 0xC2 && i+1 < len(s) && (s[i+1] == 0xA0 || s[i+1] == 0xAD):
			if s[i+1] == 0xA0 {
				out = append(out, ' ')
			}
			i += 2
			continue
		case c == '\n' || c == '\r' && (i+1 == len(s) || s[i+1] != '\n'):
			out = append(trimSpaces(out, start), '\n')
		case c >= ' ' && c != 0x7F || c == '\t':
			n := 1 + keptRun(s[i+1:])
			out = append(out, s[i:i+n]...)
			i += n
			continue
		}
		i++
	}
	return out
}

// keptRun is how many bytes at the start of s are neither control characters nor a reference or may be a no-break space.
func keptRun(s []byte) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		x := binary.LittleEndian.Uint64(s[i:])
		if stop := bytesBelow(x, ' ') | bytesEqual(x, 0x7F) | bytesEqual(x, '&') | bytesEqual(x, 0xC2); stop != 0 {
			return i + bits.TrailingZeros64(stop)/8
		}
	}
	for i < len(s) && s[i] >= ' ' && s[i] != 0x7F && s[i] != '&' && s[i] != 0xC2 {
		i++
	}
	return i
}

func trimSpaces(out []byte, start int) []byte {
	for len(out) > start && (out[len(out)-1] == ' ' || out[len(out)-1] == '\t') {
		out = out[:len(out)-1]
	}
	return out
}
