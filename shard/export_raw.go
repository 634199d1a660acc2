package shard

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/klauspost/compress/gzip"

	"github.com/seed-83c59573/quern"
)

// megatron is the indexed dataset of NVIDIA/Megatron-LM (megatron/core/datasets/indexed_dataset.py).
type megatron struct {
	files
	o    ExportOptions
	raw  rawWriter
	idx  *blob
	lens []int32
	code byte // of the type of a token
}

const (
	megatronU16 = 8
	megatronI32 = 4
)

func newMegatron(dir quern.Dir, o ExportOptions) (Exporter, error) {
	m := &megatron{files: files{dir: dir}, o: o, code: megatronI32}
	m.raw.width = 4
	if o.Vocab < 65500 { // as best_fitting_dtype has it
		m.raw.width, m.code = 2, megatronU16
	}
	var err error
	if m.raw.blob, err = m.create(o.Split + ".bin"); err == nil {
		m.idx, err = m.create(o.Split + ".idx")
	}
	if err != nil {
		m.Abort()
		return nil, err
	}
	return m, nil
}

func (m *megatron) Put(d *quern.Doc) error {
	if len(d.Tokens) > math.MaxInt32 {
		return fmt.Errorf("export: a document of %d tokens, an index of Megatron's holds %d", len(d.Tokens), math.MaxInt32)
	}
	m.lens = append(m.lens, int32(len(d.Tokens)))
	return m.raw.put(d.Tokens)
}

func (m *megatron) Commit() ([]quern.BlobInfo, error) {
	return m.end(m.finish(), m.idx)
}

func (m *megatron) finish() error {
	if err := m.raw.flush(); err != nil {
		return err
	}
	n := uint64(len(m.lens))
	b := append([]byte("MMIDIDX\x00\x00"), 1, 0, 0, 0, 0, 0, 0, 0, m.code)
	b = binary.LittleEndian.AppendUint64(b, n)
	b = binary.LittleEndian.AppendUint64(b, n+1)
	for _, l := range m.lens {
		b = binary.LittleEndian.AppendUint32(b, uint32(l))
	}
	at := uint64(0)
	for _, l := range m.lens {
		b = binary.LittleEndian.AppendUint64(b, at)
		at += uint64(l) * uint64(m.raw.width)
	}
	for i := range n + 1 {
		b = binary.LittleEndian.AppendUint64(b, i)
	}
	_, err := m.idx.Write(b)
	return err
}

// llmc is the data file of karpathy/llm.c (dev/data/data_common.py): a header of 256 numbers of 32 bits, then tokens. Documents go on from one file to the
// next.
type llmc struct {
	files
	o    ExportOptions
	raw  rawWriter
	file int
	left int64 // tokens that the open file still takes
	done int64 // tokens put
}

const (
	llmcGPT2    = 20240520 // u16
	llmcLlama3  = 20240801 // u32
	llmcPerFile = 100_000_000
)

func newLLMC(dir quern.Dir, o ExportOptions) (Exporter, error) {
	if o.PerFile == 0 {
		o.PerFile = llmcPerFile
	}
	if o.PerFile >= math.MaxInt32 {
		return nil, fmt.Errorf("export: %d tokens a file, a header of llm.c holds less than %d", o.PerFile, math.MaxInt32)
	}
	return &llmc{files: files{dir: dir}, o: o, raw: rawWriter{width: TokenWidth(o.Vocab)}}, nil
}

// next opens a file; its header says how many tokens it will have.
func (l *llmc) next() error {
	if l.raw.blob != nil {
		if err := l.raw.flush(); err != nil {
			return err
		}
	}
	l.left = min(l.o.PerFile, l.o.Tokens-l.done)
	if l.left <= 0 {
		return errOtherSums
	}
	var err error
	if l.raw.blob, err = l.create(fmt.Sprintf("%s_%06d.bin", l.o.Split, l.file)); err != nil {
		return err
	}
	l.file++
	header := make([]byte, 1024)
	magic, version := uint32(llmcGPT2), uint32(1)
	if l.raw.width == 4 {
		magic, version = llmcLlama3, 7
	}
	for i, v := range []uint32{magic, version, uint32(l.left)} {
		binary.LittleEndian.PutUint32(header[4*i:], v)
	}
	_, err = l.raw.blob.Write(header)
	return err
}

func (l *llmc) Put(d *quern.Doc) error {
	for tokens := d.Tokens; len(tokens) > 0; {
		if l.left == 0 {
			if err := l.next(); err != nil {
				return err
			}
		}
		n := int(min(l.left, int64(len(tokens))))
		if err := l.raw.put(tokens[:n]); err != nil {
			return err
		}
		tokens = tokens[n:]
		l.left -= int64(n)
		l.done += int64(n)
	}
	return nil
}

func (l *llmc) Commit() ([]quern.BlobInfo, error) {
	var err error
	if l.done != l.o.Tokens {
		err = errOtherSums
	} else if l.raw.blob != nil {
		err = l.raw.flush()
	}
	return l.end(err)
}

// nanoGPT is karpathy/nanoGPT's memory map.
type nanoGPT struct {
	files
	raw rawWriter
}

func newNanoGPT(dir quern.Dir, o ExportOptions) (Exporter, error) {
	if TokenWidth(o.Vocab) != 2 {
		return nil, fmt.Errorf("export: nanogpt holds ids of 2 bytes, the vocabulary has %d", o.Vocab)
	}
	name := o.Split
	if name == "validation" {
		name = "val"
	}
	n := &nanoGPT{files: files{dir: dir}, raw: rawWriter{width: 2}}
	var err error
	n.raw.blob, err = n.create(name + ".bin")
	return n, err
}

func (n *nanoGPT) Put(d *quern.Doc) error { return n.raw.put(d.Tokens) }

func (n *nanoGPT) Commit() ([]quern.BlobInfo, error) { return n.end(n.raw.flush()) }

// datatrove is huggingface/datatrove's tokenized dataset (pipeline/tokens/tokenizer.py).
type datatrove struct {
	files
	o      ExportOptions
	raw    rawWriter
	index  *blob
	ends   []byte
	tokens uint64
}

func newDatatrove(dir quern.Dir, o ExportOptions) (Exporter, error) {
	d := &datatrove{files: files{dir: dir}, o: o, raw: rawWriter{width: TokenWidth(o.Vocab)}}
	var err error
	if d.raw.blob, err = d.create(o.Split + ".ds"); err == nil {
		d.index, err = d.create(o.Split + ".ds.index")
	}
	if err != nil {
		d.Abort()
		return nil, err
	}
	return d, nil
}

func (x *datatrove) Put(d *quern.Doc) error {
	x.tokens += uint64(len(d.Tokens))
	x.ends = binary.LittleEndian.AppendUint64(x.ends, x.tokens)
	if len(x.ends) >= 1<<16 {
		if _, err := x.index.Write(x.ends); err != nil {
			return err
		}
		x.ends = x.ends[:0]
	}
	return x.raw.put(d.Tokens)
}

func (x *datatrove) Commit() ([]quern.BlobInfo, error) {
	err := x.raw.flush()
	if err == nil {
		_, err = x.index.Write(x.ends)
	}
	if err == nil {
		err = x.whole(x.o.Split+".ds.metadata", fmt.Appendf(nil, "%s|%d\n%d\n%s", x.o.Tokenizer, x.raw.width, x.tokens, metric(x.tokens)))
	}
	return x.end(err)
}

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

// olmo is the memory map that allenai/dolma's tokens command writes: raw tokens, and where each document stands.
type olmo struct {
	files
	o    ExportOptions
	raw  rawWriter
	csv  *gzip.Writer
	at   int64
	docs int64
}

func newOLMo(dir quern.Dir, o ExportOptions) (Exporter, error) {
	x := &olmo{files: files{dir: dir}, o: o, raw: rawWriter{width: TokenWidth(o.Vocab)}}
	var err error
	if x.raw.blob, err = x.create(o.Split + "/part-0-00000.npy"); err != nil {
		return nil, err
	}
	b, err := x.create(o.Split + "/part-0-00000.csv.gz")
	if err != nil {
		x.Abort()
		return nil, err
	}
	x.csv = gzip.NewWriter(b)
	return x, nil
}

func (x *olmo) Put(d *quern.Doc) error {
	end := x.at + int64(len(d.Tokens))
	x.docs++
	if _, err := fmt.Fprintf(x.csv, "%d,%d,%s,%s,%d\n", x.at, end, d.ID, d.Source, x.docs); err != nil {
		return err
	}
	x.at = end
	return x.raw.put(d.Tokens)
}

func (x *olmo) Commit() ([]quern.BlobInfo, error) {
	err := x.raw.flush()
	if err == nil {
		err = x.csv.Close()
	}
	return x.end(err)
}
