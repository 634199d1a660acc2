package pipelines

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// set applies an override a.b=v to the parsed file, before it is decoded, so that it is checked like the rest.
func (t *tree) set(s string) error {
	path, value, ok := strings.Cut(s, "=")
	file := "--set " + clip(s)
	if !ok || path == "" {
		return &SpecError{File: file, Msg: "want a.b=value"}
	}
	v, err := parseYAML(file, []byte("value: "+value+"\n"))
	if err != nil {
		return err
	}
	node := v.root.Values[0].Value
	keys := strings.Split(path, ".")
	m := t.root
	for i, k := range keys {
		var found *ast.MappingValueNode
		for _, mv := range m.Values {
			if mv.Key.(*ast.StringNode).Value == k {
				found = mv
			}
		}
		if i == len(keys)-1 && found != nil {
			found.Value = node
			return nil
		}
		if found == nil {
			return t.graft(m, keys[i:], value, file)
		}
		next, ok := found.Value.(*ast.MappingNode)
		if !ok {
			return &SpecError{File: file, Msg: fmt.Sprintf("%s is %s, not a mapping", strings.Join(keys[:i+1], "."), kind(found.Value))}
		}
		m = next
	}
	return nil
}

// graft adds keys that the file does not have.
func (t *tree) graft(m *ast.MappingNode, keys []string, value, file string) error {
	src := value
	for i := len(keys) - 1; i >= 0; i-- {
		src = "{" + keys[i] + ": " + src + "}"
	}
	f, err := parser.ParseBytes([]byte(src), 0)
	if err != nil {
		return placed(file, err)
	}
	add, ok := f.Docs[0].Body.(*ast.MappingNode)
	if !ok {
		return &SpecError{File: file, Msg: "want a.b=value"}
	}
	m.Values = append(m.Values, add.Values...)
	return nil
}
