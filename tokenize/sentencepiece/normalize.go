package sentencepiece

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// spaceMark is what a space becomes within pieces.
const spaceMark = "\u2581"

// charsmap is the table of replacements: a double-array trie (Darts-clone) and the replacements, each with a 0 behind it.
type charsmap struct {
	units []uint32
	pool  []byte
}

func newCharsmap(b []byte, at int) (charsmap, error) {
	var m charsmap
	if len(b) == 0 {
		return m, nil
	}
	if len(b) < 4 {
		return m, fmt.Errorf("offset %d: the table of replacements has %d bytes", at, len(b))
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) || n%4 != 0 || n == 0 {
		return m, fmt.Errorf("offset %d: a trie of %d bytes among %d", at, n, len(b))
	}
	m.units = make([]uint32, n/4)
	for i := range m.units {
		m.units[i] = binary.LittleEndian.Uint32(b[4+4*i:])
	}
	m.pool = b[4+n:]
	return m, nil
}

// longest looks for the longest text at the begin of b that is replaced, and gives its length and the replacement. What leads out of
// the table is no text.
func (m *charsmap) longest(b []byte) (n int, to []byte) {
	if len(m.units) == 0 {
		return 0, nil
	}
	offset := func(u uint32) uint32 { return u >> 10 << (u & (1 << 9) >> 6) }
	node := offset(m.units[0])
	for i, c := range b {
		node ^= uint32(c)
		if uint64(node) >= uint64(len(m.units)) {
			break
		}
		u := m.units[node]
		if u&(1<<31|0xFF) != uint32(c) {
			break
		}
		node ^= offset(u)
		if u>>8&1 == 0 {
			continue
		}
		if uint64(node) >= uint64(len(m.units)) {
			break
		}
		if at := m.units[node] & (1<<31 - 1); uint64(at) < uint64(len(m.pool)) {
			to = m.pool[at:]
			if end := bytes.IndexByte(to, 0); end >= 0 {
				to = to[:end]
			}
			n = i + 1
		}
	}
	return n, to
}

var replacement = []byte("\ufffd")

// Normalizer rewrites texts as a model file asks for it. It is read-only.
type Normalizer struct {
	charsmap charsmap
	prefix   bool
	squeeze  bool
	escape   bool
	user     Array // symbols that a user defined, which stay as they are
	users    bool
	plain    [utf8.RuneSelf]bool // a byte that stays as it is if the next is one of ASCII, too
}

// Normalizer is the normalizer of a file.
func (f *File) Normalizer() *Normalizer {
	z := &Normalizer{prefix: f.Prefix, squeeze: f.Squeeze, escape: f.Escape}
	z.charsmap, _ = newCharsmap(f.Charsmap, 0) // ReadFile has tried
	var user [][]byte
	for _, p := range f.Pieces {
		if p.Kind == UserDefined {
			user = append(user, p.Text)
		}
	}
	z.user, z.users = NewArray(user), len(user) > 0
	for c := range z.plain {
		n, _ := z.charsmap.longest([]byte{byte(c)})
		z.plain[c] = n == 0 && c != ' ' && (!z.users || z.user.Next(0, byte(c)) == 0)
	}
	return z
}

// one gives what the character or replaced text at the begin of b becomes, and its length.
func (z *Normalizer) one(b []byte) (n int, to []byte) {
	if z.users {
		node := uint32(0)
		for i, c := range b {
			if node = z.user.Next(node, c); node == 0 {
				break
			}
			if z.user.ID(node) >= 0 {
				n = i + 1
			}
		}
		if n > 0 {
			return n, b[:n]
		}
	}
	if n, to = z.charsmap.longest(b); n > 0 {
		return n, to
	}
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError && n == 1 {
		return 1, replacement
	}
	return n, b[:n]
}

// Append appends a text as its pieces are looked for. If spans is not nil, what each byte stands for in the text, from and to, is appended to it.
func (z *Normalizer) Append(dst []byte, spans *[][2]int32, text []byte) []byte {
	w := writer{z, dst, spans}
	at := 0
	if z.squeeze {
		for at < len(text) {
			n, to := z.one(text[at:])
			if string(to) != " " {
				break
			}
			at += n
		}
	}
	if at == len(text) {
		return dst
	}
	start := len(dst)
	if z.prefix {
		w.space(at, at)
	}
	spaced := z.squeeze
	for at < len(text) {
		if c := text[at]; c < utf8.RuneSelf && z.plain[c] && at+1 < len(text) && text[at+1] < utf8.RuneSelf && spans == nil {
			w.out = append(w.out, c)
			at++
			spaced = false
			continue
		}
		n, to := z.one(text[at:])
		from := at
		at += n
		for spaced && len(to) > 0 && to[0] == ' ' {
			to = to[1:]
		}
		if len(to) > 0 {
			w.write(to, from, at)
			spaced = to[len(to)-1] == ' '
		}
		spaced = spaced && z.squeeze
	}
	if z.squeeze {
		mark := spaceMark
		if !z.escape {
			mark = " "
		}
		for len(w.out)-start >= len(mark) && string(w.out[len(w.out)-len(mark):]) == mark {
			w.out = w.out[:len(w.out)-len(mark)]
			if spans != nil {
				*spans = (*spans)[:len(*spans)-len(mark)]
			}
		}
	}
	return w.out
}

// writer writes what texts become.
type writer struct {
	z     *Normalizer
	out   []byte
	spans *[][2]int32
}

func (w *writer) write(b []byte, from, to int) {
	for i, c := range b {
		if c == ' ' {
			w.space(from, to)
			continue
		}
		w.out = append(w.out, b[i])
		if w.spans != nil {
			*w.spans = append(*w.spans, [2]int32{int32(from), int32(to)})
		}
	}
}

func (w *writer) space(from, to int) {
	n := len(w.out)
	if w.z.escape {
		w.out = append(w.out, spaceMark...)
	} else {
		w.out = append(w.out, ' ')
	}
	if w.spans != nil {
		for range len(w.out) - n {
			*w.spans = append(*w.spans, [2]int32{int32(from), int32(to)})
		}
	}
}
