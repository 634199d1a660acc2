package minhash

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cespare/xxhash/v2"
)

// widths runs f with plain Go and with each width of vectors that this processor has.
func widths(f func(width int)) {
	widest := width
	defer func() { width = widest }()
	for _, w := range []int{0, 256, 512} {
		if w <= widest {
			width = w
			f(w)
		}
	}
}

// The assembly is what its generator writes.
func TestGenerated(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("go", "run", "gen/main.go", "gen/permute.go", "gen/text.go", "gen/hash.go", "-dir", dir).CombinedOutput(); err != nil {
		t.Skipf("cannot run the generator here: %v: %s", err, out)
	}
	for _, name := range []string{"kern_amd64.s", "stubs_amd64.go"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: go generate", name)
		}
	}
}

// allOptions are signers that between them use every kernel.
func allOptions() []Options {
	return []Options{
		{Shingle: 5, Bands: 14, Rows: 8, Seed: 1},
		{Shingle: 1, Bands: 3, Rows: 5},
		{Shingle: 13, Bands: 26, Rows: 11},
		{Shingle: 3, Bands: 20, Rows: 13, Hash: XXH64},
		{Shingle: 5, Bands: 14, Rows: 8, Family: Datatrove, Seed: 1},
		{Shingle: 2, Bands: 5, Rows: 25, Family: Datatrove, Seed: 9, English: true},
		{Shingle: 24, Bands: 1, Rows: 1, Unit: Chars},
		{Shingle: 6, Family: SimHash, Blocks: 6, Distance: 4},
	}
}

// answers is all that a text gives, with plain Go or vectors.
func answers(t testing.TB, text []byte) (all []uint64) {
	for _, o := range allOptions() {
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		x := slices.Clone(s.Shingles(text))
		all = append(all, uint64(len(x)))
		all = append(all, x...)
		all = append(all, s.Keys(x)...)
		all = append(all, s.Signature(x)...)
	}
	var d Digester
	for i := range 4 {
		h := d.Digest128(text, i&1 != 0, i&2 != 0)
		all = append(all, h[:]...)
	}
	return all
}

func sameEverywhere(t testing.TB, text []byte) {
	var want []uint64
	widths(func(w int) {
		got := answers(t, text)
		if w == 0 {
			want = got
		} else if !slices.Equal(got, want) {
			for i := range got {
				if i >= len(want) || got[i] != want[i] {
					t.Fatalf("vectors of %d bits: another answer than plain Go, from number %d on: %q", w, i, text)
				}
			}
			t.Fatalf("vectors of %d bits: fewer answers than plain Go: %q", w, text)
		}
	})
}

var pieces = strings.Split("a|B|the|word|Zulu|antidisestablishmentarianism|0123456789abcdefg|1|22|3.14|1,234.5|1.2.3|10.0.0.1|7.|.5|...|..........|-|_|$|"+
	" |  |\n|\t\r\n|\x00|\x7f|é|e\u0301|Ü|ß|ΣΑΣ|ς|Привет|мир|ё|й|漢|字|かな|カ|한국어|각|١٢٣|٫|،|\u00a0|\u0085|\u1680|\u2003|\u2028|\u202f|\u205f|\u3000|"+
	"\u200b|\u00ad|😀|𝒳|𐐀|\U0002F800|\U00020000|\U0001D7D8|\xff|\xc3|\xe2\x80|\xe3|\xf0\x9f|\xed\xa0\x80|\xc0\x80|ா|ொ|—|…|«|»|“слова”|Ё|ѵ|ҁ|万物复苏|\xd0|\xe4\xb7\x80|İ|ı|K|Ω|dont|cannot|0km|5kg|；|。", "|")

func randomText(r *rand.Rand, n int) []byte {
	var b []byte
	ascii := r.IntN(3) // some texts have few other letters, some are all mixed
	for len(b) < n {
		p := pieces[r.IntN(len(pieces))]
		if ascii != 0 && p[0] >= 0x80 && r.IntN(20) != 0 {
			p = "plain words "
		}
		b = append(b, p...)
		if r.IntN(2) == 0 {
			b = append(b, ' ')
		}
	}
	return b[:n]
}

// Every kernel gives the bits of plain Go for texts of every length, at every offset of memory.
func TestKernels(t *testing.T) {
	if width == 0 {
		t.Skip("this processor, or this build, has plain Go alone")
	}
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 400 {
		sameEverywhere(t, randomText(r, n))
	}
	for range 200 {
		sameEverywhere(t, randomText(r, 300+r.IntN(3000)))
	}
	long := randomText(r, 64<<10)
	for off := range 3 {
		sameEverywhere(t, long[off:])
	}
	sameEverywhere(t, bytes.Repeat([]byte("1."), 100))
	sameEverywhere(t, bytes.Repeat([]byte("7"), 1000))
	sameEverywhere(t, bytes.Repeat([]byte("x"), 1000))
	sameEverywhere(t, bytes.Repeat([]byte("한"), 10_000))
	sameEverywhere(t, bytes.Repeat([]byte("漢"), 10_000))
	sameEverywhere(t, bytes.Repeat([]byte("a "), 10_000))
	sameEverywhere(t, bytes.Repeat([]byte{0xff}, 5000))
	sameEverywhere(t, bytes.Repeat([]byte{0xd0}, 5000))
	sameEverywhere(t, bytes.Repeat([]byte("Ж"), 5000))
	sameEverywhere(t, bytes.Repeat([]byte("Слово «да» — нет, 12,5 и 3.4.5 Ёж… "), 100))
	sameEverywhere(t, bytes.Repeat([]byte("春天来了，万物复苏。这是\xe4\xb7\x80一个\xe5测试"), 100))
	sameEverywhere(t, []byte(strings.Repeat("0", 65)+"\xceAΣ"+strings.Repeat("0", 19))) // the last block begins between a letter and its Σ
}

func FuzzKernels(f *testing.F) {
	for _, p := range pieces {
		f.Add([]byte(strings.Repeat(p+" word ", 12)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		sameEverywhere(t, text)
	})
}

// The families give their definition at every number of functions.
func TestFamilies(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	x := make([]uint64, 37)
	for i := range x {
		x[i] = r.Uint64()
	}
	for n := 1; n < 300; n++ {
		f, g := newXorMul(n, 5), newAffine(n, 1)
		widths(func(w int) {
			for i, got := range f.sign(x) {
				want := ^uint32(0)
				for _, v := range x {
					want = min(want, (uint32(v)^f.xor[i])*f.mul[i])
				}
				if got != want {
					t.Fatalf("width %d: hash %d of %d is %d, its definition gives %d", w, i, n, got, want)
				}
			}
			for i, got := range g.sign(x) {
				want := ^uint64(0)
				for _, v := range x {
					want = min(want, (g.a[i]*v+g.b[i])%prime)
				}
				if got != want {
					t.Fatalf("width %d: function %d of %d is %d, its definition gives %d", w, i, n, got, want)
				}
			}
		})
	}
}

// Where the sum is one of the few that the prime divides, or nearly.
func TestAffineAtThePrime(t *testing.T) {
	f := newAffine(8, 1)
	for _, least := range []uint64{0, 1, 5, 7, 8, 9, prime - 1} {
		for top := range uint64(8) {
			f.a[0], f.b[0] = 1, 0
			x := []uint64{top<<61 + (least+prime-top)%prime}
			widths(func(w int) {
				if got := f.sign(x)[0]; got != x[0]%prime {
					t.Errorf("width %d: %d is %d modulo the prime, got %d", w, x[0], x[0]%prime, got)
				}
			})
		}
	}
}

func TestXXH64(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	b := make([]byte, 500)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	widths(func(w int) {
		for n := range b {
			got := xxh64Two(b[:n], 7, 1<<63+9)
			for i, seed := range []uint64{7, 1<<63 + 9} {
				d := xxhash.NewWithSeed(seed)
				d.Write(b[:n])
				if got[i] != d.Sum64() {
					t.Fatalf("width %d: %d bytes under seed %d give %x, XXH64 is %x", w, n, seed, got[i], d.Sum64())
				}
			}
		}
	})
}
