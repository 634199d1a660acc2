package jinja

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// toJSON writes as Python's json.dumps does with ensure_ascii=False.
func toJSON(_ *render, v Value, a *arguments) (Value, error) {
	w := jsonWriter{between: ", ", colon: ": "}
	ascii, _ := a.take(0, "ensure_ascii")
	w.ascii = truth(ascii)
	switch n, _ := a.take(1, "indent"); n := n.(type) {
	case nil:
	case int64:
		w.indent, w.lines = strings.Repeat(" ", int(min(max(n, 0), 100))), true
	case Text:
		w.indent, w.lines = n.s, true
	default:
		return nil, fault(a.line, "tojson: indent is %s", typeName(n))
	}
	if w.lines {
		w.between = ","
	}
	if s, _ := a.take(2, "separators"); s != nil {
		l, ok := s.(*List)
		if !ok || len(l.Items) != 2 {
			return nil, fault(a.line, "tojson: separators: want two strings")
		}
		w.between, w.colon = text(l.Items[0]).s, text(l.Items[1]).s
	}
	sorted, _ := a.take(3, "sort_keys")
	w.sorted = truth(sorted)
	if err := w.value(v, 0, a.line); err != nil {
		return nil, err
	}
	return joined(w.out, Text{}), nil
}

type jsonWriter struct {
	out            []Text
	indent         string
	lines          bool
	between, colon string
	sorted, ascii  bool
}

func (w *jsonWriter) put(s string) { w.out = append(w.out, Written(s)) }

func (w *jsonWriter) newline(depth int) {
	if w.lines {
		w.put("\n" + strings.Repeat(w.indent, depth))
	}
}

func (w *jsonWriter) value(v Value, depth, line int) error {
	if depth > maxDepth {
		return fault(line, "tojson: more than %d levels", maxDepth)
	}
	switch v := v.(type) {
	case nil:
		w.put("null")
	case bool:
		w.put(strconv.FormatBool(v))
	case int64:
		w.put(strconv.FormatInt(v, 10))
	case float64:
		w.put(strings.NewReplacer("inf", "Infinity", "nan", "NaN").Replace(floatRepr(v)))
	case Text:
		w.string(v)
	case *List:
		return w.list(len(v.Items), "[", "]", depth, func(i int) error { return w.value(v.Items[i], depth+1, line) })
	case *Dict:
		keys := v.keys
		if w.sorted {
			l, err := sortFilter(v.items(), &arguments{line: line, all: []Value{false, true, Written("0")}})
			if err != nil {
				return err
			}
			keys = nil
			for _, x := range l.(*List).Items {
				keys = append(keys, x.(*List).Items[0].(Text))
			}
		}
		return w.list(len(keys), "{", "}", depth, func(i int) error {
			w.string(keys[i])
			w.put(w.colon)
			return w.value(v.values[keys[i].s], depth+1, line)
		})
	default:
		return fault(line, "tojson of %s", typeName(v))
	}
	return nil
}

func (w *jsonWriter) list(n int, open, closing string, depth int, item func(int) error) error {
	w.put(open)
	for i := range n {
		if i > 0 {
			w.put(w.between)
		}
		w.newline(depth + 1)
		if err := item(i); err != nil {
			return err
		}
	}
	if n > 0 {
		w.newline(depth)
	}
	w.put(closing)
	return nil
}

func (w *jsonWriter) string(t Text) {
	w.put(`"`)
	w.out = append(w.out, t.mapped(func(s string) string {
		b := make([]byte, 0, len(s)+8)
		for _, r := range s {
			switch {
			case r == '"' || r == '\\':
				b = append(b, '\\', byte(r))
			case r < 0x20:
				q, _ := json.Marshal(string(r))
				switch r { // encoding/json escapes these two in another way
				case '\b':
					q = []byte(`"\b"`)
				case '\f':
					q = []byte(`"\f"`)
				}
				b = append(b, q[1:len(q)-1]...)
			case w.ascii && r >= 0x7F && r < 0x10000:
				b = append(b, `\u`...)
				b = append(b, pad4(uint64(r))...)
			case w.ascii && r >= 0x10000:
				r -= 0x10000
				b = append(append(b, `\u`...), pad4(uint64(0xD800+r>>10))...)
				b = append(append(b, `\u`...), pad4(uint64(0xDC00+r&0x3FF))...)
			default:
				b = utf8.AppendRune(b, r)
			}
		}
		return string(b)
	}))
	w.put(`"`)
}

func pad4(v uint64) string {
	s := strconv.FormatUint(v, 16)
	return strings.Repeat("0", 4-len(s)) + s
}
