package pipelines

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

var plainKeys = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// set applies override number i, a.b=v, to the parsed file before it is decoded, so that it is checked like the rest.
func (t *tree) set(i int, s string) error {
	path, value, ok := strings.Cut(s, "=")
	keys := strings.Split(path, ".")
	if !ok || !plainKeys.MatchString(path) || len(keys) > maxDepth || strings.ContainsAny(value, "\r\n") {
		return &SpecError{File: overrideName(s), Msg: "want a.b=value, in one line"}
	}
	var src strings.Builder
	for depth, k := range keys {
		fmt.Fprintf(&src, "\n%s%s:", strings.Repeat(" ", depth), k)
	}
	fmt.Fprintf(&src, " %s\n", value)
	v, err := parseYAML("", []byte(src.String()[1:]))
	if err != nil {
		return overrideError(err, s)
	}
	for tok := v.root.GetToken(); tok != nil; tok = tok.Next {
		tok.Position.Line = overrideLine - i
	}
	for tok := v.root.GetToken(); tok != nil; tok = tok.Prev {
		tok.Position.Line = overrideLine - i
	}
	return merge(t.root, v.root, keys, s)
}

// overrideLine - i is the line of all tokens of override i.
const overrideLine = -1

func overrideName(s string) string { return "--set " + clip(s) }

// overrideError is err without the place, which means nothing in a command line.
func overrideError(err error, s string) error {
	var se *SpecError
	if errors.As(err, &se) {
		return &SpecError{File: overrideName(s), Msg: se.Msg}
	}
	return err
}

// blame names the override where a token of one is at fault.
func blame(err error, set []string) error {
	var se *SpecError
	if errors.As(err, &se) && se.Line <= overrideLine {
		return overrideError(err, set[overrideLine-se.Line])
	}
	return err
}

// merge puts the one value in add, at the end of keys, into m.
func merge(m, add *ast.MappingNode, keys []string, s string) error {
	for i, k := range keys {
		var found *ast.MappingValueNode
		for _, v := range m.Values {
			if v.Key.(*ast.StringNode).Value == k {
				found = v
			}
		}
		value := add.Values[0]
		if found == nil {
			m.Values = append(m.Values, value)
			return nil
		}
		if i == len(keys)-1 {
			found.Value = value.Value
			return nil
		}
		next, ok := found.Value.(*ast.MappingNode)
		if !ok {
			return &SpecError{File: overrideName(s), Msg: fmt.Sprintf("%s is %s, not a mapping", strings.Join(keys[:i+1], "."), kind(found.Value))}
		}
		m, add = next, value.Value.(*ast.MappingNode)
	}
	return nil
}
