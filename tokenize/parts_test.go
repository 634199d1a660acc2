package tokenize

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"testing"
	"unicode/utf8"
)

// TestParts holds each part of a tokenizer.json to what Hugging Face's library makes of texts, some of them traps: parts.py writes down what that is.
func TestParts(t *testing.T) {
	b := unzipped(t, "testdata/parts.jsonl.gz")
	rows := 0
	s := bufio.NewScanner(bytes.NewReader(b))
	s.Buffer(nil, 1<<20)
	for ; s.Scan(); rows++ {
		var row struct {
			Part   string
			Config json.RawMessage
			Cases  [][2]json.RawMessage
		}
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		var p hfPart
		if err := json.Unmarshal(row.Config, &p); err != nil {
			t.Fatal(err)
		}
		for _, c := range row.Cases {
			got := partOf(t, row.Part, &p, c[0])
			if want := compact(c[1]); got != want {
				t.Errorf("%s %s: %s\n got %s\nwant %s", row.Part, row.Config, c[0], got, want)
			}
		}
	}
	if rows < 60 {
		t.Errorf("%d rows", rows)
	}
}

func unzipped(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func compact(raw json.RawMessage) string {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		panic(err)
	}
	return jsonOf(v)
}

func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// partOf gives what a part makes of an input, as JSON.
func partOf(t *testing.T, part string, p *hfPart, input json.RawMessage) string {
	t.Helper()
	if part == "decoder" {
		var tokens []string
		if err := json.Unmarshal(input, &tokens); err != nil {
			t.Fatal(err)
		}
		d, err := newDecoder(p)
		if err != nil {
			t.Fatal(err)
		}
		k := &Tokenizer{decoder: d}
		var ids []uint32
		for i, w := range tokens {
			k.tokens, ids = append(k.tokens, []byte(w)), append(ids, uint32(i))
		}
		return jsonOf(string(bytes.ToValidUTF8(k.AppendDecode(nil, ids), replacementChar)))
	}
	var text string
	if err := json.Unmarshal(input, &text); err != nil {
		t.Fatal(err)
	}
	a := newAligned([]byte(text), true)
	if part == "normalizer" {
		n, err := newNormalizer(p)
		if err != nil {
			t.Fatal(err)
		}
		if a, err = n.normalize(a); err != nil {
			t.Fatal(err)
		}
		return jsonOf(string(a.text))
	}
	c, _, err := newCutter(p)
	if err != nil {
		t.Fatal(err)
	}
	pieces, err := c.cut(nil, a)
	if err != nil {
		t.Fatal(err)
	}
	out := [][3]any{}
	for _, x := range pieces {
		if len(x.text) > 0 { // the peer drops them later
			o := x.of(0, len(x.text))
			out = append(out, [3]any{string(x.text), utf8.RuneCountInString(text[:o.from]), utf8.RuneCountInString(text[:o.to])})
		}
	}
	return jsonOf(out)
}
