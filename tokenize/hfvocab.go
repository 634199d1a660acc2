package tokenize

import (
	"bytes"
	"errors"
	"fmt"
)

// source reads a vocabulary of bytes. added are the ids of added tokens, which may be listed in both places.
func (f *hfFile) source(added map[string]uint32) (*source, error) {
	if kind := f.Model.kind(); kind != "BPE" {
		return nil, fmt.Errorf("tokenize: ByteLevel before a model %q, want BPE", kind)
	}
	if f.Model.Prefix != "" || f.Model.Suffix != "" {
		return nil, fmt.Errorf("tokenize: continuing_subword_prefix %q and end_of_word_suffix %q with ByteLevel are not supported", f.Model.Prefix, f.Model.Suffix)
	}
	src := &source{words: newWordTable(len(f.vocab.b) / 24), whole: f.Model.Whole}
	if f.vocab.b != nil {
		if err := src.readVocab(f.vocab, added); err != nil {
			return nil, err
		}
	}
	if f.merges.b != nil {
		if err := src.readMerges(f.merges); err != nil {
			return nil, err
		}
	}
	return src, nil
}

// readVocab reads the tokens of a byte-level vocabulary and their ids. Those that are added tokens are passed over.
func (src *source) readVocab(raw part, added map[string]uint32) error {
	s := jsonScanner{b: raw.b, base: raw.at}
	text := make([]byte, 0, len(raw.b)/2) // of all tokens, which point into it
	err := s.members(func(name []byte) error {
		from := len(text)
		word, ok := appendFromByteLevel(text, name)
		special, isAdded := added[string(name)]
		shown := name
		if !ok || isAdded {
			shown = append([]byte(nil), name...) // the scanner moves
		}
		id, err := s.id()
		switch {
		case err != nil:
			return err
		case isAdded && special != id:
			return fmt.Errorf("tokenize: added token %q has the ids %d and %d", shown, special, id)
		case isAdded:
			return nil
		case !ok:
			return fmt.Errorf("tokenize: token %q (id %d) is not byte-level", shown, id)
		case len(src.ids) == maxVocab:
			return fmt.Errorf("tokenize: more than %d tokens", maxVocab)
		}
		text = word
		if n := len(text) - from; n > maxTokenBytes || len(text) > maxVocabBytes {
			return fmt.Errorf("tokenize: token id %d: %d bytes, at most %d, and %d for all tokens", id, n, maxTokenBytes, maxVocabBytes)
		}
		if !src.words.add(text[from:len(text):len(text)]) {
			return fmt.Errorf("tokenize: token %q is listed twice", text[from:])
		}
		src.ids = append(src.ids, id)
		return nil
	})
	if errors.Is(err, errJSON) {
		return fmt.Errorf("tokenize: tokenizer.json: vocab: %w", err)
	}
	return err
}

// readMerges resolves the merges of a tokenizer.json, "a b" in older files, ["a", "b"] in newer ones.
func (src *source) readMerges(raw part) error {
	s := jsonScanner{b: raw.b, base: raw.at}
	var both []byte
	part := func(name []byte) (uint32, error) {
		from := len(both)
		var ok bool
		if both, ok = appendFromByteLevel(both, name); !ok {
			return none, nil
		}
		return src.words.find(both[from:]), nil
	}
	err := s.list('[', ']', func() (err error) {
		left, right := none, none
		both = both[:0]
		n := 0
		if s.peek() == '[' {
			err = s.list('[', ']', func() error {
				name, err := s.text()
				if err != nil {
					return err
				}
				p := none
				if p, err = part(name); n == 0 {
					left = p
				} else {
					right = p
				}
				n++
				return err
			})
		} else {
			var name []byte
			if name, err = s.text(); err == nil {
				if k := bytes.IndexByte(name, ' '); k >= 0 {
					n = 2
					if left, err = part(name[:k]); err == nil {
						right, err = part(name[k+1:])
					}
				}
			}
		}
		switch {
		case err != nil:
			return err
		case n != 2:
			return fmt.Errorf("%d parts, want two tokens and a space, or a list of two", n)
		}
		to := none
		if left != none && right != none {
			to = src.words.find(both)
		}
		if to == none {
			return fmt.Errorf("%q: the parts or what they make is no token", both)
		}
		src.merges = append(src.merges, merge{left, right, to})
		return nil
	})
	if err != nil {
		return fmt.Errorf("tokenize: tokenizer.json: merge %d: %w", len(src.merges), err)
	}
	return nil
}
