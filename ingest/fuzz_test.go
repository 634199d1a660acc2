package ingest

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// collector is an out that keeps what it is given.
func collector(docs *[]quern.Doc, errs *[]error) *out {
	return &out{ctx: context.Background(), o: &Options{Name: "s", Domain: "d"}, yield: func(d *quern.Doc, err error) bool {
		if err != nil {
			*errs = append(*errs, err)
			return true
		}
		c := *d
		c.Text, c.Meta = bytes.Clone(d.Text), bytes.Clone(d.Meta)
		*docs = append(*docs, c)
		return true
	}}
}

// Each line ends as one document or one bad record, and a document agrees with another decoder.
func FuzzJSONLine(f *testing.F) {
	for _, s := range []string{`{"text":"a","id":1}`, `{"text":"\ud83d\ude00","k":{"a":[1,2e5,null]}}`, `{"text":"a","text":"b"}`, `[1]`, `{"a":{"b":"c"},"text":"x","date":"2024"}`, `{"text":"\ud800"}`, "{\"text\":\"\xff\"}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		line = bytes.Trim(line, " \t\r\n")
		if len(line) == 0 || bytes.IndexByte(line, '\n') >= 0 {
			return
		}
		var docs []quern.Doc
		var errs []error
		r := newRecord(collector(&docs, &errs), Fields{Text: "text", ID: "id", Origin: "a.b", Time: "date"})
		r.begin("x")
		if err := r.line(line, 0); err != nil || len(docs)+len(errs) != 1 {
			t.Fatalf("%d docs, %d bad, %v", len(docs), len(errs), err)
		}
		if len(docs) == 0 {
			return
		}
		var want map[string]any
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatalf("accepted, but: %v", err)
		}
		if want["text"] != string(docs[0].Text) || !utf8.Valid(docs[0].Text) {
			t.Errorf("%q, want %q", docs[0].Text, want["text"])
		}
		if m := docs[0].Meta; m != nil && !json.Valid(m) {
			t.Errorf("meta %q", m)
		}
	})
}

// addFixtures makes seeds of the small files of folders of the fixtures, where they are.
func addFixtures(f *testing.F, folders ...string) {
	for _, folder := range folders {
		files, _ := filepath.Glob(filepath.Join(fixtures, folder, "*"))
		for _, name := range files {
			if data, err := os.ReadFile(name); err == nil && len(data) < 1<<15 {
				f.Add(data)
			}
		}
	}
}

// fuzzFile reads data as a file of the given name and holds it to the contract.
func fuzzFile(t *testing.T, name string, data []byte, open func(o Options) (Reader, error)) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
		t.Fatal(err)
	}
	r, err := open(opts(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := quern.CheckSource(context.Background(), r); err != nil {
		t.Error(err)
	}
}

func FuzzWARC(f *testing.F) {
	rec := warcRecord(1, "Some text of a page.")
	for _, s := range []string{rec + rec, strings.Replace(rec, "Content-Length: ", "Content-Length: 9", 1) + rec, gz(rec, rec), gz(rec)[:100] + gz(rec), rec[:200], "WARC/1.0\r\n\r\n" + rec} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzFile(t, "a.warc", data, func(o Options) (Reader, error) {
			o.UnitBytes = 300
			return NewWARC(o, DefaultWARCOptions())
		})
	})
}

func FuzzARC(f *testing.F) {
	f.Add([]byte(arcStart + arcRecord(1, "Some text of a page.") + arcRecord(2, "Some more.")))
	f.Add([]byte(gz(arcStart, arcRecord(1, "Some text of a page."))))
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzFile(t, "a.arc", data, func(o Options) (Reader, error) {
			o.UnitBytes = 300
			return NewWARC(o, DefaultWARCOptions())
		})
	})
}

func FuzzWARCZstd(f *testing.F) {
	rec := warcRecord(1, "Some text of a page.")
	f.Add([]byte(zst(rec, rec)))
	f.Add([]byte(zst(rec) + skippableFrame("\x50\x2a\x4d\x18", []byte("x")) + zst(rec)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if sniff(data) != zstandard {
			return
		}
		fuzzFile(t, "a.warc.zst", data, func(o Options) (Reader, error) {
			o.UnitBytes = 100
			return NewWARC(o, DefaultWARCOptions())
		})
	})
}

func FuzzCDX(f *testing.F) {
	f.Add([]byte(" CDX N b a m s k r M S V g"), []byte("org,x)/ 2024 http://x.org/ text/html 200 AAAA - - 10 20 a.warc.gz"))
	f.Add([]byte("!"), []byte("org,x)/ 2024 {\"url\": \"http://x.org/\", \"offset\": \"20\", \"length\": 10, \"filename\": \"a.warc.gz\"}"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var r cdxReader
		r.parse(first)
		if ok, err := r.parse(second); ok && (err != nil || r.line.Offset < 0 || r.line.Filename == "" || r.line.Offset+r.line.Length < r.line.Offset-1) {
			t.Errorf("%+v, %v", r.line, err)
		}
	})
}

func FuzzHTTP(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"))
	f.Add([]byte("HTTP/1.0 404 \nContent-Encoding: deflate\n\n" + zipped("page")))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parseResponse(data)
		if err != nil {
			return
		}
		body, err := unchunk(nil, r.body)
		if err == nil && len(body) > len(r.body) {
			t.Errorf("%d bytes unchunked from %d", len(body), len(r.body))
		}
		var x bodyDecoder
		if body, err = x.decode(r.encodings, body); err == nil && len(body) > maxPayload && len(body) > len(data) {
			t.Errorf("%d bytes unpacked", len(body))
		}
	})
}

func FuzzParquet(f *testing.F) {
	f.Add([]byte(table(f, []tableRow{{ID: 1, Text: "a"}, {ID: 2, Text: "b"}})))
	addFixtures(f, "parquet")
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzFile(t, "a.parquet", data, func(o Options) (Reader, error) { return NewParquet(o, Fields{Text: "text", ID: "id"}) })
	})
}

func FuzzTar(f *testing.F) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	w.WriteHeader(&tar.Header{Name: "a.go", Size: 9, Mode: 0o644})
	w.Write([]byte("package a"))
	w.Close()
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		n := int64(0)
		err := scanTar(bytes.NewReader(data), "x", func(r *tar.Reader, h *tar.Header) error {
			if sparse(h) || h.Typeflag == tar.TypeGNUSparse {
				return nil
			}
			k, _ := io.Copy(io.Discard, r)
			n += k
			return nil
		})
		var bad *quern.RecordError
		if err != nil && !errors.As(err, &bad) || n > int64(len(data)) {
			t.Errorf("%d bytes out of %d, %v", n, len(data), err)
		}
	})
}

func FuzzZip(f *testing.F) {
	f.Add([]byte(zipOf(f, "a.go", "package a", "b.go", "package b")))
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzFile(t, "a.zip", data, func(o Options) (Reader, error) { return NewTree(o, DefaultTreeOptions()) })
	})
}

func FuzzStream(f *testing.F) {
	f.Add([]byte(gz("{\"text\":\"a\"}", "{\"text\":\"b\"}")))
	f.Add([]byte("\x28\xb5\x2f\xfd\x04\x00\x01\x00\x00"))
	addFixtures(f, "gzip", "zstd", "jsonl")
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzFile(t, "a.jsonl", data, func(o Options) (Reader, error) { return NewJSONL(o, DefaultFields()) })
	})
}
