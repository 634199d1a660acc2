//go:build !noasm

package gemm

import "golang.org/x/sys/cpu"

var (
	avx512 = &kernel{"avx512", 12, 32, kern512, packer{12, packRows12, 12, 12, packCols12}, packer{32, packRows16, 16, 16, packCols32}}
	avx2   = &kernel{"avx2", 6, 16, kern256, packer{6, packRows6, 6, 8, packCols6}, packer{16, packRows8, 8, 8, packCols16}}
)

// kernels lists what this processor can run, the fastest first.
func kernels() []*kernel {
	var ks []*kernel
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL {
		ks = append(ks, avx512)
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		ks = append(ks, avx2)
	}
	return ks
}
