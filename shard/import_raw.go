package shard

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
)

// rawFile is a file that is nothing but ids, if its size allows.
func (im *Import) rawFile(name string, t idType, offset int64) (f tokenFile, err error) {
	_, size, err := im.head(name, 0)
	if err != nil {
		return f, err
	}
	if size < offset || (size-offset)%int64(t.size) != 0 {
		return f, fmt.Errorf("%s: %d bytes behind offset %d are no whole number of ids of %d bytes", name, size-offset, offset, t.size)
	}
	return tokenFile{name: name, split: splitOf(name), ids: t, offset: offset, tokens: (size - offset) / int64(t.size)}, nil
}

// dtype is the type of ids that the options name, or that a vocabulary suggests, or nothing.
func (im *Import) dtype() (idType, bool) {
	switch t, err := idTypeNamed(im.o.Dtype); {
	case err == nil:
		return t, true
	case im.o.Vocab > 0:
		t, _ = idTypeNamed(fmt.Sprintf("uint%d", 8*TokenWidth(im.o.Vocab)))
		return t, true
	}
	return idType{}, false
}

func (im *Import) ending(end string) (names []string) {
	for _, n := range im.names {
		if strings.HasSuffix(n, end) {
			names = append(names, n)
		}
	}
	return names
}

// isMegatron looks for an index that begins as Megatron's do.
func isMegatron(im *Import) (bool, error) { return im.anyBegins(".idx", []byte(megatronMagic)) }

func (im *Import) anyBegins(end string, magic []byte) (bool, error) {
	for _, n := range im.ending(end) {
		b, _, err := im.head(n, int64(len(magic)))
		if err != nil {
			return false, err
		}
		if string(b) == string(magic) {
			return true, nil
		}
	}
	return false, nil
}

// megatronTypes are the types of ids by Megatron's numbers; 6 and 7 are floats.
var megatronTypes = map[byte]string{1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 8: "uint16"}

const megatronHead = 34

func openMegatron(im *Import) error {
	for _, name := range im.ending(".idx") {
		bin := stem(name) + ".bin"
		if !im.has(bin) {
			return fmt.Errorf("%s: there is no %s beside it", name, bin)
		}
		b, size, err := im.head(name, megatronHead)
		if err != nil {
			return err
		}
		if len(b) < megatronHead || string(b[:9]) != megatronMagic {
			return fmt.Errorf("%s: offset 0: not an index of Megatron's: want %q and %d bytes", name, megatronMagic, megatronHead)
		}
		if v := binary.LittleEndian.Uint64(b[9:]); v != 1 {
			return fmt.Errorf("%s: offset 9: version %d, want 1", name, v)
		}
		t, err := idTypeNamed(megatronTypes[b[17]])
		if err != nil {
			return fmt.Errorf("%s: offset 17: the type %d is not of whole numbers", name, b[17])
		}
		seqs, docs := binary.LittleEndian.Uint64(b[18:]), binary.LittleEndian.Uint64(b[26:])
		if seqs > uint64(size)/12 || docs > uint64(size)/8 || docs == 0 {
			return fmt.Errorf("%s: offset 18: %d bytes do not hold %d sequences and %d documents", name, size, seqs, docs)
		}
		m := megatronIndex{name: name, size: int64(t.size), seqs: int64(seqs), docs: int64(docs) - 1}
		switch left := size - m.docsAt() - 8*int64(docs); left {
		case 0:
		case m.seqs:
			return fmt.Errorf("%s: it has modes of sequences: quern holds no other mode than text", name)
		default:
			return fmt.Errorf("%s: %d bytes, %d sequences and %d documents take %d", name, size, seqs, docs, m.docsAt()+8*int64(docs))
		}
		f, err := im.rawFile(bin, t, 0)
		if err != nil {
			return err
		}
		f.index, f.indexName = m.walk, name
		im.files = append(im.files, f)
	}
	return nil
}

// megatronIndex has three columns: the length of each sequence (i32) and its offset in bytes (i64), and the first sequence of each document (i64).
type megatronIndex struct {
	name       string
	size       int64 // of an id
	seqs, docs int64
}

func (m *megatronIndex) offsetsAt() int64 { return megatronHead + 4*m.seqs }
func (m *megatronIndex) docsAt() int64    { return megatronHead + 12*m.seqs }

func (m *megatronIndex) walk(dir quern.Dir, first int64, f func(doc, begin, end int64, id string) error) error {
	var cols [3]*window // lengths, offsets, documents
	for i := range cols {
		w, err := openWindow(dir, m.name)
		if err != nil {
			return err
		}
		defer w.close()
		cols[i] = w
	}
	border := func(doc int64) (int64, error) { // the first sequence of a document
		at := m.docsAt() + 8*doc
		v, err := cols[2].u64(at)
		if err == nil && (v > uint64(m.seqs) || doc == 0 && v != 0 || doc == m.docs && v != uint64(m.seqs)) {
			err = fmt.Errorf("%s: offset %d: document %d begins at sequence %d of %d", m.name, at, doc, v, m.seqs)
		}
		return int64(v), err
	}
	seq, err := border(first)
	if err != nil {
		return err
	}
	last := uint64(0) // the end of the sequence before, in bytes
	if first > 0 && seq < m.seqs {
		if last, err = cols[1].u64(m.offsetsAt() + 8*seq); err != nil {
			return err
		}
	}
	for doc := first; doc < m.docs; doc++ {
		to, err := border(doc + 1)
		if err != nil {
			return err
		}
		if to < seq {
			return fmt.Errorf("%s: offset %d: document %d begins at sequence %d, the one before it at %d", m.name, m.docsAt()+8*(doc+1), doc+1, to, seq)
		}
		begin := last
		for ; seq < to; seq++ {
			n, err := cols[0].u32(megatronHead + 4*seq)
			if err != nil {
				return err
			}
			at, err := cols[1].u64(m.offsetsAt() + 8*seq)
			if err != nil {
				return err
			}
			if at != last || int32(n) < 0 {
				return fmt.Errorf("%s: offset %d: sequence %d of %d tokens begins at byte %d, the one before it ends at %d", m.name, m.offsetsAt()+8*seq, seq, int32(n), at, last)
			}
			last += uint64(n) * uint64(m.size)
		}
		if err := f(doc, int64(begin)/m.size, int64(last)/m.size, ""); err != nil {
			return err
		}
	}
	return nil
}

// llmcMagics are the headers of token files by the size of their ids.
var llmcMagics = map[uint32]string{llmcGPT2: "uint16", llmcLlama3: "uint32"}

func isLLMC(im *Import) (bool, error) {
	for magic := range llmcMagics {
		if is, err := im.anyBegins(".bin", binary.LittleEndian.AppendUint32(nil, magic)); is || err != nil {
			return is, err
		}
	}
	return false, nil
}

func openLLMC(im *Import) error {
	for _, name := range im.ending(".bin") {
		b, size, err := im.head(name, llmcHeader)
		if err != nil {
			return err
		}
		if len(b) < llmcHeader {
			return fmt.Errorf("%s: offset 0: %d bytes, a header of llm.c has %d", name, size, llmcHeader)
		}
		magic, version, tokens := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])
		t, err := idTypeNamed(llmcMagics[magic])
		if err != nil {
			return fmt.Errorf("%s: offset 0: the magic %d is not of tokens: want %d or %d", name, magic, llmcGPT2, llmcLlama3)
		}
		if version != 1 && version != 7 {
			return fmt.Errorf("%s: offset 4: version %d, want 1 or 7", name, version)
		}
		f, err := im.rawFile(name, t, llmcHeader)
		if err != nil {
			return err
		}
		if f.tokens != int64(tokens) {
			return fmt.Errorf("%s: offset 8: its header tells %d tokens, there are %d", name, tokens, f.tokens)
		}
		im.files = append(im.files, f)
	}
	return nil
}

func openNanoGPT(im *Import) error {
	t, ok := im.dtype()
	if im.o.Dtype == "" {
		if ok && t.size != 2 {
			return fmt.Errorf("import: nanogpt holds ids of 2 bytes, the vocabulary has %d: name the type of ids with --dtype", im.o.Vocab)
		}
		t, _ = idTypeNamed("uint16")
	}
	for _, name := range im.ending(".bin") {
		f, err := im.rawFile(name, t, 0)
		if err != nil {
			return err
		}
		im.files = append(im.files, f)
	}
	if slices.ContainsFunc(im.names, func(n string) bool { return strings.HasSuffix(n, "meta.pkl") }) {
		im.Notes = append(im.Notes, "meta.pkl is not read: it is a program of Python's")
	}
	return nil
}
