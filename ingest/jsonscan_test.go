package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/seed-83c59573/quern"
)

// oracle rules on a line by another decoder: the reason why it is refused, or its compact form.
func oracle(line []byte) (reason string, compact []byte) {
	v, err := jsontext.AppendFormat(nil, line, jsontext.PreserveRawStrings(true), jsontext.AllowDuplicateNames(false), jsontext.AllowInvalidUTF8(false))
	switch {
	case !utf8.Valid(line):
		return "invalid-utf8", nil
	case errors.Is(err, jsontext.ErrDuplicateName):
		return "duplicate-key", nil
	case err != nil && strings.Contains(err.Error(), "surrogate"):
		return "invalid-unicode", nil
	case err != nil:
		return "bad-json", nil
	}
	return "", v
}

func againstOracle(t *testing.T, s *jsonScan, line []byte) {
	t.Helper()
	want, compact := oracle(line)
	got := ""
	if !utf8.Valid(line) {
		got = "invalid-utf8"
	} else if !s.text(line) {
		got = s.fault.reason
	}
	if got != want {
		t.Fatalf("%q: %q, want %q (%s)", line, got, want, s.fault.what)
	}
	if want == "" {
		if c := compactJSON(nil, bytes.TrimSpace(line)); string(c) != string(compact) {
			t.Fatalf("%q: compact %q, want %q", line, c, compact)
		}
		if v := bytes.TrimSpace(line); skipValue(v, 0) != len(v) {
			t.Fatalf("%q: ends at %d", v, skipValue(v, 0))
		}
		if v := bytes.TrimSpace(line); v[0] == '"' {
			want, _ := jsontext.AppendUnquote(nil, v)
			if got := unquote(nil, v[1:len(v)-1]); string(got) != string(want) {
				t.Fatalf("%q: %q, want %q", v, got, want)
			}
		}
	}
}

var jsonSamples = []string{
	`{}`, `[]`, `""`, `0`, `-0`, `-`, `01`, `1.`, `.5`, `1e5`, `1E+`, `1e-07`, `+1`, `1.5e3x`, `true`, `tru`, `nullx`, `NaN`, `Infinity`, ``, ` `, `{`, `[`, `"`,
	`{"a":1}`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1 "b":2}`, `[1,]`, `[,1]`, `[1 2]`, `[1]]`, `{} {}`, "[1,\t2\r\n]", "[1,\v2]",
	`"\u00e9"`, `"\u00E9\n\t\"\\\/\b\f\r"`, `"\x"`, `"\`, `"\u12"`, `"\u12g4"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00\ud83d"`, `"\ud83d\u0041"`, `"\ud83d\n12345"`, `"\ud83d\u`, `"\ud83d\ud`, `"\ud83d\x`, `"\uD83D\uDE00 \uD83D`,
	"\"\x00\"", "\"\x1f\"", "\"\x7f\"", "\"tab\there\"", "\"\xff\"", "\"\xed\xa0\x80\"", "{\"\xc3\":1}", "\"\u2028\"", `{"é":1,"\u00e9":2}`, `{"a":1,"a":2}`, `{"a":1,"A":2}`, `{"a":{"b":1,"b":2}}`, `[{"a":1},{"a":1}]`, `{"a":{"a":{"a":1}},"b":{"a":1}}`,
	`{"text":"a long text, with more than eight bytes before \"quotes\" and after them","id":7}`, `"12345678\"`, `"1234567\"`, `"1234567\\"`, `{"":1,"":2}`,
}

func TestJSONScan(t *testing.T) {
	var s jsonScan
	for _, line := range jsonSamples {
		againstOracle(t, &s, []byte(line))
	}
	for _, n := range []int{1, 31, 32, 33, 40, 500} { // names of one object, compared one by one or by a table
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"k%d":{"k%d":%d},`, i, i, i)
		}
		againstOracle(t, &s, []byte("{"+b.String()+`"x":1}`))
		againstOracle(t, &s, []byte("{"+b.String()+`"k0":1}`))
		againstOracle(t, &s, []byte("{"+b.String()+fmt.Sprintf(`"\u006b%d":1}`, n-1)))
		againstOracle(t, &s, []byte(`[{`+b.String()+`"x":1},{`+b.String()+`"x":1}]`))
	}
	for _, depth := range []int{maxDepth - 1, maxDepth, maxDepth + 1} {
		againstOracle(t, &s, []byte(strings.Repeat("[", depth)+strings.Repeat("]", depth)))
		againstOracle(t, &s, []byte(strings.Repeat(`{"a":`, depth)+"1"+strings.Repeat("}", depth)))
	}
	files, _ := filepath.Glob(filepath.Join(fixtures, "jsonl", "*.jsonl"))
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			againstOracle(t, &s, bytes.TrimRight(line, "\r\n"))
		}
	}
}

func FuzzJSONScan(f *testing.F) {
	for _, s := range jsonSamples {
		f.Add([]byte(s))
	}
	files, _ := filepath.Glob(filepath.Join(fixtures, "jsonl", "*.jsonl"))
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil && len(data) < 1<<16 {
			f.Add(data)
		}
	}
	var s jsonScan
	f.Fuzz(func(t *testing.T, line []byte) { againstOracle(t, &s, line) })
}

func TestDig(t *testing.T) {
	f := func(want, v string, path ...string) {
		t.Helper()
		if got := string(dig([]byte(v), path)); got != want {
			t.Errorf("%s %q: %q, want %q", v, path, got, want)
		}
	}
	f(`1`, `{"a":1,"b":2}`, "a")
	f(`2`, `{"a":1,"b":2}`, "b")
	f(`2`, "{ \"a\" : [ 1 , {\"}\":\"]\"} ] ,\n\"b\" :\t2 }", "b")
	f(`"]"`, "{ \"a\" : [ 1 , {\"}\":\"]\"} ] ,\n\"b\" :\t2 }", "a", "1", "}")
	f(`1`, `[[0],[1]]`, "1", "0")
	f(``, `[[0],[1]]`, "01")
	f(``, `[[0],[1]]`, "2")
	f(``, `[]`, "0")
	f(``, `{}`, "0")
	f(``, `{"a":1}`, "a", "b")
	f(`"x\""`, `{"\u0061":"x\""}`, "a")
	f(`true`, `{"a":{"b":true}}`, "a", "b")
}

// The forms that only a name in .json allows.
func TestJSONValues(t *testing.T) {
	f := func(name, content string, want int, reasons map[string]int) {
		t.Helper()
		for _, packed := range []bool{false, true} {
			dir := plant(t, name, content)
			if packed {
				dir = plant(t, name+".gz", gz(content))
			}
			r, err := NewJSONL(opts(dir, "."), DefaultFields())
			h := reap(t, r, err)
			if len(h.docs) != want || fmt.Sprint(h.reasons) != fmt.Sprint(reasons) {
				t.Errorf("%s %.80q: %d docs, %v %v; want %d, %v", name, content, len(h.docs), h.reasons, h.errs, want, reasons)
			}
			for i, d := range h.docs {
				if want := fmt.Sprint("t", i, " {[\"]}, \\"); !strings.HasPrefix(string(d.Text), want) {
					t.Errorf("%q, want %q", d.Text, want)
				}
			}
		}
	}
	none := map[string]int{}
	o := func(i int) string { return fmt.Sprintf(`{"text":"t%d {[\"]}, \\"}`, i) }
	f("a.json", "["+o(0)+","+o(1)+"]", 2, none)
	f("a.json", bom+" [\n\t"+o(0)+" ,\n"+o(1)+"\r\n]\n", 2, none)
	f("a.json", o(0)+"\n"+o(1), 2, none)
	f("a.json", "{\n\"text\":\n\"t0 {[\\\"]}, \\\\\"\n}\n{ \"text\" : \"t1 {[\\\"]}, \\\\\"}"+o(2), 3, none)
	f("a.json", "[]", 0, none)
	f("a.json", "[ ]\n", 0, none)
	f("a.json", "", 0, none)
	f("a.json", "["+o(0)+",1,\"x\",[2,[3]],null,"+o(1)+"]", 2, map[string]int{"wrong-type": 4})
	f("a.json", "["+o(0)+`,{"text":nope},`+o(1)+"]", 2, map[string]int{"bad-json": 1})
	f("a.json", "["+o(0)+`,{"text":"`+strings.Repeat("x\\\"", maxLine/3)+`"},`+o(1)+"]", 2, map[string]int{"line-too-long": 1})
	for _, cut := range []string{"", "]]", ",]", ",", "]x", "{", " " + o(1) + "]", ",\"x", "}", ":1]", ",]"} {
		f("a.json", "["+o(0)+cut, 0, map[string]int{"bad-json": 1})
	}
	f("a.jsonl", "["+o(0)+"]", 0, map[string]int{"not-jsonl": 1})
	f("a.jsonl", "{\n\"text\":\"x\"}", 0, map[string]int{"not-jsonl": 1})
	// Quotes and backslashes at every place of the buffer's end.
	for pad := range 8 {
		var b strings.Builder
		b.WriteString("[" + strings.Repeat(" ", pad))
		n := 0
		for ; b.Len() < 3*headSize; n++ {
			fmt.Fprintf(&b, `{"text":"t%d {[\"]}, \\%s"},`, n, strings.Repeat(`\\\"`, 20))
		}
		f("a.json", b.String()+o(n)+"]", n+1, none)
	}
}

var sinkDocs []quern.Doc

func BenchmarkJSONRecord(b *testing.B) {
	lines := bytes.SplitAfter([]byte(benchLines()), []byte("\n"))
	n := 0
	w := collector(&sinkDocs, new([]error))
	w.yield = func(d *quern.Doc, err error) bool { n += len(d.Text); return true }
	r := newRecord(w, DefaultFields())
	size := 0
	for _, l := range lines {
		size += len(l)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, l := range lines {
			if l = bytes.TrimSpace(l); len(l) > 0 {
				_ = r.line(l, 0)
			}
		}
	}
}
