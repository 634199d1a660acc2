//go:build ignore

// Pack packs pages/*.html into pages.warc.gz, one gzip member a record, as crawlers write them. The first line of a page tells its
// URL and date and is not part of it.
//
//	go run pack.go
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"encoding/base32"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"sort"
)

var head = regexp.MustCompile(`^<!-- url: (\S+) date: (\S+) -->\r?\n`)

func main() {
	log.SetFlags(0)
	pages, err := filepath.Glob("pages/*.html")
	if err != nil || len(pages) == 0 {
		log.Fatal("pack: no pages/*.html here")
	}
	sort.Strings(pages)
	var out bytes.Buffer
	record(&out, "warcinfo", "", "2026-11-01T00:00:00Z", "application/warc-fields", []byte("software: quern pack.go\r\nformat: WARC File Format 1.1\r\n"))
	for _, name := range pages {
		page, err := os.ReadFile(name)
		if err != nil {
			log.Fatal(err)
		}
		m := head.FindSubmatch(page)
		if m == nil {
			log.Fatalf("%s: the first line tells no URL and date", name)
		}
		page = page[len(m[0]):]
		body := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s", len(page), page)
		record(&out, "response", string(m[1]), string(m[2]), "application/http; msgtype=response", body)
	}
	if err := os.WriteFile("pages.warc.gz", out.Bytes(), 0o666); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d pages, %d bytes\n", len(pages), out.Len())
}

func record(out *bytes.Buffer, kind, url, date, mime string, body []byte) {
	sum := sha1.Sum(append([]byte(url), body...))
	var r bytes.Buffer
	fmt.Fprintf(&r, "WARC/1.1\r\nWARC-Type: %s\r\nWARC-Record-ID: <urn:uuid:%x-%x-%x-%x-%x>\r\nWARC-Date: %s\r\n", kind, sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16], date)
	if url != "" {
		fmt.Fprintf(&r, "WARC-Target-URI: %s\r\n", url)
	}
	digest := sha1.Sum(body)
	fmt.Fprintf(&r, "WARC-Block-Digest: sha1:%s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", base32.StdEncoding.EncodeToString(digest[:]), mime, len(body))
	r.Write(body)
	r.WriteString("\r\n\r\n")
	z, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		log.Fatal(err)
	}
	z.Write(r.Bytes())
	if err := z.Close(); err != nil {
		log.Fatal(err)
	}
}
