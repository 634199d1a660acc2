package shard_test

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// benchDocs are documents for figures: those of the file that QUERN_TOKENS names, little-endian u32 ids of cl100k with 100257 behind
// each document; without it, ids drawn by Zipf's law, which pack worse than text does.
var benchDocs = sync.OnceValue(func() (docs []quern.Doc) {
	var d quern.Doc
	add := func(id uint32) {
		if d.Tokens = append(d.Tokens, id); id == 100257 {
			d.ID, d.Domain, d.Source = quern.NewID("bench", string(rune(len(docs)))), "web", "bench"
			docs = append(docs, d)
			d = quern.Doc{}
		}
	}
	if b, err := os.ReadFile(os.Getenv("QUERN_TOKENS")); err == nil {
		for ; len(b) >= 4; b = b[4:] {
			add(binary.LittleEndian.Uint32(b))
		}
		return docs
	}
	rng := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rng, 1.1, 3, 100_000)
	for range 4 << 20 {
		if rng.IntN(700) == 0 {
			add(100257)
		} else {
			add(uint32(zipf.Uint64()))
		}
	}
	add(100257)
	return docs
})

func benchTokens() (n int64) {
	for i := range benchDocs() {
		n += int64(len(benchDocs()[i].Tokens))
	}
	return n
}

// benchSink measures writing: MB/s of 4-byte tokens, and bytes a token of one blob of the shard.
func benchSink(b *testing.B, blob int, build func(quern.Dir) (quern.Sink, error)) {
	docs, tokens := benchDocs(), benchTokens()
	b.SetBytes(4 * tokens)
	b.ReportAllocs()
	var s quern.Shard
	for b.Loop() {
		var err error
		if s, err = fill(build, discard{}, docs); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(s.Blobs[blob].Size)/float64(tokens), "B/token")
}

// discard is a disk without limits.
type discard struct{ quern.Dir }

type nowhere struct{}

func (discard) Create(string) (quern.Blob, error) { return nowhere{}, nil }
func (nowhere) Write(b []byte) (int, error)       { return len(b), nil }
func (nowhere) Commit() error                     { return nil }
func (nowhere) Abort()                            {}

func BenchmarkWriteTokens(b *testing.B) {
	benchSink(b, 0, func(d quern.Dir) (quern.Sink, error) { return shard.Tokens(d, "0", 4) })
}

func BenchmarkWriteParquet(b *testing.B) {
	forms := shard.Corpus{Parquet: &shard.ParquetOptions{}}
	benchSink(b, 2, func(d quern.Dir) (quern.Sink, error) { return forms.Sink(d, "0", 4, shard.Lineage{}) })
}

func BenchmarkWriteArrow(b *testing.B) {
	for _, how := range []string{shard.PackConcat, shard.PackBestFit, shard.PackBFD} {
		b.Run(how, func(b *testing.B) {
			forms := shard.Corpus{Arrow: &shard.ArrowOptions{Rows: 2048, Pack: how}}
			benchSink(b, 2, func(d quern.Dir) (quern.Sink, error) { return forms.Sink(d, "0", 4, shard.Lineage{}) })
		})
	}
}

// BenchmarkWindow reads windows of 2,048 tokens at random places of a file.
func BenchmarkWindow(b *testing.B) {
	for name, f := range map[string]struct {
		width int
		o     shard.TokenOptions
	}{"u32": {4, shard.TokenOptions{}}, "u32-read": {4, shard.TokenOptions{Unmapped: true}}, "u16": {2, shard.TokenOptions{}}, "u16-read": {2, shard.TokenOptions{Unmapped: true}}} {
		b.Run(name, func(b *testing.B) {
			dir := quern.Local(b.TempDir())
			sink, err := shard.Tokens(dir, "0", f.width)
			if err != nil {
				b.Fatal(err)
			}
			for i := range benchDocs() {
				d := benchDocs()[i]
				if f.width == 2 {
					narrow := make([]uint32, len(d.Tokens))
					for k, t := range d.Tokens {
						narrow[k] = t & 0xFFFF
					}
					d.Tokens = narrow
				}
				if err := sink.Put(&d); err != nil {
					b.Fatal(err)
				}
			}
			s, err := sink.Commit()
			if err != nil {
				b.Fatal(err)
			}
			r, err := f.o.Open(dir, []quern.Shard{s})
			if err != nil {
				b.Fatal(err)
			}
			defer r.Close()
			if err := r.Verify(); err != nil {
				b.Fatal(err)
			}
			dst := make([]int32, 2048)
			at := uint64(1)
			b.ReportAllocs()
			for b.Loop() {
				at = at*6364136223846793005 + 1442695040888963407
				if err := r.Read(dst, int64(at>>20)%(r.Len()-2048)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	dir := &quern.Memory{}
	s, err := fill(func(d quern.Dir) (quern.Sink, error) { return shard.Tokens(d, "0", 4) }, dir, benchDocs())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(s.Blobs[0].Size)
	for b.Loop() {
		if err := shard.VerifyTokens(dir, "0"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSumRows opens an Arrow file, mapped, and sums all its tokens.
func BenchmarkSumRows(b *testing.B) {
	dir := quern.Local(b.TempDir())
	forms := shard.Corpus{Arrow: &shard.ArrowOptions{Rows: 2048, Pack: shard.PackConcat}}
	s, err := fill(func(d quern.Dir) (quern.Sink, error) { return forms.Sink(d, "0", 4, shard.Lineage{}) }, dir, benchDocs())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(s.Blobs[2].Size)
	b.ReportAllocs()
	for b.Loop() {
		r, err := shard.OpenRows(dir, "0.arrow")
		if err != nil {
			b.Fatal(err)
		}
		var row shard.PackedRow
		var sum [4]int32
		for i := range r.Rows() {
			if err := r.Row(i, &row); err != nil {
				b.Fatal(err)
			}
			for t := row.Tokens; len(t) >= 4; t = t[4:] {
				sum[0] += t[0]
				sum[1] += t[1]
				sum[2] += t[2]
				sum[3] += t[3]
			}
		}
		if sum[0]+sum[1]+sum[2]+sum[3] == 0 {
			b.Fatal("nothing summed")
		}
		r.Close()
	}
}

func BenchmarkReadTokenLists(b *testing.B) {
	dir := &quern.Memory{}
	forms := shard.Corpus{Parquet: &shard.ParquetOptions{}}
	if _, err := fill(func(d quern.Dir) (quern.Sink, error) { return forms.Sink(d, "0", 4, shard.Lineage{}) }, dir, benchDocs()); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(4 * benchTokens())
	for b.Loop() {
		if err := shard.ReadTokenLists(dir, "0.parquet", "input_ids", func(int64, []uint32) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
