package dedup

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern"
)

// A block file holds one record of any length for some of the rows of an index's shard, ascending, so that one can be read without
// the others and no byte is believed without its checksum:
//
//	"quernblk" | version u32 | kind u32
//	block: bytes of records u32 | first row u32 | XXH64 of the 8 bytes before and the records u64 | records
//	record: row - row of the one before (of the first, - first row) uvarint | length uvarint | bytes
//	directory: first row u32 | zero u32 | offset u64, of every block
//	blocks u64 | offset of the directory u64 | XXH64 of the directory and the 16 bytes before u64
const (
	blockMagic   = "quernblk"
	blockVersion = 1
	blockSize    = 64 << 10 // a block is closed once it has so many bytes
	blockStart   = 16
	blockHead    = 16
	blockFoot    = 24
	maxBlock     = math.MaxInt32

	kindDocs     = 1
	kindShingles = 2
)

// blockWriter writes a block file.
type blockWriter struct {
	blob      quern.Blob
	meter     *quern.Meter
	name      string
	buf       []byte
	first     uint32
	last      uint32
	directory []byte
}

func newBlockWriter(dir quern.Dir, name string, kind uint32) (*blockWriter, error) {
	blob, err := dir.Create(name)
	if err != nil {
		return nil, err
	}
	w := &blockWriter{blob: blob, meter: quern.NewMeter(blob), name: name}
	head := binary.LittleEndian.AppendUint32([]byte(blockMagic), blockVersion)
	if _, err = w.meter.Write(binary.LittleEndian.AppendUint32(head, kind)); err != nil {
		blob.Abort()
		return nil, err
	}
	return w, nil
}

// put adds the record of a row; rows must ascend.
func (w *blockWriter) put(row uint32, record []byte) error {
	if len(record) > maxBlock-64 {
		return fmt.Errorf("%s: row %d: a record of %d bytes, the limit is %d", w.name, row, len(record), maxBlock-64)
	}
	if len(w.buf) == 0 {
		w.buf = append(w.buf, make([]byte, blockHead)...)
		w.first, w.last = row, row
	}
	w.buf = binary.AppendUvarint(w.buf, uint64(row-w.last))
	w.buf = binary.AppendUvarint(w.buf, uint64(len(record)))
	w.buf = append(w.buf, record...)
	w.last = row
	if len(w.buf) < blockSize {
		return nil
	}
	return w.flush()
}

func (w *blockWriter) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	if len(w.buf) > maxBlock {
		return fmt.Errorf("%s: row %d: a block of %d bytes", w.name, w.last, len(w.buf))
	}
	w.directory = binary.LittleEndian.AppendUint64(w.directory, uint64(w.first))
	w.directory = binary.LittleEndian.AppendUint64(w.directory, uint64(w.meter.N))
	binary.LittleEndian.PutUint32(w.buf, uint32(len(w.buf)-blockHead))
	binary.LittleEndian.PutUint32(w.buf[4:], w.first)
	binary.LittleEndian.PutUint64(w.buf[8:], blockSum(w.buf[:8], w.buf[blockHead:]))
	_, err := w.meter.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

func blockSum(parts ...[]byte) uint64 {
	var sum xxhash.Digest
	sum.Reset()
	for _, p := range parts {
		sum.Write(p)
	}
	return sum.Sum64()
}

func (w *blockWriter) commit() (quern.BlobInfo, error) {
	err := w.flush()
	if err == nil {
		foot := binary.LittleEndian.AppendUint64(nil, uint64(len(w.directory)/16))
		foot = binary.LittleEndian.AppendUint64(foot, uint64(w.meter.N))
		foot = binary.LittleEndian.AppendUint64(foot, blockSum(w.directory, foot))
		_, err = w.meter.Write(append(w.directory, foot...))
	}
	if err != nil {
		w.blob.Abort()
		return quern.BlobInfo{}, err
	}
	return quern.BlobInfo{Name: w.name, Size: w.meter.N, Digest: w.meter.Digest()}, w.blob.Commit()
}

func (w *blockWriter) abort() { w.blob.Abort() }

// blockFile is an open block file. It holds its directory: 16 bytes a block.
type blockFile struct {
	name   string
	file   quern.File
	first  []uint32
	offset []int64 // and one past the last
	buf    []byte
	at     int // the block in buf; -1 = none
}

func openBlocks(dir quern.Dir, name string, kind uint32) (*blockFile, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	b := &blockFile{name: name, file: f, at: -1}
	if err := b.readDirectory(kind); err != nil {
		f.Close()
		return nil, err
	}
	return b, nil
}

func (b *blockFile) fail(at int64, err error) error {
	return fmt.Errorf("%s: offset %d: %w", b.name, at, err)
}

func (b *blockFile) readDirectory(kind uint32) error {
	var head [blockStart]byte
	if err := readFull(b.file, head[:], 0); err != nil {
		return b.fail(0, err)
	}
	if string(head[:8]) != blockMagic || binary.LittleEndian.Uint32(head[8:]) != blockVersion || binary.LittleEndian.Uint32(head[12:]) != kind {
		return b.fail(0, fmt.Errorf("not a block file of version %d and kind %d", blockVersion, kind))
	}
	at := b.file.Size() - blockFoot
	if at < blockStart {
		return b.fail(0, errors.New("the file is cut short"))
	}
	var foot [blockFoot]byte
	if err := readFull(b.file, foot[:], at); err != nil {
		return b.fail(at, err)
	}
	n, from := binary.LittleEndian.Uint64(foot[:]), binary.LittleEndian.Uint64(foot[8:])
	if n > uint64(at)/16 || from != uint64(at)-16*n || from < blockStart {
		return b.fail(at, errors.New("the end is no end of a block file: it is cut short or damaged"))
	}
	directory := make([]byte, 16*n)
	if err := readFull(b.file, directory, int64(from)); err != nil {
		return b.fail(int64(from), err)
	}
	if blockSum(directory, foot[:16]) != binary.LittleEndian.Uint64(foot[16:]) {
		return b.fail(int64(from), errors.New("the directory is damaged: its checksum differs"))
	}
	last := int64(blockStart)
	for i := 0; i < len(directory); i += 16 {
		row, offset := binary.LittleEndian.Uint64(directory[i:]), int64(binary.LittleEndian.Uint64(directory[i+8:]))
		if offset < last || offset+blockHead > int64(from) || row > maxRows || len(b.first) > 0 && uint32(row) <= b.first[len(b.first)-1] {
			return b.fail(int64(from)+int64(i), errors.New("blocks out of order"))
		}
		last = offset + blockHead
		b.first, b.offset = append(b.first, uint32(row)), append(b.offset, offset)
	}
	b.offset = append(b.offset, int64(from))
	return nil
}

// load reads a block into buf.
func (b *blockFile) load(i int) error {
	if b.at == i {
		return nil
	}
	b.at = -1
	from, size := b.offset[i], b.offset[i+1]-b.offset[i]
	b.buf = slices.Grow(b.buf[:0], int(size))[:size]
	if err := readFull(b.file, b.buf, from); err != nil {
		return b.fail(from, err)
	}
	if binary.LittleEndian.Uint32(b.buf) != uint32(size-blockHead) || binary.LittleEndian.Uint32(b.buf[4:]) != b.first[i] {
		return b.fail(from, errors.New("the block is not the one that the directory names"))
	}
	if blockSum(b.buf[:8], b.buf[blockHead:]) != binary.LittleEndian.Uint64(b.buf[8:]) {
		return b.fail(from, errors.New("the block is damaged: its checksum differs"))
	}
	b.at = i
	return nil
}

// records calls f with the records of a block until it returns false.
func (b *blockFile) records(i int, f func(row uint32, record []byte) (bool, error)) error {
	if err := b.load(i); err != nil {
		return err
	}
	rest, row := b.buf[blockHead:], uint64(b.first[i])
	for len(rest) > 0 {
		step, n := binary.Uvarint(rest)
		size, m := binary.Uvarint(rest[max(n, 0):])
		if n <= 0 || m <= 0 || size > uint64(len(rest)-n-m) || step > maxRows || row+step > maxRows {
			return b.fail(b.offset[i]+int64(len(b.buf)-len(rest)), errors.New("not a record"))
		}
		row += step
		record := rest[n+m : n+m+int(size)]
		more, err := f(uint32(row), record)
		if err != nil {
			return b.fail(b.offset[i]+int64(len(b.buf)-len(rest)), err)
		}
		if !more {
			return nil
		}
		rest = rest[n+m+int(size):]
	}
	return nil
}

// record finds the record of a row, nil if it has none; valid until the next call.
func (b *blockFile) record(row uint32) (record []byte, err error) {
	i, found := slices.BinarySearch(b.first, row)
	if !found {
		if i--; i < 0 {
			return nil, nil
		}
	}
	err = b.records(i, func(r uint32, rec []byte) (bool, error) {
		if r == row {
			record = rec
		}
		return r < row, nil
	})
	return record, err
}

// each calls f with the records of the wanted rows, by row. Blocks without one are not read.
func (b *blockFile) each(want func(row int) bool, f func(row uint32, record []byte) error) error {
	for i := range b.first {
		end := uint32(maxRows)
		if i+1 < len(b.first) {
			end = b.first[i+1]
		}
		any := want == nil || i+1 == len(b.first)
		for row := b.first[i]; !any && row < end; row++ {
			any = want(int(row))
		}
		if !any {
			continue
		}
		err := b.records(i, func(row uint32, record []byte) (bool, error) {
			if want != nil && !want(int(row)) {
				return true, nil
			}
			return true, f(row, record)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
