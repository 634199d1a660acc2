package dedup

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"

	"github.com/seed-83c59573/quern"
)

// Edit is what a step that looks for repeated parts rules on one document: what is cut out of its text, or that it goes.
type Edit struct {
	Row  int        // in its shard
	Cuts []Cut      // ascending, not touching, at borders of letters
	Drop quern.Drop // with a verdict: the document goes as a whole, and Cuts is empty
}

// Cut is a range of bytes of a text as the step read it.
type Cut struct{ From, To int }

// An edits blob holds the edits of one shard of a dataset, by row: a zstd stream of
//
//	"quernedt" | version u8 | records | 0 | XXH64 of all before u64
//	record: row - row of the one before + 1 | pieces of it: 0 and verdict (length, bytes), value f64, limit f64 | or n and n times gap, length
//
// in which numbers are varints unless their width is given.
const (
	editMagic   = "quernedt"
	editVersion = 1
	maxCuts     = 1 << 24
)

func editName(dataset string, shard int) string {
	return fmt.Sprintf("edits/%s/%05d.zst", dataset, shard)
}

// editWriter writes the edits of one shard.
type editWriter struct {
	blob  quern.Blob
	meter *quern.Meter
	z     *zstd.Encoder
	w     *bufio.Writer
	sum   xxhash.Digest
	row   int
	n     int64
	name  string
	buf   []byte
}

func newEditWriter(out quern.Dir, dataset string, shard int) (*editWriter, error) {
	name := editName(dataset, shard)
	blob, err := out.Create(name)
	if err != nil {
		return nil, err
	}
	w := &editWriter{blob: blob, meter: quern.NewMeter(blob), row: -1, name: name}
	if w.z, err = zstd.NewWriter(w.meter, zstd.WithEncoderConcurrency(1)); err != nil {
		blob.Abort()
		return nil, err
	}
	w.w = bufio.NewWriterSize(w.z, 1<<16)
	w.sum.Reset()
	return w, w.write(append([]byte(editMagic), editVersion))
}

func (w *editWriter) write(b []byte) error {
	w.sum.Write(b)
	_, err := w.w.Write(b)
	return err
}

// put adds an edit. Rows must ascend; cuts must ascend and not touch.
func (w *editWriter) put(e Edit) error {
	if e.Row <= w.row || e.Drop.Verdict == quern.Keep && len(e.Cuts) == 0 {
		panic("dedup: an edit out of order, or of nothing")
	}
	b := binary.AppendUvarint(w.buf[:0], uint64(e.Row-w.row))
	w.row = e.Row
	if e.Drop.Verdict != quern.Keep {
		b = binary.AppendUvarint(append(b, 0), uint64(len(e.Drop.Verdict)))
		b = append(b, e.Drop.Verdict...)
		b = appendFloat(appendFloat(b, e.Drop.Value), e.Drop.Limit)
	} else {
		b = binary.AppendUvarint(b, uint64(len(e.Cuts)))
		end := 0
		for i, c := range e.Cuts {
			if c.From < end || c.To <= c.From || i > 0 && c.From == end {
				panic("dedup: cuts out of order")
			}
			b = binary.AppendUvarint(b, uint64(c.From-end))
			b = binary.AppendUvarint(b, uint64(c.To-c.From))
			end = c.To
		}
	}
	w.buf = b
	w.n++
	return w.write(b)
}

// commit ends the blob. The shard's Docs are its edits.
func (w *editWriter) commit() (quern.Shard, error) {
	err := w.write([]byte{0})
	if err == nil {
		_, err = w.w.Write(binary.LittleEndian.AppendUint64(nil, w.sum.Sum64()))
	}
	if err == nil {
		err = w.w.Flush()
	}
	if cerr := w.z.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		w.blob.Abort()
		return quern.Shard{}, err
	}
	if err := w.blob.Commit(); err != nil {
		return quern.Shard{}, err
	}
	return quern.Shard{Name: w.name, Docs: w.n, Blobs: []quern.BlobInfo{{Name: w.name, Size: w.meter.N, Digest: w.meter.Digest()}}}, nil
}

func (w *editWriter) abort() {
	w.z.Close()
	w.blob.Abort()
}

func appendFloat(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}

func floatOf(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }

// cutOut takes the cuts out of a text, in a copy.
func cutOut(text []byte, cuts []Cut) []byte {
	out := make([]byte, 0, len(text))
	at := 0
	for _, c := range cuts {
		out = append(out, text[at:c.From]...)
		at = c.To
	}
	return append(out, text[at:]...)
}

// mergeCuts sorts cuts and joins those that touch.
func mergeCuts(cuts []Cut) []Cut {
	slices.SortFunc(cuts, func(a, b Cut) int { return a.From - b.From })
	out := cuts[:0]
	for _, c := range cuts {
		if n := len(out); n > 0 && c.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, c.To)
			continue
		}
		out = append(out, c)
	}
	return out
}
