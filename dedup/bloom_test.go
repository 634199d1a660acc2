package dedup

import (
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// TestFilterRate measures the rate of false positives of full filters.
func TestFilterRate(t *testing.T) {
	cases := []struct {
		fp   float64
		keys int
	}{{0.5, 1 << 16}, {0.01, 1 << 19}, {1e-3, 12_000_000}, {1e-4, 1000}, {1e-5, 1 << 20}, {1e-6, 1 << 21}}
	for _, c := range cases {
		f, err := NewFilter(int64(c.keys), c.fp)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, uint64(c.keys)))
		keys, seen := make([]uint64, c.keys), make([]bool, c.keys)
		for i := range keys {
			keys[i] = r.Uint64()
		}
		f.AddAll(keys, seen)
		f.hasAll(keys, seen)
		for i := range seen {
			if !seen[i] {
				t.Fatalf("fp %v: key %x was added and is not there", c.fp, keys[i])
			}
		}
		asked := int(min(max(4<<20, 40/c.fp), 12_000_000))
		wrong := 0
		chunk, hit := make([]uint64, 4096), make([]bool, 4096)
		for n := 0; n < asked; n += len(chunk) {
			for i := range chunk {
				chunk[i] = r.Uint64()
			}
			f.hasAll(chunk, hit)
			for _, h := range hit {
				if h {
					wrong++
				}
			}
		}
		want := float64(asked) * c.fp
		if float64(wrong) > want+3*math.Sqrt(want) || c.keys > 1<<15 && float64(wrong) < 0.7*want-3*math.Sqrt(want) {
			t.Errorf("fp %v for %d keys: %d of %d others look seen, want about %.0f", c.fp, c.keys, wrong, asked, want)
		}
		if c.fp >= 1e-3 && float64(wrong) > want {
			t.Errorf("fp %v for %d keys: measured %v", c.fp, c.keys, float64(wrong)/float64(asked))
		}
		t.Logf("fp %v for %d keys: measured %.3g in %.1f bits a key", c.fp, c.keys, float64(wrong)/float64(asked), float64(f.Bytes())*8/float64(c.keys))
	}
}

// TestFilterWays compares the ways in which a filter is filled and asked.
func TestFilterWays(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	keys := make([]uint64, 20_000)
	for i := range keys {
		keys[i] = r.Uint64()
		if i%3 == 0 {
			keys[i] = keys[r.IntN(i+1)]
		}
	}
	keys[0], keys[1], keys[2] = 0, math.MaxUint64, 0
	for _, fp := range []float64{0.01, 1e-6} {
		one, _ := NewFilter(20_000, fp)
		all, _ := NewFilter(20_000, fp)
		slices, _ := NewFilter(20_000, fp)
		seen := make([]bool, len(keys))
		all.AddAll(keys, seen)
		exact := map[uint64]bool{}
		for i, k := range keys {
			before := one.Has(k)
			s := one.Add(k)
			if s != before || s != seen[i] || exact[k] && !s {
				t.Fatalf("fp %v: key %d: seen %v, asked before %v, of all %v, truly %v", fp, i, s, before, seen[i], exact[k])
			}
			exact[k] = true
		}
		for s := slices64 - 1; s >= 0; s-- {
			var of []uint64
			for _, k := range keys {
				if slices.slice(k) == s {
					of = append(of, k)
					if at := slices.block(k) / blockWords; at < slices.blocks/slices64*uint64(s) || at >= slices.blocks/slices64*uint64(s+1) {
						t.Fatalf("block %d is not in slice %d", at, s)
					}
				}
			}
			slices.setAll(of)
		}
		for i := range one.words {
			if one.words[i] != all.words[i] || one.words[i] != slices.words[i] {
				t.Fatal("the filters differ")
			}
		}
		if one.Added() != all.Added() || one.Added() > int64(len(exact)) || one.Added() < int64(len(exact))*99/100 {
			t.Errorf("added %d and %d, %d are distinct", one.Added(), all.Added(), len(exact))
		}
	}
}

func TestFilterSizes(t *testing.T) {
	for _, c := range []struct {
		keys int64
		fp   float64
		bits float64 // a key, at most
	}{{1e6, 0.5, 4}, {1e6, 0.01, 10.5}, {1e9, 1e-6, 40}, {6e10, 1e-6, 40}} {
		n, err := FilterBytes(c.keys, c.fp)
		if err != nil || float64(n)*8/float64(c.keys) > c.bits {
			t.Errorf("%d keys at %v take %d bytes, %v", c.keys, c.fp, n, err)
		}
	}
	for _, c := range []struct {
		keys int64
		fp   float64
	}{{-1, 0.1}, {1, 0}, {1, 1}, {1, -1}, {1, math.NaN()}, {1, 1e-13}, {1 << 50, 0.1}} {
		if f, err := NewFilter(c.keys, c.fp); err == nil {
			t.Errorf("a filter of %d bytes for %d keys at %v", f.Bytes(), c.keys, c.fp)
		}
	}
	f, err := NewFilter(0, 1e-6)
	if err != nil || f.Add(1) || !f.Add(1) {
		t.Error("the smallest filter forgets", err)
	}
}

func savedFilter(t testing.TB, options string) (*Filter, []byte) {
	t.Helper()
	f, err := NewFilter(3000, 1e-6)
	if err != nil {
		t.Fatal(err)
	}
	f.SetOptions(options)
	for i := range uint64(3000) {
		f.Add(mixNgram(i))
	}
	var dir quern.Memory
	if _, err := f.Save(&dir, "f"); err != nil {
		t.Fatal(err)
	}
	b, err := quern.ReadBlob(&dir, "f")
	if err != nil {
		t.Fatal(err)
	}
	return f, b
}

func loadFilter(b []byte, options string, mem int64) (*Filter, error) {
	var dir quern.Memory
	if err := quern.WriteBlob(&dir, "f", b); err != nil {
		return nil, err
	}
	return LoadFilter(&dir, "f", options, mem)
}

func TestSavedFilters(t *testing.T) {
	f, b := savedFilter(t, "unit=ngram\nngram=13")
	g, err := loadFilter(b, "unit=ngram\nngram=13", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for i := range f.words {
		if f.words[i] != g.words[i] {
			t.Fatal("words differ")
		}
	}
	if g.Added() != f.Added() || g.Capacity() != 3000 || g.fp != 1e-6 {
		t.Errorf("got %+v", g)
	}
	for want, load := range map[string]func() (*Filter, error){
		"it has ngram=13, asked for is ngram=5": func() (*Filter, error) { return loadFilter(b, "unit=ngram\nngram=5", 1<<20) },
		"it has ngram=13, asked for is nothing": func() (*Filter, error) { return loadFilter(b, "unit=ngram", 1<<20) },
		"MiB, 0 are left of the memory":         func() (*Filter, error) { return loadFilter(b, "unit=ngram\nngram=13", 100) },
		"not a filter":                          func() (*Filter, error) { return loadFilter([]byte(strings.Repeat("x", 400)), "", 1<<20) },
		"version 9": func() (*Filter, error) {
			return loadFilter(append(append([]byte{}, b[:8]...), append([]byte{9}, b[9:]...)...), "", 1<<20)
		},
		"unexpected EOF":              func() (*Filter, error) { return loadFilter(b[:len(b)-1], "unit=ngram\nngram=13", 1<<20) },
		"f: offset 0: unexpected EOF": func() (*Filter, error) { return loadFilter(nil, "", 1<<20) },
		"file does not exist":         func() (*Filter, error) { return LoadFilter(&quern.Memory{}, "f", "", 1) },
	} {
		if f, err := load(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, %v, want an error with %q", f, err, want)
		}
	}
	for i := 0; i < len(b); i += 1 + i/64 {
		bad := append([]byte{}, b...)
		bad[i] ^= 0x10
		if _, err := loadFilter(bad, "unit=ngram\nngram=13", 1<<20); err == nil {
			t.Fatalf("byte %d of %d is damaged and nobody sees it", i, len(b))
		}
		if _, err := loadFilter(b[:i], "unit=ngram\nngram=13", 1<<20); err == nil {
			t.Fatalf("cut short at byte %d of %d and nobody sees it", i, len(b))
		}
	}
}

func FuzzFilter(f *testing.F) {
	_, b := savedFilter(f, "unit=ngram")
	f.Add(b)
	f.Add(b[:200])
	f.Add([]byte(filterMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		if g, err := loadFilter(b, "unit=ngram", 1<<20); err == nil && g.Bytes() > int64(len(b)) {
			t.Errorf("%d bytes of filter from %d", g.Bytes(), len(b))
		}
	})
}

func TestFilterOnAFullDisk(t *testing.T) {
	f, _ := savedFilter(t, "")
	if _, err := f.Save(fullDisk{}, "f"); err == nil {
		t.Error("a filter was saved on a full disk")
	}
}

// fullDisk has room for nothing.
type fullDisk struct{ quern.Dir }

type fullBlob struct{}

func (fullBlob) Write([]byte) (int, error) { return 0, os.ErrInvalid }
func (fullBlob) Commit() error             { return nil }
func (fullBlob) Abort()                    {}

func (fullDisk) Create(string) (quern.Blob, error) { return fullBlob{}, nil }

func BenchmarkFilterAddAll(b *testing.B) {
	const n = 32 << 20
	keys, seen := make([]uint64, n), make([]bool, n)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range keys {
		keys[i] = r.Uint64()
	}
	for b.Loop() {
		b.StopTimer()
		f, err := NewFilter(n, 1e-6)
		if err != nil {
			b.Fatal(err)
		}
		clear(f.words) // the pages are there
		b.StartTimer()
		f.AddAll(keys, seen)
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mkeys/s")
}
