package main

import "fmt"

// How a kernel takes the steps of k: one after another; in pairs, the odd one first; or both of a pair, held as two bf16 in the place
// of one number, by one instruction that adds the odd product first.
const (
	inOrder = iota
	swapped
	paired
)

// mul is a kernel that multiplies a panel of mr rows by one of nv vectors. Every lane sums its k products in order from zero, so
// the shape of a tile never shows in the bits.
type mul struct {
	name   string
	mr, nv int // rows of a, vectors of b
	bytes  int // of a vector: 64 or 32
	size   int // of a number: 4 or 8
	order  int
}

func (k mul) reg(i int) string { return vector(k.bytes, i) }

func (k mul) gen() {
	float, s, bcast := "float32", "PS", "VBROADCASTSS"
	if k.size == 8 {
		float, s, bcast = "float64", "PD", "VBROADCASTSD"
	}
	what := map[int]string{inOrder: "kc steps", swapped: "kc steps, an even number, the odd one of each pair first", paired: "kc pairs of steps in bf16"}[k.order]
	begin(k.name, fmt.Sprintf("is a block of c, %d×%d, from packed panels of %s. See write for mode.", k.mr, k.nv*k.bytes/k.size, what),
		fmt.Sprintf("kc int, a, b, c *%s, ldc int, bias *%s, alpha %s, mode int", float, float, float), 64)
	nreg := k.bytes / 2
	nacc := k.mr * k.nv
	acc := func(i, v int) string { return k.reg(i*k.nv + v) }
	free := nreg - nacc
	nb := k.nv // registers of b, double-buffered when there is room
	if free >= 2*k.nv+2 {
		nb = 2 * k.nv
	}
	nt := free - nb // registers for broadcasts
	row := k.nv * k.bytes

	p("MOVQ kc+0(FP), CX")
	p("MOVQ a+8(FP), SI")
	p("MOVQ b+16(FP), DI")
	p("MOVQ c+24(FP), DX")
	p("MOVQ ldc+32(FP), R8")
	p("SHLQ $%d, R8", map[int]int{4: 2, 8: 3}[k.size])
	p("MOVQ DX, R9")
	for i := range k.mr { // c is used some kc*mr cycles later
		for off := 0; off < row; off += 64 {
			p("PREFETCHT0 %d(R9)", off)
		}
		if i < k.mr-1 {
			p("ADDQ R8, R9")
		}
	}
	for i := range nacc {
		zero(k.bytes, i)
	}
	t := 0
	step := func(u, at int) {
		b0 := nacc
		if nb > k.nv {
			b0 += (u & 1) * k.nv
		}
		for v := range k.nv {
			p("VMOVUPS %d(DI), %s", at*row+v*k.bytes, k.reg(b0+v))
		}
		for i := range k.mr {
			// a walks its panel from L1, b comes from L2: stay ahead of both.
			if off := 768 + u*64; i == 3 && off < 768+4*k.mr*k.size {
				p("PREFETCHT0 %d(SI)", off)
			}
			if v := i - 4; v >= 0 && v < row/64 {
				p("PREFETCHT0 %d(DI)", 1024+u*row+v*64)
			}
			r := nacc + nb + t%nt
			t++
			p("%s %d(SI), %s", bcast, (at*k.mr+i)*k.size, k.reg(r))
			for v := range k.nv {
				if k.order == paired {
					vdpbf16ps(i*k.nv+v, r, b0+v)
				} else {
					p("VFMADD231%s %s, %s, %s", s, k.reg(b0+v), k.reg(r), acc(i, v))
				}
			}
		}
	}
	const unroll = 4
	p("MOVQ CX, BX")
	p("SHRQ $2, BX")
	p("JZ tail")
	p("PCALIGN $64")
	label("loop")
	for u := range unroll {
		at := u
		if k.order == swapped {
			at = u ^ 1
		}
		step(u, at)
	}
	p("ADDQ $%d, SI", unroll*k.mr*k.size)
	p("ADDQ $%d, DI", unroll*row)
	p("DECQ BX")
	p("JNZ loop")
	label("tail")
	p("ANDQ $3, CX")
	p("JZ write")
	label("one")
	if k.order == swapped {
		step(0, 1)
		step(1, 0)
		p("ADDQ $%d, SI", 2*k.mr*k.size)
		p("ADDQ $%d, DI", 2*row)
		p("SUBQ $2, CX")
	} else {
		step(0, 0)
		p("ADDQ $%d, SI", k.mr*k.size)
		p("ADDQ $%d, DI", row)
		p("DECQ CX")
	}
	p("JNZ one")
	label("write")
	p("MOVQ bias+40(FP), R10")
	p("%s alpha+48(FP), %s", bcast, k.reg(nreg-1))
	p("MOVQ mode+56(FP), AX")
	write(k.bytes, s, k.mr, k.nv, nreg-1, nreg-2)
}

// write ends a kernel whose sums stand in the first registers, rows × vectors: with c at DX, its stride in R8, bias in R10 and mode
// in AX it stores, in mode
//
//	0: alpha·acc    1: fma(alpha, acc, c)    2: fma(alpha, acc, bias)    3: fma(alpha, acc, c + bias)
func write(bytes int, s string, rows, vectors, alpha, free int) {
	al := vector(bytes, alpha)
	each := func(f func(acc, off string, v int)) {
		for i := range rows {
			for v := range vectors {
				acc, off := vector(bytes, i*vectors+v), fmt.Sprintf("%d(DX)", v*bytes)
				f(acc, off, v)
				p("VMOVUPS %s, %s", acc, off)
			}
			if i < rows-1 {
				p("ADDQ R8, DX")
			}
		}
		end()
	}
	p("CMPQ AX, $1")
	p("JEQ add")
	p("JLT store")
	p("CMPQ AX, $2")
	p("JEQ bias")
	each(func(acc, off string, v int) {
		t := vector(bytes, free)
		p("VMOVUPS %s, %s", off, t)
		p("VADD%s %d(R10), %s, %s", s, v*bytes, t, t)
		p("VFMADD213%s %s, %s, %s", s, t, al, acc)
	})
	label("store")
	each(func(acc, _ string, _ int) { p("VMUL%s %s, %s, %s", s, al, acc, acc) })
	label("add")
	each(func(acc, off string, _ int) { p("VFMADD213%s %s, %s, %s", s, off, al, acc) })
	label("bias")
	each(func(acc, _ string, v int) { p("VFMADD213%s %d(R10), %s, %s", s, v*bytes, al, acc) })
}
