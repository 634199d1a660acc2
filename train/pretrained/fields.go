package pretrained

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/seed-83c59573/quern/train/format"
)

// fields are the members of a JSON object, read one by one; what is wrong with them gathers in errs.
type fields struct {
	file string // and the path inside it
	raw  map[string]json.RawMessage
	errs *[]error
}

const maxJSON = 64 << 20 // bytes of a configuration; a tokenizer_config.json holds whole templates

func parseFields(file string, b []byte) (*fields, error) {
	if len(b) > maxJSON {
		return nil, fmt.Errorf("%s: %d bytes, the limit is %d", file, len(b), maxJSON)
	}
	if err := format.CheckJSON(b); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	f := &fields{file: file, errs: new([]error)}
	if err := json.Unmarshal(b, &f.raw); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return f, nil
}

func (f *fields) err() error { return errors.Join(*f.errs...) }

func (f *fields) bad(key, format string, a ...any) {
	*f.errs = append(*f.errs, fmt.Errorf("%s: %s %s", f.file, key, fmt.Sprintf(format, a...)))
}

// names tells whether a member is there, be it null.
func (f *fields) names(key string) bool {
	_, ok := f.raw[key]
	return ok
}

// has tells whether a member is there and not null.
func (f *fields) has(key string) bool {
	v, ok := f.raw[key]
	return ok && !bytes.Equal(bytes.TrimSpace(v), []byte("null"))
}

// show is a member as it stands, for an error.
func (f *fields) show(key string) string {
	s := string(f.raw[key])
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return s
}

func (f *fields) read(key string, to any, want string) bool {
	if !f.has(key) {
		return false
	}
	if err := json.Unmarshal(f.raw[key], to); err != nil {
		f.bad(key, "is %s, want %s", f.show(key), want)
		return false
	}
	return true
}

// whole is a number that is not negative, or otherwise if there is none.
func (f *fields) whole(key string, otherwise int) int {
	v := float64(otherwise)
	if f.read(key, &v, "a whole number") && (v < 0 || v > 1<<40 || v != math.Trunc(v)) {
		f.bad(key, "is %s, want a whole number that is not negative", f.show(key))
		return otherwise
	}
	return int(v)
}

// must is whole of a member that has to be there.
func (f *fields) must(key string) int {
	if !f.has(key) {
		f.bad(key, "is missing")
	}
	return f.whole(key, 0)
}

func (f *fields) number(key string, otherwise float64) float64 {
	v := otherwise
	f.read(key, &v, "a number")
	return v
}

func (f *fields) flag(key string, otherwise bool) bool {
	v := otherwise
	f.read(key, &v, "true or false")
	return v
}

func (f *fields) text(key, otherwise string) string {
	v := otherwise
	f.read(key, &v, "a string")
	return v
}

func (f *fields) texts(key string) []string {
	var v []string
	f.read(key, &v, "a list of strings")
	return v
}

// object is a member that is an object, nil if there is none.
func (f *fields) object(key string) *fields {
	o := &fields{file: f.file + ": " + key, errs: f.errs}
	if !f.read(key, &o.raw, "an object") {
		return nil
	}
	return o
}

// ids is a token's id or a list of them.
func (f *fields) ids(key string) (out []int) {
	if !f.has(key) {
		return nil
	}
	var one int
	if json.Unmarshal(f.raw[key], &one) == nil {
		return []int{one}
	}
	f.read(key, &out, "an id or a list of ids")
	return out
}

// only refuses a value with which a model computes what this one does not.
func (f *fields) only(key string, want any) {
	if !f.has(key) {
		return
	}
	var got any
	if json.Unmarshal(f.raw[key], &got) != nil || got != want {
		f.bad(key, "is %s, what is computed is %v", f.show(key), want)
	}
}

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	key   string
	value any
}

func (o *object) add(key string, value any) { *o = append(*o, member{key, value}) }

func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		k, err := json.Marshal(m.key)
		if err != nil {
			return nil, err
		}
		v, err := plainJSON(m.value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, k...), ':'), v...)
	}
	return append(b, '}'), nil
}

// real is a number that is written with a point even if it is whole: transformers 4 warns of whole ones where it wants others.
type real float64

func (r real) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(float64(r))
	if err == nil && !bytes.ContainsAny(b, ".e") {
		b = append(b, ".0"...)
	}
	return b, err
}

// plainJSON leaves <, > and & as they are: names of tokens are full of them.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// pretty is a file of JSON, as transformers lays it out.
func pretty(v any) ([]byte, error) {
	b, err := plainJSON(v)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
