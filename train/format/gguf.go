package format

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"unicode/utf8"
)

// GGUFType is how the numbers of a tensor are stored in a GGUF file, by ggml's number of the type.
type GGUFType uint32

// The types that are written.
const (
	GGUFF32  GGUFType = 0
	GGUFF16  GGUFType = 1
	GGUFQ4_0 GGUFType = 2 // 32 numbers in 18 bytes: a scale of 16 bits, then 4 bits each
	GGUFQ8_0 GGUFType = 8 // 32 numbers in 34 bytes: a scale of 16 bits, then 8 bits each
	GGUFBF16 GGUFType = 30
)

// ggufTypes tells of each type its name, and how many numbers are in how many bytes.
var ggufTypes = map[GGUFType]struct {
	name           string
	numbers, bytes int
}{GGUFF32: {"f32", 1, 4}, GGUFF16: {"f16", 1, 2}, GGUFBF16: {"bf16", 1, 2}, GGUFQ4_0: {"q4_0", 32, 18}, GGUFQ8_0: {"q8_0", 32, 34}}

func (t GGUFType) String() string {
	if x, ok := ggufTypes[t]; ok {
		return x.name
	}
	return ggufOthers[t].name
}

// GGUFTypeNamed finds a type by the name that llama.cpp gives it.
func GGUFTypeNamed(name string) (GGUFType, error) {
	for t, x := range ggufTypes {
		if x.name == name {
			return t, nil
		}
	}
	return 0, fmt.Errorf("unknown type %q of GGUF, want f32, f16, bf16, q8_0 or q4_0", name)
}

// GGUFTensor is a tensor and the type to store it in. Its shape is row-major, as everywhere here; the file has the dimensions in the other order.
type GGUFTensor struct {
	Tensor
	Type GGUFType
}

// GGUFValue is an entry of the header: a bool, uint32, int32, uint64, float32, string, or a slice of strings, int32 or float32.
type GGUFValue struct {
	Key   string
	Value any
}

const (
	ggufVersion   = 3
	ggufAlignment = 32 // of the data of each tensor; the default, so that the header need not tell
)

// WriteGGUF writes a file that llama.cpp loads (ggml-org/ggml, docs/gguf.md): values in their order, then tensors in theirs. Rows of quantized tensors
// must be a multiple of 32 long.
func WriteGGUF(w io.Writer, values []GGUFValue, tensors []GGUFTensor) error {
	h := []byte("GGUF")
	h = binary.LittleEndian.AppendUint32(h, ggufVersion)
	h = binary.LittleEndian.AppendUint64(h, uint64(len(tensors)))
	h = binary.LittleEndian.AppendUint64(h, uint64(len(values)))
	var err error
	for _, v := range values {
		if h, err = appendGGUFValue(appendGGUFString(h, v.Key), v.Value); err != nil {
			return fmt.Errorf("gguf: %s: %w", v.Key, err)
		}
	}
	at := uint64(0)
	for _, t := range tensors {
		size, err := t.size()
		if err != nil {
			return fmt.Errorf("gguf: tensor %q: %w", t.Name, err)
		}
		h = appendGGUFString(h, t.Name)
		h = binary.LittleEndian.AppendUint32(h, uint32(len(t.Shape)))
		for i := range t.Shape {
			h = binary.LittleEndian.AppendUint64(h, uint64(t.Shape[len(t.Shape)-1-i]))
		}
		h = binary.LittleEndian.AppendUint32(h, uint32(t.Type))
		h = binary.LittleEndian.AppendUint64(h, at)
		at += aligned(size)
	}
	out := bufio.NewWriterSize(w, 1<<20)
	if _, err := out.Write(append(h, make([]byte, aligned(uint64(len(h)))-uint64(len(h)))...)); err != nil {
		return err
	}
	for _, t := range tensors {
		n, err := t.size()
		if err != nil {
			return err
		}
		if err := t.write(out); err != nil {
			return err
		}
		if _, err := out.Write(make([]byte, aligned(n)-n)); err != nil {
			return err
		}
	}
	return out.Flush()
}

func aligned(n uint64) uint64 { return (n + ggufAlignment - 1) / ggufAlignment * ggufAlignment }

// size is how many bytes the tensor takes.
func (t *GGUFTensor) size() (uint64, error) {
	x, known := ggufTypes[t.Type]
	n, ok := product(t.Shape, 1)
	switch {
	case !known:
		return 0, fmt.Errorf("type %d is not written", uint32(t.Type))
	case !utf8.ValidString(t.Name) || len(t.Name) > 63: // ggml's GGML_MAX_NAME, with its closing 0
		return 0, fmt.Errorf("the name has %d bytes, at most 63 of UTF-8 are allowed", len(t.Name))
	case len(t.Shape) == 0 || len(t.Shape) > 4:
		return 0, fmt.Errorf("%d dimensions, want 1 to 4", len(t.Shape))
	case !ok || n != uint64(len(t.Data)):
		return 0, fmt.Errorf("shape %v has %d numbers", t.Shape, len(t.Data))
	case t.Shape[len(t.Shape)-1]%x.numbers != 0:
		return 0, fmt.Errorf("rows of %d numbers, of %s they must be a multiple of %d long", t.Shape[len(t.Shape)-1], x.name, x.numbers)
	}
	return n / uint64(x.numbers) * uint64(x.bytes), nil
}

// ggufFloats are the types that are plain numbers, by safetensors' names.
var ggufFloats = map[GGUFType]string{GGUFF32: F32, GGUFF16: F16, GGUFBF16: BF16}

func (t *GGUFTensor) write(w io.Writer) error {
	if dtype, ok := ggufFloats[t.Type]; ok {
		return writeNumbers(w, dtype, t.Data)
	}
	var b []byte
	for from := 0; from < len(t.Data); from += piece { // which is a multiple of 32
		x := t.Data[from:min(from+piece, len(t.Data))]
		b = b[:0]
		for ; len(x) > 0; x = x[32:] {
			if t.Type == GGUFQ8_0 {
				b = appendQ8_0(b, x[:32])
			} else {
				b = appendQ4_0(b, x[:32])
			}
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

func appendGGUFString(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

// The numbers of the types of values.
const (
	ggufUint32  = 4
	ggufInt32   = 5
	ggufFloat32 = 6
	ggufBool    = 7
	ggufString  = 8
	ggufArray   = 9
	ggufUint64  = 10
)

func appendGGUFValue(b []byte, v any) ([]byte, error) {
	u32 := binary.LittleEndian.AppendUint32
	array := func(kind uint32, n int) {
		b = binary.LittleEndian.AppendUint64(u32(u32(b, ggufArray), kind), uint64(n))
	}
	switch v := v.(type) {
	case uint32:
		b = u32(u32(b, ggufUint32), v)
	case int32:
		b = u32(u32(b, ggufInt32), uint32(v))
	case uint64:
		b = binary.LittleEndian.AppendUint64(u32(b, ggufUint64), v)
	case float32:
		b = u32(u32(b, ggufFloat32), math.Float32bits(v))
	case bool:
		b = u32(b, ggufBool)
		if v {
			return append(b, 1), nil
		}
		return append(b, 0), nil
	case string:
		b = appendGGUFString(u32(b, ggufString), v)
	case []string:
		array(ggufString, len(v))
		for _, s := range v {
			b = appendGGUFString(b, s)
		}
	case []int32:
		array(ggufInt32, len(v))
		for _, x := range v {
			b = u32(b, uint32(x))
		}
	case []float32:
		array(ggufFloat32, len(v))
		for _, x := range v {
			b = u32(b, math.Float32bits(x))
		}
	default:
		return nil, fmt.Errorf("a value of type %T", v)
	}
	return b, nil
}

// appendQ8_0 stores 32 numbers as multiples of their largest divided by 127 (ggml, quantize_row_q8_0_ref).
func appendQ8_0(b []byte, x []float32) []byte {
	largest := float32(0)
	for _, v := range x {
		largest = max(largest, abs32(v))
	}
	d := largest / 127
	inverse := float32(0)
	if d != 0 {
		inverse = 1 / d
	}
	b = binary.LittleEndian.AppendUint16(b, toF16(d))
	for _, v := range x {
		b = append(b, byte(int8(math.Round(float64(v*inverse)))))
	}
	return b
}

// appendQ4_0 stores 32 numbers as -8 … 7 times a scale, by which the one that is furthest from 0 is -8; number i shares a byte with number i+16 (ggml,
// quantize_row_q4_0_ref).
func appendQ4_0(b []byte, x []float32) []byte {
	furthest := float32(0)
	for _, v := range x {
		if abs32(v) > abs32(furthest) {
			furthest = v
		}
	}
	d := furthest / -8
	inverse := float32(0)
	if d != 0 {
		inverse = 1 / d
	}
	b = binary.LittleEndian.AppendUint16(b, toF16(d))
	four := func(v float32) byte { return byte(min(15, int8(v*inverse+8.5))) }
	for i := range 16 {
		b = append(b, four(x[i])|four(x[i+16])<<4)
	}
	return b
}
