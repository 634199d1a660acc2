package sentencepiece

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// maxFile bounds a model file in bytes.
const maxFile = 256 << 20

// unknownPenalty is how much less likely than the least likely piece an unknown character is, as natural logarithm.
const unknownPenalty = 10

// Model is a SentencePiece unigram model.
type Model struct {
	pieces       Array
	growing      trie // of pieces, while the model is read
	scores       []float32
	unknown      float32 // score of an unknown character
	fallback     bool    // unknown characters become their bytes
	charsmap     []uint32
	replacements []byte // of the charsmap, each with a 0 behind it
	prefix       bool   // a space is put before the text
	squeeze      bool   // space at the ends and runs of it go
	escape       bool   // space becomes U+2581
}

// Kinds of pieces in the file.
const (
	normalPiece  = 1
	userPiece    = 4
	unusedPiece  = 5
	unigramModel = 1
)

// Load reads a model from a file. An error names the file. limit bounds the file in bytes; 0 = 256 MB.
func Load(path string, limit int64) (*Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if limit == 0 {
		limit = maxFile
	}
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("larger than the limit of %d bytes", limit)
	}
	var m *Model
	if err == nil {
		m, err = Parse(b)
	}
	if err != nil {
		return nil, fmt.Errorf("sentencepiece: %s: %w", path, err)
	}
	return m, nil
}

// Parse reads a model (sentencepiece_model.proto).
func Parse(b []byte) (*Model, error) {
	m := &Model{prefix: true, squeeze: true, escape: true}
	least := float32(math.Inf(1))
	kind := uint64(unigramModel)
	err := fields(b, 0, func(f field) error {
		switch {
		case f.number == 1 && f.bytes != nil:
			return m.piece(f, &least)
		case f.number == 2 && f.bytes != nil:
			return fields(f.bytes, f.at, func(f field) error {
				switch f.number {
				case 3:
					kind = f.value
				case 24:
					if f.value != 0 {
						return fmt.Errorf("offset %d: space behind words is not known here", f.at)
					}
				case 35:
					m.fallback = f.value != 0
				}
				return nil
			})
		case f.number == 3 && f.bytes != nil:
			return fields(f.bytes, f.at, m.normalizer)
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case kind != unigramModel:
		return nil, fmt.Errorf("model type %d, want 1, unigram", kind)
	case len(m.scores) == 0 || math.IsInf(float64(least), 0):
		return nil, errors.New("no pieces")
	}
	m.unknown = least - unknownPenalty
	m.pieces, m.growing = m.growing.freeze(), trie{}
	return m, nil
}

// piece enters a piece. Control characters, the unknown piece and bytes are found in no text.
func (m *Model) piece(f field, least *float32) error {
	var text []byte
	score, kind := float32(0), uint64(normalPiece)
	if err := fields(f.bytes, f.at, func(f field) error {
		switch f.number {
		case 1:
			text = f.bytes
		case 2:
			score = math.Float32frombits(uint32(f.value))
		case 3:
			kind = f.value
		}
		return nil
	}); err != nil {
		return err
	}
	switch {
	case kind == userPiece:
		return fmt.Errorf("offset %d: %.40q is a symbol of a user's, which is not known here", f.at, text)
	case kind == unusedPiece:
		return nil // found and never taken, which is as if it were not there
	case kind != normalPiece:
		return nil
	case len(text) == 0:
		return fmt.Errorf("offset %d: an empty piece", f.at)
	case score != score || math.IsInf(float64(score), 0):
		return fmt.Errorf("offset %d: the score of %.40q is %v", f.at, text, score)
	}
	if !m.growing.insert(text, int32(len(m.scores))) {
		return fmt.Errorf("offset %d: %.40q stands twice", f.at, text)
	}
	m.scores = append(m.scores, score)
	*least = min(*least, score)
	return nil
}

func (m *Model) normalizer(f field) error {
	switch f.number {
	case 2:
		return m.setCharsmap(f)
	case 3:
		m.prefix = f.value != 0
	case 4:
		m.squeeze = f.value != 0
	case 5:
		m.escape = f.value != 0
	}
	return nil
}
