package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"

	"github.com/seed-83c59573/quern/ingest/extract"
)

// realWARCs are archives as crawlers wrote them, with what two other readers find in them: the numbers of records of each kind, all of
// whose digests hold. Documents are the pages of status 200 that have text. Records of the kinds that are passed over are what is left.
var realWARCs = []struct {
	path    string
	records int
	docs    int
	reasons string // of what is skipped
	passed  string
}{
	{"commoncrawl-whirlwind/whirlwind.warc", 4, 1, "", "metadata:1 request:1 warcinfo:1"},
	{"commoncrawl-whirlwind/whirlwind.warc.gz", 4, 1, "", "metadata:1 request:1 warcinfo:1"},
	{"commoncrawl-whirlwind/whirlwind.warc.wat", 2, 0, "", "metadata:1 warcinfo:1"},
	{"commoncrawl-whirlwind/whirlwind.warc.wat.gz", 2, 0, "", "metadata:1 warcinfo:1"},
	{"commoncrawl-whirlwind/whirlwind.warc.wet", 2, 1, "", "warcinfo:1"},
	{"commoncrawl-whirlwind/whirlwind.warc.wet.gz", 2, 1, "", "warcinfo:1"},
	{"ukwa-discovery/BL-20140325121225068-00000-32090~opera~8443.warc.gz", 190, 29, "http-status:5 no-text:5", "metadata:62 other-media:23 other-protocol:3 request:62 warcinfo:1"},
	{"ukwa-discovery/BL-20140325122341434-00000-32090~opera~8443.warc.gz", 190, 6, "http-status:1", "metadata:62 other-protocol:3 request:62 revisit:55 warcinfo:1"},
	{"ukwa-discovery/flashfrozen-jwat-recompressed.warc.gz", 82, 2, "", "metadata:3 other-media:37 request:39 warcinfo:1"},
	{"ukwa-test-suite/small-arcs-and-warcs/IAH-20080430204825-00000-blackbook-truncated.arc", 9, 3, "", "filedesc:1 other-media:4 other-protocol:1"},
	{"ukwa-test-suite/small-arcs-and-warcs/IAH-20080430204825-00000-blackbook-truncated.arc.gz", 9, 3, "", "filedesc:1 other-media:4 other-protocol:1"},
	{"ukwa-test-suite/small-arcs-and-warcs/IAH-20080430204825-00000-blackbook-truncated.warc", 23, 3, "", "metadata:7 other-media:4 other-protocol:1 request:7 warcinfo:1"},
	{"ukwa-test-suite/small-arcs-and-warcs/IAH-20080430204825-00000-blackbook-truncated.warc.gz", 23, 3, "", "metadata:7 other-media:4 other-protocol:1 request:7 warcinfo:1"},
	{"ukwa-test-suite/small-arcs-and-warcs/IAH-urls-wget.warc.gz", 36, 3, "http-status:9", "metadata:3 other-media:4 request:16 warcinfo:1"},
	{"ukwa-test-suite/wikipedia-sopa-blackout-2012/wikipedia-blackout/sopa-wikipedia-homepage.warc.gz", 164, 3, "", "metadata:3 other-media:71 request:86 warcinfo:1"},
	{"ukwa-test-suite/wikipedia-sopa-blackout-2012/wikipedia-post-blackout/main-page.warc.gz", 151, 3, "", "metadata:3 other-media:67 request:77 warcinfo:1"},
	{"ukwa-test-suite/wikipedia-sopa-blackout-2012/wikipedia-post-blackout/post-blackout.warc.gz", 117, 3, "", "metadata:3 other-media:48 request:62 warcinfo:1"},
}

// countsOf writes a map as the table has it.
func countsOf(m map[string]int) string {
	s := fmt.Sprint(m) // in the order of its keys
	return strings.TrimSuffix(strings.TrimPrefix(s, "map["), "]")
}

func total(m map[string]int) (n int) {
	for k := range maps.Values(m) {
		n += k
	}
	return n
}

func TestRealWARCs(t *testing.T) {
	root := filepath.Join(sampleData, "web/real-warcs")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the sample data is not here: ", err)
	}
	for _, c := range realWARCs {
		r, err := NewWARC(opts(root, c.path), DefaultWARCOptions())
		h := reap(t, r, err)
		if n := len(h.docs) + total(h.reasons) + total(h.passed); n != c.records {
			t.Errorf("%s: %d records, want %d", c.path, n, c.records)
		}
		if len(h.docs) != c.docs || countsOf(h.reasons) != c.reasons || countsOf(h.passed) != c.passed {
			t.Errorf("%s: %d docs, skipped %s, passed %s; want %d, %s, %s", c.path, len(h.docs), countsOf(h.reasons), countsOf(h.passed), c.docs, c.reasons, c.passed)
		}
		for _, d := range h.docs {
			if markOf(d, "payload_digest_wrong") != 0 || d.Origin == "" || d.Time == "" {
				t.Errorf("%s: %q %q %v", c.path, d.Origin, d.Time, d.Marks)
			}
		}
	}
}

// Every digest of every record that is read holds: here the pages, in TestRealWARCs, and what else has one.
func TestRealWARCsAllKinds(t *testing.T) {
	root := filepath.Join(sampleData, "web/real-warcs")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the sample data is not here: ", err)
	}
	x := DefaultWARCOptions()
	x.Records, x.Status = []string{"response", "resource", "conversion", "metadata", "request", "revisit", "warcinfo"}, nil
	for _, c := range realWARCs {
		r, err := NewWARC(opts(root, c.path), x)
		h := reap(t, r, err)
		if n := len(h.docs) + total(h.reasons) + total(h.passed); n != c.records || h.reasons["digest"] > 0 {
			t.Errorf("%s: %d records, want %d: %v %v", c.path, n, c.records, h.reasons, h.passed)
		}
		for k := range h.passed {
			if k != "other-media" && k != "other-protocol" && k != "filedesc" {
				t.Errorf("%s: %s passed over", c.path, k)
			}
		}
	}
}

// eachRecord reads the headers and blocks of a sound file, and nothing else.
func eachRecord(tb testing.TB, root, name string, f func(h *warcHeader, block []byte)) {
	tb.Helper()
	in := input{root: name, path: filepath.Join(root, name)}
	d, err := in.open()
	if err != nil {
		tb.Fatal(err)
	}
	defer d.Close()
	c, err := codecOf(d, name)
	if err != nil {
		tb.Fatal(err)
	}
	var b warcBytes
	if err := errors.Join(b.use(d, in.path, c, isARC(name)), b.seek(0)); err != nil {
		tb.Fatal(err)
	}
	var head, block []byte
	for {
		_, err := skipNewlines(&b)
		if err == errMember {
			continue
		}
		if err == io.EOF {
			return
		}
		h, lines, herr := readHeader(&b, head)
		head = lines
		if err := errors.Join(err, herr, h.lengthErr); err != nil {
			tb.Fatal(err)
		}
		if block, err = b.block(block, h.length); err != nil {
			tb.Fatal(err)
		}
		f(&h, block)
	}
}

// The payload digests of all responses, of pictures too, hold: as many as other readers say there are.
func TestRealPayloadDigests(t *testing.T) {
	root := filepath.Join(sampleData, "web/real-warcs")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the sample data is not here: ", err)
	}
	digests := 0
	for _, c := range realWARCs {
		eachRecord(t, root, c.path, func(h *warcHeader, block []byte) {
			if h.kind != response || len(h.payloadDigest) == 0 {
				return
			}
			digests++
			resp, err := parseResponse(block)
			if err != nil || !digestMatches(h.payloadDigest, resp.body) {
				t.Errorf("%s: %s: %v, or not %s", c.path, h.uri, err, h.payloadDigest)
			}
		})
	}
	if digests != 335 {
		t.Errorf("%d payload digests, want 335", digests)
	}
}

// Of the pages that are not UTF-8 each is decoded as its statement says, without a sign that its bytes do not hold.
func TestRealCharacterSets(t *testing.T) {
	root := filepath.Join(sampleData, "web")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the sample data is not here: ", err)
	}
	pages := map[string]int{}
	eachRecord(t, root, "docs-apache-multilang.warc.gz", func(h *warcHeader, block []byte) {
		if h.kind != response {
			return
		}
		resp, err := parseResponse(block)
		if err != nil || mediaOf(resp.mediaType) != markup || utf8.Valid(resp.body) {
			return
		}
		got, set, err := extract.Decode(nil, resp.body, resp.contentType)
		if err != nil {
			t.Fatal(err)
		}
		pages[set]++
		enc, err := htmlindex.Get(set)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := enc.NewDecoder().Bytes(resp.body); err != nil || string(got) != string(want) || bytes.ContainsRune(got, utf8.RuneError) {
			t.Errorf("%s: %s: %v, another text than the decoder's, or signs that are not there", h.uri, set, err)
		}
		if !bytes.Contains(bytes.ToLower(resp.body[:1024]), []byte("charset="+set)) {
			t.Errorf("%s: taken for %s, which it does not state", h.uri, set)
		}
		bare := bytes.ReplaceAll(resp.body, []byte("charset="), []byte("c="))
		if _, found, err := extract.Decode(nil, bare, ""); err != nil || found != set {
			t.Errorf("%s: without its statement taken for %s, %v", h.uri, found, err)
		}
	})
	if countsOf(pages) != "euc-kr:108" {
		t.Errorf("%v", pages)
	}
}
