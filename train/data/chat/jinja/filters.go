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
