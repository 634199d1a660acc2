package shard_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// seal writes the checksum at the end of an index, so that a change is left to the other checks.
func seal(b []byte) []byte {
	if len(b) >= 4 {
		sum := crc32.Checksum(b[:len(b)-4], crc32.MakeTable(crc32.Castagnoli))
		binary.LittleEndian.PutUint32(b[len(b)-4:], sum)
	}
	return b
}

func TestDamagedIndexIsAnError(t *testing.T) {
	dir := &quern.Memory{}
	sink, err := shard.Tokens(dir, "00000", 2)
	s := write(t, sink, err, docs(20))
	good, _ := quern.ReadBlob(dir, "00000.idx")
	f := func(name, want string, change func(b []byte) []byte) {
		t.Helper()
		for _, sealed := range []bool{true, false} {
			b := change(bytes.Clone(good))
			if sealed {
				b = seal(b)
			}
			if err := quern.WriteBlob(dir, "00000.idx", b); err != nil {
				t.Fatal(err)
			}
			r, err := shard.OpenTokens(dir, []quern.Shard{s})
			if err == nil {
				r.Close()
				t.Errorf("%s: accepted", name)
			} else if !strings.Contains(err.Error(), "00000.") || sealed && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; want the file's name and %q", name, err, want)
			}
		}
	}
	const header, ends = 40, 8 * 20
	f("empty", "not a token index", func(b []byte) []byte { return nil })
	f("magic", "not a token index", func(b []byte) []byte { b[0]++; return b })
	f("older", "version 2 of the token index", func(b []byte) []byte { b[8] = 2; return b })
	f("newer", "version 5 of the token index", func(b []byte) []byte { b[8] = 5; return b })
	f("width", "3 bytes per token", func(b []byte) []byte { b[12]++; return b })
	f("other width", "00000.bin: 420 bytes, its index says 840", func(b []byte) []byte { b[12] = 4; return b })
	f("count", "", func(b []byte) []byte { b[16]++; return b })
	f("count 2^63", "of 9223372036854775828 documents", func(b []byte) []byte { b[23] = 0x80; return b })
	f("tokens", "its index says", func(b []byte) []byte { b[24]++; return b })
	f("tokens 2^63", "and 92233720", func(b []byte) []byte { b[31] = 0x80; return b })
	f("tokens beyond the checksums", "checksums", func(b []byte) []byte { b[28] = 0x80; return b })
	f("block", "blocks of", func(b []byte) []byte { b[32]++; return b })
	f("block 0", "blocks of 0", func(b []byte) []byte { clear(b[32:36]); return b })
	f("zero", "and 1 at offset 32", func(b []byte) []byte { b[36]++; return b })
	f("first end", "document 0 ends at", func(b []byte) []byte { b[header+7] = 0xFF; return b })
	f("ends that fall", "document 1 ends at token 0, the one before it at 1", func(b []byte) []byte { b[header+8] = 0; return b })
	f("last end", "document 19 ends at", func(b []byte) []byte { b[header+8*19]++; return b })
	f("last end early", "but the last document ends at", func(b []byte) []byte { b[header+8*19]--; return b })
	f("bucket", "is in bucket 9 of 0", func(b []byte) []byte { b[header+ends+40] = 9; return b })
	f("language", "is in language 9 of 1", func(b []byte) []byte { b[header+ends+41] = 9; return b })
	f("names", "is cut", func(b []byte) []byte { b[header+51*20]++; return b })
	f("longer", "behind the names", func(b []byte) []byte { return append(b, 0) })
	f("cut", "", func(b []byte) []byte { return b[:len(b)-1] })
	f("cut in the header", "the header of an index has 40", func(b []byte) []byte { b[16] = 0; return b[:36] })
}

// TestOldIndexes: version 3, which has no checksums, is read; what is older is refused in words (see TestDamagedIndexIsAnError).
func TestOldIndexes(t *testing.T) {
	dir := &quern.Memory{}
	in := docs(20)
	for i := range in {
		in[i].Bucket, in[i].Copies = []string{"low", "high"}[i%2], 7
	}
	sink, err := shard.Tokens(dir, "00000", 2)
	s := write(t, sink, err, in)
	now, _ := quern.ReadBlob(dir, "00000.idx")
	b := append(bytes.Clone(now[:32]), now[40:len(now)-8]...)
	b[8] = 3
	if err := quern.WriteBlob(dir, "00000.idx", b); err != nil {
		t.Fatal(err)
	}
	r, err := shard.OpenTokens(dir, []quern.Shard{s})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	err = r.Rows(func(i int64, row *shard.TokenRow) error {
		want := shard.TokenRow{ID: in[i].ID, Tokens: uint32(len(in[i].Tokens)), Bytes: uint32(len(in[i].Text)), Bucket: in[i].Bucket, Copies: 7, Lang: "en"}
		if *row != want {
			t.Errorf("document %d: %+v, want %+v", i, *row, want)
		}
		n++
		return nil
	})
	if err != nil || n != 20 {
		t.Fatalf("%d rows, %v", n, err)
	}
	if err := r.Read(make([]int32, 100), 3); err != nil {
		t.Error(err)
	}
	if err := r.Verify(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a shard without checksums is verified: %v", err)
	}
}

// long are documents that fill several blocks of a shard.
func long(width int) []quern.Doc {
	in := make([]quern.Doc, 40)
	for i := range in {
		in[i].ID = quern.NewID("long", fmt.Sprint(i))
		for k := range 40_000/width + 7*i {
			in[i].Tokens = append(in[i].Tokens, uint32(k*k+i)%60_000)
		}
	}
	return in
}

// TestAlteredBlocks changes a byte of the raw tokens: whoever reads the block learns which one it is, whoever reads another does not;
// the same from a mapped file, a file that is read, and memory.
func TestAlteredBlocks(t *testing.T) {
	const block = 128 << 10
	for _, width := range []int{2, 4} {
		dir := quern.Local(t.TempDir())
		sink, err := shard.Tokens(dir, "00000", width)
		shards := []quern.Shard{write(t, sink, err, long(width))}
		if err := shard.VerifyTokens(dir, "00000"); err != nil {
			t.Fatal(err)
		}
		b, _ := quern.ReadBlob(dir, "00000.bin")
		last := (len(b) - 1) / block
		if last < 3 {
			t.Fatalf("%d bytes are too few blocks", len(b))
		}
		alter := func(at int) {
			b[at] ^= 1
			if err := quern.WriteBlob(dir, "00000.bin", b); err != nil {
				t.Fatal(err)
			}
		}
		for _, at := range []int{0, block + 5, 2*block - 1, len(b) - 1} {
			alter(at)
			k := at / block
			want := fmt.Sprintf("00000.bin: block %d, bytes [%d, %d): CRC32C", k, k*block, min((k+1)*block, len(b)))
			for _, o := range []shard.TokenOptions{{}, {Unmapped: true}, {Trust: true}} {
				r, err := o.Open(dir, shards)
				if err != nil {
					t.Fatal(err)
				}
				for other := range last + 1 {
					dst := make([]int32, 10)
					err := r.Read(dst, int64(other*block/width))
					_, verr := r.View(nil, int64(other*block/width), 10)
					for _, err := range []error{err, verr} {
						if bad := other == k && !o.Trust; bad != (err != nil) || bad && !strings.HasPrefix(err.Error(), want) {
							t.Errorf("%+v, byte %d altered, block %d read: %v; want %q", o, at, other, err, want)
						}
					}
				}
				r.Close()
			}
			if err := shard.VerifyTokens(dir, "00000.bin"); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("verified: %v, want %q", err, want)
			}
			alter(at)
		}
		alter(1)
		alter(block)
		if err := shard.VerifyTokens(dir, "00000.idx"); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("2 of %d blocks are altered, the first: 00000.bin: block 0,", last+1)) {
			t.Errorf("two altered blocks: %v", err)
		}
	}
}

// TestCutUnderTheMap cuts a file short while it is open: an error where it is gone, no crash.
func TestCutUnderTheMap(t *testing.T) {
	for _, o := range []shard.TokenOptions{{}, {Trust: true}, {Unmapped: true}} {
		dir := quern.Local(t.TempDir())
		sink, err := shard.Tokens(dir, "00000", 4)
		s := write(t, sink, err, docs(3000))
		r, err := o.Open(dir, []quern.Shard{s})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(dir.Path("00000.bin"), 1<<16); err != nil {
			t.Fatal(err)
		}
		if err := r.Read(make([]int32, 2048), r.Len()-2048); err == nil || !strings.Contains(err.Error(), "00000.bin") {
			t.Errorf("%+v: tokens that are gone: %v", o, err)
		}
		if err := os.Truncate(dir.Path("00000.idx"), 16); err != nil {
			t.Fatal(err)
		}
		if err := r.Fetch(2900, &quern.Doc{}); err == nil || !strings.Contains(err.Error(), "00000.idx") {
			t.Errorf("%+v: an index that is gone: %v", o, err)
		}
		r.Close()
		if _, err := o.Open(dir, []quern.Shard{s}); err == nil {
			t.Errorf("%+v: opened again", o)
		}
	}
}

// FuzzIndex holds the reader of indexes to an error or to arrays that agree with each other, whatever the bytes.
func FuzzIndex(f *testing.F) {
	dir := &quern.Memory{}
	sink, err := shard.Tokens(dir, "00000", 2)
	if err != nil {
		f.Fatal(err)
	}
	for i, d := range docs(3) {
		d.Bucket, d.Lang, d.Copies = []string{"", "low", "high"}[i], []string{"", "en", "zh-Hant"}[i], i
		if err := sink.Put(&d); err != nil {
			f.Fatal(err)
		}
	}
	if _, err := sink.Commit(); err != nil {
		f.Fatal(err)
	}
	index, _ := quern.ReadBlob(dir, "00000.idx")
	f.Add(index)
	for version := range byte(5) {
		b := bytes.Clone(index)
		b[8] = version
		f.Add(b)
	}
	f.Add(append(append(bytes.Clone(index[:8]), 3), append(index[9:32:32], index[40:len(index)-8]...)...))
	f.Add(index[:32])
	f.Add([]byte("QUERNIDX"))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = bytes.Clone(b)
		if len(b) > 8 && b[8] > 3 {
			b = seal(b) // else all ends at the checksum
		}
		if err := quern.WriteBlob(dir, "00000.idx", b); err != nil {
			t.Fatal(err)
		}
		r, err := shard.OpenTokens(dir, []quern.Shard{{Name: "00000.bin"}})
		if err != nil {
			return
		}
		defer r.Close()
		r.Verify()
		var n int64
		seen := int64(0)
		err = r.Rows(func(i int64, row *shard.TokenRow) error {
			var d quern.Doc
			if err := r.Fetch(int(i), &d); err != nil {
				if strings.Contains(err.Error(), "CRC32C") {
					return nil
				}
				t.Fatal(err)
			}
			if d.ID != row.ID || d.Group != row.Group || d.Bucket != row.Bucket || d.Lang != row.Lang || d.Copies != int(row.Copies) || len(d.Tokens) != int(row.Tokens) {
				t.Fatalf("document %d is %+v alone and %+v among all", i, d, row)
			}
			n += int64(len(d.Tokens))
			seen++
			return nil
		})
		if err != nil || seen == r.Docs() && n != r.Len() {
			t.Fatalf("%d tokens in %d documents, %d of %d in all: %v", n, seen, r.Len(), r.Docs(), err)
		}
	})
}

// TestManyReadAtOnce reads from seven goroutines, the first of which to come checks a block, and holds the result against the documents.
func TestManyReadAtOnce(t *testing.T) {
	for _, width := range []int{2, 4} {
		dir := quern.Local(t.TempDir())
		in := long(width)
		var all []int32
		for _, d := range in {
			for _, id := range d.Tokens {
				all = append(all, int32(id))
			}
		}
		sink, err := shard.Tokens(dir, "00000", width)
		shards := []quern.Shard{write(t, sink, err, in[:10])}
		sink, err = shard.Tokens(dir, "00001", width)
		shards = append(shards, write(t, sink, err, in[10:]))
		for _, o := range []shard.TokenOptions{{}, {Unmapped: true}} {
			r, err := o.Open(dir, shards)
			if err != nil {
				t.Fatal(err)
			}
			err = quern.Each(context.Background(), 7, 400, func(_ context.Context, worker, i int) error {
				n := 1 + i*37%3000
				at := i * 7919 % (len(all) - n)
				got := make([]int32, n)
				if err := r.Read(got, int64(at)); err != nil {
					return err
				}
				view, err := r.View(nil, int64(at), n)
				if err != nil {
					return err
				}
				if !slices.Equal(got, all[at:at+n]) || !slices.Equal(view, got) {
					return fmt.Errorf("tokens [%d, %d) are others", at, at+n)
				}
				return nil
			})
			if err != nil {
				t.Errorf("width %d, %+v: %v", width, o, err)
			}
			r.Close()
		}
	}
}

// TestReadingAllocatesNothing: windows and views of a corpus cost no memory, whatever the width and the way of reading.
func TestReadingAllocatesNothing(t *testing.T) {
	for _, width := range []int{2, 4} {
		dir := quern.Local(t.TempDir())
		sink, err := shard.Tokens(dir, "00000", width)
		shards := []quern.Shard{write(t, sink, err, long(width))}
		for _, o := range []shard.TokenOptions{{}, {Unmapped: true}} {
			r, err := o.Open(dir, shards)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Verify(); err != nil {
				t.Fatal(err)
			}
			buf, at := make([]int32, 2048), int64(0)
			if n := testing.AllocsPerRun(100, func() {
				at = (at + 9973) % (r.Len() - 2048)
				if r.Read(buf, at) != nil {
					panic("not read")
				}
				if _, err := r.View(buf, at, 2048); err != nil {
					panic(err)
				}
			}); n > 0 && !shard.UnderRace {
				t.Errorf("width %d, %+v: %.1f allocations a window", width, o, n)
			}
			r.Close()
		}
	}
}
