package extract

import (
	"bytes"
	"unicode/utf8"
)

// Article is a paper: what it says, and what it says about itself. A field is "" or nil where the source does not state it.
type Article struct {
	Title    string
	Authors  []string // "Given Surname", or the name of a group, in the order of the source
	DOI      string   // bare, as "10.1371/journal.pbio.0020188"
	Date     string   // publication date: RFC 3339 full-date, or its prefix where the day or month is unknown
	License  string   // SPDX id where it is one of Creative Commons' licences, else the licence's URL as stated
	Lang     string   // as stated, BCP 47 in practice
	Journal  string
	Kind     string // the source's own word: "research-article", "correction", a LaTeX document class
	Abstract string // the abstract alone, shaped as Text is
	Keywords []string
	Missing  []string // LaTeX: the files that the source names and that could not be read
	Text     []byte   // abstract and body; the title, the references and the acknowledgments are not in it

	// What the source holds, in the text or not.
	Citations  int // places that cite
	References int // entries of the bibliography
	Equations  int // formulas, in a line and displayed
}

// lines assembles text block by block: white space inside a block becomes one space, and empty blocks vanish.
type lines struct {
	buf   []byte
	start int  // where the open line begins
	space bool // white space was seen since the last byte
	cited bool // the open line holds a citeMark
}

// citeMark stands where a citation was dropped, until its line ends and the brackets around it can be judged.
const citeMark = 0x01

// inkASCII marks the ASCII characters that show something.
var inkASCII = func() (t [256]bool) {
	for c := '!'; c <= '~'; c++ {
		t[c] = true
	}
	return t
}()

// text adds running text to the open line.
func (l *lines) text(s string) {
	for i := 0; i < len(s); {
		c := s[i]
		if inkASCII[c] {
			from := i
			for i++; i < len(s) && (inkASCII[s[i]] || s[i] == ' ' && i+1 < len(s) && inkASCII[s[i+1]]); i++ {
			}
			l.gap()
			l.buf = append(l.buf, s[from:i]...)
			continue
		}
		if c < utf8.RuneSelf {
			l.space = l.space || c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\u00a0' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			l.space = true
		case r == utf8.RuneError && n == 1 || r < 0xa0:
		default:
			l.gap()
			l.buf = append(l.buf, s[i:i+n]...)
		}
		i += n
	}
}

// raw adds text without touching its white space. Control characters go: one of them means something here.
func (l *lines) raw(s string) {
	l.gap()
	for i := range len(s) {
		if c := s[i]; c >= ' ' && c != 0x7f || c == '\n' || c == '\t' {
			l.buf = append(l.buf, c)
		}
	}
}

func (l *lines) gap() {
	if l.space && len(l.buf) > l.start && l.buf[len(l.buf)-1] != ' ' {
		l.buf = append(l.buf, ' ')
	}
	l.space = false
}

// cite notes that a citation was dropped here.
func (l *lines) cite() {
	l.gap()
	l.buf = append(l.buf, citeMark)
	l.cited = true
}

// end closes the open line, if anything stands on it.
func (l *lines) end() {
	if l.cited {
		l.buf = dropCitations(l.buf, l.start)
		l.cited = false
	}
	for len(l.buf) > l.start && l.buf[len(l.buf)-1] == ' ' {
		l.buf = l.buf[:len(l.buf)-1]
	}
	l.space = false
	if len(l.buf) > l.start {
		l.buf = append(l.buf, '\n')
		l.start = len(l.buf)
	}
}

// finish closes the last line and returns everything, without the last line's end.
func (l *lines) finish() []byte {
	l.end()
	return bytes.TrimRight(l.buf, "\n")
}

// dropCitations removes the marks in buf[start:], in place. A bracket that holds nothing but marks and the punctuation between
// them goes as well, and so does the space before it: "as shown [x, x–x]." becomes "as shown.".
func dropCitations(buf []byte, start int) []byte {
	out := start
	for i := start; i < len(buf); {
		c := buf[i]
		if c == '[' || c == '(' {
			if j, ok := citationBracket(buf, i); ok {
				out, i = closeGap(buf, start, out, j), afterGap(buf, start, out, j)
				continue
			}
		}
		if c == citeMark {
			i = citationRun(buf, i)
			out, i = closeGap(buf, start, out, i), afterGap(buf, start, out, i)
			continue
		}
		buf[out] = c
		out++
		i++
	}
	return buf[:out]
}

// citationRun is where a run of marks that begins at i ends: marks, and what stands between two of them, as in "x–x, x".
func citationRun(buf []byte, i int) int {
	end := i + 1
	for j := end; j < len(buf); {
		r, n := utf8.DecodeRune(buf[j:])
		j += n
		if r == citeMark {
			end = j
		} else if !citationPunct(r) {
			break
		}
	}
	return end
}

func citationPunct(r rune) bool {
	return r == ' ' || r == ',' || r == ';' || r == '-' || r == '–' || r == '—'
}

// closeGap takes back the space written before a dropped citation, unless a word follows it.
func closeGap(buf []byte, start, out, next int) int {
	if out > start && buf[out-1] == ' ' && (next >= len(buf) || bytes.IndexByte([]byte(" .,;:)]"), buf[next]) >= 0) {
		out--
	}
	return out
}

// afterGap steps over the space behind a dropped citation that began the line.
func afterGap(buf []byte, start, out, next int) int {
	if out == start && next < len(buf) && buf[next] == ' ' {
		next++
	}
	return next
}

// citationBracket reports where the bracket that opens at i ends, if it holds citations and nothing worth keeping.
func citationBracket(buf []byte, i int) (int, bool) {
	marked := false
	for j := i + 1; j < len(buf); {
		r, n := utf8.DecodeRune(buf[j:])
		switch {
		case r == ']' || r == ')':
			return j + n, marked
		case r == citeMark:
			marked = true
		case citationPunct(r):
		default:
			return 0, false
		}
		j += n
	}
	return 0, false
}
