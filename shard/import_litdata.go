package shard

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
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
