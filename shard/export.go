package shard

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
)

// Exporter writes tokenized documents as another project's trainer reads them. Put is called in the order of the corpus; exactly one of Commit and Abort
// ends it. Files are committed as they become whole, so that a large export holds few of them open, and what readers look for first, such as an
// index, comes last: whoever wants all or nothing exports into a folder of its own and renames it.
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
	Rows      int   // tokens of a block, where readers cut blocks within files: litdata; 0 = not known
	PerFile   int64 // tokens of a file, where the layout has several; 0 = what its project uses
}

// ExportFormat is one layout.
type ExportFormat struct {
	Name  string
	About string
	New   func(dir quern.Dir, o ExportOptions) (Exporter, error)

	OneFile bool // a split is one file

	// Finish writes what tells of all splits together, after they are committed; nil = the layout has no such file.
	Finish func(dir quern.Dir, splits []ExportOptions) ([]quern.BlobInfo, error)
}

// ExportFormats are the layouts that are known.
var ExportFormats = []ExportFormat{
	{"megatron", "Megatron-LM and NeMo: <split>.bin and .idx of an indexed dataset, a sequence and a document for each document", newMegatron, true, nil},
	{"llmc", "llm.c and modded-nanogpt: <split>_000000.bin … with a header of 1024 bytes; ids of 2 bytes (as of GPT-2) or 4 (Llama-3)", newLLMC, false, nil},
	{"nanogpt", "nanoGPT: <split>.bin, u16 without a header", newNanoGPT, true, nil},
	{"datatrove", "datatrove and nanotron: <split>/00000.ds, .ds.index, .ds.metadata", newDatatrove, false, nil},
	{"olmo", "OLMo and Dolma: <split>/part-0-00000.npy … (raw in spite of its name) and .csv.gz", newOLMo, false, nil},
	{"mds", "MosaicML Streaming: <split>/shard.00000.mds … and index.json, a sample for each document", newMDS, false, nil},
	{"litdata", "LitData: <split>/chunk-0-0.bin … and index.json for its TokensLoader", newLitData, false, nil},
	{"webdataset", "WebDataset: <split>-000000.tar …, a sample for each document", newWebDataset, false, nil},
	{"hf-arrow", "Hugging Face datasets, as save_to_disk writes them: dataset_dict.json, and of each split Arrow streams, state.json, dataset_info.json", newHFArrow, false, finishHFArrow},
	{"hf-parquet", "Hugging Face Hub: data/<split>-00000.parquet … and README.md with its front matter", newHFParquet, false, finishHFParquet},
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

// shortSplit is the name that karpathy's projects have for a split.
func shortSplit(split string) string {
	if split == "validation" {
		return "val"
	}
	return split
}

// files are the blobs of an exporter.
type files struct {
	dir  quern.Dir
	open []*blob
	done []quern.BlobInfo
}

func (f *files) create(name string) (*blob, error) {
	b, err := create(f.dir, name)
	if err == nil {
		f.open = append(f.open, b)
	}
	return b, err
}

// close commits a file that is whole.
func (f *files) close(b *blob) error {
	f.open = slices.DeleteFunc(f.open, func(o *blob) bool { return o == b })
	info, err := b.commit()
	if err == nil {
		f.done = append(f.done, info)
	}
	return err
}

// whole writes a small file.
func (f *files) whole(name string, content []byte) error {
	b, err := f.create(name)
	if err != nil {
		return err
	}
	if _, err = b.Write(content); err != nil {
		return err
	}
	return f.close(b)
}

// wholeJSON writes a value as a small file.
func (f *files) wholeJSON(name string, v any, indent string) error {
	b, err := json.MarshalIndent(v, "", indent)
	if indent == "" {
		b, err = json.Marshal(v)
	}
	if err != nil {
		return err
	}
	return f.whole(name, b)
}

// Abort gives up the files that are open.
func (f *files) Abort() {
	for _, b := range f.open {
		b.abort()
	}
}

// end commits what is still open, in the order in which it was created, or gives it up if err is one.
func (f *files) end(err error) ([]quern.BlobInfo, error) {
	for err == nil && len(f.open) > 0 {
		err = f.close(f.open[0])
	}
	if err != nil {
		f.Abort()
		return nil, err
	}
	return f.done, nil
}

// rawWriter writes tokens of 2 or 4 bytes to a blob.
type rawWriter struct {
	blob  *blob
	width int
	buf   []byte
}

// appendIDs appends tokens of 2 or 4 bytes.
func appendIDs(b []byte, tokens []uint32, width int) ([]byte, error) {
	at := len(b)
	b = slices.Grow(b, width*len(tokens))[:at+width*len(tokens)]
	to := b[at:]
	if width == 4 {
		for i, t := range tokens {
			binary.LittleEndian.PutUint32(to[4*i:], t)
		}
		return b, nil
	}
	all := uint32(0)
	for i, t := range tokens {
		all |= t
		binary.LittleEndian.PutUint16(to[2*i:], uint16(t))
	}
	if all > 0xFFFF {
		return b[:at], fmt.Errorf("token %d does not fit in 2 bytes", slices.Max(tokens))
	}
	return b, nil
}

func (w *rawWriter) put(tokens []uint32) (err error) {
	for len(tokens) > 0 {
		n := min(len(tokens), 1<<16) // so that a huge document needs no second copy of itself
		if w.buf, err = appendIDs(w.buf, tokens[:n], w.width); err != nil {
			return fmt.Errorf("%s: %w", w.blob.name, err)
		}
		tokens = tokens[n:]
		if len(w.buf) >= 1<<16 {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *rawWriter) flush() error {
	_, err := w.blob.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

// fitsInt32 refuses ids that a signed number of 4 bytes cannot hold.
func fitsInt32(tokens []uint32) error {
	for _, t := range tokens {
		if t > math.MaxInt32 {
			return fmt.Errorf("token %d does not fit in a signed number of 4 bytes", t)
		}
	}
	return nil
}

var errOtherSums = errors.New("export: other documents than were announced")
