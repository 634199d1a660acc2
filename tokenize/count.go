package tokenize

// Count is how many ids Append gives. It keeps those of a few hundred pieces at a time.
func (e *Encoder) Count(text []byte) int {
	if e.t.rule == nil || !e.t.plain.none() || e.t.nfc {
		e.counted = e.Append(e.counted[:0], text)
		return len(e.counted)
	}
	count := 0
	for pos := 0; pos < len(text); {
		next, n := e.t.rule.split(text, pos, &e.ends)
		e.counted = e.append(e.counted[:0], text, pos, n)
		count += len(e.counted)
		pos = next
	}
	return count
}

// Pieces is how many pieces a text is cut into before merges; 0 if the tokenizer is not Fast.
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
