package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
)

const maxColumns = 4096

// csvScan divides a stream into rows (RFC 4180): fields are divided by one byte; a field in quotes may hold it, line ends, and quotes
// that are doubled. What breaks these rules makes its row bad, and the next line is the next row; only a quote that is not closed in
// its line, and then never or by what seems to open another, leaves no rows to tell apart.
type csvScan struct {
	in     *bufio.Reader
	comma  byte
	quotes bool  // false: a quote is a sign like any other
	at     int64 // bytes taken
	line   int64 // of the next byte, from 1

	buf   []byte // the fields, one after another, without quotes
	ends  []int  // of the fields in buf
	first int64  // the line where the row starts
	n     int    // fields, also beyond maxColumns
	bad   string // what is wrong with the row
	long  bool   // the row is longer than maxLine: not all of it is in buf
	open  int64  // the line of the last quote that was opened
	lost  bool   // text follows what closes a quote of an earlier line: nobody can tell any more where rows begin
	state csvState
	plain bool // the row had no quote
}

type csvState uint8

const (
	atField   csvState = iota // where a field starts
	inField                   // in a field without quotes
	inQuotes                  // in a field with quotes
	atQuote                   // after a quote in it: its end, or the first of two
	atReturn                  // after a carriage return that should be before a line's end
	rowIsOver                 // after the line's end
)

func (s *csvScan) reset(in *bufio.Reader) {
	*s = csvScan{in: in, comma: s.comma, quotes: s.quotes, line: 1, buf: s.buf, ends: s.ends}
}

// next reads a row; io.EOF if there is none. Blank lines are passed over.
func (s *csvScan) next() error {
	for {
		s.buf, s.ends = s.buf[:0], s.ends[:0]
		s.first, s.n, s.bad, s.long, s.state, s.plain = s.line, 0, "", false, atField, true
		some := false
		for s.state != rowIsOver {
			if _, err := s.in.Peek(1); err != nil {
				if err != io.EOF || !some {
					return err
				}
				if s.state == inQuotes {
					return errUnclosed
				}
				s.field()
				break
			}
			some = true
			chunk, _ := s.in.Peek(s.in.Buffered())
			n := s.take(chunk)
			s.at += int64(n)
			s.in.Discard(n)
		}
		if s.lost {
			return errUnclosed
		}
		if s.n > 1 || !s.plain || len(bytes.Trim(s.buf, " \t")) > 0 || s.long {
			return nil
		}
	}
}

var errUnclosed = errors.New("a quote is never closed")

// take reads from chunk up to the row's end, if it is there, and returns how much it took.
func (s *csvScan) take(chunk []byte) int {
	i := 0
	for i < len(chunk) && s.state != rowIsOver {
		c := chunk[i]
		switch s.state {
		case atField:
			if c == '"' && s.quotes {
				s.state, s.plain = inQuotes, false
				s.open = s.line
				i++
				continue
			}
			s.state = inField
		case inField:
			end := i + s.run(chunk[i:])
			s.keep(chunk[i:end])
			if i = end; i < len(chunk) {
				s.sign(chunk[i])
				i++
			}
		case inQuotes:
			end := bytes.IndexByte(chunk[i:], '"')
			if end < 0 {
				end = len(chunk) - i
			} else {
				s.state = atQuote
			}
			s.keep(chunk[i : i+end])
			s.line += int64(bytes.Count(chunk[i:i+end], []byte{'\n'}))
			i = min(i+end+1, len(chunk))
		case atQuote:
			i++
			switch c {
			case '"':
				s.keep(chunk[i-1 : i])
				s.state = inQuotes
			case s.comma, '\n', '\r':
				s.sign(c)
			default:
				s.fault("text after a closing quote")
				s.lost = s.lost || s.line > s.open
				s.keep(chunk[i-1 : i])
				s.state = inField
			}
		case atReturn:
			if c == '\n' {
				i++
				s.sign(c)
				continue
			}
			s.fault("a carriage return that ends no line")
			s.state = inField
		}
	}
	return i
}

// run is how many bytes at the start of b mean themselves in a field without quotes.
func (s *csvScan) run(b []byte) int {
	for i, c := range b {
		if c == s.comma || c == '\n' || c == '\r' || c == '"' && s.quotes {
			return i
		}
	}
	return len(b)
}

// sign takes a byte that is not part of a field, or should not be.
func (s *csvScan) sign(c byte) {
	switch c {
	case s.comma:
		s.field()
		s.state = atField
	case '\n':
		s.field()
		s.line++
		s.state = rowIsOver
	case '\r':
		s.state = atReturn
	default:
		s.fault("a quote within a field that has none around it")
		s.keep([]byte{c})
	}
}

func (s *csvScan) field() {
	if s.n++; s.n <= maxColumns {
		s.ends = append(s.ends, len(s.buf))
	}
}

func (s *csvScan) fault(what string) {
	if s.bad == "" {
		s.bad = what
	}
}

func (s *csvScan) keep(b []byte) {
	if s.long = s.long || len(s.buf)+len(b) > maxLine; !s.long {
		s.buf = append(s.buf, b...)
	}
}

// cell is field i of the row.
func (s *csvScan) cell(i int) []byte {
	from := 0
	if i > 0 {
		from = s.ends[i-1]
	}
	return slices.Clip(s.buf[from:s.ends[i]])
}
