package shard

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/seed-83c59573/quern"
)

// megatron is the indexed dataset of NVIDIA/Megatron-LM (megatron/core/datasets/indexed_dataset.py). The lengths of all documents stand before their
// offsets in its index, so they wait in memory: 4 bytes a document.
type megatron struct {
	files
	o    ExportOptions
	raw  rawWriter
	idx  *blob
	lens []int32
	code byte // of the type of a token
}

const (
	megatronMagic = "MMIDIDX\x00\x00"
	megatronU16   = 8
	megatronI32   = 4
)

func newMegatron(dir quern.Dir, o ExportOptions) (Exporter, error) {
	m := &megatron{files: files{dir: dir}, o: o, code: megatronI32, lens: make([]int32, 0, max(0, min(o.Docs, 1<<32)))}
	m.raw.width = 4
	if o.Vocab < 65500 { // DType.optimal_dtype
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
	if m.code == megatronI32 {
		if err := fitsInt32(d.Tokens); err != nil {
			return err
		}
	}
	m.lens = append(m.lens, int32(len(d.Tokens)))
	return m.raw.put(d.Tokens)
}

func (m *megatron) Commit() ([]quern.BlobInfo, error) {
	err := m.raw.flush()
	if err == nil {
		err = m.close(m.raw.blob)
	}
	if err == nil {
		err = m.index()
	}
	return m.end(err)
}

// index writes its three columns through a small buffer: length and offset of each sequence, and where each document begins.
func (m *megatron) index() error {
	n := uint64(len(m.lens))
	b := append([]byte(megatronMagic), 1, 0, 0, 0, 0, 0, 0, 0, m.code)
	b = binary.LittleEndian.AppendUint64(b, n)
	b = binary.LittleEndian.AppendUint64(b, n+1)
	write := func(least int) error {
		if len(b) < least {
			return nil
		}
		_, err := m.idx.Write(b)
		b = b[:0]
		return err
	}
	for _, l := range m.lens {
		b = binary.LittleEndian.AppendUint32(b, uint32(l))
		if err := write(1 << 16); err != nil {
			return err
		}
	}
	at := uint64(0)
	for _, l := range m.lens {
		b = binary.LittleEndian.AppendUint64(b, at)
		at += uint64(l) * uint64(m.raw.width)
		if err := write(1 << 16); err != nil {
			return err
		}
	}
	for i := range n + 1 {
		b = binary.LittleEndian.AppendUint64(b, i)
		if err := write(1 << 16); err != nil {
			return err
		}
	}
	return write(1)
}
