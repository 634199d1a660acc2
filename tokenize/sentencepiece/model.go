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
	pieces     Array
	scores     []float32 // by id
	unknown    float32   // score of an unknown character
	fallback   bool      // unknown characters become their bytes
	normalizer *Normalizer
}

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
	f, err := ReadFile(b)
	if err != nil {
		return nil, err
	}
	for _, p := range f.Pieces {
		if p.Kind == UserDefined {
			return nil, fmt.Errorf("offset %d: %.40q is a symbol of a user's, which is not known here", p.at, p.Text)
		}
	}
	return f.Model()
}

// Model is the unigram model of a file.
func (f *File) Model() (*Model, error) {
	if f.Type != UnigramType {
		return nil, fmt.Errorf("model type %d, want 1, unigram", f.Type)
	}
	m := &Model{fallback: f.ByteFallback, normalizer: f.Normalizer(), scores: make([]float32, len(f.Pieces))}
	least := float32(math.Inf(1))
	texts := make([][]byte, len(f.Pieces)) // pieces that are none of these are found in no text, or never taken
	for id, p := range f.Pieces {
		switch p.Kind {
		case UserDefined: // worth more than all that it could be cut into
			texts[id], m.scores[id] = p.Text, float32(0.1*float64(len(p.Text)-1))
		case Normal:
			texts[id], m.scores[id] = p.Text, p.Score
			least = min(least, p.Score)
		}
	}
	if math.IsInf(float64(least), 0) {
		return nil, errors.New("no pieces")
	}
	m.unknown = least - unknownPenalty
	m.pieces = NewArray(texts)
	return m, nil
}
