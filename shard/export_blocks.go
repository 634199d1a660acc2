package shard

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"github.com/seed-83c59573/quern"
)

// chunked writes files that begin with the number of their items and where each begins: MDS and LitData agree on that. Items wait in memory until a file is
// full.
type chunked struct {
	items  []byte
	starts []uint32 // of each item in items
}

// blockMax is what offsets of 4 bytes can point at.
const blockMax = math.MaxUint32

// size is how long the file would be with so many bytes in one more item.
func (c *chunked) size(item, head int64) int64 {
	return 4*int64(len(c.starts)+3) + head + int64(len(c.items)) + item
}

// begin opens an item; it ends where the next one begins.
func (c *chunked) begin() { c.starts = append(c.starts, uint32(len(c.items))) }

// write gives the file to name, with head between the table of offsets and the items, and empties c.
func (c *chunked) write(f *files, name string, head []byte) (bytes int64, err error) {
	n := uint32(len(c.starts))
	base := 4*(n+2) + uint32(len(head))
	b := binary.LittleEndian.AppendUint32(make([]byte, 0, base), n)
	for _, s := range c.starts {
		b = binary.LittleEndian.AppendUint32(b, base+s)
	}
	b = binary.LittleEndian.AppendUint32(b, base+uint32(len(c.items)))
	w, err := f.create(name)
	for _, part := range [][]byte{b, head, c.items} {
		if err == nil {
			_, err = w.Write(part)
		}
	}
	if err == nil {
		err = f.close(w)
	}
	bytes = int64(base) + int64(len(c.items))
	c.items, c.starts = c.items[:0], c.starts[:0]
	return bytes, err
}

// mds is a dataset of mosaicml/streaming (base/format/mds): of each document its id, source and tokens, columns in the order of their names.
type mds struct {
	files
	o      ExportOptions
	width  int
	limit  int64 // bytes of a file, unless one document is longer
	chunk  chunked
	shards []mdsShard
	config []byte
}

// mdsShard is an entry of index.json.
type mdsShard struct {
	Encodings []string `json:"column_encodings"`
	Names     []string `json:"column_names"`
	Sizes     []*int   `json:"column_sizes"`
	Zip       *string  `json:"compression"`
	Format    string   `json:"format"`
	Hashes    []string `json:"hashes"`
	Raw       *mdsFile `json:"raw_data,omitempty"` // nil in the copy within a file
	Samples   int      `json:"samples,omitempty"`
	Limit     int64    `json:"size_limit"`
	Version   int      `json:"version"`
	ZipData   *mdsFile `json:"zip_data,omitempty"`
}

type mdsFile struct {
	Name   string            `json:"basename"`
	Bytes  int64             `json:"bytes"`
	Hashes map[string]string `json:"hashes"`
}

const mdsLimit = 1 << 26 // bytes, as MDSWriter has it

func newMDS(dir quern.Dir, o ExportOptions) (Exporter, error) {
	x := &mds{files: files{dir: dir}, o: o, width: TokenWidth(o.Vocab), limit: mdsLimit}
	if o.PerFile > 0 {
		x.limit = min(o.PerFile*int64(x.width), blockMax)
	}
	var err error
	x.config, err = json.Marshal(x.shard())
	return x, err
}

// shard is what is said of every file; the columns are sorted.
func (x *mds) shard() mdsShard {
	return mdsShard{Encodings: []string{"str", "str", fmt.Sprintf("ndarray:uint%d", 8*x.width)}, Names: []string{"id", "source", "tokens"},
		Sizes: make([]*int, 3), Format: "mds", Hashes: []string{}, Limit: x.limit, Version: 2}
}

func (x *mds) Put(d *quern.Doc) error {
	if len(d.Tokens) == 0 {
		return fmt.Errorf("document %s has no tokens, which mds cannot hold", d.ID)
	}
	shape := ndShape(len(d.Tokens))
	id := d.ID.String()
	size := 12 + int64(len(id)) + int64(len(d.Source)) + int64(len(shape)) + int64(x.width)*int64(len(d.Tokens))
	if x.chunk.size(size, int64(len(x.config))) > x.limit && len(x.chunk.starts) > 0 {
		if err := x.flush(); err != nil {
			return err
		}
	}
	if x.chunk.size(size, int64(len(x.config))) > blockMax {
		return fmt.Errorf("document %s of %d tokens is longer than a file of mds can be: %d bytes", d.ID, len(d.Tokens), uint32(blockMax))
	}
	x.chunk.begin()
	b := x.chunk.items
	for _, n := range []int{len(id), len(d.Source), len(shape) + x.width*len(d.Tokens)} {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	b = append(append(append(b, id...), d.Source...), shape...)
	var err error
	x.chunk.items, err = appendIDs(b, d.Tokens, x.width)
	return err
}

// ndShape is the shape of an array of one dimension: dimensions and the width of their sizes in a byte, then the size.
func ndShape(n int) []byte {
	switch {
	case n < 1<<8:
		return []byte{1 << 2, byte(n)}
	case n < 1<<16:
		return binary.LittleEndian.AppendUint16([]byte{1<<2 | 1}, uint16(n))
	}
	return binary.LittleEndian.AppendUint32([]byte{1<<2 | 2}, uint32(n))
}

func (x *mds) flush() error {
	s := x.shard()
	if s.Samples = len(x.chunk.starts); s.Samples == 0 {
		return nil
	}
	name := fmt.Sprintf("shard.%05d.mds", len(x.shards))
	n, err := x.chunk.write(&x.files, x.o.Split+"/"+name, x.config)
	s.Raw = &mdsFile{name, n, map[string]string{}}
	x.shards = append(x.shards, s)
	return err
}

func (x *mds) Commit() ([]quern.BlobInfo, error) {
	err := x.flush()
	if err == nil {
		shards := make([]json.RawMessage, len(x.shards))
		for i := range x.shards {
			if shards[i], err = withNull(x.shards[i], "zip_data"); err != nil {
				return x.end(err)
			}
		}
		err = x.wholeJSON(x.o.Split+"/index.json", map[string]any{"shards": shards, "version": 2}, "")
	}
	return x.end(err)
}

// withNull is v as a JSON object with a field that is null at its end: readers of index.json ask for it.
func withNull(v any, field string) (json.RawMessage, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(b[:len(b)-1], `,"%s":null}`, field), nil
}

// litData is a dataset of Lightning-AI/litData for its TokensLoader: blocks of tokens run through the documents of a file, an item for each. Readers drop
// what is left of a file behind its last block; if Rows tells the size of a block, files are cut at multiples of it, through documents, so that
// nothing is left but in the last one.
type litData struct {
	files
	o      ExportOptions
	chunk  chunked
	tokens int64 // in the chunk
	chunks []litChunk
}

// litChunk is an entry of index.json.
type litChunk struct {
	Bytes  int64  `json:"chunk_bytes"`
	Items  int    `json:"chunk_size"`
	Name   string `json:"filename"`
	Tokens *int64 `json:"dim"`
}

// Ids are int32, which every version of litdata reads. A format names its type by litdata's own numbers (litdata/constants.py): 16 is torch.int32.
const (
	litPerFile = 16 << 20 // tokens: 64 MB
	litFormat  = "no_header_tensor:16"
	litSpec    = `[1, {"type": null, "context": null, "children_spec": []}]`
)

func newLitData(dir quern.Dir, o ExportOptions) (Exporter, error) {
	if o.PerFile == 0 {
		o.PerFile = litPerFile
	}
	if r := int64(o.Rows); r > 0 {
		o.PerFile = max(1, o.PerFile/r) * r
	}
	if o.PerFile > blockMax/16 {
		return nil, fmt.Errorf("export: %d tokens a file, litdata's offsets hold less than %d", o.PerFile, blockMax/16)
	}
	return &litData{files: files{dir: dir}, o: o}, nil
}

func (x *litData) Put(d *quern.Doc) error {
	if err := fitsInt32(d.Tokens); err != nil {
		return err
	}
	tokens := d.Tokens
	if x.o.Rows > 0 {
		for x.tokens+int64(len(tokens)) > x.o.PerFile {
			n := x.o.PerFile - x.tokens
			if n > 0 {
				if err := x.add(tokens[:n]); err != nil {
					return err
				}
			}
			if err := x.flush(); err != nil {
				return err
			}
			tokens = tokens[n:]
		}
	} else if x.tokens > 0 && x.tokens+int64(len(tokens)) > x.o.PerFile {
		if err := x.flush(); err != nil {
			return err
		}
	}
	return x.add(tokens)
}

func (x *litData) add(tokens []uint32) (err error) {
	if x.chunk.size(4*int64(len(tokens)), 0) > blockMax {
		return fmt.Errorf("a document of %d tokens is longer than a file of litdata can be: %d bytes", len(tokens), uint32(blockMax))
	}
	x.chunk.begin()
	x.chunk.items, err = appendIDs(x.chunk.items, tokens, 4)
	x.tokens += int64(len(tokens))
	return err
}

func (x *litData) flush() error {
	n := len(x.chunk.starts)
	if n == 0 {
		return nil
	}
	name, tokens := fmt.Sprintf("chunk-0-%d.bin", len(x.chunks)), x.tokens
	size, err := x.chunk.write(&x.files, x.o.Split+"/"+name, nil)
	x.chunks = append(x.chunks, litChunk{size, n, name, &tokens})
	x.tokens = 0
	return err
}

func (x *litData) Commit() ([]quern.BlobInfo, error) {
	err := x.flush()
	if err == nil {
		if x.chunks == nil {
			x.chunks = []litChunk{}
		}
		err = x.wholeJSON(x.o.Split+"/index.json", map[string]any{"chunks": x.chunks, "config": map[string]any{"chunk_bytes": 4 * x.o.PerFile, "chunk_size": nil,
			"compression": nil, "data_format": []string{litFormat}, "data_spec": litSpec, "encryption": nil, "item_loader": "TokensLoader"}}, "")
	}
	return x.end(err)
}
