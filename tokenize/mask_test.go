package tokenize

import (
	"encoding/binary"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// portable runs f with the kernels, where this processor has them, and without.
func portable(t testing.TB, f func(kind string)) {
	was := vectors
	defer func() { vectors = was }()
	for _, vectors = range slices.Compact([]bool{was, false}) {
		f(map[bool]string{true: "vectors", false: "Go"}[vectors])
	}
}

func TestKernelsEqualGo(t *testing.T) {
	if !vectors {
		t.Skip("this processor or build has no kernels")
	}
	rnd := testRand(3)
	for _, a := range []*alphabet{commonAlphabet(), deepSeekAlphabet()} {
		for i := range 20000 {
			p := (*[64]byte)(append(randomText(rnd, 64, false), make([]byte, 64)...))
			if i%4 == 0 { // any bytes, high ones most
				for k := range p {
					p[k] = byte(rnd.UintN(256) | rnd.UintN(2)<<7)
				}
			}
			var got, want masks
			classify512(a, p, &got)
			a.classifyGo(p, &want)
			want.squeeze = got.squeeze
			if got != want {
				t.Fatalf("%q:\n got %+v\nwant %+v", p[:], got, want)
			}
			if want.high == 0 {
				continue
			}
			chars := rnd.Uint64() & (1<<bits.OnesCount64(want.first) - 1)
			s := newSqueeze(want.first)
			where := s.spread(chars)
			if got := deposit512(chars, want.first); got != where || s.pack(where) != chars {
				t.Fatalf("%x in %x: kernel %x, Go %x, back %x", chars, want.first, got, where, s.pack(where))
			}
			var one, two [64]int
			n := emit512(&one, i, chars|1)
			if k := emitGo(&two, i, chars|1); n != k || !slices.Equal(one[:n], two[:n]) {
				t.Fatalf("starts %x: %v, want %v", chars, one[:n], two[:k])
			}
		}
	}
}

func BenchmarkSplit(b *testing.B) {
	for _, set := range []string{"en", "code", "multi"} {
		var docs [][]byte
		if dir := os.Getenv("QUERN_CORPUS"); dir != "" {
			all, err := os.ReadFile(filepath.Join(dir, set+".bin"))
			if err != nil {
				b.Fatal(err)
			}
			for at, total := 0, 0; at < len(all) && total < 8<<20; {
				n := int(binary.LittleEndian.Uint32(all[at:]))
				docs = append(docs, all[at+4:at+4+n])
				at += 4 + n
				total += n
			}
		} else {
			b.Skip("QUERN_CORPUS names no folder of en.bin, code.bin, multi.bin")
		}
		for _, name := range Splits() {
			r := mustRule(b, name)
			portable(b, func(kind string) {
				b.Run(set+"/"+name+"/"+kind, func(b *testing.B) {
					var ends [batch + 64]int
					total := 0
					for _, d := range docs {
						total += len(d)
					}
					b.SetBytes(int64(total))
					b.ReportAllocs()
					for b.Loop() {
						for _, d := range docs {
							for pos := 0; pos < len(d); {
								pos, _ = r.split(d, pos, &ends)
							}
						}
					}
				})
			})
		}
	}
}
