package tokenize

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// words is a small tokenizer.json with a model of characters; edit replaces parts of it.
func words(edit ...string) []byte {
	s := `{"added_tokens": [{"id": 9, "content": "</s>", "special": true}],
 "normalizer": null,
 "pre_tokenizer": null,
 "post_processor": null,
 "decoder": null,
 "model": {"type": "BPE", "unk_token": "?", "vocab": {"?": 0, "a": 1, "b": 2, "ab": 3, " ": 4}, "merges": ["a b"]}}`
	for i := 0; i < len(edit); i += 2 {
		if !strings.Contains(s, edit[i]) {
			panic("no " + edit[i])
		}
		s = strings.Replace(s, edit[i], edit[i+1], 1)
	}
	return []byte(s)
}

const (
	noNormalizer = `"normalizer": null`
	noCutter     = `"pre_tokenizer": null`
	noPoster     = `"post_processor": null`
	noDecoder    = `"decoder": null`
	bpeModel     = `{"type": "BPE", "unk_token": "?", "vocab": {"?": 0, "a": 1, "b": 2, "ab": 3, " ": 4}, "merges": ["a b"]}`
)

func TestWrongJSONIsPlaced(t *testing.T) {
	// f wants an error at the first place that says at.
	f := func(what, at, want string, b []byte) {
		t.Helper()
		offset := strings.Index(string(b), at)
		before := string(b[:offset])
		line, column := 1+strings.Count(before, "\n"), offset-strings.LastIndex(before, "\n")
		want = fmt.Sprintf("tokenize: tokenizer.json: offset %d, line %d, column %d: %s", offset, line, column, want)
		if _, err := Parse(b); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", what, err, want)
		}
	}
	const vocab = `{"?": 0, "a": 1, "b": 2, "ab": 3, " ": 4}`
	const id = "want a whole number from 0 to 4294967295"
	f("nothing", "", "unexpected end of JSON input", nil)
	f("a list", "", "want an object, found a list", []byte("[]"))
	f("no JSON", "m", "invalid character 'm' looking for beginning of object key string", []byte("{\n model"))
	f("a model that is a number", "37", "model: want an object, found a number", words(bpeModel, "37"))
	f("a number for a string", "1e3", "model.type: want a string, found a number", words(`"BPE"`, "1e3"))
	f("a string for a number", `"n\"\\"`, "added_tokens.id: "+id+", found a string", words(`"id": 9`, `"id": "n\"\\"`))
	f("a negative id", "-1", "added_tokens.id: "+id+", found a number -1", words(`"id": 9`, `"id": -1`))
	f("an id of 33 bits", "4294967296", "added_tokens.id: "+id+", found a number 4294967296", words(`"id": 9`, `"id": 4294967296`))
	f("half an id", "1.5", "added_tokens.id: "+id+", found a number 1.5", words(`"id": 9`, `"id": 1.5`))
	f("a string for a flag", `"yes"`, "added_tokens.special: want true or false, found a string", words("true", `"yes"`))
	f("an object for a list", "{}", "added_tokens: want a list, found an object", words(`[{"id": 9, "content": "</s>", "special": true}]`, `{}`))
	f("a string for a vocabulary", `"?!"`, "model.vocab: want an object of ids or a list of scores", words(vocab, `"?!"`))
	f("a string for an id of the vocabulary", `"zero"`, "model.vocab: "+id+", found a string", words(`"?": 0`, `"?": "zero"`))
	f("a token without a score", `["b"]`, "want a token and its score", words(vocab, `[["a", 0], ["b"]]`))
	f("a token with a score too many", `["a", 0, 1]`, "want a token and its score", words(vocab, `[["a", 0, 1]]`))
	f("a score that is none", `["a", 1e999]`, "want a token and its score", words(vocab, `[["a", 1e999]]`))
	f("a token listed twice", `["a", 1]`, `token "a" is listed twice`, words(vocab, `[["a", 0], ["a", 1]]`))
	f("a normalizer that is a list", "[1]", "normalizer: want an object, found a list", words(noNormalizer, `"normalizer": [1]`))
	f("a part that is a string", `"NFC"`, "normalizer.normalizers: want an object, found a string", words(noNormalizer, `"normalizer": {"type": "Sequence", "normalizers": ["NFC"]}`))
	f("a flag that is a number", "1, ", "pre_tokenizer.split: want true or false, found a number", words(noCutter, `"pre_tokenizer": {"type": "Metaspace", "split": 1, "x": 0}`))
	deep := strings.Repeat(`{"a":`, 10_000)
	f("deeper than anyone reads", "{!", "invalid character '{' exceeded max depth", []byte(deep+"{!"))
}

func TestCutFilesAreRefused(t *testing.T) {
	whole := words()
	for i := range whole {
		if _, err := Parse(whole[:i]); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("offset %d, line ", i)) {
			t.Fatalf("a file cut at %d: %v", i, err)
		}
	}
	list := ranks("ab", "abc")
	for i := range list {
		ParseTiktoken(list[:i], "gpt2", endOnly) // may be whole lines; must not panic
	}
}

// charsmap is a table of replacements in base64: units of a double array, and a pool of strings.
func charsmap(units []uint32, pool string) string {
	b := binary.LittleEndian.AppendUint32(nil, uint32(4*len(units)))
	for _, u := range units {
		b = binary.LittleEndian.AppendUint32(b, u)
	}
	return base64.StdEncoding.EncodeToString(append(b, pool...))
}

// everyA replaces each a by the pool: the root's children begin at 0, a's one at 256.
func everyA(pool string) string {
	units := make([]uint32, 512)
	units['a'] = 'a' | 1<<8 | (256^'a')<<10
	return charsmap(units, pool)
}

func TestHostileFilesAreRefused(t *testing.T) {
	f := func(what, want string, b []byte) {
		t.Helper()
		if k, err := Parse(b); err == nil || k != nil || !strings.HasPrefix(err.Error(), "tokenize: ") || !strings.Contains(err.Error(), want) || len(err.Error()) > 500 {
			t.Errorf("%s: got %.600v, want %q", what, err, want)
		}
	}
	normalizer := func(s string) []byte { return words(noNormalizer, `"normalizer": `+s) }
	cutter := func(s string) []byte { return words(noCutter, `"pre_tokenizer": `+s) }
	poster := func(s string) []byte { return words(noPoster, `"post_processor": `+s) }
	decoder := func(s string) []byte { return words(noDecoder, `"decoder": `+s) }
	many := func(n int, s string) string { return strings.TrimSuffix(strings.Repeat(s+", ", n), ", ") }

	f("a merge of what is no token", `merge 0: "a" and "c"`, words(`["a b"]`, `["a c"]`))
	f("a merge that makes no token", `merge 1: "ab" and "a"`, words(`["a b"]`, `["a b", "ab a"]`))
	f("a merge of numbers", `merge 0: [1, 2]: want two tokens`, words(`["a b"]`, `[[1, 2]]`))
	f("two tokens of one id", "id 2 is both", words(`"ab": 3`, `"ab": 2`))
	f("an added token of another one's id", "id 2 is both", words(`"id": 9`, `"id": 2`))
	f("an added token of two ids", "has the ids 9 and 5", words(`"ab": 3`, `"ab": 3, "</s>": 5`))
	f("ids of 2^31", "an id above 2097151", words(`"ab": 3`, `"ab": 2147483648`))
	f("an added id of 2^32-1", "ids end at", words(`"id": 9`, `"id": 4294967295`))
	f("a long added token", "at most 2048", words(`"</s>"`, quote(strings.Repeat("x", 2049))))
	f("a long token", "at most 2048", words(`"ab": 3`, `"ab": 3, `+quote(strings.Repeat("x", 2049))+": 5"))
	f("a long prefix", "at most 2048", words(`"unk_token"`, `"continuing_subword_prefix": `+quote(strings.Repeat("x", 2049))+`, "unk_token"`))
	f("no such unknown token", `unk_token "!"`, words(`"unk_token": "?"`, `"unk_token": "!"`))
	f("a negative length of words", "max_input_chars_per_word", words(`"BPE", `, `"WordPiece", "max_input_chars_per_word": -1, `))
	f("no such unknown id", "unk_id 7 of 1", words(bpeModel, `{"type": "Unigram", "unk_id": 7, "vocab": [["a", 0]]}`))
	f("a Unigram without scores", "list of tokens and scores", words(`"BPE"`, `"Unigram"`))

	f("a table that is no base64", "precompiled_charsmap", normalizer(`{"type": "Precompiled", "precompiled_charsmap": "*"}`))
	f("a table of nothing", "cut short", normalizer(`{"type": "Precompiled", "precompiled_charsmap": "AA=="}`))
	f("a table of 1 GB", "1073741824 bytes", normalizer(`{"type": "Precompiled", "precompiled_charsmap": "AAAAQAAAAAA="}`))
	f("half a unit", "precompiled_charsmap", normalizer(`{"type": "Precompiled", "precompiled_charsmap": "AgAAAAAA"}`))
	f("too many normalizers", "at most 8388608 and 512", normalizer(`{"type": "Sequence", "normalizers": [`+many(600, `{"type": "NFC"}`)+`]}`))
	f("a large normalizer", "at most 8388608 and 512", normalizer(`{"type": "Prepend", "prepend": "`+strings.Repeat("x", maxSection)+`"}`))
	f("a normalizer in itself", "at most 8388608 and 512", normalizer(strings.Repeat(`{"type": "Sequence", "normalizers": [`, 600)+strings.Repeat("]}", 600)))
	f("a long mark", "one character", cutter(`{"type": "Metaspace", "replacement": "__"}`))
	f("a long delimiter", "one character", cutter(`{"type": "CharDelimiterSplit", "delimiter": "--"}`))
	f("a long pattern", "at most 16384", cutter(`{"type": "Split", "behavior": "Isolated", "pattern": {"Regex": `+quote(strings.Repeat("a|", 10_000))+`}}`))
	f("an open pattern", "pattern", cutter(`{"type": "Split", "behavior": "Isolated", "pattern": {"Regex": `+quote(strings.Repeat("(", 16_000))+`}}`))
	const ten = `{"type": "Replace", "pattern": {"String": "a"}, "content": "aaaaaaaaaa"}`
	f("a decoder of a decoder", "the decoder makes up to 1e+40 bytes of one", decoder(`{"type": "Sequence", "decoders": [`+strings.Repeat(ten+", ", 39)+ten+`]}`))
	f("decoders in decoders", "the decoder makes up to", decoder(strings.Repeat(`{"type": "Sequence", "decoders": [`+ten+", ", 40)+ten+strings.Repeat("]}", 40)))
	f("an empty pattern", "without a string", decoder(`{"type": "Replace", "pattern": {"String": ""}, "content": "x"}`))

	template := func(single, specials string) []byte {
		return poster(`{"type": "TemplateProcessing", "single": [` + single + `], "pair": [], "special_tokens": {` + specials + `}}`)
	}
	const a, end = `{"Sequence": {"id": "A", "type_id": 0}}`, `{"SpecialToken": {"id": "</s>", "type_id": 0}}`
	f("a template of a token that is not there", "special_tokens lacks", template(a+", "+end, ``))
	f("a template of an id that is not there", "id 8 is no token", template(a+", "+end, `"</s>": {"ids": [8]}`))
	f("a template of an id of 2^32-1", "id 4294967295 is no token", template(a+", "+end, `"</s>": {"ids": [4294967295]}`))
	f("a template that doubles the text", "Sequence A twice", template(a+", "+a, ``))
	f("a long template", "at most 256", template(many(130, end), `"</s>": {"ids": [9, 9]}`))
	f("a template of many ids", "at most 256", template(end, `"</s>": {"ids": [`+many(300, "9")+`]}`))
	f("a sequence C", "neither", template(`{"Sequence": {"id": "C", "type_id": 0}}`, ``))
	f("a template in a sequence", "id 8 is no token", poster(`{"type": "Sequence", "processors": [{"type": "BertProcessing", "cls": ["x", 8], "sep": ["y", 9]}]}`))
	f("an id of a pair that is half", "1.5 is no id", poster(`{"type": "BertProcessing", "cls": ["x", 1.5], "sep": ["y", 9]}`))

	long := make([]string, 200)
	for i := range long {
		long[i] = strings.Repeat("x", 2040) + fmt.Sprintf("%08d", i)
	}
	f("many long tokens", "as long as 2048 bytes", file(long, nil))
	if _, err := ParseTiktoken(ranks(long...), "gpt2", endOnly); err == nil || !strings.Contains(err.Error(), "line 384: too many tokens are as long as 2048 bytes") {
		t.Errorf("many long ranks: %v", err)
	}
}

// limited runs f, which must end within seconds and some memory.
func limited(t *testing.T, what string, megabytes uint64, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	f()
	runtime.ReadMemStats(&after)
	if took, mb := time.Since(start), (after.TotalAlloc-before.TotalAlloc)>>20; took > 20*time.Second || mb > megabytes {
		t.Errorf("%s takes %v and %d MB", what, took, mb)
	}
}

// TestHostileFilesDoNoHarm: what can be read may be slow or refuse a text, but no more.
func TestHostileFilesDoNoHarm(t *testing.T) {
	text := bytes.Repeat([]byte("ab a"), 1000)
	f := func(what, want string, b []byte) {
		t.Helper()
		limited(t, what, 500, func() {
			k, err := Parse(b)
			if err != nil {
				t.Errorf("%s: %v", what, err)
				return
			}
			e := k.NewEncoder()
			ids := e.Append(nil, text)
			if err := e.Err(); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s: %.600v, want %q", what, err, want)
			}
			if _, err := e.Encode(text, EncodeOptions{Template: true, Allowed: AllSpecials, Pair: text}); (err != nil) != (want != "") {
				t.Errorf("%s, with offsets: %.600v, want %q", what, err, want)
			}
			if n := len(k.AppendDecode(nil, ids)); n > grown(4*len(text)) {
				t.Errorf("%s: %d bytes come of %d", what, n, len(text))
			}
		})
	}
	sequence := func(kind string, parts ...string) string {
		name := map[string]string{"normalizer": "normalizers", "pre_tokenizer": "pretokenizers", "decoder": "decoders"}[kind]
		return `"` + kind + `": {"type": "Sequence", "` + name + `": [` + strings.Join(parts, ", ") + `]}`
	}
	const ten = `{"type": "Replace", "pattern": {"String": "a"}, "content": "aaaaaaaaaa"}`
	long := strings.Repeat("a", 1<<16)
	f("a replacement of a replacement", "Replace makes", words(noNormalizer, sequence("normalizer", slices.Repeat([]string{ten}, 40)...)))
	f("a long replacement", "Replace makes", words(noNormalizer, `"normalizer": {"type": "Replace", "pattern": {"String": "a"}, "content": "`+long+`"}`))
	f("a replacement of nothing", "Replace makes", words(noNormalizer, `"normalizer": {"type": "Replace", "pattern": {"Regex": "x*"}, "content": "`+long+`"}`))
	f("long prefixes", "Prepend makes", words(noNormalizer, sequence("normalizer", slices.Repeat([]string{`{"type": "Prepend", "prepend": "` + long + `"}`}, 40)...)))
	f("a table without an end", "precompiled_charsmap makes", words(noNormalizer, `"normalizer": {"type": "Precompiled", "precompiled_charsmap": "`+everyA(long)+`"}`))
	f("a table that leads out of itself", "", words(noNormalizer, `"normalizer": {"type": "Precompiled", "precompiled_charsmap": "`+charsmap(slices.Repeat([]uint32{1<<31 - 1}, 300), "")+`"}`))
	f("a table of zeros", "", words(noNormalizer, `"normalizer": {"type": "Precompiled", "precompiled_charsmap": "`+charsmap(make([]uint32, 1), "")+`"}`))
	f("many marks", "pre_tokenizer makes", words(noCutter, sequence("pre_tokenizer", slices.Repeat([]string{`{"type": "Metaspace", "replacement": "a"}`, `{"type": "Metaspace", "replacement": "b"}`}, 20)...)))
	f("many marks, nested", "pre_tokenizer makes", words(noCutter, `"pre_tokenizer": `+strings.Repeat(`{"type": "Sequence", "pretokenizers": [{"type": "Metaspace", "replacement": "a"}, {"type": "Metaspace", "replacement": "b"}, `, 40)+`{"type": "Digits"}`+strings.Repeat("]}", 40)))
	f("a decoder that takes much off", "", words(noDecoder, `"decoder": {"type": "Strip", "content": "a", "start": 1073741824, "stop": 1073741824}`))
	f("a decoder that takes nothing off", "", words(noDecoder, `"decoder": {"type": "Strip", "content": "", "start": 1073741824, "stop": 1073741824}`))
	f("an empty token", "", words(`"ab": 3`, `"": 5, "ab": 3`))
	f("an empty part of a merge", "", words(`"ab": 3`, `"": 5, "ab": 3`, `["a b"]`, `["a b", " a", "a "]`))
	f("merges whose parts come later", "", words(`"ab": 3`, `"ab": 3, "aba": 5, "abab": 6`, `["a b"]`, `["ab ab", "ab a", "a b"]`))
	f("scores without measure", "", words(bpeModel, `{"type": "Unigram", "unk_id": 0, "vocab": [["?", -1e308], ["a", 1e308], ["b", -1e308], ["ab", 1e308], [" ", 0]]}`))
	f("an added space that takes the spaces before it", "", words(`[{"id": 9`, `[{"id": 8, "content": " ", "lstrip": true}, {"id": 9`, `, " ": 4`, ``))
	text = text[:400]
	f("words of 2^31 characters", "", words(`"BPE", `, `"WordPiece", "max_input_chars_per_word": 2147483647, `))
	text = bytes.Repeat([]byte(" "), 1<<17)
	f("… in a text of spaces", "", words(`[{"id": 9`, `[{"id": 8, "content": " ", "lstrip": true, "single_word": true}, {"id": 9`, `, " ": 4`, ``))
}

func TestPatternsThatNeverEnd(t *testing.T) {
	defer func(d time.Duration) { regexTime = d }(regexTime)
	regexTime = 100 * time.Millisecond
	for pattern, text := range map[string]string{
		`(a+)+$`:           strings.Repeat("a", 60) + "!",
		`(?:a|aa)+$`:       strings.Repeat("a", 100) + "!",
		`(a*)*b`:           strings.Repeat("a", 60),
		`.*?.*?.*?.*?.*?=`: strings.Repeat("z", 3000),
	} {
		b := words(noCutter, `"pre_tokenizer": {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": `+quote(pattern)+`}}`)
		limited(t, pattern, 300, func() {
			k, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			e := k.NewEncoder()
			want := fmt.Sprintf("tokenize: pattern %q: gave up after 100ms in a text of %d bytes", pattern, len(text))
			if ids := e.Append([]uint32{7}, []byte(text)); len(ids) != 1 {
				t.Errorf("%s: gave %v for a text that it did not cut", pattern, ids)
			}
			if err := e.Err(); err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 300 {
				t.Errorf("%s: %v, want %s", pattern, err, want)
			}
		})
	}
	// Many searches that are slow, each within the limit, are one that is.
	x, err := newRegex(`(?:a|aa)+$`)
	if err != nil {
		t.Fatal(err)
	}
	x.most = 0
	if _, err := x.all(nil, []byte("ba")); err == nil {
		t.Error("a text has no limit of time as a whole")
	}
}

// A byte that is no UTF-8 is one character to a pattern, which finds what is behind it where it is.
func TestPatternsOverBytesThatAreNoUTF8(t *testing.T) {
	x, err := newRegex("b+")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]match{
		"a\xffbb1b":           {{2, 4}, {5, 6}},
		"\xf0\x9f\x98bb":      {{3, 5}}, // a character that is cut
		"日\xe6\x97b\xc3\xa9b": {{5, 6}, {8, 9}},
	} {
		if got, err := x.all(nil, []byte(text)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestUnknownIDsDecodeToNothing(t *testing.T) {
	for name, b := range map[string][]byte{"bytes": file([]string{"ab"}, []string{`"a b"`}), "characters": words()} {
		k, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		unknown := []uint32{uint32(k.Vocab()), uint32(k.Vocab()) - 2, 1 << 21, 1 << 31, 1<<32 - 1} // the second is a hole
		if got := k.AppendDecode([]byte("x"), unknown); string(got) != "x" {
			t.Errorf("%s: %q", name, got)
		}
		s := k.NewStreamer()
		for _, id := range unknown {
			if got := s.Next(id); got != "" {
				t.Errorf("%s: id %d is %q in a stream", name, id, got)
			}
			if k.Token(id) != nil {
				t.Errorf("%s: id %d is a token", name, id)
			}
		}
		if got := s.End(); got != "" {
			t.Errorf("%s: %q at the end of a stream", name, got)
		}
		k.Readable(unknown)
	}
}

// use does with a tokenizer what users do: nothing may panic or fill the memory.
func use(t *testing.T, k *Tokenizer, text []byte) {
	e := k.NewEncoder()
	ids := e.Append(nil, text)
	failed := e.Err() != nil
	for _, id := range ids {
		if int64(id) >= int64(k.Vocab()) {
			t.Fatalf("id %d of %d", id, k.Vocab())
		}
	}
	got := k.AppendDecode(nil, ids)
	if k.Lossless() && k.rule != nil && !bytes.Equal(got, text) {
		t.Errorf("%q decodes to %q", text, got)
	}
	x, err := e.Encode(text, EncodeOptions{})
	if (err != nil) != failed {
		t.Errorf("Append fails: %t, Encode: %v", failed, err)
	}
	if err == nil && !slices.Equal(x.IDs, ids) {
		t.Errorf("%q: Append gives %v, Encode %v", text, ids, x.IDs)
	}
	if x, err = e.Encode(text, EncodeOptions{Pair: text, Template: true, Allowed: AllSpecials}); err == nil {
		for i, o := range x.Offsets {
			if o[0] < 0 || o[0] > o[1] || o[1] > len(text) || x.IDs[i] >= uint32(k.Vocab()) {
				t.Fatalf("id %d stands for %v of %d bytes", x.IDs[i], o, len(text))
			}
		}
	}
	s := k.NewStreamer()
	for _, id := range ids[:min(len(ids), 100)] {
		s.Next(id)
	}
	s.End()
	k.Tiktoken() // may refuse
}

func FuzzParse(f *testing.F) {
	usual := regexTime
	f.Add(file([]string{"ab", "abc"}, []string{`"a b"`, `["ab", "c"]`}), []byte("abcab"))
	f.Add(file([]string{"abc"}, nil, `"ignore_merges": false`, `"ignore_merges": true`), []byte("abc"))
	f.Add(words(), []byte("ab a"))
	f.Add(words(`"BPE", `, `"WordPiece", "continuing_subword_prefix": "#", `, noNormalizer, `"normalizer": {"type": "BertNormalizer"}`, noCutter, `"pre_tokenizer": {"type": "BertPreTokenizer"}`,
		noDecoder, `"decoder": {"type": "WordPiece"}`), []byte("Ab, 日a"))
	f.Add(words(bpeModel, `{"type": "Unigram", "unk_id": 0, "byte_fallback": true, "vocab": [["?", 0], ["a", -1], ["ab", -1.5], ["<0x61>", -3]]}`,
		noNormalizer, `"normalizer": {"type": "Precompiled", "precompiled_charsmap": "`+everyA("b")+`"}`, noCutter, `"pre_tokenizer": {"type": "Metaspace"}`), []byte("ab a"))
	f.Add(words(`"BPE", `, `"WordLevel", `, noCutter, `"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split", "behavior": "MergedWithNext", "pattern": {"Regex": "a+|b(?!a)"}}, {"type": "Digits"}]}`,
		noPoster, `"post_processor": {"type": "BertProcessing", "cls": ["a", 1], "sep": ["b", 2]}`), []byte("aab1b"))
	f.Add(words(noNormalizer, `"normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "a"}, {"type": "Replace", "pattern": {"String": "a"}, "content": "bb"}, {"type": "NFKC"}, {"type": "Strip", "strip_left": true}]}`,
		noDecoder, `"decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "a"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}`,
		noPoster, `"post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "x", "type_id": 0}}], "pair": [], "special_tokens": {"x": {"ids": [9]}}}`), []byte("aﬁb "))
	f.Cleanup(func() { regexTime = usual })
	regexTime = 200 * time.Millisecond
	f.Fuzz(func(t *testing.T, b, text []byte) {
		k, err := Parse(b)
		if err != nil {
			if k != nil {
				t.Error("a tokenizer beside an error")
			}
			return
		}
		use(t, k, text[:min(len(text), 1<<12)])
	})
}

func FuzzTiktoken(f *testing.F) {
	f.Add(ranks("ab", "abc"), "gpt2", []byte("abcab"))
	f.Add(ranks("xyz"), "cl100k", []byte("xyz"))
	f.Add([]byte("YQ== 0\n"), "o200k", []byte("a"))
	f.Fuzz(func(t *testing.T, b []byte, split string, text []byte) {
		k, err := ParseTiktoken(b, split, endOnly)
		if err != nil {
			if k != nil {
				t.Error("a tokenizer beside an error")
			}
			return
		}
		use(t, k, text[:min(len(text), 1<<12)])
		written, err := k.Tiktoken()
		if err != nil {
			return // of tokens that are merged before tokens of lower rank
		}
		again, err := ParseTiktoken(written, split, endOnly)
		if err != nil {
			t.Fatal(err)
		}
		if x, y := k.NewEncoder().Append(nil, text), again.NewEncoder().Append(nil, text); !slices.Equal(x, y) {
			t.Errorf("%q: %v, written and read again %v", text, x, y)
		}
	})
}
