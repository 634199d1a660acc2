package extract

import "bytes"

// writer turns kept blocks into text.
type writer struct {
	src      []byte
	nodes    []node
	entities entities
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
	out, _ = w.appendText(out, at, 0, s)
	oneLine(out[at:])
	return append(out, '$')
}

// isSign reports whether the text of a link is only a sign to click on: what documentation puts behind its headings, or the
// number of a note, as "[1]".
func isSign(s []byte) bool {
	s = bytes.TrimSpace(s)
	switch string(s) {
	case "¶", "#", "§":
		return true
	}
	for _, bracket := range [...][2]string{{"[", "]"}, {"&#91;", "&#93;"}} {
		if inner, ok := bytes.CutPrefix(s, []byte(bracket[0])); ok && bytes.HasSuffix(inner, []byte(bracket[1])) {
			return allDigits(string(inner[:len(inner)-len(bracket[1])]))
		}
	}
	return false
}

// appendText writes s with its references decoded and its white space collapsed. gap is the white space that is still owed.
func (w *writer) appendText(out []byte, start int, gap byte, s []byte) ([]byte, byte) {
	for i := 0; i < len(s); {
		c := s[i]
		if bclass[c]&cSpace != 0 {
			gap = max(gap, 1)
			i++
			continue
		}
		if n := 0; bclass[c]&cEntity != 0 {
			if n = spaceLength(s[i:]); n > 0 {
				gap = max(gap, 1)
				i += n
				continue
			}
		}
		mark := len(out)
		if gap != 0 {
			if mark > start {
				if gap == '\n' {
					out = append(out, '\n')
				} else {
					out = append(out, ' ')
				}
			}
		}
		if c == '&' {
			at := len(out)
			var n int
			out, n = w.entities.append(out, s[i:])
			i += n
			if blank(out[at:]) {
				out = out[:mark]
				gap = max(gap, 1)
				continue
			}
			gap = 0
			continue
		}
		gap = 0
		j := i + 1
		for j < len(s) && bclass[s[j]]&(cSpace|cEntity) == 0 {
			j++
		}
		out = appendPrintable(out, s[i:j])
		i = j
	}
	return out, gap
}

// blank reports whether a decoded reference is nothing but white space or is invisible.
func blank(s []byte) bool {
	if len(s) == 1 {
		return s[0] <= ' ' || s[0] == 0x7F
	}
	switch string(s) {
	case "\u00a0", "\u00ad", "\u2002", "\u2003", "\u2009", "\u200b", "\u200e", "\u200f", "\u202f", "\ufeff", "\u2028", "\u2029":
		return true
	}
	return false
}

// appendPrintable copies s without control characters.
func appendPrintable(out, s []byte) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] == 0x7F {
			for _, c := range s {
				if c >= ' ' && c != 0x7F {
					out = append(out, c)
				}
			}
			return out
		}
	}
	return append(out, s...)
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
		s := w.src[nd.a:nd.b]
		for i := 0; i < len(s); {
			switch c := s[i]; {
			case c == '&' && !nd.verbatim:
				var n int
				out, n = w.entities.append(out, s[i:])
				i += n
				continue
			case c == '\n':
				out = append(trimSpaces(out, start), '\n')
			case c >= ' ' && c != 0x7F || c == '\t':
				out = append(out, c)
			}
			i++
		}
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

func trimSpaces(out []byte, start int) []byte {
	for len(out) > start && (out[len(out)-1] == ' ' || out[len(out)-1] == '\t') {
		out = out[:len(out)-1]
	}
	return out
}
