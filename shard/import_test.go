package shard_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
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

// TestImportInUnits: wherever a corpus is cut into shards, the documents are the same, each once and in order, also where a token tells their ends and
// they go on in the next file.
func TestImportInUnits(t *testing.T) {
	for name, c := range importCases() {
		for _, unit := range []int64{1, 2, 3, 7, 32, 33, 34, 46, 90, 1000} {
			c.o.Unit = unit
			got, err := c.open(quern.Local("testdata/import/"+name), c.format)
			if err != nil {
				t.Fatal(err)
			}
			for split, want := range c.want {
				if err := same(got[split], want); err != nil {
					t.Errorf("%s, units of %d tokens: %s: %v", name, unit, split, err)
				}
			}
		}
	}
}

// TestImportBySeparator holds the cutting of a stream at a token against the plain way to do it, for streams that are nothing but ends, have none, or
// begin or end with one.
func TestImportBySeparator(t *testing.T) {
	for _, text := range []string{"", "a", ".", "..", "...", "a.", ".a", "a..b", "ab.cd.e", ".ab..c.", "abcdef"} {
		for _, leads := range []bool{false, true} {
			var want []string
			for begin, i := 0, 0; i < len(text); i++ {
				switch end := i + 1; {
				case !leads && text[i] == '.' || end == len(text) || leads && text[end] == '.':
					want = append(want, text[begin:end])
					begin = end
				}
			}
			var dir quern.Memory
			var raw []byte
			for _, r := range []byte(text) {
				raw = append(raw, r, 0)
			}
			half := len(raw) / 4 * 2
			for name, part := range map[string][]byte{"a0.bin": raw[:half], "a1.bin": raw[half:]} {
				if err := quern.WriteBlob(&dir, name, part); err != nil {
					t.Fatal(err)
				}
			}
			for unit := int64(1); unit <= int64(len(text))+1; unit++ {
				got, err := imported(&dir, "nanogpt", shard.ImportOptions{EndOfText: '.', Leads: leads, Unit: unit})
				if err != nil {
					t.Fatal(err)
				}
				var have []string
				for _, d := range got["train"] {
					s := ""
					for _, x := range d.Tokens {
						s += string(rune(x))
					}
					have = append(have, s)
				}
				if !slices.Equal(have, want) {
					t.Errorf("%q, leads %v, units of %d: %q, want %q", text, leads, unit, have, want)
				}
			}
		}
	}
}

// TestEmptyDocumentsTravel: documents without a token come back where an index tells documents; MDS refuses them in words.
func TestEmptyDocumentsTravel(t *testing.T) {
	docs := []quern.Doc{{}, {Tokens: []uint32{5, 0}}, {}, {}, {Tokens: []uint32{0}}, {}}
	for i := range docs {
		docs[i].ID = quern.NewID("empty", fmt.Sprint(i))
	}
	for _, f := range shard.ExportFormats {
		var dir quern.Memory
		_, err := exportAll(&dir, f, docs, shard.ExportOptions{Vocab: 300, Tokenizer: "tiny"}, "train")
		if f.Name == "mds" {
			if err == nil {
				t.Error("mds took a document without tokens")
			}
			continue
		}
		if err != nil {
			t.Fatal(f.Name, err)
		}
		got, err := imported(&dir, f.Name, shard.ImportOptions{Vocab: 300})
		if err != nil {
			t.Fatal(f.Name, err)
		}
		want := docs
		if f.Name == "llmc" || f.Name == "nanogpt" {
			want = []quern.Doc{docs[1], docs[4]}
		}
		if err := same(got["train"], want); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

// TestImportRefusesInWords: ids outside of the vocabulary, splits that are not there, files that say nothing.
func TestImportRefusesInWords(t *testing.T) {
	from := func(name string) quern.Dir { return quern.Local("testdata/import/" + name) }
	for _, c := range []struct {
		dir    quern.Dir
		format string
		o      shard.ImportOptions
		want   string
	}{
		{from("megatron_u16"), "", shard.ImportOptions{Vocab: 1000}, "the vocabulary has 1000"},
		{from("megatron_u16"), "", shard.ImportOptions{Split: "test"}, `no split "test"`},
		{from("megatron_u16"), "tfrecord", shard.ImportOptions{}, "know megatron"},
		{from("nanogpt"), "", shard.ImportOptions{}, "name it with --format"},
		{from("nanogpt"), "nanogpt", shard.ImportOptions{EndOfText: -1}, "nothing tells where documents end"},
		{from("nanogpt"), "nanogpt", shard.ImportOptions{EndOfText: 1000, Vocab: 1000}, "the token 1000, which is to end documents, is none"},
		{from("nanogpt"), "nanogpt", shard.ImportOptions{Dtype: "float32"}, `"float32" is no type of ids`},
		{from("nanogpt"), "nanogpt", shard.ImportOptions{Vocab: 100_000}, "nanogpt holds ids of 2 bytes"},
		{from("nanogpt"), "llmc", shard.ImportOptions{}, "a header of llm.c has 1024"},
		{from("mds_bytes"), "", shard.ImportOptions{}, "name it with --dtype"},
		{from("mds_dynamic"), "", shard.ImportOptions{Column: "text"}, `no column text, there are ["input_ids" "length"]`},
		{from("hf_parquet"), "", shard.ImportOptions{Column: "id"}, "the column id is no list of whole numbers"},
		{from("mds_bytes"), "", shard.ImportOptions{Dtype: "uint16", Separate: true}, "each record is a document"},
		{from("hf_parquet"), "", shard.ImportOptions{Split: "test"}, `there is no split "test"`},
		{from("megatron_u16"), "", shard.ImportOptions{Column: "tokens"}, "megatron has no columns"},
		{from("webdataset"), "", shard.ImportOptions{Column: "tokens"}, "has no tokens"},
	} {
		_, err := imported(c.dir, c.format, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v %s: %v, want %q", c.dir, c.format, err, c.want)
		}
	}
}
