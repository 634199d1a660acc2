package shard_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// importDocs are the documents that cmd/versus/imports.py writes with the tools of other projects.
func importDocs() (docs []quern.Doc) {
	state := uint32(7)
	for _, n := range []int{1, 5, 40, 7, 2, 90} {
		d := quern.Doc{}
		for range n - 1 {
			state = state*1664525 + 1013904223
			d.Tokens = append(d.Tokens, state>>8%(50_257-1)+1)
		}
		d.Tokens = append(d.Tokens, 0)
		docs = append(docs, d)
	}
	return docs
}

// rowsOf cuts all tokens into rows.
func rowsOf(docs []quern.Doc, n int) (rows []quern.Doc) {
	var flat []uint32
	for _, d := range docs {
		flat = append(flat, d.Tokens...)
	}
	for c := range slices.Chunk(flat, n) {
		rows = append(rows, quern.Doc{Tokens: c})
	}
	return rows
}

// ledOf moves the separator from the end of each document to its beginning.
func ledOf(docs []quern.Doc) (led []quern.Doc) {
	for _, d := range docs {
		led = append(led, quern.Doc{Tokens: append([]uint32{0}, d.Tokens[:len(d.Tokens)-1]...)})
	}
	return led
}

// importCases are the folders in testdata/import: what is asked of the importer, and what must come.
func importCases() map[string]importCase {
	all := importDocs()
	train := func(docs []quern.Doc) map[string][]quern.Doc { return map[string][]quern.Doc{"train": docs} }
	both := map[string][]quern.Doc{"train": all[:4], "validation": all[4:]}
	twice := map[string][]quern.Doc{"train": all, "validation": all}
	none := shard.ImportOptions{EndOfText: -1}
	return map[string]importCase{
		"megatron_u16":    {"megatron", none, train(all)},
		"megatron_i32":    {"megatron", none, train(all)},
		"mds_u16":         {"mds", none, both},
		"mds_dynamic":     {"mds", none, both},
		"mds_bytes":       {"mds", shard.ImportOptions{EndOfText: -1, Dtype: "int64"}, both},
		"mds_zstd":        {"mds", none, both},
		"mds_gz":          {"mds", none, both},
		"mds_static":      {"mds", none, train(rowsOf(all, 5))},
		"litdata_i32":     {"litdata", none, train(all)},
		"litdata_u16":     {"litdata", shard.ImportOptions{Separate: true}, train(all)},
		"datatrove_u16":   {"datatrove", none, train(all)},
		"datatrove_u32":   {"datatrove", none, train(all)},
		"dolma":           {"olmo", none, train(all)},
		"llmc":            {"llmc", shard.ImportOptions{Leads: true}, train(ledOf(all))},
		"nanogpt":         {"nanogpt", shard.ImportOptions{}, both},
		"webdataset":      {"webdataset", none, train(all)},
		"hf_arrow":        {"hf-arrow", none, twice},
		"hf_arrow_large":  {"hf-arrow", none, train(all)},
		"hf_arrow_fixed":  {"hf-arrow", none, train(rowsOf(all, 5))},
		"hf_parquet":      {"hf-parquet", none, twice},
		"pyarrow_parquet": {"hf-parquet", none, train(all)},
	}
}

type importCase struct {
	format string
	o      shard.ImportOptions
	want   map[string][]quern.Doc
}

// open opens the files in dir as those of the case; the format "" is found out.
func (c importCase) open(dir quern.Dir, format string) (map[string][]quern.Doc, error) {
	c.o.Name, c.o.Domain, c.o.Vocab = "pages", "web", 50_257
	return imported(dir, format, c.o)
}

func TestImportGolden(t *testing.T) {
	cases := importCases()
	folders, err := os.ReadDir("testdata/import")
	if err != nil || len(folders) != len(cases) {
		t.Fatalf("%d folders, %d cases, %v", len(folders), len(cases), err)
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			format := ""
			if c.format == "nanogpt" {
				format = c.format // raw ids tell nothing
			}
			got, err := c.open(quern.Local(filepath.Join("testdata/import", name)), format)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(c.want) {
				t.Errorf("%d splits, want %d", len(got), len(c.want))
			}
			for split, want := range c.want {
				if err := same(got[split], want); err != nil {
					t.Errorf("%s: %v", split, err)
				}
			}
		})
	}
}

// load copies a folder to memory.
func load(t testing.TB, folder string) *quern.Memory {
	t.Helper()
	var dir quern.Memory
	names, err := quern.Local(folder).List("")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		b, err := quern.ReadBlob(quern.Local(folder), n)
		if err == nil {
			err = quern.WriteBlob(&dir, n, b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return &dir
}

// TestImportOfCutFiles: a file that ends too early is an error that names it, never fewer documents; only what nothing counts, raw ids and rows behind a
// last one, may be cut unseen, and never gives another token.
func TestImportOfCutFiles(t *testing.T) {
	for name, c := range importCases() {
		t.Run(name, func(t *testing.T) {
			zeros := strings.Repeat("\x00", 1024)
			folder := filepath.Join("testdata/import", name)
			names, err := quern.Local(folder).List("")
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range names {
				dir := load(t, folder)
				whole, err := quern.ReadBlob(dir, n)
				if err != nil {
					t.Fatal(err)
				}
				if base := filepath.Base(n); strings.HasSuffix(base, "_info.json") || base == "dataset_dict.json" || strings.HasSuffix(base, ".metadata") {
					continue // nothing is read of it, or only its first line
				}
				for _, keep := range []int{0, 1, len(whole) / 3, len(whole) / 2, len(whole) - 9, len(whole) - 1} {
					if keep < 0 {
						continue
					}
					if err := quern.WriteBlob(dir, n, whole[:keep]); err != nil {
						t.Fatal(err)
					}
					got, err := c.open(dir, c.format)
					if err == nil && (c.format == "nanogpt" || strings.HasSuffix(string(whole[:keep]), zeros) && strings.Trim(string(whole[keep:]), "\x00") == "") {
						continue // what is cut of an archive stood behind its end
					}
					if err == nil {
						t.Errorf("%s: %d of %d bytes went through: %d documents", n, keep, len(whole), len(got["train"]))
					} else if stem, _, _ := strings.Cut(filepath.Base(n), "."); !strings.Contains(err.Error(), stem) {
						t.Errorf("%s: %d of %d bytes: the error names no file: %v", n, keep, len(whole), err)
					}
				}
			}
		})
	}
}
