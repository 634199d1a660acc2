package tokenize

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ranks is a .tiktoken file: the bytes, then words.
func ranks(words ...string) []byte {
	var b bytes.Buffer
	for i := range 256 {
		fmt.Fprintf(&b, "%s %d\n", base64.StdEncoding.EncodeToString([]byte{byte(i)}), i)
	}
	for i, w := range words {
		fmt.Fprintf(&b, "%s %d\n", base64.StdEncoding.EncodeToString([]byte(w)), 256+i)
	}
	return b.Bytes()
}

var endOnly = map[string]uint32{EndOfTextName: 1000}

func TestRanksSayWhatMerges(t *testing.T) {
	f := func(words []string, text string, want ...uint32) {
		t.Helper()
		k, err := ParseTiktoken(ranks(words...), "gpt2", endOnly)
		if err != nil {
			t.Fatal(err)
		}
		if got := k.NewEncoder().Append(nil, []byte(text)); !slices.Equal(got, want) {
			t.Errorf("%q: %q gives %v, want %v", words, text, got, want)
		}
		b, err := k.Tiktoken()
		if err != nil || !bytes.Equal(b, ranks(words...)) {
			t.Errorf("%q: written ranks differ (%v)", words, err)
		}
	}
	f(nil, "ab", 'a', 'b')
	f([]string{"ab"}, "abab", 256, 256)
	f([]string{"ab", "abc"}, "abcab", 257, 256)
	f([]string{"bc", "ab", "abc"}, "abc abc", 258, ' ', 258) // by a and bc
	f([]string{"xyz"}, "xyz", 256)                           // no merges lead to it
	f([]string{"xyz"}, "xyzx", 'x', 'y', 'z', 'x')
}

func TestRanksAreRefusedInWords(t *testing.T) {
	f := func(want string, b []byte) {
		t.Helper()
		if _, err := ParseTiktoken(b, "gpt2", endOnly); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f("empty", nil)
	f("line 257", append(ranks(), "YQ==\n"...))
	f("base64", append(ranks(), "Y!== 256\n"...))
	f("no rank", append(ranks(), "YWI= -1\n"...))
	f("no rank", append(ranks(), "YWI= 99999999\n"...))
	f("given twice", append(ranks(), "YWI= 7\n"...))
	f("are one token", append(ranks(), "YQ== 256\n"...))
	f("no token for byte", ranks()[7:])
	if _, err := ParseTiktoken(ranks(), "words", endOnly); err == nil {
		t.Error("an unknown split is taken")
	}
}

// TestRankEncodings holds OpenAI's ranks, where they are installed, to what Hugging Face's library gives for the same vocabularies.
func TestRankEncodings(t *testing.T) {
	root := os.Getenv("QUERN_RANKS")
	if root == "" {
		t.Skip("QUERN_RANKS names no folder with .tiktoken files")
	}
	for name, fixture := range map[string]string{"cl100k_base": "gpt35turbo", "o200k_base": "gpt4o"} {
		b, err := os.ReadFile(filepath.Join(root, name+".tiktoken"))
		if err != nil {
			t.Fatal(err)
		}
		x := RankEncodings[name]
		k, err := ParseTiktoken(b, x.Split, x.Specials)
		if err != nil {
			t.Fatal(err)
		}
		if k.rule == nil {
			t.Errorf("%s is not on the fast path", name)
		}
		agree(t, k, examples(t, "../../shared/fixtures/tokenizers/"+fixture+".jsonl"))
		if again, err := k.Tiktoken(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%s: written ranks differ (%v)", name, err)
		}
	}
}
