package tokenize

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

// fixture is a text with what Hugging Face's library makes of it.
type fixture struct {
	Text    string
	IDs     []uint32
	With    []uint32 `json:"ids_special"`
	Offsets [][2]int // in characters
	Decoded string
}

// The SHA-256 of OpenAI's files of ranks (openai/tiktoken, openai_public.py).
const (
	cl100kRanks = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
	o200kRanks  = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
)

// TestCommittedFixtures holds the vocabularies that this repository carries, those with a free license, to what Hugging Face's library gives: read from
// either format, and from what was written of them in the other.
func TestCommittedFixtures(t *testing.T) {
	ranked := func(t *testing.T, ranks []byte, digest, encoding string) *Tokenizer {
		if got := fmt.Sprintf("%x", sha256.Sum256(ranks)); got != digest {
			t.Fatalf("the ranks have SHA-256 %s, OpenAI's %s", got, digest)
		}
		k, err := ParseTiktoken(ranks, RankEncodings[encoding].Split, RankEncodings[encoding].Specials)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	parsed := func(t *testing.T, b []byte, err error) *Tokenizer {
		if err != nil {
			t.Fatal(err)
		}
		k, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	t.Run("gpt35turbo", func(t *testing.T) { holdToFixtures(t, mustGPT35(t), "testdata/gpt35turbo.jsonl") })
	t.Run("gpt35turbo by its ranks", func(t *testing.T) {
		ranks, err := mustGPT35(t).Tiktoken()
		if err != nil {
			t.Fatal(err)
		}
		holdToFixtures(t, ranked(t, ranks, cl100kRanks, "cl100k_base"), "testdata/gpt35turbo.jsonl")
	})
	t.Run("gpt4o by its ranks", func(t *testing.T) {
		k := ranked(t, unpacked(t, "testdata/o200k_base.tiktoken.zst"), o200kRanks, "o200k_base")
		holdToFixtures(t, k, "testdata/gpt4o.jsonl")
		b, err := k.JSON()
		holdToFixtures(t, parsed(t, b, err), "testdata/gpt4o.jsonl")
	})
	t.Run("qwen3", func(t *testing.T) {
		holdToFixtures(t, parsed(t, unpacked(t, "testdata/qwen3.json.zst"), nil), "testdata/qwen3.jsonl")
	})
}

func unpacked(t testing.TB, path string) []byte {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := r.DecodeAll(packed, nil)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return b
}

// TestFixtures holds real tokenizers to what Hugging Face's library gives. Those whose license keeps them out of this repository are here only where QUERN_TOKENIZERS names a
// folder in which the packages that hold them are installed.
func TestFixtures(t *testing.T) {
	root := os.Getenv("QUERN_TOKENIZERS")
	if root == "" {
		t.Skip("QUERN_TOKENIZERS names no folder with tokenizers")
	}
	files, err := filepath.Glob("../../shared/fixtures/tokenizers/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Skip("no fixtures")
	}
	for _, file := range files {
		name := filepath.Base(file[:len(file)-len(".jsonl")])
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join(root, "tokenizer-"+name, "models", "tokenizer.json"))
			if err != nil {
				t.Skip(err)
			}
			k, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			holdToFixtures(t, k, file)
		})
	}
}

func holdToFixtures(t *testing.T, k *Tokenizer, file string) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	e := k.NewEncoder()
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); n++ {
		var x fixture
		if err := json.Unmarshal(s.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		got, err := e.Encode([]byte(x.Text), EncodeOptions{Allowed: AllSpecials})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.IDs, x.IDs) {
			t.Errorf("%q\n got %v\nwant %v", x.Text, got.IDs, x.IDs)
			continue
		}
		offsets := make([][2]int, len(got.Offsets))
		for i, o := range got.Offsets {
			offsets[i] = [2]int{utf8.RuneCountInString(x.Text[:o[0]]), utf8.RuneCountInString(x.Text[:o[1]])}
		}
		if !slices.Equal(offsets, x.Offsets) {
			t.Errorf("%q: offsets\n got %v\nwant %v", x.Text, offsets, x.Offsets)
		}
		with, err := e.Encode([]byte(x.Text), EncodeOptions{Allowed: AllSpecials, Template: true})
		if err != nil || !slices.Equal(with.IDs, x.With) {
			t.Errorf("%q with the template: %v\n got %v\nwant %v", x.Text, err, with.IDs, x.With)
		}
		if text := string(k.AppendDecode(nil, x.IDs)); text != x.Decoded {
			t.Errorf("%q decodes to %q, want %q", x.Text, text, x.Decoded)
		}
	}
	if n < 60 {
		t.Errorf("%d texts", n)
	}
}
