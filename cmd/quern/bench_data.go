package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/dedup"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/shard"
)

// documents are what data benches read: those of a dataset, or those of the quickstart's sample without quern's own source.
func (b *bench) documents() ([]quern.Doc, error) {
	var docs []quern.Doc
	size := 0
	take := func(src quern.Source) error {
		units, err := src.Units(b.ctx)
		if err != nil {
			return err
		}
		for _, u := range units {
			for d, err := range src.Docs(b.ctx, u) {
				if errors.Is(err, quern.ErrRecord) {
					continue
				}
				if err != nil {
					return err
				}
				c := *d
				c.Text = bytes.Clone(d.Text)
				c.Marks, c.Tokens = nil, nil
				docs = append(docs, c)
				if size += len(c.Text); float64(size) > b.mb*1e6 {
					return nil
				}
			}
		}
		return nil
	}
	if b.texts != "" {
		m, err := quern.LoadManifest(quern.Local(b.texts))
		if err != nil {
			return nil, err
		}
		if err := take(shard.TextSource{Dir: quern.Local(b.texts), Name: m.Step, Shards: m.Shards}); err != nil {
			return nil, err
		}
	} else if err := b.sample(take); err != nil {
		return nil, err
	}
	if len(docs) == 0 {
		return nil, errors.New("no documents to measure on")
	}
	for i, n := 0, len(docs); float64(size) < b.mb*1e6; i++ { // a smaller dataset is read again, under other names
		c := docs[i%n]
		c.ID = quern.NewID("again", fmt.Sprint(i))
		docs = append(docs, c)
		size += len(c.Text)
	}
	return docs, nil
}

// sample ingests the embedded sample.
func (b *bench) sample(take func(quern.Source) error) error {
	dir, err := os.MkdirTemp("", "quern-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := writeSample(dir); err != nil {
		return err
	}
	spec, err := pipelines.LoadSpec(filepath.Join(dir, "quickstart.yaml"), nil)
	if err != nil {
		return err
	}
	for _, in := range spec.Ingest {
		src, err := spec.Source(in)
		if err != nil {
			return err
		}
		if err := take(src); err != nil {
			return err
		}
	}
	return nil
}

func benchClean(b *bench, r *benchResult) error {
	docs, err := b.documents()
	if err != nil {
		return err
	}
	links, err := pipelines.ParseRules(b.rules)
	if err != nil {
		return usageError{err}
	}
	// Every rule measures every document, so that a figure does not depend on what is dropped.
	return b.measure(docs, r, func() (func(*quern.Doc) error, error) {
		chain, err := clean.NewChain(links, true)
		if err != nil {
			return nil, err
		}
		return func(d *quern.Doc) error {
			_, err := chain.Apply(d)
			return err
		}, nil
	})
}

func benchDedup() dedup.Config {
	exact, near := dedup.DefaultExact(), dedup.DefaultNear()
	return dedup.Config{Exact: &exact, Near: &near}
}

func benchMinhash(b *bench, r *benchResult) error {
	docs, err := b.documents()
	if err != nil {
		return err
	}
	var n atomic.Int64
	return b.measure(docs, r, func() (func(*quern.Doc) error, error) {
		dir := &quern.Memory{}
		sink, err := benchDedup().Signer(1, dir, fmt.Sprint(n.Add(1)))
		if err != nil {
			return nil, err
		}
		return sink.Put, nil
	})
}

// memorySource is one unit of documents in memory.
type memorySource []quern.Doc

func (m memorySource) Units(context.Context) ([]quern.Unit, error) {
	return []quern.Unit{{Name: "memory", Source: "bench", Domain: "web"}}, nil
}

func (m memorySource) Docs(context.Context, quern.Unit) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		for i := range m {
			d := m[i]
			d.Row = quern.Row{Index: i}
			if !yield(&d, nil) {
				return
			}
		}
	}
}

// benchCluster plants a near duplicate of every fifth document and times the search for all of them, signing not counted.
func benchCluster(b *bench, r *benchResult) error {
	docs, err := b.documents()
	if err != nil {
		return err
	}
	for i := range docs {
		if i%5 == 0 {
			d := docs[i]
			d.ID = quern.NewID("near", fmt.Sprint(i))
			d.Text = append(bytes.Clone(d.Text), fmt.Sprintf(" and one more line, number %d", i)...)
			docs = append(docs, d)
		}
	}
	c := benchDedup()
	dir := &quern.Memory{}
	sink, err := c.Signer(1, dir, "00000")
	if err != nil {
		return err
	}
	for i := range docs {
		if err := sink.Put(&docs[i]); err != nil {
			return err
		}
		r.Docs++
		r.Bytes += int64(len(docs[i].Text))
	}
	s, err := sink.Commit()
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "quern-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	sets := []dedup.Dataset{{Name: "bench", Domain: "web", Dir: dir, Shards: []quern.Shard{s}, Texts: memorySource(docs)}}
	start := seconds()
	_, err = dedup.Cluster(b.ctx, c, 1, sets, &quern.Memory{}, scratch, 0, b.workers)
	r.Seconds = seconds() - start
	return err
}
