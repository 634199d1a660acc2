package jinja

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
		loop   bool // the body asks for loop
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
