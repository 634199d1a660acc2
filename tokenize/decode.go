package tokenize

import "unicode/utf8"

// AppendDecode appends the text of ids to dst; ids that the vocabulary does not have add nothing. Of a byte-level vocabulary decoding is concatenation: ids
// may be decoded a few at a time, and a character that a token leaves unfinished is finished by the next; Complete finds where to cut. Of others the text
// of ids depends on those before: use a Streamer.
func (t *Tokenizer) AppendDecode(dst []byte, ids []uint32) []byte {
	if t.byteLevel {
		return t.appendBytes(dst, ids)
	}
	w := t.texts()
	for _, id := range ids {
		dst = w.next(dst, id)
	}
	return w.end(dst)
}

// textStream makes text of ids as they come.
type textStream interface {
	next(dst []byte, id uint32) []byte
	end(dst []byte) []byte
}

// texts starts a stream of a vocabulary that is not byte-level.
func (t *Tokenizer) texts() textStream {
	switch {
	case t.pieces != nil:
		return &pieceStream{t: t, d: t.pieces, start: true}
	case t.decoder == nil:
		return &joinStream{t: t}
	case t.shown != nil:
		return t.shown.stream()
	case t.firsts != nil:
		return &firstTokenStream{f: t.firsts}
	}
	return &stepStream{t: t, s: t.decoder.stream()}
}

// joinStream puts spaces between tokens.
type joinStream struct {
	t    *Tokenizer
	more bool
}

func (s *joinStream) next(dst []byte, id uint32) []byte {
	w := s.t.Token(id)
	if w == nil {
		return dst
	}
	if s.more {
		dst = append(dst, ' ')
	}
	s.more = true
	return append(dst, w...)
}

func (s *joinStream) end(dst []byte) []byte { return dst }

// stepStream puts tokens through a decoder of a tokenizer.json.
type stepStream struct {
	t   *Tokenizer
	s   step
	out [][]byte
}

func (s *stepStream) next(dst []byte, id uint32) []byte {
	w := s.t.Token(id)
	if w == nil {
		return dst
	}
	s.out = s.s.next(s.out[:0], w)
	for _, b := range s.out {
		dst = append(dst, b...)
	}
	return dst
}

func (s *stepStream) end(dst []byte) []byte {
	for _, b := range s.s.end(nil) {
		dst = append(dst, b...)
	}
	return dst
}

// wholeTokens is the stream of a byte-level vocabulary.
type wholeTokens struct{ t *Tokenizer }

func (s wholeTokens) next(dst []byte, id uint32) []byte { return append(dst, s.t.Token(id)...) }
func (s wholeTokens) end(dst []byte) []byte             { return dst }

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

// Streamer decodes ids as they come and holds back what the next may change: the bytes of a character that is not whole, for one. All that it gives,
// one after the other, is what AppendDecode gives of all ids.
type Streamer struct {
	t    *Tokenizer
	w    textStream
	held []byte
}

// NewStreamer starts a stream.
func (t *Tokenizer) NewStreamer() *Streamer {
	s := &Streamer{t: t}
	s.start()
	return s
}

func (s *Streamer) start() {
	s.w = wholeTokens{s.t}
	if !s.t.byteLevel {
		s.w = s.t.texts()
	}
}

// Next gives the text that id completes; it may be empty.
func (s *Streamer) Next(id uint32) string {
	s.held = s.w.next(s.held, id)
	return s.give(Complete(s.held))
}

// End gives what is left, and starts anew.
func (s *Streamer) End() string {
	s.held = s.w.end(s.held)
	s.start()
	return s.give(len(s.held))
}

func (s *Streamer) give(n int) string {
	out := string(s.held[:n])
	s.held = append(s.held[:0], s.held[n:]...)
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
