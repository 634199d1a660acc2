package shard

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/seed-83c59573/quern"
)

// chunked writes files that begin with the number of their items and where each begins: MDS and LitData agree on that. Items wait in memory until a file is
// full.
type chunked struct {
	items  []byte
	starts []uint32 // of each item in items
}

func (c *chunked) add(item []byte) {
	c.starts = append(c.starts, uint32(len(c.items)))
	c.items = append(c.items, item...)
}

// take gives the file, with head between the table of offsets and the items, and empties c.
func (c *chunked) take(head []byte) []byte {
	n := uint32(len(c.starts))
	base := 4*(n+2) + uint32(len(head))
	b := binary.LittleEndian.AppendUint32(make([]byte, 0, int(base)+len(c.items)), n)
	for _, s := range c.starts {
		b = binary.LittleEndian.AppendUint32(b, base+s)
	}
	b = binary.LittleEndian.AppendUint32(b, base+uint32(len(c.items)))
	b = append(append(b, head...), c.items...)
	c.items, c.starts = c.items[:0], c.starts[:0]
	return b
}

// mds is a dataset of mosaicml/streaming (base/format/mds): of each document its id, source and tokens, columns in the order of their names.
type mds struct {
	files
	o      ExportOptions
	chunk  chunked
	shards []map[string]any
	config []byte
	item   []byte
}

const mdsFile = 1 << 26 // bytes of a file

// mdsColumns are the columns, sorted.
var mdsColumns = []string{"id", "source", "tokens"}

func (x *mds) encodings() []string {
	return []string{"str", "str", fmt.Sprintf("ndarray:uint%d", 8*TokenWidth(x.o.Vocab))}
}

func newMDS(dir quern.Dir, o ExportOptions) (Exporter, error) {
	x := &mds{files: files{dir: dir}, o: o}
	var err error
	x.config, err = json.Marshal(map[string]any{"column_encodings": x.encodings(), "column_names": mdsColumns, "column_sizes": []any{nil, nil, nil},
		"compression": nil, "format": "mds", "hashes": []string{}, "size_limit": mdsFile, "version": 2})
	return x, err
}

func (x *mds) Put(d *quern.Doc) error {
	if len(d.Tokens) == 0 {
		return fmt.Errorf("document %s has no tokens, which mds cannot hold", d.ID)
	}
	width := TokenWidth(x.o.Vocab)
	shape := []byte{1<<2 | 2, 0, 0, 0, 0} // one dimension, its size in 4 bytes
	switch n := uint32(len(d.Tokens)); {
	case n < 1<<8:
		shape = []byte{1 << 2, byte(n)}
	case n < 1<<16:
		shape = binary.LittleEndian.AppendUint16([]byte{1<<2 | 1}, uint16(n))
	default:
		binary.LittleEndian.PutUint32(shape[1:], n)
	}
	id := d.ID.String()
	b := x.item[:0]
	for _, size := range []int{len(id), len(d.Source), len(shape) + width*len(d.Tokens)} {
		b = binary.LittleEndian.AppendUint32(b, uint32(size))
	}
	b = append(append(append(b, id...), d.Source...), shape...)
	for _, t := range d.Tokens {
		if width == 2 {
			b = binary.LittleEndian.AppendUint16(b, uint16(t))
		} else {
			b = binary.LittleEndian.AppendUint32(b, t)
		}
	}
	x.item = b
	if size := len(x.chunk.items) + 4*len(x.chunk.starts) + len(b) + len(x.config) + 12; size > mdsFile && len(x.chunk.starts) > 0 {
		if err := x.flush(); err != nil {
			return err
		}
	}
	x.chunk.add(b)
	return nil
}

func (x *mds) flush() error {
	samples := len(x.chunk.starts)
	if samples == 0 {
		return nil
	}
	b := x.chunk.take(x.config)
	name := fmt.Sprintf("shard.%05d.mds", len(x.shards))
	x.shards = append(x.shards, map[string]any{"column_encodings": x.encodings(), "column_names": mdsColumns, "column_sizes": []any{nil, nil, nil},
		"compression": nil, "format": "mds", "hashes": []string{}, "raw_data": map[string]any{"basename": name, "bytes": len(b), "hashes": map[string]string{}},
		"samples": samples, "size_limit": mdsFile, "version": 2, "zip_data": nil})
	return x.whole(name, b)
}

func (x *mds) Commit() ([]quern.BlobInfo, error) {
	err := x.flush()
	if err == nil {
		var index []byte
		if x.shards == nil {
			x.shards = []map[string]any{}
		}
		if index, err = json.Marshal(map[string]any{"shards": x.shards, "version": 2}); err == nil {
			err = x.whole("index.json", index)
		}
	}
	return x.end(err)
}

// litData is a dataset of Lightning-AI/litData for its TokensLoader: blocks of tokens run through the documents of a file, so an item is as good as another; here
// it is a document.
type litData struct {
	files
	o      ExportOptions
	chunk  chunked
	tokens int // in the chunk
	chunks []map[string]any
	item   []byte
}

// litPerFile is 64 MB; ids of LitData are 4 bytes wide at least.
const (
	litPerFile = 16 << 20
	litFormat  = "no_header_tensor:3" // torch.int32 in litdata's numbering of types
)

func newLitData(dir quern.Dir, o ExportOptions) (Exporter, error) {
	if o.PerFile == 0 {
		o.PerFile = litPerFile
	}
	return &litData{files: files{dir: dir}, o: o}, nil
}

func (x *litData) Put(d *quern.Doc) error {
	if x.tokens > 0 && int64(x.tokens+len(d.Tokens)) > x.o.PerFile {
		if err := x.flush(); err != nil {
			return err
		}
	}
	b := x.item[:0]
	for _, t := range d.Tokens {
		b = binary.LittleEndian.AppendUint32(b, t)
	}
	x.item = b
	x.chunk.add(b)
	x.tokens += len(d.Tokens)
	return nil
}

func (x *litData) flush() error {
	n := len(x.chunk.starts)
	if n == 0 {
		return nil
	}
	b := x.chunk.take(nil)
	name := fmt.Sprintf("chunk-0-%d.bin", len(x.chunks))
	x.chunks = append(x.chunks, map[string]any{"chunk_bytes": len(b), "chunk_size": n, "filename": name, "dim": x.tokens})
	x.tokens = 0
	return x.whole(name, b)
}

func (x *litData) Commit() ([]quern.BlobInfo, error) {
	err := x.flush()
	if err == nil {
		if x.chunks == nil {
			x.chunks = []map[string]any{}
		}
		var index []byte
		index, err = json.Marshal(map[string]any{"chunks": x.chunks, "config": map[string]any{"chunk_bytes": 4 * x.o.PerFile, "chunk_size": nil, "compression": nil,
			"data_format": []string{litFormat}, "data_spec": "[1, {\"type\": null, \"context\": null, \"children_spec\": []}]", "encryption": nil, "item_loader": "TokensLoader"}})
		if err == nil {
			err = x.whole("index.json", index)
		}
	}
	return x.end(err)
}
