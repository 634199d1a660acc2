package tokenize

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/seed-83c59573/quern"
)

var update = flag.Bool("update", false, "write the golden files anew")

// gpt35 is a real vocabulary of 100,277 ids.
var gpt35 = sync.OnceValues(func() (*Tokenizer, error) {
	packed, err := os.ReadFile("testdata/gpt35turbo.json.zst")
	if err != nil {
		return nil, err
	}
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := r.DecodeAll(packed, nil)
	if err != nil {
		return nil, err
	}
	return Parse(b)
})

func mustGPT35(t testing.TB) *Tokenizer {
	t.Helper()
	k, err := gpt35()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

type example struct {
	Text string
	IDs  []uint32
}

func examples(t testing.TB, path string) (all []example) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := bufio.NewScanner(bytes.NewReader(b))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var e example
		if err := json.Unmarshal(s.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	if len(all) == 0 {
		t.Fatalf("%s: no examples", path)
	}
	return all
}

// agree holds a tokenizer to the ids that Hugging Face's library gives. Where a text spells a special token the library yields it and
// this package does not.
func agree(t *testing.T, k *Tokenizer, all []example) {
	t.Helper()
	e := k.NewEncoder()
	for _, x := range all {
		got := e.Append(nil, []byte(x.Text))
		if text := string(k.AppendDecode(nil, got)); text != x.Text {
			t.Errorf("%q decodes to %q", x.Text, text)
		}
		if slices.ContainsFunc(slices.Sorted(maps.Keys(k.ids)), func(name string) bool { return strings.Contains(x.Text, name) }) {
			if slices.Equal(got, x.IDs) {
				t.Errorf("%q: ids %v hold a special token", x.Text, got)
			}
			continue
		}
		if !slices.Equal(got, x.IDs) {
			t.Errorf("%q\n got %v\nwant %v", x.Text, got, x.IDs)
		}
	}
}

func TestGPT35AgreesWithHuggingFace(t *testing.T) {
	k := mustGPT35(t)
	all := examples(t, "testdata/gpt35turbo.jsonl")
	if len(all) != 67 {
		t.Errorf("%d examples, want 67", len(all))
	}
	agree(t, k, all)
	if k.Vocab() != 100277 || k.EndOfText() != 100257 || !k.bpe.ordered {
		t.Errorf("vocab %d, end of text %d, ordered %v", k.Vocab(), k.EndOfText(), k.bpe.ordered)
	}
	if id, ok := k.Special("<|endofprompt|>"); !ok || id != 100276 {
		t.Errorf("<|endofprompt|> is %d, %v", id, ok)
	}
	if _, ok := k.Special("<|im_start|>"); ok {
		t.Error("<|im_start|> is no token of this vocabulary")
	}
	if got := k.Token(100261); got != nil {
		t.Errorf("id 100261 is a hole, got %q", got)
	}
	if got := k.Token(1 << 30); got != nil {
		t.Errorf("id 1<<30: got %q", got)
	}
}

func TestLearnedAgreesWithHuggingFace(t *testing.T) {
	for _, split := range Splits() {
		t.Run(split, func(t *testing.T) {
			b, err := os.ReadFile("testdata/learned-" + split + ".json")
			if err != nil {
				t.Fatal(err)
			}
			k, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			agree(t, k, examples(t, "testdata/learned-"+split+".jsonl"))
		})
	}
}

// file is a small tokenizer.json: the bytes, the given tokens from id 256 on, and the merges.
func file(tokens, merges []string, edit ...string) []byte {
	var vocab []string
	for b := range 256 {
		vocab = append(vocab, fmt.Sprintf("%s: %d", quote(string(byteLevel[b])), b))
	}
	for i, w := range tokens {
		vocab = append(vocab, fmt.Sprintf("%s: %d", quote(string(appendByteLevel(nil, []byte(w)))), 256+i))
	}
	s := `{"added_tokens": [{"id": 1000, "content": "<|endoftext|>", "special": true}], "normalizer": null,
"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}, "decoder": {"type": "ByteLevel"},
"model": {"type": "BPE", "ignore_merges": false, "vocab": {` + strings.Join(vocab, ", ") + `}, "merges": [` + strings.Join(merges, ", ") + `]}}`
	for i := 0; i < len(edit); i += 2 {
		if !strings.Contains(s, edit[i]) {
			panic("no " + edit[i])
		}
		s = strings.Replace(s, edit[i], edit[i+1], 1)
	}
	return []byte(s)
}

func TestParse(t *testing.T) {
	f := func(what string, b []byte, text string, want ...uint32) {
		t.Helper()
		k, err := Parse(b)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		if got := k.NewEncoder().Append(nil, []byte(text)); !slices.Equal(got, want) {
			t.Errorf("%s: %q gives %v, want %v", what, text, got, want)
		}
		again, err := k.JSON()
		if err != nil || !bytes.Equal(again, b) || k.Digest() != quern.DigestOf(b) {
			t.Errorf("%s: JSON is not what was read (%v)", what, err)
		}
	}
	f("merges as strings", file([]string{"ab", "abc"}, []string{`"a b"`, `"ab c"`}), "abcab", 257, 256)
	f("merges as pairs", file([]string{"ab", "abc"}, []string{`["a", "b"]`, `["ab", "c"]`}), "abcab", 257, 256)
	f("the lowest rank wins, not the longest token", file([]string{"bc", "ab", "abc"}, []string{`"b c"`, `"a b"`, `"ab c"`}), "abc", 'a', 256)
	f("a token that no merge reaches", file([]string{"abc"}, nil), "abc", 'a', 'b', 'c')
	f("… is reached whole", file([]string{"abc"}, nil, `"ignore_merges": false`, `"ignore_merges": true`), "abc abc", 256, ' ', 'a', 'b', 'c')
	f("no normal form", file(nil, nil), "e\u0301", 'e', 0xCC, 0x81)
	f("normal form C", file(nil, nil, `"normalizer": null`, `"normalizer": {"type": "NFC"}`), "e\u0301", 0xC3, 0xA9)
	f("a special token is never met in text", file(nil, nil), "<|e", '<', '|', 'e')
	f("a model without a type", file(nil, nil, `"type": "BPE", `, ""), "a", 'a')
	f("specials listed twice", file(nil, nil, `"vocab": {`, `"vocab": {"<|endoftext|>": 1000, `), "a", 'a')
}

func TestParseRefuses(t *testing.T) {
	f := func(want string, b []byte) {
		t.Helper()
		if _, err := Parse(b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
	ok := func(edit ...string) []byte { return file([]string{"ab"}, []string{`"a b"`}, edit...) }
	const pre = `{"type": "ByteLevel", "add_prefix_space": false}`
	split := func(pattern, behavior string) string {
		return `{"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": ` + quote(pattern) + `}, "behavior": "` + behavior +
			`"}, {"type": "ByteLevel", "use_regex": false}]}`
	}
	f("offset", []byte(`{"model": `))
	f("tokenizer.json", []byte(`{"model": 3}`))
	f("ends a text", []byte(`{}`))
	f(`normalizer "NFKX"`, ok(`"normalizer": null`, `"normalizer": {"type": "NFKX"}`))
	f(`model "Unigram"`, ok(`"BPE"`, `"Unigram"`))
	f(`decoder "Words"`, ok(`"decoder": {"type": "ByteLevel"}`, `"decoder": {"type": "Words"}`))
	f("dropout", ok(`"ignore_merges"`, `"dropout": 0.1, "ignore_merges"`))
	f("continuing_subword_prefix", ok(`"ignore_merges"`, `"continuing_subword_prefix": "##", "ignore_merges"`))
	f(`pre_tokenizer "Metaspaces"`, ok(pre, `{"type": "Metaspaces"}`))
	f("prepend_scheme", ok(pre, `{"type": "Metaspace", "prepend_scheme": "often"}`))
	f(`pattern "("`, ok(pre, split(`(`, "Isolated")))
	f(`behavior "Merged"`, ok(pre, split(rules[1].patterns[0], "Merged")))
	f("behind ByteLevel", ok(pre, `{"type": "Sequence", "pretokenizers": [{"type": "ByteLevel"}, {"type": "Digits"}]}`))
	f("without a string", ok(pre, `{"type": "Split", "behavior": "Isolated"}`))
	f("ends a text", ok("<|endoftext|>", "<|stop|>"))
	f("given twice", ok(`"added_tokens": [`, `"added_tokens": [{"id": 7, "content": "<|endoftext|>"}, `))
	f("is both", ok(`"id": 1000`, `"id": 5`))
	f("ids end at", ok(`"id": 1000`, `"id": 99999999`))
	f("has the ids", ok(`"vocab": {`, `"vocab": {"<|endoftext|>": 999, `))
	f("not byte-level", ok(`"vocab": {`, `"vocab": {"日": 999, `))
	f("not byte-level", ok(`"vocab": {`, `"vocab": {"": 999, `))
	f("no token for byte 0x61", ok(`"a": 97, `, ``, `"a b"`, `"b b"`, `"ab"`, `"bb"`))
	f("is no token", file([]string{"ab"}, []string{`"a c"`}))
	f("merge 0", file([]string{"ab"}, []string{`"ab"`}))
	f("merge 0", file([]string{"ab"}, []string{`["a"]`}))
	f("merge 0", file([]string{"ab"}, []string{`[1, 2]`}))
	f("merge 0", file([]string{"ab"}, []string{`{}`}))
	f("2049 bytes", file([]string{strings.Repeat("a", 2049)}, nil))
}
