package clean

import (
	"bytes"
	"unicode/utf8"
)

// pieceCount counts lines or paragraphs and those that repeat.
type pieceCount struct {
	table table
	keys  []uint64
	times []uint32

	different       int // how many different ones
	total, chars    int
	dup, dupChars   int // all copies of those that occur more than once
	again, againChr int // copies after the first
}

// begin makes ready for at most most pieces.
func (p *pieceCount) begin(most int) {
	p.table.reset(most)
	p.keys, p.times = grow(p.keys, most), grow(p.times, most)
	p.different, p.total, p.chars, p.dup, p.dupChars, p.again, p.againChr = 0, 0, 0, 0, 0, 0, 0
}

func (p *pieceCount) done() { p.table.done(p.different) }

// add counts a piece by identity and number of code points.
func (p *pieceCount) add(key uint64, chars int) {
	p.total++
	p.chars += chars
	mask := uint64(1)<<(64-p.table.shift) - 1
	for s := key * mul0 >> p.table.shift; ; s = (s + 1) & mask {
		g := p.table.slots[s] - p.table.base
		if g >= uint32(p.different) {
			p.table.slots[s] = p.table.base + uint32(p.different)
			p.keys[p.different], p.times[p.different] = key, 1
			p.different++
			return
		}
		if p.keys[g] == key {
			p.times[g]++
			p.again++
			p.againChr += chars
			p.dup++
			p.dupChars += chars
			if p.times[g] == 2 {
				p.dup++
				p.dupChars += chars
			}
			return
		}
	}
}

// trimSpaces is Python's str.strip: the bounds of what is between spaces in text[from:to].
func trimSpaces(text []byte, from, to int) (int, int) {
	for from < to {
		is, size := spaceAt(text, from)
		if !is {
			break
		}
		from += size
	}
	for from < to {
		c := text[to-1]
		if c < utf8.RuneSelf {
			if wordBytes[c]&isSpace == 0 {
				break
			}
			to--
			continue
		}
		r, size := utf8.DecodeLastRune(text[from:to])
		if !pythonSpace(r) {
			break
		}
		to -= size
	}
	return from, to
}

// nextPiece is where the piece that begins at from ends, and where the next one begins: behind sep. At the end of the text the
// next one begins behind the text.
func nextPiece(text []byte, from int, sep []byte) (to, next int) {
	at := -1
	if len(sep) == 1 {
		at = bytes.IndexByte(text[from:], sep[0])
	} else {
		at = bytes.Index(text[from:], sep)
	}
	if at < 0 {
		return len(text), len(text) + 1
	}
	return from + at, from + at + len(sep)
}

var (
	ellipsis = []byte("…")
	newline  = []byte("\n")

	paragraphEnd = []byte("\n\n")
)
