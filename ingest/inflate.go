package ingest

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/bits"
	"slices"
)

// inflater unpacks a whole gzip member (RFC 1951, 1952) that lies in memory into memory. Archives are millions of small members, and
// without a window to keep and a stream to ask for single bytes this takes half the time. It reads what is sound; on anything else, and on
// members that are too large for it, it gives up, and the caller has the stream decoder find out what is wrong.
type inflater struct {
	lit, dist huffman
	lengths   [maxLit + maxDist]uint8
	fixed     bool // the tables are those of fixed blocks
}

const (
	maxLit  = 288
	maxDist = 32

	litBits  = 10 // of the first look into the tables; longer codes take a second
	distBits = 8

	// room is what must be free behind the output for the longest match, copied in words.
	room = 258 + 16
)

var (
	errShort    = errors.New("the member does not end here")
	errInflate  = errors.New("not to be unpacked at one go")
	lengthBase  = [29]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra = [29]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distBase    = [30]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distExtra   = [30]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
	orderOfCode = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
)

// An entry of a table: the length of the code in its low byte, then extra bits and kind, then the value: a literal, the base of a length
// or distance, or the place of a second table, whose index bits are then the extra bits. 0 = no such code.
type entry uint32

const (
	literal  entry = 0x8000
	endBlock entry = 0x4000
	second   entry = 0x2000
)

// huffman is the table of one code.
type huffman struct {
	t    []entry
	deep [1 << litBits]uint8 // for codes that are longer than the first look, by their start: the longest
}

// build makes the table; false for a code that is not complete, but for one of a single code of one bit.
func (h *huffman) build(lengths []uint8, first int, symbol func(i int) entry) bool {
	var count [16]int
	for _, l := range lengths {
		count[l]++
	}
	var next [16]int
	code, left := 0, 1
	for l := 1; l < 16; l++ {
		code = (code + count[l-1]*min(1, l-1)) << 1
		next[l] = code
		if left = left<<1 - count[l]; left < 0 {
			return false
		}
	}
	used := len(lengths) - count[0]
	if left > 0 && (used != 1 || count[1] != 1) {
		return false
	}
	h.t = append(h.t[:0], make([]entry, 1<<first)...)
	long := used > 0 && h.hasLong(count[:], first)
	if long {
		h.prepare(lengths, next, first)
	}
	for i, l := range lengths {
		if l == 0 {
			continue
		}
		c := reversed(next[l], int(l))
		next[l]++
		e := symbol(i) | entry(l)
		if int(l) <= first {
			for ; c < 1<<first; c += 1 << l {
				h.t[c] = e
			}
			continue
		}
		sub := h.t[c&(1<<first-1)]
		at, more := int(sub>>16), int(sub>>8&15)
		for k := c >> first; k < 1<<more; k += 1 << (int(l) - first) {
			h.t[at+k] = e
		}
	}
	return true
}

func (h *huffman) hasLong(count []int, first int) bool {
	for _, n := range count[first+1:] {
		if n > 0 {
			return true
		}
	}
	return false
}

// prepare makes the second tables.
func (h *huffman) prepare(lengths []uint8, next [16]int, first int) {
	clear(h.deep[:1<<first])
	for _, l := range lengths {
		if l == 0 {
			continue
		}
		if int(l) > first {
			start := reversed(next[l], int(l)) & (1<<first - 1)
			h.deep[start] = max(h.deep[start], l)
		}
		next[l]++
	}
	for start, l := range h.deep[:1<<first] {
		if l > 0 {
			more := int(l) - first
			h.t[start] = entry(len(h.t))<<16 | second | entry(more)<<8 | entry(first)
			h.t = append(h.t, make([]entry, 1<<more)...)
		}
	}
}

// reversed turns the n low bits of a code around: deflate sends codes from their first bit on.
func reversed(c, n int) int { return int(bits.Reverse16(uint16(c)) >> (16 - n)) }

func litSymbol(i int) entry {
	switch {
	case i < 256:
		return entry(i)<<16 | literal
	case i == 256:
		return endBlock
	case i-257 < len(lengthBase):
		return entry(lengthBase[i-257])<<16 | entry(lengthExtra[i-257])<<8
	}
	return endBlock | second // a code that no stream may use
}

func distSymbol(i int) entry {
	if i < len(distBase) {
		return entry(distBase[i])<<16 | entry(distExtra[i])<<8
	}
	return endBlock
}

// member unpacks the member at the start of src into dst and tells its size. The output is at most limit bytes.
func (x *inflater) member(dst, src []byte, limit int) (out []byte, size int, err error) {
	n, err := gzipHeader(src)
	if err != nil {
		return dst, 0, err
	}
	s := bitStream{src: src, pos: n}
	from := len(dst)
	for last := false; !last; {
		s.fill()
		if s.n < 3 {
			return dst, 0, errShort
		}
		last = s.bits&1 == 1
		kind := s.bits >> 1 & 3
		s.drop(3)
		switch kind {
		case 0:
			dst, err = s.stored(dst)
		case 1:
			if !x.fixedTables() {
				return dst, 0, errInflate
			}
			dst, err = x.block(&s, dst, from, limit)
		case 2:
			if err = x.dynamicTables(&s); err == nil {
				dst, err = x.block(&s, dst, from, limit)
			}
		default:
			err = errInflate
		}
		if err == nil && len(dst)-from > limit {
			err = errInflate
		}
		if err != nil {
			return dst, 0, err
		}
	}
	at := s.pos - s.n/8 // whole bytes that were taken too early go back
	if at+8 > len(src) {
		return dst, 0, errShort
	}
	if binary.LittleEndian.Uint32(src[at:]) != crc32.ChecksumIEEE(dst[from:]) || binary.LittleEndian.Uint32(src[at+4:]) != uint32(len(dst)-from) {
		return dst, 0, errInflate
	}
	return dst, at + 8, nil
}

// gzipHeader is the size of the header of a member; those with a checksum of their own are left to the stream decoder.
func gzipHeader(b []byte) (int, error) {
	if len(b) < 18 {
		return 0, errShort
	}
	if b[0] != 0x1f || b[1] != 0x8b || b[2] != 8 || b[3]&^0x1d != 0 {
		return 0, errInflate
	}
	flags, n := b[3], 10
	if flags&4 != 0 { // extra
		n += 2 + int(binary.LittleEndian.Uint16(b[n:]))
	}
	for _, f := range []byte{8, 16} { // name, comment
		if flags&f == 0 {
			continue
		}
		if n >= len(b) {
			return 0, errShort
		}
		k := slices.Index(b[n:min(len(b), n+512)], 0)
		if k < 0 {
			return 0, errInflate
		}
		n += k + 1
	}
	if n >= len(b) {
		return 0, errShort
	}
	return n, nil
}

// bitStream gives bits, the lowest first.
type bitStream struct {
	src  []byte
	pos  int
	bits uint64
	n    int // how many bits are at hand
}

// fill takes bytes until there are 56 bits or no more bytes.
func (s *bitStream) fill() {
	if s.pos+8 <= len(s.src) {
		s.bits |= binary.LittleEndian.Uint64(s.src[s.pos:]) << (s.n & 63)
		s.pos += (63 - s.n) >> 3
		s.n |= 56
		return
	}
	for s.n < 56 && s.pos < len(s.src) {
		s.bits |= uint64(s.src[s.pos]) << s.n
		s.pos++
		s.n += 8
	}
}

func (s *bitStream) drop(n int) {
	s.bits >>= n & 63
	s.n -= n
}

// stored copies a block that is not packed.
func (s *bitStream) stored(dst []byte) ([]byte, error) {
	s.pos -= s.n / 8
	s.bits, s.n = 0, 0
	if s.pos+4 > len(s.src) {
		return dst, errShort
	}
	n := int(binary.LittleEndian.Uint16(s.src[s.pos:]))
	if n != int(^binary.LittleEndian.Uint16(s.src[s.pos+2:])) {
		return dst, errInflate
	}
	if s.pos += 4; s.pos+n > len(s.src) {
		return dst, errShort
	}
	dst = append(dst, s.src[s.pos:s.pos+n]...)
	s.pos += n
	return dst, nil
}

func (x *inflater) fixedTables() bool {
	if x.fixed {
		return true
	}
	for i := range maxLit {
		switch {
		case i < 144, i >= 280:
			x.lengths[i] = 8
		case i < 256:
			x.lengths[i] = 9
		default:
			x.lengths[i] = 7
		}
	}
	for i := range maxDist {
		x.lengths[maxLit+i] = 5
	}
	x.fixed = x.lit.build(x.lengths[:maxLit], litBits, litSymbol) && x.dist.build(x.lengths[maxLit:], distBits, distSymbol)
	return x.fixed
}

// dynamicTables reads the codes of a block.
func (x *inflater) dynamicTables(s *bitStream) error {
	x.fixed = false
	s.fill()
	nLit, nDist, nCode := int(s.bits&31)+257, int(s.bits>>5&31)+1, int(s.bits>>10&15)+4
	if s.drop(14); s.n < 0 {
		return errShort
	}
	if nLit > 286 || nDist > 30 {
		return errInflate
	}
	var codes [19]uint8
	for _, i := range orderOfCode[:nCode] {
		s.fill()
		codes[i] = uint8(s.bits & 7)
		if s.drop(3); s.n < 0 {
			return errShort
		}
	}
	if !x.dist.build(codes[:], 7, func(i int) entry { return entry(i) << 16 }) {
		return errInflate
	}
	for i := 0; i < nLit+nDist; {
		s.fill()
		e := x.dist.t[s.bits&127]
		if e&0xff == 0 {
			return errInflate
		}
		s.drop(int(e & 0xff))
		v, times := uint8(e>>16), 1
		switch symbol := e >> 16; {
		case symbol < 16:
		case symbol == 16 && i == 0:
			return errInflate
		case symbol == 16:
			v, times = x.lengths[i-1], 3+int(s.bits&3)
			s.drop(2)
		case symbol == 17:
			v, times = 0, 3+int(s.bits&7)
			s.drop(3)
		default:
			v, times = 0, 11+int(s.bits&127)
			s.drop(7)
		}
		if s.n < 0 {
			return errShort
		}
		if i+times > nLit+nDist {
			return errInflate
		}
		for ; times > 0; times-- {
			x.lengths[i] = v
			i++
		}
	}
	if x.lengths[256] == 0 || !x.lit.build(x.lengths[:nLit], litBits, litSymbol) || !x.dist.build(x.lengths[nLit:nLit+nDist], distBits, distSymbol) {
		return errInflate
	}
	return nil
}

// block unpacks one block. from is where the member's output starts: no distance reaches beyond it.
func (x *inflater) block(stream *bitStream, dst []byte, from, limit int) ([]byte, error) {
	s := *stream // in registers
	lit, dist := x.lit.t, x.dist.t
	k := len(dst)
	for {
		if cap(dst)-k < room {
			if k-from > limit {
				return dst[:k], errInflate
			}
			dst = slices.Grow(dst[:k], max(room, k))
		}
		out := dst[:cap(dst)]
		end := len(out) - room
		for k <= end {
			s.fill()
			e := lit[s.bits&(1<<litBits-1)]
			if e&literal != 0 { // up to three of at most 10 bits, after which a length still fits
				out[k] = byte(e >> 16)
				k++
				s.drop(int(e & 0xff))
				if e = lit[s.bits&(1<<litBits-1)]; e&literal != 0 {
					out[k] = byte(e >> 16)
					k++
					s.drop(int(e & 0xff))
					e = lit[s.bits&(1<<litBits-1)]
				}
				if s.n < 0 {
					return out[:k], errShort
				}
				s.fill()
			}
			if e&(second|endBlock) == second {
				e = lit[int(e>>16)+int(s.bits>>litBits&(1<<(e>>8&15)-1))]
			}
			s.drop(int(e & 0xff))
			if e&literal != 0 {
				out[k] = byte(e >> 16)
				k++
				if s.n < 0 {
					return out[:k], errShort
				}
				continue
			}
			if e&endBlock != 0 {
				if e&second != 0 {
					return out[:k], errInflate
				}
				if s.n < 0 {
					return out[:k], errShort
				}
				*stream = s
				return out[:k], nil
			}
			extra := e >> 8 & 15
			length := int(e>>16) + int(s.bits&(1<<extra-1))
			s.drop(int(extra))
			d := dist[s.bits&(1<<distBits-1)]
			if d&second != 0 {
				d = dist[int(d>>16)+int(s.bits>>distBits&(1<<(d>>8&15)-1))]
			}
			s.drop(int(d & 0xff))
			extra = d >> 8 & 15
			distance := int(d>>16) + int(s.bits&(1<<extra-1))
			if s.drop(int(extra)); s.n < 0 {
				return out[:k], errShort
			}
			if e&0xff == 0 || d&0xff == 0 || d&endBlock != 0 || distance > k-from {
				return out[:k], errInflate
			}
			copyMatch(out, k, distance, length)
			k += length
		}
		dst = out[:k]
	}
}

// copyMatch copies length bytes from distance before k to k; it may write up to 15 bytes more.
func copyMatch(out []byte, k, distance, length int) {
	if distance >= 8 {
		from, to := out[k-distance:], out[k:k+length+15]
		for i := 0; i < length; i += 8 {
			binary.LittleEndian.PutUint64(to[i:], binary.LittleEndian.Uint64(from[i:]))
		}
		return
	}
	if distance == 1 {
		c := out[k-1]
		to := out[k : k+length]
		for i := range to {
			to[i] = c
		}
		return
	}
	from, to := out[k-distance:k+length-distance], out[k:k+length]
	for i := range to {
		to[i] = from[i]
	}
}
