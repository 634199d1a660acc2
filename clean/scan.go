package clean

import "math/bits"

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
	// Each Han and Hiragana letter is a word; else a run of them is one, as of other letters.
	ideographs bool

	// Tokens, in order; found if a rule needs words.
	from, to []uint32 // bytes
	hash     []uint64

	newlines []uint32 // offsets
	// By block, what was counted before it.
	spaceWords, sentences, tails []uint32

	lines  []line // at "\n"; the last is left out if empty
	breaks []line // at every break that splitlines knows: lines, or others if there are such breaks
	others []line

	gram        grams
	joined      joinedGrams
	lineTable   table
	paraTable   table
	lineKeys    []uint64
	paraKeys    []uint64
	spread      uint64 // what the tables' hash functions are drawn by
	chars       int    // code points
	words       int    // tokens
	signWords   int    // tokens that are not symbols: Gopher's words
	signChars   int    // their code points
	alphaWords  int    // tokens with a letter
	hashes      int    // '#'
	ellipses    int    // "..." and "…"
	paragraphs  int
	dupParas    int
	dupParaChar int
	splits      int // pieces between runs of "\n"
	dupSplits   int
	dupSplitChr int
}

// needs is what a rule wants to be measured besides what every scan gives: counts of characters, words and lines.
type needs uint8

const (
	needWords  needs = 1                   // where each word stands and its identity
	needTop          = 1<<iota | needWords // the most frequent 2-, 3- and 4-grams
	needDup          = 1<<iota | needTop   // 5- to 10-grams that repeat
	needJoined       = 1<<iota | needWords // likewise, their words joined
)

// scan measures text, which must be valid UTF-8.
func (s *scanner) scan(text []byte, need needs) {
	s.load(text, nil)
	if need&needWords != 0 {
		s.findTokens()
		s.hashTokens()
	}
	if need&needTop == needTop {
		s.gram.measure(s, need&needDup == needDup)
	}
	if need&needJoined == needJoined {
		s.joined.measure(s)
	}
	s.splitLines()
}

// load takes a text in and finds its words. What a word is in scripts without spaces follows from the text that it is part of, or from
// itself if that is nil.
func (s *scanner) load(text []byte, of *scanner) {
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
	// The tables' hash functions follow from the text. Who wants keys to meet in one slot, so that a search takes long, must look
	// for them anew with every change of a byte.
	s.spread = hashBytes(s.text[padding:], 0, s.n) | 1
	s.blocks = grow(s.blocks, nb)
	s.signWords, s.signChars, s.alphaWords, s.hashes, s.ellipses = 0, 0, 0, 0, 0
	s.ideographs = false
	s.anyHigh = classify(s.text, padding, s.blocks)
	if s.anyHigh {
		s.classifyWide()
		if s.ideographs = s.manyIdeographs(); of != nil {
			s.ideographs = of.ideographs
		}
		if !s.ideographs {
			s.joinIdeographs()
		}
	}
	s.tokenize()
}

// sentencesOf counts the sentences of a trimmed line of a text that another scanner has read.
func (s *scanner) sentencesOf(line []byte, of *scanner) int {
	s.load(line, of)
	return s.sentencesIn(0, len(line))
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
