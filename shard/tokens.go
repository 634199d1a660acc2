package shard

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/seed-83c59573/quern"
)

// The index of a token shard, little-endian throughout:
//
//	8 bytes "QUERNIDX" · u32 version · u32 bytes per token (2 or 4) · u64 documents · u64 tokens
//	u64 end[documents]      where each document ends, in tokens; it includes its end-of-text token
//	u32 bytes[documents]    of text, for bits per byte
//	[16]byte id[documents]
//	[16]byte group[documents]  near-duplicate group; zero = stands alone
//
// Where documents are sorted into buckets, the version is 2 and there follow
//
//	u8 bucket[documents]    the number of its name, from 1; 0 = none
//	u8 length, name         of each bucket, sorted
const (
	indexMagic  = "QUERNIDX"
	indexHeader = 8 + 4 + 4 + 8 + 8
	indexRow    = 8 + 4 + 16 + 16
)

// TokenWidth is the bytes that a token id takes in a vocabulary of this size: 2 or 4.
func TokenWidth(vocab int) int {
	if vocab <= 1<<16 {
		return 2
	}
	return 4
}

// Tokens is a Sink that writes Doc.Tokens as name + ".bin" and the index of documents as name + ".idx".
func Tokens(dir quern.Dir, name string, width int) (quern.Sink, error) {
	return newTokenSink(dir, name, width)
}

type tokenSink struct {
	dir         quern.Dir
	name        string
	width       int
	bin, idx    *blob
	buf         []byte
	shard       quern.Shard
	ends        []uint64
	sizes       []uint32
	ids, groups []quern.ID
	buckets     []string // of each document
}

func newTokenSink(dir quern.Dir, name string, width int) (*tokenSink, error) {
	if width != 2 && width != 4 {
		panic("shard: a token takes 2 or 4 bytes")
	}
	b, err := create(dir, name+".bin")
	if err != nil {
		return nil, err
	}
	return &tokenSink{dir: dir, name: name, width: width, bin: b, shard: quern.Shard{Name: b.name}}, nil
}

func (s *tokenSink) Put(d *quern.Doc) error {
	for _, t := range d.Tokens {
		if s.width == 2 {
			if t > 0xFFFF {
				return fmt.Errorf("token %d does not fit in 2 bytes", t)
			}
			s.buf = binary.LittleEndian.AppendUint16(s.buf, uint16(t))
		} else {
			s.buf = binary.LittleEndian.AppendUint32(s.buf, t)
		}
	}
	s.shard.Docs++
	s.shard.Tokens += int64(len(d.Tokens))
	size := textBytes(d)
	s.shard.Bytes += int64(size)
	s.ends = append(s.ends, uint64(s.shard.Tokens))
	s.sizes = append(s.sizes, size)
	s.ids = append(s.ids, d.ID)
	s.groups = append(s.groups, d.Group)
	s.buckets = append(s.buckets, d.Bucket)
	if len(s.buf) >= 1<<16 {
		return s.flush()
	}
	return nil
}

// bytesMark carries the size of a text that no longer travels with its tokens.
const bytesMark = "text.bytes"

func textBytes(d *quern.Doc) uint32 {
	if len(d.Text) == 0 {
		for _, m := range d.Marks {
			if m.Name == bytesMark {
				return uint32(m.Value)
			}
		}
	}
	return uint32(len(d.Text))
}

func (s *tokenSink) flush() error {
	_, err := s.bin.Write(s.buf)
	s.buf = s.buf[:0]
	return err
}

// finish writes all that is left to write; nothing stands under its name yet.
func (s *tokenSink) finish() error {
	if err := s.flush(); err != nil {
		return err
	}
	index, err := s.index()
	if err != nil {
		return err
	}
	if s.idx, err = create(s.dir, s.name+".idx"); err == nil {
		_, err = s.idx.Write(index)
	}
	return err
}

func (s *tokenSink) Commit() (sh quern.Shard, err error) {
	if err = s.finish(); err == nil {
		sh, err = s.commit()
	}
	if err != nil {
		s.Abort()
	}
	return sh, err
}

// commit makes the index durable first, so that raw tokens which are found have theirs.
func (s *tokenSink) commit() (quern.Shard, error) {
	idx, err := s.idx.commit()
	if err != nil {
		return quern.Shard{}, err
	}
	bin, err := s.bin.commit()
	if err != nil {
		return quern.Shard{}, err
	}
	s.shard.Blobs = []quern.BlobInfo{bin, idx}
	return s.shard, nil
}

func (s *tokenSink) index() ([]byte, error) {
	names := slices.Clone(s.buckets)
	slices.Sort(names)
	if names = slices.Compact(names); len(names) > 0 && names[0] == "" {
		names = names[1:]
	}
	version := uint32(1)
	if len(names) > 0 {
		version = 2
	}
	b := append(make([]byte, 0, indexHeader+indexRow*len(s.ends)), indexMagic...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint32(b, uint32(s.width))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(s.ends)))
	b = binary.LittleEndian.AppendUint64(b, uint64(s.shard.Tokens))
	for _, e := range s.ends {
		b = binary.LittleEndian.AppendUint64(b, e)
	}
	for _, n := range s.sizes {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	for _, id := range s.ids {
		b = append(b, id[:]...)
	}
	for _, g := range s.groups {
		b = append(b, g[:]...)
	}
	if version == 1 {
		return b, nil
	}
	if len(names) > 255 {
		return nil, fmt.Errorf("%d buckets, a shard of tokens holds 255", len(names))
	}
	for _, bucket := range s.buckets {
		i, _ := slices.BinarySearch(names, bucket) // "" comes before all
		if bucket != "" {
			i++
		}
		b = append(b, byte(i))
	}
	for _, n := range names {
		if len(n) > 255 {
			return nil, fmt.Errorf("a bucket's name has %d bytes, at most 255 are allowed", len(n))
		}
		b = append(append(b, byte(len(n))), n...)
	}
	return b, nil
}

func (s *tokenSink) Abort() {
	s.bin.abort()
	if s.idx != nil {
		s.idx.abort()
	}
}

// TokenReader reads a dataset of token shards. Documents are numbered through all shards. Indexes are held in memory, 60 bytes a
// document; tokens are read when asked for. Methods may be called from many goroutines.
type TokenReader struct {
	shards []tokenShard
	starts []int    // the number of the first document of each shard, and one past the last
	tokens []int64  // the number of the first token of each shard, and one past the last
	Lens   []uint32 // tokens of each document
	Sizes  []uint32 // bytes of text of each document
	IDs    []quern.ID
	Groups []quern.ID

	Buckets []string // of each document; "" = none
}

type tokenShard struct {
	file  quern.File
	width int
	ends  []uint64
}

// OpenTokens opens the shards of a token dataset or the raw part of a corpus; close it after use.
func OpenTokens(dir quern.Dir, shards []quern.Shard) (*TokenReader, error) {
	r := &TokenReader{starts: []int{0}, tokens: []int64{0}}
	for _, sh := range shards {
		if err := r.open(dir, sh); err != nil {
			r.Close()
			return nil, err
		}
	}
	return r, nil
}

func (r *TokenReader) open(dir quern.Dir, sh quern.Shard) error {
	stem, ok := strings.CutSuffix(sh.Name, ".bin")
	if !ok {
		return fmt.Errorf("%s: not a shard of tokens, want a name that ends in .bin", sh.Name)
	}
	b, err := quern.ReadBlob(dir, stem+".idx")
	if err != nil {
		return err
	}
	s, err := r.parseIndex(b)
	if err != nil {
		return fmt.Errorf("%s.idx: %w", stem, err)
	}
	if s.file, err = dir.Open(sh.Name); err != nil {
		return err
	}
	total := r.tokens[len(r.tokens)-1]
	if n := len(s.ends); n > 0 {
		total += int64(s.ends[n-1])
	}
	r.shards = append(r.shards, s)
	r.starts = append(r.starts, len(r.Lens))
	r.tokens = append(r.tokens, total)
	if want := (total - r.tokens[len(r.tokens)-2]) * int64(s.width); s.file.Size() != want {
		return fmt.Errorf("%s: %d bytes, its index says %d", sh.Name, s.file.Size(), want)
	}
	return nil
}

func (r *TokenReader) parseIndex(b []byte) (s tokenShard, err error) {
	if len(b) < indexHeader || string(b[:8]) != indexMagic {
		return s, fmt.Errorf("not a token index: want %q at offset 0", indexMagic)
	}
	version := binary.LittleEndian.Uint32(b[8:])
	if version != 1 && version != 2 {
		return s, fmt.Errorf("version %d of the token index, this program reads 1 and 2", version)
	}
	s.width = int(binary.LittleEndian.Uint32(b[12:]))
	n := binary.LittleEndian.Uint64(b[16:])
	if (s.width != 2 && s.width != 4) || n > uint64(len(b))/indexRow || uint64(len(b)) < indexHeader+n*indexRow ||
		version == 1 && uint64(len(b)) != indexHeader+n*indexRow {
		return s, fmt.Errorf("%d bytes do not hold an index of %d documents", len(b), n)
	}
	ends := b[indexHeader:]
	sizes := ends[8*n:]
	ids := sizes[4*n:]
	groups := ids[16*n:]
	buckets, err := parseBuckets(groups[16*n:], int(n), version)
	if err != nil {
		return s, err
	}
	r.Buckets = append(r.Buckets, buckets...)
	s.ends = make([]uint64, n)
	last := uint64(0)
	for i := range s.ends {
		s.ends[i] = binary.LittleEndian.Uint64(ends[8*i:])
		if s.ends[i] < last || s.ends[i]-last > 1<<32-1 {
			return s, fmt.Errorf("document %d ends at token %d, before it starts", i, s.ends[i])
		}
		r.Lens = append(r.Lens, uint32(s.ends[i]-last))
		last = s.ends[i]
		r.Sizes = append(r.Sizes, binary.LittleEndian.Uint32(sizes[4*i:]))
		r.IDs = append(r.IDs, quern.ID(ids[16*i:16*i+16]))
		r.Groups = append(r.Groups, quern.ID(groups[16*i:16*i+16]))
	}
	if tokens := binary.LittleEndian.Uint64(b[24:]); tokens != last {
		return s, fmt.Errorf("%d tokens, but the last document ends at %d", tokens, last)
	}
	return s, nil
}

// parseBuckets reads what version 2 has behind the groups.
func parseBuckets(b []byte, docs int, version uint32) ([]string, error) {
	of := make([]string, docs)
	if version == 1 {
		return of, nil
	}
	if len(b) < docs {
		return nil, fmt.Errorf("%d bytes do not hold the buckets of %d documents", len(b), docs)
	}
	names := []string{""}
	for rest := b[docs:]; len(rest) > 0; {
		n := int(rest[0])
		if n == 0 || n >= len(rest) || len(names) > 255 {
			return nil, fmt.Errorf("the name of bucket %d is cut", len(names))
		}
		names = append(names, string(rest[1:1+n]))
		rest = rest[1+n:]
	}
	for i, k := range b[:docs] {
		if int(k) >= len(names) {
			return nil, fmt.Errorf("document %d is in bucket %d of %d", i, k, len(names)-1)
		}
		of[i] = names[k]
	}
	return of, nil
}

// Close closes the files.
func (r *TokenReader) Close() {
	for _, s := range r.shards {
		if s.file != nil {
			s.file.Close()
		}
	}
}

// Fetch reads document doc into d: ID, Group and Tokens, and the size of its text as a mark.
func (r *TokenReader) Fetch(doc int, d *quern.Doc) error {
	i := sort.SearchInts(r.starts, doc+1) - 1
	s := &r.shards[i]
	k := doc - r.starts[i]
	from := uint64(0)
	if k > 0 {
		from = s.ends[k-1]
	}
	d.ID, d.Group, d.Bucket = r.IDs[doc], r.Groups[doc], r.Buckets[doc]
	d.Mark(bytesMark, float64(r.Sizes[doc]))
	n := int(s.ends[k] - from)
	if cap(d.Tokens) < n {
		d.Tokens = make([]uint32, n)
	}
	d.Tokens = d.Tokens[:n]
	return s.read(from, n, func(i int, t uint32) { d.Tokens[i] = t })
}

// Len is the number of tokens in all shards.
func (r *TokenReader) Len() int64 { return r.tokens[len(r.tokens)-1] }

// Bytes is the number of bytes of text behind them.
func (r *TokenReader) Bytes() (n int64) {
	for _, s := range r.Sizes {
		n += int64(s)
	}
	return n
}

// Read fills dst with the tokens from position at on, which may cross shards. It fails if fewer are left.
func (r *TokenReader) Read(dst []int32, at int64) error {
	if at < 0 || at+int64(len(dst)) > r.Len() {
		return fmt.Errorf("tokens [%d, %d) of %d: %w", at, at+int64(len(dst)), r.Len(), io.ErrUnexpectedEOF)
	}
	i := sort.Search(len(r.shards), func(i int) bool { return r.tokens[i+1] > at })
	for len(dst) > 0 {
		n := int(min(int64(len(dst)), r.tokens[i+1]-at))
		if err := r.shards[i].read(uint64(at-r.tokens[i]), n, func(j int, t uint32) { dst[j] = int32(t) }); err != nil {
			return err
		}
		dst, at, i = dst[n:], at+int64(n), i+1
	}
	return nil
}

// read gives n tokens from position from on to put.
func (s *tokenShard) read(from uint64, n int, put func(i int, t uint32)) error {
	b := make([]byte, n*s.width)
	if got, err := s.file.ReadAt(b, int64(from)*int64(s.width)); err != nil && !(err == io.EOF && got == len(b)) {
		return err
	}
	for i := range n {
		if s.width == 2 {
			put(i, uint32(binary.LittleEndian.Uint16(b[2*i:])))
		} else {
			put(i, binary.LittleEndian.Uint32(b[4*i:]))
		}
	}
	return nil
}
