package decon

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

const (
	maxLine    = 16 << 20 // of a record
	wantedEnds = ".jsonl, .json, .csv or .tsv, or one of these and .gz, .zst or .bz2"
)

// formatOf tells the format of a file by its name; "" = none that is read.
func formatOf(path string) string {
	name := strings.ToLower(path)
	for _, packed := range []string{".gz", ".zst", ".bz2"} {
		name = strings.TrimSuffix(name, packed)
	}
	switch ext := filepath.Ext(name); ext {
	case ".jsonl", ".ndjson":
		return "jsonl"
	case ".json", ".csv", ".tsv":
		return ext[1:]
	}
	return ""
}

// each calls f with every record of a set. The bytes that were unpacked are taken from left.
func (s *Set) each(left *int64, f func(file string, line int, r *record) error) error {
	columns, err := s.columns()
	if err != nil {
		return err
	}
	files, err := s.files()
	if err != nil {
		return err
	}
	for _, path := range files {
		x := &extractor{recipe: columns}
		err := eachRow(path, left, columns.columns, func(line int, row any) error {
			r, err := x.record(row)
			if err != nil {
				return fmt.Errorf("line %d: %w", line, err)
			}
			return f(path, line, r)
		})
		if err == nil {
			err = x.missing()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// eachRow calls f with each record of a file as JSON has it, and its number: of the line it begins at, or of the element.
func eachRow(path string, left *int64, columns []string, f func(line int, row any) error) error {
	format := formatOf(path)
	if format == "" {
		if name := strings.ToLower(path); strings.Contains(name, ".parquet") || strings.Contains(name, ".arrow") {
			return fmt.Errorf("columns of Parquet and Arrow are not read here: write the set as JSONL, as by duckdb -c \"COPY (FROM '%s') TO 'set.jsonl'\"", filepath.Base(path))
		}
		return fmt.Errorf("the name must end in %s", wantedEnds)
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	r, done, err := unpack(path, file)
	if err != nil {
		return err
	}
	defer done()
	return rows(bufio.NewReaderSize(&limited{r, left}, 1<<16), format, columns, f)
}

// unpack opens what is packed.
func unpack(path string, r io.Reader) (io.Reader, func(), error) {
	switch filepath.Ext(strings.ToLower(path)) {
	case ".gz":
		z, err := gzip.NewReader(bufio.NewReaderSize(r, 1<<16))
		if err != nil {
			return nil, nil, fmt.Errorf("unpacking: %w", err)
		}
		return z, func() {}, nil
	case ".zst":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return nil, nil, fmt.Errorf("unpacking: %w", err)
		}
		return z, z.Close, nil
	case ".bz2":
		return bzip2.NewReader(bufio.NewReaderSize(r, 1<<16)), func() {}, nil
	}
	return r, func() {}, nil
}

// limited reads no more than may be unpacked.
type limited struct {
	r    io.Reader
	left *int64
}

var errTooMuch = errors.New("the evaluation sets hold more text than their index may have memory: take fewer, or allow more")

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if *l.left -= int64(n); *l.left < 0 {
		return n, errTooMuch
	}
	return n, err
}

// rows reads the records of a format.
func rows(r *bufio.Reader, format string, columns []string, f func(line int, row any) error) error {
	if b, _ := r.Peek(3); string(b) == "\ufeff" {
		r.Discard(3)
	}
	switch format {
	case "csv":
		return csvRows(r, ',', columns, f)
	case "tsv":
		return csvRows(r, '\t', columns, f)
	case "json":
		for {
			c, err := r.Peek(1)
			if err != nil || c[0] == '[' {
				break
			}
			if c[0] != ' ' && c[0]-'\t' >= 5 {
				return jsonLines(r, f)
			}
			r.Discard(1)
		}
		return jsonList(r, f)
	}
	return jsonLines(r, f)
}

func jsonLines(r *bufio.Reader, f func(line int, row any) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 1<<16), maxLine)
	line := 0
	for s.Scan() {
		line++
		b := bytes.TrimSpace(s.Bytes())
		if len(b) == 0 {
			continue
		}
		row, err := decode(json.NewDecoder(bytes.NewReader(b)), true)
		if err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		if err := f(line, row); err != nil {
			return err
		}
	}
	return afterLine(line, s.Err())
}

// afterLine says where reading came to an end too early.
func afterLine(line int, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the file is cut short behind line %d: %w", line, err)
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("line %d is longer than %d MiB", line+1, maxLine>>20)
	}
	return fmt.Errorf("behind line %d: %w", line, err)
}

// decode reads one value; if it is all, nothing may follow.
func decode(d *json.Decoder, all bool) (row any, err error) {
	d.UseNumber()
	if err := d.Decode(&row); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("the record is cut short: %w", err)
		}
		return nil, fmt.Errorf("want a JSON object: %w", err)
	}
	if all {
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return nil, errors.New("want one JSON object a line")
		}
	}
	if _, ok := row.(map[string]any); !ok {
		return nil, errors.New("want a JSON object with named columns")
	}
	return row, nil
}

// jsonList reads a file that is one list of objects.
func jsonList(r io.Reader, f func(line int, row any) error) error {
	d := json.NewDecoder(r)
	if _, err := d.Token(); err != nil {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	n := 0
	for d.More() {
		n++
		row, err := decode(d, false)
		if err != nil {
			return fmt.Errorf("element %d: %w", n, err)
		}
		if err := f(n, row); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("the file is cut short behind element %d: %w", n, err)
	}
	return nil
}

// csvRows reads a table whose first line names the columns. Where it has as many as columns and none of their names, they are these: it
// has no such line.
func csvRows(r io.Reader, comma rune, columns []string, f func(line int, row any) error) error {
	c := csv.NewReader(r)
	c.Comma, c.LazyQuotes = comma, comma == '\t'
	var names []string
	for line := 1; ; line++ {
		cells, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			if errors.Is(err, csv.ErrQuote) {
				err = fmt.Errorf("%w (a quote that nothing closes may mean that the file is cut short)", err)
			}
			return err
		}
		at, _ := c.FieldPos(0)
		if names == nil {
			names = append(names, cells...)
			if len(columns) != len(cells) || containsAny(cells, columns) {
				continue
			}
			names = columns
		}
		row := map[string]any{}
		for i, cell := range cells {
			row[names[i]] = cell
		}
		if err := f(at, row); err != nil {
			return err
		}
	}
}

func containsAny(list, of []string) bool {
	for _, s := range list {
		for _, o := range of {
			if s == o {
				return true
			}
		}
	}
	return false
}
