package ingest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/seed-83c59573/quern"
)

// CDXFilter chooses among the lines of an index; an empty list chooses all. A line that does not tell what is asked for is not chosen.
type CDXFilter struct {
	MIME      []string `yaml:"mime"`      // the media type that was found, or else that was stated
	Status    []int    `yaml:"status"`    // of HTTP
	Languages []string `yaml:"languages"` // any of those that the index names, as it names them: eng
	URLs      []string `yaml:"urls"`      // beginnings of addresses: https://example.org/docs/
}

func (c CDXFilter) empty() bool { return len(c.MIME)+len(c.Status)+len(c.Languages)+len(c.URLs) == 0 }

// cdxLine is one line of an index. Files that name no length leave it 0.
type cdxLine struct {
	URL       string `json:"url"`
	MIME      string `json:"mime"`
	Detected  string `json:"mime-detected"`
	Status    number `json:"status"`
	Length    number `json:"length"`
	Offset    number `json:"offset"`
	Filename  string `json:"filename"`
	Languages string `json:"languages"`
}

// number is written with quotes by some and without by others; "" and "-" are unknown, which is -1.
type number int64

func (n *number) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	if s == "" || s == "-" || s == "null" {
		*n = -1
		return nil
	}
	v, err := strconv.ParseInt(s, 10, 64)
	*n = number(v)
	return err
}

func (c CDXFilter) takes(l *cdxLine) bool {
	mime := l.Detected
	if mime == "" {
		mime = l.MIME
	}
	if len(c.MIME) > 0 && !slices.Contains(c.MIME, mime) || len(c.Status) > 0 && !slices.Contains(c.Status, int(l.Status)) {
		return false
	}
	if len(c.URLs) > 0 && !slices.ContainsFunc(c.URLs, func(p string) bool { return strings.HasPrefix(l.URL, p) }) {
		return false
	}
	if len(c.Languages) == 0 {
		return true
	}
	for have := range strings.SplitSeq(l.Languages, ",") {
		if slices.Contains(c.Languages, have) {
			return true
		}
	}
	return false
}

// cdxReader reads the lines of one index.
type cdxReader struct {
	columns []byte // the letters of the legend, one a column
	line    cdxLine
}

// defaultColumns are those of the most common kind of file, for one that begins without its legend.
const defaultColumns = "NbamskrMSVg"

var errCDX = errors.New("not a line of CDX, CDXJ or an index in JSON")

// parse reads a line; false means a legend or an empty line.
func (c *cdxReader) parse(b []byte) (bool, error) {
	b = bytes.TrimRight(b, "\r\n")
	if t := bytes.TrimLeft(b, " "); len(t) == 0 || bytes.HasPrefix(t, []byte("!")) { // a remark of CDXJ
		return false, nil
	}
	if bytes.HasPrefix(bytes.TrimLeft(b, " \t"), []byte("CDX ")) {
		c.columns = c.columns[:0]
		for _, f := range bytes.Fields(b)[1:] {
			c.columns = append(c.columns, f[0])
		}
		return false, nil
	}
	c.line = cdxLine{Status: -1, Length: 0, Offset: -1}
	if k := bytes.IndexByte(b, '{'); k == 0 || k > 0 && b[k-1] == ' ' && bytes.Count(b[:k], []byte(" ")) <= 2 {
		if err := json.Unmarshal(b[k:], &c.line, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err != nil {
			return false, err
		}
	} else if err := c.fields(b); err != nil {
		return false, err
	}
	l := &c.line
	if l.Offset < 0 || l.Filename == "" || l.Length > math.MaxInt64-l.Offset-1 {
		return false, fmt.Errorf("%w: no file or place in %q", errCDX, clip(string(b), 80))
	}
	return true, nil
}

func (c *cdxReader) fields(b []byte) (err error) {
	if len(c.columns) == 0 {
		c.columns = []byte(defaultColumns)
	}
	f := bytes.Fields(b)
	if len(f) != len(c.columns) {
		return fmt.Errorf("%w: %d columns, the legend has %d", errCDX, len(f), len(c.columns))
	}
	for i, letter := range c.columns {
		v := string(f[i])
		switch letter {
		case 'a':
			c.line.URL = v
		case 'm':
			c.line.MIME = v
		case 'g':
			c.line.Filename = v
		case 's':
			err = c.line.Status.UnmarshalJSON(f[i])
		case 'S':
			err = c.line.Length.UnmarshalJSON(f[i])
		case 'V':
			err = c.line.Offset.UnmarshalJSON(f[i])
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errCDX, err)
		}
	}
	return nil
}

// cdxSource reads the records that indexes list.
type cdxSource struct {
	*source
	index Options // of which the paths are those of the indexes
	only  CDXFilter
}

func newCDXSource(s *source, x WARCOptions) (Reader, error) {
	o := s.o
	o.Paths = x.CDX
	if err := o.check(); err != nil {
		return nil, err
	}
	return &cdxSource{source: s, index: o, only: x.Only}, nil
}

func isCDX(name string) bool {
	switch strings.ToLower(path.Ext(bareName(name))) {
	case ".cdx", ".cdxj":
		return true
	}
	return strings.HasPrefix(path.Base(name), "cdx-")
}

// Files lists the archives and the indexes.
func (s *cdxSource) Files(ctx context.Context) ([]File, error) {
	files, err := s.source.Files(ctx)
	if err != nil {
		return nil, err
	}
	index, err := s.index.files(ctx, isCDX)
	return sortedOnce(append(files, index...)), err
}

// fileRange is a range of a file.
type fileRange struct{ from, to int64 }

// Units are the chosen ranges, in the order of the archives: neighbors joined, a unit's worth of bytes together.
func (s *cdxSource) Units(ctx context.Context) ([]quern.Unit, error) {
	files, err := s.o.list(ctx, s.f.wants)
	if err != nil {
		return nil, err
	}
	spans, err := s.spans(ctx, files)
	if err != nil {
		return nil, err
	}
	g := unitGroup{o: &s.o}
	for i, f := range files {
		for _, p := range joined(spans[i]) {
			g.add(f, quern.Part{Path: f.root, Entry: f.entry, From: p.from, To: p.to}, p.to-p.from)
		}
	}
	units := g.done()
	if len(units) == 0 {
		return nil, fmt.Errorf("ingest: source %q: no line of its indexes is chosen and about one of its archives", s.o.Name)
	}
	return units, nil
}

// spans reads the indexes.
func (s *cdxSource) spans(ctx context.Context, files []input) ([][]fileRange, error) {
	byName := make(map[string][]int, len(files))
	for i, f := range files {
		name := path.Base(f.key())
		byName[name] = append(byName[name], i)
	}
	index, err := s.index.list(ctx, isCDX)
	if err != nil {
		return nil, err
	}
	all := make([][]fileRange, len(files))
	for _, x := range index {
		err := s.lines(ctx, x, func(l *cdxLine) error {
			i, err := oneFile(byName[path.Base(l.Filename)], files, l.Filename)
			if err != nil || i < 0 {
				return err
			}
			from := int64(l.Offset)
			all[i] = append(all[i], fileRange{from, from + max(1, int64(l.Length))})
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("ingest: source %q: %w", s.o.Name, err)
		}
	}
	return all, nil
}

// oneFile is the archive that an index means by a name: the one with that ending, of several of the same last element; -1 if there
// is none.
func oneFile(same []int, files []input, name string) (int, error) {
	if len(same) == 0 {
		return -1, nil
	}
	if len(same) == 1 {
		return same[0], nil
	}
	found := -1
	for _, i := range same {
		if key := files[i].key(); key == name || strings.HasSuffix(key, "/"+name) || strings.HasSuffix(name, "/"+key) {
			if found >= 0 {
				return -1, fmt.Errorf("%q may be %s or %s: make them two sources", name, files[found].path, files[i].path)
			}
			found = i
		}
	}
	if found < 0 {
		return -1, fmt.Errorf("%q may be any of %d archives of that name: make them sources of their own", name, len(same))
	}
	return found, nil
}

// joined sorts ranges and makes one of those that touch.
func joined(all []fileRange) []fileRange {
	slices.SortFunc(all, func(a, b fileRange) int {
		switch {
		case a.from != b.from:
			return int(max(-1, min(1, a.from-b.from)))
		default:
			return int(max(-1, min(1, a.to-b.to)))
		}
	})
	out := all[:0]
	for _, p := range all {
		if n := len(out); n > 0 && p.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, p.to)
			continue
		}
		out = append(out, p)
	}
	return out
}

const maxCDXLine = 1 << 20

// lines gives the chosen lines of one index, plain or packed.
func (s *cdxSource) lines(ctx context.Context, f input, take func(*cdxLine) error) error {
	d, err := f.open()
	if err != nil {
		return err
	}
	defer d.Close()
	c, err := codecOf(d, f.key())
	if err != nil {
		return err
	}
	var dec decoders
	rc, err := dec.unpack(c, d, f.key())
	if err != nil {
		return err
	}
	defer rc.Close()
	in := bufio.NewScanner(rc)
	in.Buffer(make([]byte, 64<<10), maxCDXLine)
	var r cdxReader
	for n := 1; in.Scan(); n++ {
		if n%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		ok, err := r.parse(in.Bytes())
		if err == nil && ok && s.only.takes(&r.line) {
			err = take(&r.line)
		}
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", f.key(), n, err)
		}
	}
	if err := in.Err(); err != nil && err != io.EOF {
		return fmt.Errorf("%s: %w", f.key(), err)
	}
	return nil
}

// window is a store of which only a range is read, in pieces, so that nothing else is fetched where that costs.
type window struct {
	store
	to    int64
	pos   int64
	piece []byte // the last that was read
	at    int64  // where it begins
}

const windowBytes = 1 << 20

func (w *window) Seek(offset int64, whence int) (int64, error) {
	if whence != io.SeekStart {
		return w.pos, errors.ErrUnsupported
	}
	w.pos = offset
	return offset, nil
}

func (w *window) Read(p []byte) (int, error) {
	if w.pos < w.at || w.pos >= w.at+int64(len(w.piece)) {
		n := min(w.to-w.pos, windowBytes)
		if n <= 0 {
			return 0, io.EOF
		}
		w.piece, w.at = slices.Grow(w.piece[:0], int(n))[:n], w.pos
		k, err := w.store.ReadAt(w.piece, w.pos)
		if w.piece = w.piece[:k]; k == 0 {
			return 0, err
		}
	}
	n := copy(p, w.piece[w.pos-w.at:])
	w.pos += int64(n)
	return n, nil
}
