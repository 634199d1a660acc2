package ngram

import "unicode/utf8"

// Tokens is a way to cut a line into tokens.
type Tokens int

const (
	// Words are runs of bytes that are not NUL, tab, line feed, vertical tab, form feed, carriage return or space, as KenLM cuts.
	Words Tokens = iota
	// Characters makes each code point a token, and each run of the same space one, written as U+2581. Space at the ends is none.
	Characters
)

var spaceToken = []byte("\u2581")

// next gives the bounds of the first token at or behind at; equal bounds mean that there is none.
func (t Tokens) next(line []byte, at int) (from, to int) {
	if t == Words {
		for at < len(line) && isSpace(line[at]) {
			at++
		}
		from = at
		for at < len(line) && !isSpace(line[at]) {
			at++
		}
		return from, at
	}
	from = at
	for at < len(line) && isSpace(line[at]) {
		at++
	}
	if at == len(line) {
		return at, at
	}
	if at > from && from > 0 {
		return from, at
	}
	_, n := utf8.DecodeRune(line[at:])
	return at, at + n
}

func isSpace(c byte) bool { return c == ' ' || c == 0 || c-'\t' < 5 }
