package tokenize

// Split names the rule by which texts are cut into pieces, one of Splits; "" if the tokenizer cuts in a way of its own.
func (t *Tokenizer) Split() string {
	if t.rule == nil {
		return ""
	}
	return t.rule.name
}
