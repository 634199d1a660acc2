package ingest

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// gzAt packs with a level and a header.
func gzAt(level int, name string, data []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		panic(err)
	}
	w.Name = name
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func TestInflate(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 300000)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	var words strings.Builder
	for words.Len() < 400000 {
		fmt.Fprintf(&words, "%x of the mill by the river ", rng.IntN(1<<rng.IntN(30)))
	}
	skewed := make([]byte, 200000) // codes of very different lengths
	for i := range skewed {
		for rng.IntN(2) == 0 && skewed[i] < 250 {
			skewed[i]++
		}
	}
	var x inflater
	var out []byte
	for _, data := range [][]byte{nil, []byte("a"), []byte(words.String()), noise, skewed, bytes.Repeat([]byte("a"), 100000), bytes.Repeat([]byte("abc"), 100000), []byte(strings.Repeat("1234567", 3000)), noise[:10], []byte(millPage)} {
		for _, level := range []int{gzip.HuffmanOnly, gzip.NoCompression, 1, 3, 6, 9} {
			packed := gzAt(level, strings.Repeat("n", level&1*5), data)
			var err error
			var n int
			if out, n, err = x.member(out[:0], append(packed[:len(packed):len(packed)], "the next"...), 1<<20); err != nil || n != len(packed) || !bytes.Equal(out, data) {
				t.Errorf("%.20q at level %d: %d of %d bytes, %d unpacked, %v", data, level, n, len(packed), len(out), err)
			}
			for _, cut := range []int{1, 5, 8, 9, len(packed) / 2, len(packed) - 11} {
				if _, _, err := x.member(nil, packed[:max(0, len(packed)-cut)], 1<<20); err == nil {
					t.Errorf("%.20q at level %d without its last %d bytes: no error", data, level, cut)
				}
			}
			if len(data) > 1000 {
				if _, _, err := x.member(nil, packed, 999); err != errInflate {
					t.Errorf("%.20q at level %d: beyond the limit: %v", data, level, err)
				}
			}
		}
	}
}

// What is unpacked at one go is what the stream decoder gives, whatever the bytes.
func FuzzInflate(f *testing.F) {
	for _, level := range []int{gzip.HuffmanOnly, 0, 1, 9} {
		f.Add(gzAt(level, "", []byte(millPage)))
		f.Add(gzAt(level, "name", []byte(strings.Repeat("The mill. ", 50))))
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		sameInflation(t, packed)
	})
}

// sameInflation mends the checksum, which no change would survive, and compares.
func sameInflation(t *testing.T, packed []byte) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(packed))
	var want []byte
	if err == nil {
		z.Multistream(false)
		want, err = io.ReadAll(z)
	}
	if err == gzip.ErrChecksum {
		b := bytes.NewReader(packed)
		z, _ = gzip.NewReader(b)
		z.Multistream(false)
		io.ReadAll(z)
		if at := len(packed) - b.Len() - 8; at >= 0 {
			sum := crc32.ChecksumIEEE(want)
			copy(packed[at:], []byte{byte(sum), byte(sum >> 8), byte(sum >> 16), byte(sum >> 24), byte(len(want)), byte(len(want) >> 8), byte(len(want) >> 16), byte(len(want) >> 24)})
			err = nil
		}
	}
	var x inflater
	got, _, gotErr := x.member(nil, packed, 1<<20)
	if gotErr == nil && (err != nil || !bytes.Equal(got, want)) {
		t.Errorf("%q: %d bytes, the stream decoder gives %d, %v", packed, len(got), len(want), err)
	}
}

func TestInflateDamaged(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 800 {
		for _, level := range []int{gzip.HuffmanOnly, 0, 1, 6} {
			sameInflation(t, []byte(hurt(rng, string(gzAt(level, "", []byte(millPage))))))
		}
	}
}

func BenchmarkInflate(b *testing.B) {
	var words strings.Builder
	rng := rand.New(rand.NewPCG(1, 2))
	for words.Len() < 40000 {
		fmt.Fprintf(&words, "<p class=a>%x of the mill by the river</p>\n", rng.IntN(1<<20))
	}
	packed := gzAt(6, "", []byte(words.String()))
	b.Run("whole", func(b *testing.B) {
		var x inflater
		var out []byte
		b.SetBytes(int64(words.Len()))
		for b.Loop() {
			out, _, _ = x.member(out[:0], packed, 1<<20)
		}
	})
	b.Run("stream", func(b *testing.B) {
		z := new(gzip.Reader)
		var in bytes.Reader
		buf := make([]byte, 64<<10)
		b.SetBytes(int64(words.Len()))
		for b.Loop() {
			in.Reset(packed)
			z.Reset(&in)
			for {
				if _, err := z.Read(buf); err != nil {
					break
				}
			}
		}
	})
}
