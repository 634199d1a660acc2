package fasttext

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// WriteTo writes the model as a .bin that fastText reads. A model that was read from a quantized file cannot be written.
func (m *Model) WriteTo(w io.Writer) (int64, error) {
	if m.args.quant || m.norms != nil {
		return 0, errors.New("fasttext: a quantized model cannot be written")
	}
	s := &sink{w: bufio.NewWriterSize(w, 256<<10)}
	a := &m.args
	s.int32(fileMagic, a.version, a.dim, a.ws, a.epoch, a.minCount, a.neg, a.ngrams, int32(a.loss), 3, a.bucket, a.minn, a.maxn, a.updateRate)
	s.int64(int64(math.Float64bits(a.t)))
	d := m.features.dict
	s.int32(int32(d.words+d.labels), int32(d.words), int32(d.labels))
	s.int64(d.tokens)
	s.int64(-1) // nothing was pruned
	for id, count := range d.counts {
		s.bytes(d.name(id))
		s.bytes([]byte{0})
		s.int64(count)
		if id < d.words {
			s.bytes([]byte{0})
		} else {
			s.bytes([]byte{1})
		}
	}
	s.bytes([]byte{0}) // not quantized
	s.shape(m.input.rows, m.input.cols)
	s.floats(m.input.data)
	s.bytes([]byte{0})
	s.shape(d.labels, int(a.dim))
	s.floats(transposedBack(m.output, d.labels, int(a.dim)))
	if s.err == nil {
		s.err = s.w.Flush()
	}
	return s.n, s.err
}

// transposedBack undoes transposed.
func transposedBack(t []float32, rows, cols int) []float32 {
	data := make([]float32, rows*cols)
	stride := padded(rows)
	for r := range rows {
		for c := range cols {
			data[r*cols+c] = t[c*stride+r]
		}
	}
	return data
}

// sink writes little-endian numbers. The first error stays.
type sink struct {
	w   *bufio.Writer
	n   int64
	err error
	buf [8]byte
}

func (s *sink) bytes(b []byte) {
	if s.err != nil {
		return
	}
	n, err := s.w.Write(b)
	s.n += int64(n)
	s.err = err
}

func (s *sink) int32(values ...int32) {
	for _, v := range values {
		binary.LittleEndian.PutUint32(s.buf[:], uint32(v))
		s.bytes(s.buf[:4])
	}
}

func (s *sink) int64(v int64) {
	binary.LittleEndian.PutUint64(s.buf[:], uint64(v))
	s.bytes(s.buf[:])
}

func (s *sink) shape(rows, cols int) {
	s.int64(int64(rows))
	s.int64(int64(cols))
}

func (s *sink) floats(f []float32) {
	var b [4096]byte
	for len(f) > 0 {
		n := min(len(f), len(b)/4)
		for i, v := range f[:n] {
			binary.LittleEndian.PutUint32(b[i*4:], math.Float32bits(v))
		}
		s.bytes(b[:n*4])
		f = f[n:]
	}
}
