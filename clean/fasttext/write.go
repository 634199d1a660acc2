package fasttext

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"
)

// WriteTo writes the model as fastText reads it: a .bin, or an .ftz if it is quantized.
func (m *Model) WriteTo(w io.Writer) (int64, error) {
	s := &sink{w: bufio.NewWriterSize(w, 256<<10)}
	a := &m.args
	s.int32(fileMagic, a.version, a.dim, a.ws, a.epoch, a.minCount, a.neg, a.ngrams, int32(a.loss), 3, a.bucket, a.minn, a.maxn, a.updateRate)
	s.int64(int64(math.Float64bits(a.t)))
	d := m.features.dict
	s.int32(int32(d.words+d.labels), int32(d.words), int32(d.labels))
	s.int64(d.tokens)
	if d.pruned == nil {
		s.int64(-1)
	} else {
		s.int64(d.kept)
	}
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
	d.pruned.each(func(bucket, row int32) { s.int32(bucket, row) })
	if m.args.quant {
		s.bytes([]byte{1})
		s.codes(&m.input.codes, m.input.rows, m.input.cols)
	} else {
		s.bytes([]byte{0})
		s.shape(m.input.rows, m.input.cols)
		s.floats(m.input.data)
	}
	if m.outputCodes.codes != nil {
		s.bytes([]byte{1})
		s.codes(&m.outputCodes, d.labels, int(a.dim))
	} else {
		s.bytes([]byte{0})
		s.shape(d.labels, int(a.dim))
		s.floats(transposedBack(m.output, d.labels, int(a.dim)))
	}
	if s.err == nil {
		s.err = s.w.Flush()
	}
	return s.n, s.err
}

// codes writes a quantized matrix.
func (s *sink) codes(q *quantized, rows, cols int) {
	scaled := byte(0)
	if q.norms != nil {
		scaled = 1
	}
	s.bytes([]byte{scaled})
	s.shape(rows, cols)
	s.int32(int32(len(q.codes)))
	s.bytes(q.codes)
	s.int32(int32(cols), int32(q.parts), int32(q.sub), int32(q.width(q.parts-1, cols)))
	s.floats(q.centroids)
	if scaled == 1 {
		s.bytes(q.norms)
		s.int32(1, 1, 1, 1)
		s.floats(q.scales)
	}
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
