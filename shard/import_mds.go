package shard

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/seed-83c59573/quern"
)

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
			case s.Raw == nil || (s.Zip == nil) != (s.ZipData == nil):
				return fmt.Errorf("%s: shard %d names no file", name, i)
			}
			stored, zip := s.Raw, ""
			if s.Zip != nil {
				stored = s.ZipData
				if zip, _, _ = strings.Cut(*s.Zip, ":"); zip != "zstd" && zip != "gz" {
					return fmt.Errorf("%s: shard %d is compressed with %q: quern reads zstd and gz", name, i, *s.Zip)
				}
			}
			file, err := im.inFolder(name, stored.Name)
			if err != nil {
				return err
			}
			cols, err := im.mdsColumns(&s.mdsShard)
			if err != nil {
				return fmt.Errorf("%s: shard %d: %w", name, i, err)
			}
			if cols.zip = zip; zip != "" && cols.bytes > mdsUnpacked {
				return fmt.Errorf("%s: shard %d unpacks to %d bytes, at most %d are read", name, i, cols.bytes, mdsUnpacked)
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
	zip        string  // how the file is compressed; "" = it is not
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

// readMDS gives the samples of a file: their number, where each begins and the last ends, a description, the samples.
func readMDS(im *Import, f *recordFile, _, _ int64, d *quern.Doc, emit func() error) error {
	c := f.meta.(*mdsColumns)
	file, err := c.open(im.dir, f.name)
	if err != nil {
		return err
	}
	defer file.Close()
	w, table := &window{f: file, name: f.name}, &window{f: file, name: f.name}
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

// mdsUnpacked is the most that a compressed file may hold: it is unpacked into memory.
const mdsUnpacked = 1 << 30

// open opens a file; a compressed one is read whole. Offsets in errors are then those of its content.
func (c *mdsColumns) open(dir quern.Dir, name string) (quern.File, error) {
	f, err := dir.Open(name)
	if err != nil || c.zip == "" {
		return f, err
	}
	defer f.Close()
	packed := bufio.NewReader(io.NewSectionReader(f, 0, f.Size()))
	var r io.Reader
	if c.zip == "gz" {
		r, err = gzip.NewReader(packed)
	} else {
		var z *zstd.Decoder
		if z, err = zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mdsUnpacked)); err == nil {
			defer z.Close()
			r = z
		}
	}
	var b bytes.Buffer
	if err == nil {
		_, err = io.Copy(&b, io.LimitReader(r, c.bytes+1))
	}
	if err == nil && int64(b.Len()) != c.bytes {
		err = fmt.Errorf("it unpacks to other than the %d bytes that its index tells", c.bytes)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return unpacked{bytes.NewReader(b.Bytes())}, nil
}

// unpacked is a file in memory.
type unpacked struct{ *bytes.Reader }

func (u unpacked) Size() int64  { return u.Reader.Size() }
func (u unpacked) Close() error { return nil }

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
