package jinja

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

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
