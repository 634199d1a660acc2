package ingest

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest/extract"
)

// Text is what a spec may say of plain text.
type Text struct {
	Split    string `yaml:"split"`     // what is a document: "file", "line", or "blank": what stands between blank lines
	Charset  string `yaml:"charset"`   // "utf-8", or "detect" for files in other character sets too, which only whole files may be
	MaxBytes int64  `yaml:"max_bytes"` // a longer document is counted as too-large
}

// DefaultText makes a document of each file, in UTF-8, up to 16 MiB.
func DefaultText() Text { return Text{Split: "file", Charset: "utf-8", MaxBytes: maxLine} }

func (c *Text) Reader(o Options) (Reader, error) { return NewText(o, *c) }

// NewText reads plain text (.txt, .text), plain or compressed, alone or in zip and tar archives: a document a file, a line, or what
// stands between blank lines. Text is not changed, but for a byte order mark and, of documents within a file, the line's end after
// them. A document's ID is made from the file's name and, within a file, the offset of its first byte in the unpacked text;
// Doc.Meta is {"path":"a/b.txt"}, with "offset" or with "charset" where that is not UTF-8. A plain file is divided into units between documents.
//
// Reasons: too-large, not-text, invalid-utf8, control-character (NUL), and empty-text of a file that shows nothing.
func NewText(o Options, c Text) (Reader, error) {
	fail := func(what string) (Reader, error) { return nil, fmt.Errorf("ingest: source %q: %s", o.Name, what) }
	switch {
	case c.MaxBytes < 1 || c.MaxBytes > maxText:
		return fail(fmt.Sprintf("max_bytes is %d, must be from 1 to %d", c.MaxBytes, maxText))
	case c.Charset != "utf-8" && c.Charset != "detect":
		return fail(fmt.Sprintf("charset %q: want utf-8 or detect", c.Charset))
	case c.Split == "file":
		return newSource(o, &files{name: isText, max: c.MaxBytes, make: func(w *out) handler { return &textHandler{w: w, detect: c.Charset == "detect"} }})
	case c.Split != "line" && c.Split != "blank":
		return fail(fmt.Sprintf("split %q: want file, line or blank", c.Split))
	case c.Charset != "utf-8":
		return fail("charset detect needs split file")
	case c.MaxBytes > maxLine:
		return fail(fmt.Sprintf("max_bytes is %d, at most %d where files are split", c.MaxBytes, maxLine))
	}
	return newSource(o, &streams{is: isText, cut: true, make: func(w *out) streamReader {
		return &textReader{w: w, blanks: c.Split == "blank", max: c.MaxBytes}
	}})
}

const maxText = 256 << 20 // bytes of a document that is a file

func isText(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".txt" || ext == ".text"
}

type textHandler struct {
	w      *out
	detect bool
	utf8   []byte
	meta   []byte
}

func (h *textHandler) handle(p page) error {
	text, charset := bytes.TrimPrefix(p.data, []byte(bom)), "utf-8"
	if h.detect && !utf8.Valid(text) {
		if bytes.IndexByte(text[:min(len(text), 8000)], 0) >= 0 && wide(text) == "" {
			return badPage(p.key, "not-text", nil)
		}
		var err error
		if h.utf8, charset, err = extract.Decode(h.utf8[:0], text, "text/plain"); err != nil || mostlyControls(h.utf8) {
			return badPage(p.key, "not-text", err)
		}
		text = h.utf8
	}
	if reason := notText(text); reason != "" {
		return badPage(p.key, reason, nil)
	}
	d := h.w.fresh()
	d.ID = quern.NewID(d.Source, p.key)
	d.Origin = validName(p.key)
	d.Text = append(d.Text, text...)
	h.meta = appendMember(h.meta[:0], "path", p.name)
	if charset != "utf-8" {
		h.meta = appendMember(h.meta, "charset", charset)
	}
	h.meta = closeObject(h.meta)
	d.Meta = h.meta
	return h.w.put()
}

// textReader finds many documents in a file.
type textReader struct {
	lineReader
	w      *out
	blanks bool
	max    int64
	meta   []byte
	para   []byte
}

func (r *textReader) check(string, io.Reader) error { return nil }

func (r *textReader) read(name string, in io.Reader) error {
	r.reset(in)
	head, err := r.in.Peek(headSize)
	if err != nil && err != io.EOF {
		return err
	}
	if what := wide(head); what != "" {
		return refuse(name, "invalid-utf8", 0, fmt.Errorf("%s", what))
	}
	from := int64(0)
	if bytes.HasPrefix(head, []byte(bom)) {
		r.in.Discard(len(bom))
		from = int64(len(bom))
	}
	return r.docs(name, from, 0)
}

// slice reads the documents that start in [from, to) of a plain file, of which in starts at the byte before from.
func (r *textReader) slice(name string, in io.Reader, from, to int64) error {
	if from == 0 {
		r.reset(in)
		if head, err := r.in.Peek(len(bom)); err == nil && string(head) == bom {
			r.in.Discard(len(bom))
			from = int64(len(bom))
		}
		return r.docs(name, from, max(to, from+1))
	}
	r.reset(in)
	n, err := r.skipLine() // a line starts at from if the byte before ends one
	if err != nil {
		return err
	}
	at := from - 1 + n
	if !r.blanks {
		if at >= to {
			return nil
		}
		return r.docs(name, at, to)
	}
	for { // what stands before the first blank line is the rest of a document of the slice before
		line, n, err := r.readLine()
		if err != nil && err != io.EOF || n == 0 {
			return ignoreEOF(err)
		}
		empty := n <= maxLine && len(bytes.TrimSpace(line)) == 0
		if empty && at >= to {
			return nil
		}
		if at += n; empty {
			return r.docs(name, at, to)
		}
	}
}

// docs reads the lines that start at offset at and before to (0 = to the end), or the documents up to the first blank line that does not.
func (r *textReader) docs(name string, at, to int64) error {
	start, size := at, int64(0) // of the paragraph
	r.para = r.para[:0]
	flush := func() error {
		if size == 0 {
			return nil
		}
		err := r.doc(name, start, size, r.para)
		r.para, size = r.para[:0], 0
		return err
	}
	for r.blanks || to == 0 || at < to {
		line, n, err := r.readLine()
		if err != nil && err != io.EOF {
			return err
		}
		if n == 0 {
			break
		}
		text := bytes.TrimRight(line, "\r\n")
		empty := n <= maxLine && len(bytes.TrimSpace(text)) == 0
		switch {
		case !r.blanks:
			if !empty {
				err = r.doc(name, at, n, text)
			} else {
				err = nil
			}
		case empty:
			if err = flush(); err == nil && to > 0 && at >= to { // the next slice goes on after this line
				return nil
			}
		default:
			if err = nil; size == 0 {
				start = at
			}
			if size += n; size <= r.max+2 {
				r.para = append(r.para, line...)
			}
		}
		if err != nil {
			return err
		}
		at += n
	}
	return flush()
}

// doc puts one document, of which size bytes stand in the file.
func (r *textReader) doc(name string, at, size int64, text []byte) error {
	bad := func(reason string) error {
		return r.w.skip(&quern.RecordError{Reason: reason, Path: quoted(name), Offset: at, Unit: "offset"})
	}
	text = bytes.TrimRight(text, "\r\n")
	switch {
	case size > r.max+2 || int64(len(text)) > r.max:
		return bad("too-large")
	case !utf8.Valid(text):
		return bad("invalid-utf8")
	case bytes.IndexByte(text, 0) >= 0:
		return bad("control-character")
	case blank(text):
		return bad("empty-text")
	}
	d := r.w.fresh()
	r.meta = strconv.AppendInt(r.meta[:0], at, 10)
	d.ID = quern.NewID(d.Source, name, view(r.meta))
	d.Origin = validName(name)
	d.Text = append(d.Text, text...)
	r.meta = appendMember(r.meta[:0], "path", name)
	r.meta = append(strconv.AppendInt(append(r.meta, `,"offset":`...), at, 10), '}')
	d.Meta = r.meta
	return r.w.put()
}
