package jinja

import (
	"slices"
	"strconv"
	"strings"
)

// postfix parses .name, [index] and (arguments).
func (p *parser) postfix(e expr) (expr, error) {
	for {
		t := p.peek()
		switch {
		case t.kind != kOp:
			return e, nil
		case t.text == ".":
			p.next()
			a := p.next()
			switch a.kind {
			case kName:
				e = &attrExpr{asLine(t.line), e, a.text}
			case kInt:
				n, err := strconv.ParseInt(a.text, 10, 64)
				if err != nil {
					return nil, fault(a.line, "number %s is too large", a.text)
				}
				e = &indexExpr{asLine(t.line), e, &constExpr{asLine(a.line), n}}
			default:
				return nil, fault(a.line, "%s, want a name", a)
			}
		case t.text == "[":
			p.next()
			var err error
			if e, err = p.subscript(e, t.line); err != nil {
				return nil, err
			}
		case t.text == "(":
			p.next()
			c, err := p.call(e, t.line)
			if err != nil {
				return nil, err
			}
			e = c
		default:
			return e, nil
		}
	}
}

func (p *parser) subscript(of expr, l int) (expr, error) {
	var parts [3]expr
	n, colon := 0, false
	for {
		switch {
		case p.take(kOp, "]"):
			if !colon {
				if parts[0] == nil {
					return nil, fault(l, "an index without a value")
				}
				return &indexExpr{asLine(l), of, parts[0]}, nil
			}
			return &sliceExpr{asLine(l), of, parts[0], parts[1], parts[2]}, nil
		case p.take(kOp, ":"):
			colon = true
			if n++; n > 2 {
				return nil, fault(l, "a slice of more than three parts")
			}
		case parts[n] != nil:
			t := p.peek()
			return nil, fault(t.line, "%s, want ]", t)
		default:
			e, err := p.expr()
			if err != nil {
				return nil, err
			}
			parts[n] = e
		}
	}
}

// call parses arguments behind the opening parenthesis.
func (p *parser) call(of expr, l int) (*callExpr, error) {
	c := &callExpr{line: asLine(l), of: of}
	for !p.take(kOp, ")") {
		t := p.peek()
		if t.kind == kOp && strings.HasPrefix(t.text, "*") {
			return nil, fault(t.line, "arguments by %s are not supported", t.text)
		}
		named := t.kind == kName && p.tokens[p.at+1].kind == kOp && p.tokens[p.at+1].text == "="
		if named {
			c.names = append(c.names, t.text)
			p.at += 2
		} else if len(c.names) > 0 {
			return nil, fault(t.line, "an argument without a name behind one with a name")
		}
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		c.args = append(c.args, e)
		if !p.take(kOp, ",") && !p.is(kOp, ")") {
			t := p.peek()
			return nil, fault(t.line, "%s, want , or )", t)
		}
	}
	return c, nil
}

// filters parses | name(…), is name and calls of the results.
func (p *parser) filters(e expr) (expr, error) {
	for {
		t := p.peek()
		switch {
		case t.kind == kOp && t.text == "|":
			p.next()
			name, err := p.name()
			if err != nil {
				return nil, err
			}
			if filters[name] == nil {
				return nil, fault(t.line, "unknown filter %q", name)
			}
			c := &callExpr{line: asLine(t.line)}
			if p.take(kOp, "(") {
				if c, err = p.call(nil, t.line); err != nil {
					return nil, err
				}
			}
			e = &filterExpr{asLine(t.line), e, name, c}
		case t.kind == kName && t.text == "is":
			p.next()
			var err error
			if e, err = p.test(e, t.line); err != nil {
				return nil, err
			}
		case t.kind == kOp && (t.text == "(" || t.text == "." || t.text == "["):
			if _, isTest := e.(*testExpr); isTest {
				return nil, fault(t.line, "%s behind a test", t)
			}
			if _, isBody := e.(bodyExpr); isBody {
				return nil, fault(t.line, "%s, want a filter", t)
			}
			var err error
			if e, err = p.postfix(e); err != nil {
				return nil, err
			}
		default:
			return e, nil
		}
	}
}

func (p *parser) test(of expr, l int) (expr, error) {
	x := &testExpr{line: asLine(l), of: of, call: &callExpr{line: asLine(l)}}
	x.not = p.take(kName, "not")
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	if x.name = name; tests[name] == nil {
		return nil, fault(l, "unknown test %q", name)
	}
	t := p.peek()
	switch {
	case p.take(kOp, "("):
		x.call, err = p.call(nil, l)
	case t.kind == kString || t.kind == kInt || t.kind == kFloat || t.kind == kOp && (t.text == "[" || t.text == "{") ||
		t.kind == kName && !slices.Contains([]string{"else", "or", "and", "is", "if", "in", "not", "recursive"}, t.text):
		var e expr
		if e, err = p.primary(); err == nil {
			e, err = p.postfix(e)
		}
		x.call.args = []expr{e}
	}
	return x, err
}
