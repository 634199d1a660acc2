package shard

import (
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"strconv"

	"github.com/klauspost/compress/gzip"

	"github.com/seed-83c59573/quern"
)

// datatrove is huggingface/datatrove's tokenized dataset (pipeline/tokens/tokenizer.py), a folder for each split since its readers take whole folders.
// A document is never cut: a file ends before one that would make it longer than PerFile.
type datatrove struct {
	files
	o      ExportOptions
	raw    rawWriter
	index  *blob
	ends   []byte
	tokens uint64 // in the open file
	file   int
}

func newDatatrove(dir quern.Dir, o ExportOptions) (Exporter, error) {
	x := &datatrove{files: files{dir: dir}, o: o, raw: rawWriter{width: TokenWidth(o.Vocab)}}
	if err := x.next(); err != nil {
		x.Abort()
		return nil, err
	}
	return x, nil
}

func (x *datatrove) name() string { return fmt.Sprintf("%s/%05d.ds", x.o.Split, x.file) }

func (x *datatrove) next() (err error) {
	if x.raw.blob, err = x.create(x.name()); err == nil {
		x.index, err = x.create(x.name() + ".index")
	}
	return err
}

func (x *datatrove) Put(d *quern.Doc) error {
	if x.tokens > 0 && x.o.PerFile > 0 && x.tokens+uint64(len(d.Tokens)) > uint64(x.o.PerFile) {
		if err := x.finish(); err != nil {
			return err
		}
		x.file, x.tokens = x.file+1, 0
		if err := x.next(); err != nil {
			return err
		}
	}
	x.tokens += uint64(len(d.Tokens))
	x.ends = binary.LittleEndian.AppendUint64(x.ends, x.tokens)
	if len(x.ends) >= 1<<16 {
		if err := x.flushEnds(); err != nil {
			return err
		}
	}
	return x.raw.put(d.Tokens)
}

func (x *datatrove) flushEnds() error {
	_, err := x.index.Write(x.ends)
	x.ends = x.ends[:0]
	return err
}

// finish commits the open file, its index, and what datatrove tells people of it.
func (x *datatrove) finish() error {
	if err := x.raw.flush(); err != nil {
		return err
	}
	if err := x.flushEnds(); err != nil {
		return err
	}
	if err := x.close(x.raw.blob); err != nil {
		return err
	}
	if err := x.close(x.index); err != nil {
		return err
	}
	return x.whole(x.name()+".metadata", fmt.Appendf(nil, "%s|%d\n%d\n%s", x.o.Tokenizer, x.raw.width, x.tokens, metric(x.tokens)))
}

func (x *datatrove) Commit() ([]quern.BlobInfo, error) { return x.end(x.finish()) }

// metric is a number of tokens as humanize.metric(n, unit="T") tells it to people: three digits and a prefix.
func metric(n uint64) string {
	v, prefixes := float64(n), []string{"", "k", "M", "G", "T", "P"}
	for v >= 999.5 && len(prefixes) > 1 {
		v, prefixes = v/1000, prefixes[1:]
	}
	digits := 2
	for x := v; x >= 10 && digits > 0; x /= 10 {
		digits--
	}
	return fmt.Sprintf("%.*f %sT", digits, v, prefixes[0])
}

// olmo is the memory map that allenai/dolma's tokens command writes: raw tokens, and where each document stands in them.
type olmo struct {
	files
	o    ExportOptions
	raw  rawWriter
	rows *blob
	zip  *gzip.Writer
	csv  *csv.Writer
	at   int64 // tokens in the open file
	docs int64
	file int
}

const olmoPerFile = 1 << 29 // tokens: files of 1 GB of ids of 2 bytes, as dolma cuts them

func newOLMo(dir quern.Dir, o ExportOptions) (Exporter, error) {
	if o.PerFile == 0 {
		o.PerFile = olmoPerFile
	}
	x := &olmo{files: files{dir: dir}, o: o, raw: rawWriter{width: TokenWidth(o.Vocab)}}
	if err := x.next(); err != nil {
		x.Abort()
		return nil, err
	}
	return x, nil
}

func (x *olmo) next() (err error) {
	name := fmt.Sprintf("%s/part-0-%05d", x.o.Split, x.file)
	if x.raw.blob, err = x.create(name + ".npy"); err != nil {
		return err
	}
	if x.rows, err = x.create(name + ".csv.gz"); err != nil {
		return err
	}
	x.file, x.at = x.file+1, 0
	x.zip = gzip.NewWriter(x.rows)
	x.csv = csv.NewWriter(x.zip)
	return nil
}

func (x *olmo) Put(d *quern.Doc) error {
	if x.at > 0 && x.at+int64(len(d.Tokens)) > x.o.PerFile {
		if err := x.finish(); err != nil {
			return err
		}
		if err := x.next(); err != nil {
			return err
		}
	}
	end := x.at + int64(len(d.Tokens))
	x.docs++
	n := func(v int64) string { return strconv.FormatInt(v, 10) }
	if err := x.csv.Write([]string{n(x.at), n(end), d.ID.String(), d.Source, n(x.docs)}); err != nil {
		return err
	}
	x.at = end
	return x.raw.put(d.Tokens)
}

func (x *olmo) finish() error {
	if err := x.raw.flush(); err != nil {
		return err
	}
	if x.csv.Flush(); x.csv.Error() != nil {
		return x.csv.Error()
	}
	if err := x.zip.Close(); err != nil {
		return err
	}
	if err := x.close(x.raw.blob); err != nil {
		return err
	}
	return x.close(x.rows)
}

func (x *olmo) Commit() ([]quern.BlobInfo, error) { return x.end(x.finish()) }
