package clean

import "math/bits"

// carries are the bits that spill from one block into the next.
type carries struct {
	letter, digit, word, some, add uint64
	lastDot                        int // no ellipsis begins before
}

// tokenize finds words by mask algebra over whole blocks, and counts what masks can count.
func (s *scanner) tokenize() {
	nb := len(s.blocks)
	s.spaceWords, s.sentences, s.tails = grow(s.spaceWords, nb), grow(s.sentences, nb), grow(s.tails, nb)
	var carry carries
	var words, sentences, tails uint32
	tokens, newlines := 0, 0
	zero, after := wide{}, block{space: ^uint64(0)}
	for b := range s.blocks {
		k, x := &s.blocks[b], &zero
		next := &after
		var nextIdeo uint64
		if b+1 < nb {
			next = &s.blocks[b+1]
		}
		if s.anyHigh {
			x = &s.wide[b]
			nextIdeo = s.wide[b+1].ideo
		}
		s.words64(k, next, x, nextIdeo, &carry)
		s.ellipses64(k, next, 64*b, &carry)
		space1, space2 := k.space>>1|next.space<<63, k.space>>2|next.space<<62
		k.sentence = k.end&(space1|(k.closer>>1|next.closer<<63)&space2) | x.sentence
		s.spaceWords[b], s.sentences[b], s.tails[b] = words, sentences, tails
		words += uint32(bits.OnesCount64(k.start))
		sentences += uint32(bits.OnesCount64(k.sentence))
		tails += uint32(bits.OnesCount64(k.tail))
		tokens += bits.OnesCount64(k.from)
		newlines += bits.OnesCount64(k.newline)
	}
	s.words = tokens
	s.chars = s.n - int(tails)
	s.newlines = flatten(s.newlines, s.blocks, newlineMask, newlines)
}

// words64 finds the tokens of a block and counts what they are.
func (s *scanner) words64(k, next *block, x *wide, nextIdeo uint64, carry *carries) {
	letter, nextLetter := k.letter&^x.ideo, next.letter&^nextIdeo
	betweenLetters := (letter<<1 | carry.letter) & (letter>>1 | nextLetter<<63)
	betweenDigits := (k.digit<<1 | carry.digit) & (k.digit>>1 | next.digit<<63)
	joined := betweenLetters&(k.dot|k.joiner) | betweenDigits&(k.dot|k.joiner|k.comma)
	carry.letter, carry.digit = letter>>63, k.digit>>63
	word := k.letter | k.digit | x.mark | x.joined | joined
	run := word &^ x.ideo
	wordStart := run&^(run<<1|carry.word) | x.ideoStart
	carry.word = run >> 63
	otherStart := ^(word|k.space)&^k.same&^k.high | x.otherStart
	some := ^k.space
	k.from = wordStart | otherStart
	k.to = (k.from | k.space) & (some<<1 | carry.some)
	k.start = some &^ (some<<1 | carry.some)
	carry.some = some >> 63

	s.signWords += bits.OnesCount64(wordStart) + bits.OnesCount64(x.otherStart&x.noSign)
	s.signChars += bits.OnesCount64((word | x.noSign) &^ k.tail)
	// Adding letters to runs carries out of each run that has a letter: one carry a run.
	sum, carried := bits.Add64(run, letter, carry.add)
	carry.add = carried
	s.alphaWords += bits.OnesCount64(x.ideoStart) + bits.OnesCount64(sum&^run)
	s.hashes += bits.OnesCount64(k.hash)
}

// ellipses64 counts the "..." that begin in a block, as one reads them: "......" is two.
func (s *scanner) ellipses64(k, next *block, base int, carry *carries) {
	for d := k.dot & (k.dot>>1 | next.dot<<63) & (k.dot>>2 | next.dot<<62); d != 0; d &= d - 1 {
		if at := base + bits.TrailingZeros64(d); at >= carry.lastDot {
			s.ellipses++
			carry.lastDot = at + 3
		}
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
		hash[i] = hashBytes(text, int(from), int(to[i]-from))
	}
}
