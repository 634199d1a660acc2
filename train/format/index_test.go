package format

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestIndex(t *testing.T) {
	x := &Index{Total: 12, Files: map[string]string{"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
	got, err := ParseIndex(x.JSON())
	if err != nil || !reflect.DeepEqual(got, x) {
		t.Errorf("read %v, %v", got, err)
	}
	f := func(in, want string) {
		t.Helper()
		if _, err := ParseIndex([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one about %q", in, err, want)
		}
	}
	f(`{"metadata":{}}`, "no weight_map")
	f(`{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}`, `"a" twice`)
	for _, name := range []string{"../x.safetensors", "/x.safetensors", "a/x.safetensors", `a\x.safetensors`, ".x.safetensors", "x.bin", "c:x.safetensors", ""} {
		b, _ := (&Index{Files: map[string]string{"a": name}}).JSON(), 0
		f(string(b), "want the name of a .safetensors file")
	}
	f(`{"weight_map":{"a":1}}`, "want a string")
	f(`{"metadata":{"total_size":-1},"weight_map":{}}`, "not negative")
	f(`{"weight_map":{}} x`, "after the object")
	f(`{"weights":{}}`, "unknown key")
	f(`[]`, "found [")
}

func TestSplit(t *testing.T) {
	of := func(n int) Tensor { return Tensor{"", []int{n}, make([]float32, n)} }
	f := func(dtype string, limit int64, sizes []int, want ...int) {
		t.Helper()
		var all []Tensor
		for _, n := range sizes {
			all = append(all, of(n))
		}
		var got []int
		for _, part := range Split(all, dtype, limit) {
			got = append(got, len(part))
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%v of %s in files of %d: %v, want %v", sizes, dtype, limit, got, want)
		}
	}
	f(F32, 0, []int{5, 5, 5}, 3)
	f(F32, 40, []int{5, 5, 5}, 2, 1)
	f(BF16, 40, []int{5, 5, 5}, 3)
	f(F32, 4, []int{5, 5, 5}, 1, 1, 1)
	f(F32, 4, nil, 0)
}

func TestCheckJSON(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		err := CheckJSON([]byte(in))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.60s: error %v, want %q", in, err, want)
		}
	}
	f(`{"a":[{"b":1},{"b":2}],"c":{"a":null}}`, "")
	f(`{"a":1,"a":2}`, `"a" twice`)
	f(`{"x":[{"a":1,"\u0061":2}]}`, `"a" twice`)
	f(`[]`, "want {")
	f(`{} {}`, "after the object")
	f(`{"a":`+strings.Repeat("[", 100_000), "in one another")
	f(`{"a":`, "EOF")
	f(``, "EOF")
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata":{"total_size":8,"x":[1]},"weight_map":{"a":"m.safetensors"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := ParseIndex(b)
		if err != nil || x.Total < 0 {
			return
		}
		again, err := ParseIndex(x.JSON())
		if err != nil || !reflect.DeepEqual(again, x) {
			t.Fatalf("%+v became %+v: %v", x, again, err)
		}
	})
}

func TestLLMCRefuses(t *testing.T) {
	head := LLMC{Context: 2, Vocab: 3, Layers: 1, Heads: 1, Width: 2, Padded: 4, Dtype: F32}
	var b bytes.Buffer
	err := head.Write(&b, func(t LLMCTensor, _ int) ([]float32, error) { return make([]float32, t.Rows*max(1, t.Cols)), nil })
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ReadLLMC(bytes.NewReader(b.Bytes()), int64(b.Len())); err != nil || got != head {
		t.Errorf("read %+v, %v", got, err)
	}
	f := func(want string, edit func(b []byte) []byte) {
		t.Helper()
		x := edit(bytes.Clone(b.Bytes()))
		if _, err := ReadLLMC(bytes.NewReader(x), int64(len(x))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %q", err, want)
		}
	}
	set := func(at int, v byte) func([]byte) []byte {
		return func(b []byte) []byte { b[at] = v; return b }
	}
	f("begins with", set(0, 1))
	f("version 2", set(4, 2))
	f("number 4 of the head is 0", set(16, 0))
	f("number 6 of the head is", set(27, 0x7f))
	f("an embedding of 2 rows for 3 tokens", set(28, 2))
	f("its head asks for", set(8, 3))
	f("its head asks for", func(b []byte) []byte { return b[:len(b)-1] })
	f("its head asks for", func(b []byte) []byte { return append(b, 0) })
	f("its head has", func(b []byte) []byte { return b[:100] })
	f("its head asks for", func(b []byte) []byte { // products that do not fit 64 bits
		for i := 8; i < 32; i++ {
			b[i] = 0
		}
		for i := 8; i < 32; i += 4 {
			b[i+3] = 1
		}
		return b
	})
}

func FuzzLLMC(f *testing.F) {
	var b bytes.Buffer
	head := LLMC{Context: 1, Vocab: 1, Layers: 1, Heads: 1, Width: 1, Padded: 1, Dtype: BF16}
	if err := head.Write(&b, func(t LLMCTensor, _ int) ([]float32, error) { return make([]float32, t.Rows*max(1, t.Cols)), nil }); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ReadLLMC(bytes.NewReader(b), int64(len(b)))
		if err == nil && c.Padded*c.Width > len(b) {
			t.Fatalf("%+v of %d bytes", c, len(b))
		}
	})
}
