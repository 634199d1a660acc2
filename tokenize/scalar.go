package tokenize

// nextGPT2 is next for familyGPT2.
func (r *rule) nextGPT2(text []byte, i int) int {
	if k := contraction(text, i, false); k > 0 {
		return i + k
	}
	j := i
	if text[i] == ' ' {
		j++
	}
	for _, in := range [...]func(uint8) bool{isLetter, isNumber, isSymbol} {
		if k := r.span(text, j, in); k > j {
			return k
		}
	}
	return r.space(text, i, false)
}

// nextGPT4 is next for familyCL100K and familyO200K.
func (r *rule) nextGPT4(text []byte, i int) int {
	c, w := r.classes.at(text, i)
	if r.family == familyO200K {
		if e := r.cased(text, i, c, w); e >= 0 {
			return e
		}
	} else {
		if k := contraction(text, i, true); k > 0 {
			return i + k
		}
		if c != cBreak && c != cNumber {
			j := i
			if !isLetter(c) {
				j += w
			}
			if k := r.span(text, j, isLetter); k > j {
				return k
			}
		}
	}
	if c == cNumber {
		return r.number(text, i)
	}
	j := i
	if text[i] == ' ' {
		j++
	}
	if k := r.span(text, j, isSymbol); k > j {
		for k < len(text) && (text[k] == '\r' || text[k] == '\n' || r.family == familyO200K && text[k] == '/') {
			k++
		}
		return k
	}
	return r.space(text, i, true)
}

// span is the end of the run of characters from text[j] on whose class is in.
func (r *rule) span(text []byte, j int, in func(uint8) bool) int {
	for j < len(text) {
		c, w := r.classes.at(text, j)
		if !in(c) {
			break
		}
		j += w
	}
	return j
}

// number is the end of the digits from text[i] on that are one piece.
func (r *rule) number(text []byte, i int) int {
	for range r.digits {
		if i == len(text) {
			break
		}
		c, w := r.classes.at(text, i)
		if c != cNumber {
			break
		}
		i += w
	}
	return i
}

// space cuts white space: up to the last line break if breaks is set and there is one, else up to the last character before a
// text that goes on, which joins what follows.
func (r *rule) space(text []byte, i int, breaks bool) int {
	afterBreak, last, j := -1, i, i
	for j < len(text) {
		c, w := r.classes.at(text, j)
		if c != cSpace && c != cBreak {
			break
		}
		last = j
		j += w
		if c == cBreak {
			afterBreak = j
		}
	}
	switch {
	case breaks && afterBreak >= 0:
		return afterBreak
	case j == len(text) || last == i || r.family == familyDeepSeek && r.endsPart(text, j, false):
		return j
	}
	return last
}

// contraction is the length of 's 't 're 've 'm 'll 'd at text[i], or 0. With fold it knows both cases, and ſ, which folds to s.
func contraction(text []byte, i int, fold bool) int {
	if i+1 >= len(text) || text[i] != '\'' {
		return 0
	}
	at := func(k int) byte {
		if i+k >= len(text) {
			return 0
		}
		if c := text[i+k]; fold && 'A' <= c && c <= 'Z' {
			return c | 0x20
		}
		return text[i+k]
	}
	switch at(1) {
	case 's', 't', 'm', 'd':
		return 2
	case 'l':
		if at(2) == 'l' {
			return 3
		}
	case 'r', 'v':
		if at(2) == 'e' {
			return 3
		}
	case 0xC5:
		if fold && at(2) == 0xBF {
			return 3
		}
	}
	return 0
}

// cased matches the two word patterns of o200k at text[i], whose class is c and width w; -1 if neither does.
func (r *rule) cased(text []byte, i int, c uint8, w int) int {
	joins := c != cBreak && c != cNumber && !isLetter(c)
	e := -1
	if joins {
		e = r.lowerEnding(text, i+w)
	}
	if e < 0 {
		e = r.lowerEnding(text, i)
	}
	if e < 0 && joins {
		e = r.upperStart(text, i+w)
	}
	if e < 0 {
		e = r.upperStart(text, i)
	}
	if e < 0 {
		return -1
	}
	if r.bare {
		return e
	}
	return e + contraction(text, e, true)
}

// lowerEnding matches upper* lower+ with the classes of the pattern, where letters without case and marks are both.
func (r *rule) lowerEnding(text []byte, j int) int {
	last := -1
	for j < len(text) {
		c, w := r.classes.at(text, j)
		if !isUpward(c) {
			break
		}
		j += w
		if c != cUpper {
			last = j
		}
	}
	if k := r.span(text, j, isLowly); k > j {
		return k
	}
	return last
}

// upperStart matches upper+ lower*.
func (r *rule) upperStart(text []byte, j int) int {
	k := r.span(text, j, isUpward)
	if k == j {
		return -1
	}
	return r.span(text, k, isLowly)
}
