package ingest

import (
	"bytes"
	"errors"
	"io"

	"github.com/seed-83c59573/quern"
)

// pieces divides a packed file by bytes, since a unit can find the first member in its range, and a plain one by walking its headers.
func (x warcFormat) pieces(f input, unit int64) []piece {
	whole := []piece{{f.part(), f.size}}
	d, err := f.open()
	if err != nil {
		return whole
	}
	defer d.Close()
	c, err := codecOf(d, f.key())
	if err != nil {
		return whole
	}
	var cuts []int64
	if c == gzipped || c == zstandard {
		for at := unit; at < f.size; at += unit {
			cuts = append(cuts, at)
		}
	} else if cuts = plainCuts(d, f, unit); cuts == nil {
		return whole
	}
	var all []piece
	from := int64(0)
	for _, to := range append(cuts, f.size) {
		all = append(all, piece{quern.Part{Path: f.root, Entry: f.entry, From: from, To: to}, to - from})
		from = to
	}
	return all
}

// plainCuts walks the headers of a plain file; nil if it is damaged anywhere.
func plainCuts(d *disk, f input, unit int64) (cuts []int64) {
	var b warcBytes
	if b.use(d, f.path, plain, isARC(f.inside())) != nil || b.seek(0) != nil {
		return nil
	}
	var buf []byte
	for next := unit; ; {
		start, err := skipNewlines(&b)
		if err == io.EOF {
			return cuts
		}
		if err != nil {
			return nil
		}
		if start >= next {
			cuts = append(cuts, start)
			next = start + unit
		}
		h, lines, err := readHeader(&b, buf)
		buf = lines
		if err != nil || h.lengthErr != nil || h.length > b.room() {
			return nil
		}
		if end := b.at + h.length; h.length > 1<<20 {
			err = b.seek(end)
		} else {
			err = b.discard(h.length)
		}
		if err != nil {
			return nil
		}
	}
}

// skipNewlines goes to the next record and tells where it starts.
func skipNewlines(b *warcBytes) (at int64, err error) {
	for {
		c, err := b.in.ReadByte()
		if err != nil {
			return b.at, err
		}
		if c != '\r' && c != '\n' {
			return b.at, b.in.UnreadByte()
		}
		b.at++
	}
}

var errHeader = errors.New("not a record header")

// readHeader reads the lines up to the blank one; of ARC, the one line. The error is errHeader if it does not start like a record.
// The lines come back, too, with what could be read of them.
func readHeader(b *warcBytes, buf []byte) (h warcHeader, lines []byte, err error) {
	lines = buf[:0]
	for {
		n := len(lines)
		if lines, err = b.appendLine(lines, maxWARCHeader); err != nil {
			return h, lines[:n], err
		}
		line := lines[n:]
		if n == 0 && b.arc {
			h, ok := arcHeader(line)
			if !ok {
				err = errHeader
			}
			return h, lines, err
		}
		switch {
		case n == 0 && !isVersionLine(line):
			return h, lines, errHeader
		case len(bytes.TrimRight(line, "\r\n")) == 0:
			return parseWARCHeader(lines[:n]), lines, nil
		case len(lines) > maxWARCHeader:
			return h, lines, errLongLine
		}
	}
}
