package tokenize

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/seed-83c59573/quern/tokenize/sentencepiece"
)

// wordPiece takes the longest token at each place of a word; tokens that do not begin it have a prefix. A word that cannot be spelled is unknown
// as a whole.
type wordPiece struct {
	begin, inside sentencepiece.Array // inside without the prefix
	ids           [2][]uint32         // of the words in them
	unknown       uint32
	longest       int // characters: longer words are unknown
}

func newWordPiece(f *hfFile) (*wordPiece, error) {
	m := &f.Model
	w := &wordPiece{longest: m.MaxInput}
	if w.longest == 0 {
		w.longest = 100
	}
	id, ok := m.Vocab.ids[m.Unknown]
	if !ok {
		return nil, fmt.Errorf("tokenize: WordPiece: unk_token %q is not in the vocabulary", m.Unknown)
	}
	w.unknown = id
	var begin, inside [][]byte
	for name, id := range m.Vocab.ids {
		if name == "" {
			continue
		}
		begin, w.ids[0] = append(begin, []byte(name)), append(w.ids[0], id)
		if rest, ok := strings.CutPrefix(name, m.Prefix); ok && rest != "" {
			inside, w.ids[1] = append(inside, []byte(rest)), append(w.ids[1], id)
		}
	}
	w.begin, w.inside = sentencepiece.NewArray(begin), sentencepiece.NewArray(inside)
	return w, nil
}

func (w *wordPiece) tokens(dst []token, piece []byte, _ *work) []token {
	whole := token{w.unknown, 0, int32(len(piece))}
	if len(piece) > w.longest && utf8.RuneCount(piece) > w.longest {
		return append(dst, whole)
	}
	n := len(dst)
	words, ids := &w.begin, w.ids[0]
	for from := 0; from < len(piece); {
		to, word := 0, int32(-1)
		node := uint32(0)
		for j := from; j < len(piece); {
			if node = words.Next(node, piece[j]); node == 0 {
				break
			}
			j++
			if id := words.ID(node); id >= 0 {
				to, word = j, id
			}
		}
		if word < 0 {
			return append(dst[:n], whole)
		}
		dst = append(dst, token{ids[word], int32(from), int32(to)})
		from = to
		words, ids = &w.inside, w.ids[1]
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

func (w *wordLevel) tokens(dst []token, piece []byte, _ *work) []token {
	if id, ok := w.vocab[string(piece)]; ok {
		return append(dst, token{id, 0, int32(len(piece))})
	}
	if w.unknown == none {
		return dst
	}
	return append(dst, token{w.unknown, 0, int32(len(piece))})
}
