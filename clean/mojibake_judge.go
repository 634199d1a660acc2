package clean

import (
	"unicode/utf8"
)

// word is a run of non-space in the segment at hand.
type word struct {
	from, to int // in runes
	codec    int // the charset that explains it best, -1 = none does
	score    int // how sure that is: enough is enough
	scores   [nCharsets]int32
	counts   [nCharsets]int32 // characters of UTF-8 in each charset
	letters  int              // letters beyond ASCII
	seqs     int              // such characters
	can      uint16           // charsets in which the word has such characters and nothing strange
	repaired bool
}

// enough is the evidence that a word needs to be repaired on its own. A sign of evidence counts 2 if good text in no language has it,
// 1 if it is rare there.
const enough = 2

// tally counts words of one segment, or of a text, by charset.
type tally struct {
	strong  [nCharsets]int // words that are damaged for sure
	can     [nCharsets]int // characters of UTF-8 in words that may be
	seqs    [nCharsets]int // characters of UTF-8 in them
	letters int            // letters beyond ASCII in the other words
}

func (t *tally) add(o *tally) {
	for k := range t.strong {
		t.strong[k] += o.strong[k]
		t.seqs[k] += o.seqs[k]
		t.can[k] += o.can[k]
	}
	t.letters += o.letters
}

func (t *tally) any() bool {
	for _, n := range t.strong {
		if n > 0 {
			return true
		}
	}
	return false
}

// judge finds for every word of the segment the charset that explains it best.
func (s *mojibake) judge() {
	s.line = tally{}
	for i := range s.words {
		w := &s.words[i]
		var leads, conts uint16
		for _, r := range s.runes[w.from:w.to] {
			if r < utf8.RuneSelf {
				continue
			}
			c := s.tables.cell(r)
			leads |= s.tables.lead[c]
			conts |= s.tables.cont[c]
			if k := s.tables.kind[c]; k == kindLower || k == kindUpper || c == 0 {
				w.letters++
			}
		}
		for k := range nCharsets {
			if leads&conts&s.use>>k&1 != 0 {
				s.explain(w, k)
			}
		}
		if s.lostSpace(w) {
			w.codec, w.score, w.seqs = max(w.codec, 0), max(w.score, enough), w.seqs+1
		}
		sure := false
		for k := range nCharsets {
			if w.scores[k] >= enough || k == w.codec && w.score >= enough {
				s.line.strong[k]++
				s.line.seqs[k] += w.seqs
				sure = true
			}
			if w.can>>k&1 != 0 || w.scores[k] >= enough {
				s.line.can[k] += int(w.counts[k])
			}
		}
		if !sure {
			s.line.letters += w.letters
		}
	}
}

// lostSpace tells whether a word ends in the first half of à, whose second half, U+00A0, has become a plain space: "voilÃ  le".
func (s *mojibake) lostSpace(w *word) bool {
	n := w.to - w.from
	if s.use&1 == 0 || n < 2 || w.to >= len(s.runes) || s.runes[w.to] != ' ' {
		return false
	}
	last := s.runes[w.to-1]
	return (last == 0xC3 || last == 0xC2) && startsGrave(s.runes[w.to-2])
}

// decide chooses the words to repair. A word that is not sure by itself follows the sure ones of its line, or of the text where good
// letters are few.
func (s *mojibake) decide() bool {
	any, main := false, s.main()
	for i := range s.words {
		w := &s.words[i]
		w.repaired = w.codec >= 0 && w.score >= enough
		if w.repaired && w.can>>main&1 != 0 && int(w.counts[main]) >= w.seqs {
			w.codec = main
		}
		if !w.repaired && w.can>>main&1 != 0 && s.trusted(main) {
			w.codec, w.repaired = main, true
		}
		for k := 0; k < nCharsets && !w.repaired; k++ {
			if s.trusted(k) && w.can>>k&1 != 0 {
				w.codec, w.repaired = k, true
			}
		}
		s.halved(w)
		any = any || w.repaired
	}
	return any
}

// main is the charset that explains most of the line.
func (s *mojibake) main() (best int) {
	for k := range nCharsets {
		if s.line.can[k] > s.line.can[best] {
			best = k
		}
	}
	return best
}

// halved finds words that end in the beginning of a character whose rest, the byte A0, has become the space behind them: "Ã la".
func (s *mojibake) halved(w *word) {
	for k := 0; k < nCharsets && !w.repaired; k++ {
		if !s.trusted(k) {
			continue
		}
		for j := w.to - 1; j >= w.from && j >= w.to-2 && !w.repaired; j-- {
			if _, n := s.sequence(j, k, true); j+n > w.to {
				w.codec, w.repaired = k, true
			}
		}
	}
}

func (s *mojibake) trusted(k int) bool {
	return s.line.strong[k] > 0 && s.line.letters <= 2*s.line.seqs[k] || s.all.strong[k] > 2 && s.all.letters <= s.all.seqs[k] && s.line.letters <= 4
}

// found is a character of UTF-8 that a word has in some charset: n runes from i on.
type found struct {
	i, n int
	r    rune
}

// explain judges a word as read by charset k, and keeps the judgement if it is the best so far.
func (s *mojibake) explain(w *word, k int) {
	s.found = s.found[:0]
	covered := 0
	for i := w.from; i < w.to; {
		r, n := s.sequence(i, k, false)
		if n == 0 {
			i++
			continue
		}
		s.found = append(s.found, found{i, n, r})
		for j := i; j < i+n; j++ {
			if kind := s.kind(j); kind == kindLower || kind == kindUpper {
				covered++
			}
		}
		i += n
	}
	if len(s.found) == 0 {
		return
	}
	score, strange, open := -2*(w.letters-covered), false, false
	for j, f := range s.found {
		score += s.evidence(w, f.i, f.n)
		// Where two characters are again halves of one, the damage was done twice, and what they look like for now does not count.
		first := j+1 < len(s.found) && f.i+f.n == s.found[j+1].i && s.canJoin(f.r, s.found[j+1].r, k)
		second := j > 0 && s.found[j-1].i+s.found[j-1].n == f.i && (open && s.tables.cont[s.tables.cell(f.r)]>>k&1 != 0)
		if open = first || second; open {
			score++
			continue
		}
		odd := s.oddity(w, f.i, f.n, f.r, k)
		strange = strange || odd > 0
		score -= odd
	}
	if !strange && covered == w.letters && score >= 0 {
		w.can |= 1 << k
	}
	if len(s.found) == 1 && foreign(s.found[0].r) {
		score -= 3 // one letter of another script, alone, is chance; where the line has more of them it follows
	}
	w.scores[k], w.counts[k] = int32(score), int32(len(s.found))
	if w.codec < 0 || score > w.score {
		w.codec, w.score, w.seqs = k, score, len(s.found)
	}
}

// canJoin tells whether two characters are again the first bytes of one in charset k.
func (s *mojibake) canJoin(a, b rune, k int) bool {
	t := s.tables
	return t.lead[t.cell(a)]&t.cont[t.cell(b)]>>k&1 != 0
}

func (s *mojibake) kind(i int) uint8 { return s.tables.kind[s.tables.cell(s.runes[i])] }

// sequence reads a character of UTF-8 whose bytes are the runes from i on in charset k; n is how many runes, 0 if there is none. With
// spaces, a plain space stands for the byte A0 where the characters that come of it are common.
func (s *mojibake) sequence(i, k int, spaces bool) (r rune, n int) {
	t := s.tables
	first := t.byte[k][t.cell(s.runes[i])]
	switch {
	case first < 0xC2 || first > 0xF4:
		return 0, 0
	case first < 0xE0:
		n = 2
	case first < 0xF0:
		n = 3
	default:
		n = 4
	}
	if i+n > len(s.runes) {
		return 0, 0
	}
	b := [4]byte{first}
	lost := -1
	for j := 1; j < n; j++ {
		switch c := s.runes[i+j]; {
		case c == utf8.RuneError || c == 0x1A || c == '?' && k == 0 && b[0] == 0xE2 && b[1] == 0x80:
			lost = j
		case c == ' ' && spaces && mayLoseSpace(first, j, n):
			b[j] = 0xA0
		default:
			if b[j] = t.byte[k][t.cell(c)]; b[j]&0xC0 != 0x80 {
				return 0, 0
			}
		}
	}
	if lost > 0 {
		// Of the bytes without a character in Windows-1252 only 9D gives one that is common: the closing quote.
		if k == 0 && b[0] == 0xE2 && b[1] == 0x80 && lost == 2 {
			return '\u201D', n
		}
		return utf8.RuneError, n
	}
	if r, size := utf8.DecodeRune(b[:n]); size == n {
		return r, n
	}
	return s.surrogates(i, k, b)
}

// mayLoseSpace lists the places where byte A0 is part of a common character: à Š Π Р ٠, and letters of three bytes (ftfy's
// ALTERED_UTF8_RE lists the same).
func mayLoseSpace(first byte, j, n int) bool {
	switch first {
	case 0xC2, 0xC3, 0xC5, 0xCE, 0xD0, 0xD9:
		return true
	case 0xE0, 0xE1:
		return j == 2
	case 0xE2, 0xE3:
		return true
	}
	return false
}

// surrogates joins two halves of a character beyond the basic plane, of three bytes each.
func (s *mojibake) surrogates(i, k int, b [4]byte) (rune, int) {
	if b[0] != 0xED || b[1] < 0xA0 || b[1] > 0xAF || i+6 > len(s.runes) {
		return 0, 0
	}
	var c [3]byte
	for j := range c {
		c[j] = s.tables.byte[k][s.tables.cell(s.runes[i+3+j])]
	}
	if c[0] != 0xED || c[1] < 0xB0 || c[2]&0xC0 != 0x80 || c[1]&0xC0 != 0x80 {
		return 0, 0
	}
	high, low := rune(b[1]&0x0F)<<6|rune(b[2]&0x3F), rune(c[1]&0x0F)<<6|rune(c[2]&0x3F)
	return 0x10000 + high<<10 | low, 6
}
