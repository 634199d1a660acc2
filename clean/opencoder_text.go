package clean

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// openText measures what OpenCoder's rules ask of words, lines and strings. Its memory is reused.
type openText struct {
	code  []byte  // the text without comments and documentation
	docs  []int32 // where in code documentation was cut out
	lines []openLine
	lineCounts,
	gramCounts hashCounts
	hashes  []uint64 // of words
	lengths []int32  // of words, in code points
	grams   []uint64
	at      []int32 // where the grams that may repeat begin
	dup     []bool

	words, wordChars         int
	replacement              int // U+FFFD
	dupLines                 int
	strings, longWords       int // characters in strings, in words of more than 20 characters there
	longStringLines          int
	hexWords                 int
	prompts                  int // lines of comments that ask for code
	asserts, prints, imports int // lines of code with the word
	passes, goPrints         int
	top                      [3]float64 // for n = 2, 3, 4
	dups                     [6]float64 // for n = 5 … 10
}

// openLine is a line of code that is not empty, without the white space around it.
type openLine struct {
	from, to int32
	indent   int32 // bytes before it
}

func (o *openText) line(i int) []byte { return o.code[o.lines[i].from:o.lines[i].to] }

// measure fills everything from a scan whose spans are known.
func (o *openText) measure(s *codeScan) {
	o.cut(s)
	o.splitLines()
	o.stringFacts(s)
	o.lineFacts()
	o.wordFacts(s.text)
	o.gramFacts()
	o.hexWords = hexWordChars(o.code)
	o.replacement = bytes.Count(s.text, []byte("\uFFFD"))
}

// cut copies the code and counts the lines of comments with prompts.
func (o *openText) cut(s *codeScan) {
	o.code, o.docs, o.prompts = o.code[:0], o.docs[:0], 0
	at := 0
	for _, p := range s.lex.spans {
		if p.kind == lexString {
			continue
		}
		o.code = append(o.code, s.text[at:p.from]...)
		at = int(p.to)
		if p.kind == lexDoc {
			o.docs = append(o.docs, int32(len(o.code)))
		}
		for rest := s.text[p.from:p.to]; len(rest) > 0; {
			line := rest
			if end := bytes.IndexByte(rest, '\n'); end >= 0 {
				line, rest = rest[:end], rest[end+1:]
			} else {
				rest = nil
			}
			if containsFold(line, "your code here") || containsFold(line, "fixme") || containsFold(line, "todo") {
				o.prompts++
			}
		}
	}
	o.code = append(o.code, s.text[at:]...)
}

// containsFold looks for a word in lower case; ASCII letters of the text count in either case.
func containsFold(b []byte, word string) bool {
	for i := 0; i+len(word) <= len(b); i++ {
		if b[i]|0x20 == word[0] && equalFold(b[i:i+len(word)], word) {
			return true
		}
	}
	return false
}

func equalFold(b []byte, word string) bool {
	for i, c := range b {
		if c-'A' < 26 {
			c |= 0x20
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

func (o *openText) splitLines() {
	o.lines = o.lines[:0]
	for i := 0; i < len(o.code); {
		end := len(o.code)
		if at := bytes.IndexByte(o.code[i:], '\n'); at >= 0 {
			end = i + at
		}
		from, to := i, end
		for from < to && tokenClass[o.code[from]] == 0 {
			from++
		}
		for to > from && tokenClass[o.code[to-1]] == 0 {
			to--
		}
		if from < to {
			o.lines = append(o.lines, openLine{int32(from), int32(to), int32(from - i)})
		}
		i = end + 1
	}
}

// stringFacts measures strings. Of the peer's pattern, which takes any two quotes for a string, only true strings are kept.
func (o *openText) stringFacts(s *codeScan) {
	o.strings, o.longWords, o.longStringLines = 0, 0, 0
	for _, p := range s.lex.spans {
		if p.kind != lexString {
			continue
		}
		from, to := int(p.from)+int(p.open), int(p.to)-int(p.close)
		o.strings += s.runes(from, to)
		for body := s.text[from:to]; len(body) > 0; {
			line := body
			if end := bytes.IndexByte(body, '\n'); end >= 0 {
				line, body = body[:end], body[end+1:]
			} else {
				body = nil
			}
			o.stringLine(line)
		}
	}
}

// stringLine counts the tokens of a line of a string, and the characters of its long words; addresses are no such words.
func (o *openText) stringLine(line []byte) {
	tokens, last, from := 0, uint8(0), 0
	for i := 0; i <= len(line); i++ {
		k := uint8(0)
		if i < len(line) {
			if k = tokenClass[line[i]]; line[i] >= 0x80 {
				k = 1
			}
		}
		if k != last && k != 0 {
			tokens++
		}
		if k == 0 {
			if word := line[from:i]; len(word) > 20 && !bytes.Contains(word, []byte("://")) {
				if n := codePoints(word); n > 20 {
					o.longWords += n
				}
			}
			from = i + 1
		}
		last = k
	}
	if tokens > 20 {
		o.longStringLines++
	}
}

// lineFacts counts repeated lines, white space aside, but for brackets alone, and the lines with some words.
func (o *openText) lineFacts() {
	o.dupLines, o.asserts, o.prints, o.goPrints, o.imports, o.passes = 0, 0, 0, 0, 0, 0
	o.lineCounts.reset(len(o.lines))
	o.grams = o.grams[:0]
	for i := range o.lines {
		line := o.line(i)
		if h, n := hashWithoutSpace(line); n > 2 || n == 2 && (line[0] != '}' || line[len(line)-1] != ',') {
			o.grams = append(o.grams, h)
			o.lineCounts.add(h)
		}
		o.asserts += int(indicator(containsFold(line, "assert")))
		o.imports += int(indicator(containsFold(line, "import")))
		o.passes += int(indicator(containsFold(line, "pass")))
		o.prints += int(indicator(bytes.Contains(line, []byte("print"))))
		o.goPrints += int(indicator(bytes.Contains(line, []byte("fmt.Print"))))
	}
	for _, h := range o.grams {
		if o.lineCounts.of(h) > 1 {
			o.dupLines++
		}
	}
}

// hashWithoutSpace is the identity of a line without its white space, and how many bytes that has.
func hashWithoutSpace(line []byte) (h uint64, n int) {
	h = mul1
	for len(line) > 0 {
		var word [8]byte
		k := 0
		for len(line) > 0 && k < 8 {
			if c := line[0]; tokenClass[c] != 0 {
				word[k] = c
				k++
			}
			line = line[1:]
		}
		h = fold(h^binary.LittleEndian.Uint64(word[:]), mul0+uint64(k))
		n += k
	}
	return h, n
}

// wordFacts cuts words: runs of letters and digits, in lower case.
func (o *openText) wordFacts(text []byte) {
	o.hashes, o.lengths, o.words, o.wordChars = o.hashes[:0], o.lengths[:0], 0, 0
	var buf [64]byte
	for i := 0; i < len(text); {
		if c := text[i]; !isAlnum(c) && c < 0x80 {
			i++
			continue
		}
		low, chars, from := buf[:0], 0, i
		for i < len(text) && (isAlnum(text[i]) || text[i] >= 0x80) {
			c := text[i]
			if c-0x80 >= 0x40 || c < 0x80 {
				chars++
			}
			if c-'A' < 26 {
				c |= 0x20
			}
			if len(low) < len(buf) {
				low = append(low, c)
			}
			i++
		}
		h := uint64(i - from)
		if i-from <= len(buf) {
			h = xxhash.Sum64(low)
		} else {
			h ^= xxhash.Sum64(text[from:i]) // as it is written
		}
		o.hashes = append(o.hashes, h)
		o.lengths = append(o.lengths, int32(chars))
		o.words++
		o.wordChars += chars
	}
}

// gramFacts measures repeated n-grams as RedPajama v2 does (togethercomputer/RedPajama-Data, core/quality_signals/repetitions.py): the
// share of characters, in words, of the most frequent n-gram times its copies, and of words in n-grams that stand more than once.
// An n-gram can repeat only where the shorter one did, so each pass looks at fewer places.
func (o *openText) gramFacts() {
	o.top, o.dups = [3]float64{}, [6]float64{}
	o.at = o.at[:0]
	for i := range o.hashes {
		o.at = append(o.at, int32(i))
	}
	o.grams = append(o.grams[:0], o.hashes...)
	if cap(o.dup) < len(o.hashes) {
		o.dup = make([]bool, len(o.hashes))
	}
	for n := 2; n <= 10 && len(o.at) > 0; n++ {
		o.gramCounts.reset(len(o.at))
		kept := o.at[:0]
		for _, i := range o.at {
			if int(i)+n > len(o.hashes) {
				continue
			}
			// o.grams[i] is the identity of the n-1 words from i.
			o.grams[i] = fold(o.grams[i]^mul0, o.hashes[int(i)+n-1]^mul2)
			o.gramCounts.add(o.grams[i])
			kept = append(kept, i)
		}
		o.at = kept
		o.grade(n)
	}
}

// grade takes the facts of n-grams from their counts and drops the places that do not repeat.
func (o *openText) grade(n int) {
	best, most := -1, int32(1)
	kept := o.at[:0]
	if n >= 5 {
		o.dup = o.dup[:len(o.hashes)]
		clear(o.dup)
	}
	for _, i := range o.at {
		c := o.gramCounts.of(o.grams[i])
		if c < 2 {
			continue
		}
		kept = append(kept, i)
		if c > most {
			best, most = int(i), c
		}
		if n >= 5 {
			for k := range n {
				o.dup[int(i)+k] = true
			}
		}
	}
	o.at = kept
	if n <= 4 && best >= 0 {
		chars := 0
		for k := range n {
			chars += int(o.lengths[best+k])
		}
		o.top[n-2] = ratio(chars*int(most), o.wordChars)
	}
	if n >= 5 {
		chars := 0
		for i, d := range o.dup {
			if d {
				chars += int(o.lengths[i])
			}
		}
		o.dups[n-5] = ratio(chars, o.wordChars)
	}
}

// hexWordChars counts the characters of numbers such as 0x1F.
func hexWordChars(b []byte) (chars int) {
	for i := 0; ; {
		at := bytes.IndexByte(b[i:], '0')
		if at < 0 {
			return chars
		}
		i += at
		from := i
		for i++; i < len(b) && isWord(b[i]); i++ {
		}
		if word := b[from:i]; (from == 0 || !isWord(b[from-1])) && len(word) > 2 && word[1]|0x20 == 'x' && !slices.ContainsFunc(word[2:], func(c byte) bool { return !isHex(c) }) {
			chars += len(word)
		}
	}
}

// hashCounts counts 64-bit identities by open addressing.
type hashCounts struct {
	slots []hashCount
	shift int
}

type hashCount struct {
	hash  uint64
	count int32
}

// reset makes room for n keys.
func (c *hashCounts) reset(n int) {
	size, bits := 64, 6
	for size < 2*n {
		size, bits = 2*size, bits+1
	}
	if cap(c.slots) < size {
		c.slots = make([]hashCount, size)
	} else {
		c.slots = c.slots[:size]
		clear(c.slots)
	}
	c.shift = 64 - bits
}

func (c *hashCounts) find(h uint64) *hashCount {
	mask := len(c.slots) - 1
	for at := int(h >> c.shift); ; at++ {
		if s := &c.slots[at&mask]; s.count == 0 || s.hash == h {
			return s
		}
	}
}

func (c *hashCounts) add(h uint64) {
	s := c.find(h)
	s.hash = h
	s.count++
}

func (c *hashCounts) of(h uint64) int32 { return c.find(h).count }
