package sentencepiece

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Kind is what a piece is.
type Kind uint8

// Kinds of pieces, as the file numbers them.
const (
	Normal      Kind = 1
	Unknown     Kind = 2
	Control     Kind = 3 // is found in no text
	UserDefined Kind = 4 // is always taken whole
	Unused      Kind = 5 // is found, and never taken
	Byte        Kind = 6
)

// Model types, as the file numbers them.
const (
	UnigramType = 1
	BPEType     = 2
)

// Piece is a piece of the vocabulary; its id is its place in the list.
type Piece struct {
	Text  []byte
	Score float32
	Kind  Kind
	at    int // offset in the file
}

// File is a model file (sentencepiece_model.proto), the parts that decide about ids and text.
type File struct {
	Pieces       []Piece
	Type         uint64
	ByteFallback bool // unknown characters become their bytes
	Unknown      int  // ids; -1 = there is none
	Begin        int
	End          int
	Pad          int
	Surface      string // what an unknown piece is decoded as

	NormalizerName string
	Charsmap       []byte
	Prefix         bool // a space is put before the text
	Squeeze        bool // space at the ends and runs of it go
	Escape         bool // space becomes U+2581
}

// maxPieces bounds a vocabulary.
const maxPieces = 1 << 21

// NewFile is a file without pieces that has the values which a file that does not say them means.
func NewFile() *File {
	return &File{Type: UnigramType, Unknown: 0, Begin: 1, End: 2, Pad: -1, Surface: " \u2047 ", Prefix: true, Squeeze: true, Escape: true}
}

// ReadFile reads a model file. Texts in it share memory with b.
func ReadFile(b []byte) (*File, error) {
	f := NewFile()
	err := fields(b, 0, func(x field) error {
		switch {
		case x.number == 1 && x.bytes != nil:
			return f.piece(x)
		case x.number == 2 && x.bytes != nil:
			return fields(x.bytes, x.at, f.trainer)
		case x.number == 3 && x.bytes != nil:
			return fields(x.bytes, x.at, f.normalizer)
		case x.number == 5 && x.bytes != nil:
			return fields(x.bytes, x.at, func(x field) error {
				if x.number == 2 && len(x.bytes) > 0 {
					return fmt.Errorf("offset %d: a denormalizer is not known here", x.at)
				}
				return nil
			})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, f.check()
}

func (f *File) piece(x field) error {
	p := Piece{Kind: Normal, at: x.at}
	if len(f.Pieces) >= maxPieces {
		return fmt.Errorf("offset %d: more than %d pieces", x.at, maxPieces)
	}
	if err := fields(x.bytes, x.at, func(x field) error {
		switch x.number {
		case 1:
			p.Text = x.bytes
		case 2:
			p.Score = math.Float32frombits(uint32(x.value))
		case 3:
			p.Kind = Kind(min(x.value, 255))
		}
		return nil
	}); err != nil {
		return err
	}
	switch {
	case p.Kind < Normal || p.Kind > Byte:
		return fmt.Errorf("offset %d: %.40q is of unknown kind %d", x.at, p.Text, p.Kind)
	case len(p.Text) == 0:
		return fmt.Errorf("offset %d: an empty piece", x.at)
	case p.Score != p.Score || math.IsInf(float64(p.Score), 0):
		return fmt.Errorf("offset %d: the score of %.40q is %v", x.at, p.Text, p.Score)
	}
	f.Pieces = append(f.Pieces, p)
	return nil
}

func (f *File) trainer(x field) error {
	switch x.number {
	case 3:
		f.Type = x.value
	case 24:
		if x.value != 0 {
			return fmt.Errorf("offset %d: space behind words is not known here", x.at)
		}
	case 35:
		f.ByteFallback = x.value != 0
	case 40:
		f.Unknown = int(int32(x.value))
	case 41:
		f.Begin = int(int32(x.value))
	case 42:
		f.End = int(int32(x.value))
	case 43:
		f.Pad = int(int32(x.value))
	case 44:
		f.Surface = string(x.bytes)
	}
	return nil
}

func (f *File) normalizer(x field) error {
	switch x.number {
	case 1:
		f.NormalizerName = string(x.bytes)
	case 2:
		if _, err := newCharsmap(x.bytes, x.at); err != nil {
			return err
		}
		f.Charsmap = x.bytes
	case 3:
		f.Prefix = x.value != 0
	case 4:
		f.Squeeze = x.value != 0
	case 5:
		f.Escape = x.value != 0
	}
	return nil
}

// check finds what a vocabulary must have, and what stands in it twice.
func (f *File) check() error {
	seen := make(map[string]bool, len(f.Pieces))
	for i, p := range f.Pieces {
		if seen[string(p.Text)] {
			return fmt.Errorf("offset %d: %.40q stands twice", p.at, p.Text)
		}
		seen[string(p.Text)] = true
		if p.Kind == Unknown { // the kind is what counts, as in SentencePiece's own reader
			f.Unknown = i
		}
	}
	return nil
}

// Bytes is the file as a protocol buffer.
func (f *File) Bytes() []byte {
	var out, m []byte
	for _, p := range f.Pieces {
		m = appendBytes(m[:0], 1, p.Text)
		m = binary.LittleEndian.AppendUint32(append(m, 2<<3|5), math.Float32bits(p.Score))
		if p.Kind != Normal {
			m = appendNumber(m, 3, uint64(p.Kind))
		}
		out = appendBytes(out, 1, m)
	}
	m = appendNumber(m[:0], 3, f.Type)
	m = appendNumber(m, 4, uint64(len(f.Pieces)))
	m = appendNumber(m, 35, uint64(flag(f.ByteFallback)))
	for i, id := range []int{f.Unknown, f.Begin, f.End, f.Pad} {
		m = appendNumber(m, 40+i, uint64(int64(id)))
	}
	m = appendBytes(m, 44, []byte(f.Surface))
	for i, id := range []int{f.Unknown, f.Begin, f.End, f.Pad} {
		if id >= 0 && id < len(f.Pieces) {
			m = appendBytes(m, 45+i, f.Pieces[id].Text)
		}
	}
	out = appendBytes(out, 2, m)
	m = appendBytes(m[:0], 1, []byte(f.NormalizerName))
	m = appendBytes(m, 2, f.Charsmap)
	for i, on := range []bool{f.Prefix, f.Squeeze, f.Escape} {
		m = appendNumber(m, 3+i, uint64(flag(on)))
	}
	return appendBytes(out, 3, m)
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func appendNumber(dst []byte, number int, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(dst, uint64(number)<<3), v)
}

func appendBytes(dst []byte, number int, b []byte) []byte {
	dst = binary.AppendUvarint(binary.AppendUvarint(dst, uint64(number)<<3|2), uint64(len(b)))
	return append(dst, b...)
}
