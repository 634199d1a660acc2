package clean

import (
	"bytes"
	"math/bits"
	"unicode/utf8"
)

const (
	phraseLorem = 1 << iota
	phraseJavascript
	phrasePolicy
	phraseBrace
)

// phrasesIn is phrases of [from, to), which looks only where the masks have a candidate; others are "[".
func (s *scanner) phrasesIn(from, to int) (found uint8, bracket bool) {
	if from == to {
		return 0, false
	}
	line := s.text[padding+from : padding+to]
	for b := from >> 6; b <= (to-1)>>6; b++ {
		for m := s.blocks[b].phrase &^ below(from-64*b) & below(to-64*b); m != 0; m &= m - 1 {
			at := 64*b + bits.TrailingZeros64(m) - from
			switch line[at] {
			case '[':
				bracket = true
			case '{':
				found |= phraseBrace
			default:
				found |= phraseAt(line, at)
			}
		}
	}
	return found, bracket
}

// phrases tells which of C4's phrases a line has, whatever the case.
func phrases(line []byte) (found uint8) {
	for i := 0; i+1 < len(line); i++ {
		if phraseFirst[line[i]]&phraseSecond[line[i+1]] != 0 {
			found |= phraseAt(line, i)
		}
	}
	if bytes.IndexByte(line, '{') >= 0 {
		found |= phraseBrace
	}
	return found
}

// phraseAt looks at a candidate: the two letters at i stand in a phrase at a known place.
func phraseAt(line []byte, i int) uint8 {
	switch line[i] | 0x20 {
	case 'v':
		if foldedAt(line, i-2, "javascript") {
			return phraseJavascript
		}
		if foldedAt(line, i-3, "privacy policy") {
			return phrasePolicy
		}
	case 'k':
		if foldedAt(line, i-3, "cookie policy") {
			return phrasePolicy
		}
		if foldedAt(line, i-3, "cookies") && (foldedAt(line, i-7, "use ") || foldedAt(line, i-8, "uses ") || foldedAt(line, i-10, "use of ")) {
			return phrasePolicy
		}
	case 'm':
		if foldedAt(line, i-3, "terms of use") {
			return phrasePolicy
		}
	case 'p':
		if foldedAt(line, i-7, "lorem ipsum") {
			return phraseLorem
		}
	}
	return 0
}

// foldedAt tells whether low, which is lower case, stands at i. As the peer lowers text first, U+212A (the Kelvin sign) would be a k
// there; here it is not.
func foldedAt(line []byte, i int, low string) bool {
	if i < 0 || i+len(low) > len(line) {
		return false
	}
	for j := range len(low) {
		c := line[i+j]
		if c-'A' < 26 {
			c |= 0x20
		}
		if c != low[j] {
			return false
		}
	}
	return true
}

// appendUncited appends line without [12], [], [edit] and [citation needed].
func appendUncited(dst, line []byte) []byte {
	for i := 0; i < len(line); {
		if line[i] == '[' {
			if n := citation(line[i:]); n > 0 {
				i += n
				continue
			}
		}
		next := bytes.IndexByte(line[i+1:], '[')
		if next < 0 {
			return append(dst, line[i:]...)
		}
		dst = append(dst, line[i:i+1+next]...)
		i += 1 + next
	}
	return dst
}

// citation is the length of the citation mark at the start of b, which is a "["; 0 if there is none.
func citation(b []byte) int {
	for _, word := range []string{"[edit]", "[citation needed]"} {
		if len(b) >= len(word) && string(b[:len(word)]) == word {
			return len(word)
		}
	}
	i := 1
	for i < len(b) {
		if b[i]-'0' < 10 {
			i++
			continue
		}
		if b[i] < utf8.RuneSelf {
			break
		}
		r, size := utf8.DecodeRune(b[i:])
		if runes().of(r)&classMask != classDigit {
			break
		}
		i += size
	}
	if i < len(b) && b[i] == ']' {
		return i + 1
	}
	return 0
}

// wordsIn counts runs of non-space in a trimmed stretch.
func (s *scanner) wordsIn(from, to int) int {
	return before(s.spaceWords, s.blocks[to>>6].start, to) - before(s.spaceWords, s.blocks[from>>6].start, from)
}

// sentencesIn counts sentences in a trimmed stretch, an unfinished one at its end included.
func (s *scanner) sentencesIn(from, to int) int {
	if from == to {
		return 0
	}
	// A sentence is counted at the byte behind its first word.
	return 1 + before(s.sentences, s.blocks[(to+1)>>6].sentence, to+1) - before(s.sentences, s.blocks[(from+1)>>6].sentence, from+1)
}

// longWord tells whether a run of non-space in [from, to) has more than limit code points.
func (s *scanner) longWord(from, to, limit int) bool {
	// Such a word covers whole blocks without a space; most lines have none.
	if need := (limit + 1 - 63) / 64; need > 0 {
		run, found := 0, false
		for b := from >> 6; b <= (to-1)>>6 && !found; b++ {
			run++
			if s.blocks[b].space != 0 {
				run = 0
			}
			found = run >= need
		}
		if !found {
			return false
		}
	}
	word := from
	for i := from; i <= to; i++ {
		if i == to || s.isSpace(i) {
			if i-word > limit && s.runesIn(word, i) > limit {
				return true
			}
			word = i + 1
		}
	}
	return false
}
