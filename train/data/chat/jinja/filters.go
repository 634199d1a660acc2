package jinja

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// filters and tests are set in init so that they may refer to render's methods, which look them up.
var (
	filters map[string]func(*render, Value, *arguments) (Value, error)
	tests   map[string]func(Value, *arguments) (bool, error)
)

func init() {
	filters = map[string]func(*render, Value, *arguments) (Value, error){
		"trim":       textFilter(func(t Text, a *arguments) (Value, error) { return strip(t, a, true, true) }),
		"upper":      textFilter(func(t Text, _ *arguments) (Value, error) { return t.mapped(strings.ToUpper), nil }),
		"lower":      textFilter(func(t Text, _ *arguments) (Value, error) { return t.mapped(strings.ToLower), nil }),
		"title":      textFilter(func(t Text, _ *arguments) (Value, error) { return titleWords(t), nil }),
		"capitalize": textFilter(func(t Text, _ *arguments) (Value, error) { return capitalize(t), nil }),
		"replace":    textFilter(replaceText),
		"indent":     textFilter(indent),
		"escape":     textFilter(func(t Text, _ *arguments) (Value, error) { return t.mapped(escapeHTML), nil }),
		"e":          textFilter(func(t Text, _ *arguments) (Value, error) { return t.mapped(escapeHTML), nil }),
		"safe":       func(_ *render, v Value, _ *arguments) (Value, error) { return v, nil },
		"string":     func(_ *render, v Value, _ *arguments) (Value, error) { return text(v), nil },
		"tojson":     toJSON,
		"length":     length,
		"count":      length,
		"default":    defaultFilter,
		"d":          defaultFilter,
		"int":        intFilter,
		"float":      floatFilter,
		"abs":        absFilter,
		"join":       joinFilter,
		"list":       listFilter(func(l []Value, _ *arguments) (Value, error) { return &List{Items: slices.Clone(l)}, nil }),
		"first":      listFilter(func(l []Value, _ *arguments) (Value, error) { return end(l, 0), nil }),
		"last":       listFilter(func(l []Value, _ *arguments) (Value, error) { return end(l, len(l)-1), nil }),
		"reverse":    reverseFilter,
		"unique":     listFilter(unique),
		"sort":       listFilter(sortFilter),
		"min":        listFilter(func(l []Value, a *arguments) (Value, error) { return extreme(l, a, -1) }),
		"max":        listFilter(func(l []Value, a *arguments) (Value, error) { return extreme(l, a, 1) }),
		"sum":        listFilter(sumFilter),
		"items":      itemsFilter,
		"dictsort":   dictsort,
		"map":        mapFilter,
		"selectattr": selectFilter(true, true),
		"rejectattr": selectFilter(true, false),
		"select":     selectFilter(false, true),
		"reject":     selectFilter(false, false),
	}
	tests = allTests()
}

func textFilter(f func(Text, *arguments) (Value, error)) func(*render, Value, *arguments) (Value, error) {
	return func(_ *render, v Value, a *arguments) (Value, error) { return f(text(v), a) }
}

func listFilter(f func([]Value, *arguments) (Value, error)) func(*render, Value, *arguments) (Value, error) {
	return func(r *render, v Value, a *arguments) (Value, error) {
		l, ok := iterate(v)
		if !ok && (v != nil || !lazy[strings.TrimPrefix(a.name, "filter ")]) {
			return nil, fault(a.line, "%s of %s, want a list", a.name, typeName(v))
		}
		r.steps += len(l)
		return f(l, a)
	}
}

// lazy filters take none for an empty list, as Jinja2's do.
var lazy = map[string]bool{"selectattr": true, "rejectattr": true, "select": true, "reject": true}

func end(l []Value, i int) Value {
	if i < 0 || i >= len(l) {
		return undefined{"an item of an empty list"}
	}
	return l[i]
}

func length(_ *render, v Value, a *arguments) (Value, error) {
	if t, ok := v.(Text); ok {
		return int64(len([]rune(t.s))), nil
	}
	l, ok := iterate(v)
	if !ok {
		return nil, fault(a.line, "length of %s", typeName(v))
	}
	return int64(len(l)), nil
}

func defaultFilter(_ *render, v Value, a *arguments) (Value, error) {
	other, ok := a.take(0, "default_value")
	if !ok {
		other = Text{}
	}
	falsy, _ := a.take(1, "boolean")
	if _, un := v.(undefined); un || truth(falsy) && !truth(v) {
		return other, nil
	}
	return v, nil
}

func intFilter(_ *render, v Value, a *arguments) (Value, error) {
	other, ok := a.take(0, "default")
	if !ok {
		other = int64(0)
	}
	switch v := v.(type) {
	case Text:
		s := strings.TrimSpace(v.s)
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n, nil
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(f) < 1<<62 {
			return int64(f), nil
		}
		return other, nil
	}
	if f, ok := number(v); ok && math.Abs(f) < 1<<62 {
		return int64(f), nil
	}
	return other, nil
}

func floatFilter(_ *render, v Value, a *arguments) (Value, error) {
	other, ok := a.take(0, "default")
	if !ok {
		other = 0.0
	}
	if t, ok := v.(Text); ok {
		if f, err := strconv.ParseFloat(strings.TrimSpace(t.s), 64); err == nil {
			return f, nil
		}
		return other, nil
	}
	if f, ok := number(v); ok {
		return f, nil
	}
	return other, nil
}

func absFilter(_ *render, v Value, a *arguments) (Value, error) {
	switch v := v.(type) {
	case int64:
		return max(v, -v), nil
	case float64:
		return math.Abs(v), nil
	}
	return nil, fault(a.line, "abs of %s", typeName(v))
}

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

func indent(t Text, a *arguments) (Value, error) {
	width, ok := a.take(0, "width")
	if !ok {
		width = int64(4)
	}
	var by Text
	switch w := width.(type) {
	case int64:
		if w > 1000 {
			return nil, fault(a.line, "indent by %d", w)
		}
		by = Written(strings.Repeat(" ", int(max(w, 0))))
	default:
		by = text(w)
	}
	first, _ := a.take(1, "first")
	blank, _ := a.take(2, "blank")
	lines := splitText(t, "\n", -1)
	for i, l := range lines {
		if (i > 0 || truth(first)) && (l.s != "" || truth(blank)) {
			lines[i] = by.plus(l)
		}
	}
	return joined(lines, Written("\n")), nil
}

func escapeHTML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#39;", `"`, "&#34;").Replace(s)
}

// allTests are what may stand behind is.
func allTests() map[string]func(Value, *arguments) (bool, error) {
	is := func(f func(Value) bool) func(Value, *arguments) (bool, error) {
		return func(v Value, _ *arguments) (bool, error) { return f(v), nil }
	}
	with := func(op string) func(Value, *arguments) (bool, error) {
		return func(v Value, a *arguments) (bool, error) {
			o, ok := a.take(0, "other")
			if !ok {
				return false, fault(a.line, "%s wants a value", a.name)
			}
			return compareOne(op, v, o, a.line)
		}
	}
	whole := func(v Value, m int64, rest int64) (bool, error) {
		n, ok := v.(int64)
		return ok && ((n%m)+m)%m == rest, nil
	}
	return map[string]func(Value, *arguments) (bool, error){
		"defined":   is(func(v Value) bool { _, un := v.(undefined); return !un }),
		"undefined": is(func(v Value) bool { _, un := v.(undefined); return un }),
		"none":      is(func(v Value) bool { return v == nil }),
		"boolean":   is(func(v Value) bool { _, ok := v.(bool); return ok }),
		"true":      is(func(v Value) bool { return v == true }),
		"false":     is(func(v Value) bool { return v == false }),
		"integer":   is(func(v Value) bool { _, ok := v.(int64); return ok }),
		"float":     is(func(v Value) bool { _, ok := v.(float64); return ok }),
		"number":    is(func(v Value) bool { _, ok := number(v); return ok }),
		"string":    is(func(v Value) bool { _, ok := v.(Text); return ok }),
		"mapping":   is(func(v Value) bool { _, ok := v.(*Dict); return ok }),
		"iterable":  is(func(v Value) bool { _, ok := iterate(v); return ok }),
		"callable":  is(func(v Value) bool { _, ok := v.(*function); return ok }),
		"sequence": is(func(v Value) bool {
			switch v.(type) {
			case Text, *List, *Dict, undefined:
				return true
			}
			return false
		}),
		"lower": is(func(v Value) bool {
			t, ok := v.(Text)
			return ok && strings.ToLower(t.s) == t.s && strings.ContainsFunc(t.s, unicode.IsLetter)
		}),
		"upper": is(func(v Value) bool {
			t, ok := v.(Text)
			return ok && strings.ToUpper(t.s) == t.s && strings.ContainsFunc(t.s, unicode.IsLetter)
		}),
		"odd":  func(v Value, _ *arguments) (bool, error) { return whole(v, 2, 1) },
		"even": func(v Value, _ *arguments) (bool, error) { return whole(v, 2, 0) },
		"divisibleby": func(v Value, a *arguments) (bool, error) {
			o, _ := a.take(0, "num")
			m, ok := o.(int64)
			if !ok || m == 0 {
				return false, fault(a.line, "divisibleby wants a number")
			}
			return whole(v, m, 0)
		},
		"equalto": with("=="), "eq": with("=="), "==": with("=="), "ne": with("!="), "!=": with("!="),
		"lt": with("<"), "lessthan": with("<"), "<": with("<"), "le": with("<="), "<=": with("<="),
		"gt": with(">"), "greaterthan": with(">"), ">": with(">"), "ge": with(">="), ">=": with(">="),
		"in": with("in"),
		"sameas": func(v Value, a *arguments) (bool, error) {
			o, _ := a.take(0, "other")
			switch v.(type) {
			case nil, bool:
				return v == o, nil
			}
			return equal(v, o), nil
		},
	}
}

// titleWords is the filter title, which knows fewer ends of words than Python's method.
func titleWords(t Text) Text {
	in := false
	return t.mapped(func(s string) string {
		return strings.Map(func(r rune) rune {
			was := in
			in = !strings.ContainsRune(whitespace+"-({[<", r)
			if was {
				return unicode.ToLower(r)
			}
			return unicode.ToUpper(r)
		}, s)
	})
}
