package shard

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// The index of a token shard, little-endian throughout:
//
//	8 bytes "QUERNIDX" · u32 version, 3 · u32 bytes per token (2 or 4) · u64 documents · u64 tokens
//	u64 end[documents]  where each document ends, in tokens; it includes its end-of-text token
//	record[documents]:  43 bytes each
//	    u32 bytes       of text, for bits per byte
//	    [16]byte id
//	    [16]byte group  near-duplicate group; zero = stands alone
//	    u32 copies      documents that it stands for, itself included; 0 = it alone
//	    u8 bucket       the number of its name, from 1; 0 = none
//	    u16 language    the same
//	u16 names, of buckets: u8 length, name of each, sorted; the same of languages
//
// Versions 1 and 2 have bytes[documents], id[documents] and group[documents] in place of records; behind them version 2 has
// bucket[documents] and the buckets' names without a count. Both are read.
const (
	indexMagic   = "QUERNIDX"
	indexVersion = 3
	indexHeader  = 8 + 4 + 4 + 8 + 8
	maxTables    = 32 << 20 // bytes of all names: more than there can be
)

// What an index says of a document, in its order, and the bytes of each.
const (
	colEnd = iota
	colBytes
	colID
	colGroup
	colCopies
	colBucket
	colLang
	columns
)

var columnWidths = [columns]int64{8, 4, 16, 16, 4, 1, 2}

const recordWidth = 4 + 16 + 16 + 4 + 1 + 2

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
	b := append(make([]byte, 0, indexHeader+51*len(s.ends)), indexMagic...)
	b = binary.LittleEndian.AppendUint32(b, indexVersion)
	b = binary.LittleEndian.AppendUint32(b, uint32(s.width))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(s.ends)))
	b = binary.LittleEndian.AppendUint64(b, uint64(s.shard.Tokens))
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
	return b, nil
}

// layout is where things stand in an index.
type layout struct {
	version, width int
	docs, tokens   int64
	at, stride     [columns]int64 // where the first document has each, and how far it is to the next one's; stride 0 = nowhere
	names          int64          // where the names begin
	buckets, langs []string       // by number; the first is ""
}

// parseHeader reads the beginning of an index of so many bytes in all.
func parseHeader(b []byte, size int64) (l layout, err error) {
	if len(b) < indexHeader || string(b[:8]) != indexMagic {
		return l, fmt.Errorf("not a token index: want %q at offset 0", indexMagic)
	}
	l.version = int(binary.LittleEndian.Uint32(b[8:]))
	if l.version < 1 || l.version > indexVersion {
		return l, fmt.Errorf("version %d of the token index, this program reads 1 to %d", l.version, indexVersion)
	}
	l.width = int(binary.LittleEndian.Uint32(b[12:]))
	docs, tokens := binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])
	at := int64(indexHeader)
	ok := (l.width == 2 || l.width == 4) && docs <= uint64(size)/44 && tokens < 1<<60
	if ok {
		l.docs, l.tokens = int64(docs), int64(tokens)
		for c := range columns {
			switch {
			case l.version == 3 && c > colEnd:
				l.at[c], l.stride[c] = at, recordWidth
				at += columnWidths[c]
			case c <= colGroup || l.version == 2 && c == colBucket:
				l.at[c], l.stride[c] = at, columnWidths[c]
				at += l.docs * columnWidths[c]
			}
		}
		if l.version == 3 {
			at += (l.docs - 1) * recordWidth
		}
		l.names = at
	}
	if !ok || at > size || l.version == 1 && at != size || size-at > maxTables {
		return l, fmt.Errorf("%d bytes do not hold an index of %d documents", size, docs)
	}
	return l, nil
}

// parseNames reads what stands behind the columns.
func (l *layout) parseNames(b []byte) (err error) {
	l.buckets, l.langs = []string{""}, []string{""}
	switch l.version {
	case 2:
		for n := 0; len(b) > 0; n++ {
			if b, err = appendName(&l.buckets, b); err != nil || n > 255 {
				return fmt.Errorf("the name of bucket %d is cut", n+1)
			}
		}
	case 3:
		for _, list := range []*[]string{&l.buckets, &l.langs} {
			if len(b) < 2 {
				return fmt.Errorf("the names are cut")
			}
			count := int(binary.LittleEndian.Uint16(b))
			b = b[2:]
			for n := range count {
				if b, err = appendName(list, b); err != nil {
					return fmt.Errorf("name %d of %d is cut", n+1, count)
				}
			}
		}
	}
	if len(b) > 0 {
		return fmt.Errorf("%d bytes behind the names", len(b))
	}
	return nil
}

func appendName(list *[]string, b []byte) ([]byte, error) {
	if len(b) == 0 || b[0] == 0 || int(b[0]) >= len(b) {
		return nil, fmt.Errorf("cut")
	}
	*list = append(*list, string(b[1:1+int(b[0])]))
	return b[1+int(b[0]):], nil
}
