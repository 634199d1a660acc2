package clean

import (
	"bytes"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// nemoChars counts characters of a text by kind.
type nemoChars struct{ chars, alnum, digits, spaces, parens int }

const (
	nemoAlnum = 1 << iota
	nemoDigit
	nemoSpace
	nemoParen
	nemoTail
)

var nemoBytes = func() (t [256]uint8) {
	for c := range t {
		b := byte(c)
		switch {
		case b-'0' < 10:
			t[c] = nemoAlnum | nemoDigit
		case b|0x20-'a' < 26 && b < 0x80:
			t[c] = nemoAlnum
		case b >= 0x80 && b < 0xC0:
			t[c] = nemoTail
		}
	}
	for _, c := range "\n?!,." {
		t[c] |= nemoAlnum
	}
	for _, c := range "\t\n\r\b " {
		t[c] |= nemoSpace
	}
	for _, c := range "(){}[]" {
		t[c] |= nemoParen
	}
	return t
}()

func countNemo(text []byte) (c nemoChars) {
	var times [256]int
	for _, b := range text {
		times[b]++
	}
	for b, n := range times {
		k := nemoBytes[b]
		if k&nemoTail == 0 {
			c.chars += n
		}
		if k&nemoAlnum != 0 {
			c.alnum += n
		}
		if k&nemoDigit != 0 {
			c.digits += n
		}
		if k&nemoSpace != 0 {
			c.spaces += n
		}
		if k&nemoParen != 0 {
			c.parens += n
		}
	}
	c.parens += bytes.Count(text, []byte("⟨")) + bytes.Count(text, []byte("⟩"))
	return c
}

// nemoEllipses are words that are symbols; nemoEllipsisEnds are ends of lines that say "and so on".
var (
	nemoEllipses     = []string{"...", "[...]", "…", "(...)", "[…]", "-»"}
	nemoEllipsisEnds = []string{"...", "[...]", "…", "(...)", "[…]", "-»", "read more..", "read more"}
)

// symbols counts the words that are ellipses, and those with more runs of "#" than half of their length.
func (s *nemo) symbols() (n int) {
	w := &s.words
	for i, has := range w.has[:w.words] {
		if has&(hasLetter|hasDigit|hasHash) == 0 {
			word := w.word(i)
			for _, e := range nemoEllipses {
				if string(word) == e {
					n++
					break
				}
			}
		}
		if has&hasHash != 0 {
			runs, before := 0, byte(0)
			for _, c := range w.word(i) {
				if c == '#' && before != '#' {
					runs++
				}
				before = c
			}
			if 2*runs > w.length(i) {
				n++
			}
		}
	}
	return n
}

var urlStart = []byte("http")

// urlBytes is the length of all http and https links; they are ASCII.
func urlBytes(text []byte) (n int) {
	for i := 0; ; {
		at := bytes.Index(text[i:], urlStart)
		if at < 0 {
			return n
		}
		from := i + at
		i = from + len(urlStart)
		end := i
		if end < len(text) && text[end] == 's' {
			end++
		}
		if !bytes.HasPrefix(text[end:], []byte("://")) {
			continue
		}
		end += 3
		first := end
		for end < len(text) {
			if urlByte(text[end]) {
				end++
			} else if text[end] == '%' && end+2 < len(text) && hexDigit(text[end+1]) && hexDigit(text[end+2]) {
				end += 3
			} else {
				break
			}
		}
		if end > first {
			n += end - from
			i = end
		}
	}
}

func urlByte(c byte) bool {
	return c < utf8.RuneSelf && wordBytes[c]&(hasLetter|hasDigit) != 0 || bytes.IndexByte([]byte("$-_@.&+/:=?#~!*(),"), c) >= 0
}

func hexDigit(c byte) bool { return c-'0' < 10 || c|0x20-'a' < 6 }

// measureLines marks what is measured on lines that are not blank.
func (s *nemo) measureLines(d *quern.Doc) {
	padded := s.words.text
	text := padded[:s.words.n]
	bullets, dots, open := 0, 0, 0
	s.lines.begin(bytes.Count(text, newline) + 1)
	for from := 0; from <= len(text); {
		to, next := nextPiece(text, from, newline)
		if a, b := trimSpaces(text, from, to); a < b {
			line := text[a:b]
			if line[0] == 0xE2 && nemoBullet(firstRune(line)) {
				bullets++
			}
			switch line[len(line)-1] {
			case '.', '?', '!', '"', '\'':
			default:
				open++
			}
			for _, e := range nemoEllipsisEnds {
				if foldedAt(line, len(line)-len(e), e) {
					dots++
					break
				}
			}
			s.lines.add(hashBytes(padded, from, to-from), codePoints(text[from:to]))
		}
		from = next
	}
	s.lines.done()
	d.Mark("nemo.bullet_lines", ratio(bullets, s.lines.total))
	d.Mark("nemo.no_end_marks", ratio(open, s.lines.total))
	d.Mark("nemo.ellipsis_lines", ratio(dots, s.lines.total))
	s.markUnique(d, "nemo.unique_lines", "nemo.unique_line_chars")
}

// markUnique marks the shares of different pieces and of their characters; nothing repeats in nothing.
func (s *nemo) markUnique(d *quern.Doc, pieces, chars string) {
	l := &s.lines
	d.Mark(pieces, ratio(max(l.different, 1), max(l.total, 1)))
	if l.chars == 0 {
		d.Mark(chars, 1)
	} else {
		d.Mark(chars, ratio(l.chars-l.againChr, l.chars))
	}
}

func nemoBullet(r rune) bool {
	switch r {
	case '•', '‣', '⁃', '⁌', '⁍', '∙', '○', '●', '◘', '◦', '⦾', '⦿':
		return true
	}
	return false
}

// measureParagraphs marks what is measured between "\n\n".
func (s *nemo) measureParagraphs(d *quern.Doc) {
	padded := s.words.text
	text := padded[:s.words.n]
	policies, lorem := 0, false
	s.lines.begin(bytes.Count(text, newline) + 1)
	for from := 0; from <= len(text); {
		to, next := nextPiece(text, from, paragraphEnd)
		policy, ipsum := nemoBoilerplate(text[from:to])
		if policy {
			policies++
		}
		lorem = lorem || ipsum
		if from < to {
			s.lines.add(hashBytes(padded, from, to-from), codePoints(text[from:to]))
		} else {
			s.lines.add(0, 0)
		}
		from = next
	}
	s.lines.done()
	share := ratio(policies, s.lines.total)
	if lorem {
		share = 1
	}
	d.Mark("nemo.boilerplate", share)
	s.markUnique(d, "nemo.unique_paragraphs", "nemo.unique_paragraph_chars")
}

// policyPhrases are what the peer takes for the boilerplate of policies, in small letters, each found by two letters at the given
// place. Two of its longer ones have a shorter one within.
var policyPhrases = []struct {
	text string
	at   int
}{{"terms of use", 3}, {"privacy policy", 3}, {"cookie policy", 3}, {"uses cookies", 8}, {"privacy overview", 3}, {"use of cookies", 10},
	{"use cookies", 7}, {"privacy & cookies policy", 3}, {"privacy and cookies policy", 3},
	{"necessary cookies are absolutely essential for the website to function properly. this category only includes cookies that " +
		"ensures basic functionalities and security features of the website. these cookies do not store any personal information.", 13},
	{"any cookies that may not be particularly necessary for the website to function and is used specifically to collect user " +
		"personal data via analytics, ads, other embedded contents are termed as non-necessary cookies. it is mandatory to procure " +
		"user consent prior to running these cookies on your website.", 7},
	{"if you continue to browse this site without changing your cookie settings, you agree to this use. acceptread more", 61}}

// nemoBoilerplate tells whether a paragraph has a policy's words, and whether it has "lorem ipsum", whatever the case.
func nemoBoilerplate(p []byte) (policy, lorem bool) {
	for i := 0; i+1 < len(p); i++ {
		switch b := p[i+1] | 0x20; p[i] | 0x20 {
		case 'v':
			if b != 'a' {
				continue
			}
		case 'k':
			if b != 'i' {
				continue
			}
		case 'm':
			if b != 's' {
				continue
			}
		case 'p':
			if b == 's' && foldedAt(p, i-7, "lorem ipsum") {
				lorem = true
			}
			continue
		default:
			continue
		}
		for j := 0; j < len(policyPhrases) && !policy; j++ {
			policy = foldedAt(p, i-policyPhrases[j].at, policyPhrases[j].text)
		}
	}
	return policy, lorem
}

// deleted is the number of characters that go if the most frequent n-gram is deleted from the text, wherever its characters stand.
func (s *nemo) deleted(f *gramFacts, n int) int {
	w := &s.words
	s.gram = s.gram[:0]
	for i := f.first; i < f.first+n; i++ {
		if i > f.first {
			s.gram = append(s.gram, ' ')
		}
		s.gram = append(s.gram, w.word(i)...)
	}
	return bytes.Count(w.text[:w.n], s.gram) * codePoints(s.gram)
}
