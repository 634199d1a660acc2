package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// CSV is what a spec may say of tables as text.
type CSV struct {
	Fields    Fields   `yaml:"-"`
	Split     string   `yaml:"split"`     // of folders with splits in their names, only the files of this one; empty = all
	Delimiter string   `yaml:"delimiter"` // between fields: one sign, or "tab"; empty = a tab in files named .tsv or .tab, else a comma
	Quotes    bool     `yaml:"quotes"`    // false: a quote is a sign like any other, as many makers of tab-separated files have it
	Header    []string `yaml:"header"`    // the names of the columns, for files whose first line is a row
}

// DefaultCSV reads a header, and quotes.
func DefaultCSV() CSV { return CSV{Fields: DefaultFields(), Quotes: true} }

func (c *CSV) Columns() *Fields { return &c.Fields }
func (c *CSV) Reader(o Options) (Reader, error) {
	r, err := NewCSV(o, *c)
	return ofSplit(c.Split, r, err)
}

// NewCSV reads tables as text (RFC 4180; .csv, .tsv, .tab), plain or compressed, alone or in zip and tar archives. The columns that the
// fields name become fields of the document; the others that are not empty go to Doc.Meta as strings, until it has 64 KiB. A document's ID is made
// from the ID column, or from the text. Rows are at most 16 MiB, columns 4096. A file is one unit, since only reading from the start
// tells which line ends are within quotes.
//
// Reasons: bad-csv (quotes out of place, more or fewer fields than the header), field-too-long, invalid-utf8, control-character (NUL),
// empty-text. A file is refused as bad-csv if a quote is never closed, the header is broken, or no row fits it, and as no-text-field if no column
// has that name, before any of its documents goes out (of members of tar archives, what is before the fault is read).
func NewCSV(o Options, c CSV) (Reader, error) {
	fail := func(what string) (Reader, error) { return nil, fmt.Errorf("ingest: source %q: %s", o.Name, what) }
	comma := byte(0)
	switch d := c.Delimiter; {
	case d == "":
	case d == "tab":
		comma = '\t'
	case len(d) != 1 || d[0] == '"' || d[0] == '\n' || d[0] == '\r' || d[0] == 0 || d[0] >= utf8.RuneSelf:
		return fail(fmt.Sprintf("delimiter %q: want one ASCII sign, not a quote or a line's end, or \"tab\"", d))
	default:
		comma = d[0]
	}
	if c.Fields.Text == "" {
		return fail("the text column has no name")
	}
	if len(c.Header) > maxColumns {
		return fail(fmt.Sprintf("a header of %d columns, the limit is %d", len(c.Header), maxColumns))
	}
	if i := twice(c.Header); i >= 0 {
		return fail(fmt.Sprintf("two columns are named %q", c.Header[i]))
	}
	return newSource(o, &streams{is: isCSV, make: func(w *out) streamReader {
		return &csvReader{rows: rows{w: w}, c: c, comma: comma}
	}})
}

func isCSV(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".csv" || isTSV(name)
}

func isTSV(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".tsv" || ext == ".tab"
}

// twice is the index of a name that comes a second time, -1 if all are distinct.
func twice(names []string) int {
	seen := make(map[string]bool, len(names))
	for i, n := range names {
		if seen[n] {
			return i
		}
		seen[n] = true
	}
	return -1
}

type csvReader struct {
	rows  rows
	c     CSV
	comma byte // 0 = by the file's name

	in     *bufio.Reader
	scan   csvScan
	names  []string       // of the columns
	place  [numFields]int // the columns of the fields; -1 = none
	quoted [][]byte       // the names as JSON; nil = not for Meta
	meta   []byte
}

func (r *csvReader) refuse(name string, what string) error {
	return refuse(name, "bad-csv", r.scan.at, fmt.Errorf("line %d: %s", r.scan.first, what))
}

// begin reads up to the first row of data.
func (r *csvReader) begin(name string, in io.Reader) error {
	if r.in == nil {
		r.in = bufio.NewReaderSize(nil, headSize)
	}
	r.in.Reset(in)
	r.scan.comma, r.scan.quotes = r.comma, r.c.Quotes
	if r.comma == 0 {
		if r.scan.comma = ','; isTSV(bareName(name)) {
			r.scan.comma = '\t'
		}
	}
	r.scan.reset(r.in)
	head, err := r.in.Peek(headSize)
	if err != nil && err != io.EOF {
		return err
	}
	if what := wide(head); what != "" {
		return refuse(name, "bad-csv", 0, errors.New(what))
	}
	if bytes.HasPrefix(head, []byte(bom)) {
		r.in.Discard(len(bom))
		r.scan.at = int64(len(bom))
	}
	if len(r.c.Header) > 0 {
		r.names = append(r.names[:0], r.c.Header...)
	} else if err := r.header(name); err != nil {
		return err
	}
	return r.bind(name)
}

// wide says that a file is in UTF-16 or UTF-32.
func wide(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe, 0, 0}), bytes.HasPrefix(head, []byte{0, 0, 0xfe, 0xff}):
		return "UTF-32: convert it to UTF-8"
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return "UTF-16: convert it to UTF-8"
	}
	return ""
}

func (r *csvReader) header(name string) error {
	err := r.scan.next()
	switch {
	case err == io.EOF:
		return r.refuse(name, "empty: there is no header")
	case err == errUnclosed:
		return r.unclosed(name)
	case err != nil:
		return err
	case r.scan.long || r.scan.n > maxColumns:
		return r.refuse(name, fmt.Sprintf("a header of %d columns in more than it may have: %d, in 16 MiB", r.scan.n, maxColumns))
	case r.scan.bad != "":
		return r.refuse(name, "the header: "+r.scan.bad)
	case !utf8.Valid(r.scan.buf) || bytes.IndexByte(r.scan.buf, 0) >= 0:
		return r.refuse(name, "the header is not UTF-8 text")
	}
	r.names = r.names[:0]
	for i := range r.scan.n {
		r.names = append(r.names, string(r.scan.cell(i)))
	}
	if i := twice(r.names); i >= 0 {
		return r.refuse(name, fmt.Sprintf("two columns are named %s", quoted(r.names[i])))
	}
	return nil
}

func (r *csvReader) unclosed(name string) error {
	return refuse(name, "bad-csv", r.scan.at, fmt.Errorf("%w: it was opened in line %d", errUnclosed, r.scan.open))
}

// bind finds the columns of the fields.
func (r *csvReader) bind(name string) error {
	f := &r.c.Fields
	r.quoted = r.quoted[:0]
	for _, n := range r.names {
		r.quoted = append(r.quoted, appendJSON(nil, validName(n)))
	}
	for i, n := range []string{f.Text, f.ID, f.Origin, f.Lang, f.License, f.Time} {
		r.place[i] = -1
		if n != "" {
			r.place[i] = slices.Index(r.names, n)
		}
		if r.place[i] >= 0 {
			r.quoted[r.place[i]] = nil
		}
	}
	if r.place[fText] < 0 {
		return refuse(name, "no-text-field", 0, fmt.Errorf("no column %q; it has %.500q%s", f.Text, r.names[:min(len(r.names), 20)], r.hint()))
	}
	return nil
}

// hint tells of a header that looks as if divided by another sign.
func (r *csvReader) hint() string {
	for _, d := range []string{";", "\t", ",", "|"} {
		if len(r.names) == 1 && strings.Contains(r.names[0], d) {
			return fmt.Sprintf("; is the delimiter %q?", d)
		}
	}
	return ""
}

func (r *csvReader) check(name string, in io.Reader) error {
	if err := r.begin(name, in); err != nil {
		return err
	}
	all, fit := 0, 0
	for {
		switch err := r.scan.next(); err {
		case nil:
		case io.EOF:
			if all > 0 && fit == 0 {
				return r.refuse(name, fmt.Sprintf("no row has the %d fields of the header", len(r.names)))
			}
			return nil
		case errUnclosed:
			return r.unclosed(name)
		default:
			return err
		}
		all++
		if r.scan.n == len(r.names) {
			fit++
		}
	}
}

func (r *csvReader) read(name string, in io.Reader) error {
	if err := r.begin(name, in); err != nil {
		return err
	}
	for {
		switch err := r.scan.next(); err {
		case nil:
		case io.EOF:
			return nil
		case errUnclosed:
			return r.unclosed(name)
		default:
			return err
		}
		if err := r.row(name); err != nil {
			return err
		}
	}
}

func (r *csvReader) row(name string) error {
	s := &r.scan
	bad := func(reason, what string) error {
		var cause error
		if what != "" {
			cause = errors.New(what)
		}
		return r.rows.bad(name, reason, s.first, "line", cause)
	}
	switch {
	case s.long:
		return bad("field-too-long", "a row of more than 16 MiB")
	case s.bad != "":
		return bad("bad-csv", s.bad)
	case s.n != len(r.names):
		return bad("bad-csv", fmt.Sprintf("%d fields, the header has %d", s.n, len(r.names)))
	case !utf8.Valid(s.buf):
		return bad("invalid-utf8", "")
	case bytes.IndexByte(s.buf, 0) >= 0:
		return bad("control-character", "NUL")
	}
	var c cells
	for i, p := range r.place {
		if p >= 0 {
			c[i] = s.cell(p)
		}
	}
	if reason := r.rows.check(c[fText]); reason != "" {
		return bad(reason, "")
	}
	r.rest(r.rows.fill(&c))
	return r.rows.w.put()
}

// rest keeps the other columns.
func (r *csvReader) rest(d *quern.Doc) {
	r.meta = r.meta[:0]
	left := 0
	for i, name := range r.quoted {
		value := r.scan.cell(i)
		if name == nil || len(value) == 0 {
			continue
		}
		if len(r.meta)+len(name)+len(value)+5 > maxMeta {
			left++
			continue
		}
		sep := byte(',')
		if len(r.meta) == 0 {
			sep = '{'
		}
		r.meta = append(append(append(r.meta, sep), name...), ':')
		r.meta = appendJSON(r.meta, value)
	}
	d.Meta = closeObject(r.meta)
	if len(r.meta) > 0 {
		r.meta = d.Meta
	}
	if left > 0 {
		d.Mark("meta_left_out", float64(left))
	}
}
