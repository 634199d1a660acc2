package tokenize

// Count is how many ids Append gives.
func (e *Encoder) Count(text []byte) int { return len(e.Append(nil, text)) }

// Pieces is how many pieces a text is cut into before merges, as it stands: no added token is looked for and no normal form taken. It is 0 where the tokenizer has no such rule.
func (e *Encoder) Pieces(text []byte) int {
	if e.t.rule == nil {
		return 0
	}
	count := 0
	for pos := 0; pos < len(text); {
		next, n := e.t.rule.split(text, pos, &e.ends)
		count += n
		pos = next
	}
	return count
}
