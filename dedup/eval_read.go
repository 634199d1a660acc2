package dedup

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/seed-83c59573/quern"
)

// A label file is JSON lines, or a table with a header if its name says .csv or .tsv, gzip or zstd around it or not. Its fields tell
// its shape:
//
//	id (or core_id) and duplicates (or labelled_duplicates), a list: every document and its duplicates, as in CORE
//	id and cluster (or cluster_id): every document and its cluster, as in NEWS-COPY; null or nothing = alone
//	a and b (or id1 and id2) and maybe similarity (or jaccard, score): pairs, as they stand
//	id and kept: removals as a cluster step writes them; documents that lead to one another are one cluster
//
// Other fields are passed over. A field of a table must not have line breaks.
const (
	shapeLists = iota + 1
	shapeClusters
	shapePairs
	shapeRemovals
)

const (
	maxLabelLine = 64 << 20 // CORE has whole abstracts in its lines
	maxLabelIDs  = 1 << 28
)

// side is what a label file says.
type side struct {
	file     LabelFile
	shape    int
	lists    bool // it lists all documents
	closed   bool // its edges are to be followed
	mutual   bool // an edge counts both ways
	ids      map[quern.ID]uint32
	order    []quern.ID
	line     []uint32 // where an ID stands first
	mentions []uint32
	listed   []bool
	edges    [][2]uint32
	clusters map[string]uint32 // name → a document of it
}

func (s *side) byNumber(i uint32) quern.ID { return s.order[i] }

// label is one record.
type label struct {
	shape      int
	id, other  string
	duplicates []string
	cluster    string
	similarity float64
	stated     bool // the similarity
}

// idOf is the document that an ID of the file stands for.
func (f *LabelFile) idOf(text string) quern.ID {
	if f.Source != "" {
		return quern.NewID(f.Source, text)
	}
	if id, err := quern.ParseID(text); err == nil {
		return id
	}
	return quern.NewID("", text)
}

func readSide(f LabelFile) (*side, error) {
	s := &side{file: f, ids: map[quern.ID]uint32{}, clusters: map[string]uint32{}}
	err := readLabels(f, func(line int, l *label) error {
		if s.shape == 0 {
			s.shape = l.shape
			s.lists = l.shape == shapeLists || l.shape == shapeClusters
			s.closed = l.shape == shapeClusters || l.shape == shapeRemovals
			s.mutual = l.shape == shapePairs
		}
		if l.shape != s.shape {
			return errors.New("a record of another shape than the first")
		}
		return s.add(line, l)
	})
	if err != nil {
		return nil, err
	}
	if s.shape == 0 && f.All == nil {
		return nil, fmt.Errorf("%s: no records", f.Name)
	}
	if f.All == nil || s.lists {
		return s, nil
	}
	s.lists, s.closed = true, s.closed || s.shape == 0
	return s, f.All(func(id quern.ID) error {
		i, err := s.numberID(0, id)
		if err == nil {
			s.listed[i] = true
		}
		return err
	})
}

// meets tells whether the sides name a document in common.
func (s *side) meets(other *side) bool {
	for id := range s.ids {
		if _, ok := other.ids[id]; ok {
			return true
		}
	}
	return false
}

func (s *side) number(line int, text string) (uint32, error) {
	if text == "" {
		return 0, errors.New("an empty ID")
	}
	return s.numberID(line, s.file.idOf(text))
}

func (s *side) numberID(line int, id quern.ID) (uint32, error) {
	i, ok := s.ids[id]
	if !ok {
		if i = uint32(len(s.order)); i == maxLabelIDs {
			return 0, fmt.Errorf("more than %d IDs", maxLabelIDs)
		}
		s.ids[id] = i
		s.order, s.line, s.mentions, s.listed = append(s.order, id), append(s.line, uint32(line)), append(s.mentions, 0), append(s.listed, false)
	}
	s.mentions[i]++
	return i, nil
}

func (s *side) add(line int, l *label) error {
	if l.stated && l.similarity < s.file.Least {
		return nil
	}
	d, err := s.number(line, l.id)
	if err != nil {
		return err
	}
	if s.lists {
		if s.listed[d] {
			return fmt.Errorf("%s is listed twice", l.id)
		}
		s.listed[d] = true
	}
	switch s.shape {
	case shapeLists:
		for _, x := range l.duplicates {
			i, err := s.number(line, x)
			if err != nil {
				return err
			}
			s.edges = append(s.edges, [2]uint32{d, i})
		}
	case shapeClusters:
		if l.cluster == "" {
			break
		}
		if first, ok := s.clusters[l.cluster]; ok {
			s.edges = append(s.edges, [2]uint32{first, d})
		} else {
			s.clusters[l.cluster] = d
		}
	default:
		i, err := s.number(line, l.other)
		if err != nil {
			return err
		}
		s.edges = append(s.edges, [2]uint32{d, i})
	}
	return nil
}

// unknown is the error about an ID that stands first in a line, as that line spells it.
func (s *side) unknown(id quern.ID, line uint32, other *side) error {
	if line == 0 {
		return fmt.Errorf("%s: document %s is not listed in %s", s.file.Name, id, other.file.Name)
	}
	spelled := id.String()
	err := readLabels(s.file, func(n int, l *label) error {
		if n < int(line) {
			return nil
		}
		for _, text := range append([]string{l.id, l.other}, l.duplicates...) {
			if text != "" && s.file.idOf(text) == id {
				spelled = text
			}
		}
		return io.EOF
	})
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	where := other.file.Name
	if s.lists && !s.listed[s.ids[id]] {
		where = s.file.Name
	}
	return fmt.Errorf("%s: line %d: document %s is not listed in %s", s.file.Name, line, spelled, where)
}

// readLabels calls f with every record of a file.
func readLabels(file LabelFile, f func(line int, l *label) error) error {
	in, err := file.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := decompress(in)
	if err != nil {
		return fmt.Errorf("%s: %w", file.Name, err)
	}
	defer r.Close()
	name := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(file.Name, ".gz"), ".zst"), ".gzip")
	var t *labelTable
	switch {
	case strings.HasSuffix(name, ".csv"):
		t = &labelTable{comma: ','}
	case strings.HasSuffix(name, ".tsv"):
		t = &labelTable{comma: '\t'}
	}
	b := bufio.NewReaderSize(r, 1<<16)
	var buf []byte
	for line := 1; ; line++ {
		buf, err = readLine(b, buf[:0])
		if err == io.EOF && len(buf) == 0 {
			return nil
		}
		var l label
		skip := false
		if err == nil || err == io.EOF {
			text := bytes.TrimRight(buf, "\r\n")
			if line == 1 {
				text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
			}
			switch {
			case len(bytes.TrimSpace(text)) == 0:
				skip = true
			case t == nil:
				err = parseLabel(text, &l)
			case t.shape == 0:
				skip, err = true, t.head(text)
			default:
				err = t.row(text, &l)
			}
			if err == io.EOF {
				err = nil
			}
		}
		if err == nil && !skip {
			err = f(line, &l)
		}
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", file.Name, line, err)
		}
	}
}

// readLine appends the next line with its end to buf; io.EOF with what is left at the end.
func readLine(r *bufio.Reader, buf []byte) ([]byte, error) {
	for {
		part, err := r.ReadSlice('\n')
		buf = append(buf, part...)
		if len(buf) > maxLabelLine {
			return buf, fmt.Errorf("a line of more than %d bytes", maxLabelLine)
		}
		if err != bufio.ErrBufferFull {
			return buf, err
		}
	}
}

// decompress undoes gzip and zstd, told by the first bytes.
func decompress(in io.Reader) (io.ReadCloser, error) {
	b := bufio.NewReaderSize(in, 1<<16)
	head, err := b.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1F, 0x8B}):
		return gzip.NewReader(b)
	case bytes.HasPrefix(head, []byte{0x28, 0xB5, 0x2F, 0xFD}):
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(64<<20))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}
	return io.NopCloser(b), nil
}

// jsonLabel is a record of JSON lines.
type jsonLabel struct {
	ID         json.RawMessage `json:"id"`
	CoreID     json.RawMessage `json:"core_id"`
	Duplicates json.RawMessage `json:"duplicates"`
	Labelled   json.RawMessage `json:"labelled_duplicates"`
	Cluster    json.RawMessage `json:"cluster"`
	ClusterID  json.RawMessage `json:"cluster_id"`
	A          json.RawMessage `json:"a"`
	B          json.RawMessage `json:"b"`
	ID1        json.RawMessage `json:"id1"`
	ID2        json.RawMessage `json:"id2"`
	Kept       json.RawMessage `json:"kept"`
	Similarity *float64        `json:"similarity"`
	Jaccard    *float64        `json:"jaccard"`
	Score      *float64        `json:"score"`
}

var errNoShape = errors.New("not a shape of labels: want id and duplicates, id and cluster, a and b, or id and kept")

func parseLabel(text []byte, l *label) (err error) {
	var j jsonLabel
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	id, a, b := first(j.ID, j.CoreID), first(j.A, j.ID1), first(j.B, j.ID2)
	cluster := first(j.Cluster, j.ClusterID)
	for _, s := range []*float64{j.Similarity, j.Jaccard, j.Score} {
		if s != nil && !l.stated {
			l.similarity, l.stated = *s, true
		}
	}
	switch {
	case a != nil && b != nil:
		l.shape = shapePairs
		if l.id, err = scalar(a); err == nil {
			l.other, err = scalar(b)
		}
		return err
	case id == nil:
		return errNoShape
	case j.Duplicates != nil || j.Labelled != nil:
		l.shape = shapeLists
		var all []json.RawMessage
		if err := json.Unmarshal(first(j.Duplicates, j.Labelled), &all); err != nil {
			return err
		}
		for _, x := range all {
			s, err := scalar(x)
			if err != nil {
				return err
			}
			l.duplicates = append(l.duplicates, s)
		}
	case j.Kept != nil:
		l.shape = shapeRemovals
		if l.other, err = scalar(j.Kept); err != nil {
			return err
		}
	case cluster != nil:
		l.shape = shapeClusters
		if string(cluster) != "null" {
			if l.cluster, err = scalar(cluster); err != nil {
				return err
			}
		}
	default:
		return errNoShape
	}
	l.id, err = scalar(id)
	return err
}

func first(a, b json.RawMessage) json.RawMessage {
	if a != nil {
		return a
	}
	return b
}

// scalar is a string, or a number as it is written.
func scalar(raw json.RawMessage) (string, error) {
	switch c := raw[0]; {
	case c == '"':
		var s string
		return s, json.Unmarshal(raw, &s)
	case c == '-' || c >= '0' && c <= '9':
		return string(raw), nil
	}
	return "", fmt.Errorf("%.20s: want a string or a number", raw)
}

// labelTable reads the rows of a table.
type labelTable struct {
	comma               rune
	shape               int
	id, other, cluster  int
	similarity, columns int
}

func (t *labelTable) split(text []byte) ([]string, error) {
	if bytes.IndexByte(text, '"') < 0 {
		return strings.Split(string(text), string(t.comma)), nil
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = t.comma
	r.FieldsPerRecord = -1
	r.LazyQuotes = t.comma == '\t'
	return r.Read()
}

func (t *labelTable) head(text []byte) error {
	names, err := t.split(text)
	if err != nil {
		return err
	}
	find := func(all ...string) int {
		for i, n := range names {
			for _, want := range all {
				if strings.EqualFold(strings.TrimSpace(n), want) {
					return i
				}
			}
		}
		return -1
	}
	t.columns, t.similarity = len(names), find("similarity", "jaccard", "score")
	a, b, id := find("a", "id1"), find("b", "id2"), find("id", "core_id")
	kept, cluster := find("kept"), find("cluster", "cluster_id")
	switch {
	case a >= 0 && b >= 0:
		t.shape, t.id, t.other = shapePairs, a, b
	case id >= 0 && kept >= 0:
		t.shape, t.id, t.other = shapeRemovals, id, kept
	case id >= 0 && cluster >= 0:
		t.shape, t.id, t.cluster = shapeClusters, id, cluster
	default:
		return fmt.Errorf("the header %.60q is of no shape of labels: want id and cluster, a and b, or id and kept", text)
	}
	return nil
}

func (t *labelTable) row(text []byte, l *label) error {
	fields, err := t.split(text)
	if err != nil {
		return err
	}
	if len(fields) != t.columns {
		return fmt.Errorf("%d fields, the header has %d", len(fields), t.columns)
	}
	l.shape, l.id = t.shape, fields[t.id]
	if t.shape == shapeClusters {
		l.cluster = fields[t.cluster]
	} else {
		l.other = fields[t.other]
	}
	if t.similarity >= 0 && fields[t.similarity] != "" {
		l.stated = true
		l.similarity, err = strconv.ParseFloat(fields[t.similarity], 64)
	}
	return err
}
