package shard

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/seed-83c59573/quern"
)

// webDataset is a row of tar files; of each document there are <id>.json with what is known of it, and <id>.npy with its tokens as a NumPy array.
type webDataset struct {
	files
	o      ExportOptions
	blob   *blob
	buf    *bufio.Writer
	w      *tar.Writer
	npy    []byte
	inFile int64
	n      int
	docs   int64
}

// webMeta is <key>.json.
type webMeta struct {
	Domain string `json:"domain"`
	ID     string `json:"id"`
	Tokens int    `json:"n_tokens"`
	Source string `json:"source"`
}

const webPerFile = 100_000_000

func newWebDataset(dir quern.Dir, o ExportOptions) (Exporter, error) {
	if o.PerFile == 0 {
		o.PerFile = webPerFile
	}
	return &webDataset{files: files{dir: dir}, o: o}, nil
}

func (x *webDataset) Put(d *quern.Doc) error {
	if x.w == nil || x.inFile > 0 && x.inFile+int64(len(d.Tokens)) > x.o.PerFile {
		if err := x.next(); err != nil {
			return err
		}
	}
	x.inFile += int64(len(d.Tokens))
	meta, err := json.Marshal(webMeta{d.Domain, d.ID.String(), len(d.Tokens), d.Source})
	if err != nil {
		return err
	}
	key := fmt.Sprintf("%09d", x.docs) // a document may come again, its name may not
	x.docs++
	if err := x.member(key+".json", meta); err != nil {
		return err
	}
	if x.npy, err = appendNPY(x.npy[:0], d.Tokens, TokenWidth(x.o.Vocab)); err != nil {
		return err
	}
	return x.member(key+".npy", x.npy)
}

func (x *webDataset) member(name string, b []byte) error {
	if err := x.w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(b)), Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}); err != nil {
		return err
	}
	_, err := x.w.Write(b)
	return err
}

func (x *webDataset) next() error {
	if err := x.finish(); err != nil {
		return err
	}
	b, err := x.create(fmt.Sprintf("%s-%06d.tar", x.o.Split, x.n))
	if err != nil {
		return err
	}
	x.n++
	x.inFile, x.blob, x.buf = 0, b, bufio.NewWriterSize(b, 1<<18)
	x.w = tar.NewWriter(x.buf)
	return nil
}

// finish commits the open file.
func (x *webDataset) finish() error {
	if x.w == nil {
		return nil
	}
	if err := x.w.Close(); err != nil {
		return err
	}
	if err := x.buf.Flush(); err != nil {
		return err
	}
	return x.close(x.blob)
}

func (x *webDataset) Commit() ([]quern.BlobInfo, error) {
	var err error
	if x.w == nil {
		err = x.next()
	}
	if err == nil {
		err = x.finish()
	}
	return x.end(err)
}

// appendNPY appends a NumPy array of one dimension (format 1.0): a magic, the length of a header, the header padded to 64 bytes, the values.
func appendNPY(b []byte, tokens []uint32, width int) ([]byte, error) {
	head := fmt.Sprintf("{'descr': '<u%d', 'fortran_order': False, 'shape': (%d,), }", width, len(tokens))
	pad := 64 - (10+len(head)+1)%64
	b = append(b, npyMagic+"\x01\x00"...)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(head)+pad+1))
	b = append(append(append(b, head...), bytes.Repeat([]byte{' '}, pad)...), '\n')
	return appendIDs(b, tokens, width)
}

const npyMagic = "\x93NUMPY"
