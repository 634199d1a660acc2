package shard_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/parquet-go/parquet-go"
	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

func TestTokenSink(t *testing.T) {
	for _, width := range []int{2, 4} {
		build := func(dir quern.Dir) (quern.Sink, error) { return shard.Tokens(dir, "00000", width) }
		if err := quern.CheckSink(build, docs(200)...); err != nil {
			t.Fatal(err)
		}
	}
	sink, err := shard.Tokens(&quern.Memory{}, "x", 2)
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Abort()
	if err := sink.Put(&quern.Doc{Tokens: []uint32{1 << 16}}); err == nil {
		t.Fatal("a token beyond 16 bits was cut in silence")
	}
}

func TestTokenRoundTrip(t *testing.T) {
	for _, width := range []int{2, 4} {
		dir := &quern.Memory{}
		in := docs(900)
		in[7].Group = quern.NewID("g")
		var shards []quern.Shard
		for i, part := range [][]quern.Doc{in[:300], {}, in[300:]} {
			sink, err := shard.Tokens(dir, []string{"00000", "00001", "00002"}[i], width)
			shards = append(shards, write(t, sink, err, part))
		}
		r, err := shard.OpenTokens(dir, shards)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		var all []uint32
		var bytes int64
		for i := range in {
			var d quern.Doc
			if err := r.Fetch(i, &d); err != nil {
				t.Fatal(err)
			}
			if d.ID != in[i].ID || d.Group != in[i].Group || !slices.Equal(d.Tokens, in[i].Tokens) {
				t.Fatalf("width %d: document %d came back as %v", width, i, d)
			}
			all = append(all, in[i].Tokens...)
			bytes += int64(len(in[i].Text))
		}
		if r.Len() != int64(len(all)) || r.Bytes() != bytes {
			t.Fatalf("%d tokens of %d bytes, want %d of %d", r.Len(), r.Bytes(), len(all), bytes)
		}
		rnd := rand.New(rand.NewPCG(1, 2))
		for range 200 {
			dst := make([]int32, rnd.IntN(2000))
			at := rnd.Int64N(r.Len() - int64(len(dst)))
			if err := r.Read(dst, at); err != nil {
				t.Fatal(err)
			}
			for i, got := range dst {
				if uint32(got) != all[int(at)+i] {
					t.Fatalf("token %d is %d, want %d", int(at)+i, got, all[int(at)+i])
				}
			}
		}
		if err := r.Read(make([]int32, 2), r.Len()-1); err == nil {
			t.Fatal("read beyond the end")
		}
	}
}

func TestOpenTokensNamesWhatIsMissing(t *testing.T) {
	f := func(name, want string, change func(dir *quern.Memory, s *quern.Shard)) {
		t.Helper()
		dir := &quern.Memory{}
		sink, err := shard.Tokens(dir, "00000", 2)
		s := write(t, sink, err, docs(20))
		change(dir, &s)
		r, err := shard.OpenTokens(dir, []quern.Shard{s})
		if err == nil {
			r.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, want)
		}
	}
	f("no such shard", "00001.idx", func(_ *quern.Memory, s *quern.Shard) { s.Name = "00001.bin" })
	f("another kind", "not a shard of tokens", func(_ *quern.Memory, s *quern.Shard) { s.Name = "a" })
	f("short tokens", "00000.bin: 3 bytes", func(dir *quern.Memory, _ *quern.Shard) {
		if err := quern.WriteBlob(dir, "00000.bin", make([]byte, 3)); err != nil {
			t.Fatal(err)
		}
	})
	f("index alone", "00001.bin", func(dir *quern.Memory, s *quern.Shard) {
		b, _ := quern.ReadBlob(dir, "00000.idx")
		if err := quern.WriteBlob(dir, "00001.idx", b); err != nil {
			t.Fatal(err)
		}
		s.Name = "00001.bin"
	})
}

// TestSizesTravelWithTokens copies documents from one dataset to the next, as a corpus is made: texts stay behind, their sizes go on.
func TestSizesTravelWithTokens(t *testing.T) {
	from, to := &quern.Memory{}, &quern.Memory{}
	in := docs(50)
	for i := range in {
		in[i].Bucket, in[i].Lang, in[i].Copies = []string{"", "low", "high"}[i%3], []string{"", "en", "zh", "pt-BR"}[i%4], i%5
	}
	sink, err := shard.Tokens(from, "00000", 2)
	s := write(t, sink, err, in)
	r, err := shard.OpenTokens(from, []quern.Shard{s})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	copies := make([]quern.Doc, len(in))
	for i := range copies {
		if err := r.Fetch(i, &copies[i]); err != nil {
			t.Fatal(err)
		}
	}
	for i := range copies {
		if c := &copies[i]; c.Bucket != in[i].Bucket || c.Lang != in[i].Lang || c.Copies != in[i].Copies {
			t.Errorf("document %d is in bucket %q, language %q, a cluster of %d; want %q, %q, %d", i, c.Bucket, c.Lang, c.Copies, in[i].Bucket, in[i].Lang, in[i].Copies)
		}
	}
	sink, err = shard.Tokens(to, "00000", 2)
	again := write(t, sink, err, copies)
	if again.Bytes != s.Bytes || again.Tokens != s.Tokens || again.Blobs[1] != s.Blobs[1] {
		t.Fatalf("copied to %+v, want %+v", again, s)
	}
}

func TestRowsStopWhenAsked(t *testing.T) {
	dir := &quern.Memory{}
	sink, err := shard.Tokens(dir, "00000", 2)
	r, err := shard.OpenTokens(dir, []quern.Shard{write(t, sink, err, docs(20))})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	if err := r.Rows(func(i int64, _ *shard.TokenRow) error {
		if n++; i == 5 {
			return errBroken
		}
		return nil
	}); err != errBroken || n != 6 {
		t.Errorf("%d rows, %v", n, err)
	}
}

func BenchmarkRows(b *testing.B) {
	const n = 200_000
	dir := &quern.Memory{}
	sink, err := shard.Tokens(dir, "00000", 2)
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		if err := sink.Put(&quern.Doc{ID: quern.NewID("b", fmt.Sprint(i)), Lang: []string{"en", "zh"}[i%2], Bucket: "high", Tokens: []uint32{1, 2}}); err != nil {
			b.Fatal(err)
		}
	}
	s, err := sink.Commit()
	if err != nil {
		b.Fatal(err)
	}
	r, err := shard.OpenTokens(dir, []quern.Shard{s})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	b.ReportAllocs()
	for b.Loop() {
		tokens := 0
		if err := r.Rows(func(_ int64, row *shard.TokenRow) error {
			tokens += int(row.Tokens)
			return nil
		}); err != nil || tokens != 2*n {
			b.Fatal(tokens, err)
		}
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "docs/s")
}

func BenchmarkFetch(b *testing.B) {
	dir := quern.Local(b.TempDir())
	sink, err := shard.Tokens(dir, "00000", 2)
	if err != nil {
		b.Fatal(err)
	}
	for i := range 10_000 {
		if err := sink.Put(&quern.Doc{ID: quern.NewID("b", fmt.Sprint(i)), Lang: "en", Tokens: make([]uint32, 500)}); err != nil {
			b.Fatal(err)
		}
	}
	s, err := sink.Commit()
	if err != nil {
		b.Fatal(err)
	}
	r, err := shard.OpenTokens(dir, []quern.Shard{s})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	b.ReportAllocs()
	var d quern.Doc
	for i := 0; b.Loop(); i++ {
		d.Reset()
		if err := r.Fetch(i*7919%10_000, &d); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTooManyNames(t *testing.T) {
	sink, err := shard.Tokens(&quern.Memory{}, "x", 2)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 256 {
		if err := sink.Put(&quern.Doc{Bucket: fmt.Sprint("b", i), Tokens: []uint32{1}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := sink.Commit(); err == nil || !strings.Contains(err.Error(), "256 buckets, a shard of tokens holds 255") {
		t.Errorf("256 buckets: %v", err)
	}
}

func TestTokenWidth(t *testing.T) {
	for vocab, want := range map[int]int{1: 2, 1 << 16: 2, 1<<16 + 1: 4} {
		if got := shard.TokenWidth(vocab); got != want {
			t.Errorf("%d tokens take %d bytes each, want %d", vocab, got, want)
		}
	}
}

func TestCorpusForms(t *testing.T) {
	lineage := shard.Lineage{Tokenizer: "sha256:aa", Mix: "sha256:bb", Seed: 7, Pad: 1000}
	c := shard.Corpus{Parquet: &shard.ParquetOptions{}, Arrow: &shard.ArrowOptions{Rows: 64, Pack: shard.PackConcat}}
	build := func(dir quern.Dir) (quern.Sink, error) { return c.Sink(dir, "train-00000", 2, lineage) }
	if err := quern.CheckSink(build, docs(300)...); err != nil {
		t.Fatal(err)
	}
	dir := &quern.Memory{}
	in := docs(300)
	sink, err := build(dir)
	s := write(t, sink, err, in)
	var want []int32
	for _, d := range in {
		for _, x := range d.Tokens {
			want = append(want, int32(x))
		}
	}
	if s.Tokens != int64(len(want)) || len(s.Blobs) != 4 {
		t.Fatalf("shard %+v, want %d tokens in 4 blobs", s, len(want))
	}

	b, _ := quern.ReadBlob(dir, "train-00000.parquet")
	pf, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := pf.Lookup("quern.mix"); v != "sha256:bb" {
		t.Fatalf("mix digest %q in the Parquet metadata", v)
	}
	type row struct {
		ID  string  `parquet:"id"`
		IDs []int32 `parquet:"input_ids,list"`
		N   int32   `parquet:"n_tokens"`
	}
	rows, err := parquet.Read[row](bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var got []int32
	for i, r := range rows {
		if r.ID != in[i].ID.String() || int(r.N) != len(r.IDs) {
			t.Fatalf("row %d is %+v", i, r)
		}
		got = append(got, r.IDs...)
	}
	if !slices.Equal(got, want) {
		t.Fatal("Parquet holds other tokens")
	}

	b, _ = quern.ReadBlob(dir, "train-00000.arrow")
	ar, err := ipc.NewFileReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer ar.Close()
	if v, _ := ar.Schema().Metadata().GetValue("quern.seed"); v != "7" {
		t.Fatalf("seed %q in the Arrow metadata", v)
	}
	got = got[:0]
	var ends []int
	for i := range ar.NumRecords() {
		rec, err := ar.Record(i)
		if err != nil {
			t.Fatal(err)
		}
		ids := rec.Column(0).(*array.FixedSizeList).ListValues().(*array.Int32)
		lists := rec.Column(1).(*array.List)
		endValues := lists.ListValues().(*array.Int32)
		n := rec.Column(2).(*array.Int32)
		for r := range int(rec.NumRows()) {
			from, to := lists.ValueOffsets(r)
			for e := from; e < to; e++ {
				ends = append(ends, len(got)+int(endValues.Value(int(e))))
			}
			got = append(got, ids.Int32Values()[64*r:64*r+int(n.Value(r))]...)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatal("Arrow holds other tokens")
	}
	at := 0
	for i, d := range in {
		if at += len(d.Tokens); ends[i] != at {
			t.Fatalf("document %d ends at %d in Arrow, want %d", i, ends[i], at)
		}
	}
}

func TestCorpusRefusesInWords(t *testing.T) {
	for _, rows := range []int{-1, 0, 1<<24 + 1} {
		err := (shard.Corpus{Arrow: &shard.ArrowOptions{Rows: rows, Pack: shard.PackConcat}}).Validate()
		if err == nil || !strings.Contains(err.Error(), "rows") {
			t.Errorf("rows of %d tokens: got %v", rows, err)
		}
	}
	rows := shard.DefaultArrow()
	for _, c := range []shard.Corpus{{}, {Parquet: &shard.ParquetOptions{}, Arrow: &rows}} {
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
	}
}
