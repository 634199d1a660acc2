package shard_test

import (
	"path/filepath"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// fuzzImport alters one file of a folder in testdata/import. Whatever stands in it, the import ends with documents whose ids are in the vocabulary and
// which the files can hold, or with an error.
func fuzzImport(f *testing.F, name, file string) {
	c := importCases()[name]
	folder := filepath.Join("testdata/import", name)
	whole, err := quern.ReadBlob(quern.Local(folder), file)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	names, err := quern.Local(folder).List("")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := load(t, folder)
		if err := quern.WriteBlob(dir, file, b); err != nil {
			t.Fatal(err)
		}
		size := 0
		for _, n := range names {
			b, err := quern.ReadBlob(dir, n)
			if err != nil {
				t.Fatal(err)
			}
			size += len(b)
		}
		got, err := c.open(dir, c.format)
		if err != nil {
			return
		}
		tokens := 0
		for _, docs := range got {
			for _, d := range docs {
				tokens += len(d.Tokens)
				for _, id := range d.Tokens {
					if id >= 50_257 {
						t.Fatalf("id %d", id)
					}
				}
			}
		}
		if packed := c.format == "hf-parquet" || c.format == "hf-arrow"; tokens > size && !packed {
			t.Fatalf("%d tokens of %d bytes", tokens, size)
		}
	})
}

func FuzzImportMegatron(f *testing.F)  { fuzzImport(f, "megatron_u16", "corpus.idx") }
func FuzzImportLLMC(f *testing.F)      { fuzzImport(f, "llmc", "fineweb_train_000000.bin") }
func FuzzImportNanoGPT(f *testing.F)   { fuzzImport(f, "nanogpt", "train.bin") }
func FuzzImportDatatrove(f *testing.F) { fuzzImport(f, "datatrove_u16", "00000_unshuffled.ds.index") }
func FuzzImportDatatroveMeta(f *testing.F) {
	fuzzImport(f, "datatrove_u16", "00000_unshuffled.ds.metadata")
}
func FuzzImportOLMo(f *testing.F)         { fuzzImport(f, "dolma", "part-0-00000.csv.gz") }
func FuzzImportMDS(f *testing.F)          { fuzzImport(f, "mds_dynamic", "val/shard.00000.mds") }
func FuzzImportMDSIndex(f *testing.F)     { fuzzImport(f, "mds_dynamic", "val/index.json") }
func FuzzImportMDSZstd(f *testing.F)      { fuzzImport(f, "mds_zstd", "val/shard.00000.mds.zstd") }
func FuzzImportLitData(f *testing.F)      { fuzzImport(f, "litdata_i32", "chunk-0-0.bin") }
func FuzzImportLitDataIndex(f *testing.F) { fuzzImport(f, "litdata_i32", "index.json") }
func FuzzImportWebDataset(f *testing.F)   { fuzzImport(f, "webdataset", "train-000000.tar") }
func FuzzImportHFArrow(f *testing.F)      { fuzzImport(f, "hf_arrow", "train/data-00000-of-00002.arrow") }
func FuzzImportHFArrowState(f *testing.F) { fuzzImport(f, "hf_arrow", "train/state.json") }
func FuzzImportHFParquet(f *testing.F) {
	fuzzImport(f, "hf_parquet", "data/train-00000-of-00002.parquet")
}

// TestImportTakesNoOtherNames: an index names files beside it, no others.
func TestImportTakesNoOtherNames(t *testing.T) {
	for _, name := range []string{"../x", "/etc/passwd", "", "sub/../x", "."} {
		dir := &quern.Memory{}
		index := `{"chunks":[{"chunk_bytes":8,"chunk_size":0,"filename":"` + name + `","dim":0}],"config":{"data_format":["no_header_tensor:16"]}}`
		if err := quern.WriteBlob(dir, "index.json", []byte(index)); err != nil {
			t.Fatal(err)
		}
		if _, err := imported(dir, "litdata", shard.ImportOptions{EndOfText: -1}); err == nil {
			t.Errorf("the name %q was taken", name)
		}
	}
}
