//go:build !noasm

package tokenize

import "golang.org/x/sys/cpu"

// vectors tells that this processor has the instructions of the kernels.
var vectors = cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512VBMI && cpu.X86.HasAVX512VBMI2 &&
	cpu.X86.HasBMI1 && cpu.X86.HasBMI2 && cpu.X86.HasPOPCNT

func (a *alphabet) classify(p *[64]byte, m *masks) {
	if vectors {
		classify512(a, p, m)
		return
	}
	a.classifyGo(p, m)
}

func (m *masks) deposit(chars uint64) uint64 {
	if vectors {
		return deposit512(chars, m.first)
	}
	return m.squeeze.spread(chars)
}

func emit(ends *[64]int, pos int, starts uint64) int {
	if vectors {
		return emit512(ends, pos, starts)
	}
	return emitGo(ends, pos, starts)
}
