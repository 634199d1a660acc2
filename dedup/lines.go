package dedup

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-83c59573/quern"
)

// lineWriter makes the lines and the page of a stretch. Every stretch is a zstd frame of its own, so that they can be packed side by
// side; frames one after the other are one stream.
type lineWriter struct {
	w     *writer
	z     *zstd.Encoder
	raw   []byte
	named names
	page  page
}

func (l *lineWriter) pack() ([]byte, error) {
	if len(l.raw) == 0 {
		return nil, nil
	}
	if l.z == nil {
		z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
		if err != nil {
			return nil, err
		}
		l.z = z
	}
	return l.z.EncodeAll(l.raw, nil), nil
}

func (l *lineWriter) stretch(s stretch) (out written, err error) {
	w := l.w
	k := w.m.k
	start := k.starts[s.file]
	ids := make([]byte, 16*(s.to-s.from))
	if err := readFull(k.files[s.file].file, ids, k.files[s.file].start(colID)+16*int64(s.from)); err != nil {
		return out, err
	}
	if l.named = w.named; l.named == nil {
		if l.named, err = w.someNames(start+uint32(s.from), start+uint32(s.to)); err != nil {
			return out, err
		}
	}
	dataset, err := json.Marshal(k.sets[k.set[s.file]].Name)
	if err != nil {
		return out, err
	}
	where := append(append([]byte(`,"dataset":`), dataset...), `,"shard":`...)
	where = append(strconv.AppendInt(where, int64(k.shardOf(s.file)), 10), `,"row":`...)
	id := func(row int) quern.ID { return quern.ID(ids[16*(row-s.from):]) }
	l.removals(s, id, where, &out)
	if out.removals, err = l.pack(); err != nil {
		return out, err
	}
	l.groups(s, id, where, &out)
	out.page = l.page.encode(nil)
	out.groups, err = l.pack()
	return out, err
}

// removals fills raw with the lines of what goes, and the bits of the page.
func (l *lineWriter) removals(s stretch, id func(row int) quern.ID, where []byte, out *written) {
	w := l.w
	l.raw = l.raw[:0]
	l.page.gone = slices.Grow(l.page.gone[:0], pageRows/8)[:(s.to-s.from+7)/8]
	clear(l.page.gone)
	near := string(w.nearReason())
	for row := s.from; row < s.to; row++ {
		rank := w.m.k.rank[w.m.k.starts[s.file]+uint32(row)]
		kept := w.m.kept[rank]
		if kept == none {
			continue
		}
		l.page.gone[(row-s.from)/8] |= 1 << ((row - s.from) % 8)
		reason := near
		if w.isExact(rank) {
			reason = string(DroppedExact)
		}
		keptDoc, similarity := w.doc[kept], float64(w.m.sim[rank])/1e4
		b := appendID(append(l.raw, `{"id":"`...), id(row))
		b = appendID(append(b, `","kept":"`...), l.named.id(keptDoc))
		b = strconv.AppendFloat(append(b, `","similarity":`...), similarity, 'g', -1, 64)
		b = append(append(append(b, `,"reason":"`...), reason...), '"')
		b = strconv.AppendInt(append(b, where...), int64(row), 10)
		l.raw = append(b, '}', '\n')
		out.nRemovals++
		p := pickedExample{hash: quern.Seed(w.seed, "dedup.examples", id(row)), rank: rank}
		if out.picks.wants(p) {
			k := w.m.k
			f, keptRow := k.place(keptDoc)
			p.Example = Example{Reason: reason, Similarity: similarity,
				Removed: Place{ID: id(row).String(), Dataset: k.sets[k.set[s.file]].Name, Shard: k.shardOf(s.file), Row: row},
				Kept:    Place{ID: l.named.id(keptDoc).String(), Dataset: k.sets[k.set[f]].Name, Shard: k.shardOf(f), Row: int(keptRow)}}
			out.picks.add(p)
		}
	}
}

// groups fills raw with the lines of what stays for others or beside them, and the members of the page.
func (l *lineWriter) groups(s stretch, id func(row int) quern.ID, where []byte, out *written) {
	w := l.w
	l.raw, l.page.members = l.raw[:0], l.page.members[:0]
	for row := s.from; row < s.to; row++ {
		rank := w.m.k.rank[w.m.k.starts[s.file]+uint32(row)]
		root := w.m.joint[rank]
		if w.m.kept[rank] != none || w.size[root] < 2 {
			continue
		}
		group := l.named.id(w.doc[root])
		b := appendID(append(l.raw, `{"id":"`...), id(row))
		b = appendID(append(b, `","group":"`...), group)
		b = strconv.AppendInt(append(b, `","size":`...), int64(w.size[root]), 10)
		b = strconv.AppendInt(append(b, `,"copies":`...), int64(w.copies[rank]), 10)
		b = strconv.AppendInt(append(b, where...), int64(row), 10)
		l.raw = append(b, '}', '\n')
		l.page.members = append(l.page.members, pageMember{row - s.from, int(w.copies[rank]), group})
		out.nGroups++
	}
}

func appendID(b []byte, id quern.ID) []byte {
	const digits = "0123456789abcdef"
	for _, c := range id {
		b = append(b, digits[c>>4], digits[c&15])
	}
	return b
}
