package tokenize

import (
	"encoding/binary"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// eachKind runs f with the kernels that this processor has, and in plain Go.
func eachKind(f func(kind string)) {
	was := vectors
	defer func() { vectors = was }()
	for _, vectors = range []int{512, 256, 0} {
		if vectors <= was {
			f([...]string{"Go", "AVX2", "AVX-512"}[vectors/256])
		}
	}
}

func TestKernelsEqualGo(t *testing.T) {
	if vectors == 0 {
		t.Skip("this processor or build has no kernels")
	}
	rnd := testRand(3)
	for _, a := range []*alphabet{commonAlphabet(), markAlphabet(), deepSeekAlphabet()} {
		for i := range 20000 {
			p := (*[64]byte)(append(randomText(rnd, 64, false), make([]byte, 64)...))
			if i%4 == 0 { // any bytes, high ones most
				for k := range p {
					p[k] = byte(rnd.UintN(256) | rnd.UintN(2)<<7)
				}
			}
			var want masks
			a.classifyGo(p, &want)
			eachKind(func(kind string) {
				var got masks
				a.classify(p, &got)
				got.squeeze = want.squeeze
				if got != want {
					t.Fatalf("%s: %q:\n got %+v\nwant %+v", kind, p[:], got, want)
				}
			})
			if want.high == 0 {
				continue
			}
			chars := rnd.Uint64()&(1<<bits.OnesCount64(want.first)-1) | 1
			where := want.squeeze.spread(chars)
			if back := want.squeeze.pack(where); back != chars {
				t.Fatalf("%x in %x: %x, back %x", chars, want.first, where, back)
			}
			var wantEnds [64]int
			n := emitGo(&wantEnds, i, where)
			eachKind(func(kind string) {
				if got := want.deposit(chars); got != where {
					t.Fatalf("%s: %x in %x: %x, want %x", kind, chars, want.first, got, where)
				}
				var ends [64]int
				if got := emit(&ends, i, where); got != n || !slices.Equal(ends[:n], wantEnds[:n]) {
					t.Fatalf("%s: starts %x: %v, want %v", kind, where, ends[:got], wantEnds[:n])
				}
			})
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
			eachKind(func(kind string) {
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
