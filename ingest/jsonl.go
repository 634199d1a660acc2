package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/seed-83c59573/quern"
)

const (
	maxLine  = 16 << 20 // bytes of one record
	maxMeta  = 64 << 10 // bytes of Doc.Meta
	headSize = 64 << 10 // what is looked at before a file is believed to be JSON lines
)

// NewJSONL reads one JSON object a line (.jsonl, .ndjson, .json), plain or compressed, alone or in zip and tar archives. A file
// named .json may also be one array of objects, or objects over several lines; it is then refused (bad-json) if its brackets do not
// add up, before any of its documents goes out, except in a tar archive, where the rest of it is lost. A field's name may lead into
// nested values: "a.b", "a.0.b". A document's ID is made from the ID field, or from the text where there is none; fields that f does
// not name go to Doc.Meta as they are, without spaces between, until it has 64 KiB (what did not fit is counted in the mark
// "meta_left_out"). Records are at most 16 MiB. A plain file is divided into units at line ends; bytes are checked to be UTF-8, never
// repaired.
//
// Reasons: bad-json, invalid-utf8, invalid-unicode (a lone surrogate), duplicate-key, wrong-type, no-text, empty-text, line-too-long;
// files are refused as bad-gzip, bad-zstd, bad-zip, bad-tar, bomb, not-jsonl or, if they are no larger than a unit, no-text-field (no
// record has it: most likely it has another name).
func NewJSONL(o Options, f Fields) (Reader, error) {
	if f.Text == "" {
		return nil, fmt.Errorf("ingest: source %q: the text field has no name", o.Name)
	}
	return newSource(o, &jsonl{fields: f})
}

// JSONL is what a spec may say of JSON lines.
type JSONL struct {
	Fields     Fields   `yaml:"-"`
	Attributes []string `yaml:"attributes"` // folders of scores beside the documents
	Split      string   `yaml:"split"`      // of folders with splits in their names, only the files of this one; empty = all
}

func (c *JSONL) Columns() *Fields { return &c.Fields }
func (c *JSONL) Reader(o Options) (Reader, error) {
	r, err := NewDolma(o, c.Fields, c.Attributes)
	return ofSplit(c.Split, r, err)
}

// NewDolma reads JSON lines like NewJSONL, in files of which the folder called documents has one called attributes beside it, as
// Dolma lays them out: for each of the names, attributes/NAME/X holds spans for documents/X, line by line under the same ids. A
// document gets two marks for each attribute: its name with the greatest score of its spans (0 if it has none), and its name with
// ".spans" and their number. A file is a unit. Where files do not fit together, line by line, the rest is refused as bad-attributes.
func NewDolma(o Options, f Fields, attributes []string) (Reader, error) {
	if len(attributes) == 0 {
		return NewJSONL(o, f)
	}
	if err := checkAttributes(attributes); err != nil {
		return nil, fmt.Errorf("ingest: source %q: %w", o.Name, err)
	}
	if f.Text == "" || f.ID == "" {
		return nil, fmt.Errorf("ingest: source %q: attributes need the fields text and id", o.Name)
	}
	return newSource(o, &jsonl{f, attributes})
}

type jsonl struct {
	fields     Fields
	attributes []string
}

func (j *jsonl) wants(name string) bool {
	switch path.Base(name) {
	case "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json": // what a dataset says of itself
		return false
	}
	return isJSONL(name) || containerOf(name) != noContainer
}

func isJSONL(name string) bool {
	switch strings.ToLower(path.Ext(bareName(name))) {
	case ".jsonl", ".ndjson", ".json", ".jsonlines":
		return true
	}
	return false
}

func (j *jsonl) pieces(f input, unit int64) []piece {
	whole := []piece{{f.part(), f.size}}
	switch containerOf(f.path) {
	case zipArchive:
		if all := zipPieces(f, unit); all != nil {
			return all
		}
		return whole
	case tarArchive:
		return whole
	}
	if len(j.attributes) > 0 {
		return whole
	}
	if all := cutPlain(f, unit, func(head []byte) bool { return wholeValues(head, f.key()) }); all != nil {
		return all
	}
	return whole
}

func (j *jsonl) reader(w *out) reader {
	r := &jsonlReader{w: w, rec: newRecord(w, j.fields)}
	if len(j.attributes) > 0 {
		r.rec.beside = newAttributes(j.attributes)
	}
	return r
}

type jsonlReader struct {
	w     *out
	rec   *record
	spool spool
	lineReader
	split jsonValues
}

func (r *jsonlReader) read(f input, p quern.Part) error {
	visit := func(m member) error {
		switch {
		case containerOf(m.name) != noContainer:
			return &quern.RecordError{Reason: "nested-archive", Path: quoted(m.key), Offset: m.index, Unit: "member"}
		case !isJSONL(m.name):
			return nil
		}
		return r.member(m)
	}
	if a := r.rec.beside; a != nil {
		if containerOf(f.path) != noContainer {
			return refuse(f.key(), "bad-attributes", -1, errors.New("documents in an archive have none beside them"))
		}
		defer a.close()
		if err := a.open(f); err != nil {
			return err
		}
	}
	a := &archive{w: r.w, f: f, from: p.From, to: p.To}
	switch containerOf(f.path) {
	case zipArchive:
		return a.zip(visit)
	case tarArchive:
		return a.tar(&r.spool, visit)
	}
	if p.From > 0 || p.To > 0 {
		return r.slice(f, p)
	}
	rc, c, err := r.spool.content(f, r.checkValues(f.key()))
	if err != nil {
		return err
	}
	defer rc.Close()
	return r.lines(rc, c, f.key(), 0, 0, true)
}

// member reads a member as a file of its own.
func (r *jsonlReader) member(m member) error {
	rc, err := r.spool.member(m, r.checkValues(m.key))
	if err != nil {
		return err
	}
	defer rc.Close()
	return r.lines(rc, gzipped, m.key, 0, 0, true)
}

// slice reads the lines that start in [p.From, p.To) of a plain file.
func (r *jsonlReader) slice(f input, p quern.Part) error {
	d, err := f.open()
	if err != nil {
		return err
	}
	defer d.Close()
	start := p.From
	if p.From > 0 {
		head := make([]byte, headSize)
		n, err := d.ReadAt(head, 0)
		if err != nil && err != io.EOF {
			return err
		}
		if notLines(head[:n], plain, f.key()) != nil {
			return nil // the first slice tells
		}
		start-- // a line starts here if the byte before ends one
	}
	if _, err := d.Seek(start, io.SeekStart); err != nil {
		return err
	}
	if p.From > 0 {
		r.reset(d)
		n, err := r.skipLine()
		if err != nil || start+n >= p.To {
			return err
		}
		return r.scan(f.key(), start+n, p.To, false)
	}
	return r.lines(d, plain, f.key(), start, p.To, false)
}

// lines reads a file from its start.
func (r *jsonlReader) lines(in io.Reader, c codec, name string, from, to int64, whole bool) error {
	r.reset(in)
	head, err := r.in.Peek(headSize)
	if err != nil && err != io.EOF {
		return err
	}
	if wholeValues(head, name) {
		return r.objects(name, head)
	}
	if e := notLines(head, c, name); e != nil {
		return e
	}
	if bytes.HasPrefix(head, []byte(bom)) {
		r.in.Discard(len(bom))
		from += int64(len(bom))
		if to > 0 { // the first line starts at the mark
			to = max(to, from+1)
		}
	}
	return r.scan(name, from, to, whole)
}

const bom = "\ufeff"

// notLines looks at the start of a file and says why it cannot be JSON lines at all.
func notLines(head []byte, c codec, name string) error {
	t := bytes.TrimLeft(bytes.TrimPrefix(head, []byte(bom)), " \t\r\n")
	say := func(text string) error { return refuse(name, "not-jsonl", 0, errors.New(text)) }
	switch {
	case len(t) == 0:
		return nil
	case c != plain && sniff(t) != plain:
		return say("packed twice: " + sniff(t).String() + " inside")
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}) || len(head) > 3 && head[0] == '{' && head[1] == 0:
		return say("UTF-16, little-endian: convert it to UTF-8")
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}) || len(head) > 3 && head[0] == 0 && head[1] == '{':
		return say("UTF-16, big-endian: convert it to UTF-8")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PAR1")):
		return say(looksLike(head))
	case t[0] == '[':
		return say("one JSON array, not one object a line")
	case t[0] == '{':
		if severalLines(t, false) {
			return say("an object over several lines, not one object a line")
		}
	}
	return nil
}

// scan reads lines that start at offset from and before to (0 = to the end).
func (r *jsonlReader) scan(name string, from, to int64, whole bool) error {
	r.rec.begin(name)
	for at := from; to == 0 || at < to; {
		line, n, err := r.readLine()
		if n == 0 {
			if err == io.EOF {
				break
			}
			return err
		}
		if err != nil && err != io.EOF {
			return err
		}
		err = nil
		long := n > maxLine && len(line) == 0
		if line = bytes.Trim(line, " \t\r\n"); long || len(line) > 0 {
			err = r.one(line, at, n)
		}
		if err != nil {
			return err
		}
		at += n
	}
	if a := r.rec.beside; a != nil {
		if err := a.end(); err != nil {
			return err
		}
	}
	if whole {
		return r.rec.end()
	}
	return nil
}

// one rules on one line of n bytes, which is empty if it is too long.
func (r *jsonlReader) one(line []byte, at, n int64) error {
	if a := r.rec.beside; a != nil {
		if err := a.next(); err != nil {
			return err
		}
	}
	if len(line) == 0 {
		return r.rec.bad("line-too-long", at, fmt.Errorf("%d bytes, the limit is %d", n, maxLine))
	}
	return r.rec.line(line, at)
}
