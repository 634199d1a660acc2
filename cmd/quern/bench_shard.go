package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
	"github.com/seed-83c59573/quern/tokenize"
)

// shardRow is one way of keeping tokens, or of reading them. MB are those of tokens of 4 bytes.
type shardRow struct {
	Name     string  `json:"name"`
	MBPerS   float64 `json:"mb_per_s,omitempty"`
	PerToken float64 `json:"bytes_a_token,omitempty"` // of the file that is written
	Micros   float64 `json:"us_a_window,omitempty"`   // of 2,048 tokens at a random place
	Lost     float64 `json:"tokens_lost,omitempty"`   // share, of packing
	Used     float64 `json:"places_used,omitempty"`   // share, of packing
}

func printShard(out io.Writer, rows []shardRow) {
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "of tokens\tMB/s\tbytes a token\tus a window\ttokens lost\tplaces used\t")
	cell := func(format string, x float64) string {
		if x == 0 {
			return ""
		}
		return fmt.Sprintf(format, x)
	}
	for _, r := range rows {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t\n", r.Name, cell("%.0f", r.MBPerS), cell("%.2f", r.PerToken), cell("%.2f", r.Micros), cell("%.3f", r.Lost), cell("%.4f", r.Used))
	}
	tw.Flush()
}

// benchShard writes the documents' tokens in every form of a corpus and reads them, in a folder of the system's for such.
func benchShard(b *bench, r *benchResult) error {
	docs, err := b.documents()
	if err != nil {
		return err
	}
	learn := tokenize.DefaultLearn()
	learn.Vocab = 16384
	counter := tokenize.NewCounter(learn)
	for i := range docs {
		counter.Add(docs[i].Text)
	}
	tok, err := counter.Learn()
	if err != nil {
		return err
	}
	stage, tokens := tok.Stage(), int64(0)
	for i := range docs {
		if _, err := stage.Apply(&docs[i]); err != nil {
			return err
		}
		tokens += int64(len(docs[i].Tokens))
		docs[i].Tokens = append([]uint32(nil), docs[i].Tokens...)
		r.Docs, r.Bytes = r.Docs+1, r.Bytes+int64(len(docs[i].Text))
	}
	r.tokens = tokens
	tmp, err := os.MkdirTemp("", "quern-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	s := &shardBench{b, r, quern.Local(tmp), docs, tokens}
	start := time.Now()
	defer func() { r.Seconds = time.Since(start).Seconds() }()
	packed := func(how string) shard.Corpus {
		return shard.Corpus{Arrow: &shard.ArrowOptions{Rows: 2048, Pack: how}}
	}
	for _, x := range []struct {
		name string
		form shard.Corpus
		blob int
	}{
		{"write .bin and .idx", shard.Corpus{}, 0},
		{"and Parquet", shard.Corpus{Parquet: &shard.ParquetOptions{}}, 2},
		{"and Arrow, " + shard.PackConcat, packed(shard.PackConcat), 2},
		{"and Arrow, " + shard.PackBestFit, packed(shard.PackBestFit), 2},
		{"and Arrow, " + shard.PackBFD, packed(shard.PackBFD), 2},
	} {
		if err := s.write(x.name, x.form, x.blob); err != nil {
			return err
		}
	}
	return s.read()
}

type shardBench struct {
	*bench
	r      *benchResult
	dir    quern.Local
	docs   []quern.Doc
	tokens int64
}

// again runs f until the time is up and returns the seconds of the fastest run.
func (s *shardBench) again(f func() error) (best float64, err error) {
	for start := time.Now(); best == 0 || time.Since(start).Seconds() < s.seconds/8; {
		if err := s.ctx.Err(); err != nil {
			return 0, err
		}
		at := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		if t := max(1e-9, time.Since(at).Seconds()); best == 0 || t < best {
			best = t
		}
	}
	return best, nil
}

func (s *shardBench) mb(seconds float64) float64 { return 4 * float64(s.tokens) / 1e6 / seconds }

func (s *shardBench) write(name string, form shard.Corpus, blob int) error {
	var sh quern.Shard
	best, err := s.again(func() error {
		sink, err := form.Sink(s.dir, "0", 4, shard.Lineage{})
		if err != nil {
			return err
		}
		for i := range s.docs {
			if err := sink.Put(&s.docs[i]); err != nil {
				sink.Abort()
				return err
			}
		}
		sh, err = sink.Commit()
		return err
	})
	if err != nil {
		return err
	}
	row := shardRow{Name: name, MBPerS: s.mb(best), PerToken: float64(sh.Blobs[blob].Size) / float64(s.tokens)}
	if form.Arrow != nil {
		lengths := make([]int, len(s.docs))
		for i := range lengths {
			lengths[i] = len(s.docs[i].Tokens)
		}
		_, p, err := shard.Pack(form.Arrow.Pack, form.Arrow.Rows, lengths)
		if err != nil {
			return err
		}
		row.Lost, row.Used = float64(p.Lost)/float64(p.Tokens), p.Utilization()
	}
	s.r.Shard = append(s.r.Shard, row)
	return nil
}

// read reads what was written last, and the Parquet.
func (s *shardBench) read() error {
	row := func(name string, f func() error) error {
		best, err := s.again(f)
		s.r.Shard = append(s.r.Shard, shardRow{Name: name, MBPerS: s.mb(best)})
		return err
	}
	if err := row("verify .bin and .idx", func() error { return shard.VerifyTokens(s.dir, "0") }); err != nil {
		return err
	}
	if err := row("read Parquet by input_ids", func() error {
		return shard.ReadTokenLists(s.dir, "0.parquet", "input_ids", func(int64, []uint32) error { return nil })
	}); err != nil {
		return err
	}
	if err := row("read Arrow in place and sum", func() error { return sumRows(s.dir) }); err != nil {
		return err
	}
	tokens, err := shard.OpenTokens(s.dir, []quern.Shard{{Name: "0.bin"}})
	if err != nil {
		return err
	}
	defer tokens.Close()
	window := make([]int32, min(2048, tokens.Len()))
	const windows = 20_000
	at := uint64(1)
	best, err := s.again(func() error {
		for range windows {
			at = at*6364136223846793005 + 1442695040888963407
			if err := tokens.Read(window, int64(at>>20)%(tokens.Len()-int64(len(window))+1)); err != nil {
				return err
			}
		}
		return nil
	})
	s.r.Shard = append(s.r.Shard, shardRow{Name: "random windows of .bin", Micros: 1e6 * best / windows})
	return err
}

// sumRows sums the tokens of an Arrow file; the sum is of no use but that they were read.
func sumRows(dir quern.Dir) error {
	r, err := shard.OpenRows(dir, "0.arrow")
	if err != nil {
		return err
	}
	defer r.Close()
	var sum [4]int32
	for i := range r.Batches() {
		t, err := r.Batch(i)
		if err != nil {
			return err
		}
		for ; len(t) >= 4; t = t[4:] {
			sum[0], sum[1], sum[2], sum[3] = sum[0]+t[0], sum[1]+t[1], sum[2]+t[2], sum[3]+t[3]
		}
	}
	if sum == [4]int32{} {
		return fmt.Errorf("0.arrow: all tokens are 0")
	}
	return nil
}
