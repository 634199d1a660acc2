package dedup

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern"
)

// An order file finds the rows of an index's shard by the hash of the text (section 0) or by the key of band i (section i + 1):
//
//	"quernord" | version u32 | sections u32 | entries of each section u64 … | XXH64 of all before u64 | sections
//	section: pages of up to 511 entries and XXH64 of them u64 | entry: upper half of the key u32 | row u32
//
// Entries are sorted by key, which is a hash: the place of one can be guessed from its value, and two or three pages are read to find
// it. Rows without a key have no entry.
const (
	orderMagic   = "quernord"
	orderVersion = 1
	orderPage    = 4096
	pageEntries  = orderPage/8 - 1
	maxSections  = maxBands + 1
)

// orderHead is the header of an order file of these sections.
func orderHead(counts []uint64) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(orderMagic), orderVersion)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(counts)))
	for _, n := range counts {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	return binary.LittleEndian.AppendUint64(b, xxhash.Sum64(b))
}

// sectionSize is the bytes of a section of n entries: every page has 4,096 but the last.
func sectionSize(n uint64) int64 {
	return int64(n)*8 + int64((n+pageEntries-1)/pageEntries)*8
}

// writeOrder sorts each key column of a signature blob. It holds one column at a time: 16 bytes a document. Rows that are absent get
// no entry.
func writeOrder(dir quern.Dir, name string, sig *sigFile, absent func(row int) bool) (info quern.BlobInfo, err error) {
	cols := []int{colHash}
	for i := range sig.bands {
		cols = append(cols, fixedColumns+i)
	}
	counts := make([]uint64, len(cols))
	buf := make([]byte, columnBuffer)
	for i, col := range cols { // the header tells how many there are
		err := keysOf(sig, col, buf, absent, func(uint64, uint32) { counts[i]++ })
		if err != nil {
			return info, err
		}
	}
	blob, err := dir.Create(name)
	if err != nil {
		return info, err
	}
	meter := quern.NewMeter(blob)
	_, err = meter.Write(orderHead(counts))
	type entry struct {
		key uint64
		row uint32
	}
	entries := make([]entry, 0, slices.Max(counts))
	for _, col := range cols {
		if err != nil {
			break
		}
		entries = entries[:0]
		if err = keysOf(sig, col, buf, absent, func(key uint64, row uint32) { entries = append(entries, entry{key, row}) }); err != nil {
			break
		}
		slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.row, b.row)) })
		page := make([]byte, 0, orderPage)
		for part := range slices.Chunk(entries, pageEntries) {
			page = page[:0]
			for _, e := range part {
				page = binary.LittleEndian.AppendUint32(page, uint32(e.key>>32))
				page = binary.LittleEndian.AppendUint32(page, e.row)
			}
			if _, err = meter.Write(binary.LittleEndian.AppendUint64(page, xxhash.Sum64(page))); err != nil {
				break
			}
		}
	}
	if err != nil {
		blob.Abort()
		return info, err
	}
	return quern.BlobInfo{Name: name, Size: meter.N, Digest: meter.Digest()}, blob.Commit()
}

// keysOf calls f with the keys of a column that are not zero; of a hash with its first half.
func keysOf(sig *sigFile, col int, buf []byte, absent func(row int) bool, f func(key uint64, row uint32)) error {
	w := int(width(col))
	return sig.column(col, buf, func(row int64, b []byte) {
		for o := 0; o < len(b); o += w {
			r := int(row) + o/w
			key := binary.LittleEndian.Uint64(b[o:])
			none := key == 0
			if w == 16 {
				none = none && binary.LittleEndian.Uint64(b[o+8:]) == 0
			}
			if !none && (absent == nil || !absent(r)) {
				f(key, uint32(r))
			}
		}
	})
}

// orderFile is an open order file.
type orderFile struct {
	name   string
	file   quern.File
	counts []uint64
	starts []int64
	page   []byte
}

func openOrder(dir quern.Dir, name string, sections int, docs int64) (*orderFile, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	o := &orderFile{name: name, file: f, page: make([]byte, orderPage)}
	if err := o.readHead(sections, docs); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: offset 0: %w", name, err)
	}
	return o, nil
}

func (o *orderFile) readHead(sections int, docs int64) error {
	var head [16]byte
	if err := readFull(o.file, head[:], 0); err != nil {
		return err
	}
	n := binary.LittleEndian.Uint32(head[12:])
	if string(head[:8]) != orderMagic || binary.LittleEndian.Uint32(head[8:]) != orderVersion || n > maxSections {
		return errors.New("not an order file of this version")
	}
	if int(n) != sections {
		return fmt.Errorf("%d sections, want %d", n, sections)
	}
	b := make([]byte, 16+8*int(n)+8)
	if err := readFull(o.file, b, 0); err != nil {
		return err
	}
	if xxhash.Sum64(b[:len(b)-8]) != binary.LittleEndian.Uint64(b[len(b)-8:]) {
		return errors.New("the header is damaged: its checksum differs")
	}
	at := int64(len(b))
	for i := range int(n) {
		count := binary.LittleEndian.Uint64(b[16+8*i:])
		if count > uint64(docs) {
			return fmt.Errorf("section %d: %d entries of %d documents", i, count, docs)
		}
		o.counts, o.starts = append(o.counts, count), append(o.starts, at)
		at += sectionSize(count)
	}
	if o.file.Size() != at {
		return fmt.Errorf("%d bytes, its header says %d", o.file.Size(), at)
	}
	return nil
}

// load reads a page of a section and returns its entries.
func (o *orderFile) load(section int, page uint64) ([]byte, error) {
	at := o.starts[section] + int64(page)*orderPage
	n := min(o.counts[section]-page*pageEntries, pageEntries) * 8
	b := o.page[:n+8]
	if err := readFull(o.file, b, at); err != nil {
		return nil, fmt.Errorf("%s: offset %d: %w", o.name, at, err)
	}
	if xxhash.Sum64(b[:n]) != binary.LittleEndian.Uint64(b[n:]) {
		return nil, fmt.Errorf("%s: offset %d: the page is damaged: its checksum differs", o.name, at)
	}
	return b[:n], nil
}

// find calls f with the rows of a section whose key has the upper half of key, ascending by key and row, until f returns false.
func (o *orderFile) find(section int, key uint64, f func(row uint32) bool) error {
	tag := uint32(key >> 32)
	n := o.counts[section]
	lo, hi := uint64(0), (n+pageEntries-1)/pageEntries // the first page that does not end below tag is lo, hi or between
	for try := 0; lo < hi; try++ {
		guess, _ := bits.Mul64(key, n)
		p := min(max(guess/pageEntries, lo), hi-1)
		if try > 3 { // keys that are no hashes must not cost more than halving
			p = lo + (hi-lo)/2
		}
		b, err := o.load(section, p)
		if err != nil {
			return err
		}
		first, last := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[len(b)-8:])
		switch {
		case last < tag:
			lo = p + 1
		case first < tag:
			lo, hi = p, p
		default:
			hi = p
		}
	}
	return o.run(section, lo, tag, f)
}

// run calls f with the rows of a tag from a page on.
func (o *orderFile) run(section int, page uint64, tag uint32, f func(row uint32) bool) error {
	for ; page*pageEntries < o.counts[section]; page++ {
		b, err := o.load(section, page)
		if err != nil {
			return err
		}
		for ; len(b) > 0; b = b[8:] {
			switch t := binary.LittleEndian.Uint32(b); {
			case t > tag:
				return nil
			case t == tag:
				if !f(binary.LittleEndian.Uint32(b[4:])) {
					return nil
				}
			}
		}
	}
	return nil
}
