package format

import (
	"bytes"
	"math"
	"os"
	"strings"
	"testing"
)

// goldenNumbers are those of cmd/versus/gguf_golden.py.
func goldenNumbers(n int) []float32 {
	out := make([]float32, n)
	x := uint32(12345)
	for i := range out {
		x = (x*1103515245 + 12345) & 0x7FFFFFFF
		out[i] = float32(int(x>>8)%8001-4000) / 1000
		if i%7 == 0 {
			out[i] *= 1.0 / (1 << 20)
		}
		if i%96 >= 64 && i < 192 {
			out[i] = 0
		}
	}
	return out
}

// A file is, byte for byte, the one that llama.cpp's Python package writes.
func TestGGUFGolden(t *testing.T) {
	want, err := os.ReadFile("testdata/golden.gguf")
	if err != nil {
		t.Fatal(err)
	}
	values := []GGUFValue{{"general.architecture", "llama"}, {"a.uint", uint32(7)}, {"a.int", int32(-7)}, {"a.long", uint64(1) << 40}, {"a.float", float32(1e-5)}, {"a.bool", true},
		{"a.string", "hé"}, {"a.strings", []string{"x", "", "Ġy"}}, {"a.ints", []int32{1, -2, 3}}, {"a.floats", []float32{.5, -1}}}
	var tensors []GGUFTensor
	for _, k := range []GGUFType{GGUFF32, GGUFF16, GGUFBF16, GGUFQ8_0, GGUFQ4_0} {
		tensors = append(tensors, GGUFTensor{Tensor{"t." + k.String(), []int{6, 64}, goldenNumbers(6 * 64)}, k})
	}
	tensors = append(tensors, GGUFTensor{Tensor{"t.odd", []int{5}, goldenNumbers(5)}, GGUFF32})
	var got bytes.Buffer
	if err := WriteGGUF(&got, values, tensors); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		i := 0
		for i < min(got.Len(), len(want)) && got.Bytes()[i] == want[i] {
			i++
		}
		t.Errorf("differs from byte %d on; %d bytes, want %d", i, got.Len(), len(want))
	}
}

func TestGGUFRefuses(t *testing.T) {
	f := func(want string, v any, x GGUFTensor) {
		t.Helper()
		if err := WriteGGUF(&bytes.Buffer{}, []GGUFValue{{"k", v}}, []GGUFTensor{x}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	sound := GGUFTensor{Tensor{"t", []int{2, 32}, make([]float32, 64)}, GGUFQ8_0}
	f("k: a value of type int", 1, sound)
	x := sound
	x.Shape = []int{64, 1}
	f(`tensor "t": rows of 1 numbers, of q8_0`, true, x)
	x.Shape = []int{3, 32}
	f("shape [3 32] has 64 numbers", true, x)
	x.Shape = nil
	f("0 dimensions", true, x)
	x = sound
	x.Name = strings.Repeat("n", 64)
	f("64 bytes", true, x)
	x = sound
	x.Type = 99
	f("type 99 is not written", true, x)
	if _, err := GGUFTypeNamed("q5_k"); err == nil {
		t.Error("q5_k was found")
	}
}

// Every half-precision number survives, and what lies between two goes to the nearest, of two to the even one.
func TestHalves(t *testing.T) {
	value := func(h uint16) float64 {
		m, e := float64(h&0x3FF), int(h>>10&31)
		if e == 0 {
			return math.Ldexp(m, -24)
		}
		return math.Ldexp(1+m/1024, e-15)
	}
	for h := range uint16(0x7C00) {
		if got := toF16(float32(value(h))); got != h {
			t.Fatalf("%04x became %04x", h, got)
		}
		if got := toF16(float32(-value(h))); got != h|0x8000 {
			t.Fatalf("-%04x became %04x", h, got)
		}
		if h+1 < 0x7C00 {
			if got, want := toF16(float32((value(h)+value(h+1))/2)), h+h&1; got != want {
				t.Fatalf("between %04x and the next: %04x, want %04x", h, got, want)
			}
		}
	}
	inf := float32(math.Inf(1))
	if toF16(65519) != 0x7BFF || toF16(65520) != 0x7C00 || toF16(inf) != 0x7C00 || toF16(-inf) != 0xFC00 || toF16(float32(math.NaN()))&0x7FFF <= 0x7C00 {
		t.Error("the largest, infinity, or no number")
	}
	if toBF16(1) != 0x3F80 || toBF16(math.Float32frombits(0x3F808000)) != 0x3F80 || toBF16(math.Float32frombits(0x3F818000)) != 0x3F82 || toBF16(inf) != 0x7F80 || toBF16(float32(math.NaN()))&0x7FFF <= 0x7F80 {
		t.Error("bfloat16")
	}
}
