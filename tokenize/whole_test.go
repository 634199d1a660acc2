package tokenize

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"unicode/utf8"
)

// wholeCase is a text, or two, with what Hugging Face's library makes of it.
type wholeCase struct {
	Text      string
	Pair      *string
	Template  bool
	Error     bool
	IDs       []uint32
	Offsets   [][2]int // in characters
	Types     []uint32
	Special   []int
	Attention []int
	Decoded   string
}

// wholes calls f with each small tokenizer of whole.jsonl.
func wholes(t testing.TB, f func(k *Tokenizer, config []byte, cases []wholeCase)) {
	t.Helper()
	b := unzipped(t, "testdata/whole.jsonl.gz")
	s := bufio.NewScanner(bytes.NewReader(b))
	s.Buffer(nil, 1<<22)
	n := 0
	for ; s.Scan(); n++ {
		var row struct {
			Config json.RawMessage
			Cases  []wholeCase
		}
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		k, err := Parse(row.Config)
		if err != nil {
			t.Fatalf("line %d: %v", n+1, err)
		}
		f(k, row.Config, row.Cases)
	}
	if n < 40 {
		t.Errorf("%d tokenizers", n)
	}
}

// TestWholes holds small tokenizers with every kind of model, added token, template, truncation and padding to Hugging Face's library; whole.py writes down what
// that gives.
func TestWholes(t *testing.T) {
	line := 0
	wholes(t, func(k *Tokenizer, config []byte, cases []wholeCase) {
		line++
		e := k.NewEncoder()
		for _, c := range cases {
			o := EncodeOptions{Template: c.Template, Truncate: true, Pad: true, Allowed: AllSpecials}
			if c.Pair != nil {
				o.Pair = []byte(*c.Pair)
			}
			got, err := e.Encode([]byte(c.Text), o)
			if c.Error || err != nil {
				if !c.Error || err == nil {
					t.Errorf("line %d %q: error %v, want one: %v", line, c.Text, err, c.Error)
				}
				continue
			}
			if problem := c.differs(got); problem != "" {
				t.Errorf("line %d %q %v %v: %s\n%.300s", line, c.Text, c.Pair != nil, c.Template, problem, config)
			}
			if text := string(k.AppendDecode(nil, c.IDs)); text != c.Decoded {
				t.Errorf("line %d %v decodes to %q, want %q", line, c.IDs, text, c.Decoded)
			}
		}
	})
}

// differs tells in what an encoding is not the case's; "" for nothing.
func (c *wholeCase) differs(got Encoding) string {
	text := func(i int) string {
		if i < len(got.Types) && c.Pair != nil && slices.Contains(got.Types, 1) && got.Types[i] == 1 {
			return *c.Pair
		}
		return c.Text
	}
	offsets := make([][2]int, len(got.Offsets))
	for i, o := range got.Offsets {
		if s := text(i); o[1] <= len(s) {
			offsets[i] = [2]int{utf8.RuneCountInString(s[:o[0]]), utf8.RuneCountInString(s[:o[1]])}
		}
	}
	special, attention := make([]int, len(got.IDs)), make([]int, len(got.IDs))
	for i := range got.IDs {
		special[i] = int(bit(got.Special[i]))
		attention[i] = int(bit(i >= got.PadLeft && i < len(got.IDs)-got.PadRight))
	}
	switch {
	case !slices.Equal(got.IDs, c.IDs):
		return fmt.Sprintf("ids\n got %v\nwant %v", got.IDs, c.IDs)
	case !slices.Equal(got.Types, c.Types):
		return fmt.Sprintf("types\n got %v\nwant %v", got.Types, c.Types)
	case !slices.Equal(special, c.Special):
		return fmt.Sprintf("special\n got %v\nwant %v", special, c.Special)
	case !slices.Equal(attention, c.Attention):
		return fmt.Sprintf("attention\n got %v\nwant %v", attention, c.Attention)
	case (c.Pair == nil || slices.Contains(got.Types, 1)) && !reflect.DeepEqual(offsets, c.Offsets) && len(offsets)+len(c.Offsets) > 0:
		return fmt.Sprintf("offsets\n got %v\nwant %v", offsets, c.Offsets)
	}
	return ""
}
