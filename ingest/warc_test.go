package ingest

import (
	"bytes"
	"crypto/sha1"
	"encoding/base32"
	"fmt"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

const millPage = "<html lang=en><head><title>The mill</title></head><body><article><p>The miller weighed twenty sacks of oats before the frost came.</p></article></body></html>"

// warcOf is a WARC record with the given extra header lines.
func warcOf(block string, lines ...string) string {
	return "WARC/1.0\r\n" + strings.Join(lines, "\r\n") + fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", len(block), block)
}

var responseLines = []string{"WARC-Type: response", "WARC-Target-URI: http://x.org/", "WARC-Date: 2024-01-02T03:04:05Z", "WARC-Record-ID: <urn:1>", "Content-Type: application/http; msgtype=response"}

func httpOf(head, body string) string { return "HTTP/1.1 200 OK\r\n" + head + "\r\n\r\n" + body }

func zipped(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func brotlied(s string) string {
	var b bytes.Buffer
	w := brotli.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

// zst packs each part as one frame with a checksum.
func zst(parts ...string) string {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderCRC(true))
	if err != nil {
		panic(err)
	}
	var b []byte
	for _, p := range parts {
		b = w.EncodeAll([]byte(p), b)
	}
	return string(b)
}

func TestWARCResponse(t *testing.T) {
	const text = "The miller weighed twenty sacks of oats before the frost came."
	f := func(want, block string, extra ...string) {
		t.Helper()
		r, err := NewWARC(opts(plant(t, "a.warc", warcOf(block, append(responseLines[:len(responseLines):len(responseLines)], extra...)...)), "a.warc"), DefaultWARCOptions())
		h := reap(t, r, err)
		switch {
		case want == "": // no document, and nothing bad
			if len(h.docs)+len(h.reasons) > 0 {
				t.Errorf("%q: %d docs, %v", block, len(h.docs), h.reasons)
			}
		case want == text:
			if len(h.docs) != 1 || !strings.Contains(string(h.docs[0].Text), text) || h.docs[0].Origin != "http://x.org/" || h.docs[0].Time != "2024-01-02T03:04:05Z" {
				t.Errorf("%.200q: %v, %v", block, h.docs, h.reasons)
			}
		default:
			if len(h.docs) != 0 || h.reasons[want] != 1 || len(h.reasons) != 1 {
				t.Errorf("%.200q: %d docs, %v, want %s", block, len(h.docs), h.reasons, want)
			}
		}
	}
	html := "Content-Type: text/html; charset=utf-8"
	f(text, httpOf(html, millPage))
	f(text, httpOf("content-type:TEXT/HTML", millPage))
	f(text, httpOf("Content-Type: application/xhtml+xml", millPage))
	f(text, httpOf("Content-Type: text/plain", text))
	f(text, httpOf("X: no type, but looks like markup", millPage))
	f("", httpOf("X: no type", text))
	f("", httpOf("Content-Type: image/png", "\x89PNG"))
	f("", httpOf("Content-Type: application/json", "{}"))
	f("http-status", strings.Replace(httpOf(html, millPage), "200 OK", "301 Moved", 1))
	f("bad-http", millPage)
	f("bad-http", "HTTP/1.1\r\n\r\n"+millPage)
	f("bad-http", "HTTP/1.1 2e2 OK\r\n\r\n"+millPage)
	f("bad-http", "HTTP/1.1 200 OK\r\n"+html)
	f("not-text", httpOf(html, "\x89PNG\r\n\x1a\n"))
	f("no-text", httpOf(html, "<html></html>"))
	f("no-text", httpOf("Content-Type: text/plain", " \n"))
	// Bodies as received.
	chunked := html + "\r\nTransfer-Encoding: chunked"
	f(text, httpOf(chunked, fmt.Sprintf("10;x=y\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", millPage[:16], len(millPage)-16, millPage[16:])))
	f(text, httpOf(chunked, millPage))
	f("bad-http", httpOf(chunked, "10\r\n"+millPage[:16]+"\r\nzz\r\n"+millPage[16:]))
	f("bad-http", httpOf(chunked, "10\r\n"+millPage[:16]))
	f(text, httpOf(html+"\r\nContent-Encoding: gzip", gz(millPage)))
	f(text, httpOf(html+"\r\nContent-Encoding: x-gzip, identity", gz(millPage)))
	f(text, httpOf(html+"\r\nContent-Encoding: gzip", millPage))
	f(text, httpOf(html+"\r\nContent-Encoding: gzip, gzip", gz(gz(millPage))))
	f(text, httpOf(html+"\r\nContent-Encoding: deflate", zipped(millPage)))
	f(text, httpOf(html+"\r\nContent-Encoding: deflate", zipped(millPage)[2:]))
	f(text, httpOf(html+"\r\nContent-Encoding: deflate", millPage))
	f("bad-encoding", httpOf(html+"\r\nContent-Encoding: deflate", zipped(millPage)[:50]))
	f(text, httpOf(html+"\r\nContent-Encoding: br", brotlied(millPage)))
	f(text, httpOf(html+"\r\nContent-Encoding: br", millPage))
	f("bad-encoding", httpOf(html+"\r\nContent-Encoding: br", brotlied(millPage)[:50]))
	f(text, httpOf(html+"\r\nContent-Encoding: zstd", zst(millPage)))
	f(text, httpOf(html+"\r\nContent-Encoding: zstd", millPage))
	f("bad-encoding", httpOf(html+"\r\nContent-Encoding: zstd", zst(millPage)[:50]))
	f("bad-encoding", httpOf(html+"\r\nContent-Encoding: sdch", millPage))
	f("too-large", httpOf(html+"\r\nContent-Encoding: br", brotlied(strings.Repeat(" ", maxPayload+1))))
	f("too-large", httpOf(html+"\r\nContent-Encoding: gzip", gz(strings.Repeat(" ", maxPayload+1))))
	// Digests of the block.
	sum := sha1.Sum([]byte(httpOf(html, millPage)))
	f(text, httpOf(html, millPage), "WARC-Block-Digest: sha1:"+base32.StdEncoding.EncodeToString(sum[:]))
	f(text, httpOf(html, millPage), fmt.Sprintf("WARC-Block-Digest: sha1:%x", sum))
	f(text, httpOf(html, millPage), "WARC-Block-Digest: crc99:1")
	f("digest", httpOf(html, millPage), "WARC-Block-Digest: sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f("digest", httpOf(html, millPage), "WARC-Block-Digest: md5:00")
	f("digest", httpOf(html, millPage), "WARC-Block-Digest: sha256:00")
}

func TestWARCMeta(t *testing.T) {
	block := httpOf("Content-Type: text/html; charset=iso-8859-1", "<html lang=fr><head><title>Le moulin</title></head><body><article><p>Le vieux moulin se dresse pr\xe8s de la rivi\xe8re, et il tourne.</p></article></body></html>")
	r, err := NewWARC(opts(plant(t, "a.warc", warcOf(block, append(responseLines[:len(responseLines):len(responseLines)], "WARC-Truncated: length")...)), "a.warc"), DefaultWARCOptions())
	h := reap(t, r, err)
	if len(h.docs) != 1 {
		t.Fatal(h.reasons)
	}
	d := h.docs[0]
	if string(d.Meta) != `{"title":"Le moulin","page_lang":"fr","charset":"windows-1252","truncated":"length"}` || d.Lang != "" || !strings.Contains(string(d.Text), "près de la rivière") {
		t.Errorf("%s %q %s", d.Meta, d.Lang, d.Text)
	}
}

func TestWARCRecords(t *testing.T) {
	good := warcOf(httpOf("Content-Type: text/html", millPage), responseLines...)
	f := func(docs int, reasons string, file string) {
		t.Helper()
		for _, packed := range []bool{false, true} {
			name, data := "a.warc", file
			if packed {
				name, data = "a.warc.gz", gz(file)
			}
			r, err := NewWARC(opts(plant(t, name, data), name), DefaultWARCOptions())
			h := reap(t, r, err)
			want := map[string]int{}
			for _, k := range strings.Fields(reasons) {
				want[k]++
			}
			if len(h.docs) != docs || fmt.Sprint(h.reasons) != fmt.Sprint(want) {
				t.Errorf("packed %v: %d docs, %v; want %d, %v\n%v", packed, len(h.docs), h.reasons, docs, want, h.errs)
			}
		}
	}
	typed := func(kind string) string { return warcOf("x", "WARC-Type: "+kind, "WARC-Target-URI: http://x.org/") }
	f(1, "", good)
	f(1, "", typed("warcinfo")+typed("request")+typed("metadata")+typed("revisit")+typed("resource")+good)
	f(1, "other-type", typed("verse")+good)
	f(1, "no-type", warcOf("x", "WARC-Target-URI: http://x.org/")+good)
	f(1, "no-uri", warcOf("x", "WARC-Type: response")+good)
	f(1, "empty", warcOf("", responseLines...)+good)
	f(1, "", warcOf("x", "WARC-Type: response", "WARC-Target-URI: dns:x.org", "Content-Type: text/dns")+good)
	f(1, "unknown-version", strings.Replace(good, "1.0", "7.5", 1)+good)
	f(1, "resync", "some garbage\r\nand more\r\n"+good)
	f(2, "resync", good+"some garbage\r\nand more\r\n"+good)
	f(1, "bad-header", "WARC/1.0\r\nX: "+strings.Repeat("x", maxWARCHeader)+"\r\n\r\n"+good)
	f(1, "too-large", warcOf(strings.Repeat("x", maxPayload+1), responseLines...)+good)
	f(1, "", warcOf(strings.Repeat("x", maxPayload+1), "WARC-Type: request")+good)
	wet := func(text string) string {
		return warcOf(text, "WARC-Type: conversion", "WARC-Target-URI: http://x.org/", "Content-Type: text/plain")
	}
	f(1, "", wet("Some text."))
	f(0, "no-text", wet(" \u200b\n"))
	f(0, "invalid-utf8", wet("\xff"))
	f(0, "", warcOf("{}", "WARC-Type: conversion", "WARC-Target-URI: http://x.org/", "Content-Type: application/json"))
}

// Members that are damaged cost their records and no others.
func TestWARCMembers(t *testing.T) {
	rec := func(i int) string {
		return warcRecord(i, "The miller weighed twenty sacks of oats before the frost came.")
	}
	f := func(docs int, reasons map[string]int, data string) {
		t.Helper()
		r, err := NewWARC(opts(plant(t, "a.warc.gz", data), "a.warc.gz"), DefaultWARCOptions())
		h := reap(t, r, err)
		if len(h.docs) != docs || fmt.Sprint(h.reasons) != fmt.Sprint(reasons) {
			t.Errorf("%d docs, %v; want %d, %v; %v", len(h.docs), h.reasons, docs, reasons, h.errs)
		}
	}
	a, b, c := gz(rec(1)), gz(rec(2)), gz(rec(3))
	none := map[string]int{}
	f(3, none, a+b+c)
	f(3, none, a+b+c+strings.Repeat("\x00", 1000))
	f(3, none, a+gz("")+b+gz("\r\n\r\n")+c)
	f(2, map[string]int{"bad-gzip": 1}, a+b[:len(b)/2]+c)
	f(2, map[string]int{"bad-gzip": 1}, a+strings.Repeat("\x00", len(b))+c)
	f(2, map[string]int{"bad-gzip": 1}, a[:len(a)/2]+b+c)
	f(2, map[string]int{"truncated": 1}, a+b+c[:len(c)-3])
	f(3, map[string]int{"trailing-garbage": 1}, a+b+c+"the end")
	f(0, map[string]int{"not-warc": 1}, gz("no record"))
	f(0, map[string]int{"not-warc": 1}, gz("filedesc://x.arc 0.0.0.0 20080430204825 text/plain 1301\n"))
	f(0, map[string]int{"not-warc": 1}, gz(""))
	f(0, map[string]int{"bad-gzip": 1}, rec(1)) // named as gzip
	// A packed block that is long but honest, stored as it is.
	var big bytes.Buffer
	w, _ := gzip.NewWriterLevel(&big, gzip.NoCompression)
	w.Write([]byte(warcOf(strings.Repeat("y", maxPayload+5), "WARC-Type: response", "WARC-Target-URI: http://x.org/")))
	w.Close()
	f(2, map[string]int{"too-large": 1}, a+big.String()+c)
}
