package jinja

import (
	"strconv"
	"strings"
	"time"
)

// globals are the functions that every template has.
var globals = map[string]Value{
	"range":           &function{"range", rangeOf},
	"namespace":       &function{"namespace", func(_ *render, a *arguments) (Value, error) { return mapping(a, true) }},
	"dict":            &function{"dict", func(_ *render, a *arguments) (Value, error) { return mapping(a, false) }},
	"raise_exception": &function{"raise_exception", raise},
	"strftime_now":    &function{"strftime_now", strftimeNow},
}

func rangeOf(r *render, a *arguments) (Value, error) {
	var n []int64
	for i := range a.all {
		v, _ := a.take(i, "")
		k, ok := v.(int64)
		if !ok {
			return nil, fault(a.line, "range of %s", typeName(v))
		}
		n = append(n, k)
	}
	from, to, by := int64(0), int64(0), int64(1)
	switch len(n) {
	case 1:
		to = n[0]
	case 2:
		from, to = n[0], n[1]
	case 3:
		from, to, by = n[0], n[1], n[2]
	}
	if len(n) < 1 || len(n) > 3 || by == 0 {
		return nil, fault(a.line, "range wants one to three numbers, and steps of not 0")
	}
	l := &List{}
	for i := from; by > 0 && i < to || by < 0 && i > to; i += by {
		if l.Items = append(l.Items, i); len(l.Items) > 100_000 { // the limit of Jinja2's sandbox
			return nil, fault(a.line, "range of more than 100000 numbers")
		}
	}
	r.steps += len(l.Items)
	return l, nil
}

// mapping is dict(a=1) and namespace(a=1); both take a mapping to begin with.
func mapping(a *arguments, namespace bool) (Value, error) {
	d := NewDict()
	d.namespace = namespace
	for i := range len(a.all) - len(a.names) {
		o, ok := a.all[i].(*Dict)
		if !ok {
			return nil, fault(a.line, "%s of %s", a.name, typeName(a.all[i]))
		}
		for _, k := range o.keys {
			d.Set(k, o.values[k.s])
		}
	}
	for i, name := range a.names {
		d.Set(Written(name), a.all[len(a.all)-len(a.names)+i])
	}
	return d, nil
}

// Refusal is a template's own raise_exception: the conversation is one that it does not take.
type Refusal struct{ Reason string }

func (e *Refusal) Error() string { return "chat template: " + e.Reason }

func raise(_ *render, a *arguments) (Value, error) {
	v, _ := a.take(0, "message")
	return nil, &Refusal{text(v).s}
}

// strftimeNow is the time in a format of C; what it writes counts as the template's.
func strftimeNow(r *render, a *arguments) (Value, error) {
	v, _ := a.take(0, "format")
	var b strings.Builder
	f := text(v).s
	for i := 0; i < len(f); i++ {
		if f[i] != '%' || i+1 == len(f) {
			b.WriteByte(f[i])
			continue
		}
		i++
		plain := f[i] == '-' && i+1 < len(f) // without zeros in front
		if plain {
			i++
		}
		s, ok := timePart(r.now, f[i])
		if !ok {
			return nil, fault(a.line, "strftime_now: unknown %%%c", f[i])
		}
		if plain {
			s = strings.TrimLeft(s[:len(s)-1], "0") + s[len(s)-1:]
		}
		b.WriteString(s)
	}
	return Written(b.String()), nil
}

func timePart(t time.Time, c byte) (string, bool) {
	layouts := map[byte]string{'Y': "2006", 'y': "06", 'm': "01", 'd': "02", 'e': "_2", 'H': "15", 'I': "03", 'M': "04", 'S': "05", 'p': "PM", 'b': "Jan", 'B': "January",
		'a': "Mon", 'A': "Monday", 'Z': "MST", 'z': "-0700", 'F': "2006-01-02", 'T': "15:04:05", 'R': "15:04", 'D': "01/02/06"}
	switch c {
	case '%':
		return "%", true
	case 'j':
		s := strconv.Itoa(t.YearDay())
		return strings.Repeat("0", 3-len(s)) + s, true
	}
	l, ok := layouts[c]
	return t.Format(l), ok
}
