package data

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxUnpacked bounds what a packed file may hold.
const maxUnpacked = 64 << 30

// Lines calls f for each line of a file that is not blank, without white space around it, until f fails; files of gzip and zstd are
// unpacked as they are read. Errors name the file and the line. A line is borrowed.
func Lines(path string, maxLine int, f func(line int, b []byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	r, err := Unpacked(file)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer r.Close()
	scan := bufio.NewScanner(r)
	scan.Buffer(make([]byte, min(1<<16, maxLine)), maxLine)
	n := 0
	for scan.Scan() {
		n++
		b := scan.Bytes()
		if n == 1 {
			b = bytes.TrimPrefix(b, []byte("\ufeff"))
		}
		if b = bytes.TrimSpace(b); len(b) == 0 {
			continue
		}
		if err := f(n, b); err != nil {
			return fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	if err := scan.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("a line of more than %d bytes", maxLine)
		}
		return fmt.Errorf("%s:%d: %w", path, n+1, err)
	}
	return nil
}

// Unpacked reads what r holds, of which gzip and zstd are unpacked. It fails beyond 64 GiB rather than cut.
func Unpacked(r io.Reader) (io.ReadCloser, error) {
	br := bufio.NewReaderSize(r, 1<<16)
	magic, err := br.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, err
		}
		return &bounded{z, z, maxUnpacked}, nil
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return nil, err
		}
		rc := z.IOReadCloser()
		return &bounded{rc, rc, maxUnpacked}, nil
	}
	return io.NopCloser(br), nil
}

// bounded fails beyond left bytes.
type bounded struct {
	r io.Reader
	io.Closer
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errors.New("more than 64 GiB unpacked")
	}
	return n, err
}
