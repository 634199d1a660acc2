package shard

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
)

// The index of a token shard, little-endian throughout:
//
//	8 bytes "QUERNIDX" · u32 version, 4 · u32 bytes per token (2 or 4) · u64 documents · u64 tokens · u32 bytes of a block · u32 0
//	u64 end[documents]  where each document ends, in tokens; it includes its end-of-text token
//	record[documents]:  43 bytes each
//	    u32 bytes       of text, for bits per byte
//	    [16]byte id
//	    [16]byte group  near-duplicate group; zero = stands alone
//	    u32 copies      documents that it stands for, itself included; 0 = it alone
//	    u8 bucket       the number of its name, from 1; 0 = none
//	    u16 language    the same
//	u16 names, of buckets: u8 length, name of each, sorted; the same of languages
//	u32 sum[blocks]     CRC32C of each block of the raw tokens; the last one may be short
//	u32 CRC32C of all bytes before it
//
// Version 3, which is read too, has neither the words about blocks nor sums.
const (
	indexMagic   = "QUERNIDX"
	indexVersion = 4
	indexOldest  = 3
	headerOldest = 8 + 4 + 4 + 8 + 8
	indexHeader  = headerOldest + 4 + 4
	maxTables    = 32 << 20 // bytes of all names: more than there can be
	maxTokens    = 1 << 56
)

// blockBytes is what one checksum covers: as much as systems read ahead at once, so that checking what is touched first costs a disk
// nothing, and a processor some ten microseconds.
const blockBytes = 128 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A record, and where in it things stand.
const (
	recordWidth = 4 + 16 + 16 + 4 + 1 + 2
	atID        = 4
	atGroup     = atID + 16
	atCopies    = atGroup + 16
	atBucket    = atCopies + 4
	atLang      = atBucket + 1
)

// names gathers a column of words that repeat.
type names struct {
	known map[string]uint16 // numbers in the order of first sight, from 1
	of    []uint16
	list  []string
}

func (n *names) add(word string) {
	if word == "" {
		n.of = append(n.of, 0)
		return
	}
	k, ok := n.known[word]
	if !ok {
		if n.known == nil {
			n.known = map[string]uint16{}
		}
		n.list = append(n.list, word)
		k = uint16(min(len(n.list), 1<<16-1))
		n.known[word] = k
	}
	n.of = append(n.of, k)
}

// sorted renumbers the words by their order; at most so many are allowed, of 255 bytes each.
func (n *names) sorted(what string, most int) ([]string, []uint16, error) {
	if len(n.list) > most {
		return nil, nil, fmt.Errorf("%d %ss, a shard of tokens holds %d", len(n.list), what, most)
	}
	list := slices.Clone(n.list)
	slices.Sort(list)
	to := make([]uint16, len(list)+1)
	for i, w := range list {
		if len(w) > 255 {
			return nil, nil, fmt.Errorf("a %s's name has %d bytes, at most 255 are allowed", what, len(w))
		}
		to[n.known[w]] = uint16(i + 1)
	}
	of := make([]uint16, len(n.of))
	for i, k := range n.of {
		of[i] = to[k]
	}
	return list, of, nil
}

func (s *tokenSink) index() ([]byte, error) {
	buckets, bucketOf, err := s.buckets.sorted("bucket", 255)
	if err != nil {
		return nil, err
	}
	langs, langOf, err := s.langs.sorted("language", 1<<16-2)
	if err != nil {
		return nil, err
	}
	b := append(make([]byte, 0, indexHeader+51*len(s.ends)+4*len(s.sums)+1024), indexMagic...)
	b = binary.LittleEndian.AppendUint32(b, indexVersion)
	b = binary.LittleEndian.AppendUint32(b, uint32(s.width))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(s.ends)))
	b = binary.LittleEndian.AppendUint64(b, uint64(s.shard.Tokens))
	b = binary.LittleEndian.AppendUint32(b, blockBytes)
	b = binary.LittleEndian.AppendUint32(b, 0)
	for _, e := range s.ends {
		b = binary.LittleEndian.AppendUint64(b, e)
	}
	for i, id := range s.ids {
		b = binary.LittleEndian.AppendUint32(b, s.sizes[i])
		b = append(b, id[:]...)
		b = append(b, s.groups[i][:]...)
		b = binary.LittleEndian.AppendUint32(b, s.copies[i])
		b = append(b, byte(bucketOf[i]))
		b = binary.LittleEndian.AppendUint16(b, langOf[i])
	}
	for _, list := range [][]string{buckets, langs} {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(list)))
		for _, n := range list {
			b = append(append(b, byte(len(n))), n...)
		}
	}
	for _, sum := range s.sums {
		b = binary.LittleEndian.AppendUint32(b, sum)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli)), nil
}

// layout is where things stand in an index.
type layout struct {
	version, width int
	docs, tokens   int64
	ends, records  int64 // where they begin
	names, sumsAt  int64
	block          int64 // bytes of raw tokens in a block; 0 = there are no checksums
	blocks         int64
	buckets, langs []string // by number; the first is ""
}

// parseHeader reads the beginning of an index of so many bytes in all.
func parseHeader(b []byte, size int64) (l layout, err error) {
	if len(b) < headerOldest || string(b[:8]) != indexMagic {
		return l, fmt.Errorf("not a token index: want %q at offset 0", indexMagic)
	}
	l.version = int(binary.LittleEndian.Uint32(b[8:]))
	if l.version < indexOldest || l.version > indexVersion {
		return l, fmt.Errorf("version %d of the token index, this program reads %d to %d: write the shard anew with this one", l.version, indexOldest, indexVersion)
	}
	l.width = int(binary.LittleEndian.Uint32(b[12:]))
	if l.width != 2 && l.width != 4 {
		return l, fmt.Errorf("%d bytes per token at offset 12, want 2 or 4", l.width)
	}
	docs, tokens := binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])
	if docs > uint64(size)/(8+recordWidth) || tokens > maxTokens {
		return l, fmt.Errorf("%d bytes do not hold an index of %d documents and %d tokens", size, docs, tokens)
	}
	l.docs, l.tokens, l.ends = int64(docs), int64(tokens), headerOldest
	end := size
	if l.version > indexOldest {
		if len(b) < indexHeader {
			return l, fmt.Errorf("%d bytes, the header of an index has %d", len(b), indexHeader)
		}
		l.ends = indexHeader
		l.block = int64(binary.LittleEndian.Uint32(b[32:]))
		if zero := binary.LittleEndian.Uint32(b[36:]); l.block < 1<<12 || l.block > 1<<30 || l.block&(l.block-1) != 0 || zero != 0 {
			return l, fmt.Errorf("blocks of %d bytes and %d at offset 32, want a power of two from 4096 to 1073741824 and 0", l.block, zero)
		}
		l.blocks = (l.tokens*int64(l.width) + l.block - 1) / l.block
		end -= 4 + 4*l.blocks
	}
	l.records = l.ends + 8*l.docs
	l.names = l.records + recordWidth*l.docs
	l.sumsAt = end
	if l.names > end || end-l.names > maxTables {
		return l, fmt.Errorf("%d bytes do not hold an index of %d documents and %d checksums", size, docs, l.blocks)
	}
	return l, nil
}

// parseNames reads what stands behind the records.
func (l *layout) parseNames(b []byte) (err error) {
	l.buckets, l.langs = []string{""}, []string{""}
	for _, list := range []*[]string{&l.buckets, &l.langs} {
		if len(b) < 2 {
			return fmt.Errorf("the names are cut")
		}
		count := int(binary.LittleEndian.Uint16(b))
		b = b[2:]
		for n := range count {
			if len(b) == 0 || b[0] == 0 || int(b[0]) >= len(b) {
				return fmt.Errorf("name %d of %d is cut", n+1, count)
			}
			*list = append(*list, string(b[1:1+int(b[0])]))
			b = b[1+int(b[0]):]
		}
	}
	if len(b) > 0 {
		return fmt.Errorf("%d bytes behind the names", len(b))
	}
	return nil
}
