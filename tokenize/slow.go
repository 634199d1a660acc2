package tokenize

// placed is an id and the range of the text that it stands for.
type placed struct {
	id uint32
	span
}

// slow encodes a text part by part as the file has it: added tokens, normalizer, cutter, model. It is the truth for every tokenizer; fast is its twin for
// those that masks can cut.
func (e *Encoder) slow(text []byte, added *addedTokens, offsets bool) ([]placed, error) {
	t := e.t
	segments, err := added.segments(newAligned(text, offsets), t.normalizer)
	if err != nil {
		return nil, err
	}
	var out []placed
	var pieces []aligned
	for _, s := range segments {
		if s.token != nil {
			out = append(out, placed{s.token.ID, s.of(0, len(s.text))})
			continue
		}
		pieces = append(pieces[:0], s.aligned)
		if t.cutter != nil {
			if pieces, err = t.cutter.cut(pieces[:0], s.aligned); err != nil {
				return nil, err
			}
		}
		for _, p := range pieces {
			if len(p.text) > 0 {
				out = e.piece(out, p)
			}
		}
	}
	return out, nil
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
	e.scratch = e.t.model.tokens(e.scratch[:0], p.text)
	for _, k := range e.scratch {
		out = append(out, placed{k.id, p.of(k.from, k.to)})
	}
	return out
}

// EncodeOptions says what Encode does beyond the ids of the text.
type EncodeOptions struct {
	Pair     []byte            // a second text
	Template bool              // put the tokens around the texts that the file's post_processor has
	Allowed  func(string) bool // which special tokens the texts themselves may yield; nil = none
}

// AllSpecials allows every special token: for text that is known to be a template's, never for what a user or a document says.
func AllSpecials(string) bool { return true }

// Encode gives the ids of a text with what they stand for.
func (e *Encoder) Encode(text []byte, o EncodeOptions) (Encoding, error) {
	added := e.t.plain
	if o.Allowed != nil {
		var err error
		added, err = newAddedTokens(e.t.added, e.t.normalizer, func(a Added) bool { return !a.Special || o.Allowed(a.Content) })
		if err != nil {
			return Encoding{}, err
		}
	}
	texts := [][]byte{text}
	if o.Pair != nil {
		texts = append(texts, o.Pair)
	}
	encodings := make([]Encoding, len(texts))
	for i, text := range texts {
		if e.t.fastWith(added) && (!e.t.nfc || isNFC(text)) {
			encodings[i] = e.locate(text, added)
		} else {
			tokens, err := e.slow(text, added, true)
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
	var out Encoding
	for _, x := range e.t.poster.finish(e.t, encodings, o.Template) {
		out.join(x)
	}
	return out, nil
}
