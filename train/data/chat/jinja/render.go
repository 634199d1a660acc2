package jinja

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Segment is a span of what a template gives: all of it is either the template's or came with the data, and is or is not inside of a {% generation %} block.
type Segment struct {
	Text       string
	Given      bool
	From       int // of what is given by GivenBy or FromJSONBy, the number
	Generation bool
}

// Limits on what a foreign template may do.
const (
	maxSteps  = 2_000_000
	maxOutput = 256 << 20
	maxCalls  = 100
)

// Render fills in values. now is what strftime_now tells.
func (t *Template) Render(values map[string]Value, now time.Time) ([]Segment, error) {
	top := map[string]Value{}
	for k, v := range globals {
		top[k] = v
	}
	for k, v := range values {
		top[k] = v
	}
	r := &render{now: now, scopes: []map[string]Value{top, {}}}
	if _, err := r.nodes(t.body); err != nil {
		return nil, err
	}
	return r.out, nil
}

// render is a run of a template.
type render struct {
	now        time.Time
	scopes     []map[string]Value // the innermost last
	out        []Segment
	capture    []*[]Text // of the blocks whose text goes elsewhere
	generation bool
	blocks     []Text // that filters stand over
	steps      int
	written    int
	calls      int
}

// jump says that a loop is to be left or to go on.
type jump uint8

const (
	stay jump = iota
	leave
	again
)

func (r *render) step(line int) error {
	if r.steps++; r.steps > maxSteps {
		return fault(line, "more than %d steps", maxSteps)
	}
	return nil
}

func (r *render) write(t Text, line int) error {
	if r.written += len(t.s); r.written > maxOutput {
		return fault(line, "more than %d bytes", maxOutput)
	}
	if n := len(r.capture); n > 0 {
		*r.capture[n-1] = append(*r.capture[n-1], t)
		return nil
	}
	at := 0
	for _, p := range t.runs() {
		if p.n == 0 {
			continue
		}
		s := Segment{t.s[at : at+p.n], p.given, int(p.from), r.generation}
		at += p.n
		if n := len(r.out); n > 0 && r.out[n-1].Given == s.Given && r.out[n-1].From == s.From && r.out[n-1].Generation == s.Generation {
			r.out[n-1].Text += s.Text
		} else {
			r.out = append(r.out, s)
		}
	}
	return nil
}

// captured runs nodes and gives their text.
func (r *render) captured(body []node) (Text, error) {
	var texts []Text
	r.capture = append(r.capture, &texts)
	_, err := r.nodes(body)
	r.capture = r.capture[:len(r.capture)-1]
	return joined(texts, Text{}), err
}

func (r *render) get(name string) (Value, bool) {
	for _, s := range slices.Backward(r.scopes) {
		if v, ok := s[name]; ok {
			return v, true
		}
	}
	return nil, false
}

func (r *render) set(name string, v Value) { r.scopes[len(r.scopes)-1][name] = v }

func (r *render) nodes(body []node) (jump, error) {
	for _, n := range body {
		j, err := r.node(n)
		if err != nil || j != stay {
			return j, err
		}
	}
	return stay, nil
}

func (r *render) node(n node) (jump, error) {
	switch n := n.(type) {
	case textNode:
		return stay, r.write(Written(n.text), 0)
	case outputNode:
		v, err := r.eval(n.expr)
		if err != nil {
			return stay, err
		}
		return stay, r.write(text(v), n.line)
	case ifNode:
		for i, test := range n.tests {
			v, err := r.eval(test)
			if err != nil {
				return stay, err
			}
			if truth(v) {
				return r.nodes(n.bodies[i])
			}
		}
		if len(n.bodies) > len(n.tests) {
			return r.nodes(n.bodies[len(n.tests)])
		}
	case forNode:
		return stay, r.loop(n)
	case setNode:
		return stay, r.assign(n)
	case macroNode:
		r.set(n.name, r.macro(&n))
	case callNode:
		return stay, r.callBlock(n)
	case filterNode:
		t, err := r.captured(n.body)
		if err != nil {
			return stay, err
		}
		v, err := r.over(t, n.expr)
		if err != nil {
			return stay, err
		}
		return stay, r.write(text(v), n.line)
	case generationNode:
		was := r.generation
		r.generation = true
		j, err := r.nodes(n.body)
		r.generation = was
		return j, err
	case jumpNode:
		if n.leave {
			return leave, nil
		}
		return again, nil
	}
	return stay, nil
}

// over evaluates filters over the text of a block.
func (r *render) over(t Text, e expr) (Value, error) {
	r.blocks = append(r.blocks, t)
	v, err := r.eval(e)
	r.blocks = r.blocks[:len(r.blocks)-1]
	return v, err
}

func (r *render) assign(n setNode) error {
	var v Value
	var err error
	if n.block {
		t, err := r.captured(n.body)
		if err != nil {
			return err
		}
		if v = t; n.value != nil {
			if v, err = r.over(t, n.value); err != nil {
				return err
			}
		}
	} else if v, err = r.eval(n.value); err != nil {
		return err
	}
	if n.object != "" {
		o, _ := r.get(n.object)
		d, ok := o.(*Dict)
		if !ok || !d.namespace {
			return fault(n.line, "%s.%s is set, but %s is no namespace", n.object, n.targets[0], n.object)
		}
		d.Set(Written(n.targets[0]), v)
		return nil
	}
	return r.bind(n.targets, v, n.line)
}

// bind gives names to a value or its parts.
func (r *render) bind(names []string, v Value, line int) error {
	if len(names) == 1 {
		r.set(names[0], v)
		return nil
	}
	items, ok := iterate(v)
	if !ok || len(items) != len(names) {
		return fault(line, "%s of %d parts for %d names", typeName(v), len(items), len(names))
	}
	for i, name := range names {
		r.set(name, items[i])
	}
	return nil
}

// iterate lists what a for over v visits.
func iterate(v Value) ([]Value, bool) {
	switch v := v.(type) {
	case undefined:
		return nil, true
	case *List:
		return v.Items, true
	case *Dict:
		out := make([]Value, len(v.keys))
		for i, k := range v.keys {
			out[i] = k
		}
		return out, true
	case Text:
		var out []Value
		for i := 0; i < len(v.s); {
			_, n := utf8.DecodeRuneInString(v.s[i:])
			out = append(out, v.slice(i, i+n))
			i += n
		}
		return out, true
	}
	return nil, false
}

func (r *render) push() { r.scopes = append(r.scopes, map[string]Value{}) }
func (r *render) pop()  { r.scopes = r.scopes[:len(r.scopes)-1] }

func (r *render) loop(n forNode) error {
	v, err := r.eval(n.list)
	if err != nil {
		return err
	}
	items, ok := iterate(v)
	if !ok {
		return fault(n.line, "for over %s", typeName(v))
	}
	if n.filter != nil {
		var kept []Value
		for _, v := range items {
			r.push()
			err := r.bind(n.target, v, n.line)
			var keep Value
			if err == nil {
				keep, err = r.eval(n.filter)
			}
			r.pop()
			if err != nil {
				return err
			}
			if truth(keep) {
				kept = append(kept, v)
			}
		}
		items = kept
	}
	if len(items) == 0 {
		r.push()
		_, err := r.nodes(n.empty)
		r.pop()
		return err
	}
	for i, v := range items {
		if err := r.step(n.line); err != nil {
			return err
		}
		r.push()
		err := r.bind(n.target, v, n.line)
		var j jump
		if err == nil {
			r.set("loop", loopOf(items, i))
			j, err = r.nodes(n.body)
		}
		r.pop()
		if err != nil {
			return err
		}
		if j == leave {
			break
		}
	}
	return nil
}

// loopOf is what a body knows of its loop.
func loopOf(items []Value, i int) *Dict {
	d := NewDict()
	n := len(items)
	for _, x := range []struct {
		name string
		v    Value
	}{
		{"index", int64(i + 1)}, {"index0", int64(i)}, {"revindex", int64(n - i)}, {"revindex0", int64(n - i - 1)},
		{"first", i == 0}, {"last", i == n-1}, {"length", int64(n)}, {"depth", int64(1)}, {"depth0", int64(0)},
	} {
		d.Set(Written(x.name), x.v)
	}
	if i > 0 {
		d.Set(Written("previtem"), items[i-1])
	}
	if i < n-1 {
		d.Set(Written("nextitem"), items[i+1])
	}
	d.Set(Written("cycle"), &function{"loop.cycle", func(_ *render, a *arguments) (Value, error) {
		if len(a.all) == 0 || len(a.names) > 0 {
			return nil, fault(a.line, "loop.cycle wants values")
		}
		return a.all[i%len(a.all)], nil
	}})
	return d
}

// macro makes a function of a macro, which sees what stands around its definition.
func (r *render) macro(m *macroNode) *function {
	around := slices.Clone(r.scopes)
	return &function{m.name, func(r *render, a *arguments) (Value, error) {
		if r.calls++; r.calls > maxCalls {
			return nil, fault(a.line, "more than %d macros inside each other", maxCalls)
		}
		was := r.scopes
		r.scopes = append(slices.Clone(around), map[string]Value{})
		defer func() {
			r.scopes = was
			r.calls--
		}()
		if v, ok := a.take(len(a.all), "caller"); ok {
			r.set("caller", v)
		}
		for i, name := range m.params {
			v, ok := a.take(i, name)
			if !ok {
				if v = (undefined{name}); m.defaults[i] != nil {
					var err error
					if v, err = r.eval(m.defaults[i]); err != nil {
						return nil, err
					}
				}
			}
			r.set(name, v)
		}
		if err := a.rest(); err != nil {
			return nil, err
		}
		return r.captured(m.body)
	}}
}

func (r *render) callBlock(n callNode) error {
	f, a, err := r.arguments(n.call)
	if err != nil {
		return err
	}
	a.all, a.names = append(a.all, r.macro(n.caller)), append(a.names, "caller")
	v, err := f.call(r, a)
	if err != nil {
		return err
	}
	return r.write(text(v), n.line)
}

// arguments evaluates what is called and with what.
func (r *render) arguments(c *callExpr) (*function, *arguments, error) {
	v, err := r.eval(c.of)
	if err != nil {
		return nil, nil, err
	}
	f, ok := v.(*function)
	if !ok {
		return nil, nil, fault(c.at(), "%s is called", typeName(v))
	}
	a, err := r.evalAll(f.name, c)
	return f, a, err
}

func (r *render) evalAll(name string, c *callExpr) (*arguments, error) {
	a := &arguments{line: c.at(), name: name, names: c.names}
	for _, e := range c.args {
		v, err := r.eval(e)
		if err != nil {
			return nil, err
		}
		a.all = append(a.all, v)
	}
	return a, nil
}

func (r *render) eval(e expr) (Value, error) {
	if err := r.step(e.at()); err != nil {
		return nil, err
	}
	switch e := e.(type) {
	case *constExpr:
		return e.value, nil
	case *nameExpr:
		if v, ok := r.get(e.name); ok {
			return v, nil
		}
		return undefined{e.name}, nil
	case *listExpr:
		l := &List{make([]Value, 0, len(e.items)), e.tuple}
		for _, x := range e.items {
			v, err := r.eval(x)
			if err != nil {
				return nil, err
			}
			l.Items = append(l.Items, v)
		}
		return l, nil
	case *dictExpr:
		return r.dict(e)
	case *attrExpr:
		v, err := r.eval(e.of)
		if err != nil {
			return nil, err
		}
		return attribute(v, e.name, e.at(), false)
	case *indexExpr:
		return r.index(e)
	case *sliceExpr:
		return r.slice(e)
	case *callExpr:
		f, a, err := r.arguments(e)
		if err != nil {
			return nil, err
		}
		return f.call(r, a)
	case *filterExpr:
		return r.filter(e)
	case *testExpr:
		return r.test(e)
	case *condExpr:
		v, err := r.eval(e.test)
		switch {
		case err != nil:
			return nil, err
		case truth(v):
			return r.eval(e.yes)
		case e.no == nil:
			return undefined{"the else of an if"}, nil
		}
		return r.eval(e.no)
	case *unaryExpr:
		return r.unary(e)
	case *binaryExpr:
		return r.binary(e)
	case *compareExpr:
		return r.compare(e)
	case bodyExpr:
		return r.blocks[len(r.blocks)-1], nil
	}
	panic(fmt.Sprintf("jinja: an expression %T", e))
}

func (r *render) dict(e *dictExpr) (Value, error) {
	d := NewDict()
	for i := range e.keys {
		k, err := r.eval(e.keys[i])
		if err != nil {
			return nil, err
		}
		key, ok := k.(Text)
		if !ok {
			return nil, fault(e.at(), "%s as a key, want a string", typeName(k))
		}
		v, err := r.eval(e.values[i])
		if err != nil {
			return nil, err
		}
		d.Set(key, v)
	}
	return d, nil
}

// attribute is v.name, or v["name"] if item is set: then what a mapping holds goes before its methods.
func attribute(v Value, name string, line int, item bool) (Value, error) {
	if u, ok := v.(undefined); ok {
		return nil, fault(line, "%s is undefined, and so has no %q", u.what, name)
	}
	d, isDict := v.(*Dict)
	if isDict && item {
		if x, ok := d.values[name]; ok {
			return x, nil
		}
	}
	if m := method(v, name); m != nil {
		return m, nil
	}
	if isDict {
		if x, ok := d.values[name]; ok {
			return x, nil
		}
	}
	return undefined{name}, nil
}

func (r *render) index(e *indexExpr) (Value, error) {
	v, err := r.eval(e.of)
	if err != nil {
		return nil, err
	}
	k, err := r.eval(e.index)
	if err != nil {
		return nil, err
	}
	switch k := k.(type) {
	case Text:
		return attribute(v, k.s, e.at(), true)
	case int64, bool:
		f, _ := number(k)
		i := int64(f)
		if t, ok := v.(Text); ok {
			return charAt(t, i), nil
		}
		if l, ok := v.(*List); ok {
			if i < 0 {
				i += int64(len(l.Items))
			}
			if i >= 0 && i < int64(len(l.Items)) {
				return l.Items[i], nil
			}
			return undefined{fmt.Sprintf("item %d of a list of %d", i, len(l.Items))}, nil
		}
	}
	if u, ok := v.(undefined); ok {
		return nil, fault(e.at(), "%s is undefined, and so has no items", u.what)
	}
	return undefined{"an item of " + typeName(v)}, nil
}

func charAt(t Text, i int64) Value {
	n := int64(utf8.RuneCountInString(t.s))
	if i < 0 {
		i += n
	}
	if i < 0 || i >= n {
		return undefined{fmt.Sprintf("character %d of a string of %d", i, n)}
	}
	at := byteOf(t.s, int(i))
	_, w := utf8.DecodeRuneInString(t.s[at:])
	return t.slice(at, at+w)
}

// byteOf is where character i begins.
func byteOf(s string, i int) int {
	at := 0
	for ; i > 0 && at < len(s); i-- {
		_, w := utf8.DecodeRuneInString(s[at:])
		at += w
	}
	return at
}

func (r *render) slice(e *sliceExpr) (Value, error) {
	v, err := r.eval(e.of)
	if err != nil {
		return nil, err
	}
	items, isText := []Value(nil), false
	switch v := v.(type) {
	case *List:
		items = v.Items
	case Text:
		items, _ = iterate(v)
		isText = true
	default:
		return nil, fault(e.at(), "a slice of %s", typeName(v))
	}
	var part [3]*int64
	for i, x := range []expr{e.from, e.to, e.step} {
		if x == nil {
			continue
		}
		v, err := r.eval(x)
		if err != nil {
			return nil, err
		}
		switch n := v.(type) {
		case nil:
		case int64:
			part[i] = &n
		default:
			return nil, fault(e.at(), "%s in a slice, want a whole number", typeName(v))
		}
	}
	out, ok := sliced(items, part[0], part[1], part[2])
	if !ok {
		return nil, fault(e.at(), "a slice by steps of 0")
	}
	if !isText {
		return &List{out, v.(*List).tuple}, nil
	}
	texts := make([]Text, len(out))
	for i, x := range out {
		texts[i] = x.(Text)
	}
	return joined(texts, Text{}), nil
}

// sliced is items[from:to:step] as Python has it.
func sliced(items []Value, from, to, step *int64) (out []Value, ok bool) {
	n, by := int64(len(items)), int64(1)
	if step != nil {
		by = *step
	}
	if by == 0 {
		return nil, false
	}
	low, high := int64(0), n
	if by < 0 {
		low, high = -1, n-1
	}
	bound := func(p *int64, missing int64) int64 {
		if p == nil {
			return missing
		}
		i := *p
		if i < 0 {
			i = max(i, -n-1) + n
			return max(i, low)
		}
		return min(i, high)
	}
	if by > 0 {
		for i := bound(from, 0); i < bound(to, n); i += min(by, n+1) {
			out = append(out, items[i])
		}
		return out, true
	}
	for i, end := bound(from, n-1), bound(to, -1); i > end; i += max(by, -n-1) {
		out = append(out, items[i])
	}
	return out, true
}

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
