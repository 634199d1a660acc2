package jinja

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Value is what an expression can be: nil (none), bool, int64, float64, Text, *List, *Dict, and what templates make of their own: macros, functions, undefined.
type Value any

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
