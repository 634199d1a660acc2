package tokenize

import "github.com/seed-83c59573/quern"

// Stage gives a stage that fills Tokens with the ids of the text and the end-of-text token. It keeps every document and leaves the text as
// it is.
func (t *Tokenizer) Stage() quern.Stage { return &stage{t, t.NewEncoder()} }

type stage struct {
	t       *Tokenizer
	encoder *Encoder
}

func (s *stage) Apply(d *quern.Doc) (quern.Verdict, error) {
	d.Tokens = append(s.encoder.Append(d.Tokens[:0], d.Text), s.t.end)
	return quern.Keep, s.encoder.Err()
}
