package tokenize

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// flowAtoms are what random texts are made of: letters that merge, space of all kinds, marks, what normal forms change, and what is no UTF-8.
var flowAtoms = []string{"a", "b", "ab", "abc", "l", "lo", "low", "the", "end", "e", "er", "hello", "world", " ", " ", " ", "  ", strings.Repeat(" ", 20), "\n" + strings.Repeat(" ", 16), "\n", "\r\n", "\t", "\u00a0", "\u3000", "▁", "▁▁", ",", "!", "-", "'", "''", "``", ".",
	"0", "12", "é", "e\u0301", "\u0301", "É", "ß", "中", "文", "カ", "ー", "한", "\u1112\u1161", "🦫", "👨\u200d👩", "\u200d", "ﬁ", "½", "\u0600", "\u0e33", "<mask>", "[X]", "[Y]", "</s>", "<unk>", "<0x41>", "AB", "yes",
	"\x00", "\ufffd", "\xff", "\xe4\xb8", "\xf0\x9f", "\xed\xa0\x80", "X", "Lower"}

func flowText(r *rand.Rand, n int) []byte {
	var b []byte
	for range n {
		b = append(b, flowAtoms[r.IntN(len(flowAtoms))]...)
	}
	return b
}

// slowIDs is what the parts of the file give one by one.
func slowIDs(t testing.TB, k *Tokenizer, text []byte) []uint32 {
	t.Helper()
	return slowBy(t, k.NewEncoder(), text)
}

func slowBy(t testing.TB, e *Encoder, text []byte) []uint32 {
	t.Helper()
	tokens, err := e.slow(text, e.t.plain, false)
	if err != nil {
		t.Fatal(err)
	}
	ids := []uint32{}
	for _, x := range tokens {
		ids = append(ids, x.id)
	}
	return ids
}

// The fast path gives what the parts give, whatever the text, in an encoder that has met others before.
func TestFlowIsSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	fast := 0
	line := 0
	check := func(k *Tokenizer) {
		line++
		if !k.Fast() {
			return
		}
		fast++
		wiped, whole := k.newEncoder(tiny), k.NewEncoder()
		for i := range 400 {
			text := flowText(r, 1+i%23)
			want := slowBy(t, whole, text)
			for _, e := range [3]*Encoder{wiped, whole, whole} { // what was met is met again
				if got := e.Append([]uint32{}, text); !slices.Equal(got, want) {
					t.Fatalf("line %d: %q\n got %v\nwant %v", line, text, got, want)
				}
			}
		}
	}
	wholes(t, func(k *Tokenizer, _ []byte, _ []wholeCase) { check(k) })
	if fast < 25 {
		t.Errorf("%d of %d tokenizers are fast", fast, line)
	}
	for _, name := range []string{"bpe", "tiny", "bytes"} {
		check(spModel(t, name))
	}
}

// A stream of ids gives the text that all of them at once give, whatever they are.
func TestStreamIsWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	firsts := 0
	check := func(k *Tokenizer) {
		s := k.NewStreamer()
		if k.firsts != nil {
			firsts++
		}
		for i := range 100 {
			ids := make([]uint32, i%40)
			for j := range ids {
				ids[j] = uint32(r.IntN(k.Vocab() + 2))
				if r.IntN(3) == 0 { // bytes come in runs
					ids[j] = uint32(min(k.Vocab(), 260) - 1 - r.IntN(min(k.Vocab(), 200)))
				}
			}
			var b strings.Builder
			for _, id := range ids {
				b.WriteString(s.Next(id))
			}
			b.WriteString(s.End())
			if want := string(k.AppendDecode(nil, ids)); b.String() != want {
				t.Fatalf("%v: streamed %q, whole %q", ids, b.String(), want)
			}
			if k.decoder == nil || k.byteLevel {
				continue
			}
			step := &stepStream{t: k, s: k.decoder.stream()}
			var parts []byte
			for _, id := range ids {
				parts = step.next(parts, id)
			}
			if parts = step.end(parts); b.String() != string(parts) {
				t.Fatalf("%v: %q, step by step %q", ids, b.String(), parts)
			}
		}
	}
	wholes(t, func(k *Tokenizer, _ []byte, _ []wholeCase) { check(k) })
	for _, name := range []string{"bpe", "tiny", "bytes"} {
		check(spModel(t, name))
	}
	if firsts < 3 {
		t.Errorf("%d tokenizers show only the first token in another way", firsts)
	}
}

// A stream does not hold back what is certain.
func TestStreamShows(t *testing.T) {
	k := spModel(t, "bpe")
	s := k.NewStreamer()
	late := 0
	for _, id := range k.NewEncoder().Append(nil, []byte("To be or not to be, that is the question.")) {
		if s.Next(id) == "" {
			late++
		}
	}
	if late > 1 { // the space before the text
		t.Errorf("%d ids showed nothing", late)
	}
}

// Each start of a character that is not finished, and each byte that is part of none, becomes one U+FFFD: the examples are those of the Unicode standard,
// table 3-8 and below.
func TestInvalidUTF8(t *testing.T) {
	for text, want := range map[string]string{
		"a\xc0\xafb":                           "a\ufffd\ufffdb",
		"\xe0\x80\x80":                         "\ufffd\ufffd\ufffd",
		"\xed\xa0\x80\xed\xbf\xbf":             "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd",
		"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42": "\ufffd\ufffd\ufffd\ufffd\ufffdA\ufffd\ufffdB",
		"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41": "\ufffd\ufffd\ufffd\ufffdA",
		"\xf0\x9f":                             "\ufffd",
		"日本\xe8":                               "日本\ufffd",
		"whole":                                "whole",
	} {
		if got := string(appendValid(nil, []byte(text))); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
		a := validOf(newAligned([]byte(text), true))
		if string(a.text) != want || len(a.span) != len(a.text) {
			t.Errorf("%q becomes %q with %d spans, want %q", text, a.text, len(a.span), want)
		}
		for i, s := range a.span {
			if s.from >= s.to || int(s.to) > len(text) {
				t.Errorf("%q: byte %d stands for %v", text, i, s)
			}
		}
	}
	wholes(t, func(k *Tokenizer, _ []byte, _ []wholeCase) {
		e := k.NewEncoder()
		bad, good := e.Append(nil, []byte("ab\xff lo\xe4\xb8w")), e.Append(nil, []byte("ab\ufffd lo\ufffdw"))
		if !slices.Equal(bad, good) {
			t.Errorf("%s: %v, want %v", k.Describe(), bad, good)
		}
	})
}

func TestFlowAllocatesNothing(t *testing.T) {
	text := []byte("hello world, the low end of ab abc <mask> 中文 é\xff " + strings.Repeat("lower ", 50))
	check := func(k *Tokenizer) {
		if !k.Fast() {
			return
		}
		e := k.NewEncoder()
		ids := e.Append(nil, text)
		e.Append(ids[:0], text)
		if k.flow != nil && k.flow.lead >= leadMark && k.flow.joins == nil {
			return // the first piece may take the slow path
		}
		if n := testing.AllocsPerRun(20, func() { ids = e.Append(ids[:0], text) }); n != 0 {
			t.Errorf("%s: %v allocations", k.Describe(), n)
		}
	}
	wholes(t, func(k *Tokenizer, _ []byte, _ []wholeCase) { check(k) })
	for _, name := range []string{"bpe", "tiny", "bytes"} {
		check(spModel(t, name))
	}
}

// Texts that offer no place to cut take time in proportion to their length.
func TestFlowIsLinear(t *testing.T) {
	line := 0
	wholes(t, func(k *Tokenizer, _ []byte, _ []wholeCase) {
		if line++; !k.Fast() || line%6 != 1 {
			return
		}
		e := k.NewEncoder()
		for _, atom := range []string{"a", " ", "abc", "中"} {
			took := func(n int) time.Duration {
				text := bytes.Repeat([]byte(atom), n/len(atom))
				best := time.Hour
				for range 3 {
					start := time.Now()
					e.Append(nil, text)
					best = min(best, time.Since(start))
				}
				return best
			}
			small, large := took(1<<12), took(1<<16)
			if large > 16*16*small && large > 100*time.Millisecond {
				t.Errorf("%s: %q: 4 KiB take %v, 64 KiB %v", k.Describe(), atom, small, large)
			}
		}
	})
}

// The queue merges as the definition does.
func TestMergeIsFlat(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	wholes(t, func(k *Tokenizer, _ []byte, _ []wholeCase) {
		b, ok := k.model.(*charBPE)
		if !ok {
			return
		}
		for range 200 {
			var w work
			text := flowText(r, 1+r.IntN(60))
			if !utf8.Valid(text) {
				continue
			}
			b.spell(text, &w)
			ready := func() []symbol {
				s := slices.Clone(w.symbols)
				for i := range s {
					s[i].prev, s[i].next, s[i].rank = int32(i-1), int32(i+1), none
					if i+1 < len(s) {
						s[i].rank = b.pairs.get(s[i].id, s[i+1].id)
					}
				}
				return s
			}
			s := ready()
			b.merge(s, &w.queue)
			var queued, flat []uint32
			for i := int32(0); i < int32(len(s)); i = s[i].next {
				queued = append(queued, s[i].id)
			}
			for _, x := range b.flat(ready()) {
				flat = append(flat, x.id)
			}
			if !slices.Equal(queued, flat) {
				t.Fatalf("%q: %v by the queue, %v by the definition", text, queued, flat)
			}
		}
	})
}

func FuzzFlow(f *testing.F) {
	var all []*Encoder
	wholes(f, func(k *Tokenizer, _ []byte, _ []wholeCase) {
		if k.Fast() {
			all = append(all, k.newEncoder(tiny))
		}
	})
	for _, s := range []string{"hello  world", " ▁ab\r\n</s>", "e\u0301\xff中"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for i, e := range all {
			if got, want := e.Append([]uint32{}, text), slowBy(t, e, text); !slices.Equal(got, want) {
				t.Errorf("tokenizer %d: %q\n got %v\nwant %v", i, text, got, want)
			}
		}
	})
}

// Where the token of unknown characters merges, what is unknown may join anything: such a file has no fast path, and gives what its parts give.
func TestUnknownsThatMerge(t *testing.T) {
	k, err := Parse([]byte(`{"added_tokens": [{"id": 9, "content": "<|endoftext|>", "special": true}], "normalizer": {"type": "Sequence", "normalizers": [
		{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}, "pre_tokenizer": null, "post_processor": null, "decoder": null,
		"model": {"type": "BPE", "unk_token": "u", "fuse_unk": true, "byte_fallback": false, "vocab": {"▁": 0, "u": 1, "e": 2, "ue": 3}, "merges": [["u", "e"]]}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"0e", "0e00e", "e0e u", "ue"} {
		got, want := k.NewEncoder().Append([]uint32{}, []byte(text)), slowIDs(t, k, []byte(text))
		if !slices.Equal(got, want) || k.Fast() {
			t.Errorf("%q: %v, part by part %v, fast %v", text, got, want, k.Fast())
		}
	}
}
