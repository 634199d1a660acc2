package pdf

import (
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/flate"
)

var (
	errFilter  = errors.New("pdf: a stream's filter is not one of text")
	errTooMuch = errors.New("pdf: a stream unpacks to more than the limit")
)

// filter undoes one filter. What could be read of a damaged stream is given without an error, as every viewer does.
func (f *file) filter(dst, src []byte, kind string, parms value) ([]byte, error) {
	limit := min(maxStream, f.work)
	if limit <= 0 {
		return nil, ErrTooLarge
	}
	var err error
	switch kind {
	case "FlateDecode", "Fl":
		dst, err = f.inflate(dst, src, limit)
	case "LZWDecode", "LZW":
		early := 1
		if v := f.get(parms, "EarlyChange"); v.kind == number {
			early = v.int()
		}
		dst, err = unLZW(dst, src, early, limit)
	case "ASCII85Decode", "A85":
		return unASCII85(dst, src), nil
	case "ASCIIHexDecode", "AHx":
		l := lexer{data: src, text: dst}
		return l.hex(), nil
	case "RunLengthDecode", "RL":
		return unRunLength(dst, src, limit)
	default:
		return nil, errFilter
	}
	if err != nil {
		return nil, err
	}
	return f.unpredict(dst, parms), nil
}

func (f *file) inflate(dst, src []byte, limit int) ([]byte, error) {
	src = bytes.TrimLeft(src, "\r\n")
	if len(src) >= 2 && src[0]&15 == 8 && (int(src[0])<<8|int(src[1]))%31 == 0 {
		src = src[2:]
	}
	f.in.Reset(src)
	if f.flate == nil {
		f.flate = flate.NewReader(&f.in)
	} else if err := f.flate.(flate.Resetter).Reset(&f.in, nil); err != nil {
		return nil, err
	}
	b := bytes.NewBuffer(dst)
	n, err := b.ReadFrom(io.LimitReader(f.flate, int64(limit)+1))
	if n > int64(limit) {
		return nil, errTooMuch
	}
	if err != nil && n == 0 && len(src) > 2 {
		return nil, err
	}
	return b.Bytes(), nil
}

// unLZW unpacks LZW with codes of 9 to 12 bits, the highest bit first.
func unLZW(dst, src []byte, early, limit int) ([]byte, error) {
	const clear, eod = 256, 257
	var prefix [4096]int16
	var last, first [4096]byte
	for i := range 256 {
		prefix[i], last[i], first[i] = -1, byte(i), byte(i)
	}
	next, width, prev := 258, 9, -1
	var bits, have uint
	for _, c := range src {
		bits, have = bits<<8|uint(c), have+8
		if have < uint(width) {
			continue
		}
		have -= uint(width)
		code := int(bits>>have) & (1<<width - 1)
		if code == eod {
			break
		}
		if code == clear {
			next, width, prev = 258, 9, -1
			continue
		}
		if code > next || code == next && prev < 0 || code >= 4096 {
			break
		}
		if prev >= 0 && next < 4096 {
			prefix[next], first[next] = int16(prev), first[prev]
			last[next] = first[prev]
			if code != next {
				last[next] = first[code]
			}
			next++
		} else if code == next {
			break
		}
		at := len(dst)
		for k := code; k >= 0; k = int(prefix[k]) {
			dst = append(dst, last[k])
		}
		reverse(dst[at:])
		if len(dst) > limit {
			return nil, errTooMuch
		}
		prev = code
		for width < 12 && next+early >= 1<<width {
			width++
		}
	}
	return dst, nil
}

func reverse(b []byte) {
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
}

func unASCII85(dst, src []byte) []byte {
	var group uint32
	n := 0
	for i, c := range src {
		switch {
		case c == 'z' && n == 0:
			dst = append(dst, 0, 0, 0, 0)
		case c >= '!' && c <= 'u':
			group = group*85 + uint32(c-'!')
			if n++; n == 5 {
				dst = append(dst, byte(group>>24), byte(group>>16), byte(group>>8), byte(group))
				group, n = 0, 0
			}
		case c == '~' && i > 0:
			goto done
		}
	}
done:
	if n > 1 {
		for k := n; k < 5; k++ {
			group = group*85 + 84
		}
		for k := range n - 1 {
			dst = append(dst, byte(group>>(24-8*k)))
		}
	}
	return dst
}

func unRunLength(dst, src []byte, limit int) ([]byte, error) {
	for len(src) > 1 && src[0] != 128 {
		n := int(src[0])
		if n < 128 {
			n = min(n+1, len(src)-1)
			dst = append(dst, src[1:1+n]...)
			src = src[1+n:]
		} else {
			for range 257 - n {
				dst = append(dst, src[1])
			}
			src = src[2:]
		}
		if len(dst) > limit {
			return nil, errTooMuch
		}
	}
	return dst, nil
}

// unpredict undoes the prediction of rows of samples: PNG's filters, or TIFF's for samples of eight bits.
func (f *file) unpredict(b []byte, parms value) []byte {
	kind := f.get(parms, "Predictor").int()
	if kind < 2 {
		return b
	}
	or := func(k string, d int) int {
		if v := f.get(parms, k); v.kind == number {
			return v.int()
		}
		return d
	}
	colors, bits, columns := or("Colors", 1), or("BitsPerComponent", 8), or("Columns", 1)
	if colors < 1 || colors > 64 || bits < 1 || bits > 16 || columns < 1 || columns > 1<<22 {
		return b
	}
	bpp := max(1, colors*bits/8)
	row := (colors*bits*columns + 7) / 8
	if kind == 2 {
		if bits == 8 {
			for i := range b {
				if i%row >= bpp {
					b[i] += b[i-bpp]
				}
			}
		}
		return b
	}
	zero := make([]byte, min(row, len(b)))
	prev, out := zero, 0
	for i := 0; i < len(b); i += row + 1 {
		line := b[i+1 : min(i+1+row, len(b))]
		unPNG(line, prev, bpp, b[i])
		n := copy(b[out:], line)
		prev = b[out : out+n]
		out += n
	}
	return b[:out]
}

// unPNG undoes one row. prev is at least as long as line, since only the last row can be short.
func unPNG(line, prev []byte, bpp int, kind byte) {
	for i := range line {
		var left, up, corner int
		up = int(prev[i])
		if i >= bpp {
			left, corner = int(line[i-bpp]), int(prev[i-bpp])
		}
		switch kind {
		case 1:
			line[i] += byte(left)
		case 2:
			line[i] += byte(up)
		case 3:
			line[i] += byte((left + up) / 2)
		case 4:
			line[i] += byte(paeth(left, up, corner))
		}
	}
}

func paeth(a, b, c int) int {
	pa, pb, pc := abs(b-c), abs(a-c), abs(a+b-2*c)
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
