package tokenize

import (
	"fmt"
	"unicode/utf8"
)

// placed is an id and the range of the text that it stands for.
type placed struct {
	id uint32
	span
}

// slow encodes a text part by part as the file has it: added tokens that allow picks, normalizer, cutter, model. It is the truth for every tokenizer; fast and
// flow are its twins for those that they know.
func (e *Encoder) slow(text []byte, added *addedTokens, offsets bool) ([]placed, error) {
	return e.slowAllowed(text, added, nil, offsets)
}

func (e *Encoder) slowAllowed(text []byte, added *addedTokens, allow func(*Added) bool, offsets bool) ([]placed, error) {
	t := e.t
	if len(text) > maxText {
		return nil, fmt.Errorf("tokenize: a text of %d bytes, at most %d", len(text), maxText)
	}
	a := newAligned(text, offsets)
	if !t.byteLevel {
		a = validOf(a)
	}
	segments, err := added.segments(a, t.normalizer, allow)
	if err != nil {
		return nil, err
	}
	var out []placed
	for _, s := range segments {
		if s.token != nil {
			out = append(out, placed{s.token.ID, s.of(0, len(s.text))})
			continue
		}
		if out, err = e.cutUp(out, s.aligned); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// validOf is a text of which no byte is left that is no UTF-8; see appendValid.
func validOf(a aligned) aligned {
	if utf8.Valid(a.text) {
		return a
	}
	r := newRewriter(a)
	for r.at < len(a.text) {
		c, n := utf8.DecodeRune(r.rest())
		if c != utf8.RuneError || n > 1 {
			r.keep(n)
			continue
		}
		r.put(replacementChar, brokenLen(r.rest()))
	}
	return r.done()
}

// pieces encodes a text without added tokens.
func (e *Encoder) pieces(out []placed, a aligned) ([]placed, error) {
	if n := e.t.normalizer; n != nil {
		var err error
		if a, err = n.normalize(a); err != nil {
			return out, err
		}
	}
	return e.cutUp(out, a)
}

// cutUp encodes what the normalizer has made of a text.
func (e *Encoder) cutUp(out []placed, a aligned) ([]placed, error) {
	pieces, err := e.through(nil, e.t.cutter, a)
	if err != nil {
		return out, err
	}
	for _, p := range pieces {
		if len(p.text) > 0 {
			out = e.piece(out, p)
		}
	}
	return out, nil
}

// through gives the pieces that a normalizer and a cutter make of a text; they are valid until the next call.
func (e *Encoder) through(n normalizer, c cutter, a aligned) ([]aligned, error) {
	pieces := e.stream.pieces[:0]
	if n != nil {
		var err error
		if a, err = n.normalize(a); err != nil {
			return nil, err
		}
	}
	if c == nil {
		pieces = append(pieces, a)
	} else {
		var err error
		if pieces, err = c.cut(pieces, a); err != nil {
			return nil, err
		}
	}
	e.stream.pieces = pieces
	return pieces, nil
}

// piece encodes a piece that is not empty.
func (e *Encoder) piece(out []placed, p aligned) []placed {
	if e.t.byteLevel {
		at := 0
		for _, id := range e.merge(p.text) {
			n := len(e.t.tokens[id])
			out = append(out, placed{id, p.of(at, at+n)})
			at += n
		}
		return out
	}
	e.scratch = e.t.model.tokens(e.scratch[:0], p.text, &e.work)
	for _, k := range e.scratch {
		out = append(out, placed{k.id, p.of(int(k.from), int(k.to))})
	}
	return out
}

// EncodeOptions says what Encode does beyond the ids of the text.
type EncodeOptions struct {
	Pair     []byte            // a second text
	Template bool              // put the tokens around the texts that the file's post_processor has
	Allowed  func(string) bool // which special tokens the texts themselves may yield; nil = none
	Truncate bool              // cut texts to the length that the file's truncation says, if it has one; what is cut off is not given
	Pad      bool              // fill up to the length that the file's padding says, if it has one
}

// AllSpecials allows every special token: for text that is known to be a template's, never for what a user or a document says.
func AllSpecials(string) bool { return true }

// Encode gives the ids of a text with what they stand for.
func (e *Encoder) Encode(text []byte, o EncodeOptions) (Encoding, error) {
	added, allow := e.t.plain, (func(*Added) bool)(nil)
	if o.Allowed != nil {
		added, allow = e.t.every, func(a *Added) bool { return !a.Special || o.Allowed(a.Content) }
	}
	texts := [][]byte{text}
	if o.Pair != nil {
		texts = append(texts, o.Pair)
	}
	encodings := make([]Encoding, len(texts))
	for i, text := range texts {
		if e.t.fastWith(added) && (e.t.form == nil || isNormal(*e.t.form, text)) {
			encodings[i] = e.locate(text, added)
		} else {
			tokens, err := e.slowAllowed(text, added, allow, true)
			if err != nil {
				return Encoding{}, err
			}
			for _, t := range tokens {
				encodings[i].add(t.id, [2]int{int(t.from), int(t.to)}, 0, false)
			}
		}
		if i > 0 {
			for k := range encodings[i].Types {
				encodings[i].Types[k] = uint32(i)
			}
		}
	}
	if o.Truncate && e.t.truncation != nil {
		around := 0
		if o.Template {
			for _, x := range e.t.poster.finish(e.t, make([]Encoding, len(texts)), true) {
				around += len(x.IDs)
			}
		}
		if err := e.t.truncation.cut(encodings, around); err != nil {
			return Encoding{}, err
		}
	}
	var out Encoding
	for _, x := range e.t.poster.finish(e.t, encodings, o.Template) {
		out.join(x)
	}
	if o.Pad && e.t.padding != nil {
		e.t.padding.fill(&out)
	}
	return out, nil
}
