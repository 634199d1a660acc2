package dedup

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup/minhash"
)

// TestQueryAgainstAllDocuments compares with a search through all documents.
func TestQueryAgainstAllDocuments(t *testing.T) {
	c := both()
	dir := t.TempDir()
	one, two := plantedDocs("web", 1, 30), plantedDocs("web2", 5, 25)
	appendTo(t, dir, c, addition(t, c, "first", map[string][]quern.Doc{"web": withOrigins(one)}, 2), 2, 16)
	second := addition(t, c, "second", map[string][]quern.Doc{"web2": withOrigins(two)}, 1)
	x := appendTo(t, dir, c, second, 2, 16)
	q, err := x.Querier()
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()

	type known struct {
		doc  quern.Doc
		hash [2]uint64
		keys []uint64
		set  []uint32
		kept string
	}
	gone := map[string]string{}
	for _, a := range []Addition{addition(t, c, "first", map[string][]quern.Doc{"web": one}, 2), second} {
		for _, l := range removals(t, a.Removals) {
			gone[l.ID] = l.Kept
		}
	}
	byID := map[string]*known{}
	var all []*known
	w, err := minhash.New(c.Near.options(1))
	if err != nil {
		t.Fatal(err)
	}
	var digest minhash.Digester
	describe := func(d quern.Doc) *known {
		k := &known{doc: d, hash: digest.Digest128(d.Text, c.exact().Spaces, c.exact().Case), kept: gone[d.ID.String()]}
		k.keys = slices.Clone(w.Keys(w.Shingles(d.Text)))
		k.set = textShingles(nil, c.Near, w, d.Text)
		return k
	}
	for _, d := range slices.Concat(one, two) {
		k := describe(d)
		all = append(all, k)
		byID[d.ID.String()] = k
	}
	asked := slices.Concat(one, two, plantedDocs("web", 1, 45)[len(one):], []quern.Doc{newDoc("x", "1", "two words"), newDoc("x", "2", "")})
	found := 0
	for _, d := range asked {
		me := describe(d)
		var want []string
		seen := map[string]bool{}
		for _, k := range all {
			if k.hash == me.hash {
				seen[k.doc.ID.String()] = true
				want = append(want, fmt.Sprintf("exact %s 1 for %q", k.doc.ID, k.kept))
			}
		}
		for _, k := range all {
			shared := false
			for b, key := range k.keys {
				shared = shared || key != 0 && key == me.keys[b]
			}
			if !shared {
				continue
			}
			if k.kept != "" {
				k = byID[k.kept]
			}
			if id := k.doc.ID.String(); !seen[id] {
				seen[id] = true
				if j := jaccard(me.set, k.set); j >= .5 {
					want = append(want, fmt.Sprintf("near %s %v for %q", id, j, ""))
				}
			}
		}
		a, err := q.Find(&d, .5)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, h := range a.Hits {
			got = append(got, fmt.Sprintf("%s %s %v for %q", h.Kind, h.ID, h.Jaccard, h.For))
			if i > 0 && h.Kind == "near" && a.Hits[i-1].Kind == "near" && a.Hits[i-1].Jaccard < h.Jaccard || h.Origin != byID[h.ID].doc.Origin || h.Duplicate != (h.Jaccard >= .8) {
				t.Errorf("hit %+v", h)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) || a.More {
			t.Errorf("%s:\n got %s\nwant %s", d.ID, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
		found += len(want)
	}
	if found < len(one)+len(two) {
		t.Errorf("%d hits in all", found)
	}
}

// TestOrderFindsEveryKey has keys that are no hashes: many equal ones, runs over pages, all at one end.
func TestOrderFindsEveryKey(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, draw := range map[string]func(i int) uint64{
		"hashes":  func(int) uint64 { return r.Uint64() },
		"few":     func(int) uint64 { return uint64(r.IntN(5)) << 61 },
		"low":     func(i int) uint64 { return uint64(i) << 32 },
		"high":    func(i int) uint64 { return ^uint64(0) - uint64(i)<<33 },
		"runs":    func(i int) uint64 { return uint64(i/1200+1) << 50 },
		"a clump": func(i int) uint64 { return 1<<63 + uint64(r.IntN(50))<<32 },
		"one":     func(int) uint64 { return 1 << 40 },
	} {
		for _, n := range []int{0, 1, 510, 511, 512, 1022, 1023, 5000} {
			c := Config{Near: &Near{Shingle: 1, Bands: 1, Rows: 1, Verify: 1}}
			dir := &quern.Memory{}
			h := c.header(1)
			h.docs = int64(n)
			h.sums = make([]uint64, fixedColumns+1)
			cols := make([][]byte, fixedColumns+1)
			want := map[uint32][]uint32{}
			for i := range cols {
				cols[i] = make([]byte, n*int(width(i)))
			}
			for i := range n {
				key := draw(i)
				binary.LittleEndian.PutUint64(cols[fixedColumns][8*i:], key)
				if key != 0 && i%7 != 3 {
					want[uint32(key>>32)] = append(want[uint32(key>>32)], uint32(i))
				}
			}
			for i, col := range cols {
				h.sums[i] = blockSum(col)
			}
			if _, err := writeSig(dir, "s", h, func(col int, write func([]byte)) error { write(cols[col]); return nil }); err != nil {
				t.Fatal(err)
			}
			sig, err := openSig(dir, "s")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := writeOrder(dir, "o", sig, func(row int) bool { return row%7 == 3 }); err != nil {
				t.Fatal(err)
			}
			o, err := openOrder(dir, "o", 2, int64(n))
			if err != nil {
				t.Fatal(err)
			}
			tags := []uint32{0, 1, ^uint32(0), 1 << 31}
			for tag := range want {
				tags = append(tags, tag, tag+1, tag-1)
			}
			for _, tag := range tags {
				var got []uint32
				if err := o.find(1, uint64(tag)<<32, func(row uint32) bool { got = append(got, row); return true }); err != nil {
					t.Fatal(err)
				}
				slices.Sort(got)
				if !slices.Equal(got, want[tag]) {
					t.Fatalf("%s, %d keys, tag %x: rows %v, want %v", name, n, tag, got, want[tag])
				}
			}
		}
	}
}

// TestBlocks reads records of all sizes one by one and in order.
func TestBlocks(t *testing.T) {
	dir := &quern.Memory{}
	w, err := newBlockWriter(dir, "b", kindShingles)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	want := map[uint32][]byte{}
	last := uint32(0)
	for row := uint32(2); row < 400; row += 1 + uint32(r.IntN(3)) {
		rec := make([]byte, []int{0, 1, 300, 5000, 90000}[r.IntN(5)])
		for i := range rec {
			rec[i] = byte(r.Uint32())
		}
		want[row] = rec
		last = row
		if err := w.put(row, rec); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.commit(); err != nil {
		t.Fatal(err)
	}
	b, err := openBlocks(dir, "b", kindShingles)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range r.Perm(int(last) + 10) {
		got, err := b.record(uint32(row))
		rec, ok := want[uint32(row)]
		if err != nil || string(got) != string(rec) || ok != (got != nil) {
			t.Fatalf("row %d: %d bytes, %v, want %d", row, len(got), err, len(rec))
		}
	}
	seen := 0
	odd := func(row int) bool { return row%2 == 1 }
	err = b.each(odd, func(row uint32, record []byte) error {
		if !odd(int(row)) || string(record) != string(want[row]) {
			t.Errorf("row %d", row)
		}
		delete(want, row)
		seen++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for row := range want {
		if odd(int(row)) {
			t.Errorf("row %d was not read", row)
		}
	}
	if _, err := openBlocks(dir, "b", kindDocs); err == nil {
		t.Error("another kind was accepted")
	}
}

func TestShinglesComeBack(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	size := 0
	for _, n := range []int{0, 1, 2, 3, 350, 1000, 70000} {
		for _, draw := range []func(i int) uint32{
			func(int) uint32 { return r.Uint32() },
			func(i int) uint32 { return uint32(i) },
			func(i int) uint32 { return ^uint32(0) - uint32(i)*uint32(i) },
			func(i int) uint32 { return uint32(i) << 12 },
		} {
			var set []uint32
			for i := range n {
				set = append(set, draw(i))
			}
			slices.Sort(set)
			set = slices.Compact(set)
			b := encodeShingles(nil, set)
			if n == 350 && size == 0 {
				size = len(b)
			}
			got, err := decodeShingles(nil, b)
			if err != nil || !slices.Equal(got, set) {
				t.Fatalf("%d hashes: %v", n, err)
			}
			if len(set) == 0 {
				continue
			}
			for _, bad := range [][]byte{b[:len(b)-1], append(slices.Clone(b), 1), append([]byte{b[0] + 1}, b[1:]...)} {
				if got, err := decodeShingles(nil, bad); err == nil && slices.Equal(got, set) {
					t.Fatalf("%d hashes: altered bytes give the same", n)
				}
			}
		}
	}
	if size > 350*32/10 {
		t.Errorf("350 hashes take %d bytes", size)
	}
}

func FuzzShingles(f *testing.F) {
	f.Add([]byte{})
	f.Add(encodeShingles(nil, []uint32{1, 2, 3}))
	f.Add(encodeShingles(nil, []uint32{0, 1 << 31, ^uint32(0)}))
	f.Fuzz(func(t *testing.T, b []byte) {
		set, err := decodeShingles(nil, b)
		if err != nil {
			return
		}
		if !slices.IsSorted(set) || len(slices.Compact(slices.Clone(set))) != len(set) {
			t.Errorf("%x: out of order", b)
		}
		back, err := decodeShingles(nil, encodeShingles(nil, set))
		if err != nil || !slices.Equal(back, set) {
			t.Errorf("%x: does not come back: %v", b, err)
		}
	})
}

func FuzzBlocks(f *testing.F) {
	dir := &quern.Memory{}
	w, err := newBlockWriter(dir, "b", kindDocs)
	if err != nil {
		f.Fatal(err)
	}
	for row := range uint32(5) {
		rec := (&docRecord{id: quern.NewID("a"), dataset: 1, origin: []byte("https://a.example"), state: uint8(row % 3)}).append(nil)
		if err := w.put(3*row, rec); err != nil {
			f.Fatal(err)
		}
	}
	if _, err := w.commit(); err != nil {
		f.Fatal(err)
	}
	whole, err := quern.ReadBlob(dir, "b")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:50])
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > blockFoot+blockStart { // let more inputs through to the records
			n := len(b) - blockFoot
			if from := binary.LittleEndian.Uint64(b[n+8:]); from <= uint64(n) {
				binary.LittleEndian.PutUint64(b[n+16:], blockSum(b[from:n], b[n:n+16]))
			}
			if at := blockStart; at+blockHead < n {
				if size := int(binary.LittleEndian.Uint32(b[at:])); size <= n-at-blockHead {
					binary.LittleEndian.PutUint64(b[at+8:], blockSum(b[at:at+8], b[at+blockHead:at+blockHead+size]))
				}
			}
		}
		dir := &quern.Memory{}
		if err := quern.WriteBlob(dir, "b", b); err != nil {
			t.Fatal(err)
		}
		blocks, err := openBlocks(dir, "b", kindDocs)
		if err != nil {
			return
		}
		blocks.each(nil, func(_ uint32, record []byte) error {
			var d docRecord
			decodeShingles(nil, record)
			if err := d.parse(record, 2); err == nil {
				var back docRecord
				b := d.append(nil)
				if err := back.parse(b, 2); err != nil || string(back.append(nil)) != string(b) {
					t.Errorf("%x does not come back: %v", record, err)
				}
			}
			return nil
		})
		blocks.record(7)
	})
}

func FuzzOrderAndFates(f *testing.F) {
	head := orderHead([]uint64{3, 0})
	body := make([]byte, 32)
	for i := range 3 {
		binary.LittleEndian.PutUint32(body[8*i:], uint32(i)<<30)
		binary.LittleEndian.PutUint32(body[8*i+4:], uint32(i))
	}
	binary.LittleEndian.PutUint64(body[24:], blockSum(body[:24]))
	f.Add(slices.Concat(head, body), uint64(1)<<62)
	dir := &quern.Memory{}
	if _, err := writeFates(dir, "f", []fateEntry{{1, 0, 9000, stateNear}, {}}); err != nil {
		f.Fatal(err)
	}
	fates, err := quern.ReadBlob(dir, "f")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(fates, uint64(2))
	f.Fuzz(func(t *testing.T, b []byte, key uint64) {
		dir := &quern.Memory{}
		if err := quern.WriteBlob(dir, "b", b); err != nil {
			t.Fatal(err)
		}
		for _, docs := range []int64{0, 2, 3, 1 << 20} {
			if o, err := openOrder(dir, "b", 2, docs); err == nil {
				o.find(0, key, func(uint32) bool { return true })
				o.find(1, key, func(uint32) bool { return true })
			}
			got, err := readFates(dir, "b", docs, func(uint32) int64 { return 2 })
			for _, e := range got {
				if err != nil || e.state >= states || e.removed() && e.row >= 2 {
					t.Errorf("%+v, %v", e, err)
				}
			}
		}
	})
}
