package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/train/cost"
	"github.com/spf13/cobra"
)

// benchResult is what a bench found on this machine. Its JSON names stay.
type benchResult struct {
	Bench     string          `json:"bench"`
	CPU       string          `json:"cpu"`
	Workers   int             `json:"workers"`
	Docs      int64           `json:"docs"`
	Bytes     int64           `json:"bytes"`
	Seconds   float64         `json:"seconds"`
	DocsPerS  float64         `json:"docs_per_s"`
	MBPerS    float64         `json:"mb_per_s"` // of text and for each worker
	PeakRSSMB float64         `json:"peak_rss_mb"`
	TokensPer float64         `json:"tokens_per_s,omitempty"`
	Rows      []gemmRow       `json:"rows,omitempty"`
	Peaks     *peaks          `json:"peaks,omitempty"`
	Train     *trainResult    `json:"train,omitempty"`
	Sample    *sampleResult   `json:"sample,omitempty"`
	Dedup     []dedupRow      `json:"dedup,omitempty"`
	Shard     []shardRow      `json:"shard,omitempty"`
	Tokenize  *tokenizeResult `json:"tokenize,omitempty"`
	Skipped   int64           `json:"skipped,omitempty"`
	PackedMB  float64         `json:"packed_mb_per_s,omitempty"` // of ingest: bytes of the files, for each worker
	RawMB     float64         `json:"raw_mb_per_s,omitempty"`    // of ingest: bytes of the pages before extraction, for each worker
	tokens    int64
	packed    int64
	raw       int64
}

// bench is the setting of a run of a bench.
type bench struct {
	ctx     context.Context
	texts   string
	mb      float64
	seconds float64
	workers int

	rules string // of clean

	inputs                  []string // of ingest
	format, fields, options string
	write                   bool

	evals string // of decon

	tokenizer string // of tokenize

	only             string // of gemm
	model, precision string // of train and sample
	rows, length     int
	recompute        bool

	docs     int    // of dedup, mix and decon
	mem      string // of dedup
	memBytes int64
}

// benches are the figures that a machine can be asked for.
var benches = []struct {
	name, what string
	run        func(*bench, *benchResult) error
}{
	{"ingest", "read inputs of any format", benchIngest},
	{"clean", "judge by --rules, all facts, no early exit", benchClean},
	{"minhash", "sign for exact and near duplicates", benchMinhash},
	{"cluster", "find duplicates among signatures and verify them", benchCluster},
	{"dedup", "sign in every way, exact and near duplicates among --docs generated documents by phase, union-find", benchDedupAll},
	{"mix", "plan a mix of --docs generated documents: divisions, phases, repeats, validation", benchMix},
	{"decon", "look for evaluation items in documents of 6 KB, and build their index", benchDecon},
	{"tokenize", "load, split, encode, count, decode and texts without a place to cut, with --tokenizer or one of 16,384 ids that is learned first", benchTokenize},
	{"shard", "write a corpus's tokens in every form, and read them: throughput, bytes a token, random windows", benchShard},
	{"gemm", "matrix products of a training step, fp32 and bf16, beside gonum's and this machine's peak", benchGemm},
	{"train", "optimizer steps of --model on random tokens", benchTrain},
	{"sample", "tokens drawn from --model, one sequence and --rows at once, beside the bandwidth of memory", benchSample},
}

func benchCommand() *cobra.Command {
	b := &bench{}
	var asJSON bool
	var profile string
	var names []string
	for _, x := range benches {
		names = append(names, x.name)
	}
	cmd := &cobra.Command{
		Use:   "bench NAME",
		Short: "Measure this machine: " + strings.Join(names, ", "),
		Args:  exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if b.workers < 1 || !(b.mb > 0 && b.seconds > 0) { // so that NaN is none
				return usageError{fmt.Errorf("--workers, --mb and --seconds: want more than 0")}
			}
			for _, x := range benches {
				if x.name != args[0] {
					continue
				}
				b.ctx = cmd.Context()
				if profile != "" {
					f, err := os.Create(profile)
					if err != nil {
						return err
					}
					defer f.Close()
					if err := pprof.StartCPUProfile(f); err != nil {
						return err
					}
					defer pprof.StopCPUProfile()
				}
				r := benchResult{Bench: x.name, CPU: cpuName(), Workers: b.workers}
				if err := x.run(b, &r); err != nil {
					return err
				}
				r.finish()
				if asJSON {
					return printJSON(cmd.OutOrStdout(), r)
				}
				r.print(cmd.OutOrStdout(), x.what)
				return nil
			}
			return usageError{fmt.Errorf("no bench %q: want one of %s", args[0], strings.Join(names, ", "))}
		},
	}
	b.flags(cmd)
	cmd.Flags().StringVar(&profile, "cpuprofile", "", "write a profile of the processor's time to this file, for go tool pprof")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func (b *bench) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&b.rules, "rules", "normalize,gopher,c4,fineweb", "clean: rules by name, or as a spec has them: [gopher: {min_words: 20}, c4: {}]")
	f.StringVar(&b.texts, "texts", "", "a dataset of texts to measure on (default the embedded sample and the Go toolchain's source); of tokenize also a file of documents (.jsonl, or .docs as cmd/versus/corpus writes it), or a folder of such files")
	f.Float64Var(&b.mb, "mb", 32, "MB of text; a smaller dataset is read several times")
	f.Float64Var(&b.seconds, "seconds", 3, "how long to measure, at least")
	f.IntVar(&b.workers, "workers", 1, "goroutines")
	f.StringArrayVar(&b.inputs, "input", nil, "of ingest: a file, folder, archive or URL; again and again")
	f.StringVar(&b.format, "format", "", "of ingest: what the inputs are, where the name does not tell: "+strings.Join(pipelines.Formats(), ", "))
	f.StringVar(&b.fields, "fields", "", "of ingest: columns, as in a spec")
	f.StringVar(&b.options, "options", "", "of ingest: options of the format, as in a spec")
	f.BoolVar(&b.write, "write", false, "of ingest: write text shards (Parquet, zstd), as a run does")
	f.IntVar(&b.docs, "docs", 50_000, "of dedup, mix and decon: documents that are generated")
	f.StringVar(&b.evals, "evals", "", "of decon: evaluation sets as RECIPE=FILE,RECIPE=FILE (default: generated questions)")
	f.StringVar(&b.tokenizer, "tokenizer", "", "of tokenize: a tokenizer.json, a .tiktoken file, or the folder of a run")
	f.StringVar(&b.only, "only", "", "of gemm: shapes whose name holds this")
	f.StringVar(&b.model, "model", "", "of train (default llama-10m) and sample (default gpt2): "+strings.Join(cost.Presets(), ", "))
	f.StringVar(&b.precision, "precision", "fp32", "of train and sample: fp32 or bf16, of what products multiply")
	f.IntVar(&b.rows, "rows", 0, "of train: sequences of a step (default 4); of sample: sequences at once (default 8)")
	f.IntVar(&b.length, "length", 0, "of train and sample: tokens of a sequence (default the model's context)")
	f.BoolVar(&b.recompute, "recompute", false, "of train: compute activations again going back")
	f.StringVar(&b.mem, "mem", "256MiB", "of dedup: memory to stay under")
}

func (r *benchResult) finish() {
	r.PeakRSSMB = float64(peakRSS()) / 1e6
	if r.Seconds > 0 {
		r.DocsPerS = float64(r.Docs) / r.Seconds
		r.MBPerS = float64(r.Bytes) / 1e6 / r.Seconds / float64(r.Workers)
		r.TokensPer = float64(r.tokens) / r.Seconds
		r.PackedMB = float64(r.packed) / 1e6 / r.Seconds / float64(r.Workers)
		r.RawMB = float64(r.raw) / 1e6 / r.Seconds / float64(r.Workers)
	}
}

func (r *benchResult) print(out io.Writer, what string) {
	fmt.Fprintf(out, "%s: %s\n%s, %s\n", r.Bench, what, r.CPU, plural(r.Workers, "worker"))
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	if len(r.Rows) > 0 {
		printGemm(out, r)
		return
	}
	if r.Train != nil {
		r.Train.print(out, r.PeakRSSMB)
		return
	}
	if r.Sample != nil {
		r.Sample.print(out)
		return
	}
	if len(r.Dedup) > 0 {
		printDedup(out, r.Dedup)
		return
	}
	if r.Tokenize != nil {
		r.Tokenize.print(out)
		return
	}
	if len(r.Shard) > 0 {
		printShard(out, r.Shard)
		return
	}
	if r.packed > 0 {
		fmt.Fprintln(tw, "documents\tskipped\tseconds\tdocs/s\tMB/s of text\tof files\tof pages\tpeak MB\t")
		fmt.Fprintf(tw, "%d\t%d\t%.2f\t%.0f\t%.1f\t%.1f\t%.1f\t%.0f\t\n", r.Docs, r.Skipped, r.Seconds, r.DocsPerS, r.MBPerS, r.PackedMB, r.RawMB, r.PeakRSSMB)
		tw.Flush()
		return
	}
	fmt.Fprintln(tw, "documents\tMB\tseconds\tdocs/s\tMB/s a core\ttokens/s\tpeak MB\t")
	fmt.Fprintf(tw, "%d\t%.1f\t%.2f\t%.0f\t%.1f\t%.0f\t%.0f\t\n", r.Docs, float64(r.Bytes)/1e6, r.Seconds, r.DocsPerS, r.MBPerS, r.TokensPer, r.PeakRSSMB)
	tw.Flush()
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func cpuName() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(b)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return runtime.GOARCH
}

// measure runs f on each worker over its share of the documents, again and again until the time is up, and counts.
func (b *bench) measure(docs []quern.Doc, r *benchResult, build func() (func(d *quern.Doc) error, error)) error {
	run := make([]func(d *quern.Doc) error, b.workers)
	for w := range run {
		var err error
		if run[w], err = build(); err != nil {
			return err
		}
	}
	counts := make([][2]int64, b.workers)
	start := time.Now()
	err := quern.Each(b.ctx, b.workers, b.workers, func(ctx context.Context, _, w int) error {
		var d quern.Doc
		for time.Since(start).Seconds() < b.seconds {
			for i := w; i < len(docs); i += b.workers {
				tokens, marks := d.Tokens[:0], d.Marks[:0]
				d = docs[i]
				d.Tokens, d.Marks = tokens, marks
				counts[w][0]++
				counts[w][1] += int64(len(d.Text))
				if err := run[w](&d); err != nil {
					return err
				}
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		return nil
	})
	r.Seconds = time.Since(start).Seconds()
	for _, c := range counts {
		r.Docs += c[0]
		r.Bytes += c[1]
	}
	return err
}
