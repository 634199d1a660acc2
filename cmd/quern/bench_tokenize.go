package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"text/tabwriter"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/tokenize"
)

// tokenizeResult is what the bench of tokenizers found. The JSON names here and below stay. MB are 10^6 bytes of text.
type tokenizeResult struct {
	Tokenizer string        `json:"tokenizer"`
	Vocab     int           `json:"vocab"`
	Fast      bool          `json:"fast"`              // by masks and caches of pieces
	LearnS    float64       `json:"learn_s,omitempty"` // without --tokenizer
	LoadS     float64       `json:"load_s,omitempty"`  // of the file until it can encode
	EncoderS  float64       `json:"encoder_s"`         // the first encoder with its first byte of text
	Sets      []tokenizeSet `json:"sets"`
	Odd       []tokenizeOdd `json:"odd"`
}

// tokenizeSet are the figures of one set of texts, one worker unless the name says more.
type tokenizeSet struct {
	Set          string           `json:"set"`
	Docs         int              `json:"docs"`
	Bytes        int              `json:"bytes"`
	Tokens       int              `json:"tokens"`
	Pieces       int              `json:"pieces,omitempty"` // before merges
	First        float64          `json:"first_mb_per_s"`   // a new encoder, its construction not counted
	Warm         float64          `json:"warm_mb_per_s"`    // best of several passes, as all below
	Split        float64          `json:"split_mb_per_s,omitempty"`
	Count        float64          `json:"count_mb_per_s"`
	Decode       float64          `json:"decode_mb_per_s"`
	AllocsPerDoc float64          `json:"allocs_per_doc"` // of a warm pass
	Parallel     []tokenizeAtOnce `json:"parallel"`
}

// tokenizeAtOnce is a warm pass of several workers.
type tokenizeAtOnce struct {
	Workers int     `json:"workers"`
	MBPerS  float64 `json:"mb_per_s"` // of all together
	Speedup float64 `json:"speedup"`  // over one
}

// tokenizeOdd is a text that has no place to cut, in two sizes.
type tokenizeOdd struct {
	Input  string  `json:"input"`
	Bytes  int     `json:"bytes"`
	MBPerS float64 `json:"mb_per_s"`
	Large  float64 `json:"large_mb_per_s"` // of eight times the size
	Growth float64 `json:"growth"`         // time a byte of the large one over that of the small: 1 is linear
}

// oddTexts are made to so many bytes.
var oddTexts = []struct {
	name string
	make func(n int) []byte
}{
	{"one letter", func(n int) []byte { return bytes.Repeat([]byte("a"), n) }},
	{"spaces", func(n int) []byte { return bytes.Repeat([]byte(" "), n) }},
	{"one word", func(n int) []byte { return bytes.Repeat([]byte("hello"), n/5) }},
	{"random letters", func(n int) []byte {
		b := make([]byte, n)
		for i, seed := 0, uint64(1); i < n; i++ {
			seed = quern.Seed(seed, "bench tokenize", quern.ID{})
			b[i] = 'a' + byte(seed%26)
		}
		return b
	}},
}

func benchTokenize(b *bench, r *benchResult) error {
	sets, err := b.textSets()
	if err != nil {
		return err
	}
	res := &tokenizeResult{}
	r.Tokenize = res
	tok, err := b.tokenizerFor(sets, res)
	if err != nil {
		return err
	}
	res.Tokenizer, res.Vocab, res.Fast = tok.Describe(), tok.Vocab(), tok.Fast()
	start := seconds()
	tok.NewEncoder().Append(nil, []byte("a"))
	res.EncoderS = seconds() - start
	for _, s := range sets {
		row, err := b.tokenizeSet(tok, s, r)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		res.Sets = append(res.Sets, row)
	}
	size := int(min(1e6, b.mb*1e6))
	for _, o := range oddTexts {
		row := tokenizeOdd{Input: o.name, Bytes: size}
		small, err := b.oddRate(tok, o.make(size))
		if err != nil {
			return err
		}
		large, err := b.oddRate(tok, o.make(8*size))
		if err != nil {
			return err
		}
		row.MBPerS, row.Large, row.Growth = small, large, small/large
		res.Odd = append(res.Odd, row)
	}
	return nil
}

// tokenizerFor opens --tokenizer, or learns one of 16,384 ids from the texts.
func (b *bench) tokenizerFor(sets []textSet, res *tokenizeResult) (*tokenize.Tokenizer, error) {
	if b.tokenizer != "" {
		var tok *tokenize.Tokenizer
		for range 3 {
			start := seconds()
			var err error
			if tok, err = pipelines.OpenTokenizer(b.tokenizer); err != nil {
				return nil, err
			}
			if took := seconds() - start; res.LoadS == 0 || took < res.LoadS {
				res.LoadS = took
			}
		}
		return tok, nil
	}
	learn := tokenize.DefaultLearn()
	learn.Vocab = 16384
	start := seconds()
	counter := tokenize.NewCounter(learn)
	for _, s := range sets {
		for _, text := range s.texts {
			counter.Add(text)
		}
	}
	tok, err := counter.Learn()
	res.LearnS = seconds() - start
	return tok, err
}

// tokenizeSet measures a set and adds the warm passes of --workers workers to r.
func (b *bench) tokenizeSet(tok *tokenize.Tokenizer, s textSet, r *benchResult) (tokenizeSet, error) {
	row := tokenizeSet{Set: s.name, Docs: len(s.texts), Bytes: s.bytes}
	mb := float64(s.bytes) / 1e6
	e := tok.NewEncoder()
	ids := make([]uint32, 0, 1<<20)
	all := make([][]uint32, len(s.texts)) // for decoding
	pass := func() error {
		for _, text := range s.texts {
			ids = e.Append(ids[:0], text)
		}
		return e.Err()
	}
	start := seconds()
	err := pass()
	row.First = mb / (seconds() - start)
	if err != nil {
		return row, err
	}
	for i, text := range s.texts {
		ids = e.Append(ids[:0], text)
		all[i] = slices.Clone(ids)
		row.Tokens += len(ids)
		row.Pieces += e.Pieces(text)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := pass(); err != nil {
		return row, err
	}
	runtime.ReadMemStats(&after)
	row.AllocsPerDoc = float64(after.Mallocs-before.Mallocs) / float64(len(s.texts))

	var text []byte
	for _, m := range []struct {
		rate *float64
		pass func()
	}{
		{&row.Split, func() {
			for _, t := range s.texts {
				e.Pieces(t)
			}
		}},
		{&row.Count, func() {
			for _, t := range s.texts {
				e.Count(t)
			}
		}},
		{&row.Decode, func() {
			for _, x := range all {
				text = tok.AppendDecode(text[:0], x)
			}
		}},
	} {
		if m.rate == &row.Split && row.Pieces == 0 {
			continue
		}
		best, err := b.best(1, func(int) { m.pass() })
		if err != nil {
			return row, err
		}
		*m.rate = mb / best
	}
	return row, b.tokenizeAtOnce(tok, s, r, &row)
}

// tokenizeAtOnce measures warm passes of 1, 2 and --workers workers, who share the documents.
func (b *bench) tokenizeAtOnce(tok *tokenize.Tokenizer, s textSet, r *benchResult, row *tokenizeSet) error {
	mb := float64(s.bytes) / 1e6
	counts := []int{1, 2, b.workers}
	slices.Sort(counts)
	for _, n := range slices.Compact(counts) {
		encoders := make([]*tokenize.Encoder, n)
		ids := make([][]uint32, n)
		pass := func(w int) {
			for i := w; i < len(s.texts); i += n {
				ids[w] = encoders[w].Append(ids[w][:0], s.texts[i])
			}
		}
		for w := range encoders {
			encoders[w] = tok.NewEncoder()
			pass(w)
		}
		best, err := b.best(n, pass)
		if err != nil {
			return err
		}
		rate := mb / best
		if n == 1 {
			row.Warm = rate
		}
		row.Parallel = append(row.Parallel, tokenizeAtOnce{n, rate, rate / row.Warm})
		if n == b.workers { // the figures that every bench has: here of the best pass over all sets
			r.Docs += int64(row.Docs)
			r.Bytes += int64(row.Bytes)
			r.Seconds += best
			r.tokens += int64(row.Tokens)
		}
	}
	return nil
}

// best runs a pass on each of n workers again and again, at least three times and for --seconds, and gives the seconds of the fastest.
func (b *bench) best(n int, pass func(w int)) (best float64, err error) {
	for began, passes := seconds(), 0; passes < 3 || seconds()-began < b.seconds; passes++ {
		start := seconds()
		err := quern.Each(b.ctx, n, n, func(_ context.Context, _, w int) error {
			pass(w)
			return nil
		})
		if err != nil {
			return 0, err
		}
		if took := seconds() - start; passes == 0 || took < best {
			best = took
		}
	}
	return best, nil
}

// oddRate is the MB/s of a text that an encoder meets for the first time, the better of two encoders.
func (b *bench) oddRate(tok *tokenize.Tokenizer, text []byte) (float64, error) {
	best := 0.0
	ids := make([]uint32, 0, len(text))
	for range 2 {
		e := tok.NewEncoder()
		e.Append(ids[:0], []byte("a"))
		start := seconds()
		ids = e.Append(ids[:0], text)
		best = max(best, float64(len(text))/1e6/(seconds()-start))
		if err := errors.Join(e.Err(), b.ctx.Err()); err != nil {
			return 0, err
		}
	}
	return best, nil
}

func (t *tokenizeResult) print(out io.Writer) {
	fmt.Fprintf(out, "%s, %d ids", t.Tokenizer, t.Vocab)
	if !t.Fast {
		fmt.Fprint(out, ", part by part")
	}
	if t.LoadS > 0 {
		fmt.Fprintf(out, "; load %.3f s", t.LoadS)
	} else {
		fmt.Fprintf(out, "; learned in %.3f s", t.LearnS)
	}
	fmt.Fprintf(out, ", first encoder %.3f s\n\n", t.EncoderS)
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(tw, "texts\tdocuments\tMB\tbytes/id\tMB/s first\twarm\tsplit\tcount\tdecode\tallocs/doc\t")
	for _, p := range t.Sets[0].Parallel[1:] {
		fmt.Fprintf(tw, "%d workers\tspeedup\t", p.Workers)
	}
	fmt.Fprintln(tw)
	for _, s := range t.Sets {
		fmt.Fprintf(tw, "%s\t%d\t%.1f\t%.2f\t%.1f\t%.1f\t%.0f\t%.1f\t%.0f\t%.2f\t", s.Set, s.Docs, float64(s.Bytes)/1e6, float64(s.Bytes)/float64(max(s.Tokens, 1)), s.First, s.Warm,
			s.Split, s.Count, s.Decode, s.AllocsPerDoc)
		for _, p := range s.Parallel[1:] {
			fmt.Fprintf(tw, "%.1f\t%.2f\t", p.MBPerS, p.Speedup)
		}
		fmt.Fprintln(tw)
	}
	tw.Flush()
	fmt.Fprintln(out)
	fmt.Fprintln(tw, "no place to cut\tMB\tMB/s\t8x as long\ttime a byte\t")
	for _, o := range t.Odd {
		fmt.Fprintf(tw, "%s\t%.1f\t%.1f\t%.1f\tx %.2f\t\n", o.Input, float64(o.Bytes)/1e6, o.MBPerS, o.Large, o.Growth)
	}
	tw.Flush()
}
