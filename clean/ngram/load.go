package ngram

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// DefaultLimit bounds a model in memory, in bytes.
const DefaultLimit = 32 << 30

// Load reads a model from a file: ARPA, also gzipped, or one of KenLM's binary formats, told apart by the first bytes. An error
// names the file. limit bounds the memory in bytes; 0 = DefaultLimit.
func Load(path string, limit int64) (*Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var m *Model
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, fmt.Errorf("ngram: %s: %w", path, err)
		}
		if m, err = Read(z, -1, limit); err != nil {
			return nil, fmt.Errorf("ngram: %s: %w", path, err)
		}
		return m, nil
	}
	if m, err = Read(f, stat.Size(), limit); err != nil {
		return nil, fmt.Errorf("ngram: %s: %w", path, err)
	}
	return m, nil
}

// Read reads a model from r, which may be a decompressing reader. size is the number of bytes to come, or -1 if it is not known;
// counts that cannot fit into them are refused early. limit bounds the memory in bytes; 0 = DefaultLimit.
func Read(r io.Reader, size, limit int64) (*Model, error) {
	if limit == 0 {
		limit = DefaultLimit
	}
	b := bufio.NewReaderSize(r, 1<<16)
	head, err := b.Peek(len(magicStem))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(head) != magicStem {
		return readARPA(b, size, limit)
	}
	if size > limit {
		return nil, fmt.Errorf("the file has %d bytes, the limit is %d", size, limit)
	}
	image, err := readAll(b, size, limit)
	if err != nil {
		return nil, err
	}
	return parseBinary(image)
}

func readAll(r io.Reader, size, limit int64) ([]byte, error) {
	if size >= 0 {
		image := make([]byte, size)
		_, err := io.ReadFull(r, image)
		return image, err
	}
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("offset %d: the file is larger than the limit", limit)
	}
	return b.Bytes(), err
}
