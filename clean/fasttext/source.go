package fasttext

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// ErrFormat is wrapped by every error about the bytes of a model.
var ErrFormat = errors.New("not a fastText model that can be read")

// source reads a file whose size is known, so that every length can be held against what is left. The first error stays.
type source struct {
	r      io.Reader
	size   int64
	offset int64 // of the next byte that is handed out
	buf    []byte
	from   int
	err    error
}

func newSource(r io.Reader, size int64) *source {
	return &source{r: r, size: size, buf: make([]byte, 0, min(max(size, 64), 256<<10))}
}

func (s *source) left() int64 { return s.size - s.offset }

// fail notes the first error, at an offset.
func (s *source) fail(at int64, format string, a ...any) {
	if s.err == nil {
		s.err = fmt.Errorf("offset %d: %s: %w", at, fmt.Sprintf(format, a...), ErrFormat)
	}
}

// fill makes more bytes ready; at least one, or there is an error.
func (s *source) fill() bool {
	if s.err != nil {
		return false
	}
	n := copy(s.buf[:cap(s.buf)], s.buf[s.from:])
	s.buf, s.from = s.buf[:n], 0
	want := min(int64(cap(s.buf)-n), s.left()-int64(n))
	if want <= 0 {
		return false
	}
	got, err := io.ReadAtLeast(s.r, s.buf[n:n+int(want)], 1)
	s.buf = s.buf[:n+got]
	if err != nil {
		s.err = fmt.Errorf("offset %d: %w", s.offset+int64(n), err)
	}
	return err == nil
}

// take gives the next n bytes, n at most 64 KiB, valid until the next call; zeros after an error.
func (s *source) take(n int, what string) []byte {
	if s.err == nil && s.left() < int64(n) {
		s.fail(s.offset, "the file ends after %d bytes of %s, want %d", s.left(), what, n)
	}
	for len(s.buf)-s.from < n && s.fill() {
	}
	if s.err != nil {
		return make([]byte, n)
	}
	b := s.buf[s.from : s.from+n]
	s.from += n
	s.offset += int64(n)
	return b
}

func (s *source) byte(what string) byte { return s.take(1, what)[0] }

func (s *source) int32(what string) int32 {
	return int32(binary.LittleEndian.Uint32(s.take(4, what)))
}

func (s *source) int64(what string) int64 {
	return int64(binary.LittleEndian.Uint64(s.take(8, what)))
}

// truth reads a bool.
func (s *source) truth(what string) bool {
	at := s.offset
	b := s.byte(what)
	if b > 1 {
		s.fail(at, "%s is %d, want 0 or 1", what, b)
	}
	return b == 1
}

// between reads a number that must lie within bounds.
func (s *source) between(low, high int32, what string) int32 {
	at := s.offset
	v := s.int32(what)
	if v < low || v > high {
		s.fail(at, "%s is %d, want %d to %d", what, v, low, high)
		return low
	}
	return v
}

// fits tells whether n things of size bytes may still stand in the file.
func (s *source) fits(n, size int64, what string) bool {
	if s.err == nil && (n < 0 || n > s.left()/size) {
		s.fail(s.offset, "%d %s of %d bytes, but %d bytes are left", n, what, size, s.left())
	}
	return s.err == nil
}

// until appends the bytes before the next zero byte to dst.
func (s *source) until(dst []byte, what string) []byte {
	for {
		for i, c := range s.buf[s.from:] {
			if c == 0 {
				dst = append(dst, s.buf[s.from:s.from+i]...)
				s.from += i + 1
				s.offset += int64(i) + 1
				return dst
			}
		}
		dst = append(dst, s.buf[s.from:]...)
		s.offset += int64(len(s.buf) - s.from)
		s.from = len(s.buf)
		if !s.fill() {
			s.fail(s.offset, "the file ends within %s", what)
			return dst
		}
	}
}

// bytes reads n bytes into memory of their own.
func (s *source) bytes(n int64, what string) []byte {
	if !s.fits(n, 1, what) {
		return nil
	}
	b := make([]byte, n)
	for done := 0; done < len(b) && s.err == nil; {
		done += copy(b[done:], s.take(min(len(b)-done, 64<<10), what))
	}
	return b
}

// maxWeight bounds the numbers of a model, so that no sum or product of theirs overflows, whatever the text. Trained weights are
// below 1000.
const maxWeight = 1e8

// floats reads n weights.
func (s *source) floats(n int64, what string) []float32 {
	if !s.fits(n, 4, what) {
		return nil
	}
	f := newFloats(n)
	for done := 0; done < len(f) && s.err == nil; {
		at := s.offset
		b := s.take(min(len(f)-done, 16<<10)*4, what)
		part := f[done : done+len(b)/4]
		for i := range part {
			v := math.Float32frombits(binary.LittleEndian.Uint32(b[i*4:]))
			if !(v <= maxWeight && v >= -maxWeight) {
				s.fail(at+int64(i)*4, "a weight of %s is %v, want a number within ±%v", what, v, float32(maxWeight))
				return f
			}
			part[i] = v
		}
		done += len(part)
	}
	return f
}
