package jinja

import (
	"slices"
	"strconv"
	"strings"
)

// node is a statement or an expression.
type node interface{}

type (
	textNode   struct{ text string }
	outputNode struct {
		expr expr
		line int
	}
	ifNode struct {
		tests  []expr
		bodies [][]node // one more than tests if there is an else
	}
	forNode struct {
		target []string
		list   expr
		filter expr // nil = all
		body   []node
		empty  []node
		line   int
	}
	setNode struct {
		targets []string // one, or the parts of what is taken apart
		object  string   // of object.name = …
		value   expr
		body    []node // of a block set, with value as filters over it if not nil
		block   bool
		line    int
	}
	macroNode struct {
		name     string
		params   []string
		defaults []expr // nil = none
		body     []node
		line     int
	}
	callNode struct { // {% call(x) macro(…) %}
		call   *callExpr
		caller *macroNode
		line   int
	}
	filterNode struct {
		expr expr
		body []node
		line int
	}
	generationNode struct{ body []node }
	jumpNode       struct{ leave bool }
)

// expr is an expression; each knows its line.
type expr interface{ at() int }

type line int

func (l line) at() int { return int(l) }

type (
	nameExpr struct {
		line
		name string
	}
	constExpr struct {
		line
		value Value
	}
	listExpr struct {
		line
		items []expr
		tuple bool
	}
	dictExpr struct {
		line
		keys, values []expr
	}
	attrExpr struct {
		line
		of   expr
		name string
	}
	indexExpr struct {
		line
		of, index expr
	}
	sliceExpr struct {
		line
		of             expr
		from, to, step expr // nil = not given
	}
	callExpr struct {
		line
		of    expr
		args  []expr
		names []string // of the last len(names) args
	}
	filterExpr struct {
		line
		of   expr // nil in a filter block: the text of the block
		name string
		call *callExpr // arguments; never nil
	}
	testExpr struct {
		line
		of   expr
		name string
		call *callExpr
		not  bool
	}
	unaryExpr struct {
		line
		op string
		of expr
	}
	binaryExpr struct {
		line
		op          string
		left, right expr
	}
	compareExpr struct {
		line
		first expr
		ops   []string
		rest  []expr
	}
	condExpr struct {
		line
		test, yes, no expr // no may be nil
	}
	bodyExpr struct{ line } // the text of the block that a filter stands over
)

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
	body, end, err := p.body("else", "endfor")
	p.loops--
	if err != nil {
		return nil, err
	}
	n.body = body
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
