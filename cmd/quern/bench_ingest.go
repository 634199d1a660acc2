package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/shard"
)

// benchIngest reads inputs of the outside world again and again, and writes text shards if asked to.
func benchIngest(b *bench, r *benchResult) error {
	if len(b.inputs) == 0 {
		return usageError{errors.New("bench ingest needs --input, once or more, and --format where the name does not tell it")}
	}
	type work struct {
		source quern.Source
		unit   quern.Unit
	}
	var all []work
	for _, path := range b.inputs {
		src, err := pipelines.OpenInput(path, b.format, b.fields, b.options)
		if err != nil {
			return usageError{err}
		}
		files, err := src.Files(b.ctx)
		if err != nil {
			return err
		}
		for _, f := range files {
			r.packed += max(f.Size, 0)
		}
		units, err := src.Units(b.ctx)
		if err != nil {
			return err
		}
		for _, u := range units {
			all = append(all, work{src, u})
		}
	}
	dir, err := os.MkdirTemp("", "quern-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var docs, text, raw, skipped, rounds atomic.Int64
	one := func(ctx context.Context, name string, w work) error {
		var sink quern.Sink = discard{}
		if b.write {
			var err error
			if sink, err = shard.Text(quern.Local(dir), name); err != nil {
				return err
			}
		}
		for d, err := range w.source.Docs(ctx, w.unit) {
			if errors.Is(err, quern.ErrRecord) {
				skipped.Add(1)
				continue
			}
			if err == nil {
				err = sink.Put(d)
			}
			if err != nil {
				sink.Abort()
				return err
			}
			docs.Add(1)
			text.Add(int64(len(d.Text)))
			for _, m := range d.Marks {
				if m.Name == "raw_bytes" {
					raw.Add(int64(m.Value))
				}
			}
		}
		_, err := sink.Commit()
		return err
	}
	start := time.Now()
	for time.Since(start).Seconds() < b.seconds {
		err := quern.Each(b.ctx, b.workers, len(all), func(ctx context.Context, worker, i int) error {
			return one(ctx, fmt.Sprintf("%05d", i), all[i])
		})
		if err != nil {
			return err
		}
		rounds.Add(1)
	}
	r.Seconds = time.Since(start).Seconds()
	r.Docs, r.Bytes, r.Skipped = docs.Load(), text.Load(), skipped.Load()
	r.packed *= rounds.Load()
	r.raw = raw.Load()
	return nil
}

// discard is a sink that keeps nothing.
type discard struct{}

func (discard) Put(*quern.Doc) error         { return nil }
func (discard) Commit() (quern.Shard, error) { return quern.Shard{}, nil }
func (discard) Abort()                       {}
