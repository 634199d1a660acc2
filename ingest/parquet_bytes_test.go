package ingest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding"

	"github.com/seed-83c59573/quern"
)

// Every encoding, codec and version of pages, with and without nulls, kept and unpacked again.
func TestParquetPages(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var texts []string // "" is null where the column has nulls
	for i := range 3000 {
		switch rng.IntN(4) {
		case 0:
			texts = append(texts, "one of few")
		case 1:
			texts = append(texts, "")
		default:
			texts = append(texts, fmt.Sprintf("row %d %s", i, strings.Repeat("x", rng.IntN(60))))
		}
	}
	for _, enc := range []encoding.Encoding{&parquet.Plain, &parquet.RLEDictionary, &parquet.DeltaLengthByteArray, &parquet.DeltaByteArray} {
		for _, codec := range []compress.Codec{&parquet.Uncompressed, &parquet.Snappy, &parquet.Gzip, &parquet.Zstd, &parquet.Lz4Raw, &parquet.Brotli} {
			for _, version := range []int{1, 2} {
				for _, depth := range []int{0, 1, 2} { // optional columns within optional groups
					t.Run(fmt.Sprintf("%v %v %d %d", enc, codec, version, depth), func(t *testing.T) {
						testPages(t, texts, enc, codec, version, depth)
					})
				}
			}
		}
	}
}

func testPages(t *testing.T, texts []string, enc encoding.Encoding, codec compress.Codec, version, depth int) {
	node := parquet.Encoded(parquet.String(), enc)
	name := "text"
	if depth > 0 {
		node = parquet.Optional(node)
	}
	var group parquet.Node = parquet.Group{"text": node}
	if depth > 1 {
		group = parquet.Group{"a": parquet.Optional(group)}
		name = "a.text"
	}
	var b bytes.Buffer
	w := parquet.NewWriter(&b, parquet.NewSchema("x", group), parquet.Compression(codec), parquet.DataPageVersion(version), parquet.PageBufferSize(5000))
	var want []string
	nulls := 0
	for i, s := range texts {
		v := parquet.ValueOf(s).Level(0, depth, 0)
		if s == "" && depth > 0 {
			v = parquet.ValueOf(nil).Level(0, i%depth, 0)
		}
		if s == "" {
			nulls++
		} else {
			want = append(want, s)
		}
		if _, err := w.WriteRows([]parquet.Row{{v}}); err != nil {
			t.Fatal(err)
		}
		if i%1000 == 999 {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := NewParquet(opts(plant(t, "a.parquet", b.String()), "a.parquet"), Fields{Text: name})
	h := reap(t, r, err)
	reason := "no-text"
	if depth == 0 {
		reason = "empty-text"
	}
	if len(h.docs) != len(want) || h.reasons[reason] != nulls || len(h.reasons) != 1 {
		t.Fatalf("%d docs, %v %v, want %d", len(h.docs), h.reasons, h.refused, len(want))
	}
	for i, d := range h.docs {
		if string(d.Text) != want[i] {
			t.Fatalf("row %d: %q, want %q", i, d.Text, want[i])
		}
	}
}

// Of more than the arena has room for, columns are unpacked twice and do not mix.
func TestParquetLarge(t *testing.T) {
	type row struct {
		ID   string `parquet:"id"`
		URL  string `parquet:"url,dict"`
		Text string `parquet:"text"`
	}
	var all []row
	long := strings.Repeat("mill ", 60000)
	n := spoolBytes/len(long) + 50
	for i := range n {
		all = append(all, row{fmt.Sprint("id ", i), fmt.Sprint("http://x.org/", i%7), fmt.Sprint(i, " ", long)})
	}
	dir := plant(t, "a.parquet", table(t, all, parquet.Compression(&parquet.Snappy), parquet.PageBufferSize(1<<20), parquet.MaxRowsPerRowGroup(100)))
	r, err := NewParquet(opts(dir, "a.parquet"), DefaultFields())
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	units, err := r.Units(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for d, err := range r.Docs(t.Context(), units[0]) {
		if err != nil {
			t.Fatal(err)
		}
		if d.ID != quern.NewID("s", fmt.Sprint("id ", i)) || d.Origin != fmt.Sprint("http://x.org/", i%7) || !strings.HasPrefix(string(d.Text), fmt.Sprint(i, " mill ")) {
			t.Fatalf("row %d: %s %.20q", i, d.Origin, d.Text)
		}
		i++
	}
	if i != n {
		t.Errorf("%d rows, want %d", i, n)
	}
}

func TestRLE(t *testing.T) {
	f := func(width int, in []byte, want ...uint32) {
		t.Helper()
		r := rleReader{b: in, width: width}
		for i, w := range want {
			if got, err := r.next(); err != nil || got != w {
				t.Errorf("%d %v: value %d is %d, %v, want %d", width, in, i, got, err, w)
				return
			}
		}
		if width > 0 {
			if v, err := r.next(); err == nil {
				t.Errorf("%d %v: one more, %d", width, in, v)
			}
		}
	}
	f(0, nil, 0, 0, 0)
	f(1, []byte{6, 1}, 1, 1, 1)
	f(3, []byte{3, 0x88, 0xc6, 0xfa}, 0, 1, 2, 3, 4, 5, 6, 7) // the example of the format's text
	f(12, []byte{4, 0x34, 0x02}, 0x234, 0x234)
	f(8, []byte{3, 1, 2, 3}, 1, 2, 3) // cut
	f(1, []byte{4})
	f(1, []byte{0x80})
	f(32, []byte{2, 1, 2, 3, 4}, 0x04030201)
}
