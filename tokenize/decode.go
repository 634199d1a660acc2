package tokenize

import (
	"bytes"
	"unicode/utf8"
)

// AppendDecode appends the text of ids to dst; ids that the vocabulary does not have add nothing. Of a byte-level vocabulary decoding is concatenation: ids
// may be decoded a few at a time, and a character that a token leaves unfinished is finished by the next; Complete finds where to cut. Of others the text
// of ids depends on those before: use a Streamer.
func (t *Tokenizer) AppendDecode(dst []byte, ids []uint32) []byte {
	if t.byteLevel {
		for _, id := range ids {
			if int64(id) < int64(len(t.tokens)) {
				dst = append(dst, t.tokens[id]...)
			}
		}
		return dst
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
