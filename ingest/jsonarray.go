package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// isJSON reports a name by which a file may also be one JSON array, or objects over several lines.
func isJSON(name string) bool { return strings.ToLower(path.Ext(bareName(name))) == ".json" }

// wholeValues reports whether a file of the given head is an array, or objects over several lines, under a name that allows it.
func wholeValues(head []byte, name string) bool {
	t := bytes.TrimLeft(bytes.TrimPrefix(head, []byte(bom)), " \t\r\n")
	return isJSON(name) && len(t) > 0 && (t[0] == '[' || severalLines(t, len(t) >= headSize-len(bom)))
}

// severalLines reports that t starts with an object that goes over a line's end; cut says that t is not all there is, so that the
// object may end later.
func severalLines(t []byte, cut bool) bool {
	s := jsonScan{b: t}
	if t[0] != '{' {
		return false
	}
	if !s.value(0) && (!cut || s.at < len(t)) {
		return false
	}
	return bytes.IndexByte(t[:s.at], '\n') >= 0
}

// jsonValues divides a stream into the elements of one array, or into values one after another.
type jsonValues struct {
	in   *bufio.Reader
	name string
	at   int64 // bytes taken
	buf  []byte
	n    int64 // bytes of the value; it is whole in buf if that has as many
}

func (v *jsonValues) refuse(what string) error {
	return refuse(v.name, "bad-json", v.at, errors.New(what))
}

func (v *jsonValues) take(n int) {
	v.in.Discard(n)
	v.at += int64(n)
}

// next skips spaces and looks at the next byte; 0 at the end.
func (v *jsonValues) next() (byte, error) {
	for {
		b, err := v.in.Peek(1)
		switch {
		case err == io.EOF:
			return 0, nil
		case err != nil:
			return 0, err
		case b[0] == 0:
			return 0, v.refuse("a zero byte")
		case b[0] != ' ' && b[0] != '\t' && b[0] != '\r' && b[0] != '\n':
			return b[0], nil
		}
		v.take(1)
	}
}

// each calls f for each value: its bytes, none if it is longer than maxLine, and where it starts.
func (v *jsonValues) each(f func(value []byte, at, n int64) error) error {
	c, err := v.next()
	if err != nil || c == 0 {
		return err
	}
	array := c == '['
	if array {
		v.take(1)
		if c, err = v.next(); err != nil {
			return err
		}
		if c == ']' {
			return v.ended()
		}
	}
	for {
		if c == 0 && !array {
			return nil
		}
		if c != '{' && (c == 0 || !array || strings.IndexByte(`["-0123456789tfn`, c) < 0) {
			return v.refuse("no value where one should be")
		}
		at := v.at
		if err := v.value(c); err != nil {
			return err
		}
		value := v.buf
		if v.n > maxLine {
			value = nil
		}
		if err := f(value, at, v.n); err != nil {
			return err
		}
		if c, err = v.next(); err != nil {
			return err
		}
		if !array {
			continue
		}
		switch c {
		case ',':
			v.take(1)
			if c, err = v.next(); err != nil {
				return err
			}
		case ']':
			return v.ended()
		default:
			return v.refuse("no comma and no end in an array")
		}
	}
}

// ended takes the end of the array, after which nothing may follow.
func (v *jsonValues) ended() error {
	v.take(1)
	c, err := v.next()
	if err == nil && c != 0 {
		return v.refuse("data after the array")
	}
	return err
}

// value reads one value by its brackets and quotes alone. Of one that is too long only the length is kept.
func (v *jsonValues) value(first byte) error {
	v.buf, v.n = v.buf[:0], 0
	depth, quoted, done := 0, false, false
	for !done {
		if _, err := v.in.Peek(1); err != nil {
			if err == io.EOF && depth == 0 && !quoted {
				return nil
			}
			if err == io.EOF {
				return v.refuse("a value without end")
			}
			return err
		}
		chunk, _ := v.in.Peek(v.in.Buffered())
		i := 0
		for i < len(chunk) && !done {
			if quoted {
				if i = plainString(chunk, i); i >= len(chunk) {
					break
				}
				if chunk[i] == '\\' {
					if i+1 == len(chunk) {
						break // the next byte decides nothing, but it must not be taken for a quote
					}
					i++
				} else if chunk[i] == '"' {
					quoted, done = false, depth == 0
				}
				i++
				continue
			}
			switch chunk[i] {
			case '"':
				quoted = true
			case '{', '[':
				depth++
			case '}', ']':
				depth--
				done = depth == 0
			case ',', ' ', '\t', '\r', '\n':
				done = depth == 0
			}
			if depth < 0 || done && chunk[i] != '}' && chunk[i] != ']' { // what ends a number or literal is not part of it
				done = true
				break
			}
			i++
		}
		if i == 0 && !done { // a backslash alone in the buffer
			b, err := v.in.Peek(2)
			if err != nil {
				return v.refuse("a value without end")
			}
			chunk, i = b, 2
		}
		if v.n += int64(i); v.n <= maxLine {
			v.buf = append(v.buf, chunk[:i]...)
		}
		v.take(i)
	}
	return nil
}

// checkValues reads a stream to its end if it is made of whole values, and refuses it if they do not add up.
func (r *jsonlReader) checkValues(name string) func(io.Reader) error {
	if !isJSON(name) {
		return nil
	}
	return func(in io.Reader) error {
		r.reset(in)
		head, err := r.in.Peek(headSize)
		if err != nil && err != io.EOF || !wholeValues(head, name) {
			return ignoreEOF(err)
		}
		return r.values(name, head, func([]byte, int64, int64) error { return nil })
	}
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

func (r *jsonlReader) values(name string, head []byte, f func(value []byte, at, n int64) error) error {
	r.split.in, r.split.name, r.split.at = r.in, name, 0
	if bytes.HasPrefix(head, []byte(bom)) {
		r.split.take(len(bom))
	}
	return r.split.each(f)
}

// objects reads a file of whole values.
func (r *jsonlReader) objects(name string, head []byte) error {
	if r.rec.beside != nil {
		return refuse(name, "not-jsonl", 0, errors.New("attributes belong to lines"))
	}
	r.rec.begin(name)
	err := r.values(name, head, func(value []byte, at, n int64) error {
		if n > maxLine {
			return r.rec.bad("line-too-long", at, fmt.Errorf("an object of %d bytes, the limit is %d", n, maxLine))
		}
		return r.rec.line(value, at)
	})
	if err != nil {
		return err
	}
	return r.rec.end()
}
