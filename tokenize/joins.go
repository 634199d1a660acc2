package tokenize

import "unicode/utf8"

// joins are the pairs of characters that stand side by side within some token that merges make. Between two characters that are no such
// pair no merge ever reaches, so that what stands before and behind them is merged apart. A space and the mark that stands for it are one.
type joins struct {
	ascii [1 << 14]uint8 // by two characters of ASCII: 1 = they are no pair
	other [1 << joinBits / 64]uint64
	space bool            // pieces begin at every space
	token func(rune) bool // if unknown characters side by side are one, so that between two of them there is no cut: which are tokens
}

// joinBits is the size of the filter for pairs beyond ASCII, as a power of two: 256 KiB. That it takes some for a pair that are none costs a
// cut.
const joinBits = 21

// newJoins gives the joins of a BPE; nil if a cut between other characters could change what is merged.
func newJoins(b *charBPE) *joins {
	if b.prefix != "" || b.suffix != "" || b.whole || b.partial {
		return nil
	}
	if !b.complete && b.unknown == none {
		return nil // what is unknown is left out, so that others become neighbors
	}
	j := &joins{}
	if !b.complete && b.fuse {
		j.token = func(r rune) bool {
			id, ok := b.char(r)
			return ok && id != none
		}
	}
	j.start()
	made := make(map[uint32]bool, len(b.made))
	for _, id := range b.made {
		made[id] = true
	}
	for w, id := range b.vocab {
		if made[id] {
			j.addWord(w)
		}
	}
	for _, w := range b.userWords {
		j.addWord(string(w))
	}
	return j
}

// newUnigramJoins gives the joins of a Unigram, the neighbors within its tokens: any way to spell a text goes through the places between others. nil if
// sums of scores are not exact, so that of two ways that are as good as equal one or the other is taken by what stands far before.
func newUnigramJoins(u *unigram) *joins {
	if !u.exact() {
		return nil
	}
	first, _ := utf8.DecodeRuneInString(u.spelling)
	last, _ := utf8.DecodeLastRuneInString(u.spelling)
	j := &joins{token: func(r rune) bool {
		_, ok := u.words[string(r)]
		return ok && (u.spelling == "" || r != first && r != last) // a text may spell the unknown token, which is one with what is unknown
	}}
	j.start()
	for w := range u.words {
		j.addWord(w)
	}
	return j
}

// start sets the table of ASCII for no tokens.
func (j *joins) start() {
	for i := range j.ascii {
		j.ascii[i] = bit(j.token == nil || j.known(rune(i>>7)) || j.known(rune(i&127)))
	}
}

// addWord takes all neighbors within a word over.
func (j *joins) addWord(w string) {
	last := rune(-1)
	for _, r := range w {
		if r == markRune {
			r = ' '
		}
		if last >= 0 {
			j.add(last, r)
		}
		last = r
	}
}

func (j *joins) add(a, b rune) {
	if a < utf8.RuneSelf && b < utf8.RuneSelf {
		j.ascii[a<<7|b] = 0
		return
	}
	h := joinHash(a, b)
	j.other[h>>6] |= 1 << (h & 63)
}

func joinHash(a, b rune) uint64 {
	return (uint64(a)<<21 | uint64(b)) * 0x9E3779B97F4A7C15 >> (64 - joinBits)
}

// apart reports whether a text may be cut between two characters that are not both of ASCII. No mark is one of them.
func (j *joins) apart(a, b rune) bool {
	if j.space && b == ' ' {
		return true
	}
	if j.token != nil && !j.known(a) && !j.known(b) {
		return false
	}
	h := joinHash(a, b)
	return j.other[h>>6]>>(h&63)&1 == 0
}

// known reports whether a character is a token.
func (j *joins) known(r rune) bool {
	if r == ' ' {
		r = markRune
	}
	return j.token(r)
}

// cutBeforeSpace makes pieces begin at every space.
func (j *joins) cutBeforeSpace() {
	j.space = true
	for a := range utf8.RuneSelf {
		j.ascii[a<<7|' '] = 1
	}
}

// split fills ends with the ends of pieces from pos on, and gives where the last one ends and how many there are.
func (j *joins) split(text []byte, pos int, ends *[batch + 64]int, limit int) (next, n int) {
	a, w := rune(text[pos]), 1
	if a >= utf8.RuneSelf {
		a, w = decodeMark(text[pos:])
	}
	for i := pos + w; i < len(text) && n < limit; {
		if c := text[i]; c < utf8.RuneSelf && a < utf8.RuneSelf {
			ends[n] = i
			n += int(j.ascii[a<<7|rune(c)])
			a = rune(c)
			i++
			continue
		}
		b, w := decodeMark(text[i:])
		var cut bool
		if a < utf8.RuneSelf && b < utf8.RuneSelf {
			cut = j.ascii[a<<7|b] != 0
		} else {
			cut = j.apart(a, b)
		}
		ends[n] = i
		if cut {
			n++
		}
		a = b
		i += w
	}
	if n < limit {
		ends[n] = len(text)
		n++
	}
	return ends[n-1], n
}

// decodeMark is the first character of b, a space for the mark.
func decodeMark(b []byte) (rune, int) {
	r, n := utf8.DecodeRune(b)
	if r == markRune {
		r = ' '
	}
	return r, n
}
