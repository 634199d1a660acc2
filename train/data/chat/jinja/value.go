package jinja

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Value is what an expression can be: nil (none), bool, int64, float64, Text, *List, *Dict, and what templates make of their own: macros, functions, undefined.
type Value any

// Text is a string that knows which of its bytes came with the data.
type Text struct {
	s      string
	origin       // of all of it, if parts is nil
	parts  []run // else: what is whose, in order
}

// origin is where bytes come from: the template, or the data, of which a part may have a number.
type origin struct {
	given bool
	from  int32 // the number; 0 = none
}

type run struct {
	n int // bytes
	origin
}

// Given is a string of the data: what people or documents say.
func Given(s string) Text { return Text{s: s, origin: origin{given: true}} }

// GivenBy is Given of the data's part number from: its segments carry the number.
func GivenBy(s string, from int) Text { return Text{s: s, origin: origin{true, int32(from)}} }

// Written is a string that counts as the template's own, such as bos_token.
func Written(s string) Text { return Text{s: s} }

// String is the text.
func (t Text) String() string { return t.s }

func (t Text) runs() []run {
	if t.parts != nil {
		return t.parts
	}
	return []run{{len(t.s), t.origin}}
}

// textOf makes a text of a string and its runs.
func textOf(s string, runs []run) Text {
	out := runs[:0:0]
	for _, r := range runs {
		switch {
		case r.n == 0:
		case len(out) > 0 && out[len(out)-1].origin == r.origin:
			out[len(out)-1].n += r.n
		default:
			out = append(out, r)
		}
	}
	switch len(out) {
	case 0:
		return Text{}
	case 1:
		return Text{s: s, origin: out[0].origin}
	}
	return Text{s: s, parts: out}
}

func (t Text) plus(o Text) Text {
	switch {
	case o.s == "":
		return t
	case t.s == "":
		return o
	}
	return textOf(t.s+o.s, append(slices.Clone(t.runs()), o.runs()...))
}

// slice is the bytes from i to j.
func (t Text) slice(i, j int) Text {
	if t.parts == nil {
		if i == j {
			return Text{}
		}
		return Text{s: t.s[i:j], origin: t.origin}
	}
	var runs []run
	at := 0
	for _, r := range t.parts {
		if from, to := max(at, i), min(at+r.n, j); from < to {
			runs = append(runs, run{to - from, r.origin})
		}
		at += r.n
	}
	return textOf(t.s[i:j], runs)
}

// mapped is f of each run: for changes that look at one character at a time.
func (t Text) mapped(f func(string) string) Text {
	if t.parts == nil {
		return Text{s: f(t.s), origin: t.origin}
	}
	var b strings.Builder
	var runs []run
	at := 0
	for _, r := range t.parts {
		s := f(t.s[at : at+r.n])
		b.WriteString(s)
		runs = append(runs, run{len(s), r.origin})
		at += r.n
	}
	return textOf(b.String(), runs)
}

// joined is texts with another between them.
func joined(texts []Text, between Text) Text {
	var b strings.Builder
	var runs []run
	for i, t := range texts {
		if i > 0 {
			b.WriteString(between.s)
			runs = append(runs, between.runs()...)
		}
		b.WriteString(t.s)
		runs = append(runs, t.runs()...)
	}
	return textOf(b.String(), runs)
}

// List is a list or a tuple.
type List struct {
	Items []Value
	tuple bool
}

// Dict is a mapping in the order of insertion. Keys are strings; templates of models use no others.
type Dict struct {
	keys      []Text
	values    map[string]Value
	namespace bool // attributes may be set
}

// NewDict makes an empty one.
func NewDict() *Dict { return &Dict{values: map[string]Value{}} }

// Set sets a key, which counts as given if its text does.
func (d *Dict) Set(key Text, v Value) {
	if _, ok := d.values[key.s]; !ok {
		d.keys = append(d.keys, key)
	}
	d.values[key.s] = v
}

// Get is the value of a key.
func (d *Dict) Get(key string) (Value, bool) {
	v, ok := d.values[key]
	return v, ok
}

// Keys lists the keys in their order.
func (d *Dict) Keys() []string {
	out := make([]string, len(d.keys))
	for i, k := range d.keys {
		out[i] = k.s
	}
	return out
}

func (d *Dict) items() []Value {
	out := make([]Value, len(d.keys))
	for i, k := range d.keys {
		out[i] = &List{[]Value{k, d.values[k.s]}, true}
	}
	return out
}

// undefined is a name or an attribute that is not there.
type undefined struct{ what string }

// function is a macro, a method of a value or a built-in function.
type function struct {
	name string
	call func(r *render, a *arguments) (Value, error)
}

// arguments are those of a call; a function takes them one after the other.
type arguments struct {
	line  int
	name  string
	all   []Value
	names []string // of the last ones
	taken []bool
}

// take is the argument at place i, or by name; ok says whether it was given.
func (a *arguments) take(i int, name string) (Value, bool) {
	if a.taken == nil {
		a.taken = make([]bool, len(a.all))
	}
	if i < len(a.all)-len(a.names) {
		a.taken[i] = true
		return a.all[i], true
	}
	if k := slices.Index(a.names, name); k >= 0 {
		k += len(a.all) - len(a.names)
		a.taken[k] = true
		return a.all[k], true
	}
	return nil, false
}

// rest refuses what nobody took.
func (a *arguments) rest() error {
	for i := range a.all {
		if a.taken == nil || !a.taken[i] {
			if k := i - (len(a.all) - len(a.names)); k >= 0 {
				return fault(a.line, "%s takes no argument %q", a.name, a.names[k])
			}
			return fault(a.line, "%s takes at most %d arguments", a.name, i)
		}
	}
	return nil
}

// FromJSON reads JSON as values: all its strings and keys are given. Objects keep their order.
func FromJSON(b []byte) (Value, error) { return FromJSONBy(b, 0) }

// FromJSONBy is FromJSON of the data's part number from.
func FromJSONBy(b []byte, from int) (Value, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	v, err := fromJSON(d, from, 0)
	if err != nil {
		return nil, fmt.Errorf("offset %d: %w", d.InputOffset(), err)
	}
	if d.More() {
		return nil, fmt.Errorf("offset %d: more than one value", d.InputOffset())
	}
	return v, nil
}

func fromJSON(d *json.Decoder, from, depth int) (Value, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("more than %d levels", maxDepth)
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case string:
		return GivenBy(t, from), nil
	case json.Number:
		if n, err := t.Int64(); err == nil {
			return n, nil
		}
		return t.Float64()
	case json.Delim:
		if t == '[' {
			l := &List{}
			for d.More() {
				v, err := fromJSON(d, from, depth+1)
				if err != nil {
					return nil, err
				}
				l.Items = append(l.Items, v)
			}
			_, err := d.Token()
			return l, err
		}
		o := NewDict()
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := fromJSON(d, from, depth+1)
			if err != nil {
				return nil, err
			}
			o.Set(GivenBy(k.(string), from), v)
		}
		_, err := d.Token()
		return o, err
	}
	return t, nil // bool, nil
}

// typeName is what errors call a value.
func typeName(v Value) string {
	switch v := v.(type) {
	case nil:
		return "none"
	case bool:
		return "a boolean"
	case int64, float64:
		return "a number"
	case Text:
		return "a string"
	case *List:
		return "a list"
	case *Dict:
		return "a mapping"
	case undefined:
		return v.what + ", which is undefined"
	}
	return "a function"
}

func truth(v Value) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case Text:
		return v.s != ""
	case *List:
		return len(v.Items) > 0
	case *Dict:
		return len(v.keys) > 0 || v.namespace
	}
	return true
}

// number is a value as a float, where booleans count 0 and 1.
func number(v Value) (float64, bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func equal(a, b Value) bool {
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && x == y
	}
	switch a := a.(type) {
	case nil:
		return b == nil
	case undefined:
		_, ok := b.(undefined)
		return ok
	case Text:
		o, ok := b.(Text)
		return ok && a.s == o.s
	case *List:
		o, ok := b.(*List)
		return ok && a.tuple == o.tuple && slices.EqualFunc(a.Items, o.Items, equal)
	case *Dict:
		o, ok := b.(*Dict)
		if !ok || len(a.keys) != len(o.keys) {
			return false
		}
		for k, v := range a.values {
			if w, ok := o.values[k]; !ok || !equal(v, w) {
				return false
			}
		}
		return true
	}
	return a == b
}

// compared is below, at or above 0; ok is false of what has no order.
func compared(a, b Value) (c int, ok bool) {
	if x, isNumber := number(a); isNumber {
		y, ok := number(b)
		switch {
		case x < y:
			c = -1
		case x > y:
			c = 1
		}
		return c, ok
	}
	switch a := a.(type) {
	case Text:
		o, ok := b.(Text)
		return strings.Compare(a.s, o.s), ok
	case *List:
		o, ok := b.(*List)
		if !ok {
			return 0, false
		}
		for i := range min(len(a.Items), len(o.Items)) {
			if c, ok := compared(a.Items[i], o.Items[i]); !ok || c != 0 {
				return c, ok
			}
		}
		return len(a.Items) - len(o.Items), true
	}
	return 0, false
}

// text is a value as it is printed, the way Python's str does.
func text(v Value) Text {
	switch v := v.(type) {
	case undefined:
		return Text{}
	case Text:
		return v
	}
	return repr(v)
}

// repr is Python's.
func repr(v Value) Text {
	switch v := v.(type) {
	case nil:
		return Written("None")
	case bool:
		if v {
			return Written("True")
		}
		return Written("False")
	case int64:
		return Written(strconv.FormatInt(v, 10))
	case float64:
		return Written(floatRepr(v))
	case Text:
		return reprText(v)
	case *List:
		items := make([]Text, len(v.Items))
		for i, x := range v.Items {
			items[i] = repr(x)
		}
		open, closing := "[", "]"
		if v.tuple {
			if open, closing = "(", ")"; len(items) == 1 {
				closing = ",)"
			}
		}
		return Written(open).plus(joined(items, Written(", "))).plus(Written(closing))
	case *Dict:
		items := make([]Text, len(v.keys))
		for i, k := range v.keys {
			items[i] = joined([]Text{repr(k), repr(v.values[k.s])}, Written(": "))
		}
		return Written("{").plus(joined(items, Written(", "))).plus(Written("}"))
	case undefined:
		return Written("Undefined")
	}
	return Written("<function>")
}

func reprText(t Text) Text {
	quote := "'"
	if strings.Contains(t.s, "'") && !strings.Contains(t.s, `"`) {
		quote = `"`
	}
	inside := t.mapped(func(s string) string {
		var b strings.Builder
		for _, r := range s {
			switch {
			case r == '\\' || string(r) == quote:
				b.WriteByte('\\')
				b.WriteRune(r)
			case r == '\n':
				b.WriteString(`\n`)
			case r == '\r':
				b.WriteString(`\r`)
			case r == '\t':
				b.WriteString(`\t`)
			case r < 0x20 || r == 0x7F:
				fmt.Fprintf(&b, `\x%02x`, r)
			case !strconv.IsPrint(r) && r < 0x100:
				fmt.Fprintf(&b, `\x%02x`, r)
			case !strconv.IsPrint(r) && r < 0x10000:
				fmt.Fprintf(&b, `\u%04x`, r)
			case !strconv.IsPrint(r):
				fmt.Fprintf(&b, `\U%08x`, r)
			default:
				b.WriteRune(r)
			}
		}
		return b.String()
	})
	return Written(quote).plus(inside).plus(Written(quote))
}

// floatRepr is Python's repr of a float.
func floatRepr(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		return "nan"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		s := strconv.FormatFloat(f, 'e', -1, 64)
		return s // Go and Python both write at least two digits of the exponent
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
