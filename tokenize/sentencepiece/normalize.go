package sentencepiece

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// spaceMark is what a space becomes within pieces.
const spaceMark = "\u2581"

// setCharsmap reads the table of replacements: the length of a double-array trie (Darts-clone), the trie, the replacements.
func (m *Model) setCharsmap(f field) error {
	b := f.bytes
	if len(b) == 0 {
		return nil
	}
	if len(b) < 4 {
		return fmt.Errorf("offset %d: the table of replacements has %d bytes", f.at, len(b))
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) || n%4 != 0 || n == 0 {
		return fmt.Errorf("offset %d: a trie of %d bytes among %d", f.at, n, len(b))
	}
	for i := uint32(0); i < n; i += 4 {
		m.charsmap = append(m.charsmap, binary.LittleEndian.Uint32(b[4+i:]))
	}
	m.replacements = b[4+n:]
	return nil
}

// longest looks for the longest text at the begin of b that is replaced, and gives its length and the replacement. What leads out of
// the table is no text.
func (m *Model) longest(b []byte) (n int, to []byte) {
	if len(m.charsmap) == 0 {
		return 0, nil
	}
	offset := func(u uint32) uint32 { return u >> 10 << (u & (1 << 9) >> 6) }
	node := offset(m.charsmap[0])
	for i, c := range b {
		node ^= uint32(c)
		if uint64(node) >= uint64(len(m.charsmap)) {
			break
		}
		u := m.charsmap[node]
		if u&(1<<31|0xFF) != uint32(c) {
			break
		}
		node ^= offset(u)
		if u>>8&1 == 0 {
			continue
		}
		if uint64(node) >= uint64(len(m.charsmap)) {
			break
		}
		if at := m.charsmap[node] & (1<<31 - 1); uint64(at) < uint64(len(m.replacements)) {
			to = m.replacements[at:]
			if end := bytes.IndexByte(to, 0); end >= 0 {
				to = to[:end]
			}
			n = i + 1
		}
	}
	return n, to
}

var replacement = []byte("\ufffd")

// one gives what the character or replaced text at the begin of b becomes, and its length.
func (m *Model) one(b []byte) (n int, to []byte) {
	if n, to = m.longest(b); n > 0 {
		return n, to
	}
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError && n == 1 {
		return 1, replacement
	}
	return n, b[:n]
}

// normalize appends a text as its pieces are looked for.
func (m *Model) normalize(dst, text []byte) []byte {
	if m.squeeze {
		for len(text) > 0 {
			n, to := m.one(text)
			if string(to) != " " {
				break
			}
			text = text[n:]
		}
	}
	if len(text) == 0 {
		return dst
	}
	start := len(dst)
	if m.prefix {
		dst = m.space(dst)
	}
	spaced := m.squeeze
	for len(text) > 0 {
		n, to := m.one(text)
		text = text[n:]
		for spaced && len(to) > 0 && to[0] == ' ' {
			to = to[1:]
		}
		if len(to) > 0 {
			for _, c := range to {
				if c == ' ' {
					dst = m.space(dst)
				} else {
					dst = append(dst, c)
				}
			}
			spaced = to[len(to)-1] == ' '
		}
		spaced = spaced && m.squeeze
	}
	if m.squeeze {
		mark := spaceMark
		if !m.escape {
			mark = " "
		}
		for len(dst)-start >= len(mark) && string(dst[len(dst)-len(mark):]) == mark {
			dst = dst[:len(dst)-len(mark)]
		}
	}
	return dst
}

func (m *Model) space(dst []byte) []byte {
	if m.escape {
		return append(dst, spaceMark...)
	}
	return append(dst, ' ')
}
