package ingest

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// csvRows scans a text whole; ok says that no row was bad and no quote open.
func csvRows(text string, comma byte, quotes bool, size int) (all [][]string, ok bool) {
	s := csvScan{comma: comma, quotes: quotes}
	s.reset(bufio.NewReaderSize(strings.NewReader(text), size))
	ok = true
	for {
		switch err := s.next(); err {
		case nil:
		case io.EOF:
			return all, ok
		default:
			return all, false
		}
		row := []string{}
		for i := range s.ends {
			row = append(row, string(s.cell(i)))
		}
		ok = ok && s.bad == "" && !s.long
		all = append(all, row)
	}
}

func TestCSVScan(t *testing.T) {
	f := func(text string, want ...[]string) {
		t.Helper()
		for _, size := range []int{16, 17, 4096} { // the buffer ends at any place
			got, ok := csvRows(text, ',', true, size)
			if !ok || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
				t.Errorf("%q: %q, %v, want %q", text, got, ok, want)
			}
		}
	}
	r := func(cells ...string) []string { return cells }
	f("")
	f("\n\r\n \n")
	f("a", r("a"))
	f("a,b\n", r("a", "b"))
	f("a,b\r\nc,d\r\n", r("a", "b"), r("c", "d"))
	f(",\n", r("", ""))
	f("\"\"\n", r(""))
	f("a,\"b\"\"c\"\"\",\"\"\"\"\n", r("a", `b"c"`, `"`))
	f("\"a\nb\r\nc,\",d", r("a\nb\r\nc,", "d"))
	f("a,\"long enough to cross, the end of a buffer\"\"\"\nb,c", r("a", `long enough to cross, the end of a buffer"`), r("b", "c"))
	f(" a , \tb\n", r(" a ", " \tb"))
	if got, ok := csvRows("a|\"b|c\"\n", '|', false, 16); !ok || len(got[0]) != 3 || got[0][1] != `"b` {
		t.Errorf("%q", got)
	}
}

// What the standard library takes, we take, and read alike; what we take, it takes, too.
func FuzzCSVScan(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join(fixtures, "csv", "*.csv"))
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil && len(data) < 1<<16 {
			f.Add(string(data))
		}
	}
	for _, s := range []string{"a,b\n\"c\",d\r\n", "\"a\"\"\",b", "a\"b,c", "\"a\"b\nc", "\"a\nb\"\n", "a\rb\n", "\r\n\r\n", "\"a\r\nb\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := csvRows(text, ',', true, 16)
		if again, ok2 := csvRows(text, ',', true, 1<<16); ok != ok2 || !slices.EqualFunc(got, again, slices.Equal) {
			t.Fatalf("%q %v, %q %v", got, ok, again, ok2)
		}
		if strings.Contains(text, "\r") { // the library turns \r\n within quotes into \n, and lets \r stand elsewhere
			return
		}
		lib := csv.NewReader(strings.NewReader(text))
		lib.FieldsPerRecord = -1
		want, err := lib.ReadAll()
		want = slices.DeleteFunc(want, func(r []string) bool { return len(r) == 1 && strings.Trim(r[0], " \t") == "" })
		got = slices.DeleteFunc(got, func(r []string) bool { return len(r) == 1 && strings.Trim(r[0], " \t") == "" })
		if ok != (err == nil) {
			t.Fatalf("%v, the library says %v", ok, err)
		}
		if ok && !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}

func TestCSV(t *testing.T) {
	f := func(c CSV, name, content string, want ...quern.Doc) {
		t.Helper()
		r, err := NewCSV(opts(plant(t, name, content), "."), c)
		h := reap(t, r, err)
		if len(h.docs) != len(want) || len(h.reasons) > 0 {
			t.Errorf("%q: %d docs, %v", content, len(h.docs), h.errs)
			return
		}
		for i, d := range h.docs {
			w := want[i]
			if string(d.Text) != string(w.Text) || d.Origin != w.Origin || d.Lang != w.Lang || d.Time != w.Time || string(d.Meta) != string(w.Meta) || !w.ID.IsZero() && d.ID != w.ID {
				t.Errorf("%q: row %d: %+v %s %s", content, i, d, d.Text, d.Meta)
			}
		}
	}
	b := func(s string) []byte { return []byte(s) }
	std := DefaultCSV()
	f(std, "a.csv", "text\nhello\n", quern.Doc{Text: b("hello"), ID: quern.NewID("s", "hello")})
	f(std, "a.csv", "id,text,url,language,date\n7,\"a, b\",http://x.org,de,2024-05-06", quern.Doc{Text: b("a, b"), ID: quern.NewID("s", "7"), Origin: "http://x.org", Lang: "de", Time: "2024-05-06T00:00:00Z"})
	f(std, "a.csv", "title,text,empty,\"qu\"\"ote\"\nT,x,,\"1\"\"\n2\"", quern.Doc{Text: b("x"), Meta: b(`{"title":"T","qu\"ote":"1\"\n2"}`)})
	f(std, "a.tsv", "text\tn\na, b\t1\n", quern.Doc{Text: b("a, b"), Meta: b(`{"n":"1"}`)})
	f(CSV{Fields: DefaultFields(), Delimiter: ";", Quotes: true}, "a.csv", "text;n\na, b;1\n", quern.Doc{Text: b("a, b"), Meta: b(`{"n":"1"}`)})
	f(CSV{Fields: DefaultFields(), Delimiter: "tab"}, "a.csv", "text\tn\n\"a\" b\t1\n", quern.Doc{Text: b(`"a" b`), Meta: b(`{"n":"1"}`)})
	f(CSV{Fields: DefaultFields(), Header: []string{"id", "text"}}, "a.csv", "1,x\n2,y", quern.Doc{Text: b("x"), ID: quern.NewID("s", "1")}, quern.Doc{Text: b("y"), ID: quern.NewID("s", "2")})
	f(std, "a.csv.gz", gz("text\nhello\n"), quern.Doc{Text: b("hello")})
	f(std, "a.zip", zipOf(t, "x/a.csv", "text\nhello\n", "b.txt", "no"), quern.Doc{Text: b("hello")})
}

func TestCSVRefuses(t *testing.T) {
	f := func(name, content, want string) {
		t.Helper()
		r, err := NewCSV(opts(plant(t, name, content), "."), DefaultCSV())
		h := reap(t, r, err)
		if len(h.docs) != 0 || len(h.refused) != 1 || !strings.Contains(h.refused[0].Error(), want) {
			t.Errorf("%.80q: %d docs, %v, want %q", content, len(h.docs), h.errs, want)
		}
	}
	f("a.csv", "text;n\nx;1\n", `no-text-field: no column "text"; it has ["text;n"]; is the delimiter ";"?`)
	f("a.csv", "text,n\nx,1\ny,\"2\n", "bad-csv: a quote is never closed: it was opened in line 3")
	f("a.csv", "text,n\nx,1\ny,\"2\nz,\"3\"", "it was opened in line 3")
	f("a.csv", "text,n\nx\ny\n", "no row has the 2 fields of the header")
	f("a.csv", "text,text\n", `two columns are named text`)
	f("a.csv", "text"+strings.Repeat(",x", maxColumns), "a header of 4097 columns")
	f("a.csv", "text\"\nx", "the header: a quote within a field")
	f("a.csv", "text,\xff\nx,y", "the header is not UTF-8 text")
	f("a.zip", zipOf(t, "a.csv", "text\n\"x"), "a.zip!a.csv: offset 7: bad-csv: a quote is never closed")
	for _, c := range []CSV{{Fields: DefaultFields(), Delimiter: "ab"}, {Fields: DefaultFields(), Delimiter: "\""}, {}, {Fields: DefaultFields(), Header: []string{"text", "text"}}} {
		if _, err := NewCSV(opts("", "x"), c); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}

func BenchmarkCSV(b *testing.B) {
	var t bytes.Buffer
	w := csv.NewWriter(&t)
	w.Write([]string{"id", "text"})
	for i := range 8000 {
		w.Write([]string{fmt.Sprint(i), strings.Repeat("The miller weighed twenty sacks of oats.\n", 40+i%40)})
	}
	w.Flush()
	r, err := NewCSV(opts(plant(b, "a.csv", t.String()), "a.csv"), DefaultCSV())
	benchSource(b, int64(t.Len()), r, err)
}
