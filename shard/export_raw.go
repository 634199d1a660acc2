package shard

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/seed-83c59573/quern"
)

// llmc is the data file of karpathy/llm.c (dev/data/data_common.py) and of KellerJordan/modded-nanogpt: a header of 256 numbers of 32 bits, then tokens.
// Documents go on from one file to the next.
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
	llmcHeader  = 1024     // bytes
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
	if err := l.finish(); err != nil {
		return err
	}
	l.left = min(l.o.PerFile, l.o.Tokens-l.done)
	if l.left <= 0 {
		return errOtherSums
	}
	var err error
	if l.raw.blob, err = l.create(fmt.Sprintf("%s_%06d.bin", shortSplit(l.o.Split), l.file)); err != nil {
		return err
	}
	l.file++
	header := make([]byte, llmcHeader)
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

// finish commits the open file.
func (l *llmc) finish() error {
	if l.raw.blob == nil {
		return nil
	}
	if err := l.raw.flush(); err != nil {
		return err
	}
	b := l.raw.blob
	l.raw.blob = nil
	return l.close(b)
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
	if l.done != l.o.Tokens {
		return l.end(errOtherSums)
	}
	return l.end(l.finish())
}

// nanoGPT is karpathy/nanoGPT's memory map (data/openwebtext/prepare.py).
type nanoGPT struct {
	files
	raw rawWriter
}

func newNanoGPT(dir quern.Dir, o ExportOptions) (Exporter, error) {
	if TokenWidth(o.Vocab) != 2 {
		return nil, fmt.Errorf("export: nanogpt holds ids of 2 bytes, the vocabulary has %d", o.Vocab)
	}
	n := &nanoGPT{files: files{dir: dir}, raw: rawWriter{width: 2}}
	var err error
	n.raw.blob, err = n.create(shortSplit(o.Split) + ".bin")
	return n, err
}

func (n *nanoGPT) Put(d *quern.Doc) error { return n.raw.put(d.Tokens) }

func (n *nanoGPT) Commit() ([]quern.BlobInfo, error) { return n.end(n.raw.flush()) }
