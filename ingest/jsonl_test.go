package ingest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-83c59573/quern"
)

// oneJSONL reads one line.
func oneJSONL(t *testing.T, f Fields, line string) (quern.Doc, map[string]int) {
	t.Helper()
	o := opts(plant(t, "a.jsonl", line), "a.jsonl")
	o.License = "CC0-1.0"
	r, err := NewJSONL(o, f)
	h := reap(t, r, err)
	if len(h.docs) != 1 {
		return quern.Doc{}, h.reasons
	}
	return h.docs[0], h.reasons
}

func TestJSONLFields(t *testing.T) {
	f := func(fields Fields, line string, want quern.Doc) {
		t.Helper()
		got, reasons := oneJSONL(t, fields, line)
		want.Source, want.Domain = "s", "d"
		if want.License == "" {
			want.License = "CC0-1.0"
		}
		if want.ID.IsZero() {
			want.ID = quern.NewID("s", string(want.Text))
		}
		if fmt.Sprintf("%+v %s %s", got, got.Text, got.Meta) != fmt.Sprintf("%+v %s %s", want, want.Text, want.Meta) {
			t.Errorf("%s\n got %+v\nwant %+v\nmeta %s\n%v", line, got, want, got.Meta, reasons)
		}
	}
	std := DefaultFields()
	id := func(s string) quern.ID { return quern.NewID("s", s) }
	b := func(s string) []byte { return []byte(s) }
	m := []byte(nil)
	f(std, `{"text":"a"}`, quern.Doc{Text: b("a"), Meta: m})
	f(std, `{"text":"a\n\u00e9\ud83d\ude00\"","id":"7"}`, quern.Doc{ID: id("7"), Text: b("a\né😀\""), Meta: m})
	f(std, `{"id":18446744073709551616,"text":"a"}`, quern.Doc{ID: id("18446744073709551616"), Text: b("a"), Meta: m})
	f(std, `{"id":null,"text":"a"}`, quern.Doc{Text: b("a"), Meta: m})
	f(std, `{"id":"","text":"a"}`, quern.Doc{Text: b("a"), Meta: m})
	f(std, `{"\u0074ext":"a"}`, quern.Doc{Text: b("a"), Meta: m})
	f(std, `{"text":"a","url":"u","language":"de","license":"MIT","date":"2024-05-06"}`,
		quern.Doc{Text: b("a"), Origin: "u", Lang: "de", License: "MIT", Time: "2024-05-06T00:00:00Z", Meta: m})
	f(std, `{"text":"a","url":null,"license":null}`, quern.Doc{Text: b("a"), Meta: m})
	// What is not named goes to Meta as it is written, without spaces between; a field of another type, too.
	f(std, ` {"x" : 1.50e2, "text":"a", "y": {"b": [1, "c d"]}, "z":"\u00e9" } `, quern.Doc{Text: b("a"), Meta: b(`{"x":1.50e2,"y":{"b":[1,"c d"]},"z":"\u00e9"}`)})
	f(std, `{"text":"a","url":["u"],"date":"yesterday"}`, quern.Doc{Text: b("a"), Meta: b(`{"url":["u"],"date":"yesterday"}`)})
	f(std, `{"text":"a","big":"`+strings.Repeat("x", maxMeta)+`","k":1}`, quern.Doc{Text: b("a"), Meta: b(`{"k":1}`), Marks: []quern.Mark{{Name: "meta_left_out", Value: 1}}})
	// Dotted names reach into objects, which stay in Meta.
	f(Fields{Text: "doc.text", ID: "doc.meta.id", Time: "meta.at"}, `{"doc":{"text":"a","meta":{"id":5}},"meta":{"at":"2024"}}`,
		quern.Doc{ID: id("5"), Text: b("a"), Time: "2024-01-01T00:00:00Z", Meta: b(`{"doc":{"text":"a","meta":{"id":5}},"meta":{"at":"2024"}}`)})
	f(Fields{Text: "text"}, `{"id":"7","text":"a"}`, quern.Doc{Text: b("a"), Meta: b(`{"id":"7"}`)})
}

func TestJSONLReasons(t *testing.T) {
	f := func(reason, line string) {
		t.Helper()
		// A good line before, since a file without any text field is refused.
		r, err := NewJSONL(opts(plant(t, "a.jsonl", "{\"text\":\"good\"}\n"+line), "a.jsonl"), DefaultFields())
		h := reap(t, r, err)
		if len(h.docs) != 1 || h.reasons[reason] != 1 || len(h.reasons) != 1 {
			t.Errorf("%q: %d docs, %v, want %s", line, len(h.docs), h.reasons, reason)
		}
		if len(h.errs) > 0 && !strings.HasPrefix(h.errs[0].Error(), "a.jsonl: offset 16: "+reason) {
			t.Errorf("%q: %v", line, h.errs[0])
		}
	}
	f("bad-json", `{"text":"a"`)
	f("bad-json", `{"text":"a"} {"text":"b"}`)
	f("bad-json", `{"text":"a",}`)
	f("bad-json", `x`)
	f("bad-json", `-`)
	f("invalid-utf8", "{\"text\":\"\xff\"}")
	f("invalid-utf8", "\xff")
	f("invalid-unicode", `{"text":"\ud800"}`)
	f("duplicate-key", `{"text":"a","text":"b"}`)
	f("duplicate-key", `{"text":"a","k":{"a":1,"a":2}}`)
	f("wrong-type", `{"text":1}`)
	f("wrong-type", `{"text":[]}`)
	f("wrong-type", `{"text":true}`)
	f("wrong-type", `["text"]`)
	f("wrong-type", `null`)
	f("no-text", `{"text":null}`)
	f("no-text", `{"body":"a"}`)
	f("empty-text", `{"text":""}`)
	f("empty-text", `{"text":" \u200b\n\u3164"}`)
	f("line-too-long", `{"text":"`+strings.Repeat("x", maxLine)+`"}`)
}

// A wrong name of the text field must not end as an empty success.
func TestJSONLNoTextField(t *testing.T) {
	r, err := NewJSONL(opts(plant(t, "a.jsonl", "{\"content\":\"a\",\"id\":1}\n{\"content\":\"b\"}"), "a.jsonl"), DefaultFields())
	h := reap(t, r, err)
	if len(h.refused) != 1 || !strings.Contains(h.refused[0].Error(), `no record has "text"; the first has ["content" "id"]`) {
		t.Errorf("%v", h.refused)
	}
}

func TestJSONLContainers(t *testing.T) {
	line := func(s string) string { return fmt.Sprintf("{\"text\":%q}\n", s) }
	var zst, tarball, zipped bytes.Buffer
	w, _ := zstd.NewWriter(&zst)
	w.Write([]byte(line("in zstd")))
	w.Close()
	tw := tar.NewWriter(&tarball)
	for _, m := range [][2]string{{"a.jsonl", line("in tar")}, {"b.txt", "no lines"}, {"c.jsonl.gz", gz(line("twice"))}, {"d.ndjson", line("in tar, too")}} {
		tw.WriteHeader(&tar.Header{Name: m[0], Size: int64(len(m[1])), Mode: 0o644, Typeflag: tar.TypeReg})
		tw.Write([]byte(m[1]))
	}
	tw.Close()
	zw := zip.NewWriter(&zipped)
	for _, m := range [][2]string{{"a.jsonl", line("in zip")}, {"b.zip", "PK"}, {"c.jsonl", "[]"}} {
		f, _ := zw.Create(m[0])
		f.Write([]byte(m[1]))
	}
	zw.Close()
	dir := plant(t, "a.jsonl.zst", zst.String(), "b.tar", tarball.String(), "c.tar.gz", gz(tarball.String()), "d.tgz", gz(tarball.String()), "e.zip", zipped.String(), "f.jsonl", gz(line("by its magic number")))
	r, err := NewJSONL(opts(dir, "*"), DefaultFields())
	h := reap(t, r, err)
	var got []string
	for _, d := range h.docs {
		got = append(got, string(d.Text))
	}
	want := "in zstd|in tar|in tar, too|in tar|in tar, too|in tar|in tar, too|in zip|by its magic number"
	if strings.Join(got, "|") != want || h.reasons["nested-archive"] != 4 || h.reasons["not-jsonl"] != 1 {
		t.Errorf("%q, %v, %v", got, h.reasons, h.errs)
	}
}

// A stream longer than the spool is decoded twice; damage at its end still costs all of it.
func TestLongStream(t *testing.T) {
	line := "{\"text\":\"" + strings.Repeat("mill ", 2000) + "\"}\n"
	n := spoolBytes/len(line) + 10
	whole := gz(strings.Repeat(line, n))
	hurt := []byte(whole)
	hurt[len(hurt)-6] ^= 1 // in the checksum
	dir := plant(t, "a.jsonl.gz", whole, "b.jsonl.gz", string(hurt))
	r, err := NewJSONL(opts(dir, "*.gz"), DefaultFields())
	h := reap(t, r, err)
	if len(h.docs) != n || h.reasons["bad-gzip"] != 1 || len(h.refused) != 1 {
		t.Errorf("%d docs of %d, %v", len(h.docs), n, h.reasons)
	}
}

func TestTimes(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := rfc3339(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	f("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z")
	f("2024-01-02T03:04:05.678+02:00", "2024-01-02T01:04:05Z")
	f("2024-01-02 03:04:05", "2024-01-02T03:04:05Z")
	f("2024-01-02", "2024-01-02T00:00:00Z")
	f("2024-01", "2024-01-01T00:00:00Z")
	f("2024", "2024-01-01T00:00:00Z")
	f("20240102030405", "2024-01-02T03:04:05Z")
	f("Tue, 02 Jan 2024 03:04:05 GMT", "2024-01-02T03:04:05Z")
	f("2024-13-45", "")
	f("", "")
	f("soon", "")
}
