package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"text/tabwriter"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup"
	"github.com/seed-83c59573/quern/dedup/minhash"
	"github.com/seed-83c59573/quern/dedup/planted"
	"github.com/seed-83c59573/quern/pipelines"
)

// dedupRow is one figure of deduplication. Its JSON names stay.
type dedupRow struct {
	What      string  `json:"what"`
	Docs      int64   `json:"docs,omitempty"`
	MB        float64 `json:"mb,omitempty"` // of text
	Seconds   float64 `json:"seconds"`
	Rate      float64 `json:"rate,omitempty"`
	Unit      string  `json:"unit,omitempty"` // of the rate
	PeakRSSMB float64 `json:"peak_rss_mb"`    // of the process so far
}

// dedupBenches are the parts of deduplication that are timed, in this order. Each adds its rows.
var dedupBenches = []struct {
	name string
	run  func(b *bench, add func(dedupRow)) error
}{
	{"sign", benchSign},
	{"exact", benchExact},
	{"union-find", benchForest},
	{"cluster", benchClusters},
}

func benchDedupAll(b *bench, r *benchResult) error {
	if b.docs < 1 {
		return usageError{fmt.Errorf("--docs: want more than 0")}
	}
	mem, err := pipelines.ParseBytes(b.mem)
	if err != nil {
		return usageError{fmt.Errorf("--mem: %w", err)}
	}
	b.memBytes = mem
	start := seconds()
	for _, x := range dedupBenches {
		err := x.run(b, func(row dedupRow) {
			row.PeakRSSMB = float64(peakRSS()) / 1e6
			r.Dedup = append(r.Dedup, row)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", x.name, err)
		}
	}
	r.Docs, r.Seconds = int64(b.docs), seconds()-start
	return nil
}

func printDedup(out io.Writer, rows []dedupRow) {
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "what\tdocuments\tMB\tseconds\trate\tpeak MB\t")
	for _, x := range rows {
		rate := ""
		if x.Unit != "" {
			rate = fmt.Sprintf("%.1f %s", x.Rate, x.Unit)
		}
		fmt.Fprintf(tw, "%s\t%d\t%.1f\t%.2f\t%s\t%.0f\t\n", x.What, x.Docs, x.MB, x.Seconds, rate, x.PeakRSSMB)
	}
	tw.Flush()
}

// corpus is as many documents as asked for, a fifth of them near duplicates.
func (b *bench) corpus() (*planted.Corpus, error) { return planted.New(planted.Default(b.docs)) }

// benchSign times every way to sign, on one core.
func benchSign(b *bench, add func(dedupRow)) error {
	g, err := b.corpus()
	if err != nil {
		return err
	}
	var texts [][]byte
	size := 0
	for i := 0; i < g.Count && float64(size) < b.mb*1e6; i++ {
		texts = append(texts, g.AppendText(nil, i))
		size += len(texts[i])
	}
	ways := append([]minhash.Preset{{Name: "quern, 14 bands of 8", Options: minhash.Options{Shingle: 5, Bands: 14, Rows: 8, Seed: 1}}}, minhash.Presets...)
	for _, w := range ways {
		s, err := minhash.New(w.Options)
		if err != nil {
			return fmt.Errorf("%s: %w", w.Name, err)
		}
		row := dedupRow{What: "sign: " + w.Name, Unit: "MB/s a core"}
		start := seconds()
		for i := 0; row.Seconds < b.seconds/float64(len(ways)) || i < min(10, len(texts)); i++ {
			text := texts[i%len(texts)]
			s.Keys(s.Shingles(text))
			row.Docs++
			row.MB += float64(len(text)) / 1e6
			row.Seconds = seconds() - start
		}
		row.Rate = row.MB / row.Seconds
		add(row)
		if b.ctx.Err() != nil {
			return b.ctx.Err()
		}
	}
	return nil
}

// dataset signs the corpus into a folder and counts.
func (b *bench) dataset(c dedup.Config, g *planted.Corpus, dir quern.Dir, row *dedupRow) (dedup.Dataset, error) {
	start := seconds()
	m, err := quern.Pass{Source: g, Workers: b.workers, Sink: func(i int, _ quern.Unit) (quern.Sink, error) {
		return c.Signer(1, dir, fmt.Sprintf("%05d", i))
	}}.Run(b.ctx)
	row.Seconds = seconds() - start
	docs, bytes, _ := m.Totals()
	row.Docs, row.MB = docs, float64(bytes)/1e6
	row.Rate, row.Unit = row.MB/row.Seconds, "MB/s"
	return dedup.Dataset{Name: "planted", Domain: "web", Dir: dir, Shards: m.Shards, Texts: g}, err
}

// benchExact times exact duplicates from text to verdict.
func benchExact(b *bench, add func(dedupRow)) error {
	exact := dedup.DefaultExact()
	return b.clusters(dedup.Config{Exact: &exact}, func(row dedupRow) {
		if row.What == "total" {
			row.What, row.Rate, row.Unit = "exact duplicates, text to verdict", float64(row.Docs)/row.Seconds, "documents/s"
			add(row)
		}
	})
}

// benchClusters times near duplicates, phase by phase.
func benchClusters(b *bench, add func(dedupRow)) error {
	exact, near := dedup.DefaultExact(), dedup.DefaultNear()
	return b.clusters(dedup.Config{Exact: &exact, Near: &near}, func(row dedupRow) {
		row.What = "near duplicates: " + row.What
		add(row)
	})
}

// clusters generates, signs and clusters within --mem.
func (b *bench) clusters(c dedup.Config, add func(dedupRow)) error {
	g, err := b.corpus()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "quern-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(b.memBytes))
	dir := quern.Local(folder)
	row := dedupRow{What: "generate and sign"}
	set, err := b.dataset(c, g, dir, &row)
	if err != nil {
		return err
	}
	add(row)
	total := dedupRow{What: "total", Docs: row.Docs, MB: row.MB, Seconds: row.Seconds, Unit: "documents/s"}
	phase, last := "", seconds()
	next := func(name string) {
		now := seconds()
		if phase != "" {
			add(dedupRow{What: phase, Docs: row.Docs, Seconds: now - last})
		}
		total.Seconds += now - last
		phase, last = name, now
	}
	next("open")
	_, err = dedup.Clustering{Config: c, Seed: 1, Scratch: folder, Mem: b.memBytes, Workers: b.workers, Phase: next}.Run(b.ctx, []dedup.Dataset{set}, quern.Sub(dir, "out"))
	next("")
	total.Rate = float64(total.Docs) / total.Seconds
	add(total)
	return err
}

// benchForest times union-find on one core over 40 ids a document (twenty million at most): five pairs an id, at random and by one of
// their ends, as edges come.
func benchForest(b *bench, add func(dedupRow)) error {
	ids := uint64(min(20_000_000, 40*max(b.docs, 100)))
	pairs := 5 * ids
	for _, way := range []string{"pairs at random", "pairs by their first"} {
		f := dedup.NewForest(int(ids))
		state := uint64(1)
		chunk := make([]uint64, 1<<16)
		took := 0.
		for at := uint64(0); at < pairs; at += uint64(len(chunk)) {
			for i := range chunk {
				state += 0x9E3779B97F4A7C15
				z := (state ^ state>>30) * 0xBF58476D1CE4E5B9
				z = (z ^ z>>27) * 0x94D049BB133111EB
				x, y := z>>32%ids, z&0xffffffff%ids
				if way != "pairs at random" {
					x = (at + uint64(i)) * ids / pairs
				}
				chunk[i] = x<<32 | y
			}
			start := seconds()
			f.UnionAll(chunk[:min(uint64(len(chunk)), pairs-at)])
			took += seconds() - start
		}
		add(dedupRow{What: "union-find: " + way + fmt.Sprintf(", %d ids", ids), Seconds: took, Rate: float64(pairs) / 1e6 / took, Unit: "M pairs/s"})
	}
	return context.Cause(b.ctx)
}
