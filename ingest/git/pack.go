package git

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/zlib"
)

// pack is one pack with its index, version 2: a table by first bytes, the hashes in order, checksums, offsets, and those offsets that
// need 64 bits.
type pack struct {
	id      int
	data    *os.File
	size    int64
	index   *os.File
	n       int64 // objects
	large   int64 // 64-bit offsets
	fan     [256]uint32
	scratch [4096]byte
}

const (
	indexHead   = 8 + 4*256
	maxPackFile = 1 << 46
	maxObjects  = 1 << 31
)

func (r *Repo) openPacks() error {
	const dir = "objects/pack/"
	entries, err := fs.ReadDir(r.root.FS(), strings.TrimSuffix(dir, "/"))
	if err != nil {
		return nil // no packs
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".idx"); ok && e.Type().IsRegular() {
			names = append(names, name)
		}
	}
	if len(names) > maxPacks {
		return fmt.Errorf("%w: %d packs, the limit is %d", ErrDamaged, len(names), maxPacks)
	}
	slices.Sort(names)
	for i, name := range names {
		p := &pack{id: i}
		r.packs = append(r.packs, p)
		if err := p.open(r, dir+name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (p *pack) open(r *Repo, base string) (err error) {
	if p.data, p.size, err = r.open(base + ".pack"); err != nil {
		return err
	}
	var size int64
	if p.index, size, err = r.open(base + ".idx"); err != nil {
		return err
	}
	head := make([]byte, indexHead)
	if _, err := p.index.ReadAt(head, 0); err != nil {
		return fmt.Errorf("%w: index: %w", ErrDamaged, err)
	}
	if string(head[:8]) != "\xfftOc\x00\x00\x00\x02" {
		return fmt.Errorf("%w: index of another version than 2", ErrDamaged)
	}
	for i := range p.fan {
		p.fan[i] = binary.BigEndian.Uint32(head[8+4*i:])
		if i > 0 && p.fan[i] < p.fan[i-1] {
			return fmt.Errorf("%w: index: table", ErrDamaged)
		}
	}
	p.n = int64(p.fan[255])
	p.large = size - indexHead - 28*p.n - 40
	if p.n > maxObjects || p.large < 0 || p.large%8 != 0 || p.size > maxPackFile {
		return fmt.Errorf("%w: index of %d bytes for %d objects", ErrDamaged, size, p.n)
	}
	p.large /= 8
	var sign [12]byte
	if _, err := p.data.ReadAt(sign[:], 0); err != nil || string(sign[:4]) != "PACK" || sign[7] != 2 && sign[7] != 3 {
		return fmt.Errorf("%w: not a pack", ErrDamaged)
	}
	return nil
}

func (p *pack) close() error {
	if p.data != nil {
		p.data.Close()
	}
	if p.index != nil {
		p.index.Close()
	}
	return nil
}

// find gives the offset of an object.
func (p *pack) find(h Hash) (int64, bool, error) {
	lo, hi := int64(0), int64(p.fan[h[0]])
	if h[0] > 0 {
		lo = int64(p.fan[h[0]-1])
	}
	const page = int64(len(p.scratch) / len(h))
	for hi-lo > page {
		mid := (lo + hi) / 2
		var at Hash
		if _, err := p.index.ReadAt(at[:], indexHead+20*mid); err != nil {
			return 0, false, fmt.Errorf("%w: index: %w", ErrDamaged, err)
		}
		if bytes.Compare(at[:], h[:]) <= 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	b := p.scratch[:20*(hi-lo)]
	if _, err := p.index.ReadAt(b, indexHead+20*lo); err != nil {
		return 0, false, fmt.Errorf("%w: index: %w", ErrDamaged, err)
	}
	for i := int64(0); i < hi-lo; i++ {
		if bytes.Equal(b[20*i:20*i+20], h[:]) {
			at, err := p.offset(lo + i)
			return at, err == nil, err
		}
	}
	return 0, false, nil
}

func (p *pack) offset(i int64) (int64, error) {
	b := p.scratch[:8]
	if _, err := p.index.ReadAt(b[:4], indexHead+24*p.n+4*i); err != nil {
		return 0, fmt.Errorf("%w: index: %w", ErrDamaged, err)
	}
	at := int64(binary.BigEndian.Uint32(b))
	if at&(1<<31) != 0 {
		at &^= 1 << 31
		if at >= p.large {
			return 0, fmt.Errorf("%w: index: offset", ErrDamaged)
		}
		if _, err := p.index.ReadAt(b, indexHead+28*p.n+8*at); err != nil {
			return 0, fmt.Errorf("%w: index: %w", ErrDamaged, err)
		}
		at = int64(binary.BigEndian.Uint64(b) & (1<<63 - 1))
	}
	if at < 12 || at >= p.size {
		return 0, fmt.Errorf("%w: index: offset %d", ErrDamaged, at)
	}
	return at, nil
}

// entry is what stands before the bytes of an object in a pack.
type entry struct {
	at   int64
	kind Kind
	size int64 // unpacked; of a delta, the delta's
	data int64 // offset of the compressed bytes
	base int64 // offset of what a delta changes, if it is in this pack
	hash Hash  // or its name
}

func (p *pack) entry(at int64) (entry, error) {
	b := make([]byte, 48)
	n, err := p.data.ReadAt(b, at)
	if err != nil && err != io.EOF {
		return entry{}, err
	}
	b = b[:n]
	short := fmt.Errorf("%w: pack: offset %d", ErrDamaged, at)
	if n < 2 {
		return entry{}, short
	}
	e := entry{at: at, kind: Kind(b[0] >> 4 & 7), size: int64(b[0] & 15)}
	i, shift := 1, 4
	for b[i-1]&0x80 != 0 {
		if i >= n || shift > 46 {
			return entry{}, short
		}
		e.size |= int64(b[i]&0x7f) << shift
		shift += 7
		i++
	}
	switch e.kind {
	case Commit, Tree, Blob, Tag:
	case offsetDelta:
		back := int64(-1)
		for {
			if i >= n || back > 1<<48 {
				return entry{}, short
			}
			c := b[i]
			back = (back+1)<<7 | int64(c&0x7f)
			i++
			if c&0x80 == 0 {
				break
			}
		}
		if e.base = at - back; back <= 0 || e.base < 12 {
			return entry{}, short
		}
	case hashDelta:
		if i+20 > n {
			return entry{}, short
		}
		copy(e.hash[:], b[i:])
		i += 20
	default:
		return entry{}, short
	}
	e.data = at + int64(i)
	return e, nil
}

// inflater is a reusable decompressor.
type inflater struct {
	in *bufio.Reader
	z  io.ReadCloser
}

func (f *inflater) reset(r io.Reader) error {
	if f.in == nil {
		f.in = bufio.NewReaderSize(r, 16<<10)
	} else {
		f.in.Reset(r)
	}
	var err error
	if f.z == nil {
		f.z, err = zlib.NewReader(f.in)
	} else {
		err = f.z.(zlib.Resetter).Reset(f.in, nil)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

// inflate reads the n bytes that lie compressed at an offset.
func (r *Repo) inflate(p *pack, at, n int64) ([]byte, error) {
	if err := r.z.reset(io.NewSectionReader(p.data, at, p.size-at)); err != nil {
		return nil, err
	}
	return readExactly(r.z.z, n)
}
