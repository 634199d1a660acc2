package ingest

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const cdxLegend = " CDX N b a m s k r M S V g\n"

// cdxArchives are a packed archive of nine pages and a plain one of three, with the places of their records.
type cdxArchives struct {
	dir          string
	packed, bare []int
}

func plantArchives(t *testing.T) cdxArchives {
	var a cdxArchives
	var packed, plain bytes.Buffer
	for i := range 9 {
		a.packed = append(a.packed, packed.Len())
		packed.WriteString(gz(warcRecord(i, fmt.Sprintf("This is page %d of the mill.", i))))
	}
	a.packed = append(a.packed, packed.Len())
	for i := range 3 {
		a.bare = append(a.bare, plain.Len())
		plain.WriteString(warcRecord(i, fmt.Sprintf("This is plain page %d of the mill.", i)))
	}
	a.dir = plant(t, "w/a.warc.gz", packed.String(), "w/p.warc", plain.String())
	return a
}

// line is one of CDX about record i.
func (a cdxArchives) line(i int) string {
	return fmt.Sprintf("org,x)/%d 20240102030405 http://x.org/%d text/html 200 AAAA - - %d %d a.warc.gz\n", i, i, a.packed[i+1]-a.packed[i], a.packed[i])
}

// json is the same as an object.
func (a cdxArchives) json(i int, lang string) string {
	return fmt.Sprintf(`{"url": "http://x.org/%d", "mime": "text/html", "mime-detected": "application/xhtml+xml", "status": "200", "length": "%d", "offset": "%d", "filename": "crawl/w/a.warc.gz", "languages": "%s", "extra": [1]}`, i, a.packed[i+1]-a.packed[i], a.packed[i], lang) + "\n"
}

// read gives the numbers of the pages that an index chooses, with a p after those of the plain archive, and the reasons for skipping.
func (a cdxArchives) read(t *testing.T, name, index string, unit int64, x WARCOptions) string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), []byte(index), 0o666); err != nil {
		t.Fatal(err)
	}
	x.CDX = []string{name}
	o := opts(a.dir, "w")
	o.UnitBytes = unit
	r, err := NewWARC(o, x)
	h := reap(t, r, err)
	got := ""
	for _, d := range h.docs {
		text := strings.TrimSuffix(strings.TrimPrefix(string(d.Text), "This is "), " of the mill.")
		got += text[len(text)-1:]
		if strings.HasPrefix(text, "plain") {
			got += "p"
		}
	}
	if len(h.reasons) > 0 {
		got += " " + countsOf(h.reasons)
	}
	return got
}

func TestCDX(t *testing.T) {
	a := plantArchives(t)
	f := func(want string, index string, change ...func(x *WARCOptions)) {
		t.Helper()
		x := DefaultWARCOptions()
		for _, c := range change {
			c(&x)
		}
		for _, unit := range []int64{1 << 40, 1} {
			if got := a.read(t, "i.cdx", index, unit, x); got != want {
				t.Errorf("%q, want %q", got, want)
			}
			if got := a.read(t, "i.cdx.gz", gz(index), unit, x); got != want {
				t.Errorf("packed: %q, want %q", got, want)
			}
		}
	}
	f("147", cdxLegend+a.line(7)+a.line(1)+a.line(4))
	f("0123", a.line(0)+a.line(1)+a.line(2)+a.line(3)+a.line(3))
	f("8", cdxLegend+a.line(8)+strings.ReplaceAll(a.line(2), "a.warc.gz", "another.warc.gz"))
	// Without lengths, and of a plain file.
	f("2p", fmt.Sprintf(" CDX N b a m s k r V g\norg,x)/2 20240102030405 http://x.org/2 text/html 200 AAAA - %d some/where/p.warc\n", a.bare[2]))
	f("71p", cdxLegend+a.line(7)+fmt.Sprintf("org,x)/1 20240102030405 http://x.org/1 text/html 200 AAAA - - - %d p.warc\n", a.bare[1]))
	// JSON after the key and the time, and alone.
	cdxj := "!meta {}\norg,x)/3 20240102030405 " + a.json(3, "eng") + "org,x)/5 20240102030405 " + a.json(5, "deu,eng") + a.json(6, "deu") + strings.ReplaceAll(a.json(8, ""), `"200"`, "404")
	f("3568", cdxj)
	f("35", cdxj, func(x *WARCOptions) { x.Only.Languages = []string{"eng"} })
	f("356", cdxj, func(x *WARCOptions) { x.Only.Status = []int{200} })
	f("356", cdxj, func(x *WARCOptions) { x.Only.Status, x.Only.MIME = []int{200}, []string{"application/xhtml+xml"} })
	f("56", cdxj, func(x *WARCOptions) { x.Only.URLs = []string{"http://x.org/5", "http://x.org/6"} })
	// An index that lies.
	f("2 bad-range:1", cdxLegend+a.line(2)+strings.Replace(a.line(5), fmt.Sprint(" ", a.packed[5], " "), fmt.Sprint(" ", a.packed[5]+3, " "), 1))
}

func TestCDXRefused(t *testing.T) {
	a := plantArchives(t)
	f := func(index, want string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(a.dir, "i.cdx"), []byte(index), 0o666); err != nil {
			t.Fatal(err)
		}
		x := DefaultWARCOptions()
		x.CDX = []string{"i.cdx"}
		r, err := NewWARC(opts(a.dir, "w"), x)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = r.Units(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", index, err, want)
		}
		if files, err := r.Files(t.Context()); err != nil || len(files) != 3 || !slices.IsSortedFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) }) {
			t.Errorf("%v, %v", files, err)
		}
	}
	f(cdxLegend+"three words only\n", "i.cdx: line 2: not a line of CDX")
	f(`{"url": "x", "offset": "y"}`, "line 1")
	f(`{"url": "x"}`, "line 1: not a line of CDX, CDXJ or an index in JSON: no file or place")
	f(cdxLegend, "no line of its indexes is chosen")
}

// From a server only the ranges are fetched.
func TestCDXRemote(t *testing.T) {
	var data strings.Builder
	var lines strings.Builder
	lines.WriteString(cdxLegend)
	const n, every = 200, 50
	chosen := 0
	for i := range n {
		rec := gz(warcRecord(i, fmt.Sprintf("This is page %d of the mill, %x.", i, bytes.Repeat([]byte{byte(i), byte(7 * i), byte(i * i)}, 700))))
		if i%every == 3 {
			fmt.Fprintf(&lines, "org,x)/%d 20240102030405 http://x.org/%d text/html 200 AAAA - - %d %d a.warc.gz\n", i, i, len(rec), data.Len())
			chosen += len(rec)
		}
		data.WriteString(rec)
	}
	s := &shop{data: []byte(data.String()), cut: 1 << 40}
	server := httptest.NewServer(s)
	defer server.Close()
	x := DefaultWARCOptions()
	x.CDX = []string{"i.cdx"}
	o := opts(plant(t, "i.cdx", lines.String()), server.URL+"/a.warc.gz")
	r, err := NewWARC(o, x)
	h := reap(t, r, err)
	if len(h.docs) != n/every || len(h.reasons) != 0 {
		t.Fatalf("%d docs, %v", len(h.docs), h.errs)
	}
	if got := int(s.sent.Load()); got > chosen+100 {
		t.Errorf("%d bytes fetched of %d, the records are %d", got, data.Len(), chosen)
	}
	if got := s.requests.Load(); got != n/every+1 {
		t.Errorf("%d requests, want one a record and one for the size", got)
	}
}
