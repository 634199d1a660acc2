package shard

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/seed-83c59573/quern"
)

// A shard of facts has one row for each document that a step judged, in the order in which they came, and one column for each fact:
// a double, null where it was not measured. Beside the facts stand
//
//	id, language, source, bucket    of the document as the step left it
//	bytes                  of its text as it came
//	verdict                why it was dropped; "" = kept
//	spans                  what rules found in the text as it came, a JSON object of lists [from, to, score] by name, in bytes; null = nothing
//	spans_later            the same in texts that earlier rules had rewritten
const (
	factID         = "id"
	factLang       = "language"
	factSource     = "source"
	factBucket     = "bucket"
	factBytes      = "bytes"
	factVerdict    = "verdict"
	factSpans      = "spans"
	factSpansLater = "spans_later"
)

// bytesCame is the mark of a text's size before rules rewrote it.
const bytesCame = "document.bytes"

// rowsOfFacts are written and read at once.
const rowsOfFacts = 256

// Facts is a Sink that writes the marks of documents as name + ".parquet", a column for each of columns.
func Facts(dir quern.Dir, name string, columns []string) (quern.Sink, error) {
	group := parquet.Group{factID: parquet.String(), factBytes: parquet.Leaf(parquet.Int64Type),
		factSpans: parquet.Optional(parquet.String()), factSpansLater: parquet.Optional(parquet.String())}
	for _, c := range []string{factLang, factSource, factBucket, factVerdict} {
		group[c] = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	}
	for _, c := range columns {
		if _, ok := group[c]; ok {
			return nil, fmt.Errorf("shard: the fact %s is named twice", c)
		}
		group[c] = parquet.Optional(parquet.Leaf(parquet.DoubleType))
	}
	b, err := create(dir, name+".parquet")
	if err != nil {
		return nil, err
	}
	s := &factSink{blob: b, at: map[string]int{}, facts: columns, shard: quern.Shard{Name: b.name}}
	schema := parquet.NewSchema("facts", group)
	for i, path := range schema.Columns() {
		s.at[path[0]] = i
	}
	s.factAt = make(map[string]int, len(columns))
	for _, c := range columns {
		s.factAt[c] = s.at[c]
	}
	s.w = parquet.NewGenericWriter[any](b, append(writerOptions(nil), schema)...)
	return s, nil
}

type factSink struct {
	blob  *blob
	w     *parquet.GenericWriter[any]
	at    map[string]int // the column of each name
	facts []string

	factAt map[string]int // the columns of facts alone
	rows   []parquet.Row
	n      int // rows in use
	shard  quern.Shard
	text   []byte // of the strings in rows
}

func (s *factSink) Put(d *quern.Doc) error {
	if s.rows == nil {
		s.rows = make([]parquet.Row, rowsOfFacts)
		for i := range s.rows {
			s.rows[i] = make(parquet.Row, len(s.at))
		}
	}
	row := s.rows[s.n]
	bytes := int64(len(d.Text))
	for _, f := range s.facts {
		at := s.at[f]
		row[at] = parquet.NullValue().Level(0, 0, at)
	}
	for _, m := range d.Marks {
		if m.Name == bytesCame {
			bytes = int64(m.Value)
		}
		if at, ok := s.factAt[m.Name]; ok {
			row[at] = parquet.DoubleValue(m.Value).Level(0, 1, at)
		}
	}
	row[s.at[factBytes]] = parquet.Int64Value(bytes).Level(0, 0, s.at[factBytes])
	s.string(row, factID, d.ID.String(), 0)
	s.string(row, factLang, d.Lang, 0)
	s.string(row, factSource, d.Source, 0)
	s.string(row, factBucket, d.Bucket, 0)
	s.string(row, factVerdict, string(d.Drop.Verdict), 0)
	s.spans(row, factSpans, d.Spans, false)
	s.spans(row, factSpansLater, d.Spans, true)
	s.shard.Docs++
	s.shard.Bytes += bytes
	if s.n++; s.n == len(s.rows) {
		return s.flush()
	}
	return nil
}

func (s *factSink) string(row parquet.Row, column, value string, level int) {
	from := len(s.text)
	s.text = append(s.text, value...)
	at := s.at[column]
	row[at] = parquet.ByteArrayValue(s.text[from:len(s.text):len(s.text)]).Level(0, level, at)
}

// spans writes {"name":[[from,to,score],…],…}, names in order of appearance.
func (s *factSink) spans(row parquet.Row, column string, spans []quern.Span, moved bool) {
	at := s.at[column]
	row[at] = parquet.NullValue().Level(0, 0, at)
	from := len(s.text)
	for i, p := range spans {
		if p.Moved != moved || slices.ContainsFunc(spans[:i], func(q quern.Span) bool { return q.Name == p.Name && q.Moved == moved }) {
			continue
		}
		if len(s.text) == from {
			s.text = append(s.text, '{')
		} else {
			s.text = append(s.text, ',')
		}
		s.text = append(strconv.AppendQuote(s.text, p.Name), ':', '[')
		for _, q := range spans[i:] {
			if q.Name != p.Name || q.Moved != moved {
				continue
			}
			if s.text[len(s.text)-1] == ']' {
				s.text = append(s.text, ',')
			}
			s.text = strconv.AppendInt(append(s.text, '['), int64(q.From), 10)
			s.text = strconv.AppendInt(append(s.text, ','), int64(q.To), 10)
			s.text = append(strconv.AppendFloat(append(s.text, ','), q.Score, 'g', -1, 64), ']')
		}
		s.text = append(s.text, ']')
	}
	if len(s.text) > from {
		s.text = append(s.text, '}')
		row[at] = parquet.ByteArrayValue(s.text[from:len(s.text):len(s.text)]).Level(0, 1, at)
	}
}

func (s *factSink) flush() error {
	_, err := s.w.WriteRows(s.rows[:s.n])
	s.n, s.text = 0, s.text[:0]
	return err
}

func (s *factSink) Commit() (quern.Shard, error) {
	err := s.flush()
	if err == nil {
		err = s.w.Close()
	}
	if err != nil {
		s.blob.abort()
		return quern.Shard{}, err
	}
	info, err := s.blob.commit()
	if err != nil {
		return quern.Shard{}, err
	}
	s.shard.Blobs = []quern.BlobInfo{info}
	return s.shard, nil
}

func (s *factSink) Abort() { s.blob.abort() }

// FactRow is what is known of one document. It is valid until the next one.
type FactRow struct {
	ID, Lang, Source, Bucket, Verdict string
	Bytes                             int64  // of its text as it came
	Spans                             string // a JSON object as in the file; "" = none
	values                            []parquet.Value
	at                                map[string]int
}

// Fact is a fact by name, if it was measured.
func (r *FactRow) Fact(name string) (float64, bool) {
	at, ok := r.at[name]
	if !ok || r.values[at].IsNull() {
		return 0, false
	}
	return r.values[at].Double(), true
}

// Names lists the facts that have a column, sorted.
func (r *FactRow) Names() (names []string) {
	for n := range r.at {
		if !slices.Contains([]string{factID, factLang, factSource, factBucket, factBytes, factVerdict, factSpans, factSpansLater}, n) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

// ReadFacts calls f for each row of a shard of facts until f says stop.
func ReadFacts(dir quern.Dir, name string, f func(r *FactRow) (stop bool)) (err error) {
	file, err := dir.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	r := &FactRow{at: map[string]int{}}
	var reader *parquet.GenericReader[any]
	if err = calmly(func() error {
		pf, err := parquet.OpenFile(file, file.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
		if err != nil {
			return err
		}
		reader = parquet.NewGenericReader[any](pf)
		for i, path := range pf.Schema().Columns() {
			r.at[path[0]] = i
		}
		for _, c := range []string{factID, factLang, factSource, factBucket, factBytes, factVerdict, factSpans, factSpansLater} {
			if _, ok := r.at[c]; !ok {
				return fmt.Errorf("is no shard of facts: it has no column %s", c)
			}
		}
		return nil
	}); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer reader.Close()
	rows := make([]parquet.Row, rowsOfFacts)
	for {
		var n int
		err := calmly(func() (err error) {
			n, err = reader.ReadRows(rows)
			return err
		})
		for _, row := range rows[:n] {
			if len(row) != len(r.at) {
				return fmt.Errorf("%s: a row has %d values, its schema %d", name, len(row), len(r.at))
			}
			r.set(row)
			if f(r) {
				return nil
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
}

func (r *FactRow) set(row parquet.Row) {
	text := func(column string) string {
		if v := row[r.at[column]]; !v.IsNull() {
			return string(v.ByteArray())
		}
		return ""
	}
	r.values = row
	r.ID, r.Lang, r.Source, r.Bucket, r.Verdict = text(factID), text(factLang), text(factSource), text(factBucket), text(factVerdict)
	r.Bytes, r.Spans = row[r.at[factBytes]].Int64(), text(factSpans)
}
