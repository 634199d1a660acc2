package shard

import (
	"archive/tar"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/seed-83c59573/quern"
)

func openWebDataset(im *Import) error {
	im.texts = &recordSet{docs: readWebDataset}
	for _, name := range im.ending(".tar") {
		im.texts.files = append(im.texts.files, recordFile{name: name, split: splitOf(name)})
	}
	return nil
}

// tarSample is what is gathered of a sample.
type tarSample struct {
	key    string
	id     string
	tokens bool // they are there
	names  []string
}

// readWebDataset gives the samples of an archive: members that follow one another under one name up to its first dot. What is behind the dot is the
// field.
func readWebDataset(im *Import, f *recordFile, _, _ int64, d *quern.Doc, emit func() error) error {
	file, err := im.dir.Open(f.name)
	if err != nil {
		return err
	}
	defer file.Close()
	where := &counted{r: io.NewSectionReader(file, 0, file.Size())}
	members := tar.NewReader(where)
	fail := func(err error) error { return fmt.Errorf("%s: before offset %d: %w", f.name, where.n, err) }
	var s tarSample
	number := int64(0)
	finish := func() error {
		if s.key == "" {
			return nil
		}
		if !s.tokens {
			return fail(fmt.Errorf("sample %s has no %s, but %q: name the field with --column", s.key, im.tarField(), s.names))
		}
		d.ID = im.idOf(s.id, f.name, number)
		number++
		s = tarSample{}
		return emit()
	}
	for {
		h, err := members.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fail(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		folder, base := path.Split(h.Name)
		key, field, ok := strings.Cut(base, ".")
		if !ok {
			continue // as webdataset passes over it
		}
		if key = folder + key; key != s.key {
			if err := finish(); err != nil {
				return err
			}
			s.key = key
		}
		if err := im.tarMember(members, h, field, &s, d); err != nil {
			return fail(fmt.Errorf("member %s: %w", h.Name, err))
		}
	}
	if err := finish(); err != nil {
		return err
	}
	if where.ended { // two blocks of zeros were looked for
		return fail(errors.New("an archive ends with two blocks of zeros: it was cut"))
	}
	return nil
}

func (im *Import) tarField() string {
	if im.o.Column != "" {
		return im.o.Column
	}
	return ".npy"
}

// tarMember takes what is of use of a member.
func (im *Import) tarMember(r io.Reader, h *tar.Header, field string, s *tarSample, d *quern.Doc) error {
	s.names = append(s.names[:min(len(s.names), 20)], field)
	wanted := field == im.o.Column || field == im.o.Column+".npy"
	if im.o.Column == "" {
		wanted = field == "npy" || field == "input_ids.npy" || field == "tokens.npy" || field == "token_ids.npy"
	}
	switch {
	case wanted && strings.HasSuffix(field, "npy"):
		if s.tokens {
			return errors.New("two arrays of tokens in one sample: name the field with --column")
		}
		s.tokens = true
		var err error
		d.Tokens, err = readNPY(d.Tokens[:0], r, h.Size)
		return err
	case wanted:
		return errors.New("want a NumPy array, .npy")
	case field == "json" && h.Size < 1<<20:
		b, err := io.ReadAll(io.LimitReader(r, h.Size))
		if err != nil {
			return err
		}
		var meta struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(b, &meta) == nil { // any other JSON has no ID for us
			s.id = meta.ID
		}
	}
	return nil
}

// counted counts what was read, and tells whether the end was seen.
type counted struct {
	r     io.Reader
	n     int64
	ended bool
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.ended = c.ended || errors.Is(err, io.EOF)
	return n, err
}

// readNPY appends the values of a NumPy array of one dimension, of a file of so many bytes (numpy/lib/format.py).
func readNPY(dst []uint32, r io.Reader, size int64) ([]uint32, error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:10]); err != nil {
		return dst, fmt.Errorf("offset 0: %w", err)
	}
	at, n := int64(10), int64(binary.LittleEndian.Uint16(head[8:]))
	switch {
	case string(head[:6]) != npyMagic:
		return dst, errors.New("offset 0: no NumPy array")
	case head[6] > 3 || head[6] == 0:
		return dst, fmt.Errorf("offset 6: version %d of NumPy's format, want 1 to 3", head[6])
	case head[6] > 1:
		if _, err := io.ReadFull(r, head[10:]); err != nil {
			return dst, fmt.Errorf("offset 10: %w", err)
		}
		at, n = 12, int64(binary.LittleEndian.Uint32(head[8:]))
	}
	if n > 1<<16 || at+n > size {
		return dst, fmt.Errorf("offset 8: a header of %d bytes in a file of %d", n, size)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return dst, fmt.Errorf("offset %d: %w", at, err)
	}
	t, values, err := parseNPYHeader(string(text))
	if err != nil {
		return dst, fmt.Errorf("offset %d: %w", at, err)
	}
	at += n
	if values > docTokens || at+values*int64(t.size) != size {
		return dst, fmt.Errorf("offset %d: %d values of %d bytes in a file of %d", at, values, t.size, size)
	}
	buf := make([]byte, min(1<<16, size-at))
	for at < size {
		b := buf[:min(int64(len(buf)), size-at)]
		if _, err := io.ReadFull(r, b); err != nil {
			return dst, fmt.Errorf("offset %d: %w", at, err)
		}
		if dst, err = t.append(dst, b); err != nil {
			return dst, fmt.Errorf("offset %d: %w", at, err)
		}
		at += int64(len(b))
	}
	return dst, nil
}

// parseNPYHeader reads the literal {'descr': '<u2', 'fortran_order': False, 'shape': (3,), }.
func parseNPYHeader(s string) (t idType, values int64, err error) {
	descr, ok := between(s, "'descr':", "'", "'")
	if !ok {
		return t, 0, fmt.Errorf("no type in the header %q", s[:min(len(s), 100)])
	}
	kinds := map[byte]string{'u': "uint", 'i': "int"}
	size := 0
	if len(descr) == 3 && (descr[0] == '<' || descr[0] == '|') {
		size = int(descr[2]-'0') * 8
		t, err = idTypeNamed(fmt.Sprintf("%s%d", kinds[descr[1]], size))
	}
	if size == 0 || err != nil {
		return t, 0, fmt.Errorf("the type %q of an array is not of whole numbers, little-endian", descr)
	}
	shape, ok := between(s, "'shape':", "(", ")")
	shape = strings.TrimSuffix(strings.TrimSpace(shape), ",")
	values, err = strconv.ParseInt(shape, 10, 64)
	if !ok || err != nil || values < 0 {
		return t, 0, fmt.Errorf("the shape (%s) of an array: want one dimension", shape)
	}
	return t, values, nil
}

// between is what stands between two marks somewhere behind a key.
func between(s, key, open, end string) (string, bool) {
	_, s, ok := strings.Cut(s, key)
	if !ok {
		return "", false
	}
	if _, s, ok = strings.Cut(s, open); !ok {
		return "", false
	}
	s, _, ok = strings.Cut(s, end)
	return s, ok
}
