//go:build !noasm

package cpu

import "golang.org/x/sys/cpu"

//go:generate sh -c "go run ./gen asm > kernels_amd64.s && go run ./gen stubs > stubs_amd64.go"

// Kernels of the same row give the same bits: how wide a vector is decides who sums, not in which order.
var (
	avx512 = kernel{"avx512", 12, 32, mul12x32, packer[float32]{width: 12, rows: 12, read: 12, across: packT12, along: packC12},
		packer[float32]{width: 32, rows: 16, read: 16, across: packT16, along: packC32}, plain, &few512}
	avx2 = kernel{"avx2", 6, 16, mul6x16, packer[float32]{width: 6, rows: 6, read: 8, across: packT6, along: packC6},
		packer[float32]{width: 16, rows: 8, read: 8, across: packT8, along: packC16}, plain, &few256}

	bf16Dot    = as(avx512, "bf16 avx512 dot", mulDot12x32, paired, nil, pair12, pair32)
	bf16Wide   = as(avx512, "bf16 avx512", mulSwap12x32, rounded, round512, nil, nil)
	bf16Narrow = as(avx2, "bf16 avx2", mulSwap6x16, rounded, round256, nil, nil)

	double512 = kernelOf[float64]{"avx512", 12, 16, mulDouble12x16, packer[float64]{width: 12}, packer[float64]{width: 16}, plain, nil}
	double256 = kernelOf[float64]{"avx2", 6, 8, mulDouble6x8, packer[float64]{width: 6}, packer[float64]{width: 8}, plain, nil}

	few512 = fewKernels{16, 16, []fewRowsKernel{1: few1x16, 2: few2x16, 3: few3x16, 4: few4x16, 6: few6x16, 8: few8x16, 12: few12x16, 16: few16x16}, along16}
	few256 = fewKernels{8, 6, []fewRowsKernel{1: few1x8, 2: few2x8, 3: few3x8, 4: few4x8}, along8}
)

// as is k with other panels.
func as(k kernel, name string, mul func(kc int, a, b, c *float32, ldc int, bias *float32, alpha float32, mode int), f form, round func(n int, x *float32), pairA, pairB func(pairs int, src, dst *float32)) kernel {
	k.name, k.mul, k.form, k.few = name, mul, f, nil
	k.a.round, k.b.round, k.a.pair, k.b.pair = round, round, pairA, pairB
	return k
}

func has512() bool {
	x := &cpu.X86
	return x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL
}

func has256() bool { return cpu.X86.HasAVX2 && cpu.X86.HasFMA }

// kernels lists what this processor can run, the best first.
func kernels() []*kernel {
	var out []*kernel
	if has512() {
		out = append(out, &avx512)
	}
	if has256() {
		out = append(out, &avx2)
	}
	return out
}

// kernelsBF16 lists those that round to bf16. Which one is the best depends on how fast the processor's own instruction is.
func kernelsBF16() []*kernel {
	var out []*kernel
	if has512() && cpu.X86.HasAVX512BF16 {
		out = append(out, &bf16Dot)
	}
	if has512() {
		out = append(out, &bf16Wide)
	}
	if has256() {
		out = append(out, &bf16Narrow)
	}
	return out
}

// kernelsDouble lists those for float64, the best first.
func kernelsDouble() []*kernelOf[float64] {
	var out []*kernelOf[float64]
	if has512() {
		out = append(out, &double512)
	}
	if has256() {
		out = append(out, &double256)
	}
	return out
}
