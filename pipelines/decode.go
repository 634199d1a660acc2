package pipelines

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
	"github.com/seed-83c59573/quern/mix"
)

// Limits of a spec: a person writes it, so anything larger is a mistake or an attack.
const (
	maxSpecBytes = 1 << 20
	maxDepth     = 32
	maxAliases   = 100
	maxKey       = 200
)

// SpecError is a fault in a spec, with its place.
type SpecError struct {
	File      string
	Line, Col int
	Msg       string
}

func (e *SpecError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Msg)
}

// tree is a parsed YAML file, safe to decode: no aliases, tags, nulls, or numbers that would be read as others.
type tree struct {
	file string
	root *ast.MappingNode
	base string // the folder that its paths are relative to

	ratios map[*mix.Ratios]places
}

// parseYAML reads one YAML document whose top is a mapping.
func parseYAML(file string, src []byte) (t *tree, err error) {
	fail := func(format string, a ...any) (*tree, error) {
		return nil, &SpecError{File: file, Msg: fmt.Sprintf(format, a...)}
	}
	switch {
	case len(src) > maxSpecBytes:
		return fail("%d bytes, a spec has at most %d", len(src), maxSpecBytes)
	case strings.HasPrefix(string(src), "\xff\xfe"), strings.HasPrefix(string(src), "\xfe\xff"):
		return fail("is UTF-16; save it as UTF-8")
	case !utf8.Valid(src):
		i := invalidAt(src)
		return nil, &SpecError{file, lineOf(src, i), columnOf(src, i), fmt.Sprintf("is not UTF-8: byte %#02x", src[i])}
	case nesting(src) > maxDepth:
		return fail("is nested more than %d deep", maxDepth)
	}
	src = []byte(strings.TrimPrefix(string(src), "\ufeff"))
	if i := strings.IndexFunc(string(src), func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' }); i >= 0 {
		return nil, &SpecError{file, lineOf(src, i), columnOf(src, i), fmt.Sprintf("control character %#02x", src[i])}
	}
	defer func() {
		if r := recover(); r != nil { // the YAML library has panicked on odd input before
			t, err = fail("is not readable as YAML")
		}
	}()
	f, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil, placed(file, err, nil)
	}
	var docs []ast.Node
	for _, d := range f.Docs {
		if d.Body != nil && d.Body.Type() != ast.CommentType {
			docs = append(docs, d.Body)
		}
	}
	switch {
	case len(docs) == 0:
		return fail("is empty: want at least version, name and ingest")
	case len(docs) > 1:
		return nil, at(file, docs[1].GetToken(), "a second document: a spec is one")
	}
	p := &preparer{file: file, anchors: map[string]ast.Node{}}
	top, err := p.node(docs[0], 0)
	if err != nil {
		return nil, err
	}
	root, ok := top.(*ast.MappingNode)
	if !ok {
		return nil, at(file, top.GetToken(), "want a mapping of version, name, ingest, … at the top, have %s", kind(top))
	}
	return &tree{file: file, root: root}, nil
}

func lineOf(src []byte, i int) int { return 1 + bytes.Count(src[:i], []byte("\n")) }

func columnOf(src []byte, i int) int {
	return 1 + utf8.RuneCount(src[bytes.LastIndexByte(src[:i], '\n')+1:i])
}

func invalidAt(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// nesting bounds how deep brackets and indentation go, before the parser recurses into them.
func nesting(src []byte) int {
	deepest, flow := 0, 0
	for line := range strings.Lines(string(src)) {
		rest := strings.TrimLeft(line, " -")
		block := 0
		if lead := line[:len(line)-len(rest)]; !strings.HasPrefix(rest, "#") {
			block = strings.Count(lead, "-") + strings.Count(lead, " ")/2
		}
		for _, c := range rest {
			switch c {
			case '[', '{':
				flow++
			case ']', '}':
				flow--
			}
			deepest = max(deepest, flow)
		}
		if rest != "\n" && rest != "" {
			deepest = max(deepest, block)
		}
	}
	return deepest
}

func at(file string, tok *token.Token, format string, a ...any) error {
	e := &SpecError{File: file, Msg: fmt.Sprintf(format, a...)}
	if tok != nil && tok.Position != nil {
		e.Line, e.Col = tok.Position.Line, tok.Position.Column
	}
	return e
}

var positionPrefix = regexp.MustCompile(`^\[\d+:\d+\] `)

// placed turns an error of the YAML library into file:line:col: message, with the nearest valid name for an unknown one: of the fields of
// v, into which it was decoded, if any is near.
func placed(file string, err error, v any) error {
	var se *SpecError
	if errors.As(err, &se) {
		return err
	}
	var ye yaml.Error
	if !errors.As(err, &ye) {
		return &SpecError{File: file, Msg: err.Error()}
	}
	msg, _, _ := strings.Cut(positionPrefix.ReplaceAllString(ye.GetMessage(), ""), "\n")
	if name, ok := strings.CutPrefix(msg, "unknown field "); ok {
		name = strings.Trim(name, `"`)
		if slices.Contains(knownFields, name) {
			return at(file, ye.GetToken(), "unknown field %q: there is one of that name elsewhere, not here", name)
		}
		suggestion := nearest(name, fieldsOf(v))
		if suggestion == "" {
			suggestion = nearest(name, knownFields)
		}
		return at(file, ye.GetToken(), "unknown field %q%s", clip(name), suggestion)
	}
	if _, what, ok := strings.Cut(msg, "cannot unmarshal "); ok { // Go's names mean nothing to the writer of a spec
		have, want, _ := strings.Cut(what, " into Go ")
		if _, typ, ok := strings.Cut(want, " of type "); ok {
			want = typ
		}
		msg = fmt.Sprintf("have %s, want %s", inWords(have), inWords(strings.TrimPrefix(want, "value of type ")))
	} else if have, want, ok := strings.Cut(msg, " was used where "); ok {
		msg = fmt.Sprintf("have %s, want %s", inWords(have), inWords(strings.TrimSuffix(want, " is expected")))
	}
	if msg == "have a mapping, want a word" {
		msg += "; a word with a colon in it, such as a URL, needs quotes"
	}
	return at(file, ye.GetToken(), "%s", msg)
}

// fieldsOf lists the names that a value has in YAML, at any depth.
func fieldsOf(v any) (names []string) {
	b, err := yaml.Marshal(v)
	if err != nil {
		return nil
	}
	var m any
	if yaml.UnmarshalWithOptions(b, &m, yaml.UseOrderedMap()) != nil {
		return nil
	}
	var walk func(m any)
	walk = func(m any) {
		if items, ok := m.(yaml.MapSlice); ok {
			for _, item := range items {
				if k, ok := item.Key.(string); ok {
					names = append(names, k)
				}
				walk(item.Value)
			}
		}
	}
	walk(m)
	return names
}

// inWords names a type of Go or YAML as the writer of a spec would.
func inWords(typ string) string {
	typ, _, overflow := strings.Cut(typ, " ( overflow )")
	switch {
	case overflow:
		return "a whole number that fits"
	case strings.HasPrefix(typ, "map"), strings.Contains(typ, "."): // a struct of some room
		return "a mapping"
	case strings.HasPrefix(typ, "[]"), typ == "sequence":
		return "a list"
	case strings.HasPrefix(typ, "int"), strings.HasPrefix(typ, "uint"):
		return "a whole number"
	case strings.HasPrefix(typ, "float"):
		return "a number"
	case typ == "string":
		return "a word"
	case typ == "bool":
		return "true or false"
	}
	return clip(typ)
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}

// preparer resolves aliases, which may not nest, and refuses what a spec has no use for.
type preparer struct {
	file    string
	anchors map[string]ast.Node
	aliases int
	inside  string // the key whose value is being looked at
}

func (p *preparer) node(n ast.Node, depth int) (ast.Node, error) {
	if depth > maxDepth {
		return nil, at(p.file, n.GetToken(), "nested more than %d deep", maxDepth)
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			if err := p.value(v, depth); err != nil {
				return nil, err
			}
		}
	case *ast.MappingValueNode:
		if err := p.value(n, depth); err != nil {
			return nil, err
		}
		return ast.Mapping(n.GetToken(), false, n), nil
	case *ast.SequenceNode:
		for i, v := range n.Values {
			w, err := p.node(v, depth+1)
			if err == nil {
				w, err = p.scalar(w)
			}
			if err != nil {
				return nil, err
			}
			n.Values[i] = w
		}
	case *ast.AnchorNode:
		before := p.aliases
		v, err := p.node(n.Value, depth+1)
		if err != nil {
			return nil, err
		}
		if p.aliases != before {
			return nil, at(p.file, n.GetToken(), "an anchor whose value holds an alias")
		}
		p.anchors[n.Name.GetToken().Value] = v
		return v, nil
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		v, ok := p.anchors[name]
		if p.aliases++; !ok {
			return nil, at(p.file, n.GetToken(), "alias *%s has no anchor before it", clip(name))
		} else if p.aliases > maxAliases {
			return nil, at(p.file, n.GetToken(), "more than %d aliases", maxAliases)
		}
		return v, nil
	case *ast.TagNode:
		return nil, at(p.file, n.GetToken(), "tag %s: a spec has none", clip(n.GetToken().Value))
	case *ast.NullNode:
		return nil, at(p.file, n.GetToken(), "no value; write {} for the defaults or leave the key out")
	case *ast.InfinityNode, *ast.NanNode:
		return nil, at(p.file, n.GetToken(), "%s is no number to work with", n.GetToken().Value)
	case *ast.StringNode:
		if strings.ContainsAny(n.Value, "\x00\n\r") {
			return nil, at(p.file, n.GetToken(), "a value with a NUL or a line end in it")
		}
	}
	return n, nil
}

func (p *preparer) value(v *ast.MappingValueNode, depth int) error {
	key, ok := v.Key.(*ast.StringNode)
	switch {
	case !ok:
		return at(p.file, v.Key.GetToken(), "a key that is no plain word")
	case len(key.Value) > maxKey:
		return at(p.file, v.Key.GetToken(), "a key of %d characters", len(key.Value))
	}
	outer := p.inside
	if outer != "ratios" { // its keys are domains
		p.inside = key.Value
	}
	w, err := p.node(v.Value, depth+1)
	if err == nil {
		w, err = p.scalar(w)
	}
	p.inside = outer
	if err != nil {
		return err
	}
	v.Value = w
	return nil
}

func kind(n ast.Node) string {
	if t := n.GetToken().Type; t == token.IntegerType || t == token.FloatType {
		return "a number"
	}
	switch n.(type) {
	case *ast.MappingNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode:
		return "a word"
	case *ast.BoolNode:
		return "true or false"
	}
	return n.Type().String()
}

// find is the last key on a path of keys that the file has; where it has none, the file's beginning.
func (t *tree) find(path string) *token.Token {
	found, m := t.root.GetToken(), t.root
	if len(m.Values) > 0 {
		found = m.Values[0].Key.GetToken()
	}
	for _, k := range strings.Split(path, ".") {
		i := slices.IndexFunc(m.Values, func(v *ast.MappingValueNode) bool { return v.Key.(*ast.StringNode).Value == k })
		if i < 0 {
			break
		}
		found = m.Values[i].Key.GetToken()
		next, ok := m.Values[i].Value.(*ast.MappingNode)
		if !ok {
			break
		}
		m = next
	}
	return found
}

// into decodes n on top of what v holds, which are the defaults.
func (t *tree) into(n ast.Node, v any) error {
	if err := yaml.NodeToValue(n, v, yaml.Strict()); err != nil {
		return placed(t.file, err, v)
	}
	return nil
}

// mapping calls f for each key of n.
func (t *tree) mapping(n ast.Node, what string, f func(key string, at *token.Token, v ast.Node) error) error {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		return at(t.file, n.GetToken(), "%s: want a mapping, have %s", what, kind(n))
	}
	for _, v := range m.Values {
		if err := f(v.Key.(*ast.StringNode).Value, v.Key.GetToken(), v.Value); err != nil {
			return err
		}
	}
	return nil
}

// list calls f for each element of n.
func (t *tree) list(n ast.Node, what string, f func(i int, v ast.Node) error) error {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		return at(t.file, n.GetToken(), "%s: want a list, have %s", what, kind(n))
	}
	for i, v := range s.Values {
		if err := f(i, v); err != nil {
			return err
		}
	}
	return nil
}
