package shard

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/seed-83c59573/quern"
)

func openDatatrove(im *Import) error {
	for _, name := range im.ending(".ds") {
		t, err := im.datatroveType(name)
		if err != nil {
			return err
		}
		f, err := im.rawFile(name, t, 0)
		if err != nil {
			return err
		}
		if index := name + ".index"; im.has(index) {
			_, size, err := im.head(index, 0)
			if err != nil {
				return err
			}
			if size%8 != 0 {
				return fmt.Errorf("%s: %d bytes are no whole number of ends of 8 bytes", index, size)
			}
			f.index, f.indexName = endsIndex(index, size/8), index
		}
		if im.has(name + ".loss") {
			im.Notes = append(im.Notes, name+".loss is left out: quern keeps no mask of what is learned beside tokens")
		}
		im.files = append(im.files, f)
	}
	return nil
}

// datatroveType is the type of ids that the metadata of a file tell, "tokenizer|2" in their first line, or its index: its last end is the number of
// ids.
func (im *Import) datatroveType(name string) (idType, error) {
	if meta := name + ".metadata"; im.has(meta) {
		b, _, err := im.head(meta, 4096)
		if err != nil {
			return idType{}, err
		}
		line, _, _ := bytes.Cut(b, []byte("\n"))
		if at := bytes.LastIndexByte(line, '|'); at >= 0 {
			if n, err := strconv.Atoi(strings.TrimSpace(string(line[at+1:]))); err == nil {
				t, err := idTypeNamed(fmt.Sprintf("uint%d", 8*n))
				if err != nil {
					err = fmt.Errorf("%s: offset 0: ids of %d bytes", meta, n)
				}
				return t, err
			}
		}
	}
	if t, ok := im.dtype(); ok {
		return t, nil
	}
	if index := name + ".index"; im.has(index) {
		w, err := openWindow(im.dir, index)
		if err != nil {
			return idType{}, err
		}
		defer w.close()
		_, size, err := im.head(name, 0)
		if err != nil {
			return idType{}, err
		}
		if end, err := w.u64(w.f.Size() - 8); err == nil && end > 0 && uint64(size)/end <= 4 {
			if t, err := idTypeNamed(fmt.Sprintf("uint%d", 8*(uint64(size)/end))); err == nil && uint64(size)%end == 0 {
				return t, nil
			}
		}
	}
	return idType{}, fmt.Errorf("%s: nothing tells the type of its ids: name it with --dtype", name)
}

// endsIndex is a file of the ends of documents in tokens, u64.
func endsIndex(name string, docs int64) docIndex {
	return func(dir quern.Dir, first int64, f func(doc, begin, end int64, id string) error) error {
		w, err := openWindow(dir, name)
		if err != nil {
			return err
		}
		defer w.close()
		begin := uint64(0)
		if first > 0 {
			if begin, err = w.u64(8 * (first - 1)); err != nil {
				return err
			}
		}
		for doc := first; doc < docs; doc++ {
			end, err := w.u64(8 * doc)
			if err != nil {
				return err
			}
			if end < begin || end > 1<<62 {
				return fmt.Errorf("%s: offset %d: document %d ends at token %d, the one before it at %d", name, 8*doc, doc, end, begin)
			}
			if err := f(doc, int64(begin), int64(end), ""); err != nil {
				return err
			}
			begin = end
		}
		return nil
	}
}

// isOLMo looks for .npy files that are no NumPy arrays.
func isOLMo(im *Import) (bool, error) {
	names := im.ending(".npy")
	if len(names) == 0 {
		return false, nil
	}
	numpy, err := im.anyBegins(".npy", []byte(npyMagic))
	return !numpy, err
}

func openOLMo(im *Import) error {
	for _, name := range im.ending(".npy") {
		b, _, err := im.head(name, int64(len(npyMagic)))
		if err != nil {
			return err
		}
		if string(b) == npyMagic {
			return fmt.Errorf("%s: offset 0: a NumPy array, want raw ids", name)
		}
		rows := stem(name) + ".csv.gz"
		indexed := im.has(rows)
		t, ok := im.dtype()
		if !ok {
			if !indexed {
				return fmt.Errorf("%s: nothing tells the type of its ids: name it with --dtype", name)
			}
			var err error
			if t, err = im.olmoType(name, rows); err != nil {
				return err
			}
		}
		f, err := im.rawFile(name, t, 0)
		if err != nil {
			return err
		}
		if indexed {
			f.index, f.indexName = csvIndex(rows), rows
		}
		im.files = append(im.files, f)
	}
	return nil
}

// olmoType finds the type of ids by the end of the last document.
func (im *Import) olmoType(name, rows string) (idType, error) {
	_, size, err := im.head(name, 0)
	if err != nil {
		return idType{}, err
	}
	last := int64(0)
	err = csvIndex(rows)(im.dir, 0, func(_, _, end int64, _ string) error { last = end; return nil })
	if err != nil {
		return idType{}, err
	}
	if last > 0 && size%last == 0 && (size/last == 2 || size/last == 4) {
		return idTypeNamed(fmt.Sprintf("uint%d", 8*(size/last)))
	}
	return idType{}, fmt.Errorf("%s: %d bytes, and the last document of %s ends at token %d: no type of ids fits both", name, size, rows, last)
}

// csvIndex is a compressed table: begin and end of a document in tokens, its ID, its source, the line that it came from.
func csvIndex(name string) docIndex {
	return func(dir quern.Dir, first int64, f func(doc, begin, end int64, id string) error) error {
		file, err := dir.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		fail := func(doc int64, err error) error { return fmt.Errorf("%s: row %d: %w", name, doc+1, err) }
		z, err := gzip.NewReader(bufio.NewReader(io.NewSectionReader(file, 0, file.Size())))
		if err != nil {
			return fmt.Errorf("%s: offset 0: %w", name, err)
		}
		lines := csv.NewReader(&lineLimit{r: z})
		lines.ReuseRecord, lines.FieldsPerRecord = true, -1
		for doc := int64(0); ; doc++ {
			row, err := lines.Read()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return fail(doc, err)
			}
			if doc < first {
				continue
			}
			if len(row) < 2 {
				return fail(doc, fmt.Errorf("%d columns, want begin, end, id, source, line", len(row)))
			}
			begin, err1 := strconv.ParseInt(row[0], 10, 64)
			end, err2 := strconv.ParseInt(row[1], 10, 64)
			if err := errors.Join(err1, err2); err != nil {
				return fail(doc, err)
			}
			id := ""
			if len(row) > 2 {
				id = row[2]
			}
			if err := f(doc, begin, end, id); err != nil {
				return err
			}
		}
	}
}

// lineLimit ends a text whose lines are longer than any that makes sense, before they fill the memory.
type lineLimit struct {
	r io.Reader
	n int // bytes since the last end of a line
}

func (l *lineLimit) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if at := bytes.LastIndexByte(p[:n], '\n'); at >= 0 {
		l.n = n - at
	} else {
		l.n += n
	}
	if l.n > 1<<20 {
		return 0, errors.New("a line of more than a megabyte")
	}
	return n, err
}
