package clean

import (
	"slices"
	"unicode/utf8"
)

// textPlace is a part of a text, in bytes.
type textPlace struct{ from, to int }

// placeCutter takes places out of texts.
type placeCutter struct {
	places []textPlace // put in by the user; cut sorts them
	buf    []byte
}

// cut gives a text without the places and around code points before and behind each; what is left between them is joined by an empty
// line, but pieces of less than shortest code points. A text without places is one piece and comes back as it is; else the result is in
// buf. pieces counts the short ones too; left is code points of the others.
func (c *placeCutter) cut(text []byte, around, shortest int) (out []byte, pieces, left int) {
	if len(c.places) == 0 {
		return text, 1, codePoints(text)
	}
	for i := range c.places {
		p := &c.places[i]
		p.from, p.to = pointsBefore(text, p.from, around), pointsBehind(text, p.to, around)
	}
	slices.SortFunc(c.places, func(a, b textPlace) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return a.to - b.to
	})
	c.buf = c.buf[:0]
	take := func(piece []byte) {
		if len(piece) == 0 {
			return
		}
		pieces++
		n := codePoints(piece)
		if n < shortest {
			return
		}
		left += n
		if len(c.buf) > 0 {
			c.buf = append(c.buf, "\n\n"...)
		}
		c.buf = append(c.buf, piece...)
	}
	at := 0
	for _, p := range c.places {
		if p.from > at {
			take(text[at:p.from])
		}
		at = max(at, p.to)
	}
	take(text[at:])
	return c.buf, pieces, left
}

// pointsBefore is the offset n code points before at, or 0.
func pointsBefore(text []byte, at, n int) int {
	for ; n > 0 && at > 0; n-- {
		at--
		for at > 0 && !utf8.RuneStart(text[at]) {
			at--
		}
	}
	return at
}

// pointsBehind is the offset n code points behind at, or the end.
func pointsBehind(text []byte, at, n int) int {
	for ; n > 0 && at < len(text); n-- {
		at++
		for at < len(text) && !utf8.RuneStart(text[at]) {
			at++
		}
	}
	return at
}
