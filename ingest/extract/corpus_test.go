package extract

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// corpus lists the WARC files beside the repository, as paths below webData: the benchmark, documentation and crawls.
func corpus(tb testing.TB) []string {
	tb.Helper()
	var files []string
	for _, pattern := range []string{"*.warc.gz", "*/*.warc.gz", "*/*/*.warc.gz", "*/*/*/*.warc.gz", "*/*/*/*/*.warc.gz"} {
		found, err := filepath.Glob(webData + pattern)
		if err != nil {
			tb.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		tb.Skip("no real pages here")
	}
	for i := range files {
		files[i] = strings.TrimPrefix(filepath.ToSlash(files[i]), webData)
	}
	return files
}

const allPages = 1 << 30

// somePages is allPages, or few in short tests.
func somePages() int {
	if testing.Short() {
		return 10
	}
	return allPages
}

// corpusPages calls f with the first pages of a WARC file, at most limit of them, decoded to UTF-8. Damaged records and files end early:
// this is no test of WARC.
func corpusPages(tb testing.TB, name string, limit int, f func(url string, page []byte)) {
	tb.Helper()
	file, err := os.Open(webData + name)
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(bufio.NewReaderSize(file, 1<<20))
	if err != nil {
		return
	}
	in := bufio.NewReaderSize(z, 1<<20)
	for n := 0; n < limit; {
		uri, record, err := warcRecord(in)
		if err != nil {
			return
		}
		body, contentType, ok := htmlBody(record)
		if !ok {
			continue
		}
		n++
		if page, _, err := Decode(nil, body, contentType); err == nil {
			f(uri, page)
		}
	}
}

func warcRecord(in *bufio.Reader) (uri string, block []byte, err error) {
	size := 0
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", nil, err
		}
		line = strings.TrimSpace(line)
		if line == "" {
			if size == 0 {
				continue
			}
			block = make([]byte, size)
			_, err = io.ReadFull(in, block)
			return uri, block, err
		}
		key, value, _ := strings.Cut(line, ":")
		switch strings.ToLower(key) {
		case "content-length":
			if size, err = strconv.Atoi(strings.TrimSpace(value)); err != nil || size > 1<<28 {
				return "", nil, io.ErrUnexpectedEOF
			}
		case "warc-target-uri":
			uri = strings.TrimSpace(value)
		}
	}
}

// htmlBody is the body of an HTTP response, if it is a page of HTML.
func htmlBody(block []byte) (body []byte, contentType string, ok bool) {
	if !bytes.HasPrefix(block, []byte("HTTP/")) {
		return nil, "", false
	}
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(block)), nil)
	if err != nil || !strings.Contains(r.Header.Get("Content-Type"), "html") {
		return nil, "", false
	}
	defer r.Body.Close()
	from := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		if from, err = gzip.NewReader(r.Body); err != nil {
			return nil, "", false
		}
	}
	body, _ = io.ReadAll(from) // a cut body is still a page
	return body, r.Header.Get("Content-Type"), len(bytes.TrimSpace(body)) > 0
}

// BenchmarkPages times every real page by itself and reports the slow ones: the 99th percentile and the slowest, best of three.
func BenchmarkPages(b *testing.B) {
	var pages [][]byte
	size := 0
	for _, name := range corpus(b) {
		corpusPages(b, name, allPages, func(_ string, page []byte) {
			pages = append(pages, page)
			size += len(page)
		})
	}
	best := make([]float64, len(pages))
	var x HTML
	b.SetBytes(int64(size))
	for b.Loop() {
		for i, page := range pages {
			for range 3 {
				start := time.Now()
				x.Extract(page)
				if took := float64(time.Since(start).Microseconds()) / 1000; best[i] == 0 || took < best[i] {
					best[i] = took
				}
			}
		}
	}
	slices.Sort(best)
	b.ReportMetric(best[len(best)*99/100], "ms/p99")
	b.ReportMetric(best[len(best)-1], "ms/slowest")
}
