package jinja

import (
	"fmt"
	"unicode/utf8"
)

func (r *render) eval(e expr) (Value, error) {
	if err := r.step(e.at()); err != nil {
		return nil, err
	}
	switch e := e.(type) {
	case *constExpr:
		return e.value, nil
	case *nameExpr:
		if v, ok := r.get(e.name); ok {
			return v, nil
		}
		return undefined{e.name}, nil
	case *listExpr:
		return r.list(e)
	case *dictExpr:
		return r.dict(e)
	case *attrExpr:
		v, err := r.eval(e.of)
		if err != nil {
			return nil, err
		}
		return attribute(v, e.name, e.at(), false)
	case *indexExpr:
		return r.index(e)
	case *sliceExpr:
		return r.slice(e)
	case *callExpr:
		f, a, err := r.arguments(e)
		if err != nil {
			return nil, err
		}
		return f.call(r, a)
	case *filterExpr:
		return r.filter(e)
	case *testExpr:
		return r.test(e)
	case *condExpr:
		v, err := r.eval(e.test)
		switch {
		case err != nil:
			return nil, err
		case truth(v):
			return r.eval(e.yes)
		case e.no == nil:
			return undefined{"the else of an if"}, nil
		}
		return r.eval(e.no)
	case *unaryExpr:
		return r.unary(e)
	case *binaryExpr:
		return r.binary(e)
	case *compareExpr:
		return r.compare(e)
	case bodyExpr:
		return r.blocks[len(r.blocks)-1], nil
	}
	panic(fmt.Sprintf("jinja: an expression %T", e))
}

func (r *render) list(e *listExpr) (Value, error) {
	l := &List{make([]Value, 0, len(e.items)), e.tuple}
	for _, x := range e.items {
		v, err := r.eval(x)
		if err != nil {
			return nil, err
		}
		l.Items = append(l.Items, v)
	}
	return l, nil
}

func (r *render) dict(e *dictExpr) (Value, error) {
	d := NewDict()
	for i := range e.keys {
		k, err := r.eval(e.keys[i])
		if err != nil {
			return nil, err
		}
		key, ok := k.(Text)
		if !ok {
			return nil, fault(e.at(), "%s as a key, want a string", typeName(k))
		}
		v, err := r.eval(e.values[i])
		if err != nil {
			return nil, err
		}
		d.Set(key, v)
	}
	return d, nil
}

// attribute is v.name, or v["name"] if item is set: then what a mapping holds goes before its methods.
func attribute(v Value, name string, line int, item bool) (Value, error) {
	if u, ok := v.(undefined); ok {
		return nil, fault(line, "%s is undefined, and so has no %q", u.what, name)
	}
	d, isDict := v.(*Dict)
	if isDict && item {
		if x, ok := d.values[name]; ok {
			return x, nil
		}
	}
	if m := method(v, name); m != nil {
		return m, nil
	}
	if isDict {
		if x, ok := d.values[name]; ok {
			return x, nil
		}
	}
	return undefined{name}, nil
}

func (r *render) index(e *indexExpr) (Value, error) {
	v, err := r.eval(e.of)
	if err != nil {
		return nil, err
	}
	k, err := r.eval(e.index)
	if err != nil {
		return nil, err
	}
	switch k := k.(type) {
	case Text:
		return attribute(v, k.s, e.at(), true)
	case int64, bool:
		f, _ := number(k)
		i := int64(f)
		if t, ok := v.(Text); ok {
			return charAt(t, i), nil
		}
		if l, ok := v.(*List); ok {
			if i < 0 {
				i += int64(len(l.Items))
			}
			if i >= 0 && i < int64(len(l.Items)) {
				return l.Items[i], nil
			}
			return undefined{fmt.Sprintf("item %d of a list of %d", i, len(l.Items))}, nil
		}
	}
	if u, ok := v.(undefined); ok {
		return nil, fault(e.at(), "%s is undefined, and so has no items", u.what)
	}
	return undefined{"an item of " + typeName(v)}, nil
}

func charAt(t Text, i int64) Value {
	n := int64(utf8.RuneCountInString(t.s))
	if i < 0 {
		i += n
	}
	if i < 0 || i >= n {
		return undefined{fmt.Sprintf("character %d of a string of %d", i, n)}
	}
	at := byteOf(t.s, int(i))
	_, w := utf8.DecodeRuneInString(t.s[at:])
	return t.slice(at, at+w)
}

// byteOf is where character i begins.
func byteOf(s string, i int) int {
	at := 0
	for ; i > 0 && at < len(s); i-- {
		_, w := utf8.DecodeRuneInString(s[at:])
		at += w
	}
	return at
}

func (r *render) slice(e *sliceExpr) (Value, error) {
	v, err := r.eval(e.of)
	if err != nil {
		return nil, err
	}
	items, isText := []Value(nil), false
	switch v := v.(type) {
	case *List:
		items = v.Items
	case Text:
		items, _ = iterate(v)
		isText = true
	default:
		return nil, fault(e.at(), "a slice of %s", typeName(v))
	}
	var part [3]*int64
	for i, x := range []expr{e.from, e.to, e.step} {
		if x == nil {
			continue
		}
		v, err := r.eval(x)
		if err != nil {
			return nil, err
		}
		switch n := v.(type) {
		case nil:
		case int64:
			part[i] = &n
		default:
			return nil, fault(e.at(), "%s in a slice, want a whole number", typeName(v))
		}
	}
	out, ok := sliced(items, part[0], part[1], part[2])
	if !ok {
		return nil, fault(e.at(), "a slice by steps of 0")
	}
	if !isText {
		return &List{out, v.(*List).tuple}, nil
	}
	texts := make([]Text, len(out))
	for i, x := range out {
		texts[i] = x.(Text)
	}
	return joined(texts, Text{}), nil
}

// sliced is items[from:to:step] as Python has it.
func sliced(items []Value, from, to, step *int64) (out []Value, ok bool) {
	n, by := int64(len(items)), int64(1)
	if step != nil {
		by = *step
	}
	if by == 0 {
		return nil, false
	}
	low, high := int64(0), n
	if by < 0 {
		low, high = -1, n-1
	}
	bound := func(p *int64, missing int64) int64 {
		if p == nil {
			return missing
		}
		i := *p
		if i < 0 {
			i = max(i, -n-1) + n
			return max(i, low)
		}
		return min(i, high)
	}
	if by > 0 {
		for i := bound(from, 0); i < bound(to, n); i += min(by, n+1) {
			out = append(out, items[i])
		}
		return out, true
	}
	for i, end := bound(from, n-1), bound(to, -1); i > end; i += max(by, -n-1) {
		out = append(out, items[i])
	}
	return out, true
}

// arguments evaluates what is called and with what.
func (r *render) arguments(c *callExpr) (*function, *arguments, error) {
	v, err := r.eval(c.of)
	if err != nil {
		return nil, nil, err
	}
	f, ok := v.(*function)
	if !ok {
		return nil, nil, fault(c.at(), "%s is called", typeName(v))
	}
	a, err := r.evalAll(f.name, c)
	return f, a, err
}

func (r *render) evalAll(name string, c *callExpr) (*arguments, error) {
	a := &arguments{line: c.at(), name: name, names: c.names}
	for _, e := range c.args {
		v, err := r.eval(e)
		if err != nil {
			return nil, err
		}
		a.all = append(a.all, v)
	}
	return a, nil
}
