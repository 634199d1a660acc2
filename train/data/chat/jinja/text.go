package jinja

import (
	"slices"
	"strings"
)

// Text is a string that knows which of its bytes came with the data.
type Text struct {
	s      string
	origin       // of all of it, if parts is nil
	parts  []run // else: what is whose, in order
}

// origin is where bytes come from: the template, or the data, of which a part may have a number.
type origin struct {
	given bool
	from  int32 // the number; 0 = none
}

type run struct {
	n int // bytes
	origin
}

// Given is a string of the data: what people or documents say.
func Given(s string) Text { return Text{s: s, origin: origin{given: true}} }

// GivenBy is Given of the data's part number from: its segments carry the number.
func GivenBy(s string, from int) Text { return Text{s: s, origin: origin{true, int32(from)}} }

// Written is a string that counts as the template's own, such as bos_token.
func Written(s string) Text { return Text{s: s} }

// String is the text.
func (t Text) String() string { return t.s }

func (t Text) runs() []run {
	if t.parts != nil {
		return t.parts
	}
	return []run{{len(t.s), t.origin}}
}

// textOf makes a text of a string and its runs.
func textOf(s string, runs []run) Text {
	out := runs[:0:0]
	for _, r := range runs {
		switch {
		case r.n == 0:
		case len(out) > 0 && out[len(out)-1].origin == r.origin:
			out[len(out)-1].n += r.n
		default:
			out = append(out, r)
		}
	}
	switch len(out) {
	case 0:
		return Text{}
	case 1:
		return Text{s: s, origin: out[0].origin}
	}
	return Text{s: s, parts: out}
}

func (t Text) plus(o Text) Text {
	switch {
	case o.s == "":
		return t
	case t.s == "":
		return o
	}
	return textOf(t.s+o.s, append(slices.Clone(t.runs()), o.runs()...))
}

// slice is the bytes from i to j.
func (t Text) slice(i, j int) Text {
	if t.parts == nil {
		if i == j {
			return Text{}
		}
		return Text{s: t.s[i:j], origin: t.origin}
	}
	var runs []run
	at := 0
	for _, r := range t.parts {
		if from, to := max(at, i), min(at+r.n, j); from < to {
			runs = append(runs, run{to - from, r.origin})
		}
		at += r.n
	}
	return textOf(t.s[i:j], runs)
}

// mapped is f of each run: for changes that look at one character at a time.
func (t Text) mapped(f func(string) string) Text {
	if t.parts == nil {
		return Text{s: f(t.s), origin: t.origin}
	}
	var b strings.Builder
	var runs []run
	at := 0
	for _, r := range t.parts {
		s := f(t.s[at : at+r.n])
		b.WriteString(s)
		runs = append(runs, run{len(s), r.origin})
		at += r.n
	}
	return textOf(b.String(), runs)
}

// joined is texts with another between them.
func joined(texts []Text, between Text) Text {
	var b strings.Builder
	var runs []run
	for i, t := range texts {
		if i > 0 {
			b.WriteString(between.s)
			runs = append(runs, between.runs()...)
		}
		b.WriteString(t.s)
		runs = append(runs, t.runs()...)
	}
	return textOf(b.String(), runs)
}
