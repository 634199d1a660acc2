package jinja

import "slices"

// maxDepth bounds what stands inside what.
const maxDepth = 200

type parser struct {
	tokens []token
	at     int
	depth  int
	loops  int // that a break can leave
}

// Template is a parsed template. It may be used by any number of goroutines.
type Template struct{ body []node }

// Parse reads a template.
func Parse(source string) (*Template, error) {
	tokens, err := lex(source)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	body, _, err := p.body()
	if err != nil {
		return nil, err
	}
	return &Template{body}, nil
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != kEnd {
		p.at++
	}
	return t
}

func (p *parser) is(k kind, text string) bool {
	t := p.peek()
	return t.kind == k && t.text == text
}

func (p *parser) take(k kind, text string) bool {
	if p.is(k, text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) want(k kind, text string) error {
	if t := p.peek(); !p.take(k, text) {
		return fault(t.line, "%s, want %s", t, text)
	}
	return nil
}

func (p *parser) name() (string, error) {
	if t := p.peek(); t.kind != kName {
		return "", fault(t.line, "%s, want a name", t)
	}
	return p.next().text, nil
}

// deeper counts nesting; the caller must call the result.
func (p *parser) deeper() (func(), error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fault(p.peek().line, "more than %d levels", maxDepth)
	}
	return func() { p.depth-- }, nil
}

// body parses up to a tag that begins with one of the words ends, which is left at the word; without ends, to the end of the template.
func (p *parser) body(ends ...string) (out []node, end string, err error) {
	up, err := p.deeper()
	if err != nil {
		return nil, "", err
	}
	defer up()
	first := p.peek().line
	for {
		t := p.next()
		switch {
		case t.kind == kText:
			out = append(out, textNode{t.text})
		case t.kind == kEnd:
			if len(ends) > 0 {
				return nil, "", fault(first, "a block without %s", ends[len(ends)-1])
			}
			return out, "", nil
		case t.text == "{{":
			e, err := p.tuple()
			if err != nil {
				return nil, "", err
			}
			if err := p.want(kClose, "}}"); err != nil {
				return nil, "", err
			}
			out = append(out, outputNode{e, t.line})
		default:
			word, err := p.name()
			if err != nil {
				return nil, "", err
			}
			if slices.Contains(ends, word) {
				return out, word, nil
			}
			n, err := p.statement(word, t.line)
			if err != nil {
				return nil, "", err
			}
			out = append(out, n)
		}
	}
}

func (p *parser) close() error { return p.want(kClose, "%}") }

// closed parses a body whose end word stands alone in its tag.
func (p *parser) closed(end string) ([]node, error) {
	if err := p.close(); err != nil {
		return nil, err
	}
	body, _, err := p.body(end)
	if err != nil {
		return nil, err
	}
	return body, p.close()
}

func (p *parser) statement(word string, line int) (node, error) {
	switch word {
	case "if":
		return p.ifTag()
	case "for":
		return p.forTag(line)
	case "set":
		return p.setTag(line)
	case "macro":
		return p.macroTag(line)
	case "call":
		return p.callTag(line)
	case "filter":
		return p.filterTag(line)
	case "generation":
		body, err := p.closed("endgeneration")
		return generationNode{body}, err
	case "break", "continue":
		if p.loops == 0 {
			return nil, fault(line, "%s outside of a for", word)
		}
		return jumpNode{word == "break"}, p.close()
	}
	return nil, fault(line, "unknown tag %q: know if, for, set, macro, call, filter, generation, raw, break and continue", word)
}

func (p *parser) ifTag() (node, error) {
	var n ifNode
	for {
		test, err := p.tuple()
		if err == nil {
			err = p.close()
		}
		if err != nil {
			return nil, err
		}
		body, end, err := p.body("elif", "else", "endif")
		if err != nil {
			return nil, err
		}
		n.tests, n.bodies = append(n.tests, test), append(n.bodies, body)
		switch end {
		case "else":
			body, err := p.closed("endif")
			n.bodies = append(n.bodies, body)
			return n, err
		case "endif":
			return n, p.close()
		}
	}
}

// targets parses a, b or (a, b).
func (p *parser) targets() ([]string, error) {
	paren := p.take(kOp, "(")
	var out []string
	for {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		if out = append(out, name); !p.take(kOp, ",") {
			break
		}
		if t := p.peek(); t.kind != kName || t.text == "in" {
			break
		}
	}
	if paren {
		return out, p.want(kOp, ")")
	}
	return out, nil
}

func (p *parser) forTag(line int) (node, error) {
	n := forNode{line: line}
	var err error
	if n.target, err = p.targets(); err != nil {
		return nil, err
	}
	if err = p.want(kName, "in"); err != nil {
		return nil, err
	}
	if n.list, err = p.tupleOf(p.or); err != nil { // an if behind it is the filter
		return nil, err
	}
	if p.take(kName, "if") {
		if n.filter, err = p.expr(); err != nil {
			return nil, err
		}
	}
	if t := p.peek(); t.kind == kName && t.text == "recursive" {
		return nil, fault(t.line, "recursive loops are not supported")
	}
	if err = p.close(); err != nil {
		return nil, err
	}
	p.loops++
	from := p.at
	body, end, err := p.body("else", "endfor")
	p.loops--
	if err != nil {
		return nil, err
	}
	n.body = body
	n.loop = slices.ContainsFunc(p.tokens[from:p.at], func(t token) bool { return t.kind == kName && t.text == "loop" })
	if end == "else" {
		n.empty, err = p.closed("endfor")
		return n, err
	}
	return n, p.close()
}

func (p *parser) setTag(line int) (node, error) {
	n := setNode{line: line}
	var err error
	if n.targets, err = p.targets(); err != nil {
		return nil, err
	}
	if len(n.targets) == 1 && p.take(kOp, ".") {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		n.object, n.targets = n.targets[0], []string{name}
	}
	if p.take(kOp, "=") {
		if n.value, err = p.tuple(); err != nil {
			return nil, err
		}
		return n, p.close()
	}
	n.block = true
	if p.is(kOp, "|") {
		if n.value, err = p.filters(bodyExpr{asLine(line)}); err != nil {
			return nil, err
		}
	}
	n.body, err = p.closed("endset")
	return n, err
}

// asLine is for the struct literals of expressions.
func asLine(n int) line { return line(n) }

// params parses (a, b=1).
func (p *parser) params(m *macroNode) error {
	if err := p.want(kOp, "("); err != nil {
		return err
	}
	for !p.take(kOp, ")") {
		name, err := p.name()
		if err != nil {
			return err
		}
		var def expr
		if p.take(kOp, "=") {
			if def, err = p.expr(); err != nil {
				return err
			}
		}
		m.params, m.defaults = append(m.params, name), append(m.defaults, def)
		if !p.take(kOp, ",") && !p.is(kOp, ")") {
			t := p.peek()
			return fault(t.line, "%s, want , or )", t)
		}
	}
	return nil
}

func (p *parser) macroTag(line int) (node, error) {
	m := macroNode{line: line}
	var err error
	if m.name, err = p.name(); err != nil {
		return nil, err
	}
	if err = p.params(&m); err != nil {
		return nil, err
	}
	m.body, err = p.apart("endmacro")
	return m, err
}

// apart is closed for a body that runs on its own: no break of it leaves a loop around it.
func (p *parser) apart(end string) ([]node, error) {
	loops := p.loops
	p.loops = 0
	defer func() { p.loops = loops }()
	return p.closed(end)
}

func (p *parser) callTag(line int) (node, error) {
	m := &macroNode{name: "caller", line: line}
	if p.is(kOp, "(") {
		if err := p.params(m); err != nil {
			return nil, err
		}
	}
	e, err := p.unary(true)
	if err != nil {
		return nil, err
	}
	call, ok := e.(*callExpr)
	if !ok {
		return nil, fault(line, "call: want a macro and its arguments")
	}
	m.body, err = p.apart("endcall")
	return callNode{call, m, line}, err
}

func (p *parser) filterTag(line int) (node, error) {
	p.at-- // the word stands for the | before the first filter
	p.tokens[p.at] = token{kOp, "|", line}
	e, err := p.filters(bodyExpr{asLine(line)})
	if err != nil {
		return nil, err
	}
	body, err := p.closed("endfilter")
	return filterNode{e, body, line}, err
}
