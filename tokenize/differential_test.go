package tokenize

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// someTokenizers are the byte-level tokenizers that are at hand: those of this repository always, and those that the environment names.
func someTokenizers(t testing.TB) map[string]*Tokenizer {
	t.Helper()
	all := map[string]*Tokenizer{"gpt35turbo": mustGPT35(t)}
	for _, split := range Splits() {
		b, err := os.ReadFile("testdata/learned-" + split + ".json")
		if err != nil {
			t.Fatal(err)
		}
		k, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		all["learned-"+split] = k
		nfc := bytes.Replace(b, []byte(`"normalizer": null`), []byte(`"normalizer": {"type": "NFC"}`), 1)
		if all["nfc-"+split], err = Parse(nfc); err != nil {
			t.Fatal(err)
		}
	}
	if root := os.Getenv("QUERN_TOKENIZERS"); root != "" {
		files, err := filepath.Glob(root + "/tokenizer-*/models/tokenizer.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			k, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			if k.byteLevel {
				all[filepath.Base(filepath.Dir(filepath.Dir(f)))] = k
			}
		}
	}
	return all
}

// unhurried is a tokenizer that runs each part of its file on its own.
func unhurried(k *Tokenizer) *Tokenizer {
	s := *k
	s.rule = nil
	return &s
}

func TestFastEqualsSlow(t *testing.T) {
	r := testRand(37)
	for name, k := range someTokenizers(t) {
		if k.rule == nil {
			t.Logf("%s has no fast path", name)
			continue
		}
		fast, small, slow := k.NewEncoder(), k.newEncoder(tiny), unhurried(k).NewEncoder()
		allowed, err := k.Allow(AllSpecials)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 400 {
			text := randomText(r, 1+r.IntN(500), i%2 == 0)
			for range r.IntN(3) { // special tokens amid the text
				at := r.IntN(len(text) + 1)
				text = slices.Insert(text, at, []byte(k.added[r.IntN(len(k.added))].Content)...)
			}
			want := slow.Append(nil, text)
			if err := slow.Err(); err != nil {
				t.Fatal(err)
			}
			if got := fast.Append(nil, text); !slices.Equal(got, want) {
				t.Fatalf("%s: %q\n got %v\nwant %v", name, text, got, want)
			}
			if got := small.Append(nil, text); !slices.Equal(got, want) {
				t.Fatalf("%s, small cache: %q\n got %v\nwant %v", name, text, got, want)
			}
			if got := fast.Count(text); got != len(want) {
				t.Fatalf("%s: %q: counted %d, want %d", name, text, got, len(want))
			}
			for _, o := range []EncodeOptions{{}, {Allowed: AllSpecials}, {Template: true}, {Pair: []byte("é中 pair"), Template: true}} {
				want, err := slow.Encode(text, o)
				if err != nil {
					t.Fatal(err)
				}
				got, err := fast.Encode(text, o)
				if err != nil || !sameEncoding(got, want) {
					t.Fatalf("%s: %q\n got %v (%v)\nwant %v", name, text, got, err, want)
				}
				if o.Allowed != nil {
					if ids := fast.AppendAllowed(nil, text, allowed); !slices.Equal(ids, want.IDs) {
						t.Fatalf("%s: %q\n got %v\nwant %v", name, text, ids, want.IDs)
					}
				}
			}
		}
	}
}

func sameEncoding(a, b Encoding) bool {
	return slices.Equal(a.IDs, b.IDs) && slices.Equal(a.Offsets, b.Offsets) && slices.Equal(a.Types, b.Types) && slices.Equal(a.Special, b.Special)
}

// TestNoTextYieldsASpecialToken holds for every special token of every tokenizer at hand, and for each of them alone if it is allowed.
func TestNoTextYieldsASpecialToken(t *testing.T) {
	for name, k := range someTokenizers(t) {
		e := k.NewEncoder()
		special := map[uint32]bool{}
		for _, a := range k.added {
			special[a.ID] = a.Special
		}
		for i, a := range k.added {
			if !a.Special || testing.Short() && i > 20 {
				continue
			}
			for _, text := range []string{a.Content, " " + a.Content, a.Content + a.Content, "a" + a.Content + "\n", strings.Repeat(a.Content, 9)} {
				ids := e.Append(nil, []byte(text))
				if slices.ContainsFunc(ids, func(id uint32) bool { return special[id] }) {
					t.Errorf("%s: %q yields %v", name, text, ids)
				}
				if k.Lossless() {
					if got := string(k.AppendDecode(nil, ids)); got != text {
						t.Errorf("%s: %q decodes to %q", name, text, got)
					}
				}
			}
			if i%16 != 0 {
				continue
			}
			only, err := k.Allow(func(n string) bool { return n == a.Content })
			if err != nil {
				t.Fatal(err)
			}
			if ids := e.AppendAllowed(nil, []byte("x"+a.Content), only); ids[len(ids)-1] != a.ID {
				t.Errorf("%s: %q is allowed and yields %v", name, a.Content, ids)
			}
		}
	}
}

func TestAllowedOfAnotherTokenizer(t *testing.T) {
	k := mustGPT35(t)
	allowed, err := k.Allow(AllSpecials)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	unhurried(k).NewEncoder().AppendAllowed(nil, nil, allowed)
}

// TestEncoderKeepsItsBudget encodes ever new pieces of all lengths.
func TestEncoderKeepsItsBudget(t *testing.T) {
	k := mustGPT35(t)
	k.NewEncoder().Append(nil, []byte("warm"))
	for _, budget := range []int{0, 4 << 20, 12 << 20} {
		before := inUse()
		e := k.NewEncoderSize(budget)
		dst := e.Append(make([]uint32, 0, 1<<16), []byte("warm"))
		if size := inUse() - before; size > 1<<20 {
			t.Errorf("budget %d: a new encoder takes %d bytes", budget, size)
		}
		r := testRand(41)
		text := make([]byte, 1<<15)
		largest := 0
		for round := range 200 {
			for i := 0; i < len(text); {
				text[i] = ' '
				for i++; i < len(text) && r.IntN(4+round%24) > 0; i++ {
					text[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[r.IntN(52)]
				}
			}
			dst = e.Append(dst[:0], text)
			if round%50 == 49 {
				largest = max(largest, inUse()-before)
			}
		}
		limit := max(budget, minEncoderBytes) + 4*cap(dst) + 256<<10 // what a batch holds
		if largest > limit || largest < limit/4 {
			t.Errorf("budget %d: takes %d bytes", budget, largest)
		}
		if budget < 12<<20 && e.cache.wipes == 0 {
			t.Errorf("budget %d: nothing was ever forgotten", budget)
		}
		runtime.KeepAlive(e)
	}
}

// inUse is how much of the heap is.
func inUse() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func TestLimitsStayWithinTheBudget(t *testing.T) {
	for budget := minEncoderBytes; budget < 300<<20; budget += budget/7 + 1 {
		for _, l := range [2]limits{cacheLimits(budget, false), cacheLimits(budget, true)} {
			size := 1<<hotBits*int(reflect.TypeFor[hotSet]().Size()) + l.table*int(reflect.TypeFor[slot]().Size()) + l.wide*int(reflect.TypeFor[wideSlot]().Size()) +
				l.long*int(reflect.TypeFor[longSlot]().Size()) + l.keys + 4*l.arena
			if size > budget || size < budget/2 {
				t.Errorf("a budget of %d bytes is divided into %d: %+v", budget, size, l)
			}
		}
	}
}

func TestEncodersDoNotAllocate(t *testing.T) {
	for name, k := range someTokenizers(t) {
		if k.rule == nil {
			continue
		}
		e := k.NewEncoder()
		text := bytes.Repeat([]byte("The mill's stones <a href> 磨坊 été, all 3 of them, ground 98765 sacks. <|im_start|>\n"), 50)
		for _, a := range k.added {
			if !a.Special {
				text = append(text, a.Content...)
			}
		}
		dst := e.Append(nil, text)
		decoded := k.AppendDecode(nil, dst)
		if n := testing.AllocsPerRun(20, func() { dst = e.Append(dst[:0], text) }); n != 0 {
			t.Errorf("%s: %g allocations a document", name, n)
		}
		if n := testing.AllocsPerRun(20, func() { e.Count(text) }); n != 0 {
			t.Errorf("%s: %g allocations a document that is counted", name, n)
		}
		if n := testing.AllocsPerRun(20, func() { decoded = k.AppendDecode(decoded[:0], dst) }); n != 0 {
			t.Errorf("%s: %g allocations to decode a document", name, n)
		}
	}
}

// TestLongPieceIsGivenUp: what a piece of a megabyte takes is not kept.
func TestLongPieceIsGivenUp(t *testing.T) {
	k := mustGPT35(t)
	e := k.NewEncoder()
	ids := e.Append(nil, []byte(strings.Repeat("qz", 1<<20)))
	if len(ids) < 1<<18 || cap(e.listed) > maxScratch || cap(e.outer) > maxScratch || cap(e.merger.out) > maxScratch {
		t.Errorf("%d ids; kept %d, %d and %d", len(ids), cap(e.listed), cap(e.outer), cap(e.merger.out))
	}
	if got := e.Append(nil, []byte("mill")); !slices.Equal(got, plain(k, []byte("mill"))) {
		t.Errorf("afterwards %v", got)
	}
}

// TestWorkersGiveTheSame encodes texts on 1, 2 and 7 workers.
func TestWorkersGiveTheSame(t *testing.T) {
	k := mustGPT35(t)
	r := testRand(43)
	texts := make([][]byte, 200)
	for i := range texts {
		texts[i] = randomText(r, 1+r.IntN(900), false)
	}
	var first [][]uint32
	for _, workers := range []int{1, 2, 7} {
		encoders := make([]*Encoder, workers)
		for i := range encoders {
			encoders[i] = k.NewEncoder()
		}
		out := make([][]uint32, len(texts))
		err := quern.Each(t.Context(), workers, len(texts), func(_ context.Context, w, i int) error {
			out[i] = encoders[w].Append(nil, texts[i])
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = out
		}
		if !reflect.DeepEqual(out, first) {
			t.Errorf("%d workers give other ids", workers)
		}
	}
}
