package tokenize

import "unicode/utf8"

// DeepSeek's tokenizers cut three times. The first cut takes groups of up to three digits out, the second Chinese and Japanese. What is
// cut out and what is left are cut once more, each as if it were a text of its own: nothing joins across such a border.

// hanKana reports whether the second cut takes c out: by blocks, whatever is assigned in them.
func hanKana(c rune) bool { return c >= 0x3040 && c <= 0x30FF || c >= 0x4E00 && c <= 0x9FA5 }

// within is at for the part of text that is cut alone: its end has the class of a number. kana tells which part it is.
func (r *rule) within(text []byte, j int, kana bool) (uint8, int) {
	if j == len(text) || hanKanaAt(text, j) != kana {
		return cNumber, 0
	}
	return r.classes.at(text, j)
}

// endsPart reports whether such a part ends before text[j].
func (r *rule) endsPart(text []byte, j int, kana bool) bool {
	c, _ := r.within(text, j, kana)
	return c == cNumber
}

func hanKanaAt(text []byte, j int) bool {
	c, _ := utf8.DecodeRune(text[j:])
	return hanKana(c)
}

// nextDeepSeek is next for familyDeepSeek. What none of the last patterns matches, control characters, is one piece.
func (r *rule) nextDeepSeek(text []byte, i int) int {
	if c, _ := r.classes.at(text, i); c == cNumber {
		return r.number(text, i)
	}
	kana := hanKanaAt(text, i)
	for at := i; ; {
		if end := r.matchDeepSeek(text, at, kana); end > at {
			if at > i {
				return at
			}
			return end
		}
		c, w := r.within(text, at, kana)
		if c == cNumber {
			return at
		}
		at += w
	}
}

// matchDeepSeek is the end of what the last pattern matches at text[i]; i if it matches nothing.
func (r *rule) matchDeepSeek(text []byte, i int, kana bool) int {
	span := func(j int, in func(uint8) bool) int {
		for {
			c, w := r.within(text, j, kana)
			if !in(c) {
				return j
			}
			j += w
		}
	}
	c, w := r.within(text, i, kana)
	if c == cNumber {
		return i
	}
	if c == cSymbol && text[i] < utf8.RuneSelf {
		j := i + 1
		for j < len(text) && isASCIILetter(text[j]) {
			j++
		}
		if j > i+1 {
			return j
		}
	}
	j := i
	if c == cOther || c == cSpace {
		j += w
	}
	if k := span(j, isLetterOrMark); k > j {
		return k
	}
	j = i
	if text[i] == ' ' {
		j++
	}
	if k := span(j, func(c uint8) bool { return c == cSymbol }); k > j {
		return span(k, func(c uint8) bool { return c == cBreak })
	}
	if c == cSpace || c == cBreak {
		return r.space(text, i, true)
	}
	return i
}

func isASCIILetter(b byte) bool   { return 'a' <= b|0x20 && b|0x20 <= 'z' }
func isLetterOrMark(c uint8) bool { return c >= cLower }

// windowDeepSeek finds starts of pieces in a window for familyDeepSeek.
func (r *rule) windowDeepSeek(m *masks) uint64 {
	// In this alphabet a mark is a letter.
	L, N, R, S, valid := m.letter, m.number, m.breaks, m.space, m.valid
	blank, control, kana := m.blank(), m.control(), m.kana()
	O := valid &^ (L | N | R | S | control)
	border := kana ^ kana<<1

	eaten := R &^ (R + (O&^kana)<<1&R) // line breaks after symbols belong to them
	white := (R | S) &^ eaten
	symbols := O&^(O<<1) | O&border
	alone := symbols &^ (blank << 1 &^ kana)

	// One symbol of ASCII takes the ASCII letters behind it, and no more: é after them is another word.
	ascii := L &^ m.high
	taken := (alone &^ m.high) << 1 & ascii
	start := alone | (ascii+taken)&^ascii&L

	start |= L&^(L<<1)&^((S|control)<<1)&^taken | L&border
	start |= control&^(control<<1) | control&border | control&((L&^border)>>1)
	start |= numbers(N, 3)
	// The last space joins what goes on, in the same part.
	start |= whiteSpace(R&^eaten, S, white, valid&^(N|kana))
	return start&m.certain(white) | 1
}
