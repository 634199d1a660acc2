package quern

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"sort"
)

// Digest is "sha256:" and 64 hexadecimal digits: the content of a blob, or everything that a step's output depends on.
type Digest string

// DigestOf is the digest of b.
func DigestOf(b []byte) Digest {
	h := sha256.Sum256(b)
	return Digest("sha256:" + hex.EncodeToString(h[:]))
}

// Short is the first ten digits, enough to name a folder.
func (d Digest) Short() string {
	if len(d) < 17 {
		return string(d)
	}
	return string(d[7:17])
}

// Meter passes bytes on and digests and counts them: what a sink wraps around its blob.
type Meter struct {
	W io.Writer
	N int64
	h hash.Hash
}

// NewMeter meters what is written to w.
func NewMeter(w io.Writer) *Meter { return &Meter{W: w, h: sha256.New()} }

func (m *Meter) Write(p []byte) (int, error) {
	n, err := m.W.Write(p)
	m.h.Write(p[:n])
	m.N += int64(n)
	return n, err
}

// Digest is the digest of all that was written.
func (m *Meter) Digest() Digest { return Digest("sha256:" + hex.EncodeToString(m.h.Sum(nil))) }

// Shard is one piece of a dataset: a blob, or a few that belong together under one stem.
type Shard struct {
	Name   string          `json:"name"` // of the first blob, relative to the dataset
	Docs   int64           `json:"docs"`
	Bytes  int64           `json:"bytes"`            // of text
	Tokens int64           `json:"tokens,omitempty"` // where they are counted
	Blobs  []BlobInfo      `json:"blobs"`
	Info   json.RawMessage `json:"info,omitempty"` // what the sink wants to tell, such as histograms
}

// BlobInfo is what a committed blob must be.
type BlobInfo struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Digest Digest `json:"digest"`
}

// Fate is what became of a document.
type Fate string

// A document that came in was kept, dropped by a rule, or skipped because its record was bad. A record that never was a document,
// such as the request beside a page, was passed over: it is counted, so that nothing is lost in silence, but is no fault.
const (
	Kept    Fate = "kept"
	Dropped Fate = "dropped"
	Skipped Fate = "skipped"
	Passed  Fate = "passed"
)

// Tally counts the documents of one source that met one fate for one reason.
type Tally struct {
	Source string `json:"source"`
	Domain string `json:"domain"`
	Fate   Fate   `json:"fate"`
	Reason string `json:"reason,omitempty"`
	Docs   int64  `json:"docs"`
	In     int64  `json:"bytes_in"`            // bytes of text as they came in
	Out    int64  `json:"bytes_out,omitempty"` // bytes of text as they went out, if kept
}

// Ledger accounts for every record of a step: in = kept + dropped + skipped + passed. The zero value is empty.
type Ledger struct {
	In      int64    `json:"in"` // documents and other records that came in, counted at the door
	Tallies []Tally  `json:"tallies"`
	Samples []string `json:"samples,omitempty"`       // the first few bad records of each reason, with their places
	Refused int64    `json:"files_refused,omitempty"` // how many of the skipped are whole files
}

const samplesPerReason = 10

// Add counts documents under a fate; in is not counted here but at the door, by the caller, so that Check can fail.
func (l *Ledger) Add(t Tally) {
	for i := range l.Tallies {
		o := &l.Tallies[i]
		if o.Source == t.Source && o.Domain == t.Domain && o.Fate == t.Fate && o.Reason == t.Reason {
			o.Docs += t.Docs
			o.In += t.In
			o.Out += t.Out
			return
		}
	}
	l.Tallies = append(l.Tallies, t)
	sort.Slice(l.Tallies, func(i, j int) bool {
		a, b := l.Tallies[i], l.Tallies[j]
		switch {
		case a.Source != b.Source:
			return a.Source < b.Source
		case a.Domain != b.Domain:
			return a.Domain < b.Domain
		case a.Fate != b.Fate:
			return a.Fate < b.Fate
		default:
			return a.Reason < b.Reason
		}
	})
}

// Merge adds another ledger. Merging in the order of units gives the same ledger for any number of workers.
func (l *Ledger) Merge(o Ledger) {
	l.In += o.In
	l.Refused += o.Refused
	for _, t := range o.Tallies {
		l.Add(t)
	}
	l.Samples = append(l.Samples, o.Samples...)
	if len(l.Samples) > 100 {
		l.Samples = l.Samples[:100]
	}
}

// Total sums the tallies of one fate; reason "" means all of them.
func (l *Ledger) Total(f Fate, reason string) (sum Tally) {
	for _, t := range l.Tallies {
		if t.Fate == f && (reason == "" || t.Reason == reason) {
			sum.Docs += t.Docs
			sum.In += t.In
			sum.Out += t.Out
		}
	}
	sum.Fate, sum.Reason = f, reason
	return sum
}

// Reasons maps the reasons of one fate to their numbers of documents.
func (l *Ledger) Reasons(f Fate) map[string]int64 {
	m := map[string]int64{}
	for _, t := range l.Tallies {
		if t.Fate == f {
			m[t.Reason] += t.Docs
		}
	}
	return m
}

// Check reports an error unless in = kept + dropped + skipped + passed.
func (l *Ledger) Check() error {
	kept, dropped, skipped, passed := l.Total(Kept, "").Docs, l.Total(Dropped, "").Docs, l.Total(Skipped, "").Docs, l.Total(Passed, "").Docs
	if l.In != kept+dropped+skipped+passed {
		return fmt.Errorf("ledger does not add up: %d in, %d kept + %d dropped + %d skipped + %d passed over", l.In, kept, dropped, skipped, passed)
	}
	return nil
}

// Manifest says what a step wrote, from what, and what it dropped. A dataset exists once its manifest does.
type Manifest struct {
	Step    string          `json:"step"` // "clean.docs"
	Key     Digest          `json:"key"`  // of everything that the output depends on
	Version string          `json:"version"`
	Inputs  []Input         `json:"inputs,omitempty"`
	Options json.RawMessage `json:"options,omitempty"`
	Shards  []Shard         `json:"shards"`
	Dropped []Shard         `json:"dropped,omitempty"`
	Ledger  Ledger          `json:"ledger"`
	Facts   json.RawMessage `json:"facts,omitempty"` // what this kind of step reports: shares, losses, histograms
	Digest  Digest          `json:"digest"`          // of all the above
}

// Input is a dataset, or a piece of the outside world, that a step read.
type Input struct {
	Name   string `json:"name"`
	Digest Digest `json:"digest"`
	Size   int64  `json:"size,omitempty"`
}

// ManifestName is the blob that makes a folder a dataset.
const ManifestName = "manifest.json"

// Totals sums the shards.
func (m *Manifest) Totals() (docs, bytes, tokens int64) {
	for _, s := range m.Shards {
		docs += s.Docs
		bytes += s.Bytes
		tokens += s.Tokens
	}
	return
}

// Seal sets the manifest's digest.
func (m *Manifest) Seal() error {
	m.Digest = ""
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	m.Digest = DigestOf(b)
	return nil
}

// Save seals the manifest and commits it to d, after checking that its ledger adds up.
func (m *Manifest) Save(d Dir) error {
	if err := m.Ledger.Check(); err != nil {
		return fmt.Errorf("%s: %w", m.Step, err)
	}
	if err := m.Seal(); err != nil {
		return err
	}
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	return WriteBlob(d, ManifestName, append(b, '\n'))
}

// LoadManifest reads the manifest of a dataset and checks its digest. Without one the error is fs.ErrNotExist.
func LoadManifest(d Dir) (Manifest, error) {
	var m Manifest
	b, err := ReadBlob(d, ManifestName)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("%s: %w; the dataset is damaged: remove its folder and run again", ManifestName, err)
	}
	stated := m.Digest
	if err := m.compact(); err != nil {
		return m, err
	}
	if err := m.Seal(); err != nil {
		return m, err
	}
	if m.Digest != stated {
		return m, fmt.Errorf("%s: states digest %s, has %s: the dataset is damaged: remove its folder and run again", ManifestName, stated.Short(), m.Digest.Short())
	}
	return m, nil
}

// compact undoes the indentation of embedded JSON, which is part of the sealed bytes.
func (m *Manifest) compact() error {
	raws := []*json.RawMessage{&m.Options, &m.Facts}
	for i := range m.Shards {
		raws = append(raws, &m.Shards[i].Info)
	}
	for i := range m.Dropped {
		raws = append(raws, &m.Dropped[i].Info)
	}
	for _, r := range raws {
		if len(*r) == 0 {
			continue
		}
		b, err := json.Marshal(*r) // which compacts raw messages
		if err != nil {
			return err
		}
		*r = b
	}
	return nil
}

// Verify checks that every blob of the dataset is there with its size, and with its digest if deep.
func (m *Manifest) Verify(d Dir, deep bool) error {
	for _, shards := range [][]Shard{m.Shards, m.Dropped} {
		for _, s := range shards {
			for _, b := range s.Blobs {
				if err := verifyBlob(d, b, deep); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func verifyBlob(d Dir, want BlobInfo, deep bool) error {
	f, err := d.Open(want.Name)
	if err != nil {
		return err
	}
	defer f.Close()
	if f.Size() != want.Size {
		return fmt.Errorf("%s: %d bytes, its manifest says %d", want.Name, f.Size(), want.Size)
	}
	if !deep {
		return nil
	}
	m := NewMeter(io.Discard)
	if _, err := io.Copy(m, io.NewSectionReader(f, 0, f.Size())); err != nil {
		return fmt.Errorf("%s: %w", want.Name, err)
	}
	if got := m.Digest(); got != want.Digest {
		return fmt.Errorf("%s: digest %s, its manifest says %s", want.Name, got.Short(), want.Digest.Short())
	}
	return nil
}

var errNoUnits = errors.New("no input: the source lists no units")
