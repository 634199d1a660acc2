package format

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func openGGUF(b []byte) (*GGUF, error) { return OpenGGUF(bytes.NewReader(b), int64(len(b))) }

func TestGGUFThatIsWrittenIsRead(t *testing.T) {
	values := []GGUFValue{{"general.architecture", "llama"}, {"a", uint32(7)}, {"b", int32(-7)}, {"c", float32(0.5)}, {"d", true}, {"e", "ü"}, {"f", uint64(1 << 40)},
		{"tokenizer.ggml.tokens", []string{"x", "y"}}, {"tokenizer.ggml.token_type", []int32{1, -3}}, {"g", []float32{1, 2}}}
	data := make([]float32, 128)
	for i := range data {
		data[i] = float32(i-60) / 16
	}
	var tensors []GGUFTensor
	for _, k := range []GGUFType{GGUFF32, GGUFF16, GGUFBF16, GGUFQ8_0, GGUFQ4_0} {
		tensors = append(tensors, GGUFTensor{Tensor{k.String(), []int{2, 64}, data}, k})
	}
	var b bytes.Buffer
	if err := WriteGGUF(&b, values, tensors); err != nil {
		t.Fatal(err)
	}
	g, err := openGGUF(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"general.architecture": "llama", "a": uint64(7), "b": int64(-7), "c": 0.5, "d": true, "e": "ü", "f": uint64(1 << 40),
		"tokenizer.ggml.tokens": []string{"x", "y"}, "tokenizer.ggml.token_type": []any{int64(1), int64(-3)}, "g": []any{1.0, 2.0}}
	if !reflect.DeepEqual(g.Values, want) || g.Arch != "llama" {
		t.Errorf("values %v, want %v", g.Values, want)
	}
	for i := range g.Entries {
		e := &g.Entries[i]
		got := make([]float32, 128)
		if err := g.ReadInto(got, e); err != nil {
			t.Fatal(err)
		}
		allowed := map[GGUFType]float64{GGUFF32: 0, GGUFF16: 0, GGUFBF16: 0, GGUFQ8_0: 4.2 / 240, GGUFQ4_0: 4.2 / 8}[e.Type] // half a step of the largest, and its rounding
		for j, v := range got {
			if d := math.Abs(float64(v - data[j])); d > allowed {
				t.Errorf("%s: number %d is %g, want %g", e.Name, j, v, data[j])
				break
			}
		}
		if !reflect.DeepEqual(e.Shape, []int{2, 64}) || e.Name != e.Type.String() {
			t.Errorf("entry %+v", e)
		}
	}
}

func TestMalformedGGUF(t *testing.T) {
	malformed(t, "gguf", 60, ErrGGUF, func(b []byte) (int, error) {
		g, err := openGGUF(b)
		if err != nil {
			return 0, err
		}
		return len(g.Entries), nil
	})
}

func FuzzGGUF(f *testing.F) {
	b, err := os.ReadFile(filepath.Join("testdata", "golden.gguf"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := openGGUF(b)
		if err != nil {
			return
		}
		for i := range g.Entries {
			n, _ := product(g.Entries[i].Shape, 1)
			if n > uint64(len(b))*256 {
				t.Fatalf("%d numbers in %d bytes", n, len(b))
			}
			if err := g.ReadInto(make([]float32, n), &g.Entries[i]); err != nil && ggufTypes[g.Entries[i].Type].name != "" {
				t.Fatal(err)
			}
		}
	})
}
