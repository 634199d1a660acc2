package clean

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"github.com/seed-83c59573/quern"
)

// Expr judges by an expression of the user's over facts that rules before it have measured, such as gopher.words, and over what is
// known of a document: lang, domain, source, bucket, url, license, time (strings) and bytes (a number). mark("name") is what its source
// told of it, such as mark("code.test") or the attribute of a Dolma dataset. A fact or a mark that a document does not have is not a
// number: every comparison with it is false.
type Expr struct {
	Keep string `yaml:"keep"` // what is true of the documents that stay; or
	Drop string `yaml:"drop"` // what is true of those that go
	Name string `yaml:"name"` // of the reason: the verdict is "clean.expr.<name>"
}

// DefaultExpr has no expression: one must be given.
func DefaultExpr() Expr { return Expr{Name: "false"} }

// exprFunctions are what may be called: nothing that asks a clock, and nothing that makes large things of small ones.
var exprFunctions = []string{"abs", "ceil", "floor", "round", "max", "min", "len", "lower", "upper", "trim", "hasPrefix", "hasSuffix", "indexOf"}

// Stage compiles the expression; a fault in it is reported with its line and column. It gives "clean.expr.<name>".
func (o Expr) Stage() (quern.Stage, error) {
	if !ruleWord(o.Name) {
		return nil, fmt.Errorf("clean: expr: name %q: want lower case letters, digits and _", o.Name)
	}
	s := &exprStage{}
	program, err := o.compile(s)
	if err != nil {
		return nil, err
	}
	*s = exprStage{program: program, drops: o.Drop != "", verdict: quern.Verdict("clean.expr." + o.Name), env: map[string]any{}}
	for _, name := range readsOf(program) {
		group, fact, _ := strings.Cut(name, ".")
		facts, _ := s.env[group].(map[string]float64)
		if facts == nil {
			facts = map[string]float64{}
			s.env[group] = facts
		}
		facts[fact] = math.NaN()
		s.reads = append(s.reads, exprFact{name, fact, facts})
	}
	return s, nil
}

// Reads lists the facts in the expression.
func (o Expr) Reads() []string {
	program, err := o.compile(&exprStage{})
	if err != nil {
		return nil
	}
	return readsOf(program)
}

// compile makes the program; mark("name") in it asks the document that s has before it.
func (o Expr) compile(s *exprStage) (*vm.Program, error) {
	source := o.Keep
	switch {
	case o.Keep == "" && o.Drop == "":
		return nil, errors.New("clean: expr: give keep or drop, such as keep: gopher.words > 100")
	case o.Keep != "" && o.Drop != "":
		return nil, errors.New("clean: expr: give either keep or drop")
	case o.Keep == "":
		source = o.Drop
	}
	options := []expr.Option{expr.Env(exprTypes()), expr.AsBool(), expr.DisableAllBuiltins(), expr.MaxNodes(1000),
		expr.Function("mark", func(name ...any) (any, error) { return s.markNamed(name[0].(string)), nil }, new(func(string) float64))}
	for _, f := range exprFunctions {
		options = append(options, expr.EnableBuiltin(f))
	}
	program, err := expr.Compile(source, options...)
	if err != nil {
		var at *file.Error
		if errors.As(err, &at) {
			return nil, fmt.Errorf("clean: expr: line %d, column %d of %q: %s", at.Line, at.Column+1, source, at.Message)
		}
		return nil, fmt.Errorf("clean: expr: %q: %w", source, err)
	}
	return program, nil
}

// exprTypes are the names that an expression may use: the facts of every rule, and those of a document.
func exprTypes() types.Map {
	env := types.Map{"bytes": types.Float64}
	for _, name := range []string{"lang", "domain", "source", "bucket", "url", "license", "time"} {
		env[name] = types.String
	}
	for name := range known() {
		group, fact, _ := strings.Cut(name, ".")
		facts, ok := env[group].(types.Map)
		if !ok {
			facts = types.Map{}
			env[group] = facts
		}
		if fact == "*" {
			fact = types.Extra
		}
		facts[fact] = types.Float64
	}
	return env
}

// readsOf lists the facts that a program reads, sorted.
func readsOf(program *vm.Program) []string {
	v := &exprReads{}
	node := program.Node()
	ast.Walk(&node, v)
	slices.Sort(v.names)
	return slices.Compact(v.names)
}

type exprReads struct{ names []string }

func (v *exprReads) Visit(n *ast.Node) {
	m, ok := (*n).(*ast.MemberNode)
	if !ok {
		return
	}
	group, ok := m.Node.(*ast.IdentifierNode)
	fact, ok2 := m.Property.(*ast.StringNode)
	if ok && ok2 {
		v.names = append(v.names, group.Value+"."+fact.Value)
	}
}

type exprFact struct {
	name, fact string
	facts      map[string]float64 // of its rule, in the environment
}

type exprStage struct {
	program *vm.Program
	machine vm.VM
	env     map[string]any
	reads   []exprFact
	drops   bool
	verdict quern.Verdict
	marks   []quern.Mark // of the document that is judged
}

// markNamed is a mark of the document, not a number if it has none of the name.
func (s *exprStage) markNamed(name string) float64 {
	for _, m := range s.marks {
		if m.Name == name {
			return m.Value
		}
	}
	return math.NaN()
}

func (s *exprStage) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	s.marks = d.Marks
	for _, r := range s.reads {
		r.facts[r.fact] = s.markNamed(r.name)
	}
	e := s.env
	e["bytes"], e["lang"], e["domain"], e["source"] = float64(len(d.Text)), d.Lang, d.Domain, d.Source
	e["bucket"], e["url"], e["license"], e["time"] = d.Bucket, d.Origin, d.License, d.Time
	out, err := s.machine.Run(s.program, e)
	if err != nil {
		return quern.Keep, fmt.Errorf("clean: expr: %w", err)
	}
	if yes, _ := out.(bool); yes != s.drops {
		return quern.Keep, nil
	}
	return d.Fail(s.verdict, indicator(s.drops), indicator(!s.drops)), nil
}

// ruleWord tells whether a name may stand in a verdict or a fact.
func ruleWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; c-'a' >= 26 && c-'0' >= 10 && c != '_' {
			return false
		}
	}
	return s != ""
}
