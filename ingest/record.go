package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"github.com/seed-83c59573/quern"
)

// The fields of a record that become fields of the document, in the order of the paths below.
const (
	fText = iota
	fID
	fOrigin
	fLang
	fLicense
	fTime
	numFields
)

// record turns one JSON object into the document.
type record struct {
	w     *out
	paths [numFields][]string
	scan  jsonScan
	meta  []byte
	left  int               // members that did not fit into meta
	found [numFields][]byte // raw values; nil = absent
	last  [numFields]string // what the fields were before: most repeat, and cost nothing then
	times lastTime
	key   []byte

	beside *attributes // scores in other files; nil = none

	name   string
	seen   int64    // objects
	absent int64    // of them, without the text field
	there  []string // the members of the first of these
}

func newRecord(w *out, f Fields) *record {
	r := &record{w: w, paths: f.paths()}
	r.scan.visit = r.member
	return r
}

// paths are the names of the fields by their order, divided at the points.
func (f Fields) paths() (all [numFields][]string) {
	for i, name := range []string{f.Text, f.ID, f.Origin, f.Lang, f.License, f.Time} {
		if name != "" {
			all[i] = strings.Split(name, ".")
		}
	}
	return all
}

func (r *record) begin(name string) { r.name, r.seen, r.absent, r.there = quoted(name), 0, 0, nil }

// end refuses a file in which no record has the text field: most likely the field has another name.
func (r *record) end() error {
	if r.seen == 0 || r.absent < r.seen {
		return nil
	}
	return refuse(r.name, "no-text-field", -1, fmt.Errorf("no record has %q; the first has %q", strings.Join(r.paths[fText], "."), r.there))
}

func (r *record) bad(reason string, at int64, cause error) error {
	return r.w.skip(&quern.RecordError{Reason: reason, Path: r.name, Offset: at, Unit: "offset", Cause: cause})
}

var errNotObject = errors.New("not a JSON object")

// line rules on one trimmed line that starts at offset at.
func (r *record) line(line []byte, at int64) error {
	if !utf8.Valid(line) {
		return r.bad("invalid-utf8", at, nil)
	}
	r.found = [numFields][]byte{}
	r.meta, r.left = append(r.meta[:0], '{'), 0
	if !r.scan.text(line) {
		f := r.scan.fault
		return r.bad(f.reason, at, &f)
	}
	if line[0] != '{' {
		return r.bad("wrong-type", at, errNotObject)
	}
	r.seen++
	text := r.found[fText]
	switch {
	case text == nil:
		r.absent++
		if r.there == nil {
			r.there = memberNames(line)
		}
		return r.bad("no-text", at, nil)
	case text[0] == 'n':
		return r.bad("no-text", at, nil)
	case text[0] != '"':
		return r.bad("wrong-type", at, fmt.Errorf("text is %s", kindName(text[0])))
	}
	d := r.w.fresh()
	d.Text = unquote(d.Text, text[1:len(text)-1])
	if blank(d.Text) {
		return r.bad("empty-text", at, nil)
	}
	r.fill(d)
	if r.beside != nil {
		if err := r.beside.mark(d, r.value(fID)); err != nil {
			return err
		}
	}
	return r.w.put()
}

// member handles one member of the object.
func (r *record) member(name, value []byte, spaced bool) {
	taken := false
	for i, p := range r.paths {
		switch {
		case len(p) == 0 || string(name) != p[0]:
		case len(p) == 1:
			if i == fText || i == fID || value[0] == '"' || value[0] == 'n' {
				r.found[i], taken = value, true
			}
		case r.found[i] == nil:
			r.found[i] = dig(value, p[1:])
		}
	}
	if !taken {
		r.keep(name, value, spaced)
	}
}

// keep adds a member to meta.
func (r *record) keep(name, value []byte, spaced bool) {
	if len(r.meta)+len(name)+len(value)+5 > maxMeta {
		r.left++
		return
	}
	if len(r.meta) > 1 {
		r.meta = append(r.meta, ',')
	}
	r.meta = append(appendJSON(r.meta, name), ':')
	if spaced {
		r.meta = compactJSON(r.meta, value)
	} else {
		r.meta = append(r.meta, value...)
	}
}

// fill sets what the record tells about the document.
func (r *record) fill(d *quern.Doc) {
	if id := r.value(fID); len(id) > 0 {
		d.ID = quern.NewID(d.Source, view(id))
	} else {
		d.ID = quern.NewID(d.Source, view(d.Text))
	}
	d.Origin, d.Lang = r.str(fOrigin), r.str(fLang)
	if s := r.str(fLicense); s != "" {
		d.License = s
	}
	if s := r.str(fTime); s != "" {
		if d.Time = r.times.rfc3339(s); d.Time == "" && len(r.paths[fTime]) == 1 {
			r.keep([]byte(r.paths[fTime][0]), r.found[fTime], false)
		}
	}
	if len(r.meta) > 1 {
		r.meta = append(r.meta, '}')
		d.Meta = r.meta
	}
	if r.left > 0 {
		d.Mark("meta_left_out", float64(r.left))
	}
}

// value is a string's value, or any other value as it is written; empty for none and null. It is good until the next call.
func (r *record) value(i int) []byte {
	v := r.found[i]
	switch {
	case len(v) == 0 || v[0] == 'n':
		return nil
	case v[0] != '"':
		return v
	case bytes.IndexByte(v, '\\') < 0:
		return v[1 : len(v)-1]
	}
	r.key = unquote(r.key[:0], v[1:len(v)-1])
	return r.key
}

func (r *record) str(i int) string {
	if v := r.value(i); string(v) != r.last[i] {
		r.last[i] = string(v)
	}
	return r.last[i]
}

// view is b as a string without a copy: for a call that does not keep it.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// memberNames lists up to twenty names of an object that has been scanned, for messages.
func memberNames(object []byte) []string {
	names := []string{}
	s := jsonScan{visit: func(name, _ []byte, _ bool) {
		if len(names) < 20 {
			names = append(names, string(name))
		}
	}}
	s.text(object)
	slices.Sort(names)
	return names
}

func kindName(c byte) string {
	switch c {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case 't', 'f':
		return "a boolean"
	}
	return "a number"
}

// timeLayouts are the dates of the datasets that we know.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02", "2006-01", "2006", time.RFC1123, time.RFC1123Z, "20060102150405", "20060102"}

// lastTime remembers one date, since those of neighbours are often the same.
type lastTime struct{ in, out string }

func (l *lastTime) rfc3339(s string) string {
	if s != l.in {
		l.in, l.out = s, rfc3339(s)
	}
	return l.out
}

// rfc3339 rewrites a date in UTC; "" if it is none.
func rfc3339(s string) string {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 0 && t.Year() < 10000 {
			return t.UTC().Format(time.RFC3339)
		}
	}
	return ""
}

// blank reports a text that shows nothing: spaces, controls, marks on nothing and invisible signs.
func blank(text []byte) bool {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r > ' ' && r < 0x7f || unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && r != '\u3164' && r != '\u2800' && r != '\u115f' && r != '\u1160' {
			return false
		}
		text = text[n:]
	}
	return true
}
