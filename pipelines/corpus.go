package pipelines

import (
	"context"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
	"github.com/seed-83c59573/quern/tokenize"
)

// tokenizerOf loads the tokenizer of a learn step.
func (e *Env) tokenizerOf(m quern.Manifest) (*tokenize.Tokenizer, error) {
	b, err := quern.ReadBlob(e.dataset(m), tokenizerName)
	if err != nil {
		return nil, err
	}
	return tokenize.Parse(b)
}

// tokenizeStep encodes the surviving texts of one source. Its inputs are learn, the texts and the rulings of deduplication.
type tokenizeStep struct {
	env *Env
	in  Input
}

func (s *tokenizeStep) Head(context.Context, []quern.Manifest) (quern.Manifest, error) {
	return headOf(map[string]any{"source": s.in.Name}, tokenize.Version+"/"+shard.Version)
}

func (s *tokenizeStep) Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	tok, err := s.env.tokenizerOf(in[0])
	if err != nil {
		return quern.Manifest{}, err
	}
	before, err := s.env.rulings(in[2:])
	if err != nil {
		return quern.Manifest{}, err
	}
	width := shard.TokenWidth(tok.Vocab())
	p := s.env.datasetPass("tokenize."+s.in.Name, before.survivors(s.env.textSource(in[1], s.in), s.in.Name), dir, func(name string) (quern.Sink, error) {
		return shard.Tokens(dir, name, width)
	})
	p.Stages = oneStage(func() (quern.Stage, error) { return tok.Stage(), nil })
	return p.Run(ctx)
}

// split tells the training shards of a corpus from the validation shards.
func split(m quern.Manifest) (train, validation []quern.Shard) {
	for _, s := range m.Shards {
		if strings.HasPrefix(s.Name, "validation-") {
			validation = append(validation, s)
		} else {
			train = append(train, s)
		}
	}
	return train, validation
}
