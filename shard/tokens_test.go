package shard_test

import (
	"bytes"
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

func TestDamagedIndexIsAnError(t *testing.T) {
	dir := &quern.Memory{}
	sink, err := shard.Tokens(dir, "00000", 2)
	s := write(t, sink, err, docs(20))
	good, _ := quern.ReadBlob(dir, "00000.idx")
	f := func(name string, change func(b []byte) []byte) {
		t.Helper()
		if err := quern.WriteBlob(dir, "00000.idx", change(bytes.Clone(good))); err != nil {
			t.Fatal(err)
		}
		if r, err := shard.OpenTokens(dir, []quern.Shard{s}); err == nil {
			r.Close()
			t.Errorf("%s: accepted", name)
		} else if !strings.Contains(err.Error(), "00000") {
			t.Errorf("%s: %v does not name the file", name, err)
		}
	}
	f("empty", func(b []byte) []byte { return nil })
	f("magic", func(b []byte) []byte { b[0]++; return b })
	f("version", func(b []byte) []byte { b[8]++; return b })
	f("width", func(b []byte) []byte { b[12]++; return b })
	f("count", func(b []byte) []byte { b[16]++; return b })
	f("count 2^63", func(b []byte) []byte { b[23] = 0x80; return b })
	f("first end", func(b []byte) []byte { b[32+7] = 0xFF; return b })
	f("last end", func(b []byte) []byte { b[32+8*19]++; return b })
	f("cut", func(b []byte) []byte { return b[:len(b)-1] })
}

func TestCorpusForms(t *testing.T) {
	lineage := shard.Lineage{Tokenizer: "sha256:aa", Mix: "sha256:bb", Seed: 7, Pad: 1000}
	c := shard.Corpus{Parquet: &shard.ParquetOptions{}, Arrow: &shard.ArrowOptions{Rows: 64}}
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
	if err := (shard.Corpus{Arrow: &shard.ArrowOptions{Rows: 0}}).Validate(); err == nil || !strings.Contains(err.Error(), "rows") {
		t.Fatalf("got %v", err)
	}
}
