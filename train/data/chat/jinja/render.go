package jinja

import (
	"slices"
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
			if n.loop { // it costs more than most bodies
				r.set("loop", loopOf(items, i))
			}
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
