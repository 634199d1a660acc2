package format

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// maxDepth is of what stands in one another in a JSON file.
const maxDepth = 64

// CheckJSON insists that b is one JSON object, in which no name stands twice, nothing lies deeper than anyone nests, and nothing follows.
func CheckJSON(b []byte) error {
	h := newStrict(b)
	first, err := h.d.Token()
	if err == nil && first != json.Delim('{') {
		err = fmt.Errorf("found %v, want {", first)
	}
	if err == nil {
		err = h.rest(json.Delim('{'), 1)
	}
	if err == nil {
		err = h.end(b)
	}
	if err != nil {
		return fmt.Errorf("offset %d: %w", h.d.InputOffset(), err)
	}
	return nil
}

// rest reads what follows the token that opens an object or a list.
func (h *strict) rest(open json.Delim, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("more than %d objects and lists in one another", maxDepth)
	}
	seen := map[string]bool{}
	for h.d.More() {
		if open == '{' {
			key, err := h.text()
			if err != nil {
				return err
			}
			if seen[key] {
				return fmt.Errorf("%q twice", key)
			}
			seen[key] = true
		}
		t, err := h.d.Token()
		if err != nil {
			return err
		}
		if d, ok := t.(json.Delim); ok {
			if err := h.rest(d, depth+1); err != nil {
				return err
			}
		}
	}
	_, err := h.d.Token()
	return err
}

// strict is a reader of JSON token by token: encoding/json alone lets the last of two equal names win.
type strict struct {
	d *json.Decoder
}

func newStrict(b []byte) strict {
	s := strict{json.NewDecoder(bytes.NewReader(b))}
	s.d.UseNumber()
	return s
}

// end insists that nothing but space follows what was read of b.
func (h *strict) end(b []byte) error {
	if rest := strings.TrimRight(string(b[h.d.InputOffset():]), " \t\r\n"); rest != "" {
		return fmt.Errorf("%d bytes after the object", len(rest))
	}
	return nil
}

func (h *strict) delim(want json.Delim) error {
	t, err := h.d.Token()
	if err != nil {
		return err
	}
	if t != want {
		return fmt.Errorf("found %v, want %v", t, want)
	}
	return nil
}

// object calls f after each key; f reads the value.
func (h *strict) object(f func(key string) error) error {
	if err := h.delim('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for h.d.More() {
		key, err := h.text()
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("%q twice", key)
		}
		seen[key] = true
		if err := f(key); err != nil {
			return err
		}
	}
	return h.delim('}')
}

func (h *strict) text() (string, error) {
	t, err := h.d.Token()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("found %v, want a string", t)
	}
	return s, nil
}

// whole reads a whole number that is not negative.
func (h *strict) whole() (int, error) {
	t, err := h.d.Token()
	if err != nil {
		return 0, err
	}
	n, ok := t.(json.Number)
	if !ok {
		return 0, fmt.Errorf("found %v, want a number", t)
	}
	v, err := n.Int64()
	if err != nil || v < 0 || int64(int(v)) != v {
		return 0, fmt.Errorf("found %v, want a whole number that is not negative", n)
	}
	return int(v), nil
}

// numbers reads an array of at most limit whole numbers.
func (h *strict) numbers(limit int) ([]int, error) {
	if err := h.delim('['); err != nil {
		return nil, err
	}
	out := []int{}
	for h.d.More() {
		v, err := h.whole()
		if err != nil {
			return nil, err
		}
		if len(out) == limit {
			return nil, fmt.Errorf("more than %d numbers", limit)
		}
		out = append(out, v)
	}
	return out, h.delim(']')
}

// skip passes over a value.
func (h *strict) skip() error {
	var v json.RawMessage
	return h.d.Decode(&v)
}
