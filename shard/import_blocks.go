package shard

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-83c59573/quern"
)

// indexes are the names of files index.json that have a field; the formats that use such a file are told apart by it.
func (im *Import) indexes(field string) (names []string, err error) {
	for _, n := range im.names {
		if path.Base(n) != "index.json" {
			continue
		}
		b, err := im.small(n)
		if err != nil {
			return nil, err
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(b, &fields); err != nil {
			return nil, fmt.Errorf("%s: %w", n, err)
		}
		if fields[field] != nil {
			names = append(names, n)
		}
	}
	return names, nil
}

func isMDS(im *Import) (bool, error) {
	names, err := im.indexes("shards")
	return len(names) > 0, err
}

func isLitData(im *Import) (bool, error) {
	names, err := im.indexes("chunks")
	return len(names) > 0, err
}

// inFolder is a file beside another one; a name that leads elsewhere is refused.
func (im *Import) inFolder(index, name string) (string, error) {
	full := path.Join(path.Dir(index), name)
	if name == "" || name != path.Base(name) || !im.has(full) {
		return "", fmt.Errorf("%s: it names the file %q, which is not beside it", index, name)
	}
	return full, nil
}

// litTypes are the types of ids by litdata's numbers (litdata/constants.py), for tensors and for arrays.
var litTypes = map[string]map[int]string{
	"no_header_tensor": {11: "uint8", 12: "int8", 13: "int16", 14: "int16", 15: "int32", 16: "int32", 17: "int64", 18: "int64", 20: "uint16"},
	"no_header_numpy":  {0: "int8", 1: "int16", 2: "int32", 3: "int64", 4: "uint8", 5: "uint16", 6: "uint32", 7: "uint64"},
}

// litIndex is index.json of litdata.
type litIndex struct {
	Chunks []litChunk `json:"chunks"`
	Config struct {
		Compression *string  `json:"compression"`
		Encryption  any      `json:"encryption"`
		Format      []string `json:"data_format"`
	} `json:"config"`
}

func openLitData(im *Import) error {
	names, err := im.indexes("chunks")
	if err != nil {
		return err
	}
	for _, name := range names {
		b, err := im.small(name)
		if err != nil {
			return err
		}
		var index litIndex
		if err := json.Unmarshal(b, &index); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		t, err := index.ids()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		im.used = append(im.used, name)
		for _, c := range index.Chunks {
			if err := im.litChunk(name, c, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// ids is the type of ids.
func (x *litIndex) ids() (idType, error) {
	c := &x.Config
	switch {
	case c.Compression != nil:
		return idType{}, fmt.Errorf("its chunks are compressed with %s: quern reads those that are not", *c.Compression)
	case c.Encryption != nil:
		return idType{}, errors.New("its chunks are encrypted")
	case len(c.Format) != 1:
		return idType{}, fmt.Errorf("an item has %d parts, want one: tokens", len(c.Format))
	}
	kind, number, _ := strings.Cut(c.Format[0], ":")
	n, err := strconv.Atoi(number)
	if err == nil {
		if t, err := idTypeNamed(litTypes[kind][n]); err == nil {
			return t, nil
		}
	}
	return idType{}, fmt.Errorf("data_format %q is not of tokens: want no_header_tensor or no_header_numpy of whole numbers", c.Format[0])
}

// litChunk adds a chunk: the number of its items, where each begins and the last ends, the items.
func (im *Import) litChunk(index string, c litChunk, t idType) error {
	name, err := im.inFolder(index, c.Name)
	if err != nil {
		return err
	}
	w, err := openWindow(im.dir, name)
	if err != nil {
		return err
	}
	defer w.close()
	n, err := w.u32(0)
	if err != nil {
		return err
	}
	base := 4 * (int64(n) + 2)
	if int64(n) != int64(c.Items) || base > w.f.Size() {
		return fmt.Errorf("%s: offset 0: %d items in %d bytes, %s tells %d items", name, n, w.f.Size(), index, c.Items)
	}
	f, err := im.rawFile(name, t, base)
	if err != nil {
		return err
	}
	if c.Bytes != base+f.tokens*int64(t.size) || c.Tokens != nil && *c.Tokens != f.tokens {
		return fmt.Errorf("%s: %d bytes and %d tokens, %s tells others", name, w.f.Size(), f.tokens, index)
	}
	f.index, f.indexName = litItems(name, int64(n), base, int64(t.size)), name
	im.files = append(im.files, f)
	return nil
}

// litItems is the table of offsets of a chunk.
func litItems(name string, n, base, size int64) docIndex {
	return func(dir quern.Dir, first int64, f func(doc, begin, end int64, id string) error) error {
		w, err := openWindow(dir, name)
		if err != nil {
			return err
		}
		defer w.close()
		border := func(i int64) (int64, error) {
			v, err := w.u32(4 * (1 + i))
			if err == nil && (int64(v) < base || (int64(v)-base)%size != 0) {
				err = fmt.Errorf("%s: offset %d: item %d begins at byte %d, inside of the table or of an id", name, 4*(1+i), i, v)
			}
			return (int64(v) - base) / size, err
		}
		begin, err := border(first)
		if err != nil {
			return err
		}
		for doc := first; doc < n; doc++ {
			end, err := border(doc + 1)
			if err != nil {
				return err
			}
			if err := f(doc, begin, end, ""); err != nil {
				return err
			}
			begin = end
		}
		return nil
	}
}

// mdsIndex is index.json of MDS.
type mdsIndex struct {
	Shards []struct {
		mdsShard
		ZipData *mdsFile `json:"zip_data"`
	} `json:"shards"`
}

func openMDS(im *Import) error {
	names, err := im.indexes("shards")
	if err != nil {
		return err
	}
	im.texts = &recordSet{docs: readMDS}
	for _, name := range names {
		b, err := im.small(name)
		if err != nil {
			return err
		}
		var index mdsIndex
		if err := json.Unmarshal(b, &index); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		im.used = append(im.used, name)
		for i := range index.Shards {
			s := &index.Shards[i]
			switch {
			case s.Format != "mds" || s.Version != 2:
				return fmt.Errorf("%s: shard %d has the format %q, version %d, want mds, version 2", name, i, s.Format, s.Version)
			case s.Zip != nil || s.ZipData != nil:
				return fmt.Errorf("%s: shard %d is compressed: quern reads those that are not", name, i)
			case s.Raw == nil:
				return fmt.Errorf("%s: shard %d names no file", name, i)
			}
			file, err := im.inFolder(name, s.Raw.Name)
			if err != nil {
				return err
			}
			cols, err := im.mdsColumns(&s.mdsShard)
			if err != nil {
				return fmt.Errorf("%s: shard %d: %w", name, i, err)
			}
			im.texts.files = append(im.texts.files, recordFile{name: file, split: splitOf(file), meta: cols})
		}
	}
	return nil
}

// mdsColumns are the columns of a shard and which of them are of use.
type mdsColumns struct {
	samples    int
	bytes      int64
	sizes      []int64 // of each column; 0 = it differs
	tokens, id int     // id -1 = there is none
	array      ndArray
}

func (im *Import) mdsColumns(s *mdsShard) (*mdsColumns, error) {
	if len(s.Names) != len(s.Encodings) || len(s.Names) != len(s.Sizes) || len(s.Names) > 1<<12 {
		return nil, fmt.Errorf("%d names, %d encodings and %d sizes of columns", len(s.Names), len(s.Encodings), len(s.Sizes))
	}
	c := &mdsColumns{samples: s.Samples, bytes: s.Raw.Bytes, id: slices.Index(s.Names, "id")}
	for i, size := range s.Sizes {
		if size == nil {
			c.sizes = append(c.sizes, 0)
			continue
		}
		if *size < 1 {
			return nil, fmt.Errorf("column %q has the size %d", s.Names[i], *size)
		}
		c.sizes = append(c.sizes, int64(*size))
	}
	if c.id >= 0 && s.Encodings[c.id] != "str" {
		c.id = -1
	}
	var err error
	if c.tokens, err = im.column(s.Names); err != nil {
		return nil, err
	}
	if c.array, err = im.ndArray(s.Encodings[c.tokens]); err != nil {
		return nil, fmt.Errorf("column %q: %w", s.Names[c.tokens], err)
	}
	return c, nil
}

// column finds the column of tokens.
func (im *Import) column(names []string) (int, error) {
	want := []string{"input_ids", "tokens", "token_ids"}
	if im.o.Column != "" {
		want = []string{im.o.Column}
	}
	for _, w := range want {
		if i := slices.Index(names, w); i >= 0 {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no column %s, there are %q: name it with --column", strings.Join(want, ", "), names)
}

// readMDS gives the samples of a file: their number, where each begins and the last ends, a description, the samples.
func readMDS(im *Import, f *recordFile, _, _ int64, d *quern.Doc, emit func() error) error {
	c := f.meta.(*mdsColumns)
	w, err := openWindow(im.dir, f.name)
	if err != nil {
		return err
	}
	defer w.close()
	table, err := openWindow(im.dir, f.name)
	if err != nil {
		return err
	}
	defer table.close()
	n, err := table.u32(0)
	if err != nil {
		return err
	}
	if int64(n) != int64(c.samples) || w.f.Size() != c.bytes {
		return fmt.Errorf("%s: offset 0: %d samples in %d bytes, its index tells %d in %d", f.name, n, w.f.Size(), c.samples, c.bytes)
	}
	for i := range int64(n) {
		begin, err := table.u32(4 * (i + 1))
		if err != nil {
			return err
		}
		end, err := table.u32(4 * (i + 2))
		if err != nil {
			return err
		}
		if int64(begin) < 4*(int64(n)+2) || end < begin || int64(end) > w.f.Size() {
			return fmt.Errorf("%s: offset %d: sample %d is [%d, %d) of %d bytes", f.name, 4*(i+1), i, begin, end, w.f.Size())
		}
		if err := c.sample(im, f.name, w, int64(begin), int64(end), i, d); err != nil {
			return err
		}
		if err := emit(); err != nil {
			return err
		}
	}
	return nil
}

// sample reads one: the sizes of the columns whose sizes differ, then the columns.
func (c *mdsColumns) sample(im *Import, name string, w *window, begin, end, number int64, d *quern.Doc) error {
	at := begin
	for _, s := range c.sizes {
		if s == 0 {
			at += 4
		}
	}
	head, told := begin, ""
	for i, size := range c.sizes {
		if size == 0 {
			n, err := w.u32(head)
			if err != nil {
				return err
			}
			head, size = head+4, int64(n)
		}
		if at > end || size > end-at {
			return fmt.Errorf("%s: offset %d: column %d of sample %d has %d bytes, the sample ends at %d", name, at, i, number, size, end)
		}
		switch {
		case i == c.tokens:
			var err error
			if d.Tokens, err = c.array.read(d.Tokens[:0], w, at, size); err != nil {
				return err
			}
		case i == c.id && size <= 1<<10:
			b, err := w.bytes(at, int(size))
			if err != nil {
				return err
			}
			told = string(b)
		}
		at += size
	}
	if at != end {
		return fmt.Errorf("%s: offset %d: the columns of sample %d end here, the sample at %d", name, at, number, end)
	}
	d.ID = im.idOf(told, name, number)
	return nil
}

// ndArray is how MDS encodes an array of ids.
type ndArray struct {
	ids    idType // size 0 = told by a byte
	values int64  // 0 = told before them
	raw    bool   // nothing but values
}

// mdsTypes are the types of ids by the byte before an array.
var mdsTypes = map[byte]string{8: "uint8", 9: "int8", 16: "uint16", 17: "int16", 32: "uint32", 33: "int32", 64: "uint64", 65: "int64"}

func (im *Import) ndArray(encoding string) (a ndArray, err error) {
	args := strings.Split(encoding, ":")
	switch args[0] {
	case "bytes":
		t, err := idTypeNamed(im.o.Dtype)
		if err != nil {
			return a, errors.New("its ids are bytes without a type: name it with --dtype")
		}
		return ndArray{ids: t, raw: true}, nil
	case "ndarray":
	default:
		return a, fmt.Errorf("the encoding %q is not of ids: want ndarray or bytes", encoding)
	}
	if len(args) > 1 {
		if a.ids, err = idTypeNamed(args[1]); err != nil {
			return a, err
		}
	}
	if len(args) > 2 {
		if a.values, err = strconv.ParseInt(args[2], 10, 64); err != nil || a.values < 1 || a.values > docTokens {
			return a, fmt.Errorf("the shape %q: want one dimension", args[2])
		}
	}
	return a, nil
}

// read appends the ids of an array of so many bytes.
func (a ndArray) read(dst []uint32, w *window, at, size int64) ([]uint32, error) {
	fail := func(format string, args ...any) ([]uint32, error) {
		return dst, fmt.Errorf("%s: offset %d: %s", w.name, at, fmt.Sprintf(format, args...))
	}
	end := at + size
	if a.ids.size == 0 && !a.raw {
		b, err := w.bytes(at, 1)
		if err != nil {
			return dst, err
		}
		if a.ids, err = idTypeNamed(mdsTypes[b[0]]); err != nil {
			return fail("the type %d of an array is not of whole numbers", b[0])
		}
		at++
	}
	n := (end - at) / int64(a.ids.size)
	switch {
	case a.raw:
	case a.values > 0:
		n = a.values
	default:
		b, err := w.bytes(at, 1)
		if err != nil {
			return dst, err
		}
		dims, wide := b[0]>>2, 1<<(b[0]&3)
		if dims != 1 {
			return fail("an array of %d dimensions, want 1", dims)
		}
		if b, err = w.bytes(at+1, wide); err != nil {
			return dst, err
		}
		u, _ := idTypeNamed(fmt.Sprintf("uint%d", 8*wide))
		shape, err := u.append(nil, b)
		if err != nil {
			return fail("%v", err)
		}
		n, at = int64(shape[0]), at+1+int64(wide)
	}
	if at+n*int64(a.ids.size) != end {
		return fail("%d ids of %d bytes do not end at %d", n, a.ids.size, end)
	}
	return w.ids(dst, a.ids, at, n)
}
