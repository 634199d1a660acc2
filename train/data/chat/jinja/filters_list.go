package jinja

import (
	"slices"
	"strconv"
	"strings"
)

func joinFilter(_ *render, v Value, a *arguments) (Value, error) {
	l, ok := iterate(v)
	if !ok {
		return nil, fault(a.line, "join of %s", typeName(v))
	}
	between, _ := a.take(0, "d")
	attr, byAttr := a.take(1, "attribute")
	texts := make([]Text, len(l))
	for i, x := range l {
		if byAttr {
			var err error
			if x, err = path(x, text(attr).s, a.line); err != nil {
				return nil, err
			}
		}
		texts[i] = text(x)
	}
	if between == nil {
		between = Text{}
	}
	return joined(texts, text(between)), nil
}

// path is an attribute of an attribute, by names or numbers with dots between.
func path(v Value, name string, line int) (Value, error) {
	for part := range strings.SplitSeq(name, ".") {
		if n, err := strconv.Atoi(part); err == nil {
			l, ok := iterate(v)
			if !ok || n < 0 || n >= len(l) {
				return undefined{name}, nil
			}
			v = l[n]
			continue
		}
		var err error
		if v, err = attribute(v, part, line, true); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func reverseFilter(r *render, v Value, a *arguments) (Value, error) {
	l, ok := iterate(v)
	if !ok {
		return nil, fault(a.line, "reverse of %s", typeName(v))
	}
	l = slices.Clone(l)
	slices.Reverse(l)
	if _, isText := v.(Text); isText {
		return joinFilter(r, &List{Items: l}, &arguments{line: a.line})
	}
	return &List{Items: l}, nil
}

func unique(l []Value, a *arguments) (Value, error) {
	var out, keys []Value
	attr, byAttr := a.take(1, "attribute")
	for _, x := range l {
		key := x
		if byAttr {
			var err error
			if key, err = path(x, text(attr).s, a.line); err != nil {
				return nil, err
			}
		}
		if t, ok := key.(Text); ok {
			key = t.mapped(strings.ToLower) // not case-sensitive, as in Jinja2
		}
		if !slices.ContainsFunc(keys, func(k Value) bool { return equal(k, key) }) {
			out, keys = append(out, x), append(keys, key)
		}
	}
	return &List{Items: out}, nil
}

func sortFilter(l []Value, a *arguments) (Value, error) {
	reverse, _ := a.take(0, "reverse")
	exact, _ := a.take(1, "case_sensitive")
	attr, byAttr := a.take(2, "attribute")
	keys := make([]Value, len(l))
	order := make([]int, len(l))
	for i, x := range l {
		order[i], keys[i] = i, x
		if byAttr {
			var err error
			if keys[i], err = path(x, text(attr).s, a.line); err != nil {
				return nil, err
			}
		}
		if t, ok := keys[i].(Text); ok && !truth(exact) {
			keys[i] = t.mapped(strings.ToLower)
		}
	}
	failed := false
	slices.SortStableFunc(order, func(i, j int) int {
		c, ok := compared(keys[i], keys[j])
		failed = failed || !ok
		if truth(reverse) {
			return -c
		}
		return c
	})
	if failed {
		return nil, fault(a.line, "sort: values that cannot be compared")
	}
	out := make([]Value, len(l))
	for i, k := range order {
		out[i] = l[k]
	}
	return &List{Items: out}, nil
}

func extreme(l []Value, a *arguments, sign int) (Value, error) {
	best := end(l, 0)
	for _, x := range l[min(1, len(l)):] {
		c, ok := compared(x, best)
		if !ok {
			return nil, fault(a.line, "%s: values that cannot be compared", a.name)
		}
		if c*sign > 0 {
			best = x
		}
	}
	return best, nil
}

func sumFilter(l []Value, a *arguments) (Value, error) {
	attr, byAttr := a.take(0, "attribute")
	var sum Value = int64(0)
	for _, x := range l {
		var err error
		if byAttr {
			if x, err = path(x, text(attr).s, a.line); err != nil {
				return nil, err
			}
		}
		v, ok := arithmetic("+", sum, x)
		if !ok {
			return nil, fault(a.line, "sum of %s", typeName(x))
		}
		sum = v
	}
	return sum, nil
}

func itemsFilter(_ *render, v Value, a *arguments) (Value, error) {
	switch d := v.(type) {
	case undefined:
		return &List{}, nil
	case *Dict:
		return &List{Items: d.items()}, nil
	}
	return nil, fault(a.line, "items of %s, want a mapping", typeName(v))
}

func dictsort(_ *render, v Value, a *arguments) (Value, error) {
	d, ok := v.(*Dict)
	if !ok {
		return nil, fault(a.line, "dictsort of %s, want a mapping", typeName(v))
	}
	exact, _ := a.take(0, "case_sensitive")
	by, _ := a.take(1, "by")
	reverse, _ := a.take(2, "reverse")
	attr := "0"
	if by != nil && text(by).s == "value" {
		attr = "1"
	}
	return sortFilter(d.items(), &arguments{line: a.line, name: a.name, all: []Value{reverse, exact, Written(attr)}})
}

func mapFilter(r *render, v Value, a *arguments) (Value, error) {
	l, ok := iterate(v)
	if !ok && v != nil {
		return nil, fault(a.line, "map of %s, want a list", typeName(v))
	}
	attr, byAttr := a.take(len(a.all), "attribute")
	other, hasOther := a.take(len(a.all), "default")
	var name Value
	if !byAttr {
		if name, ok = a.take(0, ""); !ok || filters[text(name).s] == nil {
			return nil, fault(a.line, "map: want a filter or attribute=")
		}
		for i := range a.all {
			a.take(i, "")
		}
	}
	out := make([]Value, len(l))
	for i, x := range l {
		var err error
		if byAttr {
			if out[i], err = path(x, text(attr).s, a.line); err == nil && hasOther {
				if _, un := out[i].(undefined); un {
					out[i] = other
				}
			}
		} else {
			out[i], err = filters[text(name).s](r, x, &arguments{line: a.line, name: "filter " + text(name).s, all: a.all[1:]})
		}
		if err != nil {
			return nil, err
		}
	}
	return &List{Items: out}, nil
}

// selectFilter makes selectattr, rejectattr, select and reject.
func selectFilter(byAttr, keep bool) func(*render, Value, *arguments) (Value, error) {
	return listFilter(func(l []Value, a *arguments) (Value, error) {
		i := 0
		attr := ""
		if byAttr {
			v, ok := a.take(0, "")
			if !ok {
				return nil, fault(a.line, "%s: want an attribute", a.name)
			}
			attr, i = text(v).s, 1
		}
		is := func(v Value, _ *arguments) (bool, error) { return truth(v), nil }
		var rest []Value
		if v, ok := a.take(i, ""); ok {
			if is = tests[text(v).s]; is == nil {
				return nil, fault(a.line, "unknown test %q", text(v).s)
			}
			for i++; i < len(a.all); i++ {
				x, _ := a.take(i, "")
				rest = append(rest, x)
			}
		}
		out := &List{}
		for _, x := range l {
			v := x
			var err error
			if byAttr {
				if v, err = path(x, attr, a.line); err != nil {
					return nil, err
				}
			}
			ok, err := is(v, &arguments{line: a.line, name: "test", all: rest})
			if err != nil {
				return nil, err
			}
			if ok == keep {
				out.Items = append(out.Items, x)
			}
		}
		return out, nil
	})
}
