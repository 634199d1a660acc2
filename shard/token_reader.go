package shard

import (
	"encoding/binary"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/seed-83c59573/quern"
)

// TokenReader reads a dataset of token shards. Documents are numbered through all shards. It holds nothing of a document in memory:
// indexes are read as a stream, single documents and tokens where the system maps the files. A block of tokens is held against its
// checksum when it is first touched. Methods may be called from many goroutines.
type TokenReader struct {
	shards []tokenShard
	starts []int64 // the number of the first document of each shard, and one past the last
	tokens []int64 // the number of the first token of each shard, and one past the last
	bytes  int64
}

// tokenShard is one shard; its layout comes from its index.
type tokenShard struct {
	layout
	name     string // without an ending
	bin, idx inplace
	blockSums
}

// TokenOptions say how token shards are read; the zero value is how OpenTokens does.
type TokenOptions struct {
	Trust    bool // checksums are not looked at: whoever opens the shards has verified them
	Unmapped bool // files are read, not mapped: where they may become shorter while they are open
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
// close it after use, and after the last View has been read.
func OpenTokens(dir quern.Dir, shards []quern.Shard) (*TokenReader, error) {
	return TokenOptions{}.Open(dir, shards)
}

// Open is OpenTokens with options.
func (o TokenOptions) Open(dir quern.Dir, shards []quern.Shard) (*TokenReader, error) {
	r := &TokenReader{shards: make([]tokenShard, 0, len(shards)), starts: []int64{0}, tokens: []int64{0}}
	for _, sh := range shards {
		if err := r.open(dir, sh.Name, o); err != nil {
			r.Close()
			return nil, err
		}
	}
	return r, nil
}

func (r *TokenReader) open(dir quern.Dir, name string, o TokenOptions) (err error) {
	stem, ok := strings.CutSuffix(name, ".bin")
	if !ok {
		return fmt.Errorf("%s: not a shard of tokens, want a name that ends in .bin", name)
	}
	r.shards = append(r.shards, tokenShard{name: stem})
	s := &r.shards[len(r.shards)-1]
	if s.idx, err = openInPlace(dir, stem+".idx", !o.Unmapped); err != nil {
		return err
	}
	if err := s.parse(o.Trust); err != nil {
		return fmt.Errorf("%s.idx: %w", stem, err)
	}
	if s.bin, err = openInPlace(dir, name, !o.Unmapped); err != nil {
		return err
	}
	if want := s.layout.tokens * int64(s.width); s.bin.Size() != want {
		return fmt.Errorf("%s: %d bytes, its index says %d", name, s.bin.Size(), want)
	}
	bytes := int64(0)
	err = s.rows(func(_ int64, row *TokenRow) error {
		bytes += int64(row.Bytes)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s.idx: %w", stem, err)
	}
	r.bytes += bytes
	r.starts = append(r.starts, r.starts[len(r.starts)-1]+s.docs)
	r.tokens = append(r.tokens, r.Len()+s.layout.tokens)
	return nil
}

// parse reads the parts of an index that are not documents.
func (s *tokenShard) parse(trust bool) error {
	size := s.idx.Size()
	head := make([]byte, min(size, indexHeader))
	if err := s.idx.read(head, 0); err != nil {
		return err
	}
	l, err := parseHeader(head, size)
	if err != nil {
		return err
	}
	if l.block > 0 && !trust {
		if err := s.checkIndex(size); err != nil {
			return err
		}
	}
	names := make([]byte, l.sumsAt-l.names)
	if err := s.idx.read(names, l.names); err != nil {
		return err
	}
	s.layout = l
	if err := s.parseNames(names); err != nil {
		return err
	}
	if l.block == 0 || trust {
		return nil
	}
	sums := make([]byte, 4*l.blocks)
	if err := s.idx.read(sums, l.sumsAt); err != nil {
		return err
	}
	s.blockSums = newBlockSums(sums)
	return nil
}

const rowsAtOnce = 1 << 13

// rows calls f for each document. Ends and names are checked.
func (s *tokenShard) rows(f func(i int64, r *TokenRow) error) error {
	n := min(rowsAtOnce, s.docs)
	ends, records := make([]byte, 8*n), make([]byte, recordWidth*n)
	var r TokenRow
	last := uint64(0)
	for from := int64(0); from < s.docs; from += rowsAtOnce {
		n := min(rowsAtOnce, s.docs-from)
		if err := s.load(ends, records, from, n); err != nil {
			return err
		}
		for i := range n {
			end := binary.LittleEndian.Uint64(ends[8*i:])
			if end < last || end-last > 1<<32-1 || end > uint64(s.layout.tokens) {
				return fmt.Errorf("document %d ends at token %d, the one before it at %d, all at %d", from+i, end, last, s.layout.tokens)
			}
			r.Tokens = uint32(end - last)
			last = end
			if err := s.row(&r, records[recordWidth*i:]); err != nil {
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

// load reads the ends and records of n documents from one on.
func (s *tokenShard) load(ends, records []byte, from, n int64) error {
	if err := s.idx.read(ends[:8*n], s.ends+8*from); err != nil {
		return err
	}
	return s.idx.read(records[:recordWidth*n], s.records+recordWidth*from)
}

// row decodes a record.
func (s *tokenShard) row(r *TokenRow, b []byte) error {
	b = b[:recordWidth]
	r.Bytes = binary.LittleEndian.Uint32(b)
	copy(r.ID[:], b[atID:])
	copy(r.Group[:], b[atGroup:])
	r.Copies = binary.LittleEndian.Uint32(b[atCopies:])
	bucket, lang := int(b[atBucket]), int(binary.LittleEndian.Uint16(b[atLang:]))
	if bucket >= len(s.buckets) {
		return fmt.Errorf("is in bucket %d of %d", bucket, len(s.buckets)-1)
	}
	if lang >= len(s.langs) {
		return fmt.Errorf("is in language %d of %d", lang, len(s.langs)-1)
	}
	r.Bucket, r.Lang = s.buckets[bucket], s.langs[lang]
	return nil
}

// Close closes the files.
func (r *TokenReader) Close() {
	for i := range r.shards {
		for _, f := range []quern.File{r.shards[i].bin.File, r.shards[i].idx.File} {
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
	i := shardOf(r.starts, int64(doc))
	s := &r.shards[i]
	k := int64(doc) - r.starts[i]
	var row TokenRow
	from, err := s.one(k, &row)
	if err != nil {
		return fmt.Errorf("%s.idx: document %d: %w", s.name, k, err)
	}
	d.ID, d.Group, d.Bucket, d.Lang, d.Copies = row.ID, row.Group, row.Bucket, row.Lang, int(row.Copies)
	d.Mark(bytesMark, float64(row.Bytes))
	n := int(row.Tokens)
	if cap(d.Tokens) < n {
		d.Tokens = make([]uint32, n)
	}
	d.Tokens = d.Tokens[:n]
	return s.read(signed(d.Tokens), from)
}

// shardOf finds the shard whose range holds number n.
func shardOf(starts []int64, n int64) int {
	low, high := 0, len(starts)-2
	for low < high {
		if mid := int(uint(low+high) >> 1); starts[mid+1] > n {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// one reads the index of document k, and where its tokens begin.
func (s *tokenShard) one(k int64, r *TokenRow) (from int64, err error) {
	if k < 0 || k >= s.docs {
		return 0, fmt.Errorf("there are %d", s.docs)
	}
	buf := smallBuffer()
	defer smallBuffers.Put(buf)
	before := min(k, 1) // the end of the document before it is the beginning
	ends, record := buf[:8*(1+before)], buf[16:16+recordWidth]
	if err := s.idx.read(ends, s.ends+8*(k-before)); err != nil {
		return 0, err
	}
	if err := s.idx.read(record, s.records+recordWidth*k); err != nil {
		return 0, err
	}
	start, end := uint64(0), binary.LittleEndian.Uint64(ends[8*before:])
	if before == 1 {
		start = binary.LittleEndian.Uint64(ends)
	}
	if end < start || end-start > 1<<32-1 || end > uint64(s.layout.tokens) {
		return 0, fmt.Errorf("ends at token %d, the one before it at %d, all at %d", end, start, s.layout.tokens)
	}
	r.Tokens = uint32(end - start)
	return int64(start), s.row(r, record)
}

// smallBuffers are for the index of one document: what a File reads into must not stand on the stack.
var smallBuffers sync.Pool

func smallBuffer() *[16 + recordWidth]byte {
	if b, ok := smallBuffers.Get().(*[16 + recordWidth]byte); ok {
		return b
	}
	return new([16 + recordWidth]byte)
}

// Len is the number of tokens in all shards.
func (r *TokenReader) Len() int64 { return r.tokens[len(r.tokens)-1] }

// Bytes is the number of bytes of text behind them.
func (r *TokenReader) Bytes() int64 { return r.bytes }

// Read fills dst with the tokens from position at on, which may cross shards. It fails if fewer are left.
func (r *TokenReader) Read(dst []int32, at int64) error {
	if err := r.within(at, len(dst)); err != nil {
		return err
	}
	for i := shardOf(r.tokens, at); len(dst) > 0; i++ {
		n := int(min(int64(len(dst)), r.tokens[i+1]-at))
		if err := r.shards[i].read(dst[:n], at-r.tokens[i]); err != nil {
			return err
		}
		dst, at = dst[n:], at+int64(n)
	}
	return nil
}

// View is the n tokens from position at on: in place where a token takes 4 bytes, the file is mapped and the range lies in one shard;
// else read into buf, which grows if it is short. What is in place is read-only and ends with Close; see quern.Mapper for files that
// become shorter.
func (r *TokenReader) View(buf []int32, at int64, n int) ([]int32, error) {
	if err := r.within(at, n); err != nil {
		return nil, err
	}
	if i := shardOf(r.tokens, at); n > 0 && at+int64(n) <= r.tokens[i+1] {
		if s := &r.shards[i]; s.width == 4 && s.bin.mem != nil {
			from := 4 * (at - r.tokens[i])
			if v, ok := lent(s.bin.mem[from : from+4*int64(n)]); ok {
				return v, s.touch(from, from+4*int64(n))
			}
		}
	}
	if cap(buf) < n {
		buf = make([]int32, n)
	}
	return buf[:n], r.Read(buf[:n], at)
}

func (r *TokenReader) within(at int64, n int) error {
	if at < 0 || at > r.Len()-int64(n) {
		return fmt.Errorf("tokens [%d, %d) of %d: %w", at, at+int64(n), r.Len(), io.ErrUnexpectedEOF)
	}
	return nil
}

// read fills dst with the tokens from position from on.
func (s *tokenShard) read(dst []int32, from int64) error {
	at, n := from*int64(s.width), int64(len(dst))*int64(s.width)
	if err := s.touch(at, at+n); err != nil {
		return err
	}
	if s.bin.mem != nil {
		if err := lower(dst, s.bin.mem[at:at+n], s.width); err != nil {
			return fmt.Errorf("%s.bin: bytes [%d, %d): %w", s.name, at, at+n, err)
		}
		return nil
	}
	b := bytesOf(dst)[int64(4*len(dst))-n:]
	if err := s.bin.read(b, at); err != nil {
		return fmt.Errorf("%s.bin: %w", s.name, err)
	}
	widen(dst, b, s.width)
	return nil
}

// lower is widen from mapped memory.
func lower(dst []int32, mem []byte, width int) (err error) {
	defer faulted(&err, debug.SetPanicOnFault(true))
	widen(dst, mem, width)
	return nil
}
