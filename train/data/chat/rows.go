package chat

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Message is one turn.
type Message struct {
	Role      string          `json:"role"` // "system", "user", "assistant", "tool"
	Content   string          `json:"content"`
	ToolCalls json.RawMessage `json:"tool_calls,omitempty"` // of an assistant: a JSON array of {"type": "function", "function": {"name": …, "arguments": {…}}}; nil = none
	More      json.RawMessage `json:"-"`                    // a JSON object of the row's other fields, such as name or reasoning_content, for templates that know them; nil = none
	Mute      bool            `json:"-"`                    // weight 0: the turn is read and never learned
}

// Conversation is a row of a file.
type Conversation struct {
	Messages []Message
	Tools    json.RawMessage // a JSON array of what the assistant may call; nil = none
	Text     string          // of the shape text, in place of messages: all of it is learned
	Shape    Shape
	File     string
	Row      int // a line of JSON lines, an element of an array; from 1
}

const (
	maxRow  = 16 << 20
	maxFile = 8 << 30 // unpacked
)

// Read reads a file of conversations: JSON lines, or one JSON array of rows; plain, gzip or zstd. All rows have one shape, which the first one tells
// or, if as is not empty, the caller. A row that fits no shape, two, or another than the file's, and one that nothing can be learned from, is an
// error that names file and row: nothing is guessed and nothing is left out.
func Read(path string, as Shape) ([]Conversation, error) {
	if err := as.Validate(); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := decompress(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer r.Close()
	return parse(path, as, &bounded{r, maxFile})
}

// bounded fails beyond left bytes: a file is never cut in silence.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("more than %d bytes unpacked", int64(maxFile))
	}
	return n, err
}

func decompress(f io.Reader) (io.ReadCloser, error) {
	br := bufio.NewReaderSize(f, 1<<16)
	magic, err := br.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		return gzip.NewReader(br)
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		d, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	case string(magic) == "PAR1":
		return nil, errors.New("it is Parquet: conversations are read from JSON lines or a JSON array; write it out as JSON lines first")
	}
	return io.NopCloser(br), nil
}

// reader collects the rows of a file.
type reader struct {
	path  string
	shape Shape // of all rows; "" = not yet known
	row   int
	out   []Conversation
}

func (p *reader) fail(err error) error { return fmt.Errorf("%s:%d: %w", p.path, p.row, err) }

func parse(path string, as Shape, r io.Reader) ([]Conversation, error) {
	p := &reader{path: path, shape: as}
	br := bufio.NewReaderSize(r, 1<<16)
	if mark, _ := br.Peek(3); string(mark) == "\ufeff" {
		br.Discard(3)
	}
	read := p.lines
	for { // the first byte that is not white space tells an array from lines
		b, err := br.Peek(1)
		if err != nil {
			break
		}
		if b[0] == '[' {
			read = p.array
		}
		if b[0] != ' ' && b[0] != '\t' && b[0] != '\r' && b[0] != '\n' {
			break
		}
		if b[0] == '\n' {
			p.row++
		}
		br.Discard(1)
	}
	if err := read(br); err != nil {
		return nil, err
	}
	if len(p.out) == 0 {
		return nil, fmt.Errorf("%s: no rows", path)
	}
	return p.out, nil
}

func (p *reader) lines(r io.Reader) error {
	scan := bufio.NewScanner(r)
	scan.Buffer(make([]byte, 1<<16), maxRow)
	for scan.Scan() {
		p.row++
		b := bytes.TrimSpace(scan.Bytes())
		if len(b) == 0 {
			continue
		}
		if err := p.add(b); err != nil {
			return err
		}
	}
	err := scan.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		err = fmt.Errorf("a line of more than %d bytes", maxRow)
	}
	if p.row++; err != nil {
		return p.fail(err)
	}
	return nil
}

// capped ends with an error where one row goes on for too long, before it is all in memory.
type capped struct {
	r    io.Reader
	left int
}

func (c *capped) Read(b []byte) (int, error) {
	if c.left <= 0 {
		return 0, fmt.Errorf("a row of more than %d bytes", maxRow)
	}
	n, err := c.r.Read(b)
	c.left -= n
	return n, err
}

func (p *reader) array(r io.Reader) error {
	p.row = 1
	c := &capped{r, maxRow}
	d := json.NewDecoder(c)
	if _, err := d.Token(); err != nil {
		return p.fail(err)
	}
	var raw json.RawMessage
	for ; d.More(); p.row++ {
		c.left = maxRow
		if err := d.Decode(&raw); err != nil {
			return p.fail(err)
		}
		if err := p.add(raw); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return p.fail(fmt.Errorf("the array does not end: %w", err))
	}
	if _, err := d.Token(); err != io.EOF {
		return p.fail(errors.New("something follows the array"))
	}
	return nil
}

// add reads one row, which may hold several conversations.
func (p *reader) add(b []byte) error {
	if !utf8.Valid(b) {
		return p.fail(errors.New("not UTF-8"))
	}
	var f fields
	if err := json.Unmarshal(b, &f); err != nil {
		return p.fail(err)
	}
	shape := p.shape
	if shape == "" {
		var err error
		if shape, err = detect(f); err != nil {
			return p.fail(err)
		}
		p.shape = shape
	} else if !shape.fits(f) {
		return p.fail(fmt.Errorf("%s, as rows of the shape %s have it, is missing: all rows of a file have one shape", shape.wants(), shape))
	}
	rows, err := shapes[shape].read(f)
	if err != nil {
		return p.fail(err)
	}
	for i := range rows {
		c := &rows[i]
		if err := c.check(); err != nil {
			if len(rows) > 1 {
				err = fmt.Errorf("instance %d: %w", i+1, err)
			}
			return p.fail(err)
		}
		c.Shape, c.File, c.Row = shape, p.path, p.row
		p.out = append(p.out, *c)
	}
	return nil
}
