package decon

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// Hit is a match with what people need to judge it.
type Hit struct {
	Match
	SetName string
	File    string // of the item
	Line    int    // where its record begins; of a file that is one list, which element it is
	Item    string // its question
	Rest    string // its passage and its answer
	Text    string // of the document: what was found, with a little around
	Begin   int    // of Text in the document, in bytes
	More    bool   // the document goes on behind Text
}

// around is how many bytes of a document are shown on either side of what was found there, and the most that is shown of it.
const (
	hitAround = 120
	hitMost   = 4000
)

// Explain searches a text and gives each match with the item beside it.
func (f *Finder) Explain(text []byte) []Hit {
	ix := f.ix
	var hits []Hit
	for _, m := range f.Find(text) {
		it := &ix.items[m.item]
		from, to := m.From, m.To
		if m.AnswerTo > 0 {
			from, to = min(from, m.AnswerFrom), max(to, m.AnswerTo)
		}
		from, to = max(0, from-hitAround), min(len(text), to+hitAround, from+hitMost)
		for from > 0 && !utf8.RuneStart(text[from]) {
			from--
		}
		for to < len(text) && !utf8.RuneStart(text[to]) {
			to++
		}
		hits = append(hits, Hit{Match: m, SetName: ix.sets[it.set].name, File: ix.files[it.file], Line: int(it.line),
			Item: string(ix.texts[it.questionText.from:it.questionText.to]), Rest: string(ix.texts[it.otherText.from:it.otherText.to]),
			Text: string(text[from:to]), Begin: from, More: to < len(text)})
	}
	return hits
}

// String is a hit in a line.
func (h Hit) String() string {
	s := fmt.Sprintf("%s %s:%d score %.3f", h.SetName, h.File, h.Line, h.Score)
	for _, p := range []struct {
		name  string
		share float64
	}{{"question", h.Question}, {"answer", h.Answer}, {"passage", h.Passage}} {
		if !math.IsNaN(p.share) {
			s += fmt.Sprintf(", %s %.3f", p.name, p.share)
		}
	}
	return s + fmt.Sprintf(", bytes %d to %d", h.From, h.To)
}

// Beside writes a hit in two columns of so many characters in all: what stands in the document on the left, the item on the right. Words
// that the other side does not have are in brackets.
func (h Hit) Beside(width int) string {
	column := max(20, (width-3)/2)
	cut := func(at int) int { return max(0, min(at-h.Begin, len(h.Text))) }
	from, to := cut(h.From), cut(h.To)
	item, rest := h.Item, h.Rest
	if math.IsNaN(h.Question) { // what was found may be of any part
		item, rest = item+"\n"+rest, ""
	}
	left, right := bracketed(h.Text[from:to], item)
	left = h.Text[:from] + "« " + left + " »" + h.Text[to:]
	if h.Begin > 0 {
		left = "…" + left
	}
	if h.More {
		left += "…"
	}
	leftLines := wrapped(left, column)
	rightLines := wrapped(right, column)
	if rest != "" {
		rightLines = append(rightLines, wrapped(rest, column)...)
	}
	var b strings.Builder
	b.WriteString(h.String() + "\n")
	for i := range max(len(leftLines), len(rightLines)) {
		l, r := "", ""
		if i < len(leftLines) {
			l = leftLines[i]
		}
		if i < len(rightLines) {
			r = rightLines[i]
		}
		b.WriteString(strings.TrimRight(l+strings.Repeat(" ", max(0, column-columns(l)))+" | "+r, " ") + "\n")
	}
	return b.String()
}

// bracketed puts brackets around the words that only one of two texts has.
func bracketed(a, b string) (string, string) {
	var wa, wb wordList
	wa.split([]byte(a))
	wb.split([]byte(b))
	n, m := wa.len(), wb.len()
	if n*m > 4<<20 {
		return a, b
	}
	best := make([][]int32, n+1) // words in common from i and j on
	for i := range best {
		best[i] = make([]int32, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if wa.hash[i] == wb.hash[j] {
				best[i][j] = best[i+1][j+1] + 1
			} else {
				best[i][j] = max(best[i+1][j], best[i][j+1])
			}
		}
	}
	inA, inB := make([]bool, n), make([]bool, m)
	for i, j := 0, 0; i < n && j < m; {
		switch {
		case wa.hash[i] == wb.hash[j]:
			inA[i], inB[j] = true, true
			i++
			j++
		case best[i+1][j] >= best[i][j+1]:
			i++
		default:
			j++
		}
	}
	return brackets(a, &wa, inA), brackets(b, &wb, inB)
}

// bracketShown is how many words of a long bracket are shown at either end.
const bracketShown = 4

// brackets puts each stretch of words that are not common into brackets, of long ones only the ends.
func brackets(s string, w *wordList, common []bool) string {
	var b strings.Builder
	at := 0
	for i := 0; i < len(common); i++ {
		if common[i] {
			continue
		}
		last := i
		for last+1 < len(common) && !common[last+1] {
			last++
		}
		from, to := int(w.from[i]), int(w.to[last])
		b.WriteString(s[at:from] + "[")
		if last-i >= 3*bracketShown {
			b.WriteString(s[from:w.to[i+bracketShown-1]] + " … ")
			from = int(w.from[last-bracketShown+1])
		}
		b.WriteString(s[from:to] + "]")
		at, i = to, last
	}
	b.WriteString(s[at:])
	return b.String()
}

// columns is how wide a text is on a terminal, about: Han letters are two.
func columns(s string) (n int) {
	for _, r := range s {
		n++
		if r >= 0x2E80 && aloneRune(r) || r >= 0x3000 && r < 0x3040 || r >= 0xAC00 && r < 0xD7A4 || r >= 0xFF00 && r < 0xFF61 {
			n++
		}
	}
	return n
}

// printable puts a space for what a terminal would take for an order.
func printable(r rune) rune {
	if r < ' ' || r >= 0x7F && r < 0xA0 || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
		return ' '
	}
	return r
}

// wrapped breaks a text into lines that fit a column.
func wrapped(s string, column int) (lines []string) {
	for _, paragraph := range strings.Split(strings.TrimRight(s, "\n"), "\n") {
		line, used := "", 0
		for _, word := range strings.Fields(strings.Map(printable, paragraph)) {
			for columns(word) > column { // a word that no line holds
				room := column - used
				if used > 0 {
					room--
				}
				head, n := "", 0
				for _, r := range word {
					c := columns(string(r))
					if n+c > max(room, 2) {
						break
					}
					head += string(r)
					n += c
				}
				if used > 0 {
					line += " "
				}
				lines = append(lines, line+head)
				line, used, word = "", 0, word[len(head):]
			}
			n := columns(word)
			if used > 0 && used+1+n > column {
				lines = append(lines, line)
				line, used = "", 0
			}
			if used > 0 {
				line += " "
				used++
			}
			line += word
			used += n
		}
		lines = append(lines, line)
	}
	return lines
}
