package jinja

import (
	"slices"
	"strconv"
)

// tuple parses an expression, or several with commas between.
func (p *parser) tuple() (expr, error) { return p.tupleOf(p.expr) }

func (p *parser) tupleOf(parse func() (expr, error)) (expr, error) {
	l := p.peek().line
	e, err := parse()
	if err != nil || !p.is(kOp, ",") {
		return e, err
	}
	items := []expr{e}
	for p.take(kOp, ",") {
		if t := p.peek(); t.kind == kClose || t.kind == kOp && (t.text == ")" || t.text == "]") || t.kind == kName && t.text == "if" {
			break
		}
		if e, err = parse(); err != nil {
			return nil, err
		}
		items = append(items, e)
	}
	return &listExpr{asLine(l), items, true}, nil
}

// expr parses one expression: yes if test else no.
func (p *parser) expr() (expr, error) {
	up, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer up()
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	for p.is(kName, "if") {
		l := p.next().line
		test, err := p.or()
		if err != nil {
			return nil, err
		}
		var no expr
		if p.take(kName, "else") {
			if no, err = p.expr(); err != nil {
				return nil, err
			}
		}
		e = &condExpr{asLine(l), test, e, no}
	}
	return e, nil
}

func (p *parser) or() (expr, error)  { return p.words("or", p.and) }
func (p *parser) and() (expr, error) { return p.words("and", p.not) }

func (p *parser) words(word string, operand func() (expr, error)) (expr, error) {
	e, err := operand()
	for err == nil && p.is(kName, word) {
		l := p.next().line
		var right expr
		if right, err = operand(); err == nil {
			e = &binaryExpr{asLine(l), word, e, right}
		}
	}
	return e, err
}

func (p *parser) not() (expr, error) {
	if !p.is(kName, "not") {
		return p.compare()
	}
	up, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer up()
	l := p.next().line
	e, err := p.not()
	return &unaryExpr{asLine(l), "not", e}, err
}

var comparisons = []string{"==", "!=", "<", ">", "<=", ">="}

func (p *parser) compare() (expr, error) {
	e, err := p.sum()
	if err != nil {
		return nil, err
	}
	c := &compareExpr{line: asLine(p.peek().line), first: e}
	for {
		t := p.peek()
		op := t.text
		switch {
		case t.kind == kOp && slices.Contains(comparisons, op):
			p.next()
		case t.kind == kName && op == "in":
			p.next()
		case t.kind == kName && op == "not" && p.tokens[p.at+1].kind == kName && p.tokens[p.at+1].text == "in":
			p.at += 2
			op = "not in"
		case len(c.ops) == 0:
			return e, nil
		default:
			return c, nil
		}
		right, err := p.sum()
		if err != nil {
			return nil, err
		}
		c.ops, c.rest = append(c.ops, op), append(c.rest, right)
	}
}

func (p *parser) sum() (expr, error)    { return p.binary(p.concat, "+", "-") }
func (p *parser) concat() (expr, error) { return p.binary(p.product, "~") }
func (p *parser) product() (expr, error) {
	return p.binary(func() (expr, error) { return p.unary(true) }, "*", "/", "//", "%")
}

func (p *parser) binary(operand func() (expr, error), ops ...string) (expr, error) {
	e, err := operand()
	for err == nil {
		t := p.peek()
		if t.kind != kOp || !slices.Contains(ops, t.text) {
			break
		}
		p.next()
		var right expr
		if right, err = operand(); err == nil {
			e = &binaryExpr{asLine(t.line), t.text, e, right}
		}
	}
	return e, err
}

// unary parses a sign, a power and what stands behind a value. Filters bind weaker than a sign's operand, as in Jinja2.
func (p *parser) unary(withFilters bool) (expr, error) {
	t := p.peek()
	var e expr
	var err error
	if t.kind == kOp && (t.text == "-" || t.text == "+") {
		up, err := p.deeper()
		if err != nil {
			return nil, err
		}
		defer up()
		p.next()
		if e, err = p.unary(false); err != nil {
			return nil, err
		}
		e = &unaryExpr{asLine(t.line), t.text, e}
	} else if e, err = p.primary(); err != nil {
		return nil, err
	}
	if e, err = p.postfix(e); err != nil {
		return nil, err
	}
	if p.is(kOp, "**") {
		l := p.next().line
		right, err := p.unary(false)
		if err != nil {
			return nil, err
		}
		e = &binaryExpr{asLine(l), "**", e, right}
	}
	if withFilters {
		return p.filters(e)
	}
	return e, nil
}

func (p *parser) primary() (expr, error) {
	t := p.next()
	l := asLine(t.line)
	switch t.kind {
	case kName:
		switch t.text {
		case "true", "True":
			return &constExpr{l, true}, nil
		case "false", "False":
			return &constExpr{l, false}, nil
		case "none", "None":
			return &constExpr{l, nil}, nil
		}
		return &nameExpr{l, t.text}, nil
	case kString:
		s := t.text
		for p.peek().kind == kString { // strings side by side are one
			s += p.next().text
		}
		return &constExpr{l, Written(s)}, nil
	case kInt:
		n, err := strconv.ParseInt(t.text, 10, 64)
		if err != nil {
			return nil, fault(t.line, "number %s is too large", t.text)
		}
		return &constExpr{l, n}, nil
	case kFloat:
		f, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			return nil, fault(t.line, "number %s is too large", t.text)
		}
		return &constExpr{l, f}, nil
	case kOp:
		switch t.text {
		case "(":
			if p.take(kOp, ")") {
				return &listExpr{l, nil, true}, nil
			}
			e, err := p.tuple()
			if err != nil {
				return nil, err
			}
			return e, p.want(kOp, ")")
		case "[":
			items, err := p.list("]")
			return &listExpr{l, items, false}, err
		case "{":
			return p.dict(l)
		}
	}
	return nil, fault(t.line, "%s, want a value", t)
}

// list parses expressions up to a closing mark.
func (p *parser) list(closing string) (items []expr, err error) {
	for !p.take(kOp, closing) {
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		items = append(items, e)
		if !p.take(kOp, ",") && !p.is(kOp, closing) {
			t := p.peek()
			return nil, fault(t.line, "%s, want , or %s", t, closing)
		}
	}
	return items, nil
}

func (p *parser) dict(l line) (expr, error) {
	d := &dictExpr{line: l}
	for !p.take(kOp, "}") {
		k, err := p.expr()
		if err != nil {
			return nil, err
		}
		if err := p.want(kOp, ":"); err != nil {
			return nil, err
		}
		v, err := p.expr()
		if err != nil {
			return nil, err
		}
		d.keys, d.values = append(d.keys, k), append(d.values, v)
		if !p.take(kOp, ",") && !p.is(kOp, "}") {
			t := p.peek()
			return nil, fault(t.line, "%s, want , or }", t)
		}
	}
	return d, nil
}
