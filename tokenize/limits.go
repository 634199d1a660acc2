package tokenize

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Limits on the other parts of a tokenizer.json. Those in use have sections of up to 400 KB (a table of replacements) with some thirty
// parts, patterns of some hundred bytes, and templates of two or three tokens.
const (
	maxSection  = 1 << 23 // bytes of a normalizer, pre_tokenizer, post_processor or decoder
	maxParts    = 512     // objects in one
	maxPattern  = 1 << 14 // bytes of a regular expression
	maxTemplate = 256     // tokens that a template puts around texts

	maxAddedBytes = 1 << 22 // all added tokens
	maxSquares    = 1 << 29 // sum of the squares of the tokens' bytes: merging a token's own bytes takes so many steps
)

// grown is how long a text of n bytes may become before it is cut: one character is at most eleven times as long in normal form KC, and a
// space three times as ▁. Files that go beyond would fill the memory.
func grown(n int) int { return 64*n + 256 }

// room fails if a part of the file makes size bytes of a.
func (a aligned) room(size int, what string) error {
	most := a.most
	if most == 0 {
		most = grown(len(a.text))
	}
	if size > most {
		return fmt.Errorf("tokenize: %s makes %d bytes of a text, more than the %d that are allowed for its length", what, size, most)
	}
	return nil
}

// checkDecoder fails if a decoder may make far more bytes than tokens have.
func checkDecoder(d decoder) error {
	if n := growth(d); n > 64 {
		return fmt.Errorf("tokenize: the decoder makes up to %.3g bytes of one, at most 64 are allowed", n)
	}
	return nil
}

// growth is how many bytes a decoder may make of one.
func growth(d decoder) float64 {
	switch d := d.(type) {
	case decoders:
		n := 1.0
		for _, x := range d {
			n *= growth(x)
		}
		return n
	case replaceDecoder:
		if s, ok := d.pattern.(literal); ok {
			return max(1, float64(len(d.content))/float64(len(s)))
		}
		return 1 + float64(len(d.content))
	case stripDecoder, startDecoder, fallbackDecoder, fuseDecoder, eachToken:
		return 1
	}
	return 2 // a space beside it
}

// checkPieces fails if cutters have put too much before the pieces of a text of n bytes: spaces as ▁ are three times as long, and pieces
// have one at their front.
func checkPieces(pieces []aligned, n int) error {
	all, most := 0, 8*n+256
	for i := range pieces {
		all += len(pieces[i].text)
	}
	if all > most {
		return fmt.Errorf("tokenize: the pre_tokenizer makes %d bytes of a text, more than the %d that are allowed for its length", all, most)
	}
	return nil
}

// parts reads the sections of the file b that have parts.
func (f *hfFile) parts(b []byte) error {
	for _, s := range []struct {
		name string
		raw  json.RawMessage
		to   **hfPart
	}{{"normalizer", f.RawNormalizer, &f.Normalizer}, {"pre_tokenizer", f.RawPre, &f.Pre}, {"post_processor", f.RawPost, &f.Post}, {"decoder", f.RawDecoder, &f.Decoder}} {
		if len(s.raw) == 0 {
			continue
		}
		if n := bytes.Count(s.raw, []byte("{")); len(s.raw) > maxSection || n > maxParts {
			return fmt.Errorf("tokenize: %s has %d bytes and %d parts, at most %d and %d", s.name, len(s.raw), n, maxSection, maxParts)
		}
		if err := json.Unmarshal(s.raw, s.to); err != nil {
			return placedError(b, &partError{[]any{s.name}, err})
		}
	}
	return nil
}

// partError is an error in a part of a tokenizer.json, which keys and indexes lead to.
type partError struct {
	path []any
	err  error
}

func (e *partError) Error() string { return e.err.Error() }

// placedError says where in a file an error of reading its JSON is, and what was to be there.
func placedError(b []byte, err error) error {
	at, path := int64(0), ""
	var part *partError
	if errors.As(err, &part) {
		at, err = locate(b, part.path...), part.err
		for _, p := range part.path {
			path += fmt.Sprint(p, ".")
		}
	}
	what := err.Error()
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		at = max(at+syntax.Offset-1, 0)
		if syntax.Offset >= int64(len(b)) {
			at = int64(len(b))
		}
	case errors.As(err, &wrong):
		at = begin(b, at+wrong.Offset)
		path = strings.TrimSuffix(path+wrong.Field, ".")
		what = fmt.Sprintf("%s: want %s, found %s", path, wanted(wrong.Type), found(wrong.Value))
		what = strings.TrimPrefix(what, ": ")
	}
	line := 1 + bytes.Count(b[:at], []byte("\n"))
	column := at - int64(bytes.LastIndexByte(b[:at], '\n'))
	return fmt.Errorf("tokenize: tokenizer.json: offset %d, line %d, column %d: %s", at, line, column, what)
}

// wanted says in words what JSON a type takes.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return wanted(t.Elem())
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Uint32:
		return "a whole number from 0 to 4294967295"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "a list"
	}
	return "an object"
}

// found says in words what JSON there is.
func found(value string) string {
	switch value {
	case "array":
		return "a list"
	case "object":
		return "an object"
	}
	return "a " + value
}

// begin is where the value begins that ends, or if it is an object or a list begins, just before offset at.
func begin(b []byte, at int64) int64 {
	i := min(at, int64(len(b))) - 1
	switch {
	case i < 0:
		return 0
	case b[i] == '"':
		for i--; i > 0; i-- {
			if b[i] == '"' {
				k := i
				for k > 0 && b[k-1] == '\\' {
					k--
				}
				if (i-k)%2 == 0 {
					break
				}
			}
		}
	case b[i] != '{' && b[i] != '[':
		for i > 0 && bytes.IndexByte([]byte(" \t\r\n,:[{"), b[i-1]) < 0 {
			i--
		}
	}
	return i
}

// locate is the offset of a value that keys and indexes lead to, or of the last one on the way that there is.
func locate(b []byte, path ...any) int64 {
	d := json.NewDecoder(bytes.NewReader(b))
	skip := func() error { return d.Decode(new(json.RawMessage)) }
	for _, step := range path {
		if _, err := d.Token(); err != nil {
			return d.InputOffset()
		}
		index, isIndex := step.(int)
		for i := 0; d.More(); i++ {
			if isIndex && i == index {
				break
			}
			if !isIndex {
				key, err := d.Token()
				if err != nil || key == step {
					break
				}
			}
			if skip() != nil {
				break
			}
		}
	}
	at := d.InputOffset()
	for at < int64(len(b)) && bytes.IndexByte([]byte(" \t\r\n,:"), b[at]) >= 0 {
		at++
	}
	return at
}

// checkPoster fails on a template that puts a token which the vocabulary does not have.
func (t *Tokenizer) checkPoster(p poster) error {
	var ids []uint32
	switch p := p.(type) {
	case posters:
		for _, one := range p {
			if err := t.checkPoster(one); err != nil {
				return err
			}
		}
	case *template:
		for _, part := range append(p.single[:len(p.single):len(p.single)], p.pair...) {
			ids = append(ids, part.ids...)
		}
	case *pairing:
		ids = []uint32{p.first, p.last}
	}
	for _, id := range ids {
		if t.Token(id) == nil {
			return fmt.Errorf("tokenize: post_processor: id %d is no token", id)
		}
	}
	return nil
}
