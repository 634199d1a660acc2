package ingest

import (
	"bufio"
	"io"
)

// lineReader reads lines of up to maxLine bytes.
type lineReader struct {
	in   *bufio.Reader
	line []byte
}

func (r *lineReader) reset(in io.Reader) {
	if r.in == nil {
		r.in = bufio.NewReaderSize(in, headSize)
	} else {
		r.in.Reset(in)
	}
}

// readLine returns the next line with its end and how many bytes it takes; a line beyond maxLine is read over and returned empty.
func (r *lineReader) readLine() (line []byte, n int64, err error) {
	line, err = r.in.ReadSlice('\n')
	n = int64(len(line))
	if err != bufio.ErrBufferFull {
		return line, n, err
	}
	r.line = append(r.line[:0], line...)
	for err == bufio.ErrBufferFull {
		line, err = r.in.ReadSlice('\n')
		n += int64(len(line))
		if n <= maxLine {
			r.line = append(r.line, line...)
		}
	}
	if n > maxLine {
		return nil, n, err
	}
	return r.line, n, err
}

func (r *lineReader) skipLine() (n int64, err error) {
	for {
		line, err := r.in.ReadSlice('\n')
		n += int64(len(line))
		switch err {
		case nil, io.EOF:
			return n, nil
		case bufio.ErrBufferFull:
		default:
			return n, err
		}
	}
}
