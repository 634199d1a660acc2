package ngram

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
)

// trieUnigram is the size of a 1-gram of a trie: probability, backoff, index of its first child.
const trieUnigram = 16

// trie is one of KenLM's tries (lm/trie.hh, quantize.hh, bhiksha.hh), searched where it lies in the file. The children of a node
// are the n-grams that are one word longer to the left, sorted by that word, packed by bits.
type trie struct {
	bound   uint32
	hashes  []byte // of the words, ascending; the first is that of word 1
	uni     []byte
	levels  []level // by order from 2; the last has no children and no backoffs
	quant   bool
	prob    uint8 // bits of a quantized probability
	backoff uint8
}

type level struct {
	data     []byte
	count    uint64
	wordBits uint8
	nextBits uint8 // of a child's index that lie within the entry
	total    uint8 // bits of an entry
	children uint64
	offsets  []byte // the upper bits of children's indices: entry i holds the first index in here whose upper bits are i
	probs    []byte // the values of quantized probabilities
	backoffs []byte
}

type nodes struct{ from, to uint64 }

// read gives n bits, up to 57, at a bit offset.
func (l *level) read(at uint64, n uint8) uint64 {
	return binary.LittleEndian.Uint64(l.data[at>>3:]) >> (at & 7) & (1<<n - 1)
}

func (t *trie) index(h uint64) uint32 {
	lo, hi := 0, len(t.hashes)/8
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if binary.LittleEndian.Uint64(t.hashes[8*mid:]) < h {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if 8*lo < len(t.hashes) && binary.LittleEndian.Uint64(t.hashes[8*lo:]) == h {
		return uint32(lo + 1)
	}
	return 0
}

// find looks for a word among the children r of a node, gives the bit offset behind the word, and makes r its children.
func (l *level) find(word uint32, r *nodes, last bool) (uint64, bool) {
	lo, hi := r.from, r.to
	total := uint64(l.total)
	for lo < hi {
		mid := (lo + hi) / 2
		if l.read(mid*total, l.wordBits) < uint64(word) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo >= r.to || l.read(lo*total, l.wordBits) != uint64(word) {
		return 0, false
	}
	if !last {
		at := lo*total + total - uint64(l.nextBits)
		r.from, r.to = l.read(at, l.nextBits), l.read(at+total, l.nextBits)
		if l.offsets != nil {
			r.from |= l.upper(lo) << l.nextBits
			r.to |= l.upper(lo+1) << l.nextBits
		}
		r.to = min(r.to, l.children) // a file that lies must not lead outside
		r.from = min(r.from, r.to)
	}
	return lo*total + uint64(l.wordBits), true
}

// upper is the greatest i whose offset is at most index.
func (l *level) upper(index uint64) uint64 {
	lo, hi := 1, len(l.offsets)/8
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if binary.LittleEndian.Uint64(l.offsets[8*mid:]) <= index {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return uint64(lo - 1)
}

// weights reads the probability and, except on the last level, the backoff at a bit offset.
func (t *trie) weights(l *level, at uint64, last bool) (p, b float32) {
	if t.quant {
		if last {
			return getFloat(l.probs[4*l.read(at, t.prob):]), 0
		}
		return getFloat(l.probs[4*l.read(at+uint64(t.backoff), t.prob):]), getFloat(l.backoffs[4*l.read(at, t.backoff):])
	}
	p = math.Float32frombits(uint32(l.read(at, 31)) | signBit)
	if !last {
		b = math.Float32frombits(uint32(l.read(at+31, 32)))
	}
	return p, b
}

func (t *trie) score(order int, in *State, word uint32, out *State) (float32, int) {
	u := t.uni[int(word)*trieUnigram:]
	p := getFloat(u)
	out.words[0] = word
	out.backoff[0] = getFloat(u[4:])
	out.length = 0
	if hasExtension(out.backoff[0]) {
		out.length = 1
	}
	length := 1
	r := nodes{binary.LittleEndian.Uint64(u[8:]), binary.LittleEndian.Uint64(u[8+trieUnigram:])}
	for i := 0; i < in.length && r.from < r.to; i++ {
		l, last := &t.levels[i], i == order-2
		at, ok := l.find(in.words[i], &r, last)
		if !ok {
			break
		}
		var b float32
		p, b = t.weights(l, at, last)
		length = i + 2
		if last {
			break
		}
		out.backoff[i+1] = b
		if hasExtension(b) {
			out.length = length
		}
	}
	return finish(in, out, p, length), length
}

// parseTrie points a trie into the file and gives the offset behind it.
func parseTrie(b []byte, h *header) (*trie, uint64, error) {
	t := &trie{quant: h.kind == 3 || h.kind == 5}
	p := &cutter{b, h.size, nil}
	n := binary.LittleEndian.Uint64(p.take(8, "the size of the vocabulary"))
	if p.err == nil && n > h.counts[0] {
		return nil, 0, fmt.Errorf("offset %d: %d words, the file counts %d 1-grams", h.size, n, h.counts[0])
	}
	hashes := p.take(8*h.counts[0], "the vocabulary")
	if p.err != nil {
		return nil, 0, p.err
	}
	t.hashes, t.bound = hashes[:8*n], uint32(n+1)
	tables, err := t.quantization(p, h)
	if err != nil {
		return nil, 0, err
	}
	start := p.at
	t.uni = p.take((h.counts[0]+2)*trieUnigram, "the 1-grams")
	if p.err != nil {
		return nil, 0, p.err
	}
	if err := t.checkUnigrams(start, h.counts[1]); err != nil {
		return nil, 0, err
	}
	for order := 2; order <= h.order; order++ {
		l, err := t.level(p, h, order)
		if err != nil {
			return nil, 0, err
		}
		if t.quant {
			l.probs, tables = tables[:4<<t.prob], tables[4<<t.prob:]
			if order < h.order {
				l.backoffs, tables = tables[:4<<t.backoff], tables[4<<t.backoff:]
			}
		}
		if err := t.check(&l, order == h.order); err != nil {
			return nil, 0, fmt.Errorf("offset %d: %w", p.at-uint64(len(l.data)), err)
		}
		t.levels = append(t.levels, l)
	}
	return t, p.at, nil
}

// check sees to it that no entry holds a probability or backoff that is not a number.
func (t *trie) check(l *level, last bool) error {
	for i := range l.count {
		p, b := t.weights(l, i*uint64(l.total)+uint64(l.wordBits), last)
		if (t.quant && (p != p || b != b || p > 0)) || !t.quant && (isSpecial(p) || isSpecial(b)) {
			return fmt.Errorf("n-gram %d has the log probability %v and the backoff %v", i, p, b)
		}
	}
	return nil
}

func isSpecial(f float32) bool { return math.Float32bits(f)&0x7f800000 == 0x7f800000 }

// cutter takes pieces off a file. Behind an error every piece is 8 bytes of nothing.
type cutter struct {
	b   []byte
	at  uint64
	err error
}

func (c *cutter) take(n uint64, what string) []byte {
	if c.err == nil && uint64(len(c.b))-c.at < n {
		c.err = fmt.Errorf("offset %d: the file ends %d bytes on, %s takes %d", c.at, uint64(len(c.b))-c.at, what, n)
	}
	if c.err != nil {
		return make([]byte, 8)
	}
	c.at += n
	return c.b[c.at-n : c.at : c.at]
}

// quantization reads the tables of quantized values.
func (t *trie) quantization(p *cutter, h *header) ([]byte, error) {
	if !t.quant {
		return nil, nil
	}
	at := p.at
	head := p.take(8, "the head of the quantization")
	if p.err != nil {
		return nil, p.err
	}
	t.prob, t.backoff = head[1], head[2]
	if head[0] != 2 || t.prob < 1 || t.prob > 25 || t.backoff < 1 || t.backoff > 25 {
		return nil, fmt.Errorf("offset %d: quantization version %d with %d and %d bits, must be 2 with 1 to 25 each", at, head[0], t.prob, t.backoff)
	}
	tables := p.take(uint64(h.order-2)*(4<<t.prob+4<<t.backoff)+4<<t.prob, "the quantization")
	return tables, p.err
}

func (t *trie) checkUnigrams(offset, children uint64) error {
	last := uint64(0)
	for i := 0; i < len(t.uni); i += trieUnigram {
		next := binary.LittleEndian.Uint64(t.uni[i+8:])
		if i/trieUnigram <= int(t.bound) && (next < last || next > children) {
			return fmt.Errorf("offset %d: children from %d, must be %d to %d", offset+uint64(i)+8, next, last, children)
		}
		if !isNumber(t.uni[i:]) || !isNumber(t.uni[i+4:]) {
			return fmt.Errorf("offset %d: a probability or backoff is not a number", offset+uint64(i))
		}
		last = next
	}
	return nil
}

// level lays out the n-grams of one order.
func (t *trie) level(p *cutter, h *header, order int) (level, error) {
	l := level{count: h.counts[order-1], wordBits: uint8(bits.Len64(h.counts[0]))}
	values := uint8(63)
	if t.quant {
		values = t.prob + t.backoff
	}
	if order == h.order {
		values = 31
		if t.quant {
			values = t.prob
		}
	} else {
		l.children = h.counts[order]
		required := uint8(bits.Len64(l.children))
		l.nextBits = required
		if h.kind >= 4 {
			if err := l.compressed(p, required); err != nil {
				return l, err
			}
		}
	}
	l.total = l.wordBits + values + l.nextBits
	l.data = p.take(((1+l.count)*uint64(l.total)+7)/8+8, fmt.Sprintf("the %d-grams", order))
	return l, p.err
}

// compressed reads the offsets of array-compressed pointers. How many bits they replace is what costs least, as KenLM reckons it.
func (l *level) compressed(p *cutter, required uint8) error {
	at := p.at
	if uint64(len(p.b))-at < 2 {
		return fmt.Errorf("offset %d: the file ends before the pointers", at)
	}
	most := p.b[at+1]
	if v := p.b[at]; v != 0 {
		return fmt.Errorf("offset %d: pointer compression version %d, must be 0", at, v)
	}
	chop, lowest := uint8(0), int64(math.MaxInt64)
	for c := uint8(0); c <= min(required, most); c++ {
		change := int64(l.children>>(required-c))*64 - int64(l.count+1)*int64(c)
		if change < lowest {
			lowest, chop = change, c
		}
	}
	l.nextBits = required - chop
	n := l.children>>l.nextBits + 1
	block := p.take(8*(1+n)+7, "the pointers")
	if p.err != nil {
		return p.err
	}
	skip := (8 - at%8) % 8
	l.offsets = block[skip+8 : skip+8+8*n]
	return nil
}
