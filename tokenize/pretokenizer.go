package tokenize

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// A cutter cuts a text into pieces, which a model turns into ids one by one. It may rewrite a piece, too.
type cutter interface {
	cut(dst []aligned, a aligned) ([]aligned, error)
}

// newCutter builds a pre_tokenizer of a tokenizer.json; nil for none. byteLevel tells that pieces go to the model byte by byte: ByteLevel.
func newCutter(p *hfPart) (c cutter, byteLevel bool, err error) {
	if p == nil {
		return nil, false, nil
	}
	switch p.Type {
	case "Sequence":
		return newCutters(p)
	case "ByteLevel":
		c, err := byteLevelCutter(p)
		return c, true, err
	}
	c, err = newCharCutter(p)
	return c, false, err
}

// newCutters builds a Sequence.
func newCutters(p *hfPart) (all cutters, byteLevel bool, err error) {
	known, n := knownSplits(p.Pretokenizers)
	if n > 0 {
		all = append(all, splitter{ruleMatcher{known}, isolated, false})
	}
	for i := n; i < len(p.Pretokenizers); i++ {
		if byteLevel {
			return nil, false, fmt.Errorf("tokenize: pre_tokenizer %q behind ByteLevel", p.Pretokenizers[i].Type)
		}
		c, bytes, err := newCutter(&p.Pretokenizers[i])
		if err != nil {
			return nil, false, err
		}
		byteLevel = bytes
		if many, ok := c.(cutters); ok {
			all = append(all, many...)
		} else if c != nil {
			all = append(all, c)
		}
	}
	return all, byteLevel, nil
}

// byteLevelCutter is what a ByteLevel cuts; nil if it does not.
func byteLevelCutter(p *hfPart) (cutter, error) {
	var all cutters
	if p.AddPrefixSpace == nil || *p.AddPrefixSpace {
		all = append(all, leadingSpace{})
	}
	if p.UseRegex == nil || *p.UseRegex {
		gpt2, err := ruleByName("gpt2")
		if err != nil {
			return nil, err
		}
		all = append(all, splitter{ruleMatcher{gpt2}, isolated, false})
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, nil
}

// newCharCutter builds a pre_tokenizer that leaves characters what they are.
func newCharCutter(p *hfPart) (cutter, error) {
	switch p.Type {
	case "Split":
		m, err := p.Pattern.matcher()
		if err != nil {
			return nil, err
		}
		b, err := parseBehavior(p.Behavior)
		return splitter{m, b, p.Invert}, err
	case "Whitespace":
		return splitter{classes{wordOrNot}, removed, true}, nil
	case "WhitespaceSplit":
		return splitter{each{unicode.IsSpace}, removed, false}, nil
	case "Punctuation":
		b, err := isolated, error(nil)
		if p.Behavior != "" {
			b, err = parseBehavior(p.Behavior)
		}
		return splitter{each{isPunctuation}, b, false}, err
	case "BertPreTokenizer":
		return cutters{splitter{each{unicode.IsSpace}, removed, false}, splitter{each{isPunctuation}, isolated, false}}, nil
	case "Digits":
		b := contiguous
		if p.IndividualDigits {
			b = isolated
		}
		return splitter{each{isNumeric}, b, false}, nil
	case "CharDelimiterSplit":
		r, n := utf8.DecodeRuneInString(p.Delimiter)
		if n == 0 || n != len(p.Delimiter) {
			return nil, fmt.Errorf("tokenize: CharDelimiterSplit: delimiter %q, want one character", p.Delimiter)
		}
		return splitter{each{func(c rune) bool { return c == r }}, removed, false}, nil
	case "Metaspace":
		return newMetaspace(p)
	case "UnicodeScripts":
		return scriptCutter{}, nil
	case "FixedLength":
		n := 5
		if p.Length != nil {
			n = *p.Length
		}
		if n < 1 {
			return nil, fmt.Errorf("tokenize: FixedLength: length %d", n)
		}
		return fixedLength(n), nil
	}
	return nil, fmt.Errorf("tokenize: unknown pre_tokenizer %q", p.Type)
}

// cutters cut one after the other.
type cutters []cutter

func (cs cutters) cut(dst []aligned, a aligned) ([]aligned, error) {
	pieces := []aligned{a}
	for _, c := range cs {
		var next []aligned
		for _, p := range pieces {
			var err error
			if next, err = c.cut(next, p); err != nil {
				return dst, err
			}
		}
		pieces = next
		if err := checkPieces(pieces, len(a.text)); err != nil {
			return dst, err
		}
	}
	return append(dst, pieces...), nil
}

// leadingSpace puts a space before a text that begins with none.
type leadingSpace struct{}

func (leadingSpace) cut(dst []aligned, a aligned) ([]aligned, error) {
	if len(a.text) > 0 && a.text[0] != ' ' {
		var err error
		if a, err = prepend(" ").normalize(a); err != nil {
			return dst, err
		}
	}
	return append(dst, a), nil
}

// behavior says what becomes of what a Split matches.
type behavior uint8

const (
	removed behavior = iota
	isolated
	mergedWithPrevious
	mergedWithNext
	contiguous
)

var behaviors = map[string]behavior{"Removed": removed, "Isolated": isolated, "MergedWithPrevious": mergedWithPrevious,
	"MergedWithNext": mergedWithNext, "Contiguous": contiguous}

func parseBehavior(name string) (behavior, error) {
	b, ok := behaviors[name]
	if !ok {
		return 0, fmt.Errorf("tokenize: unknown behavior %q of a split", name)
	}
	return b, nil
}

// splitter cuts at what a pattern matches; inverted, at what it leaves.
type splitter struct {
	pattern  matcher
	behavior behavior
	invert   bool
}

// stretch is a part of a text that is, or is not, a delimiter.
type stretch struct {
	match
	delimiter bool
}

func (s splitter) cut(dst []aligned, a aligned) ([]aligned, error) {
	found, err := s.pattern.all(nil, a.text)
	if err != nil {
		return dst, err
	}
	var parts []stretch
	at := 0
	for _, m := range found {
		if m.from > at {
			parts = append(parts, stretch{match{at, m.from}, s.invert})
		}
		if m.to > m.from {
			parts = append(parts, stretch{m, !s.invert})
		}
		at = m.to
	}
	if at < len(a.text) {
		parts = append(parts, stretch{match{at, len(a.text)}, s.invert})
	}
	for _, p := range s.behavior.join(parts) {
		dst = append(dst, a.slice(p.from, p.to))
	}
	return dst, nil
}

// join applies the behavior to the parts of a text.
func (b behavior) join(parts []stretch) (out []stretch) {
	switch b {
	case removed:
		for _, p := range parts {
			if !p.delimiter {
				out = append(out, p)
			}
		}
	case isolated:
		out = parts
	case mergedWithPrevious:
		before := false
		for _, p := range parts {
			if p.delimiter && !before && len(out) > 0 {
				out[len(out)-1].to = p.to
			} else {
				out = append(out, p)
			}
			before = p.delimiter
		}
	case mergedWithNext:
		before := false // the next part is a delimiter
		for i := len(parts) - 1; i >= 0; i-- {
			p := parts[i]
			if p.delimiter && !before && len(out) > 0 {
				out[len(out)-1].from = p.from
			} else {
				out = append(out, p)
			}
			before = p.delimiter
		}
		for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
			out[i], out[j] = out[j], out[i]
		}
	case contiguous:
		for i, p := range parts {
			if i > 0 && p.delimiter == parts[i-1].delimiter {
				out[len(out)-1].to = p.to
			} else {
				out = append(out, p)
			}
		}
	}
	return out
}

// each matches single characters.
type each struct{ in func(rune) bool }

func (e each) all(dst []match, text []byte) ([]match, error) {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if e.in(r) {
			dst = append(dst, match{i, i + n})
		}
		i += n
	}
	return dst, nil
}

// classes matches runs of characters of one class that is not 0.
type classes struct{ of func(rune) int }

func (c classes) all(dst []match, text []byte) ([]match, error) {
	last := 0
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		class := c.of(r)
		switch {
		case class != 0 && class == last:
			dst[len(dst)-1].to = i + n
		case class != 0:
			dst = append(dst, match{i, i + n})
		}
		last = class
		i += n
	}
	return dst, nil
}

// wordOrNot is \w+|[^\w\s]+ by characters.
func wordOrNot(r rune) int {
	switch {
	case isWord(r):
		return 1
	case unicode.IsSpace(r):
		return 0
	}
	return 2
}

// metaspace makes spaces visible and cuts before them, in the way of SentencePiece.
type metaspace struct {
	mark   []byte
	scheme string // "always", "first", "never"
	split  bool
}

func newMetaspace(p *hfPart) (*metaspace, error) {
	m := &metaspace{mark: []byte(p.Replacement), scheme: p.PrependScheme, split: p.Split == nil || *p.Split}
	if len(m.mark) == 0 {
		m.mark = []byte("▁")
	}
	if utf8.RuneCount(m.mark) != 1 {
		return nil, fmt.Errorf("tokenize: Metaspace: replacement %.40q, want one character", m.mark)
	}
	if m.scheme == "" {
		m.scheme = "always"
		if p.AddPrefixSpace != nil && !*p.AddPrefixSpace {
			m.scheme = "never"
		}
	}
	switch m.scheme {
	case "always", "first", "never":
		return m, nil
	}
	return nil, fmt.Errorf("tokenize: Metaspace: unknown prepend_scheme %q", m.scheme)
}

func (m *metaspace) cut(dst []aligned, a aligned) ([]aligned, error) {
	first := a.first()
	a, err := replace{literal(" "), m.mark}.normalize(a)
	if err != nil {
		return dst, err
	}
	if (m.scheme == "always" || m.scheme == "first" && first) && !bytes.HasPrefix(a.text, m.mark) {
		if a, err = prepend(m.mark).normalize(a); err != nil {
			return dst, err
		}
	}
	if !m.split {
		return append(dst, a), nil
	}
	return splitter{literal(m.mark), mergedWithNext, false}.cut(dst, a)
}
