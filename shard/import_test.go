package shard_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// imported is the documents of an import, by split.
func imported(dir quern.Dir, format string, o shard.ImportOptions) (map[string][]quern.Doc, error) {
	names, err := dir.List("")
	if err != nil {
		return nil, err
	}
	im, err := shard.NewImport(dir, names, format, o)
	if err != nil {
		return nil, err
	}
	units, err := im.Units(context.Background())
	if err != nil {
		return nil, err
	}
	out := map[string][]quern.Doc{}
	for _, u := range units {
		split := u.Name[:len(u.Name)-6]
		for d, err := range im.Docs(context.Background(), u) {
			if err != nil {
				return nil, err
			}
			out[split] = append(out[split], quern.Doc{ID: d.ID, Tokens: slices.Clone(d.Tokens)})
		}
	}
	return out, nil
}

// same tells how two rows of documents differ.
func same(got, want []quern.Doc) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d documents, want %d", len(got), len(want))
	}
	for i := range want {
		if !slices.Equal(got[i].Tokens, want[i].Tokens) {
			return fmt.Errorf("document %d has %d tokens, want %d", i, len(got[i].Tokens), len(want[i].Tokens))
		}
	}
	return nil
}

// TestImportOfExport: what was exported comes back, documents and all, with ids of 2 and of 4 bytes, from one file and from several, and its layout is
// found out. Token 0 ends each document.
func TestImportOfExport(t *testing.T) {
	for _, f := range shard.ExportFormats {
		for _, vocab := range []int{50_257, 100_000} {
			for _, perFile := range []int64{0, 400} {
				t.Run(fmt.Sprintf("%s/%d/%d", f.Name, vocab, perFile), func(t *testing.T) {
					if f.OneFile && perFile > 0 {
						t.Skip("a split is one file")
					}
					docs, _ := exportDocs(vocab)
					var dir quern.Memory
					_, err := exportAll(&dir, f, docs, shard.ExportOptions{Vocab: vocab, Tokenizer: "tiny", PerFile: perFile}, "train", "validation")
					if f.Name == "nanogpt" && vocab > 1<<16 {
						if err == nil {
							t.Fatal("nanogpt took ids of 4 bytes")
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					format := ""
					if f.Name == "nanogpt" {
						format = f.Name // raw ids tell nothing
					}
					o := shard.ImportOptions{Name: "back", Domain: "web", Vocab: vocab}
					if f.Name != "nanogpt" && f.Name != "llmc" {
						o.EndOfText = -1
					}
					got, err := imported(&dir, format, o)
					if err != nil {
						t.Fatal(err)
					}
					for i, split := range []string{"train", "validation"} {
						if err := same(got[split], docs[i*len(docs)/2:(i+1)*len(docs)/2]); err != nil {
							t.Errorf("%s: %v", split, err)
						}
					}
					told := slices.Contains([]string{"olmo", "mds", "webdataset", "hf-arrow", "hf-parquet"}, f.Name)
					if is := got["train"][0].ID == docs[0].ID; is != told {
						t.Errorf("IDs come back: %v, want %v", is, told)
					}
				})
			}
		}
	}
}
