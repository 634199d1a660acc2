package ingest

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	maxDepth  = 10000 // arrays and objects within each other
	fewNames  = 32    // up to this many names of one object are compared one by one
	jsonLows  = 0x0101010101010101
	jsonHighs = 0x8080808080808080
)

// jsonScan checks one JSON text (RFC 8259) in a single pass: grammar, depth, escapes in pairs, distinct names (as unescaped). The text
// must be known to be UTF-8. It builds nothing; the members of the outermost object are shown to visit as they stand.
type jsonScan struct {
	b       []byte
	at      int
	escaped bool // whether the last string has escapes
	spaces  int  // signs between tokens so far
	fault   jsonFault

	visit  func(name, value []byte, spaced bool) // name without quotes, unescaped
	names  [][]byte                              // of the objects that are open
	arena  []byte                                // names that had escapes
	frames int                                   // objects so far
	many   map[frameName]struct{}                // names in objects of many
}

type frameName struct {
	frame int
	name  string
}

// jsonFault is why a text is refused.
type jsonFault struct {
	reason, what string
	at           int
}

func (f *jsonFault) Error() string { return fmt.Sprintf("byte %d: %s", f.at, f.what) }

func (s *jsonScan) fail(what string) bool {
	s.fault = jsonFault{"bad-json", what, s.at}
	return false
}

// text scans b, which is one value with nothing but spaces around it.
func (s *jsonScan) text(b []byte) bool {
	s.b, s.at, s.spaces, s.frames = b, 0, 0, 0
	s.names, s.arena = s.names[:0], s.arena[:0]
	if len(s.many) > 0 {
		clear(s.many)
	}
	s.space()
	if !s.value(0) {
		return false
	}
	if s.space(); s.at < len(b) {
		return s.fail("data after the value")
	}
	return true
}

func (s *jsonScan) space() {
	for s.at < len(s.b) {
		switch s.b[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
			s.spaces++
		default:
			return
		}
	}
}

// peek is the next byte, 0 at the end.
func (s *jsonScan) peek() byte {
	if s.at < len(s.b) {
		return s.b[s.at]
	}
	return 0
}

func (s *jsonScan) value(depth int) bool {
	switch s.peek() {
	case '"':
		return s.str()
	case '{':
		return s.object(depth)
	case '[':
		return s.array(depth)
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	}
	return s.number()
}

func (s *jsonScan) literal(word string) bool {
	if len(s.b)-s.at < len(word) || string(s.b[s.at:s.at+len(word)]) != word {
		return s.fail("no value")
	}
	s.at += len(word)
	return true
}

func (s *jsonScan) digits() bool {
	from := s.at
	for s.at < len(s.b) && s.b[s.at]-'0' <= 9 {
		s.at++
	}
	return s.at > from
}

func (s *jsonScan) number() bool {
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else if !s.digits() {
		return s.fail("no value")
	}
	if s.peek() == '.' {
		if s.at++; !s.digits() {
			return s.fail("a number without digits after its point")
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		if !s.digits() {
			return s.fail("a number without an exponent")
		}
	}
	return true
}

func (s *jsonScan) array(depth int) bool {
	if depth >= maxDepth {
		return s.fail("nested too deep")
	}
	s.at++
	if s.space(); s.peek() == ']' {
		s.at++
		return true
	}
	for {
		if !s.value(depth + 1) {
			return false
		}
		s.space()
		switch s.peek() {
		case ',':
			s.at++
			s.space()
		case ']':
			s.at++
			return true
		default:
			return s.fail("no comma and no end in an array")
		}
	}
}

func (s *jsonScan) object(depth int) bool {
	if depth >= maxDepth {
		return s.fail("nested too deep")
	}
	frame, first := s.frames, len(s.names)
	s.frames++
	s.at++
	if s.space(); s.peek() == '}' {
		s.at++
		return true
	}
	for {
		if s.peek() != '"' {
			return s.fail("no name in an object")
		}
		from := s.at
		if !s.str() || !s.name(frame, first, s.b[from+1:s.at-1]) {
			return false
		}
		if s.space(); s.peek() != ':' {
			return s.fail("no colon after a name")
		}
		s.at++
		s.space()
		value, spaces := s.at, s.spaces
		if !s.value(depth + 1) {
			return false
		}
		if depth == 0 && s.visit != nil {
			s.visit(s.names[len(s.names)-1], s.b[value:s.at], s.spaces > spaces)
		}
		s.space()
		switch s.peek() {
		case ',':
			s.at++
			s.space()
		case '}':
			s.at++
			s.names = s.names[:first]
			return true
		default:
			return s.fail("no comma and no end in an object")
		}
	}
}

// name adds a name to those of its object, which begin at first.
func (s *jsonScan) name(frame, first int, name []byte) bool {
	if s.escaped {
		n := len(s.arena)
		s.arena = unquote(s.arena, name)
		name = s.arena[n:len(s.arena):len(s.arena)]
	}
	twice := false
	if n := len(s.names) - first; n < fewNames {
		for _, other := range s.names[first:] {
			if len(other) == len(name) && string(other) == string(name) {
				twice = true
			}
		}
	} else {
		if s.many == nil {
			s.many = map[frameName]struct{}{}
		}
		if n == fewNames {
			for _, other := range s.names[first:] {
				s.many[frameName{frame, string(other)}] = struct{}{}
			}
		}
		if _, twice = s.many[frameName{frame, string(name)}]; !twice {
			s.many[frameName{frame, string(name)}] = struct{}{}
		}
	}
	if twice {
		s.fault = jsonFault{"duplicate-key", fmt.Sprintf("the name %q twice in one object", name[:min(len(name), 100)]), s.at}
		return false
	}
	s.names = append(s.names, name)
	return true
}

// plainString skips bytes that mean themselves in a string: all but quotes, backslashes and controls.
func plainString(b []byte, i int) int {
	for i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		q, e := w^('"'*jsonLows), w^('\\'*jsonLows)
		m := ((q-jsonLows)&^q | (e-jsonLows)&^e | (w-' '*jsonLows)&^w) & jsonHighs
		if m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
		i++
	}
	return i
}

// str scans a string, from its first quote.
func (s *jsonScan) str() bool {
	s.escaped = false
	i := s.at + 1
	for {
		i = plainString(s.b, i)
		if i >= len(s.b) {
			s.at = i
			return s.fail("a string without end")
		}
		switch s.b[i] {
		case '"':
			s.at = i + 1
			return true
		case '\\':
			s.escaped = true
			if i+1 < len(s.b) && (s.b[i+1] == 'n' || s.b[i+1] == '"') { // most are line ends and quotes
				i += 2
				continue
			}
			n := s.escape(s.b[i:])
			if n == 0 {
				s.fault.at = i
				return false
			}
			i += n
		default:
			s.at = i
			return s.fail("a control character in a string")
		}
	}
}

// escape is the length of the escape, or pair of escapes, at the start of b; 0 if it is none.
func (s *jsonScan) escape(b []byte) int {
	s.fault = jsonFault{reason: "bad-json", what: "an escape that JSON does not have"}
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
	default:
		return 0
	}
	r := hex4(b)
	if r < 0 {
		return 0
	}
	if !utf16.IsSurrogate(r) {
		return 6
	}
	if next := hex4(b[6:]); next >= 0 && utf16.DecodeRune(r, next) != utf8.RuneError {
		return 12
	}
	if !cutSurrogate(b[6:]) {
		s.fault = jsonFault{reason: "invalid-unicode", what: "half of a surrogate pair"}
	}
	return 0
}

// cutSurrogate reports that b ends within what may be the second half of a pair.
func cutSurrogate(b []byte) bool {
	for i, c := range b {
		ok := i >= 4 && hexDigit(c) >= 0
		switch i {
		case 0:
			ok = c == '\\'
		case 1:
			ok = c == 'u'
		case 2:
			ok = c|0x20 == 'd'
		case 3:
			ok = c|0x20 >= 'c' && c|0x20 <= 'f'
		}
		if !ok {
			return false
		}
	}
	return len(b) < 6
}

// hex4 is the value of an escape \uXXXX at the start of b, -1 if there is none.
func hex4(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	v := rune(0)
	for _, c := range b[2:6] {
		d := hexDigit(c)
		if d < 0 {
			return -1
		}
		v = v<<4 | d
	}
	return v
}

func hexDigit(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10
	}
	return -1
}
