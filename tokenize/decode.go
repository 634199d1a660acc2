package tokenize

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// AppendDecode appends the text of ids to dst; ids that the vocabulary does not have add nothing. Of a byte-level vocabulary decoding is concatenation: ids
// may be decoded a few at a time, and a character that a token leaves unfinished is finished by the next; Complete finds where to cut. Of others the text
// of ids depends on those before: use a Streamer.
func (t *Tokenizer) AppendDecode(dst []byte, ids []uint32) []byte {
	if t.byteLevel {
		return t.appendBytes(dst, ids)
	}
	tokens := make([][]byte, 0, len(ids))
	for _, id := range ids {
		if w := t.Token(id); w != nil {
			tokens = append(tokens, w)
		}
	}
	if t.decoder == nil {
		return append(dst, bytes.Join(tokens, []byte(" "))...)
	}
	out, err := t.decoder.decode(tokens)
	if err != nil { // a pattern of the file that never ends: what it was to replace stays
		out = tokens
	}
	for _, w := range out {
		dst = append(dst, w...)
	}
	return dst
}

// A spelled token is its bytes, up to 15 of them, and their number in the last byte: one load a token. longSpelled says that they are more.
type spelled [16]byte

const longSpelled = 255

// spellings lists all tokens by id, and one without bytes behind them for ids that there are not.
func (t *Tokenizer) spellings() []spelled {
	all := make([]spelled, len(t.tokens)+1)
	for id, w := range t.tokens {
		if len(w) > 15 {
			all[id][15] = longSpelled
			continue
		}
		copy(all[id][:], w)
		all[id][15] = byte(len(w))
	}
	return all
}

// decodeBatch is how many ids are decoded between looks at the room that is left.
const decodeBatch = 256

func (t *Tokenizer) appendBytes(dst []byte, ids []uint32) []byte {
	all := t.spelled()
	last := uint32(len(all) - 1)
	for len(ids) > 0 {
		some := ids[:min(len(ids), decodeBatch)]
		ids = ids[len(some):]
		dst = slices.Grow(dst, 16*decodeBatch)
		out, n := dst[:cap(dst)], len(dst)
		for i, id := range some {
			s := &all[min(id, last)]
			if s[15] == longSpelled {
				dst = slices.Grow(append(out[:n], t.tokens[id]...), 16*(len(some)-i))
				out, n = dst[:cap(dst)], len(dst)
				continue
			}
			*(*spelled)(out[n : n+16]) = *s
			n += int(s[15])
		}
		dst = out[:n]
	}
	return dst
}

// Readable is ids without those of special tokens, which people do not want to read.
func (t *Tokenizer) Readable(ids []uint32) []uint32 {
	special := map[uint32]bool{}
	for _, a := range t.added {
		special[a.ID] = a.Special
	}
	var out []uint32
	for _, id := range ids {
		if !special[id] {
			out = append(out, id)
		}
	}
	return out
}

// Streamer decodes ids as they come and holds back what the next may change: the bytes of a character that is not whole.
type Streamer struct {
	t     *Tokenizer
	ids   []uint32 // since a place from which decoding starts anew gives the same text
	shown int      // bytes of their text that were given
}

// NewStreamer starts a stream.
func (t *Tokenizer) NewStreamer() *Streamer { return &Streamer{t: t} }

// streamTail is how many ids before the new ones are decoded with them.
const streamTail = 16

// Next gives the text that id completes; it may be empty.
func (s *Streamer) Next(id uint32) string {
	s.ids = append(s.ids, id)
	text := s.t.AppendDecode(nil, s.ids)
	whole := Complete(text)
	if !s.t.byteLevel { // bytes that are not whole yet are shown as U+FFFD
		for whole >= 3 && string(text[whole-3:whole]) == "\uFFFD" {
			whole -= 3
		}
	}
	if whole <= s.shown {
		return ""
	}
	out := string(text[s.shown:whole])
	s.shown = whole
	if len(s.ids) >= 4*streamTail && whole == len(text) {
		tail := s.ids[len(s.ids)-streamTail:]
		s.ids = append(s.ids[:0], tail...)
		s.shown = len(s.t.AppendDecode(nil, s.ids))
	}
	return out
}

// End gives what is left.
func (s *Streamer) End() string {
	text := s.t.AppendDecode(nil, s.ids)
	out := string(text[min(s.shown, len(text)):])
	s.ids, s.shown = s.ids[:0], 0
	return out
}

// Complete is the length of the longest start of b that does not end inside a character that could still be finished: what a stream of
// decoded ids may show already. Bytes that are no UTF-8 at all count as complete.
func Complete(b []byte) int {
	for back := 1; back <= min(len(b), utf8.UTFMax-1); back++ {
		i := len(b) - back
		if utf8.RuneStart(b[i]) {
			if b[i] >= utf8.RuneSelf && !utf8.FullRune(b[i:]) {
				return i
			}
			break
		}
	}
	return len(b)
}
