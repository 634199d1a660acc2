package jinja

import (
	"math"
	"slices"
	"strings"
)

func (r *render) unary(e *unaryExpr) (Value, error) {
	v, err := r.eval(e.of)
	if err != nil {
		return nil, err
	}
	if e.op == "not" {
		return !truth(v), nil
	}
	sign := int64(1)
	if e.op == "-" {
		sign = -1
	}
	switch v := v.(type) {
	case int64:
		return sign * v, nil
	case float64:
		return float64(sign) * v, nil
	}
	return nil, fault(e.at(), "%s before %s", e.op, typeName(v))
}

func (r *render) binary(e *binaryExpr) (Value, error) {
	a, err := r.eval(e.left)
	if err != nil {
		return nil, err
	}
	switch {
	case e.op == "and" && !truth(a), e.op == "or" && truth(a):
		return a, nil
	}
	b, err := r.eval(e.right)
	if err != nil || e.op == "and" || e.op == "or" {
		return b, err
	}
	switch e.op {
	case "~":
		return r.grown(text(a).plus(text(b)), e.at())
	case "+":
		if x, ok := a.(Text); ok {
			if y, ok := b.(Text); ok {
				return r.grown(x.plus(y), e.at())
			}
		}
		if x, ok := a.(*List); ok {
			if y, ok := b.(*List); ok && x.tuple == y.tuple {
				r.steps += len(x.Items) + len(y.Items)
				return &List{append(slices.Clone(x.Items), y.Items...), x.tuple}, nil
			}
		}
	case "*":
		if x, ok := a.(Text); ok {
			if n, ok := b.(int64); ok {
				return r.repeated(x, n, e.at())
			}
		}
	}
	if v, ok := arithmetic(e.op, a, b); ok {
		return v, nil
	}
	if x, ok := number(b); ok && x == 0 && (e.op == "/" || e.op == "//" || e.op == "%") {
		return nil, fault(e.at(), "a division by 0")
	}
	return nil, fault(e.at(), "%s of %s and %s", e.op, typeName(a), typeName(b))
}

// grown counts the bytes of a text against the limit: texts may be put together over and over.
func (r *render) grown(t Text, line int) (Value, error) {
	if len(t.s) > maxOutput {
		return nil, fault(line, "a string of more than %d bytes", maxOutput)
	}
	r.steps += len(t.s) >> 6
	return t, nil
}

func (r *render) repeated(t Text, n int64, line int) (Value, error) {
	if n <= 0 || t.s == "" {
		return Text{}, nil
	}
	if n > maxOutput || int64(len(t.s))*n > maxOutput {
		return nil, fault(line, "a string of more than %d bytes", maxOutput)
	}
	if t.parts == nil {
		return r.grown(Text{s: strings.Repeat(t.s, int(n)), origin: t.origin}, line)
	}
	return r.grown(joined(slices.Repeat([]Text{t}, int(n)), Text{}), line)
}

func arithmetic(op string, a, b Value) (Value, bool) {
	x, okX := a.(int64)
	y, okY := b.(int64)
	if okX && okY {
		switch op {
		case "+":
			return x + y, true
		case "-":
			return x - y, true
		case "*":
			return x * y, true
		case "//", "%":
			if y == 0 {
				return nil, false
			}
			q, m := x/y, x%y
			if m != 0 && (m < 0) != (y < 0) { // Python rounds down
				q, m = q-1, m+y
			}
			if op == "%" {
				return m, true
			}
			return q, true
		}
	}
	f, okF := number(a)
	g, okG := number(b)
	if !okF || !okG {
		return nil, false
	}
	switch op {
	case "+":
		return f + g, true
	case "-":
		return f - g, true
	case "*":
		return f * g, true
	case "**":
		p := math.Pow(f, g)
		if okX && okY && y >= 0 && math.Abs(p) < 1<<53 {
			return int64(p), true
		}
		return p, true
	}
	if g == 0 {
		return nil, false
	}
	switch op {
	case "/":
		return f / g, true
	case "//":
		return math.Floor(f / g), true
	case "%":
		return f - g*math.Floor(f/g), true
	}
	return nil, false
}

func (r *render) compare(e *compareExpr) (Value, error) {
	a, err := r.eval(e.first)
	if err != nil {
		return nil, err
	}
	for i, op := range e.ops {
		b, err := r.eval(e.rest[i])
		if err != nil {
			return nil, err
		}
		ok, err := compareOne(op, a, b, e.at())
		if err != nil || !ok {
			return false, err
		}
		a = b
	}
	return true, nil
}

func compareOne(op string, a, b Value, line int) (bool, error) {
	switch op {
	case "==":
		return equal(a, b), nil
	case "!=":
		return !equal(a, b), nil
	case "in", "not in":
		in, ok := contains(b, a)
		if !ok {
			return false, fault(line, "%s %s %s", typeName(a), op, typeName(b))
		}
		return in == (op == "in"), nil
	}
	c, ok := compared(a, b)
	if !ok {
		return false, fault(line, "%s %s %s", typeName(a), op, typeName(b))
	}
	switch op {
	case "<":
		return c < 0, nil
	case "<=":
		return c <= 0, nil
	case ">":
		return c > 0, nil
	}
	return c >= 0, nil
}

// contains tells whether v is in a list, a key of a mapping, or a part of a string.
func contains(where, v Value) (in, ok bool) {
	switch w := where.(type) {
	case undefined:
		return false, true
	case *List:
		return slices.ContainsFunc(w.Items, func(x Value) bool { return equal(x, v) }), true
	case *Dict:
		k, ok := v.(Text)
		if !ok {
			return false, true
		}
		_, in = w.values[k.s]
		return in, true
	case Text:
		k, ok := v.(Text)
		return ok && strings.Contains(w.s, k.s), ok
	}
	return false, false
}

func (r *render) filter(e *filterExpr) (Value, error) {
	v, err := r.eval(e.of)
	if err != nil {
		return nil, err
	}
	a, err := r.evalAll("filter "+e.name, e.call)
	if err != nil {
		return nil, err
	}
	out, err := filters[e.name](r, v, a)
	if err == nil {
		err = a.rest()
	}
	return out, err
}

func (r *render) test(e *testExpr) (Value, error) {
	v, err := r.eval(e.of)
	if err != nil {
		return nil, err
	}
	a, err := r.evalAll("test "+e.name, e.call)
	if err != nil {
		return nil, err
	}
	ok, err := tests[e.name](v, a)
	if err == nil {
		err = a.rest()
	}
	return ok != e.not, err
}
