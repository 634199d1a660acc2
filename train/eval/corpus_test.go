package eval

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// corpusOf writes a dataset as the step shard does, one shard a name, of documents by their domains.
func corpusOf(t *testing.T, r *Runner, parquet bool, shards map[string][][2]string) string {
	t.Helper()
	dir := quern.Local(t.TempDir())
	var m quern.Manifest
	c := shard.Corpus{}
	if parquet {
		c.Parquet = &shard.ParquetOptions{}
	}
	for _, name := range []string{"train-00000", "validation-00000", "validation-00001"} {
		docs, ok := shards[name]
		if !ok {
			continue
		}
		sink, err := c.Sink(dir, name, 2, shard.Lineage{})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range docs {
			doc := quern.Doc{ID: quern.NewID(d[1]), Domain: d[0], Source: "made", Text: []byte(d[1])}
			doc.Tokens = append(r.tok.NewEncoder().Append(nil, doc.Text), r.tok.EndOfText())
			if err := sink.Put(&doc); err != nil {
				t.Fatal(err)
			}
		}
		s, err := sink.Commit()
		if err != nil {
			t.Fatal(err)
		}
		m.Shards = append(m.Shards, s)
	}
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	return string(dir)
}

// TestBitsPerByteOfACorpus: of a corpus the validation split is measured, all shards of it, by domain, and in the same figures as the
// texts themselves.
func TestBitsPerByteOfACorpus(t *testing.T) {
	r, _ := tiny(t, 3, 50)
	held := [][2]string{{"web", "the mill grinds corn"}, {"code", "stone turns()"}, {"web", "the stone " + strings.Repeat("turns the mill, ", 20)}}
	var lines strings.Builder
	for _, d := range held {
		b, _ := json.Marshal(map[string]string{"text": d[1], "domain": d[0]})
		lines.Write(append(b, '\n'))
	}
	want, err := r.Run(context.Background(), Task{Kind: "bpb", Path: write(t, "held.jsonl", lines.String())})
	if err != nil {
		t.Fatal(err)
	}
	split := map[string][][2]string{"train-00000": {{"web", "unseen by the measurement"}}, "validation-00000": held[:2], "validation-00001": held[2:]}
	for _, parquet := range []bool{true, false} {
		got, err := r.Run(context.Background(), Task{Kind: "bpb", Path: corpusOf(t, r, parquet, split)})
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range want.Metrics {
			if g := got.Metrics[i]; g.Name != m.Name || g.N != 3 || math.Abs(g.Value-m.Value) > 1e-12 {
				t.Errorf("%+v, of the texts %+v", g, m)
			}
		}
		if !parquet { // which alone knows domains
			if len(got.Groups) != 0 {
				t.Errorf("domains %+v of a corpus that has none", got.Groups)
			}
			continue
		}
		for i, g := range want.Groups {
			if i >= len(got.Groups) || got.Groups[i].Name != g.Name || math.Abs(got.Groups[i].Metrics[0].Value-g.Metrics[0].Value) > 1e-12 {
				t.Errorf("domains %+v, of the texts %+v", got.Groups, want.Groups)
			}
		}
	}
	// Without a validation split, all of it; with a limit, the first documents.
	all := corpusOf(t, r, true, map[string][][2]string{"train-00000": held})
	got, err := r.Run(context.Background(), Task{Kind: "bpb", Path: all})
	if err != nil || got.Metrics[0].Value != want.Metrics[0].Value {
		t.Errorf("%v, %v, want %v", got.Metrics, err, want.Metrics[0])
	}
	if got, err = r.Run(context.Background(), Task{Kind: "bpb", Path: all, Limit: 2}); err != nil || got.Metrics[0].N != 2 {
		t.Errorf("%v, %v, want 2 documents", got.Metrics, err)
	}
	// A folder of another tokenizer's tokens is refused.
	dir := quern.Local(t.TempDir())
	sink, err := shard.Tokens(dir, "validation-00000", 4)
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Put(&quern.Doc{ID: quern.NewID("x"), Text: []byte("x"), Tokens: []uint32{70000}}); err != nil {
		t.Fatal(err)
	}
	s, err := sink.Commit()
	if err != nil {
		t.Fatal(err)
	}
	m := quern.Manifest{Shards: []quern.Shard{s}}
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Run(context.Background(), Task{Kind: "bpb", Path: string(dir)}); err == nil || !strings.Contains(err.Error(), "another tokenizer's") {
		t.Errorf("%v, want that the tokens are another tokenizer's", err)
	}
}
