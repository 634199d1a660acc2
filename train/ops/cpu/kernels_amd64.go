//go:build !noasm

package cpu

import "golang.org/x/sys/cpu"

//go:generate sh -c "go run gen.go asm > kernels_amd64.s && go run gen.go stubs > stubs_amd64.go"

// The two kernels give the same bits: how wide a vector is decides who sums, not in which order.
var (
	avx512 = kernel{"avx512", 12, 32, mul12x32, packer{12, 12, 12, packT12, packC12}, packer{32, 16, 16, packT16, packC32}}
	avx2   = kernel{"avx2", 6, 16, mul6x16, packer{6, 6, 8, packT6, packC6}, packer{16, 8, 8, packT8, packC16}}
)

// kernels lists what this processor can run, the best first.
func kernels() []*kernel {
	var out []*kernel
	if x := &cpu.X86; x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL {
		out = append(out, &avx512)
	}
	if x := &cpu.X86; x.HasAVX2 && x.HasFMA {
		out = append(out, &avx2)
	}
	return out
}
