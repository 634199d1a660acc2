package clean

import "unicode/utf8"

// evidence tells how unlikely the runes [i, i+n) are in good text, by what they are and what stands around them.
func (s *mojibake) evidence(w *word, i, n int) (e int) {
	before, after := rune(' '), rune(' ')
	if i > w.from {
		before = s.runes[i-1]
	}
	if i+n < w.to {
		after = s.runes[i+n]
	}
	first, second := s.kind(i), s.kind(i+1)
	lower := before >= 'a' && before <= 'z' || i > w.from && s.kind(i-1) == kindLower
	letter := lower || before >= 'A' && before <= 'Z' || i > w.from && s.kind(i-1) == kindUpper
	switch {
	case lower && first == kindUpper:
		e += 2 // "fÃ": no word grows a capital
	case letter && (first == kindSign || first == kindBox && second != kindBox):
		e += 2
	case letter && first == kindBox:
		e++
	case letter && s.runes[i] == '‚':
		e += 2
	case letter && first == kindOpen || isASCIILetter(before) && s.runes[i] >= 0x370 && (first == kindLower || first == kindUpper):
		e++ // an opening quote behind a letter; a Latin letter before a Greek or Cyrillic one
	}
	for j := i; j+1 < i+n; j++ {
		next := after
		if j+2 < i+n {
			next = s.runes[j+2]
		}
		e += pairEvidence(s.kind(j), s.kind(j+1), s.runes[j], s.runes[j+1], next)
	}
	switch r, next := s.runes[i], s.runes[i+1]; {
	case r == 0xE1 && n == 3 && (next == 'º' || next == '»') && s.kind(i+2) >= kindOpen:
		e += 2 // Vietnamese letters; nobody writes two such signs behind á
	case r == 0xC3 && next == 0xA0 && i == w.from+1 && letter && isASCIILetter(after) && after >= 'a':
		e += 2 // "GÃ idhlig"
	case r != 0xC2 && r != 0xC3 && r != 0xCE && r != 0xD0:
		if (first == kindUpper || first == kindLower) && r < 0x100 && containsRune("ŒœŸ", next) {
			e += 2 // no language has both
		}
	case containsRune("ŠšŽžŒœŸ", next), r == 0xC3 && (next == '™' || next == '‘'):
		e += 2
	case (r == 0xC2 || r == 0xC3) && second >= kindOpen && second <= kindRaised && (!letter || lower) && !isASCIILetter(after):
		e += 2 // Ã and Â are no words, so that nothing stands behind them
	}
	if last := s.kind(i + n - 1); last == kindSign && isASCIILetter(after) {
		e++
	}
	if i+n < w.to {
		if k := s.kind(i + n); k == kindUpper && s.kind(i+n-1) == kindLower {
			e += 2
		}
	}
	return e
}

func isASCIILetter(r rune) bool { return r < utf8.RuneSelf && r|0x20 >= 'a' && r|0x20 <= 'z' }

func containsRune(list string, r rune) bool {
	for _, x := range list {
		if x == r {
			return true
		}
	}
	return false
}

// pairEvidence is the evidence in one kind of character directly before another; their runes are q and r, and next follows.
func pairEvidence(a, b uint8, q, r, next rune) int {
	if a == kindC1 || b == kindC1 {
		return 4
	}
	if b == kindLost {
		return 1
	}
	letter := a == kindLower || a == kindUpper
	switch {
	case letter && b == kindSign:
		return 2
	case letter && b == kindOpen:
		if r == '‘' {
			return 1
		}
		return 2
	case letter && b == kindRaised:
		if isASCIILetter(next) {
			return 2
		}
		return 1
	case letter && b == kindClose:
		if (r == '»' || r == '”' || r == '›' || r == '•') && isASCIILetter(next) {
			return 2
		}
		if r == '…' && isASCIILetter(next) || r == '•' || r == '·' {
			return 1
		}
		return 0
	case a == kindLower && b == kindUpper:
		return 2
	case a == kindBox && b != kindBox, a != kindBox && b == kindBox:
		return 2
	case a == kindSign && b == kindSign, a == kindSign && b == kindRaised:
		if q != '×' && next != ' ' {
			return 2
		}
		return 1
	case a == kindSign && (b == kindOpen || b == kindClose), a == kindRaised && b == kindOpen:
		return 1
	}
	return 0
}

// oddity tells how unlikely it is that someone wrote what the runes [i, i+n) would become.
func (s *mojibake) oddity(w *word, i, n int, r rune, k int) int {
	switch {
	case r == utf8.RuneError:
		return 0
	case r < 0xA0:
		if k == 0 {
			return 0 // a layer of Latin-1 on one of Windows-1252
		}
		return 3
	case rareRune(r):
		return 3
	}
	if foreign(r) && (i > w.from && isASCIILetter(s.runes[i-1]) || i+n < w.to && isASCIILetter(s.runes[i+n])) {
		return 3 // one letter of another script in a Latin word
	}
	return 0
}

// foreign tells whether r is a letter that does not stand beside Latin ones. Greek ones do, in formulas.
func foreign(r rune) bool {
	return r >= 0x400 && r < 0x1E00 || r >= 0x3400 && r < 0xA000 || r >= 0xAC00 && r < 0xD7B0
}
