package jinja

import (
	"strings"
	"unicode"
)

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
		"sequence":  is(isSequence),
		"lower":     is(func(v Value) bool { return isCase(v, strings.ToLower) }),
		"upper":     is(func(v Value) bool { return isCase(v, strings.ToUpper) }),
		"odd":       func(v Value, _ *arguments) (bool, error) { return whole(v, 2, 1) },
		"even":      func(v Value, _ *arguments) (bool, error) { return whole(v, 2, 0) },
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

func isSequence(v Value) bool {
	switch v.(type) {
	case Text, *List, *Dict, undefined:
		return true
	}
	return false
}

// isCase tells whether v is a text with letters that to leaves as they are.
func isCase(v Value, to func(string) string) bool {
	t, ok := v.(Text)
	return ok && to(t.s) == t.s && strings.ContainsFunc(t.s, unicode.IsLetter)
}
