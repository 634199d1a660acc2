// Package quern is the vocabulary of a mill that turns raw text into a training corpus: a Doc flows from a Source through
// Stages into a Sink, and a Pass moves it. In come units of the outside world or of an earlier dataset; out go shards and a
// Manifest that accounts for every document. This package opens no format, knows no rule and no network: rooms such as
// ingest, clean, dedup and shard implement its three interfaces, and package pipelines joins them by one YAML file.
//
// The only goroutines of the data side are here, in Pass.Run and Each. How many there are never changes a result.
package quern

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"

	"github.com/cespare/xxhash/v2"
)

// ID names a document. It is derived from provenance (the source's name and the record's key), so it survives cleaning and does
// not depend on how the input was split into files. Two documents may share an ID only if the source shows one record twice.
type ID [16]byte

// NewID derives an ID from a source's name and the key of a record in it: 128 bits, XXH64 under two seeds.
func NewID(source string, key ...string) ID {
	var id ID
	for half, seed := range [2]uint64{0x71756572, 0x6e2d6964} {
		h := xxhash.NewWithSeed(seed)
		h.WriteString(source)
		for _, k := range key {
			h.WriteString("\x00")
			h.WriteString(k)
		}
		binary.BigEndian.PutUint64(id[8*half:], h.Sum64())
	}
	return id
}

// ParseID reads what String wrote.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 32 {
		return id, fmt.Errorf("document id %q: want 32 hexadecimal digits", s)
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return id, fmt.Errorf("document id %q: %w", s, err)
	}
	return id, nil
}

func (id ID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether the ID was never set.
func (id ID) IsZero() bool { return id == ID{} }

// Compare orders IDs by their bytes.
func (id ID) Compare(other ID) int { return bytes.Compare(id[:], other[:]) }

// Doc is one document on its way. It is borrowed: valid only until the Source yields the next one.
type Doc struct {
	ID      ID
	Domain  string   // "web", "paper", "code", …: what mix balances
	Bucket  string   // a part of the domain that mix may balance on its own, such as "high"; "" = none
	Source  string   // the entry of the spec that it came from
	Origin  string   // URL, DOI, repository path: for people and take-downs
	Lang    string   // BCP 47; "" = unknown
	License string   // SPDX id; "" = unknown
	Time    string   // RFC 3339 of the crawl or publication; "" = unknown
	Text    []byte   // UTF-8
	Tokens  []uint32 // filled by tokenize, ends with the end-of-text token
	Marks   []Mark   // small measured facts; never a map
	Spans   []Span   // parts that rules found; nil = nobody asks for them
	Meta    []byte   // a JSON object that travels along untouched; nil = none

	Group  ID   // the near-duplicate cluster it belongs to; zero = it stands alone
	Copies int  // the documents that it stands for, itself included, since it stayed where they were removed; 0 = unknown, or it alone
	Row    Row  // where its dataset holds it; set by the readers of datasets, zero for the outside world
	Drop   Drop // why it was dropped; set by Fail or by the Pass, read by the sink of the dropped
}

// Reset empties d for the next document and keeps its buffers.
func (d *Doc) Reset() {
	*d = Doc{Text: d.Text[:0], Tokens: d.Tokens[:0], Marks: d.Marks[:0], Spans: d.Spans[:0]}
}

// Mark is one measured fact about a document.
type Mark struct {
	Name  string
	Value float64
}

// Mark sets the fact called name.
func (d *Doc) Mark(name string, value float64) {
	for i := range d.Marks {
		if d.Marks[i].Name == name {
			d.Marks[i].Value = value
			return
		}
	}
	d.Marks = append(d.Marks, Mark{name, value})
}

// Span is a part of a text that a rule cut, replaced or only found: [From, To) in bytes of the text as the rule was given it.
type Span struct {
	Name     string // of the rule and the finding: "pii.email"
	From, To int
	Score    float64 // how sure the rule is, 0 to 1
	Moved    bool    // earlier rules had rewritten the text: the offsets are not those of the text as it came; set by whoever runs the rules
}

// Span records a part of the text, if anyone asks for spans (Doc.Spans is not nil).
func (d *Doc) Span(name string, from, to int, score float64) {
	if d.Spans != nil {
		d.Spans = append(d.Spans, Span{Name: name, From: from, To: to, Score: score})
	}
}

// Row is the place of a document in a dataset: the index of its shard and its position there, both from 0.
type Row struct {
	Shard int
	Index int
}

// Verdict is why a document was dropped: a constant of the room that gives it, such as "clean.gopher.too_short".
type Verdict string

// Keep is the verdict on a document that goes on.
const Keep Verdict = ""

// Drop is the evidence for a verdict: what was measured, and the bound that it broke.
type Drop struct {
	Verdict Verdict
	Value   float64
	Limit   float64
}

// Fail records why d is dropped and returns v, for a stage to return: the measured value and the limit that it broke.
func (d *Doc) Fail(v Verdict, value, limit float64) Verdict {
	d.Drop = Drop{v, value, limit}
	return v
}

// A Stage rules on one document and may rewrite it. It is built once per worker and called by one goroutine, so it may keep
// scratch space, but no memory of earlier documents: the same document always meets the same fate. It must not retain d or
// d.Text; d.Text may point into the stage's scratch until the next Apply. A Verdict is a ruling on the document; an error is a
// fault of the world and stops the pass. A stage that holds something of the world, such as a process, is an io.Closer too; whoever
// built it closes it.
type Stage interface {
	Apply(d *Doc) (Verdict, error)
}

// A Source lists independent units of work and yields each unit's documents, always in the same order. Docs may be called for
// different units at once. The pair's error is per record if it wraps ErrRecord: it is counted under its reason and skipped
// over (the Doc beside it is nil, or tells domain and source). Any other error is final and ends the unit.
type Source interface {
	Units(ctx context.Context) ([]Unit, error)
	Docs(ctx context.Context, u Unit) iter.Seq2[*Doc, error]
}

// Unit is one piece of a source that is read on its own. It is plain data: it can be sent to another machine.
type Unit struct {
	Name   string `json:"name"`   // unique in its source; for messages
	Source string `json:"source"` // the entry of the spec
	Domain string `json:"domain"`
	Parts  []Part `json:"parts"`
}

// Part is a file or a range of it, [From, To) in what its format counts: bytes, row groups, archive members, documents.
// To = 0 means to the end. Entry names a member where the format has names.
type Part struct {
	Path  string `json:"path"`
	Entry string `json:"entry,omitempty"`
	From  int64  `json:"from,omitempty"`
	To    int64  `json:"to,omitempty"`
}

// A Sink takes the survivors of one unit in order; it is called by one goroutine and must not retain d. Exactly one of Commit
// and Abort ends it; Abort leaves no trace. After Commit the shard is durable under its name.
type Sink interface {
	Put(d *Doc) error
	Commit() (Shard, error)
	Abort()
}

// ErrRecord marks an error that concerns one record: it is counted and skipped, the unit goes on.
var ErrRecord = errors.New("bad record")

// RecordError is a bad record with its place. It wraps ErrRecord and its cause.
type RecordError struct {
	Reason string // short, stable, counted in the ledger: "bad-json", "invalid-utf8"
	Path   string // the file, or file!member
	Offset int64  // bytes, line or row: what Unit says; -1 = unknown
	Unit   string // "offset", "line", "row"
	Cause  error  // may be nil
	File   bool   // the whole file was refused, not one record: counted against the ceiling of files
	Passed bool   // nothing is wrong: the record is no document of this source, such as the request beside a page; Reason says what it is
}

func (e *RecordError) Error() string {
	s := e.Path
	if e.Offset >= 0 && e.Unit != "" {
		s += fmt.Sprintf(": %s %d", e.Unit, e.Offset)
	}
	s += ": " + e.Reason
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

func (e *RecordError) Unwrap() []error {
	if e.Cause == nil {
		return []error{ErrRecord}
	}
	return []error{ErrRecord, e.Cause}
}

// Seed is the only door through which chance enters: a 64-bit seed from the run's seed, the step that asks and the document.
func Seed(run uint64, step string, id ID) uint64 {
	h := xxhash.NewWithSeed(run)
	h.WriteString(step)
	h.Write([]byte{0})
	h.Write(id[:])
	return h.Sum64()
}
