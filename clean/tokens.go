package clean

import (
	"bytes"
	"math/bits"
)

// Words are found as spaCy's tokenizer for English finds them (3.8, lang/en/punctuation.py, tokenizer.pyx), which datatrove asks, by
// algebra on the masks of blocks: what a character does depends on the few beside it, and on whether only such characters stand
// between it and the end of its run of non-space.

// follow moves a mask so that each bit stands for the byte before; lead for the byte behind.
func follow(m, previous uint64) uint64 { return m<<1 | previous>>63 }
func lead(m, next uint64) uint64       { return m>>1 | next<<63 }

// tokenize finds words, and counts what masks can count.
func (s *scanner) tokenize() {
	s.findAffixes()
	s.stripSuffixes()
	nb := len(s.blocks)
	s.spaceWords, s.sentences, s.tails = grow(s.spaceWords, nb), grow(s.sentences, nb), grow(s.tails, nb)
	var words, sentences, tails uint32
	tokens, newlines, lastDot := 0, 0, 0
	c := carries{previous: &noText}
	for b := range s.blocks {
		k, x, next := &s.blocks[b], s.wideOf(b), s.next(b)
		s.tails[b] = tails
		tails += uint32(bits.OnesCount64(k.tail))
		s.words64(b, k, next, x, &c)
		for d := k.dot & (k.dot>>1 | next.dot<<63) & (k.dot>>2 | next.dot<<62); d != 0; d &= d - 1 {
			if at := 64*b + bits.TrailingZeros64(d); at >= lastDot { // "......" is two
				s.ellipses++
				lastDot = at + 3
			}
		}
		s.spaceWords[b], s.sentences[b] = words, sentences
		words += uint32(bits.OnesCount64(k.start))
		sentences += uint32(bits.OnesCount64(k.sentence))
		tokens += bits.OnesCount64(k.from)
		newlines += bits.OnesCount64(k.newline)
	}
	s.hashes = bytes.Count(s.text[padding:padding+s.n], []byte{'#'})
	s.words = tokens
	s.chars = s.n - int(tails)
	s.newlines = flatten(s.newlines, s.blocks, newlineMask, newlines)
}

var noWide wide

func (s *scanner) wideOf(b int) *wide {
	if s.anyHigh {
		return &s.wide[b]
	}
	return &noWide
}

var noText = block{space: ^uint64(0)}

func (s *scanner) next(b int) *block {
	if b+1 < len(s.blocks) {
		return &s.blocks[b+1]
	}
	return &noText
}

// findAffixes marks what would be stripped from the front or the back of a run of non-space if it stood there, and contractions.
func (s *scanner) findAffixes() {
	previous := &noText
	var last struct{ behind, open, alone, initial, lower uint64 }
	last.open = noText.space
	for b := range s.blocks {
		k, x, next := &s.blocks[b], s.wideOf(b), s.next(b)
		k.affix |= x.affix
		k.cut = x.cut
		dots := k.dot & (follow(k.dot, previous.dot) | lead(k.dot, next.dot))
		plus := k.math &^ k.affix
		anywhere := k.affix | dots | x.solo
		k.prefix = anywhere | k.money | k.equals | plus&^lead(k.digit, next.digit)
		inWord := k.apostrophe & follow(k.letter, previous.letter) & lead(k.letter, next.letter)
		// A dot goes behind a digit, two capitals, another sign, or a small letter unless that is all there is, as in "a." and "i.e.".
		open := k.space | k.prefix&^inWord
		alone := k.letter & follow(open, last.open)
		initial := k.dot & follow(alone, last.alone)
		lower := k.letter &^ k.upper &^ alone &^ follow(initial, last.initial)
		upper := k.upper & follow(k.upper, previous.upper)
		behind := k.digit | lower | upper | k.affix | k.money&^k.dollar | plus | k.hyphen
		k.suffix = anywhere | (k.money|plus)&follow(k.digit, previous.digit) | k.dot&follow(behind, last.behind)
		for m := k.dot & follow(lower, last.lower) &^ dots; m != 0; m &= m - 1 {
			if s.abbreviation(64*b + bits.TrailingZeros64(m)) {
				k.suffix &^= m & -m
			}
		}
		last.behind, last.open, last.alone, last.initial, last.lower = behind, open, alone, initial, lower
		for m := k.apostrophe &^ follow(k.space, previous.space) & lead(k.letter, next.letter); m != 0; m &= m - 1 {
			if at := s.contraction(64*b+bits.TrailingZeros64(m), 1); at >= 0 {
				s.blocks[at>>6].cut |= 1 << (at & 63)
			}
		}
		previous = k
	}
}

// abbreviation tells whether the letters before a dot, which is at offset at, are a word that keeps it.
func (s *scanner) abbreviation(at int) bool {
	before := s.text[padding+at-8 : padding+at]
	n := 0
	for n < 7 && asciiBits[before[7-n]]&bitLetter != 0 {
		n++
	}
	// All but two begin with a capital.
	if n < 2 || asciiBits[before[8-n]]&bitUpper == 0 && n > 2 || asciiBits[before[7-n]]&(bitSpace|bitAffix|bitMoney|bitEquals) == 0 {
		return false
	}
	switch string(before[8-n:]) {
	case "Adm", "Ak", "Ala", "Apr", "Ariz", "Ark", "Aug", "Bros", "Calif", "Co", "Colo", "Conn", "Corp", "Dec", "Del", "Dr", "Feb", "Fla",
		"Ga", "Gen", "Gov", "Ia", "Id", "Ill", "Inc", "Ind", "Jan", "Jr", "Jul", "Jun", "Kan", "Kans", "Ky", "La", "Ltd", "Mar", "Mass", "Md",
		"Messrs", "Mich", "Minn", "Miss", "Mo", "Mont", "Mr", "Mrs", "Ms", "Mt", "Neb", "Nebr", "Nev", "Nov", "Oct", "Okla", "Ore", "Pa",
		"Prof", "Rep", "Rev", "Sen", "Sep", "Sept", "St", "Tenn", "Va", "Wash", "Wis", "co", "vs":
		return true
	}
	return false
}

// contraction tells where a word is cut if the apostrophe at offset at, size bytes long, stands in a contraction at the word's end: before
// 's 'll 're 've 'm, n't, and 'd behind up to four letters; -1 if it does not.
func (s *scanner) contraction(at, size int) int {
	rest := s.text[padding+at+size:]
	n := 0
	for n < 3 && asciiBits[rest[n]]&bitLetter != 0 {
		n++
	}
	if c := rest[n]; asciiBits[c]&(bitLetter|bitDigit|bitHyphen) != 0 || c >= 0x80 && c < 0xE2 {
		return -1
	}
	before := s.text[padding+at-6 : padding+at]
	letters := 0
	for letters < 6 && asciiBits[before[5-letters]]&bitLetter != 0 {
		letters++
	}
	switch end := string(rest[:n]); {
	case end == "s", end == "S", letters > 0 && (end == "ll" || end == "re" || end == "ve" || end == "m"), letters > 0 && letters <= 4 && end == "d":
		return at
	case letters > 1 && end == "t" && before[5] == 'n':
		return at - 1
	}
	return -1
}

// stripSuffixes leaves in suffix those that nothing else stands behind in their run of non-space. It goes from the last block to the
// first; a run of bits is found by adding its end to it, which needs the bits in reverse order.
func (s *scanner) stripSuffixes() {
	carry, space := uint64(0), uint64(1)
	for b := len(s.blocks) - 1; b >= 0; b-- {
		k := &s.blocks[b]
		ends := bits.Reverse64(lead(k.space, space<<63>>63))
		run := bits.Reverse64(k.suffix)
		sum, over := bits.Add64(run, run&ends, carry)
		// A carry from the block behind goes on only through suffixes.
		k.suffix = bits.Reverse64((sum ^ run) & run)
		carry, space = over, k.space&1
	}
}

// carries are what spills from one block into the next.
type carries struct {
	previous                         *block
	own, dots, pair, ideo            uint64 // masks of the block before
	letters, signs, wideEnds         uint64
	inPrefix, letter, sign, sentence uint64 // carries of additions
	lastFrom                         int    // where the last token began
	url                              int    // the text before this offset is an address
}

// words64 finds the tokens of block b and counts what they are.
func (s *scanner) words64(b int, k, next *block, x *wide, c *carries) {
	p, some := c.previous, ^k.space
	k.start = some &^ follow(some, ^p.space)
	sum, over := bits.Add64(k.prefix, k.prefix&k.start, c.inPrefix)
	c.inPrefix = over
	dots := k.dot & (follow(k.dot, p.dot) | lead(k.dot, next.dot))
	infix, second := s.infixes64(b, k, next, c)
	own := (sum^k.prefix)&k.prefix | k.suffix | dots | x.solo | infix
	continues := k.tail | dots&follow(dots, c.dots) | second
	k.from = (k.start | own | follow(own, c.own) | k.cut | x.ideoStart | follow(x.ideo, c.ideo)) & some &^ continues
	k.to = (k.from | k.space) & follow(some, ^p.space)

	// Adding a property's bits, moved behind their bytes, to the inner bits of tokens carries to the end of each token that has any.
	inner := some &^ k.from
	letters, signs := k.letter, (k.letter|k.digit|x.sign)&^x.noSign
	hasLetter := reach(follow(letters, c.letters), inner, k.to, &c.letter)
	hasSign := reach(follow(signs, c.signs), inner, k.to, &c.sign)
	s.alphaWords += bits.OnesCount64(hasLetter)
	s.signWords += bits.OnesCount64(hasSign)
	s.signChars += bits.OnesCount64(some &^ k.tail)
	single := k.to & follow(k.from, p.from)
	s.signChars -= bits.OnesCount64(single &^ hasSign)
	for m := k.to &^ hasSign &^ single; m != 0; m &= m - 1 {
		to := 64*b + bits.TrailingZeros64(m)
		from := c.lastFrom
		if before := k.from & (m&-m - 1); before != 0 {
			from = 64*b + 63 - bits.LeadingZeros64(before)
		}
		s.signChars -= s.runesIn(from, to)
	}
	// A sentence ends with a token that is such a sign alone; the next one begins with the next word on the line.
	ended := single&follow(k.end, p.end) | k.to&follow(x.end, c.wideEnds)
	within := ^(hasSign | k.newline | k.lineEnd | x.lineEnd)
	k.sentence = reach(ended&^hasSign, within, hasSign, &c.sentence)
	if k.from != 0 {
		c.lastFrom = 64*b + 63 - bits.LeadingZeros64(k.from)
	}
	c.previous, c.own, c.dots, c.ideo = k, own, dots, x.ideo
	c.letters, c.signs, c.wideEnds = letters, signs, x.end
}

// reach gives the bits of at to which a bit of m is carried through the bits of through, or which are in m themselves.
func reach(m, through, at uint64, carry *uint64) uint64 {
	sum, over := bits.Add64(m&through, through, *carry)
	*carry = over
	return (sum&^through | m) & at
}

// infixes64 marks signs that split what stands between affixes, except in addresses; second are the latter of two hyphens that are one.
func (s *scanner) infixes64(b int, k, next *block, c *carries) (infix, second uint64) {
	p := c.previous
	afterWord := follow(k.letter|k.digit, p.letter|p.digit)
	beforeLetter := lead(k.letter, next.letter)
	pair := k.hyphen & afterWord & lead(k.hyphen, next.hyphen) & (k.letter>>2 | next.letter<<62)
	second = follow(pair, c.pair)
	c.pair = pair
	signs := k.infix & afterWord & beforeLetter
	for m := signs; m != 0; m &= m - 1 {
		if s.slashed(64*b + bits.TrailingZeros64(m)) {
			signs &^= m & -m
		}
	}
	infix = signs | k.hyphen&afterWord&beforeLetter | pair | second |
		k.dot&follow(k.letter&^k.upper, p.letter&^p.upper)&lead(k.upper, next.upper) |
		(k.math|k.hyphen)&follow(k.digit, p.digit)&lead(k.digit|k.hyphen, next.digit|next.hyphen)
	infix &^= below(c.url - 64*b)
	for m := k.infix & lead(k.infix, next.infix) & (k.infix>>2 | next.infix<<62); m != 0; m &= m - 1 {
		at := 64*b + bits.TrailingZeros64(m)
		if at < c.url || string(s.text[padding+at:padding+at+3]) != "://" {
			continue
		}
		c.url = s.nextSpace(at)
		infix &^= below(c.url-64*b) &^ (m&-m - 1)
	}
	return infix, second & infix
}

// slashed tells whether the sign at offset at is the one in "and/or" or "w/o", which are one word.
func (s *scanner) slashed(at int) bool {
	if s.text[padding+at] != '/' {
		return false
	}
	around := s.text[padding+at-4 : padding+at+4]
	alnum := func(c byte) bool { return c >= 0x80 || asciiBits[c]&(bitLetter|bitDigit) != 0 }
	return string(around[1:7]) == "and/or" && !alnum(around[0]) && !alnum(around[7]) ||
		string(around[3:6]) == "w/o" && !alnum(around[2]) && !alnum(around[6])
}

// below is the bits before bit n, which may be anything.
func below(n int) uint64 {
	switch {
	case n <= 0:
		return 0
	case n >= 64:
		return ^uint64(0)
	}
	return 1<<n - 1
}

// nextSpace is the offset of the first space from offset at; there is always one.
func (s *scanner) nextSpace(at int) int {
	b := at >> 6
	for m := s.blocks[b].space &^ below(at&63); ; m = s.blocks[b].space {
		if m != 0 {
			return 64*b + bits.TrailingZeros64(m)
		}
		b++
	}
}

// findTokens writes down where tokens begin and end.
func (s *scanner) findTokens() {
	s.from = flatten(s.from, s.blocks, fromMask, s.words)
	s.to = flatten(s.to, s.blocks, toMask, s.words)
	if len(s.from) != s.words || len(s.to) != s.words {
		panic("clean: words begin and do not end")
	}
}

// maskOf names a mask of a block that can be flattened.
type maskOf uint8

const (
	fromMask maskOf = iota
	toMask
	newlineMask
)

func (m maskOf) of(k *block) *uint64 {
	switch m {
	case fromMask:
		return &k.from
	case toMask:
		return &k.to
	}
	return &k.newline
}

// flattenRoom is how much more room than there are bits flatten needs: it writes four or sixteen numbers at a time.
const flattenRoom = 64

// flattenPlain puts the numbers of the set bits of a mask of all blocks, count in all, into dst.
func flattenPlain(dst []uint32, blocks []block, m maskOf, count int) []uint32 {
	dst = grow(dst, count+flattenRoom)
	n := 0
	for b := range blocks {
		x, base := *m.of(&blocks[b]), uint32(64*b)
		next := n + bits.OnesCount64(x)
		for ; x != 0; n += 4 {
			q := (*[4]uint32)(dst[n:])
			q[0] = base + uint32(bits.TrailingZeros64(x))
			x &= x - 1
			q[1] = base + uint32(bits.TrailingZeros64(x))
			x &= x - 1
			q[2] = base + uint32(bits.TrailingZeros64(x))
			x &= x - 1
			q[3] = base + uint32(bits.TrailingZeros64(x))
			x &= x - 1
		}
		n = next
	}
	return dst[:n]
}

// hashTokens gives each token its identity.
func (s *scanner) hashTokens() {
	nt := len(s.from)
	s.hash = grow(s.hash, nt)
	text, to, hash := s.text[padding:], s.to[:nt], s.hash[:nt]
	for i, from := range s.from {
		if n := int(to[i] - from); n <= 16 {
			hash[i] = hashShort(text[from:], n)
		} else {
			hash[i] = hashBytes(text, int(from), n)
		}
	}
}
