package pipelines

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
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

// tree is a parsed YAML file, safe to decode: no aliases, tags, nulls, or numbers that do not fit.
type tree struct {
	file string
	root *ast.MappingNode
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
		return fail("is not UTF-8, at byte %d", invalidAt(src))
	case nesting(src) > maxDepth:
		return fail("is nested more than %d deep", maxDepth)
	}
	src = []byte(strings.TrimPrefix(string(src), "\ufeff"))
	if i := strings.IndexFunc(string(src), func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' }); i >= 0 {
		line := 1 + strings.Count(string(src[:i]), "\n")
		return nil, &SpecError{file, line, i - strings.LastIndexByte(string(src[:i]), '\n'), fmt.Sprintf("control character %#02x", src[i])}
	}
	defer func() {
		if r := recover(); r != nil { // the YAML library has panicked on odd input before
			t, err = fail("is not readable as YAML")
		}
	}()
	f, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil, placed(file, err)
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
	return &tree{file, root}, nil
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

// placed turns an error of the YAML library into file:line:col: message, with the nearest valid name for an unknown one.
func placed(file string, err error) error {
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
		return at(file, ye.GetToken(), "unknown field %q%s", clip(name), nearest(name, knownFields))
	}
	if _, what, ok := strings.Cut(msg, "cannot unmarshal "); ok { // Go's names mean nothing to the writer of a spec
		have, want, _ := strings.Cut(what, " into Go ")
		if _, typ, ok := strings.Cut(want, " of type "); ok {
			want = typ
		}
		msg = fmt.Sprintf("have a %s, want a value of type %s", have, strings.TrimPrefix(want, "value of type "))
	}
	return at(file, ye.GetToken(), "%s", msg)
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}

// nearest suggests the known name with the fewest edits, if it is near at all.
func nearest(name string, known []string) string {
	best, bestDistance := "", len(name)/2+1
	for _, k := range known {
		if d := editDistance(strings.ToLower(name), k); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

func editDistance(a, b string) int {
	if len(a) > maxKey {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
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
	case *ast.IntegerNode, *ast.FloatNode:
		return n, p.number(n)
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
	p.inside = key.Value
	w, err := p.node(v.Value, depth+1)
	p.inside = outer
	if err != nil {
		return err
	}
	v.Value = w
	f, ok := w.(*ast.FloatNode)
	if ok && !fractional[key.Value] && outer != "ratios" && f.Value != math.Trunc(f.Value) { // the library would cut it off in silence
		return at(p.file, f.GetToken(), "%s: %s where a whole number belongs", key.Value, f.GetToken().Value)
	}
	return nil
}

// number refuses what the YAML library would wrap around or read in base 8.
func (p *preparer) number(n ast.Node) error {
	s := n.GetToken().Value
	digits := strings.TrimLeft(s, "+-")
	if len(digits) > 1 && digits[0] == '0' && strings.Trim(digits, "0123456789_") == "" {
		return at(p.file, n.GetToken(), "number %s has a leading zero: write it in base 10 without", clip(s))
	}
	if strings.Trim(digits, "0123456789_") == "" {
		plain := strings.ReplaceAll(strings.TrimPrefix(s, "+"), "_", "")
		_, e1 := strconv.ParseInt(plain, 10, 64)
		_, e2 := strconv.ParseUint(plain, 10, 64)
		if e1 != nil && e2 != nil {
			return at(p.file, n.GetToken(), "number %s does not fit in 64 bits", clip(s))
		}
	}
	return nil
}

func kind(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode:
		return "a word"
	case *ast.IntegerNode, *ast.FloatNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	}
	return n.Type().String()
}

// into decodes n on top of what v holds, which are the defaults.
func (t *tree) into(n ast.Node, v any) error {
	if err := yaml.NodeToValue(n, v, yaml.Strict()); err != nil {
		return placed(t.file, err)
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

// ParseCount reads a count such as 5000, 20M, 1.5B, 64k.
func ParseCount(s string) (int64, error) {
	return parseScaled(s, map[string]float64{"": 1, "k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "G": 1e9, "T": 1e12}, "a count such as 5000, 64k, 20M or 1.5B")
}

// ParseBytes reads a size such as 512MiB, 2GiB, 100MB.
func ParseBytes(s string) (int64, error) {
	return parseScaled(s, map[string]float64{"": 1, "B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
		"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}, "a size such as 512MiB or 2GiB")
}

func parseScaled(s string, units map[string]float64, want string) (int64, error) {
	num := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	unit, ok := units[s[len(num):]]
	v, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(num), "_", ""), 64)
	if !ok || err != nil || v < 0 || v*unit >= 1<<63 || v*unit != math.Trunc(v*unit) {
		return 0, fmt.Errorf("%q: want %s", clip(s), want)
	}
	return int64(v * unit), nil
}

// ParseShare reads a share such as 0.005 or 0.5%.
func ParseShare(s string) (float64, error) {
	num, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(num), 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v < 1) {
		return 0, fmt.Errorf("%q: want a share such as 0.5%% or 0.005, below 1", clip(s))
	}
	return v, nil
}
