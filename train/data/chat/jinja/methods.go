package jinja

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// method is a method of a value by Python's name, nil if there is none. What would change a value is not there, as in the sandbox that Hugging Face uses.
func method(v Value, name string) Value {
	var call func(a *arguments) (Value, error)
	switch v := v.(type) {
	case Text:
		if f := textMethods[name]; f != nil {
			call = func(a *arguments) (Value, error) { return f(v, a) }
		}
	case *Dict:
		if f := dictMethods[name]; f != nil && !v.namespace {
			call = func(a *arguments) (Value, error) { return f(v, a) }
		}
	case *List:
		if f := listMethods[name]; f != nil {
			call = func(a *arguments) (Value, error) { return f(v, a) }
		}
	}
	if call == nil {
		return nil
	}
	return &function{name, func(_ *render, a *arguments) (Value, error) {
		out, err := call(a)
		if err == nil {
			err = a.rest()
		}
		return out, err
	}}
}

var dictMethods = map[string]func(*Dict, *arguments) (Value, error){
	"items": func(d *Dict, _ *arguments) (Value, error) { return &List{Items: d.items()}, nil },
	"keys": func(d *Dict, _ *arguments) (Value, error) {
		l, _ := iterate(d)
		return &List{Items: l}, nil
	},
	"values": func(d *Dict, _ *arguments) (Value, error) {
		l := &List{}
		for _, k := range d.keys {
			l.Items = append(l.Items, d.values[k.s])
		}
		return l, nil
	},
	"get": func(d *Dict, a *arguments) (Value, error) {
		k, ok := a.take(0, "")
		other, _ := a.take(1, "")
		key, isText := k.(Text)
		if !ok || !isText {
			return other, nil
		}
		if v, ok := d.values[key.s]; ok {
			return v, nil
		}
		return other, nil
	},
}

var listMethods = map[string]func(*List, *arguments) (Value, error){
	"index": func(l *List, a *arguments) (Value, error) {
		v, _ := a.take(0, "")
		for i, x := range l.Items {
			if equal(x, v) {
				return int64(i), nil
			}
		}
		return nil, fault(a.line, "index: the list does not have it")
	},
	"count": func(l *List, a *arguments) (Value, error) {
		v, _ := a.take(0, "")
		n := int64(0)
		for _, x := range l.Items {
			if equal(x, v) {
				n++
			}
		}
		return n, nil
	},
}

// textMethods is set in init: join looks methods up.
var textMethods map[string]func(Text, *arguments) (Value, error)

func init() {
	textMethods = map[string]func(Text, *arguments) (Value, error){
		"strip":      func(t Text, a *arguments) (Value, error) { return strip(t, a, true, true) },
		"lstrip":     func(t Text, a *arguments) (Value, error) { return strip(t, a, true, false) },
		"rstrip":     func(t Text, a *arguments) (Value, error) { return strip(t, a, false, true) },
		"upper":      func(t Text, _ *arguments) (Value, error) { return t.mapped(strings.ToUpper), nil },
		"lower":      func(t Text, _ *arguments) (Value, error) { return t.mapped(strings.ToLower), nil },
		"title":      func(t Text, _ *arguments) (Value, error) { return title(t), nil },
		"capitalize": func(t Text, _ *arguments) (Value, error) { return capitalize(t), nil },
		"replace":    replaceText,
		"split":      func(t Text, a *arguments) (Value, error) { return split(t, a, false) },
		"rsplit":     func(t Text, a *arguments) (Value, error) { return split(t, a, true) },
		"splitlines": splitLines,
		"startswith": func(t Text, a *arguments) (Value, error) { return affix(t, a, strings.HasPrefix) },
		"endswith":   func(t Text, a *arguments) (Value, error) { return affix(t, a, strings.HasSuffix) },
		"find":       func(t Text, a *arguments) (Value, error) { return find(t, a, strings.Index) },
		"rfind":      func(t Text, a *arguments) (Value, error) { return find(t, a, strings.LastIndex) },
		"count": func(t Text, a *arguments) (Value, error) {
			v, _ := a.take(0, "")
			return int64(strings.Count(t.s, text(v).s)), nil
		},
		"join": func(t Text, a *arguments) (Value, error) {
			v, _ := a.take(0, "")
			return joinFilter(nil, v, &arguments{line: a.line, name: "join", all: []Value{t}})
		},
		"removeprefix": func(t Text, a *arguments) (Value, error) {
			v, _ := a.take(0, "")
			return t.slice(len(t.s)-len(strings.TrimPrefix(t.s, text(v).s)), len(t.s)), nil
		},
		"removesuffix": func(t Text, a *arguments) (Value, error) {
			v, _ := a.take(0, "")
			return t.slice(0, len(strings.TrimSuffix(t.s, text(v).s))), nil
		},
		"isdigit": func(t Text, _ *arguments) (Value, error) { return every(t, unicode.IsDigit), nil },
		"isalpha": func(t Text, _ *arguments) (Value, error) { return every(t, unicode.IsLetter), nil },
		"isalnum": func(t Text, _ *arguments) (Value, error) {
			return every(t, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }), nil
		},
		"isspace": func(t Text, _ *arguments) (Value, error) {
			return every(t, func(r rune) bool { return strings.ContainsRune(whitespace, r) }), nil
		},
	}
}

func every(t Text, f func(rune) bool) bool {
	return t.s != "" && !strings.ContainsFunc(t.s, func(r rune) bool { return !f(r) })
}

// strip takes characters off the ends: white space, or those of the argument.
func strip(t Text, a *arguments, left, right bool) (Value, error) {
	chars := whitespace
	if v, ok := a.take(0, "chars"); ok && v != nil {
		chars = text(v).s
	}
	i, j := 0, len(t.s)
	if left {
		i = len(t.s) - len(strings.TrimLeft(t.s, chars))
	}
	if right {
		j = max(i, len(strings.TrimRight(t.s, chars)))
	}
	return t.slice(i, j), nil
}

func replaceText(t Text, a *arguments) (Value, error) {
	o, okO := a.take(0, "old")
	n, okN := a.take(1, "new")
	if !okO || !okN {
		return nil, fault(a.line, "replace wants what to replace, and by what")
	}
	limit := int64(-1)
	if v, ok := a.take(2, "count"); ok {
		if c, ok := v.(int64); ok {
			limit = c
		}
	}
	old, by := text(o).s, text(n)
	if grown := int64(len(t.s)+1) * int64(len(by.s)+1); grown > maxOutput && int64(strings.Count(t.s, old))*int64(len(by.s)) > maxOutput {
		return nil, fault(a.line, "a string of more than %d bytes", maxOutput)
	}
	if old == "" { // before each character and at the end
		var parts []Text
		for i := 0; i < len(t.s) && limit != 0; limit-- {
			_, w := utf8.DecodeRuneInString(t.s[i:])
			parts = append(parts, by, t.slice(i, i+w))
			if i += w; i == len(t.s) && limit != 1 {
				parts = append(parts, by)
			} else if limit == 1 {
				parts = append(parts, t.slice(i, len(t.s)))
			}
		}
		if t.s == "" && limit != 0 {
			return by, nil
		}
		if parts == nil {
			return t, nil
		}
		return joined(parts, Text{}), nil
	}
	n2 := -1
	if limit >= 0 {
		n2 = int(min(limit, 1<<30)) + 1
	}
	return joined(splitText(t, old, n2), by), nil
}

// splitText cuts at each sep, into n parts at most if n is above 0.
func splitText(t Text, sep string, n int) []Text {
	var out []Text
	at := 0
	for n < 0 || len(out) < n-1 {
		i := strings.Index(t.s[at:], sep)
		if i < 0 {
			break
		}
		out = append(out, t.slice(at, at+i))
		at += i + len(sep)
	}
	return append(out, t.slice(at, len(t.s)))
}

func asList(texts []Text) *List {
	l := &List{}
	for _, t := range texts {
		l.Items = append(l.Items, t)
	}
	return l
}

func split(t Text, a *arguments, fromRight bool) (Value, error) {
	sep, _ := a.take(0, "sep")
	limit := -1
	if v, ok := a.take(1, "maxsplit"); ok {
		if n, ok := v.(int64); ok && n >= 0 {
			limit = int(min(n, 1<<30))
		}
	}
	if sep == nil {
		return splitSpace(t, limit, fromRight), nil
	}
	s := text(sep).s
	if s == "" {
		return nil, fault(a.line, "split by an empty string")
	}
	if limit < 0 {
		return asList(splitText(t, s, -1)), nil
	}
	if !fromRight {
		return asList(splitText(t, s, limit+1)), nil
	}
	var back []Text
	end := len(t.s)
	for len(back) < limit {
		i := strings.LastIndex(t.s[:end], s)
		if i < 0 {
			break
		}
		back = append(back, t.slice(i+len(s), end))
		end = i
	}
	l := &List{Items: []Value{t.slice(0, end)}}
	for i := len(back) - 1; i >= 0; i-- {
		l.Items = append(l.Items, back[i])
	}
	return l, nil
}

// splitSpace cuts at runs of white space.
func splitSpace(t Text, limit int, fromRight bool) *List {
	var words [][2]int
	in := -1
	for i, r := range t.s {
		switch space := strings.ContainsRune(whitespace, r); {
		case space && in >= 0:
			words = append(words, [2]int{in, i})
			in = -1
		case !space && in < 0:
			in = i
		}
	}
	if in >= 0 {
		words = append(words, [2]int{in, len(t.s)})
	}
	if limit >= 0 && len(words) > limit+1 { // what is left over stays whole, but for white space at its outer end
		if fromRight {
			first := [2]int{0, words[len(words)-limit-1][1]}
			words = append([][2]int{first}, words[len(words)-limit:]...)
		} else {
			words = append(words[:limit:limit], [2]int{words[limit][0], len(t.s)})
		}
	}
	l := &List{}
	for _, w := range words {
		l.Items = append(l.Items, t.slice(w[0], w[1]))
	}
	return l
}

func splitLines(t Text, _ *arguments) (Value, error) {
	lines := splitText(t, "\n", -1)
	if last := len(lines) - 1; lines[last].s == "" {
		lines = lines[:last]
	}
	for i, l := range lines {
		if strings.HasSuffix(l.s, "\r") {
			lines[i] = l.slice(0, len(l.s)-1)
		}
	}
	return asList(lines), nil
}

func affix(t Text, a *arguments, has func(s, part string) bool) (Value, error) {
	v, _ := a.take(0, "")
	switch v := v.(type) {
	case Text:
		return has(t.s, v.s), nil
	case *List:
		for _, x := range v.Items {
			if p, ok := x.(Text); ok && has(t.s, p.s) {
				return true, nil
			}
		}
		return false, nil
	}
	return nil, fault(a.line, "%s wants a string", a.name)
}

// find gives a place in characters, -1 if there is none.
func find(t Text, a *arguments, index func(s, part string) int) (Value, error) {
	v, _ := a.take(0, "")
	i := index(t.s, text(v).s)
	if i < 0 {
		return int64(-1), nil
	}
	return int64(utf8.RuneCountInString(t.s[:i])), nil
}

func capitalize(t Text) Text {
	if t.s == "" {
		return t
	}
	_, w := utf8.DecodeRuneInString(t.s)
	return t.slice(0, w).mapped(strings.ToUpper).plus(t.slice(w, len(t.s)).mapped(strings.ToLower))
}

// title makes the first letter of each word large, the others small.
func title(t Text) Text {
	in := false
	return t.mapped(func(s string) string {
		return strings.Map(func(r rune) rune {
			was := in
			in = unicode.IsLetter(r)
			switch {
			case in && !was:
				return unicode.ToTitle(r)
			case in:
				return unicode.ToLower(r)
			}
			return r
		}, s)
	})
}
