package tokenize

// split writes the ends of the pieces of text from pos on to ends, until it is nearly full; it returns where the last one ended and
// how many there are.
func (r *rule) split(text []byte, pos int, ends *[batch + 64]int) (int, int) {
	n := 0
	for pos < len(text) && n < batch {
		pos = r.next(text, pos)
		ends[n] = pos
		n++
	}
	return pos, n
}
