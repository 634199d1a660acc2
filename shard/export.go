package shard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
)

// Exporter writes tokenized documents as another project's trainer reads them. Put is called in the order of the corpus; exactly one of Commit and Abort
// ends it, and nothing stands under its name before Commit.
type Exporter interface {
	Put(d *quern.Doc) error
	Commit() ([]quern.BlobInfo, error)
	Abort()
}

// ExportOptions say what is exported. Docs and Tokens are the sums of all that will be put: some layouts have them in front.
type ExportOptions struct {
	Split     string // "train", "validation"
	Vocab     int    // ids of the tokenizer
	EndOfText uint32
	Tokenizer string // its name, for people
	Docs      int64
	Tokens    int64
	Rows      int   // tokens of a packed row or block, where the layout has such
	PerFile   int64 // tokens of a file, where the layout has several; 0 = what its project uses
}

// ExportFormat is one layout.
type ExportFormat struct {
	Name  string
	About string
	New   func(dir quern.Dir, o ExportOptions) (Exporter, error)
}

// ExportFormats are the layouts that are known.
var ExportFormats = []ExportFormat{
	{"megatron", "Megatron-LM and NeMo: <split>.bin and .idx of an indexed dataset, a sequence and a document for each document", newMegatron},
	{"llmc", "llm.c and modded-nanogpt: <split>_000000.bin … with a header of 1024 bytes; vocabularies of GPT-2 (u16) or Llama-3 (u32)", newLLMC},
	{"nanogpt", "nanoGPT: <split>.bin, u16 without a header", newNanoGPT},
	{"datatrove", "datatrove and nanotron: <split>.ds, .ds.index, .ds.metadata", newDatatrove},
	{"olmo", "OLMo and Dolma: part-0-00000.npy (raw in spite of its name) and .csv.gz", newOLMo},
	{"mds", "MosaicML Streaming: shard.00000.mds … and index.json, a sample for each document", newMDS},
	{"litdata", "LitData: chunk-0-0.bin … and index.json for its TokensLoader", newLitData},
	{"webdataset", "WebDataset: shard-000000.tar …, a sample for each document", newWebDataset},
	{"hf-arrow", "Hugging Face datasets, as save_to_disk writes them: Arrow streams, state.json, dataset_info.json", newHFArrow},
	{"hf-parquet", "Hugging Face Hub: data/<split>-00000-of-00001.parquet and README.md with its front matter", newHFParquet},
}

// ExportFormatNamed finds a layout; the error lists what there is.
func ExportFormatNamed(name string) (ExportFormat, error) {
	var names []string
	for _, f := range ExportFormats {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return ExportFormat{}, fmt.Errorf("export: unknown format %q, know %s", name, strings.Join(names, ", "))
}

// files are the blobs of an exporter: all are finished before the first is committed.
type files struct {
	dir  quern.Dir
	open []*blob
}

func (f *files) create(name string) (*blob, error) {
	b, err := create(f.dir, name)
	if err == nil {
		f.open = append(f.open, b)
	}
	return b, err
}

// whole writes a small file.
func (f *files) whole(name string, content []byte) error {
	b, err := f.create(name)
	if err == nil {
		_, err = b.Write(content)
	}
	return err
}

func (f *files) Abort() {
	for _, b := range f.open {
		b.abort()
	}
}

// commit makes the files durable in the order in which they were created, but the first ones of hold last: what readers look for.
func (f *files) commit(last ...*blob) (infos []quern.BlobInfo, err error) {
	order := slices.DeleteFunc(slices.Clone(f.open), func(b *blob) bool { return slices.Contains(last, b) })
	for _, b := range append(order, last...) {
		info, err := b.commit()
		if err != nil {
			f.Abort()
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// end gives up what is open if err is one, else commits.
func (f *files) end(err error, last ...*blob) ([]quern.BlobInfo, error) {
	if err != nil {
		f.Abort()
		return nil, err
	}
	return f.commit(last...)
}

// rawWriter writes tokens of 2 or 4 bytes to a blob.
type rawWriter struct {
	blob  *blob
	width int
	buf   []byte
}

func (w *rawWriter) put(tokens []uint32) error {
	for _, t := range tokens {
		if w.width == 2 {
			if t > 0xFFFF {
				return fmt.Errorf("%s: token %d does not fit in 2 bytes", w.blob.name, t)
			}
			w.buf = binary.LittleEndian.AppendUint16(w.buf, uint16(t))
		} else {
			w.buf = binary.LittleEndian.AppendUint32(w.buf, t)
		}
	}
	if len(w.buf) < 1<<16 {
		return nil
	}
	return w.flush()
}

func (w *rawWriter) flush() error {
	_, err := w.blob.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

var errOtherSums = errors.New("export: other documents than were announced")
