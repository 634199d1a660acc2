package ingest

import (
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/dict"
	"github.com/klauspost/compress/zstd"

	"github.com/seed-83c59573/quern"
)

// reading reads one file of records.
func reading(t *testing.T, name, data string, x WARCOptions) harvest {
	t.Helper()
	r, err := NewWARC(opts(plant(t, name, data), name), x)
	return reap(t, r, err)
}

const oats = "The miller weighed twenty sacks of oats before the frost came."

// rec is a record of a kind.
func rec(kind, contentType, block string) string {
	return warcOf(block, "WARC-Type: "+kind, "WARC-Target-URI: http://x.org/", "WARC-Date: 2024-01-02T03:04:05Z", "WARC-Record-ID: <urn:1>", "Content-Type: "+contentType)
}

// judgeOne holds what becomes of one record against a text and its meta, or "passed: " or "skipped: " with the reason.
func judgeOne(t *testing.T, kinds, record, want, meta string) {
	t.Helper()
	x := DefaultWARCOptions()
	x.Records = strings.Fields(kinds)
	h := reading(t, "a.warc", record, x)
	var got string
	switch {
	case len(h.docs) == 1:
		got = string(h.docs[0].Text)
		if string(h.docs[0].Meta) != meta {
			t.Errorf("%s: %.200q: meta %s, want %s", kinds, record, h.docs[0].Meta, meta)
		}
	case len(h.passed) > 0:
		got = "passed: " + strings.TrimSuffix(countsOf(h.passed), ":1")
	default:
		got = "skipped: " + strings.TrimSuffix(countsOf(h.reasons), ":1")
	}
	if n := len(h.docs) + total(h.reasons) + total(h.passed); got != want || n != 1 {
		t.Errorf("%s: %.200q: %d records, %q, want %q", kinds, record, n, got, want)
	}
}

func TestWARCKinds(t *testing.T) {
	f := func(kinds, record, want, meta string) { t.Helper(); judgeOne(t, kinds, record, want, meta) }
	f("resource", rec("resource", "text/html", millPage), oats, `{"title":"The mill","page_lang":"en"}`)
	f("resource", rec("resource", "text/plain", oats), oats, "")
	f("resource", rec("resource", "image/png", oats), "passed: other-media", "")
	f("response", rec("resource", "text/html", millPage), "passed: resource", "")
	f("resource", strings.Replace(rec("resource", "text/plain", oats), "http://x", "metadata://x", 1), "passed: metadata", "")
	f("conversion", rec("conversion", "text/plain", oats), oats, "")
	f("response", rec("conversion", "text/plain", oats), "passed: conversion", "")
	// Media: what the crawler found counts where the server says nothing, or calls it plain.
	page := func(contentType, found string) string {
		r := rec("response", "application/http", httpOf(contentType, millPage))
		return strings.Replace(r, "WARC-Date", "WARC-Identified-Payload-Type: "+found+"\r\nWARC-Date", 1)
	}
	f("response", page("Content-Type: application/octet-stream", "text/html"), oats, `{"title":"The mill","page_lang":"en"}`)
	f("response", page("Content-Type: text/plain", "text/html"), oats, `{"title":"The mill","page_lang":"en"}`)
	f("response", page("Content-Type: text/html", "image/png"), oats, `{"title":"The mill","page_lang":"en"}`)
	f("response", page("Content-Type: image/png", "text/html"), "passed: other-media", "")
	f("response", page("X: y", "application/pdf"), "passed: other-media", "")
	f("response", rec("response", "application/http", httpOf("Content-Type: text/markdown\r\nContent-Language: de", "# Mill")), "# Mill", `{"page_lang":"de"}`)
	f("response", rec("response", "application/http", httpOf("Content-Type: text/plain\r\nContent-Language: de, en", "Mill")), "Mill", "")
	f("conversion", strings.Replace(rec("conversion", "text/plain", oats), "WARC-Date", "WARC-Identified-Content-Language: eng,deu\r\nWARC-Date", 1), oats, `{"identified_lang":"eng,deu"}`)
	// A record that says that it was cut gives what is there.
	cut := rec("response", "application/http", httpOf("Content-Type: text/plain\r\nTransfer-Encoding: chunked", "ff\r\n"+oats))
	f("response", cut, "skipped: bad-http", "")
	f("response", strings.Replace(cut, "WARC-Date", "WARC-Truncated: length\r\nWARC-Date", 1), oats, `{"truncated":"length"}`)
	packed := rec("response", "application/http", httpOf("Content-Type: text/plain\r\nContent-Encoding: gzip", gz(strings.Repeat(oats, 20))[:60]))
	f("response", packed, "skipped: bad-encoding", "")
}

// Records about records, which are documents if they are asked for.
func TestWARCRecordsAboutRecords(t *testing.T) {
	f := func(kinds, record, want, meta string) { t.Helper(); judgeOne(t, kinds, record, want, meta) }
	f("request", rec("request", "application/http; msgtype=request", "GET / HTTP/1.1\r\nHost: x.org\r\n\r\n"), "GET / HTTP/1.1\r\nHost: x.org\r\n\r\n", `{"record":"request"}`)
	f("metadata", rec("metadata", "application/warc-fields", "charset-detected: UTF-8\r\n"), "charset-detected: UTF-8\r\n", `{"record":"metadata"}`)
	f("metadata", rec("metadata", "application/octet-stream", "\x00\x01\x02"), "passed: other-media", "")
	f("metadata", rec("metadata", "application/json", `{"a": [1]}`), `{"a": [1]}`, `{"record":"metadata"}`)
	f("metadata", rec("metadata", "application/json", `{"a": [1`), "skipped: bad-json", "")
	f("response", rec("metadata", "application/json", `{"a": [1]}`), "passed: metadata", "")
	wat := `{"Envelope":{"Payload-Metadata":{"HTTP-Response-Metadata":{"HTML-Metadata":{"Head":{"Title":" The\n mill ","Metas":[{"name":"Description","content":"Of oats."}]},"Links":[{"path":"A@/href","url":"/a","text":"The  river"},{"path":"IMG@/src","url":"b.png","alt":"A wheel"},{"url":"/c"}]}}}}}`
	f("metadata", rec("metadata", "application/json", wat), "The mill\nOf oats.\nThe river\nA wheel", `{"title":"The mill","record":"metadata"}`)
	f("metadata", rec("metadata", "application/json", `{"Envelope":{"Payload-Metadata":{"HTTP-Request-Metadata":{}}}}`), "passed: other-media", "")
	f("metadata", rec("metadata", "application/json", `{"Envelope":{"Payload-Metadata":{"HTTP-Response-Metadata":{"HTML-Metadata":{}}}}}`), "skipped: no-text", "")
	f("revisit", rec("revisit", "application/http", "HTTP/1.1 304 Not Modified\r\n\r\n"), "HTTP/1.1 304 Not Modified\r\n\r\n", `{"record":"revisit"}`)
	f("response", rec("revisit", "application/http", "HTTP/1.1 304 Not Modified\r\n\r\n"), "passed: revisit", "")
	f("response", rec("continuation", "x/y", "x"), "passed: continuation", "")
	// Other statuses can be read.
	x := DefaultWARCOptions()
	x.Status = []int{404}
	if h := reading(t, "a.warc", rec("response", "application/http", strings.Replace(httpOf("Content-Type: text/html", millPage), "200", "404", 1)), x); len(h.docs) != 1 {
		t.Error(h.reasons)
	}
}

func TestWARCOptionsAreChecked(t *testing.T) {
	f := func(want string, change func(x *WARCOptions)) {
		t.Helper()
		x := DefaultWARCOptions()
		change(&x)
		if _, err := NewWARC(opts(t.TempDir(), "a.warc"), x); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	f("names no kind", func(x *WARCOptions) { x.Records = nil })
	f(`"verse" is none of response, resource, conversion, metadata, request, revisit, warcinfo`, func(x *WARCOptions) { x.Records = []string{"verse"} })
	f(`"continuation" is none of`, func(x *WARCOptions) { x.Records = []string{"continuation"} })
	f("99 is no HTTP status", func(x *WARCOptions) { x.Status = []int{99} })
	f("cdx names none", func(x *WARCOptions) { x.Only.MIME = []string{"text/html"} })
}

// A payload digest is that of the payload as sent, without chunks, or unpacked; one that is wrong is a mark.
// markOf is a mark's value, 0 if there is none.
func markOf(d quern.Doc, name string) float64 {
	for _, m := range d.Marks {
		if m.Name == name {
			return m.Value
		}
	}
	return 0
}

func TestWARCPayloadDigest(t *testing.T) {
	digest := func(s string) string {
		sum := sha1.Sum([]byte(s))
		return "sha1:" + base32.StdEncoding.EncodeToString(sum[:])
	}
	packed := gz(millPage)
	chunks := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(packed), packed)
	for payload, want := range map[string]float64{chunks: 0, packed: 0, millPage: 0, "other": 1} {
		lines := append(responseLines[:len(responseLines):len(responseLines)], "WARC-Payload-Digest: "+digest(payload))
		h := reading(t, "a.warc", warcOf(httpOf("Content-Type: text/html\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip", chunks), lines...), DefaultWARCOptions())
		if len(h.docs) != 1 || markOf(h.docs[0], "payload_digest_wrong") != want || markOf(h.docs[0], "raw_bytes") != float64(len(millPage)) {
			t.Errorf("digest of %.20q: %v %v, want %v", payload, h.docs, h.reasons, want)
		}
	}
}

// A large block that would be no document anyway is passed over as what it is.
func TestWARCLargeMedia(t *testing.T) {
	large := strings.Repeat("x", maxPayload)
	h := reading(t, "a.warc", warcOf(httpOf("Content-Type: video/mp4", large), responseLines...)+warcOf(httpOf("Content-Type: text/html", large), responseLines...), DefaultWARCOptions())
	if countsOf(h.passed) != "other-media:1" || countsOf(h.reasons) != "too-large:1" {
		t.Error(h.passed, h.reasons)
	}
}

func arcRecord(i int, body string) string {
	block := httpOf("Content-Type: text/html", "<html><body><article><p>"+body+"</p></article></body></html>")
	return fmt.Sprintf("http://x.org/%d?a b 10.0.0.1 20240102030405 text/html %d\n%s\n", i, len(block), block)
}

const arcStart = "filedesc://a.arc 0.0.0.0 20240102030405 text/plain 76\n1 1 InternetArchive\nURL IP-address Archive-date Content-type Archive-length\n\n"

func TestARC(t *testing.T) {
	f := func(docs int, reasons, passed, name, data string) harvest {
		t.Helper()
		h := reading(t, name, data, DefaultWARCOptions())
		if len(h.docs) != docs || countsOf(h.reasons) != reasons || countsOf(h.passed) != passed {
			t.Errorf("%.300q: %d docs, %v, %v; want %d, %s, %s; %v", data, len(h.docs), h.reasons, h.passed, docs, reasons, passed, h.errs)
		}
		return h
	}
	two := arcRecord(1, oats) + arcRecord(2, oats)
	for name, data := range map[string]string{"a.arc": arcStart + two, "a.arc.gz": gz(arcStart, arcRecord(1, oats), arcRecord(2, oats)), "b.arc.gz": gz(arcStart + two), "a.arc.zst": zst(arcStart, two)} {
		h := f(2, "", "filedesc:1", name, data)
		if d := h.docs[0]; d.Origin != "http://x.org/1?a b" || d.Time != "2024-01-02T03:04:05Z" || string(d.Text) != oats {
			t.Errorf("%s %s %q", d.Origin, d.Time, d.Text)
		}
	}
	v2 := strings.Replace(arcRecord(1, oats), "text/html ", "text/html 200 d41d8 - 1234 a.arc ", 1)
	f(1, "", "filedesc:1", "a.arc", arcStart+v2)
	dns := "dns:x.org 10.0.0.1 20240102030405 text/dns 4\nabcd\n"
	f(1, "", "filedesc:1 other-protocol:1", "a.arc", arcStart+dns+arcRecord(1, oats))
	f(1, "bad-http:1", "filedesc:1", "a.arc", arcStart+"http://x.org/ 10.0.0.1 20240102030405 text/html 4\nabcd\n"+arcRecord(1, oats))
	f(1, "bad-length:1", "filedesc:1", "a.arc", arcStart+strings.Replace(arcRecord(1, oats), "html 1", "html 2", 1)+arcRecord(2, oats))
	f(1, "resync:1", "filedesc:1", "a.arc", arcStart+"garbage\nand more\n"+arcRecord(2, oats))
	f(1, "truncated:1", "filedesc:1", "a.arc", arcStart+two[:len(two)-50])
	f(0, "not-arc:1", "", "a.arc", warcRecord(1, oats))
	f(0, "not-arc:1", "", "a.arc", "")
	f(0, "not-warc:1", "", "a.warc", arcStart+two)
	// Divided, plain and packed.
	var plainText strings.Builder
	plainText.WriteString(arcStart)
	members := []string{arcStart}
	for i := range 40 {
		rec := arcRecord(i, strings.Repeat(fmt.Sprint("Page ", i, " of the mill. "), 1+i%9))
		plainText.WriteString(rec)
		members = append(members, rec)
	}
	dir := plant(t, "p.arc", plainText.String(), "g.arc.gz", gz(members...))
	for _, name := range []string{"p.arc", "g.arc.gz"} {
		sameFates(t, 41, func(unit int64) (Reader, error) {
			o := opts(dir, name)
			o.UnitBytes = unit
			return NewWARC(o, DefaultWARCOptions())
		})
	}
}

// dictionary trains on records.
func dictionary(t *testing.T, id uint32, samples ...string) []byte {
	t.Helper()
	var contents [][]byte
	for _, s := range samples {
		contents = append(contents, []byte(s))
	}
	d, err := dict.BuildZstdDict(contents, dict.Options{MaxDictSize: 8 << 10, HashBytes: 6, ZstdDictID: id})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// dictMagic begins the frame of a dictionary.
const dictMagic = "\x5d\x2a\x4d\x18"

func skippableFrame(magic string, data []byte) string {
	return magic + string(binary.LittleEndian.AppendUint32(nil, uint32(len(data)))) + string(data)
}

func TestWARCZstd(t *testing.T) {
	var records, samples []string
	for i := range 40 {
		rec := warcRecord(i, strings.Repeat(fmt.Sprintf("Page %d of the mill by the river, where %x lives. ", i, sha1.Sum([]byte{byte(i)})), 1+i%9))
		if records = append(records, rec); i < 20 {
			samples = append(samples, rec)
		}
	}
	trained := dictionary(t, 4711, samples...)
	withDict, err := zstd.NewWriter(nil, zstd.WithEncoderDict(trained), zstd.WithEncoderCRC(true))
	if err != nil {
		t.Fatal(err)
	}
	var frames []byte
	for _, r := range records {
		frames = withDict.EncodeAll([]byte(r), frames)
	}
	var halves []string
	for _, r := range records {
		halves = append(halves, r[:len(r)/2], r[len(r)/2:])
	}
	open := func(dir, file string, unit int64) (*testing.T, Reader, error) {
		o := opts(dir, file)
		o.UnitBytes = unit
		r, err := NewWARC(o, DefaultWARCOptions())
		return t, r, err
	}
	files := map[string]string{
		"frames":  zst(records...),
		"halves":  zst(halves...),
		"padded":  strings.Join([]string{zst(records[:20]...), skippableFrame("\x50\x2a\x4d\x18", []byte("an index, say")), zst(records[20:]...)}, ""),
		"dict":    skippableFrame(dictMagic, trained) + string(frames),
		"zipdict": skippableFrame(dictMagic, []byte(zst(string(trained)))) + string(frames),
	}
	for name, data := range files {
		file := name + ".warc.zst"
		dir := plant(t, file, data)
		whole, units := fates(open(dir, file, 1<<40))
		if len(whole) != 40 || units != 1 {
			t.Errorf("%s: %d fates in %d units: %.300q", name, len(whole), units, whole)
		}
		for _, unit := range []int64{111, 700, 4096} {
			if got, units := fates(open(dir, file, unit)); !slices.Equal(got, whole) || units < 2 {
				t.Errorf("%s in %d units of %d bytes: %d fates, want %d", name, units, unit, len(got), len(whole))
			}
		}
	}
	if h := reading(t, "a.warc.zst", string(frames), DefaultWARCOptions()); len(h.docs) != 0 || countsOf(h.reasons) != "bad-zstd:1" { // whose dictionary is not there
		t.Error(len(h.docs), h.reasons)
	}
}

// Damaged frames and dictionaries.
func TestWARCZstdDamaged(t *testing.T) {
	var records []string
	for i := range 40 {
		records = append(records, warcRecord(i, fmt.Sprintf("Page %d of the mill by the river.", i)))
	}
	f := func(docs int, reasons, data string) {
		t.Helper()
		if h := reading(t, "a.warc.zst", data, DefaultWARCOptions()); len(h.docs) != docs || countsOf(h.reasons) != reasons {
			t.Errorf("%d docs, %v; want %d, %s; %v", len(h.docs), h.reasons, docs, reasons, h.errs)
		}
	}
	f(40, "", zst(strings.Join(records, "")))
	f(40, "", zst(records...)+strings.Repeat("\x00", 100))
	f(40, "trailing-garbage:1", zst(records...)+"the end")
	f(39, "truncated:1", zst(records...)[:len(zst(records...))-3])
	hurt := []byte(zst(records...))
	at := len(zst(records[:20]...)) + 40
	hurt[at] ^= 0xff
	f(39, "bad-zstd:1", string(hurt))
	f(0, "bad-zstd:1", skippableFrame(dictMagic, []byte("\x37\xa4\x30\xec, but no more"))+string(hurt))
	f(0, "bad-zstd:1", skippableFrame(dictMagic, []byte("no dictionary"))+string(hurt))
	f(0, "bad-zstd:1", dictMagic+"\xff\xff\xff\xff"+string(hurt))
	// A frame of many blocks goes by stream.
	big := warcOf(httpOf("Content-Type: text/plain", strings.Repeat("The mill by the river. ", 200000)), responseLines...)
	f(3, "", zst(records[0], big, records[1]))
	// A bomb costs itself: blocks of one repeated byte.
	bomb := "\x28\xb5\x2f\xfd\x00\x58" + strings.Repeat("\x02\x00\x10x", 1000) + "\x03\x00\x10x"
	f(2, "bomb:1", zst(records[0])+bomb+zst(records[1]))
}
