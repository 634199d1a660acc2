package dedup

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern"
)

// A filter blob is little-endian:
//
//	"quernblm" | version u32 | bits a word u32 | blocks u64 | capacity u64 | added u64 | fp f64 | length of the options u32 | options
//	XXH64 of all so far u64 | words u64 … | XXH64 of the words u64
const (
	filterMagic   = "quernblm"
	filterVersion = 1
	filterFixed   = len(filterMagic) + 4 + 4 + 8 + 8 + 8 + 8 + 4
	maxOptions    = 4096
	filterBuffer  = 1 << 16
)

// SetOptions says what the keys are of, in lines of name=value: LoadFilter compares them.
func (f *Filter) SetOptions(options string) { f.options = options }

func (f *Filter) header() []byte {
	b := binary.LittleEndian.AppendUint32([]byte(filterMagic), filterVersion)
	b = binary.LittleEndian.AppendUint32(b, f.perWord())
	for _, v := range []uint64{f.blocks, uint64(f.capacity), uint64(f.added), math.Float64bits(f.fp)} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(f.options)))
	b = append(b, f.options...)
	return binary.LittleEndian.AppendUint64(b, xxhash.Sum64(b))
}

func (f *Filter) perWord() uint32 {
	if f.twice {
		return 2
	}
	return 1
}

// Save writes the filter as a blob.
func (f *Filter) Save(dir quern.Dir, name string) (quern.Shard, error) {
	blob, err := dir.Create(name)
	if err != nil {
		return quern.Shard{}, err
	}
	m := quern.NewMeter(blob)
	var sum xxhash.Digest
	sum.Reset()
	_, err = m.Write(f.header())
	buf := make([]byte, 0, filterBuffer)
	for at := 0; at < len(f.words) && err == nil; {
		buf = buf[:0]
		for ; at < len(f.words) && len(buf) < filterBuffer; at++ {
			buf = binary.LittleEndian.AppendUint64(buf, f.words[at])
		}
		sum.Write(buf)
		_, err = m.Write(buf)
	}
	if err == nil {
		_, err = m.Write(binary.LittleEndian.AppendUint64(nil, sum.Sum64()))
	}
	if err != nil {
		blob.Abort()
		return quern.Shard{}, err
	}
	if err := blob.Commit(); err != nil {
		return quern.Shard{}, err
	}
	return quern.Shard{Name: name, Docs: f.added, Blobs: []quern.BlobInfo{{Name: name, Size: m.N, Digest: m.Digest()}}}, nil
}

// LoadFilter reads a filter that takes at most mem bytes and whose keys are of the given options.
func LoadFilter(dir quern.Dir, name, options string, mem int64) (*Filter, error) {
	file, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	f, at, err := readFilterHeader(file)
	if err == nil {
		err = f.sameOptions(options)
	}
	if err == nil && int64(f.blocks)*blockWords*8 > mem {
		err = fmt.Errorf("the filter takes %d MiB, %d are left of the memory", f.blocks*blockWords*8>>20+1, max(mem, 0)>>20)
	}
	if err == nil {
		err = f.readWords(file, at)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

func readFilterHeader(file quern.File) (*Filter, int64, error) {
	b := make([]byte, filterFixed)
	if err := readFull(file, b, 0); err != nil {
		return nil, 0, fmt.Errorf("offset 0: %w", err)
	}
	if !bytes.HasPrefix(b, []byte(filterMagic)) {
		return nil, 0, errors.New("offset 0: not a filter")
	}
	p := b[len(filterMagic):]
	if v := binary.LittleEndian.Uint32(p); v != filterVersion {
		return nil, 0, fmt.Errorf("offset 8: a filter of version %d, want %d", v, filterVersion)
	}
	u64 := func(i int) uint64 { return binary.LittleEndian.Uint64(p[8+8*i:]) }
	per, n := binary.LittleEndian.Uint32(p[4:]), int64(binary.LittleEndian.Uint32(p[40:]))
	if n > maxOptions {
		return nil, 0, fmt.Errorf("offset 48: %d bytes of options: out of range", n)
	}
	b = append(b, make([]byte, n+8)...)
	if err := readFull(file, b[filterFixed:], int64(filterFixed)); err != nil {
		return nil, 0, fmt.Errorf("offset %d: %w", filterFixed, err)
	}
	end := len(b) - 8
	if xxhash.Sum64(b[:end]) != binary.LittleEndian.Uint64(b[end:]) {
		return nil, 0, errors.New("offset 0: the header is damaged: its checksum differs")
	}
	f := &Filter{twice: per == 2, blocks: u64(0), capacity: int64(u64(1)), added: int64(u64(2)), fp: math.Float64frombits(u64(3)), options: string(b[filterFixed:end])}
	if want, err := filterSize(f.capacity, f.fp); err != nil || per < 1 || per > 2 || want != (sizing{f.blocks, f.twice}) {
		return nil, 0, fmt.Errorf("offset 8: %d blocks of %d bits a word are no filter for %d keys at %v", f.blocks, per, f.capacity, f.fp)
	}
	if f.added < 0 || f.added > f.capacity {
		return nil, 0, fmt.Errorf("offset 32: %d keys in a filter for %d", f.added, f.capacity)
	}
	if want := int64(len(b)) + int64(f.blocks)*blockWords*8 + 8; file.Size() != want {
		return nil, 0, fmt.Errorf("offset %d: the file has %d bytes, want %d: %w", min(file.Size(), want), file.Size(), want, io.ErrUnexpectedEOF)
	}
	return f, int64(len(b)), nil
}

// sameOptions tells in which option the filter differs from what is asked for.
func (f *Filter) sameOptions(options string) error {
	if f.options == options {
		return nil
	}
	have, want := strings.Split(f.options, "\n"), strings.Split(options, "\n")
	for i := range max(len(have), len(want)) {
		h, w := "nothing", "nothing"
		if i < len(have) {
			h = have[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if h != w {
			return fmt.Errorf("a filter of other keys: it has %s, asked for is %s", h, w)
		}
	}
	return nil
}

func (f *Filter) readWords(file quern.File, at int64) error {
	f.words = make([]uint64, f.blocks*blockWords)
	hugePages(f.words)
	var sum xxhash.Digest
	sum.Reset()
	buf := make([]byte, filterBuffer)
	for i := 0; i < len(f.words); {
		b := buf[:min(len(buf), 8*(len(f.words)-i))]
		if err := readFull(file, b, at); err != nil {
			return fmt.Errorf("offset %d: %w", at, err)
		}
		sum.Write(b)
		at += int64(len(b))
		for ; len(b) > 0; b = b[8:] {
			f.words[i] = binary.LittleEndian.Uint64(b)
			i++
		}
	}
	if err := readFull(file, buf[:8], at); err != nil {
		return fmt.Errorf("offset %d: %w", at, err)
	}
	if binary.LittleEndian.Uint64(buf) != sum.Sum64() {
		return fmt.Errorf("offset %d: the filter is damaged: its checksum differs", at)
	}
	return nil
}
