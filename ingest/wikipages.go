package ingest

import (
	"bytes"
	"errors"
	"io"

	"github.com/seed-83c59573/quern"
)

const (
	pageOpen    = "<page>"
	pageClose   = "</page>"
	maxWikiPage = 64 << 20 // bytes of one page of a dump
	wikiChunk   = 1 << 20
)

// chunks gives the bytes of a dump piece by piece. io.EOF ends them; a *quern.RecordError without File is a gap, after which they go
// on. mine says whether a page that begins in the piece belongs to the unit.
type chunks interface {
	next() (data []byte, mine bool, err error)
}

// plainChunks are the bytes of a plain file from offset at.
type plainChunks struct {
	d      *disk
	at, to int64 // to = 0: everything is ours
	buf    []byte
}

func (c *plainChunks) next() ([]byte, bool, error) {
	if c.buf == nil {
		c.buf = make([]byte, wikiChunk)
	}
	mine := c.to == 0 || c.at < c.to
	room := c.buf
	if mine && c.to > 0 {
		room = room[:min(int64(len(room)), c.to-c.at)]
	}
	n, err := c.d.ReadAt(room, c.at)
	c.at += int64(n)
	if n > 0 {
		err = nil
	}
	return room[:n], mine, err
}

// streamChunks are the bytes of a stream.
type streamChunks struct {
	r   io.Reader
	buf []byte
}

func (c *streamChunks) next() ([]byte, bool, error) {
	if c.buf == nil {
		c.buf = make([]byte, wikiChunk)
	}
	n, err := c.r.Read(c.buf)
	if n > 0 {
		err = nil
	}
	return c.buf[:n], true, err
}

// bzChunks are the blocks of a bzip2 file.
type bzChunks struct {
	b  *bzBlocks
	to int64
}

func (c *bzChunks) next() ([]byte, bool, error) {
	data, at, err := c.b.block()
	mine := c.to == 0 || at < c.to
	if bad, ok := err.(*quern.RecordError); ok && !mine {
		if bad.File {
			return nil, false, io.EOF
		}
		return nil, false, errGap // whose block it is counts it
	}
	return data, mine, err
}

// errGap stands for damage that another unit counts.
var errGap = errors.New("damage")

// wikiPages cuts a dump into pages. "<page>" cannot stand within a page, since the dump writes every other < as a reference.
type wikiPages struct {
	in    chunks
	buf   []byte
	pos   int  // what is before it is done with
	mine  int  // bytes of buf in which a page of ours may begin
	ended bool // nothing that comes is ours
	eof   bool
}

func (p *wikiPages) reset(in chunks) { *p = wikiPages{in: in, buf: p.buf[:0]} }

// more reads on. A gap empties the buffer.
func (p *wikiPages) more() error {
	if p.eof {
		return io.EOF
	}
	data, mine, err := p.in.next()
	switch {
	case err == io.EOF:
		p.eof = true
		return err
	case err != nil:
		if _, bad := err.(*quern.RecordError); bad || err == errGap {
			p.buf, p.pos, p.mine = p.buf[:0], 0, 0
			p.ended = p.ended || !mine
		}
		return err
	}
	if p.pos > 0 {
		n := copy(p.buf, p.buf[p.pos:])
		p.buf, p.mine, p.pos = p.buf[:n], max(p.mine-p.pos, 0), 0
	}
	p.buf = append(p.buf, data...)
	if mine && !p.ended {
		p.mine = len(p.buf)
	} else {
		p.ended = true
	}
	return nil
}

var (
	errCutPage  = errors.New("the page has no end")
	errLongPage = errors.New("the page is too long")
)

// next returns the next page, valid until the next call; io.EOF after the last. After errCutPage, errLongPage, a gap (which the error
// tells) the next page can be read.
func (p *wikiPages) next() ([]byte, error) {
	start, err := p.start()
	if err != nil {
		return nil, err
	}
	p.pos = start
	seen := len(pageOpen)
	for {
		rest := p.buf[p.pos:]
		if k := bytes.Index(rest[seen:], []byte(pageClose)); k >= 0 {
			k += seen
			if again := bytes.Index(rest[len(pageOpen):k], []byte(pageOpen)); again >= 0 {
				p.pos += len(pageOpen) + again
				return rest[:len(pageOpen)+again], errCutPage
			}
			p.pos += k + len(pageClose)
			return rest[:k+len(pageClose)], nil
		}
		if len(rest) > maxWikiPage {
			p.pos += len(pageOpen)
			return rest, errLongPage
		}
		seen = max(len(pageOpen), len(rest)-len(pageClose)+1)
		if err := p.more(); err == io.EOF {
			p.pos = len(p.buf)
			return rest, errCutPage
		} else if err != nil {
			return nil, err
		}
	}
}

// start finds where the next page of ours begins.
func (p *wikiPages) start() (int, error) {
	for {
		if k := bytes.Index(p.buf[p.pos:], []byte(pageOpen)); k >= 0 {
			if p.pos+k >= p.mine {
				return 0, io.EOF
			}
			return p.pos + k, nil
		}
		p.pos = max(p.pos, len(p.buf)-len(pageOpen)+1)
		if p.ended && p.pos >= p.mine {
			return 0, io.EOF
		}
		if err := p.more(); err != nil {
			return 0, err
		}
	}
}
