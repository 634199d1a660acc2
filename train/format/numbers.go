package format

import (
	"encoding/binary"
	"io"
	"math"
)

// piece is how many numbers are turned into bytes or back at once.
const piece = 1 << 14

// writeNumbers writes float32 as little-endian numbers of another type.
func writeNumbers(w io.Writer, dtype string, x []float32) error {
	b := make([]byte, 0, min(len(x), piece)*4)
	for len(x) > 0 {
		n := min(len(x), piece)
		b = b[:0]
		switch dtype {
		case F32:
			for _, v := range x[:n] {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
			}
		case BF16:
			for _, v := range x[:n] {
				b = binary.LittleEndian.AppendUint16(b, toBF16(v))
			}
		case F16:
			for _, v := range x[:n] {
				b = binary.LittleEndian.AppendUint16(b, toF16(v))
			}
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
		x = x[n:]
	}
	return nil
}

// readNumbers fills dst with little-endian numbers of another type.
func readNumbers(r io.Reader, dtype string, dst []float32) error {
	size := int(floats[dtype])
	buf := make([]byte, min(len(dst), piece)*size)
	for len(dst) > 0 {
		n := min(len(dst), piece)
		b := buf[:n*size]
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		switch dtype {
		case F64:
			for i := range dst[:n] {
				dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])))
			}
		case F32:
			for i := range dst[:n] {
				dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
			}
		case BF16:
			for i := range dst[:n] {
				dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(b[2*i:])) << 16)
			}
		case F16:
			for i := range dst[:n] {
				dst[i] = half(binary.LittleEndian.Uint16(b[2*i:]))
			}
		}
		dst = dst[n:]
	}
	return nil
}

// half widens an IEEE binary16.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch exp {
	case 0: // zero or subnormal: frac · 2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(frac)*0x1p-24))
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

// abs32 is the magnitude.
func abs32(v float32) float32 { return math.Float32frombits(math.Float32bits(v) &^ (1 << 31)) }

// toBF16 rounds to the nearest, of two equally near to the even one; what is no number stays none.
func toBF16(v float32) uint16 {
	b := math.Float32bits(v)
	if v != v {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7FFF + b>>16&1) >> 16)
}

// toF16 rounds likewise; what is too large becomes infinite.
func toF16(v float32) uint16 {
	b := math.Float32bits(v)
	sign := uint16(b >> 16 & 0x8000)
	b &^= 1 << 31
	switch {
	case b > 0x7F800000:
		return sign | 0x7E00
	case b >= 0x477FF000: // 65520 and above
		return sign | 0x7C00
	case b < 0x38800000: // below 2^-14: counted in steps of 2^-24
		f := math.Float32frombits(b) + 0.5 // the sum's last bit is 2^-24: the hardware rounds
		return sign | uint16(math.Float32bits(f)-0x3F000000)
	}
	return sign | uint16((b-0x38000000+0xFFF+b>>13&1)>>13)
}
