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

	"github.com/go-json-experiment/json/jsontext"

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
	dec   *jsontext.Decoder
	buf   bytes.Buffer
	meta  []byte
	left  int // members that did not fit into meta
	key   []byte
	found [numFields][]byte // raw values; nil = absent

	name   string
	seen   int64    // objects
	absent int64    // of them, without the text field
	there  []string // the members of the first of these
}

func newRecord(w *out, f Fields) *record {
	r := &record{w: w, dec: jsontext.NewDecoder(new(bytes.Buffer))}
	for i, name := range []string{f.Text, f.ID, f.Origin, f.Lang, f.License, f.Time} {
		if name != "" {
			r.paths[i] = strings.Split(name, ".")
		}
	}
	return r
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
	if line[0] != '{' {
		if strings.IndexByte(`["-0123456789tfn`, line[0]) >= 0 && jsontext.Value(line).IsValid() {
			return r.bad("wrong-type", at, errNotObject)
		}
		if !utf8.Valid(line) {
			return r.bad("invalid-utf8", at, nil)
		}
		return r.bad("bad-json", at, errNotObject)
	}
	if err := r.object(line); err != nil {
		return r.bad(reasonOf(line, err), at, err)
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
	d.Text, _ = jsontext.AppendUnquote(d.Text, text)
	if blank(d.Text) {
		return r.bad("empty-text", at, nil)
	}
	r.fill(d)
	return r.w.put()
}

// object finds the fields of line and gathers the others in meta.
func (r *record) object(line []byte) error {
	r.found = [numFields][]byte{}
	r.meta, r.left = append(r.meta[:0], '{'), 0
	r.buf = *bytes.NewBuffer(line)
	r.dec.Reset(&r.buf)
	if _, err := r.dec.ReadToken(); err != nil {
		return err
	}
	for r.dec.PeekKind() == '"' {
		key, err := r.dec.ReadValue()
		if err != nil {
			return err
		}
		r.key = append(r.key[:0], key...)
		v, err := r.dec.ReadValue()
		if err != nil {
			return err
		}
		end := int(r.dec.InputOffset())
		if err := r.member(line[end-len(v) : end]); err != nil {
			return err
		}
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return err
	}
	if len(bytes.Trim(line[r.dec.InputOffset():], " \t\r\n")) > 0 {
		return errors.New("data after the object")
	}
	return nil
}

// member handles one member of the object; its name stands in r.key, quoted.
func (r *record) member(value []byte) error {
	name := r.key[1 : len(r.key)-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		var err error
		if name, err = jsontext.AppendUnquote(nil, r.key); err != nil {
			return err
		}
	}
	taken := false
	for i, p := range r.paths {
		switch {
		case len(p) == 0 || string(name) != p[0]:
		case len(p) == 1:
			if i == fText || i == fID || value[0] == '"' || value[0] == 'n' {
				r.found[i], taken = value, true
			}
		case value[0] == '{':
			if r.found[i] == nil {
				r.found[i] = dig(value, p[1:])
			}
		}
	}
	if taken {
		return nil
	}
	return r.keep(value)
}

// keep adds a member to meta.
func (r *record) keep(value []byte) error {
	if len(r.meta)+len(r.key)+len(value)+3 > maxMeta {
		r.left++
		return nil
	}
	if len(r.meta) > 1 {
		r.meta = append(r.meta, ',')
	}
	r.meta = append(append(r.meta, r.key...), ':')
	if value[0] != '{' && value[0] != '[' {
		r.meta = append(r.meta, value...)
		return nil
	}
	var err error
	r.meta, err = jsontext.AppendFormat(r.meta, value) // without spaces
	return err
}

// fill sets what the record tells about the document.
func (r *record) fill(d *quern.Doc) {
	id := asString(r.found[fID])
	if id != "" {
		d.ID = quern.NewID(d.Source, id)
	} else {
		d.ID = quern.NewID(d.Source, string(d.Text))
	}
	d.Origin, d.Lang = asString(r.found[fOrigin]), asString(r.found[fLang])
	if s := asString(r.found[fLicense]); s != "" {
		d.License = s
	}
	if s := asString(r.found[fTime]); s != "" {
		if d.Time = rfc3339(s); d.Time == "" && len(r.paths[fTime]) == 1 {
			r.key = fmt.Appendf(r.key[:0], "%q", r.paths[fTime][0])
			_ = r.keep(r.found[fTime]) // a string: it cannot fail
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

// asString is a string's value, or any other value as it is written; "" for none and null.
func asString(raw []byte) string {
	if len(raw) == 0 || raw[0] == 'n' {
		return ""
	}
	if raw[0] != '"' {
		return string(raw)
	}
	s, _ := jsontext.AppendUnquote(nil, raw)
	return string(s)
}

// dig finds a value in nested objects. The object is known to be valid.
func dig(object []byte, p []string) []byte {
	d := jsontext.NewDecoder(bytes.NewBuffer(object))
	for d.ReadToken(); d.PeekKind() == '"'; {
		t, err := d.ReadToken()
		if err != nil {
			return nil
		}
		name := t.String()
		v, err := d.ReadValue()
		if err != nil {
			return nil
		}
		if name != p[0] {
			continue
		}
		end := int(d.InputOffset())
		v = object[end-len(v) : end]
		if len(p) == 1 {
			return v
		}
		if v[0] == '{' {
			return dig(v, p[1:])
		}
		return nil
	}
	return nil
}

// memberNames lists up to twenty names of an object, for messages.
func memberNames(object []byte) []string {
	names := []string{}
	d := jsontext.NewDecoder(bytes.NewBuffer(object))
	for d.ReadToken(); d.PeekKind() == '"' && len(names) < 20; {
		t, err := d.ReadToken()
		if err != nil {
			break
		}
		names = append(names, t.String())
		if d.SkipValue() != nil {
			break
		}
	}
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
