package clean

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// padding is what stands before a text in the scanner's buffer; twice as much stands behind it. All of it is spaces.
const padding = 64

// scanner measures a text once, into bit masks, arrays of tokens and lines, and the counts that rules judge. All its memory is
// kept for the next text. A scan is valid until the next one.
type scanner struct {
	text    []byte // padding, the text, padding
	n       int    // length of the text in bytes
	blocks  []block
	wide    []wide
	anyHigh bool // some byte is beyond ASCII
	oddSign bool // some character of the punctuation set is part of words: symbols must be counted word by word

	// Tokens, in order.
	from, to []uint32 // bytes
	squeezed []uint32 // offset in squeeze; a few more after the last
	hash     []uint64
	squeeze  []byte // the tokens without what is between them

	newlines []uint32 // offsets
	// By block, what was counted before it.
	spaceWords, sentences, tails []uint32

	lines  []line // at "\n"; the last is left out if empty
	breaks []line // at every break that splitlines knows; shares memory with lines if there are no others

	gram        grams
	lineTable   table
	paraTable   table
	lineKeys    []uint64
	paraKeys    []uint64
	chars       int // code points
	words       int // tokens
	signWords   int // tokens that are not symbols: Gopher's words
	signChars   int // their code points
	alphaWords  int // tokens with a letter
	hashes      int // '#'
	ellipses    int // "..." and "…"
	paragraphs  int
	dupParas    int
	dupParaChar int
	splits      int // pieces between runs of "\n"
	dupSplits   int
	dupSplitChr int
}

// scan measures text, which must be valid UTF-8; n-grams only if asked for, since they take half of the time.
func (s *scanner) scan(text []byte, withGrams bool) {
	nb := len(text)/64 + 2
	s.n = len(text)
	s.text = grow(s.text, padding+64*nb+2*padding)
	for i := range padding {
		s.text[i] = ' '
	}
	copy(s.text[padding:], text)
	for i := padding + s.n; i < len(s.text); i++ {
		s.text[i] = ' '
	}
	s.blocks = grow(s.blocks, nb)
	s.signWords, s.signChars, s.alphaWords, s.hashes, s.ellipses, s.oddSign = 0, 0, 0, 0, 0, false
	s.anyHigh = classify(s.text, padding, s.blocks)
	if s.anyHigh {
		s.classifyWide()
	}
	s.tokenize()
	if withGrams {
		s.hashTokens()
		s.gram.measure(s)
	}
	if s.oddSign {
		s.recountSigns()
	}
	s.splitLines()
}

// classifyWide decodes what is beyond ASCII, except the Han and Cyrillic letters that their lead bytes give away.
func (s *scanner) classifyWide() {
	s.wide = grow(s.wide, len(s.blocks)+1)
	clear(s.wide)
	table := runes()
	lastOther, lastEnd := rune(-1), -1
	var overHan, overCyrillic uint64 // bits that spill into the next block
	for b := range s.blocks {
		k, x := &s.blocks[b], &s.wide[b]
		if k.high == 0 && overHan|overCyrillic == 0 {
			continue
		}
		han := k.han | k.han<<1 | k.han<<2 | overHan
		overHan = k.han>>62&1 | k.han>>63*3
		cyrillic := k.cyrillic | k.cyrillic<<1 | overCyrillic
		overCyrillic = k.cyrillic >> 63
		k.letter |= han | cyrillic
		x.ideo |= han
		x.ideoStart |= k.han
		for m := k.high &^ (k.tail | k.han | k.cyrillic); m != 0; m &= m - 1 {
			at := 64*b + bits.TrailingZeros64(m)
			r, size := utf8.DecodeRune(s.text[padding+at:])
			cell := table.of(r)
			if cell&classMask != classOther {
				s.setWide(b, at, size, cell)
				continue
			}
			low, over := spread(at, size)
			y := &s.wide[b+1]
			if r == '’' && s.betweenLetters(table, at, size) {
				x.joined |= low
				y.joined |= over
				continue
			}
			if r == '…' {
				s.ellipses++
			}
			if r != lastOther || lastEnd != at {
				x.otherStart |= 1 << (at & 63)
			}
			lastOther, lastEnd = r, at+size
			if cell&flagPunct == 0 {
				x.noSign |= low
				y.noSign |= over
			}
			if cell&flagSentence != 0 {
				last := at + size - 1
				s.wide[last>>6].sentence |= 1 << (last & 63)
			}
		}
	}
}

// spread is the bits of a character of size bytes at offset at: in its block and in the next.
func spread(at, size int) (low, over uint64) {
	all, shift := uint64(1)<<size-1, uint(at&63)
	return all << shift, all >> (64 - shift)
}

// setWide enters a letter, digit, mark or space.
func (s *scanner) setWide(b, at, size int, cell uint8) {
	low, over := spread(at, size)
	k, x, y := &s.blocks[b], &s.wide[b], &s.wide[b+1]
	next := &block{}
	if b+1 < len(s.blocks) {
		next = &s.blocks[b+1]
	}
	switch cell & classMask {
	case classIdeo:
		x.ideo |= low
		y.ideo |= over
		x.ideoStart |= 1 << (at & 63)
		fallthrough
	case classLetter:
		k.letter |= low
		next.letter |= over
	case classDigit:
		k.digit |= low
		next.digit |= over
	case classMark:
		x.mark |= low
		y.mark |= over
	case classSpace:
		k.space |= low
		next.space |= over
		if cell&flagBreak != 0 {
			x.lineEnd |= 1 << (at & 63)
		}
	}
	if cell&flagPunct != 0 && cell&classMask != classSpace {
		s.oddSign = true
	}
}

func (s *scanner) betweenLetters(table *runeTable, at, size int) bool {
	if at == 0 || at+size >= s.n {
		return false
	}
	doc := s.text[padding : padding+s.n]
	before, _ := utf8.DecodeLastRune(doc[:at])
	after, _ := utf8.DecodeRune(doc[at+size:])
	return table.of(before)&classMask == classLetter && table.of(after)&classMask == classLetter
}

// tokenize finds words by mask algebra over whole blocks, and counts what masks can count.
func (s *scanner) tokenize() {
	nb := len(s.blocks)
	s.spaceWords, s.sentences, s.tails = grow(s.spaceWords, nb), grow(s.sentences, nb), grow(s.tails, nb)
	s.from, s.to, s.newlines = s.from[:0], s.to[:0], s.newlines[:0]
	var carry struct{ letter, digit, word, some, add uint64 }
	var words, sentences, tails uint32
	lastDot := 0
	var zero wide
	for b := range s.blocks {
		k, x := &s.blocks[b], &zero
		next := block{space: ^uint64(0)}
		var nextIdeo uint64
		if b+1 < nb {
			next = s.blocks[b+1]
		}
		if s.anyHigh {
			x = &s.wide[b]
			nextIdeo = s.wide[b+1].ideo
		}
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
		start := wordStart | otherStart
		some := ^k.space
		end := (start | k.space) & (some<<1 | carry.some)
		runStart := some &^ (some<<1 | carry.some)
		carry.some = some >> 63

		s.signWords += bits.OnesCount64(wordStart) + bits.OnesCount64(x.otherStart&x.noSign)
		s.signChars += bits.OnesCount64((word | x.noSign) &^ k.tail)
		// Adding letters to runs carries out of each run that has a letter: one carry a run.
		sum, carried := bits.Add64(run, letter, carry.add)
		carry.add = carried
		s.alphaWords += bits.OnesCount64(x.ideoStart) + bits.OnesCount64(sum&^run)
		s.hashes += bits.OnesCount64(k.hash)
		for d := k.dot & (k.dot>>1 | next.dot<<63) & (k.dot>>2 | next.dot<<62); d != 0; d &= d - 1 {
			if at := 64*b + bits.TrailingZeros64(d); at >= lastDot {
				s.ellipses++
				lastDot = at + 3
			}
		}
		space1, space2 := k.space>>1|next.space<<63, k.space>>2|next.space<<62
		k.sentence = k.end&(space1|(k.closer>>1|next.closer<<63)&space2) | x.sentence
		k.start = runStart
		s.spaceWords[b], s.sentences[b], s.tails[b] = words, sentences, tails
		words += uint32(bits.OnesCount64(runStart))
		sentences += uint32(bits.OnesCount64(k.sentence))
		tails += uint32(bits.OnesCount64(k.tail))
		s.from = appendBits(s.from, start, uint32(64*b))
		s.to = appendBits(s.to, end, uint32(64*b))
		s.newlines = appendBits(s.newlines, k.newline, uint32(64*b))
	}
	s.words = len(s.from)
	s.chars = s.n - int(tails)
	if len(s.from) != len(s.to) {
		panic("clean: words begin and do not end")
	}
}

// appendBits appends base plus the number of each set bit, four at a time: the surplus is overwritten by the next call.
func appendBits(dst []uint32, m uint64, base uint32) []uint32 {
	if m == 0 {
		return dst
	}
	n, count := len(dst), bits.OnesCount64(m)
	if cap(dst)-n < 68 {
		more := make([]uint32, n, 2*cap(dst)+256)
		copy(more, dst)
		dst = more
	}
	room := dst[n : n+68]
	for i := 0; m != 0; i += 4 {
		q := (*[4]uint32)(room[i:])
		q[0] = base + uint32(bits.TrailingZeros64(m))
		m &= m - 1
		q[1] = base + uint32(bits.TrailingZeros64(m))
		m &= m - 1
		q[2] = base + uint32(bits.TrailingZeros64(m))
		m &= m - 1
		q[3] = base + uint32(bits.TrailingZeros64(m))
		m &= m - 1
	}
	return dst[:n+count]
}

// hashTokens gives each token its identity and copies the tokens into squeeze.
func (s *scanner) hashTokens() {
	nt := len(s.from)
	s.hash, s.squeezed, s.squeeze = grow(s.hash, nt+16), grow(s.squeezed, nt+16), grow(s.squeeze, s.n+192)
	text, out := s.text[padding:], s.squeeze
	to, hash, squeezed := s.to[:nt], s.hash[:nt], s.squeezed[:nt]
	o := 0
	for i, from := range s.from {
		at, n := int(from), int(to[i]-from)
		squeezed[i] = uint32(o)
		hash[i] = hashBytes(text, at, n)
		if n <= 16 {
			src, dst := text[at:at+16], out[o:o+16]
			binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src))
			binary.LittleEndian.PutUint64(dst[8:], binary.LittleEndian.Uint64(src[8:]))
		} else {
			copy(out[o:], text[at:at+n])
		}
		o += n
	}
	for i := nt; i < nt+16; i++ {
		s.squeezed[i] = uint32(o)
	}
	clear(out[o : o+128])
}

// recountSigns counts the words that are not symbols one by one. It runs only on texts with a punctuation character that the
// masks take for part of a word, such as U+FF11.
func (s *scanner) recountSigns() {
	table := runes()
	s.signWords, s.signChars = 0, 0
	for i, from := range s.from {
		word := s.text[padding+int(from) : padding+int(s.to[i])]
		for j := 0; j < len(word); {
			r, size := utf8.DecodeRune(word[j:])
			if c := table.of(r); c&flagPunct == 0 && (r >= 0x80 || c&classMask != classOther) {
				s.signWords++
				s.signChars += codePoints(word)
				break
			}
			j += size
		}
	}
}

// before counts the bits of a property before offset at, given the sums by block.
func before(sums []uint32, mask uint64, at int) int {
	return int(sums[at>>6]) + bits.OnesCount64(mask&(1<<(uint(at)&63)-1))
}

// runesIn is the number of code points in text[from:to].
func (s *scanner) runesIn(from, to int) int {
	if !s.anyHigh {
		return to - from
	}
	return to - from - before(s.tails, s.blocks[to>>6].tail, to) + before(s.tails, s.blocks[from>>6].tail, from)
}
