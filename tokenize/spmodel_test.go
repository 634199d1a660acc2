package tokenize

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern/tokenize/sentencepiece"
)

// spModel is a small model of SentencePiece's.
func spModel(t testing.TB, name string) *Tokenizer {
	t.Helper()
	b, err := os.ReadFile("sentencepiece/testdata/" + name + ".model")
	if err != nil {
		t.Fatal(err)
	}
	k, err := ParseSentencePiece(b)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestSentencePiece holds .model files to SentencePiece itself, in ids and in text; spm.py writes down what that gives.
func TestSentencePiece(t *testing.T) {
	s := bufio.NewScanner(bytes.NewReader(unzipped(t, "testdata/spm.jsonl.gz")))
	s.Buffer(nil, 1<<22)
	n := 0
	for ; s.Scan(); n++ {
		var row struct {
			Model string
			Cases [][5]json.RawMessage
		}
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join("testdata", row.Model))
		if err != nil {
			t.Fatal(err)
		}
		k, err := ParseSentencePiece(b)
		if err != nil {
			t.Fatal(err)
		}
		e := k.NewEncoder()
		for _, c := range row.Cases {
			var text, decoded, other string
			var ids, some []uint32
			for i, v := range []any{&text, &ids, &decoded, &some, &other} {
				if err := json.Unmarshal(c[i], v); err != nil {
					t.Fatal(err)
				}
			}
			if got := e.Append([]uint32{}, []byte(text)); !slices.Equal(got, ids) {
				t.Errorf("%s %q\n got %v\nwant %v", row.Model, text, got, ids)
			}
			if slow := slowIDs(t, k, []byte(text)); !slices.Equal(slow, ids) {
				t.Errorf("%s %q part by part\n got %v\nwant %v", row.Model, text, slow, ids)
			}
			if got := string(k.AppendDecode(nil, ids)); got != decoded {
				t.Errorf("%s %v decodes to %q, want %q", row.Model, ids, got, decoded)
			}
			if got := string(k.AppendDecode(nil, some)); got != other {
				t.Errorf("%s %v decodes to %q, want %q", row.Model, some, got, other)
			}
		}
	}
	if n != 4 {
		t.Errorf("%d models", n)
	}
}

// A .model stays what it is; the tokenizer.json that is made of it becomes a .model that gives the same ids.
func TestSentencePieceAndJSON(t *testing.T) {
	for _, name := range []string{"letters", "bpe", "bytes", "tiny"} {
		k := plainSPM(t)
		if name != "letters" {
			k = spModel(t, name)
		}
		b, err := k.JSON()
		if err != nil {
			t.Fatal(err)
		}
		j, err := Parse(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text := []byte("To be, or not to be")
		want := k.NewEncoder().Append(nil, text)
		if got := j.NewEncoder().Append(nil, text); !slices.Equal(got, want) {
			t.Errorf("%s as JSON: %v, want %v", name, got, want)
		}
		m, err := j.SentencePiece()
		if name == "bpe" { // replacements before a BPE
			if err == nil || !strings.Contains(err.Error(), "do more than to put marks for spaces") {
				t.Errorf("%s: error %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		again, err := ParseSentencePiece(m)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := again.NewEncoder().Append(nil, text); !slices.Equal(got, want) {
			t.Errorf("%s as JSON as .model: %v, want %v", name, got, want)
		}
		if x, err := again.SentencePiece(); err != nil || !bytes.Equal(x, m) {
			t.Errorf("%s: the .model is not what was read (%v)", name, err)
		}
	}
}

// plainSPM is a model in the way of Llama's: BPE, nothing replaced, a mark put before the text.
func plainSPM(t testing.TB) *Tokenizer {
	t.Helper()
	f := sentencepiece.NewFile()
	f.Type, f.Squeeze = sentencepiece.BPEType, false
	for i, w := range strings.Fields("<unk> <s> </s> ▁t be to ▁to ot ▁n ▁b ▁be ▁not , T o b e r n t h a i s ▁") {
		p := sentencepiece.Piece{Text: []byte(w), Kind: sentencepiece.Normal, Score: float32(-i)}
		if i == 0 {
			p.Kind = sentencepiece.Unknown
		} else if i < 3 {
			p.Kind = sentencepiece.Control
		}
		f.Pieces = append(f.Pieces, p)
	}
	k, err := ParseSentencePiece(f.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSentencePieceRefuses(t *testing.T) {
	k, err := Parse(file(nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.SentencePiece(); err == nil || !strings.Contains(err.Error(), "byte-level BPE") {
		t.Errorf("error %v", err)
	}
	read := func(want string, edit func(f *sentencepiece.File)) {
		t.Helper()
		f := sentencepiece.NewFile()
		for i, w := range []string{"<unk>", "<s>", "</s>", "a", "b", "ab"} {
			kind := sentencepiece.Normal
			if i == 0 {
				kind = sentencepiece.Unknown
			} else if i < 3 {
				kind = sentencepiece.Control
			}
			f.Pieces = append(f.Pieces, sentencepiece.Piece{Text: []byte(w), Kind: kind, Score: float32(-i)})
		}
		f.Type = sentencepiece.BPEType
		edit(f)
		_, err := ParseSentencePiece(f.Bytes())
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	read("", func(*sentencepiece.File) {})
	read("model type 4", func(f *sentencepiece.File) { f.Type = 4 })
	read("eos_id is 9", func(f *sentencepiece.File) { f.End = 9 })
	read("no unknown piece", func(f *sentencepiece.File) { f.Pieces[0].Kind, f.Unknown = sentencepiece.Control, -1 })
	read("no unknown piece", func(f *sentencepiece.File) { f.Pieces[0].Kind = sentencepiece.Normal })
	read("stands twice", func(f *sentencepiece.File) { f.Pieces[5].Text = []byte("a") })
	read(`the unused piece "ab"`, func(f *sentencepiece.File) { f.Pieces[5].Kind = sentencepiece.Unused })
	read("byte_fallback without", func(f *sentencepiece.File) { f.ByteFallback = true })
	read(`the character 'c'`, func(f *sentencepiece.File) { f.Pieces[5].Text = []byte("ac") })
	read("table of replacements", func(f *sentencepiece.File) { f.Charsmap = []byte{1, 2} })
	read("2049 bytes", func(f *sentencepiece.File) { f.Pieces[3].Text = bytes.Repeat([]byte("a"), 2049) })
}

func FuzzSentencePiece(f *testing.F) {
	for _, name := range []string{"bpe", "tiny", "bytes"} {
		b, err := os.ReadFile("sentencepiece/testdata/" + name + ".model")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, []byte("To be, or not ▁ 中文 \xff"))
	}
	f.Fuzz(func(t *testing.T, b, text []byte) {
		k, err := ParseSentencePiece(b)
		if err != nil {
			return
		}
		ids := k.NewEncoder().Append([]uint32{}, text)
		if slow := slowIDs(t, k, text); !slices.Equal(ids, slow) {
			t.Errorf("%q: %v, part by part %v", text, ids, slow)
		}
		k.AppendDecode(nil, ids)
		if j, err := k.JSON(); err != nil || !json.Valid(j) {
			t.Errorf("JSON: %v", err)
		}
	})
}

// What says that its tokenizer.json gives the same ids does.
func TestExact(t *testing.T) {
	k := plainSPM(t)
	if err := k.Exact(); err != nil {
		t.Fatal(err)
	}
	b, err := k.JSON()
	if err != nil {
		t.Fatal(err)
	}
	j, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 2000 {
		text := []byte(strings.ToValidUTF8(string(flowText(r, i%23)), "?"))
		if got, want := j.NewEncoder().Append([]uint32{}, text), k.NewEncoder().Append([]uint32{}, text); !slices.Equal(got, want) {
			t.Fatalf("%q: as tokenizer.json %v, as .model %v", text, got, want)
		}
	}
	for name, want := range map[string]string{"bpe": "off the start", "tiny": "double precision"} {
		if err := spModel(t, name).Exact(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", name, err, want)
		}
	}
}
