package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// schema is the part of JSON Schema that checks use.
type schema struct {
	Type       string             `json:"type"` // object, array, string, number, integer, boolean, null; "" = any
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
	Additional *bool              `json:"additionalProperties"`
	Items      *schema            `json:"items"`
	MinItems   int                `json:"minItems"`
	MaxItems   int                `json:"maxItems"` // 0 = no limit
	MinLength  int                `json:"minLength"`
	Enum       []any              `json:"enum"`
	Minimum    *float64           `json:"minimum"`
	Maximum    *float64           `json:"maximum"`
}

var types = []string{"", "object", "array", "string", "number", "integer", "boolean", "null"}

func parseSchema(raw []byte) (*schema, error) {
	var s schema
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return &s, s.validate(0)
}

func validSchema(raw []byte) error {
	_, err := parseSchema(raw)
	return err
}

func (s *schema) validate(depth int) error {
	if depth > 32 {
		return errors.New("schema: more than 32 levels")
	}
	if !slices.Contains(types, s.Type) {
		return fmt.Errorf("schema: type %q", s.Type)
	}
	for _, p := range s.Properties {
		if p == nil {
			return errors.New("schema: a property of null")
		}
		if err := p.validate(depth + 1); err != nil {
			return err
		}
	}
	if s.Items != nil {
		return s.Items.validate(depth + 1)
	}
	return nil
}

// holdsJSON wants the whole answer, or the one fenced block that it is, to be one JSON value, and of the schema.
func holdsJSON(c Check, text string) error {
	if inside, lang, ok := fenced(text); ok && (lang == "json" || lang == "") && strings.HasPrefix(text, "```") && strings.HasSuffix(text, "```") {
		text = inside
	}
	d := json.NewDecoder(strings.NewReader(text))
	var v any
	if err := d.Decode(&v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the JSON value")
	}
	if c.Schema == nil {
		return nil
	}
	s, err := parseSchema(c.Schema)
	if err != nil {
		return err
	}
	return s.holds("$", v)
}

// holds tells why a value at a path is not of the schema.
func (s *schema) holds(path string, v any) error {
	if s.Type != "" && !isOf(s.Type, v) {
		return fmt.Errorf("%s is no %s", path, s.Type)
	}
	if s.Enum != nil && !slices.ContainsFunc(s.Enum, func(e any) bool { return same(e, v) }) {
		return fmt.Errorf("%s is none of %v", path, s.Enum)
	}
	switch v := v.(type) {
	case map[string]any:
		return s.object(path, v)
	case []any:
		if len(v) < s.MinItems || s.MaxItems > 0 && len(v) > s.MaxItems {
			return fmt.Errorf("%s has %d items", path, len(v))
		}
		if s.Items != nil {
			for i, x := range v {
				if err := s.Items.holds(fmt.Sprintf("%s[%d]", path, i), x); err != nil {
					return err
				}
			}
		}
	case string:
		if utf8.RuneCountInString(v) < s.MinLength {
			return fmt.Errorf("%s has fewer than %d characters", path, s.MinLength)
		}
	case float64:
		if s.Minimum != nil && v < *s.Minimum || s.Maximum != nil && v > *s.Maximum {
			return fmt.Errorf("%s is %g", path, v)
		}
	}
	return nil
}

func (s *schema) object(path string, v map[string]any) error {
	for _, k := range s.Required {
		if _, ok := v[k]; !ok {
			return fmt.Errorf("%s has no %s", path, k)
		}
	}
	keys := make([]string, 0, len(v))
	for k := range v {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		p := s.Properties[k]
		switch {
		case p != nil:
			if err := p.holds(path+"."+k, v[k]); err != nil {
				return err
			}
		case s.Additional != nil && !*s.Additional:
			return fmt.Errorf("%s has %s, which is not asked for", path, k)
		}
	}
	return nil
}

func isOf(name string, v any) bool {
	switch v := v.(type) {
	case nil:
		return name == "null"
	case bool:
		return name == "boolean"
	case string:
		return name == "string"
	case float64:
		return name == "number" || name == "integer" && v == math.Trunc(v)
	case []any:
		return name == "array"
	}
	return name == "object"
}

func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
