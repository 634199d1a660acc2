package format

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sample() ([]Tensor, map[string]string) {
	return []Tensor{
		{"model.embed_tokens.weight", []int{2, 3}, []float32{1, -2, 3.5, 0, float32(math.Inf(1)), 1e-40}},
		{"ünïcode \"quoted\"", []int{}, []float32{7}},
		{"empty", []int{0, 4}, []float32{}},
		{"last", []int{3}, []float32{1, 2, 3}},
	}, map[string]string{"format": "pt", "a": "b"}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	tensors, meta := sample()
	var b bytes.Buffer
	if err := Write(&b, tensors, meta); err != nil {
		t.Fatal(err)
	}
	f, err := Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if want := (&File{[]Tensor{tensors[0], tensors[1], tensors[2], tensors[3]}, meta}); !reflect.DeepEqual(f, want) {
		t.Errorf("read %v, want %v", f, want)
	}
}

// The bytes of a file are a promise: checkpoints are compared by digest.
func TestGolden(t *testing.T) {
	tensors, meta := sample()
	var b bytes.Buffer
	if err := Write(&b, tensors, meta); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join("testdata", "sample.safetensors")
	if *update {
		if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("the bytes of a file have changed:\n%q\nwant\n%q", b.Bytes(), want)
	}
	if n := binary.LittleEndian.Uint64(want); (8+n)%64 != 0 {
		t.Errorf("the data begins at %d, not on a multiple of 64", 8+n)
	}
}

func TestWriteRefuses(t *testing.T) {
	f := func(want string, meta map[string]string, tensors ...Tensor) {
		t.Helper()
		err := Write(io.Discard, tensors, meta)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %q", err, want)
		}
	}
	one := []float32{1}
	f("twice", nil, Tensor{"a", []int{1}, one}, Tensor{"a", []int{1}, one})
	f("reserved", nil, Tensor{metaKey, []int{1}, one})
	f("UTF-8", nil, Tensor{"\xff", []int{1}, one})
	f("UTF-8", map[string]string{"a": "\xff"})
	f("numbers", nil, Tensor{"a", []int{2}, one})
	f("numbers", nil, Tensor{"a", []int{-1}, nil})
	f("numbers", nil, Tensor{"a", []int{1 << 32, 1 << 32}, nil})
	f("dimensions", nil, Tensor{"a", make([]int, 33), nil})
}

// failing fails after n bytes.
type failing struct{ n int }

var errFull = errors.New("disk full")

func (w *failing) Write(p []byte) (int, error) {
	if w.n -= len(p); w.n < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteErrorsArePassedOn(t *testing.T) {
	big := Tensor{"a", []int{1 << 16}, make([]float32, 1<<16)}
	for _, n := range []int{0, 1 << 16, 1 << 17} {
		if err := Write(&failing{n}, []Tensor{big}, nil); !errors.Is(err, errFull) {
			t.Errorf("after %d bytes: error %v", n, err)
		}
	}
}

// file builds a file around a header.
func file(header string, data ...byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), data...)
}

func read(b []byte) (*File, error) { return Read(bytes.NewReader(b), int64(len(b))) }

func TestTypesBecomeFloat32(t *testing.T) {
	f := func(dtype string, data []byte, want ...float32) {
		t.Helper()
		got, err := read(file(fmt.Sprintf(`{"x":{"dtype":%q,"shape":[%d],"data_offsets":[0,%d]}}`, dtype, len(want), len(data)), data...))
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			if x := got.Tensors[0].Data[i]; math.Float32bits(x) != math.Float32bits(w) {
				t.Errorf("%s [%d] is %g, want %g", dtype, i, x, w)
			}
		}
	}
	inf := float32(math.Inf(1))
	f("F32", []byte{0, 0, 0x80, 0x3f}, 1)
	f("F64", binary.LittleEndian.AppendUint64(nil, math.Float64bits(-2.5)), -2.5)
	f("BF16", []byte{0x80, 0x3f, 0x20, 0xc0}, 1, -2.5)
	f("F16", []byte{0, 0x3c, 0, 0xc1, 0, 0x7c, 1, 0, 0, 0x80, 0xff, 0x7b, 0, 4}, 1, -2.5, inf, 0x1p-24, float32(math.Copysign(0, -1)), 65504, 0x1p-14)
}

func TestReadRefuses(t *testing.T) {
	f := func(want, header string, data ...byte) {
		t.Helper()
		_, err := read(file(header, data...))
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "offset ") {
			t.Errorf("%s: error %v, want one about %q", header, err, want)
		}
	}
	f("twice", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, make([]byte, 8)...)
	f("does not fill", `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 0, 0, 0, 0)
	f("does not fill", `{"a":{"dtype":"F32","shape":[4611686018427387905,1],"data_offsets":[0,4]}}`, 0, 0, 0, 0)
	f("begins at", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, make([]byte, 8)...)
	f("holds", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 5)...)
	f("unknown key", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}`, make([]byte, 4)...)
	f("dtype", `{"a":{"dtype":"I8","shape":[4],"data_offsets":[0,4]}}`, make([]byte, 4)...)
	f("missing", `{"a":{"dtype":"F32","data_offsets":[0,4]}}`, make([]byte, 4)...)
	f("missing", `{"a":{"dtype":"F32","shape":[1]}}`, make([]byte, 4)...)
	f("bytes after", `{} {}`)
}

// A reader that breaks is not the file's fault.
type broken struct{ at int64 }

var errBroken = errors.New("broken")

func (r broken) ReadAt(p []byte, off int64) (int, error) {
	whole := file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 1, 2, 3, 4)
	if off >= r.at {
		return 0, errBroken
	}
	return copy(p, whole[off:]), nil
}

func TestReadErrorsArePassedOn(t *testing.T) {
	for _, at := range []int64{0, 8, 9} {
		if _, err := Read(broken{at}, 8+54+4); !errors.Is(err, errBroken) || errors.Is(err, ErrFormat) {
			t.Errorf("broken from %d on: error %v", at, err)
		}
	}
}

// malformed holds open to what a collection of malformed files says must happen to each file of a folder. open tells how many tensors it sees.
func malformed(t *testing.T, folder string, least int, kind error, open func([]byte) (int, error)) {
	t.Helper()
	root := filepath.Join("..", "..", "..", "shared", "fixtures", "malformed")
	table, err := os.ReadFile(filepath.Join(root, "expect.tsv"))
	if err != nil {
		t.Skip("no collection of malformed files here")
	}
	checked := 0
	for line := range strings.Lines(string(table)) {
		cols := strings.Split(strings.TrimSpace(line), "\t")
		if len(cols) < 4 || !strings.HasPrefix(cols[0], folder+"/") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(cols[0])))
		if err != nil {
			t.Fatal(err)
		}
		tensors, err := open(b)
		checked++
		switch {
		case strings.HasPrefix(cols[2], "reject") && !errors.Is(err, kind):
			t.Errorf("%s (%s): error %v", cols[0], cols[1], err)
		case cols[2] == "accept" && err != nil:
			t.Errorf("%s (%s): %v", cols[0], cols[1], err)
		case cols[2] == "accept" && fmt.Sprint(tensors) != cols[3]:
			t.Errorf("%s (%s): %d tensors, want %s", cols[0], cols[1], tensors, cols[3])
		}
	}
	if checked < least {
		t.Errorf("only %d files were checked", checked)
	}
}

func TestMalformed(t *testing.T) {
	malformed(t, "safetensors", 50, ErrFormat, func(b []byte) (int, error) {
		f, err := read(b)
		if err != nil {
			return 0, err
		}
		return len(f.Tensors), nil
	})
}

// A length field must not make Read take memory that the file does not have.
func TestLengthsAreNotTrusted(t *testing.T) {
	for _, n := range []uint64{100, maxHeader, maxHeader + 1, 1 << 63, math.MaxUint64} {
		b := append(binary.LittleEndian.AppendUint64(nil, n), '{', '}')
		if a := testing.AllocsPerRun(1, func() { read(b) }); a > 20 {
			t.Errorf("a header of %d bytes: %g allocations", n, a)
		}
		if _, err := read(b); !errors.Is(err, ErrFormat) {
			t.Errorf("a header of %d bytes: error %v", n, err)
		}
	}
}

// Whatever Read accepts, Write gives back, and Read again reads the same.
func FuzzRead(f *testing.F) {
	tensors, meta := sample()
	var b bytes.Buffer
	if err := Write(&b, tensors, meta); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(file(`{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}`, 1, 2, 3, 4))
	f.Add(file(`{"":{"dtype":"BF16","shape":[],"data_offsets":[0,2]}}`, 1, 2))
	f.Add(file(`{}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := read(b)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := Write(&out, first.Tensors, first.Meta); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		second, err := read(out.Bytes())
		if err != nil || len(second.Tensors) != len(first.Tensors) {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		for i, x := range first.Tensors {
			y := second.Tensors[i]
			if x.Name != y.Name || !reflect.DeepEqual(x.Shape, y.Shape) || len(x.Data) != len(y.Data) {
				t.Fatalf("tensor %d is %q %v, was %q %v", i, y.Name, y.Shape, x.Name, x.Shape)
			}
		}
	})
}

func ExampleWrite() {
	var b bytes.Buffer
	if err := Write(&b, []Tensor{{"bias", []int{2}, []float32{1, 2}}}, nil); err != nil {
		fmt.Println(err)
		return
	}
	f, err := Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	fmt.Println(f.Tensors, err)
	// Output: [{bias [2] [1 2]}] <nil>
}
