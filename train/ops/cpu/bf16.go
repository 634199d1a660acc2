package cpu

import (
	"math"
	"sync"
	"time"
	"unsafe"
)

// Precision is how the numbers of a matrix product are rounded before they are multiplied. Sums are float32 either way, and so is all
// that is kept: weights, activations, gradients.
type Precision string

const (
	FP32 Precision = "fp32" // not at all
	BF16 Precision = "bf16" // to 8 bits of mantissa, to the nearest, ties to even; in products of 4 rows or more
)

// In bf16 a number of c is as in fp32 but for the order within pairs of k: acc = fma(a[odd], b[odd], acc), then the even one. That is
// what VDPBF16PS does, on Intel's and AMD's processors, unless a sum is below the normal numbers, which it takes for 0. So kernels
// for fp32 give its bits, too, and which is used is a question of speed alone: on some processors the instruction does twice the work
// of an fp32 kernel in the same time, on others half.

// bestBF16 times the kernels for bf16 on one block, once in a process.
var bestBF16 = sync.OnceValue(func() *kernel {
	list := kernelsBF16()
	if len(list) == 0 {
		return &plainBF16
	}
	var best *kernel
	least := time.Duration(math.MaxInt64)
	for range 3 { // in turns: the clock of a processor drifts
		for _, k := range list {
			if d := k.time(); d < least {
				least, best = d, k
			}
		}
	}
	return best
})

// time is what a block of kBlock steps and so many numbers of c costs.
func (k *kernelOf[F]) time() time.Duration {
	const numbers = 12 * 32 * 400
	steps := k.form.steps(kBlock)
	a, b, c := grown[F](nil, k.mr*steps), grown[F](nil, k.nr*steps), grown[F](nil, k.mr*k.nr)
	start := time.Now()
	for range numbers / (k.mr * k.nr) {
		k.mul(steps, &a[0], &b[0], &c[0], k.nr, nil, 1, addC)
	}
	return time.Since(start)
}

// plainBF16 is for processors without a kernel: exact and slow.
var plainBF16 = kernel{name: "bf16 go", mr: 4, nr: 8, mul: mulGo(true), a: packer[float32]{width: 4, round: roundGo}, b: packer[float32]{width: 8, round: roundGo}, form: rounded}

// roundGo rounds numbers to bf16 as VCVTNE2PS2BF16 does: what is below the normal numbers becomes 0, NaN stays NaN.
func roundGo(n int, x *float32) {
	s := unsafe.Slice(x, n)
	for i, v := range s {
		u := math.Float32bits(v)
		switch e := u >> 23 & 0xff; {
		case e == 0:
			u &= 1 << 31
		case e == 255 && u<<9 != 0:
			u = (u | 1<<22) &^ 0xffff
		default:
			u = (u + 0x7fff + u>>16&1) &^ 0xffff
		}
		s[i] = math.Float32frombits(u)
	}
}

// mulGo is a kernel in Go, 4×8, with the bits of the assembly; swapped takes the odd step of each pair first.
func mulGo(swapped bool) func(kc int, a, b, c *float32, ldc int, bias *float32, alpha float32, mode int) {
	const mr, nr = 4, 8
	return func(kc int, a, b, c *float32, ldc int, bias *float32, alpha float32, mode int) {
		as, bs := unsafe.Slice(a, kc*mr), unsafe.Slice(b, kc*nr)
		var acc [mr * nr]float32
		for k := range kc {
			if swapped {
				k ^= 1
			}
			bv := (*[nr]float32)(bs[k*nr:])
			for i, av := range (*[mr]float32)(as[k*mr:]) {
				r := (*[nr]float32)(acc[i*nr:])
				for j, x := range bv {
					r[j] = fma(av, x, r[j])
				}
			}
		}
		for i := range mr {
			row := unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(c), i*ldc*4)), nr)
			for j, x := range acc[i*nr:][:nr] {
				switch mode {
				case store:
					row[j] = alpha * x
					continue
				case addBias:
					row[j] = unsafe.Slice(bias, nr)[j]
				case addBoth:
					row[j] += unsafe.Slice(bias, nr)[j]
				}
				row[j] = fma(alpha, x, row[j])
			}
		}
	}
}

// fma is a·b + c rounded once. The product is exact in float64, and so is the sum as a number and what rounding it lost; only a number
// that lies between two float32 can be rounded wrongly a second time, or one below the normal numbers, so it is first moved towards
// what was lost (rounding to odd).
func fma(a, b, c float32) float32 {
	p, z := float64(a)*float64(b), float64(c)
	s := p + z
	u := math.Float64bits(s)
	if u&0x1fffffff != 0x10000000 && u>>52&0x7ff > 1023-126 || math.IsInf(s, 0) || s != s {
		return float32(s)
	}
	t := s - p
	if lost := (p - (s - t)) + (z - t); lost != 0 && u&1 == 0 {
		if (lost > 0) == (s > 0) {
			u++
		} else {
			u--
		}
		s = math.Float64frombits(u)
	}
	return float32(s)
}
