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
	if err != nil || c == zstandard {
		return whole
	}
	var cuts []int64
	if c == gzipped {
		for at := unit; at < f.size; at += unit {
			cuts = append(cuts, at)
		}
	} else if cuts = plainCuts(d, f.size, unit); cuts == nil {
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
func plainCuts(d *disk, size, unit int64) (cuts []int64) {
	var b warcBytes
	if b.open(d, size, 0, false) != nil {
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
		h, _, err := readHeader(&b, buf)
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

// readHeader reads the lines up to the blank one. The error is errHeader if it does not start like a record.
func readHeader(b *warcBytes, buf []byte) (h warcHeader, lines []byte, err error) {
	lines = buf[:0]
	var line []byte
	for {
		if line, err = b.line(line, maxWARCHeader); err != nil {
			return h, lines, err
		}
		if len(lines) == 0 && !isVersionLine(line) {
			return h, line, errHeader
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return parseWARCHeader(lines), lines, nil
		}
		if lines = append(lines, line...); len(lines) > maxWARCHeader {
			return h, lines, errLongLine
		}
	}
}
