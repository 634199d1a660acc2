package tokenize

import "unicode/utf8"

// Complete is the length of the longest start of b that does not end inside a character that could still be finished: what a stream of
// decoded ids may show already. Bytes that are no UTF-8 at all count as complete.
func Complete(b []byte) int {
	for back := 1; back <= min(len(b), utf8.UTFMax-1); back++ {
		i := len(b) - back
		if utf8.RuneStart(b[i]) {
			if b[i] >= utf8.RuneSelf && !utf8.FullRune(b[i:]) {
				return i
			}
			break
		}
	}
	return len(b)
}
