package dedup

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern"
)

// verdicts.bin says row by row what a reader of texts must know: which rows go, and of those that stay for how many they stand and to
// which group they belong. Rows are in pages, so that a reader holds one page beside the texts, whatever the size of the corpus.
//
//	"quernrul" | version u32 | rows of a page u32 | pages … | index | offset of the index u64 | XXH64 of the index u64 | "quernrul"
//	page: a bit a row, set if it goes, in whole bytes | members, each: row - row of the one before u | copies u | group 16 bytes
//	index: datasets u, each: bytes of its name u, name, shards u, each: rows u, and of each page: bytes u, XXH64 u64
//
// where u is a varint.
const (
	verdictsName    = "verdicts.bin"
	verdictsMagic   = "quernrul"
	verdictsVersion = 1
	pageRows        = 16 << 10
	verdictsHead    = len(verdictsMagic) + 8
	verdictsFoot    = 8 + 8 + len(verdictsMagic)
)

// page is the verdicts on some rows.
type page struct {
	gone    []byte
	members []pageMember // by row
}

type pageMember struct {
	row    int // in the page
	copies int
	group  quern.ID
}

func (p *page) encode(b []byte) []byte {
	b = append(b, p.gone...)
	last := -1
	for _, m := range p.members {
		b = binary.AppendUvarint(b, uint64(m.row-last))
		b = binary.AppendUvarint(b, uint64(m.copies))
		b = append(b, m.group[:]...)
		last = m.row
	}
	return b
}

var errPage = errors.New("damaged verdicts")

func (p *page) decode(b []byte, rows int) error {
	n := (rows + 7) / 8
	if len(b) < n {
		return errPage
	}
	p.gone, b = append(p.gone[:0], b[:n]...), b[n:]
	p.members = p.members[:0]
	row := -1
	for len(b) > 0 {
		step, n := binary.Uvarint(b)
		if n <= 0 || step == 0 || step > uint64(rows-1-row) {
			return errPage
		}
		copies, m := binary.Uvarint(b[n:])
		if m <= 0 || copies > maxRows*maxShards || len(b) < n+m+16 {
			return errPage
		}
		row += int(step)
		p.members = append(p.members, pageMember{row, int(copies), quern.ID(b[n+m:])})
		b = b[n+m+16:]
	}
	return nil
}

// pageRef tells where a page stands.
type pageRef struct {
	at  int64
	n   int
	sum uint64
}

// ruled is the pages of a shard.
type ruled struct {
	rows  int64
	pages []pageRef
}

func appendIndex(b []byte, names []string, sets [][]ruled) []byte {
	b = binary.AppendUvarint(b, uint64(len(names)))
	for i, name := range names {
		b = append(binary.AppendUvarint(b, uint64(len(name))), name...)
		b = binary.AppendUvarint(b, uint64(len(sets[i])))
		for _, s := range sets[i] {
			b = binary.AppendUvarint(b, uint64(s.rows))
			for _, p := range s.pages {
				b = binary.LittleEndian.AppendUint64(binary.AppendUvarint(b, uint64(p.n)), p.sum)
			}
		}
	}
	return b
}

// Removals are the verdicts of a cluster step: which rows go, and which of those that stay belong together. It holds 24 bytes for
// every 16,384 rows; the verdicts are read beside the texts.
type Removals struct {
	dir  quern.Dir
	sets map[string][]ruled
}

const (
	maxShards = 1 << 20
	maxRows   = 1 << 28
)

// LoadRemovals reads the index of what Cluster wrote to dir.
func LoadRemovals(dir quern.Dir) (*Removals, error) {
	file, err := dir.Open(verdictsName)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r := &Removals{dir: dir, sets: map[string][]ruled{}}
	if err := r.readIndex(file); err != nil {
		return nil, fmt.Errorf("%s: %w", verdictsName, err)
	}
	return r, nil
}

var errNotVerdicts = errors.New("not verdicts of this version, or cut short")

func (r *Removals) readIndex(file quern.File) error {
	head, foot := make([]byte, verdictsHead), make([]byte, verdictsFoot)
	end := file.Size() - int64(verdictsFoot)
	if end < int64(verdictsHead) || readFull(file, head, 0) != nil || readFull(file, foot, end) != nil ||
		string(head[:8]) != verdictsMagic || string(foot[16:]) != verdictsMagic ||
		binary.LittleEndian.Uint32(head[8:]) != verdictsVersion || binary.LittleEndian.Uint32(head[12:]) != pageRows {
		return errNotVerdicts
	}
	at := binary.LittleEndian.Uint64(foot)
	if at < uint64(verdictsHead) || at > uint64(end) {
		return errNotVerdicts
	}
	index := make([]byte, end-int64(at))
	if err := readFull(file, index, int64(at)); err != nil {
		return err
	}
	if xxhash.Sum64(index) != binary.LittleEndian.Uint64(foot[8:]) {
		return fmt.Errorf("offset %d: the index is damaged: its checksum differs", at)
	}
	c := cursor{index}
	next := int64(verdictsHead)
	for range c.number(len(index)) {
		name := string(c.bytes(c.number(len(index))))
		shards := make([]ruled, c.number(min(maxShards, len(c.b))))
		for i := range shards {
			s := &shards[i]
			s.rows = int64(c.number(maxRows))
			for row := int64(0); row < s.rows && c.b != nil; row += pageRows {
				p := pageRef{at: next, n: c.number(int(at))}
				if b := c.bytes(8); b != nil {
					p.sum = binary.LittleEndian.Uint64(b)
				}
				next += int64(p.n)
				s.pages = append(s.pages, p)
			}
		}
		r.sets[name] = shards
	}
	if c.b == nil || len(c.b) > 0 || next != int64(at) {
		return fmt.Errorf("offset %d: the index is damaged", at)
	}
	return nil
}

// cursor reads numbers and bytes until something is wrong: then b is nil.
type cursor struct{ b []byte }

func (c *cursor) number(most int) int {
	v, n := binary.Uvarint(c.b)
	if n <= 0 || v > uint64(most) {
		c.b = nil
		return 0
	}
	c.b = c.b[n:]
	return int(v)
}

func (c *cursor) bytes(n int) []byte {
	if len(c.b) < n {
		c.b = nil
		return nil
	}
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

// Survivors is src, which reads the text dataset of that name, without the rows that go. The documents know their Group and Copies.
func (r *Removals) Survivors(src quern.Source, dataset string) quern.Source {
	return survivors{src, r, dataset}
}

type survivors struct {
	quern.Source
	removals *Removals
	dataset  string
}

func (s survivors) Docs(ctx context.Context, u quern.Unit) iter.Seq2[*quern.Doc, error] {
	return s.left(s.Source.Docs(ctx, u))
}

// Some is Docs for wanted rows; see picker.
func (s survivors) Some(ctx context.Context, u quern.Unit, want func(row int) bool) iter.Seq2[*quern.Doc, error] {
	return s.left(some(ctx, s.Source, u, want))
}

func (s survivors) left(docs iter.Seq2[*quern.Doc, error]) iter.Seq2[*quern.Doc, error] {
	shards, ok := s.removals.sets[s.dataset]
	if !ok {
		return docs
	}
	return func(yield func(*quern.Doc, error) bool) {
		r := verdictReader{dir: s.removals.dir, shards: shards}
		defer r.close()
		for d, err := range docs {
			if err == nil {
				var gone bool
				if gone, err = r.apply(d); gone {
					continue
				}
				if err != nil {
					yield(nil, fmt.Errorf("%s of %s: %w", verdictsName, s.dataset, err))
					return
				}
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

// verdictReader holds one page.
type verdictReader struct {
	dir    quern.Dir
	shards []ruled
	file   quern.File
	shard  int
	from   int // the first row of the page
	rows   int // 0 = there is none yet
	page   page
	buf    []byte
	next   int // of the members
}

func (r *verdictReader) close() {
	if r.file != nil {
		r.file.Close()
	}
}

// apply tells whether d goes, and fills in what it stands for if not.
func (r *verdictReader) apply(d *quern.Doc) (gone bool, err error) {
	row := d.Row.Index
	if d.Row.Shard != r.shard || row < r.from || row >= r.from+r.rows {
		if err := r.load(d.Row); err != nil {
			return false, err
		}
	}
	row -= r.from
	if r.page.gone[row/8]>>(row%8)&1 == 1 {
		return true, nil
	}
	members := r.page.members
	if r.next > 0 && members[r.next-1].row >= row {
		r.next = 0
	}
	for r.next < len(members) && members[r.next].row < row {
		r.next++
	}
	if r.next < len(members) && members[r.next].row == row {
		d.Group, d.Copies = members[r.next].group, members[r.next].copies
	}
	return false, nil
}

func (r *verdictReader) load(row quern.Row) (err error) {
	if row.Shard < 0 || row.Shard >= len(r.shards) || row.Index < 0 || int64(row.Index) >= r.shards[row.Shard].rows {
		return fmt.Errorf("shard %d, row %d: nothing is ruled on it: the texts are not those that were clustered", row.Shard, row.Index)
	}
	if r.file == nil {
		if r.file, err = r.dir.Open(verdictsName); err != nil {
			return err
		}
	}
	s := r.shards[row.Shard]
	i := row.Index / pageRows
	ref := s.pages[i]
	if cap(r.buf) < ref.n {
		r.buf = make([]byte, ref.n)
	}
	b := r.buf[:ref.n]
	if err := readFull(r.file, b, ref.at); err != nil {
		return fmt.Errorf("offset %d: %w", ref.at, err)
	}
	r.shard, r.from, r.rows, r.next = row.Shard, i*pageRows, int(min(pageRows, s.rows-int64(i)*pageRows)), 0
	err = r.page.decode(b, r.rows)
	if err == nil && xxhash.Sum64(b) != ref.sum {
		err = errors.New("the checksum differs")
	}
	if err != nil {
		return fmt.Errorf("offset %d: %w", ref.at, err)
	}
	return nil
}
