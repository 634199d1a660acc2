package dedup

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"

	"github.com/seed-83c59573/quern"
)

// Edits applies what a step wrote to the texts that it read. It holds names alone: the edits of a shard are read beside its texts.
type Edits struct {
	dir   quern.Dir
	names map[string]bool
}

// OpenEdits is the edits of a step: its folder, and the shards that its manifest lists.
func OpenEdits(dir quern.Dir, shards []quern.Shard) *Edits {
	e := &Edits{dir, map[string]bool{}}
	for _, s := range shards {
		e.names[s.Name] = true
	}
	return e
}

// Survivors is src, which reads the text dataset of that name as the step saw it, with the edits applied: documents that go are left
// out, the others have their cuts out. Shards of which the step wrote no edits are left as they are.
func (e *Edits) Survivors(src quern.Source, dataset string) quern.Source {
	return edited{src, e, dataset}
}

type edited struct {
	quern.Source
	edits   *Edits
	dataset string
}

func (s edited) Docs(ctx context.Context, u quern.Unit) iter.Seq2[*quern.Doc, error] {
	return s.apply(s.Source.Docs(ctx, u))
}

// Some is Docs for wanted rows; see picker.
func (s edited) Some(ctx context.Context, u quern.Unit, want func(row int) bool) iter.Seq2[*quern.Doc, error] {
	return s.apply(some(ctx, s.Source, u, want))
}

func (s edited) apply(docs iter.Seq2[*quern.Doc, error]) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		shard := -1
		var r *editReader
		defer func() { r.close() }()
		for d, err := range docs {
			if err == nil && d.Row.Shard != shard {
				if err = r.finish(); err == nil {
					r.close()
					shard = d.Row.Shard
					r, err = s.edits.open(s.dataset, shard)
				}
			}
			gone := false
			if err == nil {
				gone, err = r.apply(d)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !gone && !yield(d, nil) {
				return
			}
		}
		if err := r.finish(); err != nil {
			yield(nil, err)
		}
	}
}

// editReader walks the edits of a shard beside its documents.
type editReader struct {
	name string
	file quern.File
	z    *zstd.Decoder
	r    *bufio.Reader
	sum  xxhash.Digest
	row  int
	next *Edit // not applied yet; nil at the end
	edit Edit
}

// open is nil if the shard has no edits.
func (e *Edits) open(dataset string, shard int) (*editReader, error) {
	name := editName(dataset, shard)
	if !e.names[name] {
		return nil, nil
	}
	file, err := e.dir.Open(name)
	if err != nil {
		return nil, err
	}
	r := &editReader{name: name, file: file, row: -1}
	r.z, err = zstd.NewReader(io.NewSectionReader(file, 0, file.Size()), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(64<<20))
	if err == nil {
		r.r = bufio.NewReaderSize(r.z, 1<<16)
		r.sum.Reset()
		var head [len(editMagic) + 1]byte
		if _, err = io.ReadFull(r, head[:]); err == nil && (string(head[:len(editMagic)]) != editMagic || head[len(editMagic)] != editVersion) {
			err = errors.New("not a blob of edits of this version")
		}
	}
	if err == nil {
		err = r.advance()
	}
	if err != nil {
		r.close()
		return nil, r.fail(err)
	}
	return r, nil
}

func (r *editReader) fail(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%s: after row %d: %w", r.name, r.row, err)
}

func (r *editReader) close() {
	if r == nil {
		return
	}
	if r.z != nil {
		r.z.Close()
	}
	r.file.Close()
}

// finish reads to the end, where the checksum is.
func (r *editReader) finish() error {
	for r != nil && r.next != nil {
		if err := r.advance(); err != nil {
			return r.fail(err)
		}
	}
	return nil
}

// Read and ReadByte read on and sum up what they read.
func (r *editReader) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	r.sum.Write(b[:n])
	return n, err
}

func (r *editReader) ReadByte() (byte, error) {
	c, err := r.r.ReadByte()
	if err == nil {
		r.sum.Write([]byte{c})
	}
	return c, err
}

// advance reads the next edit.
func (r *editReader) advance() error {
	step, err := binary.ReadUvarint(r)
	if err != nil {
		return err
	}
	if step == 0 {
		r.next = nil
		sum := r.sum.Sum64()
		var b [8]byte
		if _, err := io.ReadFull(r.r, b[:]); err != nil {
			return err
		}
		if binary.LittleEndian.Uint64(b[:]) != sum {
			return errors.New("the edits are damaged: their checksum differs")
		}
		return nil
	}
	if step > maxRows || r.row+int(step) >= maxRows {
		return fmt.Errorf("a step of %d rows: out of range", step)
	}
	r.row += int(step)
	r.edit = Edit{Row: r.row, Cuts: r.edit.Cuts[:0]}
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return err
	}
	r.next = &r.edit
	if n == 0 {
		return r.readDrop(&r.edit)
	}
	if n > maxCuts {
		return fmt.Errorf("%d cuts: out of range", n)
	}
	return r.readCuts(&r.edit, int(n))
}

func (r *editReader) readCuts(e *Edit, n int) error {
	end := uint64(0)
	for range n {
		gap, err := binary.ReadUvarint(r)
		if err != nil {
			return err
		}
		size, err := binary.ReadUvarint(r)
		if err != nil {
			return err
		}
		if gap > 1<<40 || size > 1<<40 || end > 1<<40 {
			return errors.New("a cut out of range")
		}
		e.Cuts = append(e.Cuts, Cut{int(end + gap), int(end + gap + size)})
		end += gap + size
	}
	return nil
}

func (r *editReader) readDrop(e *Edit) error {
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return err
	}
	if n == 0 || n > 256 {
		return fmt.Errorf("a verdict of %d bytes: out of range", n)
	}
	b := make([]byte, n+16)
	if _, err := io.ReadFull(r, b); err != nil {
		return err
	}
	e.Drop = quern.Drop{Verdict: quern.Verdict(b[:n]), Value: floatOf(b[n:]), Limit: floatOf(b[n+8:])}
	return nil
}

// apply edits d, whose row is behind that of the call before, and tells whether it goes.
func (r *editReader) apply(d *quern.Doc) (gone bool, err error) {
	if r == nil {
		return false, nil
	}
	for r.next != nil && r.next.Row < d.Row.Index {
		if err := r.advance(); err != nil {
			return false, r.fail(err)
		}
	}
	if r.next == nil || r.next.Row != d.Row.Index {
		return false, nil
	}
	if r.next.Drop.Verdict != quern.Keep {
		return true, nil
	}
	if last := r.next.Cuts[len(r.next.Cuts)-1]; last.To > len(d.Text) {
		return false, r.fail(fmt.Errorf("row %d: a cut of bytes %d to %d in a text of %d: these edits are of other texts", d.Row.Index, last.From, last.To, len(d.Text)))
	}
	d.Text = cutOut(d.Text, r.next.Cuts)
	return false, nil
}
