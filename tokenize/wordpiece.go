package tokenize

import (
	"fmt"
	"unicode/utf8"
)

// wordPiece takes the longest token at each place of a word; tokens that do not begin it have a prefix. A word that cannot be spelled is unknown
// as a whole.
type wordPiece struct {
	vocab   map[string]uint32
	unknown uint32
	prefix  string
	longest int // characters: longer words are unknown
}

func newWordPiece(f *hfFile) (*wordPiece, error) {
	m := &f.Model
	w := &wordPiece{vocab: m.Vocab.ids, prefix: m.Prefix, longest: m.MaxInput}
	if w.longest == 0 {
		w.longest = 100
	}
	id, ok := w.vocab[m.Unknown]
	if !ok {
		return nil, fmt.Errorf("tokenize: WordPiece: unk_token %q is not in the vocabulary", m.Unknown)
	}
	w.unknown = id
	return w, nil
}

func (w *wordPiece) tokens(dst []token, piece []byte) []token {
	if utf8.RuneCount(piece) > w.longest {
		return append(dst, token{w.unknown, 0, len(piece)})
	}
	n := len(dst)
	var name []byte
	for from := 0; from < len(piece); {
		to := len(piece)
		var id uint32
		ok := false
		for to > from {
			name = name[:0]
			if from > 0 {
				name = append(name, w.prefix...)
			}
			if id, ok = w.vocab[string(append(name, piece[from:to]...))]; ok {
				break
			}
			_, size := utf8.DecodeLastRune(piece[from:to])
			to -= size
		}
		if !ok {
			return append(dst[:n], token{w.unknown, 0, len(piece)})
		}
		dst = append(dst, token{id, from, to})
		from = to
	}
	return dst
}

// wordLevel knows whole pieces only.
type wordLevel struct {
	vocab   map[string]uint32
	unknown uint32 // none = what is unknown is left out
}

func newWordLevel(f *hfFile) (*wordLevel, error) {
	w := &wordLevel{vocab: f.Model.Vocab.ids, unknown: none}
	if id, ok := w.vocab[f.Model.Unknown]; ok {
		w.unknown = id
	}
	return w, nil
}

func (w *wordLevel) tokens(dst []token, piece []byte) []token {
	if id, ok := w.vocab[string(piece)]; ok {
		return append(dst, token{id, 0, len(piece)})
	}
	if w.unknown == none {
		return dst
	}
	return append(dst, token{w.unknown, 0, len(piece)})
}
