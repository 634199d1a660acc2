package tokenize

import (
	"encoding/binary"
	"slices"

	"golang.org/x/text/unicode/norm"
)

// batch is how many pieces are looked up together, so that loads from memory overlap.
const batch = 512

// Encoder turns text into ids. It belongs to one goroutine and remembers pieces that it has met: at most about 64 MiB; what it has met
// never changes what it gives.
type Encoder struct {
	t      *Tokenizer
	merger merger
	cache  *cache
	normal []byte // text in normal form C

	ends   [batch + 64]int // of the pieces of this batch
	values [batch + 64]value
	misses [batch + 64]int32
	big    []uint32 // ids of this batch's pieces that no cache holds
	outer  []uint32

	scratch []token
	work    work
	stream  stream
	err     error
}

// NewEncoder makes an encoder with an empty cache.
func (t *Tokenizer) NewEncoder() *Encoder { return t.newEncoder(topBits) }

func (t *Tokenizer) newEncoder(top uint) *Encoder {
	return &Encoder{t: t, merger: merger{b: &t.bpe}, cache: newCache(top)}
}

// Append appends the ids of text to dst. All of text is ordinary: it never yields a special token. Only a tokenizer with a pattern that is none of Splits can
// fail, on a text over which the pattern backtracks without end: then nothing is appended and Err tells it.
func (e *Encoder) Append(dst []uint32, text []byte) []uint32 {
	if e.t.flow != nil {
		return e.flow(dst, text)
	}
	if e.t.rule != nil {
		if !e.t.plain.none() {
			return e.between(dst, text)
		}
		return e.fast(dst, text)
	}
	tokens, err := e.slow(text, e.t.plain, false)
	if err != nil {
		e.err = err
		return dst
	}
	for _, t := range tokens {
		dst = append(dst, t.id)
	}
	return dst
}

// between is fast for what stands between added tokens that ordinary text yields.
func (e *Encoder) between(dst []uint32, text []byte) []uint32 {
	segments, _ := e.t.plain.segments(aligned{text: text}, nil, nil) // nothing fails without a normalizer
	for _, s := range segments {
		if s.token != nil {
			dst = append(dst, s.token.ID)
		} else {
			dst = e.fast(dst, s.text)
		}
	}
	return dst
}

// Err is the first failure of Append since the last call of Err.
func (e *Encoder) Err() error {
	err := e.err
	e.err = nil
	return err
}

// fast is Append by masks.
func (e *Encoder) fast(dst []uint32, text []byte) []uint32 {
	if e.t.nfc && !norm.NFC.IsNormal(text) {
		e.normal = norm.NFC.Append(e.normal[:0], text...)
		text = e.normal
	}
	for pos := 0; pos < len(text); {
		next, n := e.t.rule.split(text, pos, &e.ends)
		dst = e.append(dst, text, pos, n)
		pos = next
	}
	return dst
}

// append encodes the n pieces of this batch, the first of which starts at pos.
func (e *Encoder) append(dst []uint32, text []byte, pos, n int) []uint32 {
	if e.cache.full {
		e.cache.wipe()
	}
	e.big = e.big[:0]
	safe := n // pieces from here on are too near the end of the text for a load of 16 bytes
	for safe > 0 && e.start(safe-1, pos)+16 > len(text) {
		safe--
	}
	missed := e.probe(text, pos, safe)
	for i := safe; i < n; i++ {
		e.misses[missed] = int32(i)
		missed++
	}
	room := 4 * n
	for _, i := range e.misses[:missed] {
		e.values[i] = e.resolve(text[e.start(int(i), pos):e.ends[i]])
	}
	dst = slices.Grow(dst, room)
	k := len(dst)
	all := dst[:cap(dst)]
	for i := range e.values[:n] {
		v := e.values[i]
		count := int(v.v1 >> countBits)
		if len(all)-k < 4 {
			all = slices.Grow(all[:k], room)
			all = all[:cap(all)]
		}
		if count == 0 {
			ids := e.list(v)
			all = append(all[:k], ids...)
			all = all[:cap(all)]
			k += len(ids)
			continue
		}
		four := all[k : k+4 : k+4]
		four[0], four[1], four[2], four[3] = uint32(v.v0), uint32(v.v0>>32), uint32(v.v1), uint32(v.v1&idMask>>32)
		k += count
	}
	return all[:k]
}

// start is where piece i of the batch starts.
func (e *Encoder) start(i, pos int) int {
	if i == 0 {
		return pos
	}
	return e.ends[i-1]
}

// list gives the ids of a value that has more than four, or that no slot holds.
func (e *Encoder) list(v value) []uint32 {
	from := e.cache.arena
	if v.v1 == longBit {
		from = e.big
	}
	off := v.v0 >> 32
	return from[off : off+v.v0&(1<<32-1)]
}

// probe looks the first n pieces up in the hot part and lists those that are not there.
func (e *Encoder) probe(text []byte, pos, n int) (missed int) {
	hot := &e.cache.hot
	for i, end := range e.ends[:n] {
		size := min(uint(end-pos), maxShort+1)
		m := &keyMask[size]
		b := text[pos : pos+16 : pos+16]
		lo := binary.LittleEndian.Uint64(b) & m[0]
		hi := binary.LittleEndian.Uint64(b[8:])&m[1] | m[2]
		pos = end
		line := &hot[keyHash(lo, hi)>>32&(1<<hotBits-1)]
		// Which of the two it is, is not branched on: it would often be guessed wrong.
		x := (line[0].lo ^ lo) | (line[0].hi ^ hi)
		y := (line[1].lo ^ lo) | (line[1].hi ^ hi)
		y = (y - 1) &^ y >> 63 // 1 if equal
		x = (x - 1) &^ x >> 63
		s := &line[y&1]
		e.values[i] = value{s.v0, s.v1}
		e.misses[missed] = int32(i)
		missed += int(1 - (x | y))
	}
	return missed
}

// resolve finds the ids of a piece that the hot part does not have.
func (e *Encoder) resolve(piece []byte) value {
	c := e.cache
	if len(piece) <= maxShort {
		lo, hi := key(piece)
		h := keyHash(lo, hi)
		s, ok := c.find(h, lo, hi)
		if !ok {
			s = c.store(h, lo, hi, e.merge(piece))
		}
		c.promote(h, s)
		return value{s.v0, s.v1}
	}
	if len(piece) <= maxLong {
		v, at, h, ok := c.findLong(piece)
		if ok {
			return v
		}
		ids := e.merge(piece)
		c.storeLong(at, h, piece, ids)
		return e.aside(ids)
	}
	return e.aside(e.merge(piece))
}

// aside keeps ids for this batch only.
func (e *Encoder) aside(ids []uint32) value {
	v := value{uint64(len(e.big))<<32 | uint64(len(ids)), longBit}
	e.big = append(e.big, ids...)
	return v
}

// merge encodes a piece without the cache; the result is valid until the next call.
func (e *Encoder) merge(piece []byte) []uint32 {
	e.outer = e.outer[:0]
	if e.t.flow != nil {
		return e.flowPiece(piece)
	}
	if id, ok := e.t.bpe.whole[string(piece)]; ok {
		return append(e.outer, id)
	}
	for _, id := range e.merger.piece(piece) {
		e.outer = append(e.outer, e.t.bpe.outer[id])
	}
	return e.outer
}
