package shard

import (
	"encoding/json"
	"fmt"

	"github.com/seed-83c59573/quern"
)

// Corpus says in which forms the finished corpus is written. The raw tokens, which the trainer reads, are always there.
type Corpus struct {
	Parquet *ParquetOptions `yaml:"parquet,omitempty"` // one row a document; nil = not written
	Arrow   *ArrowOptions   `yaml:"arrow,omitempty"`   // packed rows of equal length; nil = not written
}

// ParquetOptions has no choices yet.
type ParquetOptions struct{}

// ArrowOptions describes the packed rows.
type ArrowOptions struct {
	Rows int    `yaml:"rows"` // tokens in a row
	Pack string `yaml:"pack"` // how documents are laid into rows: concat, bestfit or bfd
}

// DefaultArrow is rows of 2,048 tokens, documents end to end.
func DefaultArrow() ArrowOptions { return ArrowOptions{Rows: 2048, Pack: PackConcat} }

// Validate refuses in words.
func (c Corpus) Validate() error {
	if c.Arrow != nil {
		if err := validPack(c.Arrow.Pack, c.Arrow.Rows); err != nil {
			return fmt.Errorf("shard: arrow: %w", err)
		}
	}
	return nil
}

// Lineage goes into the schema metadata of every file, so that a shard found alone still tells where it comes from.
type Lineage struct {
	Tokenizer quern.Digest
	Mix       quern.Digest
	Seed      uint64
	Pad       uint32 // the token that fills the last packed row
}

func (l Lineage) metadata() map[string]string {
	return map[string]string{"quern.tokenizer": string(l.Tokenizer), "quern.mix": string(l.Mix),
		"quern.seed": fmt.Sprint(l.Seed), "quern.version": Version}
}

// form is one file format of a corpus shard.
type form interface {
	put(d *quern.Doc) error
	finish() error // writes all that is left to write
	file() *blob   // which then waits to be committed
}

// Sink writes one shard of the corpus in all its forms: name.bin, name.idx and what the options ask for. All forms are written to
// their last byte before the first is committed, and the raw tokens are committed last, so that a shard which is found by them is
// whole.
func (c Corpus) Sink(dir quern.Dir, name string, width int, l Lineage) (quern.Sink, error) {
	s := &corpusSink{}
	var err error
	if s.tokens, err = newTokenSink(dir, name, width); err != nil {
		return nil, err
	}
	if c.Parquet != nil {
		var f form
		if f, err = newParquetForm(dir, name, l); err == nil {
			s.forms = append(s.forms, f)
		}
	}
	if c.Arrow != nil && err == nil {
		if s.packed, err = newArrowForm(dir, name, *c.Arrow, l); err == nil {
			s.forms = append(s.forms, s.packed)
		}
	}
	if err != nil {
		s.Abort()
		return nil, err
	}
	return s, nil
}

type corpusSink struct {
	tokens *tokenSink
	forms  []form
	packed *arrowForm // one of them, or nil
}

// CorpusInfo is what the manifest keeps of a shard of the corpus, as its Info.
type CorpusInfo struct {
	Packing *PackStats `json:"packing,omitempty"` // of its Arrow form
}

func (s *corpusSink) Put(d *quern.Doc) error {
	if len(d.Tokens) == 0 {
		return fmt.Errorf("document %s has no tokens, want at least the one that ends it", d.ID)
	}
	for _, f := range s.forms {
		if err := f.put(d); err != nil {
			return err
		}
	}
	return s.tokens.Put(d)
}

func (s *corpusSink) Commit() (sh quern.Shard, err error) {
	defer func() {
		if err != nil {
			s.Abort()
		}
	}()
	for _, f := range s.forms {
		if err := f.finish(); err != nil {
			return sh, err
		}
	}
	if err := s.tokens.finish(); err != nil {
		return sh, err
	}
	var blobs []quern.BlobInfo
	for _, f := range s.forms {
		b, err := f.file().commit()
		if err != nil {
			return sh, err
		}
		blobs = append(blobs, b)
	}
	if sh, err = s.tokens.commit(); err != nil {
		return sh, err
	}
	sh.Blobs = append(sh.Blobs, blobs...)
	if s.packed != nil {
		sh.Info, err = json.Marshal(CorpusInfo{&s.packed.stats})
	}
	return sh, err
}

func (s *corpusSink) Abort() {
	for _, f := range s.forms {
		f.file().abort()
	}
	s.tokens.Abort()
}
