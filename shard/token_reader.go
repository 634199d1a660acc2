package shard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"sync"

	"github.com/seed-83c59573/quern"
)

// TokenReader reads a dataset of token shards. Documents are numbered through all shards. It holds nothing of a document in memory:
// indexes are read as a stream, and single documents and tokens when asked for. Methods may be called from many goroutines.
type TokenReader struct {
	shards []tokenShard
	starts []int64 // the number of the first document of each shard, and one past the last
	tokens []int64 // the number of the first token of each shard, and one past the last
	bytes  int64
}

type tokenShard struct {
	layout
	name     string // without an ending
	bin, idx quern.File
	spare    *sync.Pool // of buffers for single documents
}

// TokenRow is what the index says of a document. It is borrowed.
type TokenRow struct {
	ID, Group    quern.ID
	Tokens       uint32
	Bytes        uint32 // of text
	Copies       uint32 // documents that it stands for, itself included; 0 = it alone
	Bucket, Lang string
}

// OpenTokens opens the shards of a token dataset or the raw part of a corpus, and reads their indexes once to see that they are whole;
// close it after use.
func OpenTokens(dir quern.Dir, shards []quern.Shard) (*TokenReader, error) {
	r := &TokenReader{starts: []int64{0}, tokens: []int64{0}}
	for _, sh := range shards {
		if err := r.open(dir, sh); err != nil {
			r.Close()
			return nil, err
		}
	}
	return r, nil
}

func (r *TokenReader) open(dir quern.Dir, sh quern.Shard) (err error) {
	stem, ok := strings.CutSuffix(sh.Name, ".bin")
	if !ok {
		return fmt.Errorf("%s: not a shard of tokens, want a name that ends in .bin", sh.Name)
	}
	s := tokenShard{name: stem, spare: &sync.Pool{}}
	if s.idx, err = dir.Open(stem + ".idx"); err != nil {
		return err
	}
	r.shards = append(r.shards, s)
	at := &r.shards[len(r.shards)-1]
	if err := at.check(); err != nil {
		return fmt.Errorf("%s.idx: %w", stem, err)
	}
	if at.bin, err = dir.Open(sh.Name); err != nil {
		return err
	}
	if want := at.layout.tokens * int64(at.width); at.bin.Size() != want {
		return fmt.Errorf("%s: %d bytes, its index says %d", sh.Name, at.bin.Size(), want)
	}
	bytes := int64(0)
	err = at.rows(func(_ int64, row *TokenRow) error {
		bytes += int64(row.Bytes)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s.idx: %w", stem, err)
	}
	r.bytes += bytes
	r.starts = append(r.starts, r.starts[len(r.starts)-1]+at.docs)
	r.tokens = append(r.tokens, r.Len()+at.layout.tokens)
	return nil
}

// check reads the parts of an index that are not columns.
func (s *tokenShard) check() error {
	size := s.idx.Size()
	head := make([]byte, min(size, indexHeader))
	if err := readFull(s.idx, head, 0); err != nil {
		return err
	}
	l, err := parseHeader(head, size)
	if err != nil {
		return err
	}
	tail := make([]byte, size-l.names)
	if err := readFull(s.idx, tail, l.names); err != nil {
		return err
	}
	s.layout = l
	return s.parseNames(tail)
}

func readFull(f io.ReaderAt, b []byte, at int64) error {
	if got, err := f.ReadAt(b, at); err != nil && !(errors.Is(err, io.EOF) && got == len(b)) {
		return fmt.Errorf("%d bytes at offset %d: %w", len(b), at, err)
	}
	return nil
}

const rowsAtOnce = 1 << 13

// rows calls f for each document. Ends and names are checked.
func (s *tokenShard) rows(f func(i int64, r *TokenRow) error) error {
	bufs := s.buffers(rowsAtOnce)
	var r TokenRow
	last := uint64(0)
	for from := int64(0); from < s.docs; from += rowsAtOnce {
		n := min(rowsAtOnce, s.docs-from)
		if err := s.load(bufs, from, n); err != nil {
			return err
		}
		for i := range n {
			end := binary.LittleEndian.Uint64(bufs[colEnd][8*i:])
			if end < last || end-last > 1<<32-1 || end > uint64(s.layout.tokens) {
				return fmt.Errorf("document %d ends at token %d, the one before it at %d, all at %d", from+i, end, last, s.layout.tokens)
			}
			r = TokenRow{Tokens: uint32(end - last)}
			last = end
			if err := s.row(&r, bufs, i); err != nil {
				return fmt.Errorf("document %d %w", from+i, err)
			}
			if err := f(from+i, &r); err != nil {
				return err
			}
		}
	}
	if last != uint64(s.layout.tokens) {
		return fmt.Errorf("%d tokens, but the last document ends at %d", s.layout.tokens, last)
	}
	return nil
}

// buffers has room for n documents in each run of bytes that load reads; a record is one run.
func (s *tokenShard) buffers(n int64) *[columns][]byte {
	var bufs [columns][]byte
	for c := range columns {
		switch {
		case s.stride[c] == 0:
		case s.version == 3 && c > colBytes:
			bufs[c] = bufs[colBytes][s.at[c]-s.at[colBytes]:]
		default:
			bufs[c] = make([]byte, n*s.stride[c])
		}
	}
	return &bufs
}

// load reads n documents from one on.
func (s *tokenShard) load(bufs *[columns][]byte, from, n int64) error {
	for c := range columns {
		if s.stride[c] == 0 || s.version == 3 && c > colBytes {
			continue
		}
		if err := readFull(s.idx, bufs[c][:n*s.stride[c]], s.at[c]+from*s.stride[c]); err != nil {
			return err
		}
	}
	return nil
}

// row decodes place i of what was loaded, but for its end.
func (s *tokenShard) row(r *TokenRow, bufs *[columns][]byte, i int64) error {
	r.Bytes = binary.LittleEndian.Uint32(bufs[colBytes][i*s.stride[colBytes]:])
	copy(r.ID[:], bufs[colID][i*s.stride[colID]:])
	copy(r.Group[:], bufs[colGroup][i*s.stride[colGroup]:])
	if st := s.stride[colCopies]; st > 0 {
		r.Copies = binary.LittleEndian.Uint32(bufs[colCopies][i*st:])
	}
	if st := s.stride[colBucket]; st > 0 {
		k := int(bufs[colBucket][i*st])
		if k >= len(s.buckets) {
			return fmt.Errorf("is in bucket %d of %d", k, len(s.buckets)-1)
		}
		r.Bucket = s.buckets[k]
	}
	if st := s.stride[colLang]; st > 0 {
		k := int(binary.LittleEndian.Uint16(bufs[colLang][i*st:]))
		if k >= len(s.langs) {
			return fmt.Errorf("is in language %d of %d", k, len(s.langs)-1)
		}
		r.Lang = s.langs[k]
	}
	return nil
}

// Close closes the files.
func (r *TokenReader) Close() {
	for _, s := range r.shards {
		for _, f := range []quern.File{s.bin, s.idx} {
			if f != nil {
				f.Close()
			}
		}
	}
}

// Docs is the number of documents in all shards.
func (r *TokenReader) Docs() int64 { return r.starts[len(r.starts)-1] }

// Rows calls f for each document in order, until f fails.
func (r *TokenReader) Rows(f func(doc int64, row *TokenRow) error) error {
	for i := range r.shards {
		failed := false
		err := r.shards[i].rows(func(k int64, row *TokenRow) error {
			err := f(r.starts[i]+k, row)
			failed = err != nil
			return err
		})
		if failed {
			return err
		}
		if err != nil {
			return fmt.Errorf("%s.idx: %w", r.shards[i].name, err)
		}
	}
	return nil
}

// Fetch reads document doc into d: its tokens and all that the index says, the size of its text as a mark.
func (r *TokenReader) Fetch(doc int, d *quern.Doc) error {
	i := sort.Search(len(r.shards), func(i int) bool { return r.starts[i+1] > int64(doc) })
	s := &r.shards[i]
	from, row, err := s.one(int64(doc) - r.starts[i])
	if err != nil {
		return fmt.Errorf("%s.idx: document %d: %w", s.name, int64(doc)-r.starts[i], err)
	}
	d.ID, d.Group, d.Bucket, d.Lang, d.Copies = row.ID, row.Group, row.Bucket, row.Lang, int(row.Copies)
	d.Mark(bytesMark, float64(row.Bytes))
	n := int(row.Tokens)
	if cap(d.Tokens) < n {
		d.Tokens = make([]uint32, n)
	}
	d.Tokens = d.Tokens[:n]
	return s.read(from, n, func(i int, t uint32) { d.Tokens[i] = t })
}

// one reads the index of document k, and where its tokens begin.
func (s *tokenShard) one(k int64) (from uint64, r TokenRow, err error) {
	before, n := min(k, 1), int64(1) // the end of the document before it is the beginning
	bufs, _ := s.spare.Get().(*[columns][]byte)
	if bufs == nil {
		bufs = s.buffers(2)
	}
	defer s.spare.Put(bufs)
	if err := s.load(bufs, k-before, n+before); err != nil {
		return 0, r, err
	}
	if before == 1 {
		from = binary.LittleEndian.Uint64(bufs[colEnd])
	}
	end := binary.LittleEndian.Uint64(bufs[colEnd][8*before:])
	if end < from || end-from > 1<<32-1 || end > uint64(s.layout.tokens) {
		return 0, r, fmt.Errorf("ends at token %d, the one before it at %d, all at %d", end, from, s.layout.tokens)
	}
	r.Tokens = uint32(end - from)
	return from, r, s.row(&r, bufs, before)
}

// Len is the number of tokens in all shards.
func (r *TokenReader) Len() int64 { return r.tokens[len(r.tokens)-1] }

// Bytes is the number of bytes of text behind them.
func (r *TokenReader) Bytes() int64 { return r.bytes }

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
	if err := readFull(s.bin, b, int64(from)*int64(s.width)); err != nil {
		return fmt.Errorf("%s.bin: %w", s.name, err)
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
