package ingest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"sort"
	"strconv"

	"github.com/seed-83c59573/quern"
)

const maxRow = 16 << 20 // bytes of one post

type postKind uint8

// The kinds of posts, by PostTypeId; others are wikis of tags, nominations and the like.
const (
	postQuestion postKind = 1
	postAnswer   postKind = 2
	postBad      postKind = 255
)

// post is one row of Posts.xml.
type post struct {
	id, parent int64 // parent is the question of an answer
	score      int64
	size       int64 // of the row
	kind       postKind
	row        []byte
	bad        *quern.RecordError // instead of a post: counted behind the post id
}

// question is the number of the question that a post belongs to.
func (p post) question() int64 {
	if p.kind == postAnswer {
		return p.parent
	}
	return p.id
}

// parsePost reads what tells posts apart.
func parsePost(row []byte) (post, bool) {
	p := post{id: attributeNumber(row, "Id"), score: attributeNumber(row, "Score"), size: int64(len(row))}
	kind := attributeNumber(row, "PostTypeId")
	if p.id <= 0 || kind <= 0 || kind > 100 {
		return p, false
	}
	p.kind = postKind(kind)
	if p.kind == postAnswer {
		p.parent = attributeNumber(row, "ParentId")
		return p, p.parent > 0 && p.parent < p.id
	}
	return p, true
}

// xmlAttribute is the undecoded value of an attribute. A quotation mark cannot stand within a value, so that no value looks like one.
func xmlAttribute(row []byte, name string) []byte {
	var pattern [40]byte
	key := append(append(append(pattern[:0], ' '), name...), '=', '"')
	return between(row, key)
}

func between(row, key []byte) []byte {
	k := bytes.Index(row, key)
	if k < 0 {
		return nil
	}
	row = row[k+len(key):]
	if k = bytes.IndexByte(row, '"'); k < 0 {
		return nil
	}
	return row[:k]
}

func attributeNumber(row []byte, name string) int64 {
	n, err := strconv.ParseInt(string(xmlAttribute(row, name)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// licenseVersion is that of CC BY-SA under which a post stands: by its own word, or by the date of its last change.
func licenseVersion(row []byte) string {
	said := xmlAttribute(row, "ContentLicense")
	for _, v := range []string{"4.0", "3.0", "2.5"} {
		if bytes.HasSuffix(said, []byte(v)) {
			return v
		}
	}
	date := string(xmlAttribute(row, "CreationDate"))
	if edited := string(xmlAttribute(row, "LastEditDate")); edited > date {
		date = edited
	}
	switch {
	case date >= "2018-05-02" || date == "":
		return "4.0"
	case date >= "2011-04-08":
		return "3.0"
	}
	return "2.5"
}

var (
	rowOpen    = []byte("<row ")
	errLongRow = errors.New("a row too long")
)

// rowScanner finds the rows of a table. "<row " cannot stand within a value, so that it can begin anywhere.
type rowScanner struct {
	in  io.Reader
	buf []byte
	at  int64 // offset of buf[0]
	pos int
}

func (s *rowScanner) reset(in io.Reader, at int64) {
	s.in, s.at, s.pos, s.buf = in, at, 0, s.buf[:0]
}

// more reads on, and forgets what is before from.
func (s *rowScanner) more(from int) (moved int, err error) {
	if from > 0 {
		n := copy(s.buf, s.buf[from:])
		s.buf, s.at = s.buf[:n], s.at+int64(from)
	}
	if cap(s.buf)-len(s.buf) < 32<<10 {
		s.buf = slices.Grow(s.buf, max(64<<10, len(s.buf)))
	}
	for {
		n, err := s.in.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		if n > 0 {
			return from, nil
		}
		if err != nil {
			return from, err
		}
	}
}

// next returns the next row, from its "<" to its ">", and where it begins. After errLongRow the next can be read;
// io.ErrUnexpectedEOF is a row without an end.
func (s *rowScanner) next() (row []byte, at int64, err error) {
	for {
		if k := bytes.Index(s.buf[s.pos:], rowOpen); k >= 0 {
			s.pos += k
			break
		}
		keep := max(s.pos, len(s.buf)-len(rowOpen)+1)
		moved, err := s.more(keep)
		s.pos = keep - moved
		if err != nil {
			return nil, s.at + int64(s.pos), err
		}
	}
	at = s.at + int64(s.pos)
	inside := false // of quotation marks
	for p := s.pos + 1; ; {
		for p < len(s.buf) {
			if inside {
				k := bytes.IndexByte(s.buf[p:], '"')
				if k < 0 {
					p = len(s.buf)
					break
				}
				p, inside = p+k+1, false
				continue
			}
			c := s.buf[p]
			if c == '"' {
				inside = true
			} else if c == '>' {
				row, s.pos = s.buf[s.pos:p+1], p+1
				if len(row) > maxRow {
					return nil, at, errLongRow
				}
				return row, at, nil
			} else if c == '<' { // the row was cut: another begins
				row, s.pos = s.buf[s.pos:p], p
				return row, at, nil
			}
			p++
		}
		if p-s.pos > maxRow {
			s.pos += len(rowOpen)
			return nil, at, errLongRow
		}
		moved, err := s.more(s.pos)
		p -= moved
		s.pos -= moved
		if err == io.EOF {
			row, s.pos = s.buf[s.pos:], len(s.buf)
			return row, at, io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, at, err
		}
	}
}

const postsHead = 64 << 10

// notPosts refuses what is no table of posts by its beginning.
func notPosts(head []byte, name string) error {
	if !bytes.Contains(head, []byte("<posts")) {
		return refuse(name, "not-posts", 0, errors.New(looksLike(head)))
	}
	return nil
}

// stackIndex tells of a plain file in which unit each question is, and which answers stand in another one.
type stackIndex struct {
	first []int64   // the first post number of each unit
	far   [][]int64 // by unit: where the answers to its questions begin that are in other units
	err   error
}

// maxFar bounds the memory of the index: 8 bytes each.
const maxFar = 256 << 20

// indexPosts reads a file once.
func indexPosts(ctx context.Context, d *disk, name string, unit int64) *stackIndex {
	units := int(max((d.size+unit-1)/unit, 1))
	x := &stackIndex{first: make([]int64, 0, units), far: make([][]int64, units)}
	var s rowScanner
	s.reset(io.NewSectionReader(d, 0, d.size), 0)
	last, far := int64(0), 0
	for {
		row, at, err := s.next()
		if x.err = ctx.Err(); x.err != nil {
			return x
		}
		if err == errLongRow {
			continue
		}
		if err != nil {
			if err != io.EOF && err != io.ErrUnexpectedEOF {
				x.err = err
			}
			return x
		}
		p, ok := parsePost(row[:min(len(row), 300)]) // numbers stand first
		if !ok {
			p, ok = parsePost(row)
		}
		if !ok && p.id <= last {
			continue
		}
		if p.id <= last {
			x.err = refuse(name, "not-sorted", at, errors.New("posts do not stand in the order of their numbers"))
			return x
		}
		last = p.id
		own := int(at / unit)
		for len(x.first) <= own {
			x.first = append(x.first, p.id)
		}
		if !ok || p.kind != postAnswer {
			continue
		}
		if home := x.unitOf(p.parent); home != own {
			x.far[home] = append(x.far[home], at)
			if far++; far > maxFar {
				x.err = errors.New("ingest: " + name + ": too many answers far from their questions: make units larger")
				return x
			}
		}
	}
}

// unitOf is the unit that a question is in, or would be in.
func (x *stackIndex) unitOf(question int64) int {
	return max(sort.Search(len(x.first), func(i int) bool { return x.first[i] > question })-1, 0)
}
