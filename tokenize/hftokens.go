package tokenize

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// addModel takes over a vocabulary of spellings, and the model of it.
func (t *Tokenizer) addModel(f *hfFile) (err error) {
	if err := f.readModel(); err != nil {
		return err
	}
	switch f.Model.kind() {
	case "BPE":
		t.model, err = newCharBPE(f)
	case "Unigram":
		t.model, err = newUnigram(f)
	case "WordPiece":
		t.model, err = newWordPiece(f)
	case "WordLevel":
		t.model, err = newWordLevel(f)
	default:
		err = fmt.Errorf("tokenize: unknown model %q, know BPE, Unigram, WordPiece and WordLevel", f.Model.Type)
	}
	if err != nil {
		return err
	}
	total := 0
	for name, id := range f.Model.Vocab.ids {
		if total += len(name); len(name) > maxTokenBytes || total > maxVocabBytes {
			return fmt.Errorf("tokenize: token id %d: %d bytes, at most %d, and %d for all tokens", id, len(name), maxTokenBytes, maxVocabBytes)
		}
		if at, ok := t.ids[name]; ok {
			if at != id {
				return fmt.Errorf("tokenize: added token %q has the ids %d and %d", name, at, id)
			}
			continue
		}
		if err := t.setToken(id, []byte(name)); err != nil {
			return err
		}
	}
	return nil
}

// addAdded takes over the added tokens.
func (t *Tokenizer) addAdded(f *hfFile) error {
	t.ids = map[string]uint32{}
	total := 0
	for _, a := range f.Added {
		if total += len(a.Content); len(a.Content) > maxTokenBytes || total > maxAddedBytes {
			return fmt.Errorf("tokenize: added token id %d: %d bytes, at most %d, and %d for all", a.ID, len(a.Content), maxTokenBytes, maxAddedBytes)
		}
		if _, ok := t.ids[a.Content]; ok || a.Content == "" {
			return fmt.Errorf("tokenize: added token %q is empty or given twice", a.Content)
		}
		if err := t.setToken(a.ID, []byte(a.Content)); err != nil {
			return err
		}
		t.ids[a.Content] = a.ID
	}
	t.added = f.Added
	for _, name := range endOfTextNames {
		if id, ok := t.ids[name]; ok {
			t.end = id
			return nil
		}
	}
	return fmt.Errorf("tokenize: no added token ends a text, want one of %q", endOfTextNames)
}

func (t *Tokenizer) setToken(id uint32, word []byte) error {
	if id >= maxVocab {
		return fmt.Errorf("tokenize: token %q has id %d, ids end at %d", word, id, maxVocab)
	}
	if n := int(id) + 1; n > len(t.tokens) {
		t.tokens = slices.Grow(t.tokens, n-len(t.tokens))[:n]
	}
	if t.tokens[id] != nil {
		return fmt.Errorf("tokenize: id %d is both %q and %q", id, t.tokens[id], word)
	}
	t.tokens[id] = word
	return nil
}

// addTokens takes over a vocabulary of bytes.
func (t *Tokenizer) addTokens(src *source) error {
	top := len(t.tokens)
	for _, id := range src.ids {
		if id < maxVocab {
			top = max(top, int(id)+1)
		}
	}
	t.tokens = slices.Grow(t.tokens, top-len(t.tokens))
	squares := 0
	for i, w := range src.words.words {
		if squares += len(w) * len(w); squares > maxSquares {
			return fmt.Errorf("tokenize: token id %d: too many tokens are as long as %d bytes", src.ids[i], len(w))
		}
		if err := t.setToken(src.ids[i], w); err != nil {
			return err
		}
	}
	return nil
}

// mergeParts reads a merge, "a b" in older files, ["a", "b"] in newer ones.
func mergeParts(raw json.RawMessage) (left, right string, err error) {
	if len(raw) > 0 && raw[0] == '[' {
		var parts []string
		if err := json.Unmarshal(raw, &parts); err != nil || len(parts) != 2 {
			return "", "", fmt.Errorf("%.40s: want two tokens", raw)
		}
		return parts[0], parts[1], nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", "", fmt.Errorf("%.40s: want two tokens", raw)
	}
	i := bytes.IndexByte([]byte(s), ' ')
	if i < 0 {
		return "", "", fmt.Errorf("%q: want two tokens and a space", s)
	}
	return s[:i], s[i+1:], nil
}
