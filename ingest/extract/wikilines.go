package extract

import (
	"bytes"
	"unicode/utf8"
)

// wikiLines is the text that is being written.
type wikiLines struct {
	out    []byte
	start  int    // where the open line, or the open cell of a row, begins
	gap    bool   // white space is owed
	prefix string // what the open line will begin with, if anything comes
	marked bool   // the open line holds a citeMark
	keep   bool   // preformatted: spaces stay
	cell   bool   // inside a row, which is one line
}

func (l *wikiLines) reset() { *l = wikiLines{out: l.out[:0]} }

// put adds running text without white space around it.
func (l *wikiLines) put(s []byte) {
	l.ready()
	l.out = append(l.out, s...)
}

func (l *wikiLines) putString(s string) {
	l.ready()
	l.out = append(l.out, s...)
}

// ready writes what is owed before the next text.
func (l *wikiLines) ready() {
	if len(l.out) == l.start {
		l.out = append(l.out, l.prefix...)
		l.prefix = ""
	} else if l.gap {
		l.out = append(l.out, ' ')
	}
	l.gap = false
}

// drop notes that something was left out here, so that the brackets and spaces around it can be judged.
func (l *wikiLines) drop() {
	if len(l.out) > l.start {
		if l.gap {
			l.out = append(l.out, ' ')
			l.gap = false
		}
		if l.out[len(l.out)-1] != citeMark {
			l.out = append(l.out, citeMark)
		}
		l.marked = true
	}
}

// endLine ends the open line, if anything stands on it. Inside a row it is a space.
func (l *wikiLines) endLine() {
	if l.cell {
		l.gap = true
		return
	}
	if l.marked {
		l.out = dropMarks(l.out, l.start)
		l.marked = false
	}
	l.out = trimSpaces(l.out, l.start)
	l.gap, l.prefix = false, ""
	if len(l.out) > l.start {
		l.out = append(l.out, '\n')
		l.start = len(l.out)
	}
}

// raw writes lines as they stand.
func (l *wikiLines) raw(s []byte) {
	l.endLine()
	if l.cell {
		l.putFlat(s)
		return
	}
	s = bytes.TrimRight(s, " \t\r\n")
	for len(s) > 0 {
		k := bytes.IndexByte(s, '\n')
		if k < 0 || len(bytes.TrimSpace(s[:k])) > 0 {
			break
		}
		s = s[k+1:]
	}
	for _, c := range s {
		if c >= ' ' && c != 0x7f || c == '\t' {
			l.out = append(l.out, c)
		} else if c == '\n' {
			l.out = append(trimSpaces(l.out, l.start), '\n')
		}
	}
	l.endLine()
}

// putFlat writes s as it stands, on one line.
func (l *wikiLines) putFlat(s []byte) {
	for len(s) > 0 {
		k := 0
		for k < len(s) && bclass[s[k]]&cSpace != 0 {
			k++
		}
		if k > 0 {
			l.gap = true
			s = s[k:]
			continue
		}
		for k < len(s) && bclass[s[k]]&cSpace == 0 {
			k++
		}
		l.ready()
		l.out = appendPrintable(l.out, s[:k])
		s = s[k:]
	}
}

// dropMarks removes the marks in buf[start:], in place, with what only made sense around them: brackets that are empty now, the
// punctuation at the ends of those that are not, and the space before the next sign.
func dropMarks(buf []byte, start int) []byte {
	out := start
	for i := start; i < len(buf); {
		if n := openBracket(buf[i:]); n > 0 {
			j, marked := markRun(buf, i+n)
			if marked {
				if k := closeBracket(buf[j:]); k > 0 {
					out, i = closeGap(buf, start, out, j+k), j+k
					continue
				}
				out += copy(buf[out:], buf[i:i+n])
				i = j
				continue
			}
		}
		if buf[i] != citeMark {
			buf[out] = buf[i]
			out++
			i++
			continue
		}
		j, _ := markRun(buf, i)
		if closeBracket(buf[j:]) > 0 {
			for out > start && bytes.IndexByte([]byte(" ,;:"), buf[out-1]) >= 0 {
				out--
			}
			i = j
			continue
		}
		i++
		out = closeGap(buf, start, out, i)
		if out > start && buf[out-1] == ' ' && i < len(buf) && buf[i] == ' ' {
			i++
		}
	}
	return buf[:out]
}

// markRun reads over marks and the punctuation between them.
func markRun(buf []byte, i int) (end int, marked bool) {
	for i < len(buf) {
		r, n := utf8.DecodeRune(buf[i:])
		switch {
		case r == citeMark:
			marked = true
		case r != ':' && r != '，' && r != '、' && r != '；' && !citationPunct(r):
			return i, marked
		}
		i += n
	}
	return i, marked
}

func openBracket(s []byte) int {
	switch {
	case s[0] == '(' || s[0] == '[':
		return 1
	case s[0] == 0xEF && bytes.HasPrefix(s, []byte("（")):
		return 3
	}
	return 0
}

func closeBracket(s []byte) int {
	switch {
	case len(s) > 0 && (s[0] == ')' || s[0] == ']'):
		return 1
	case bytes.HasPrefix(s, []byte("）")):
		return 3
	}
	return 0
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
