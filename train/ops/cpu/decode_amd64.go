//go:build !noasm

package cpu

import "golang.org/x/sys/cpu"

// decoding is the best of decoders.
var decoding = decoders()[0]

// decoders lists what this processor can run, the best first.
func decoders() (out []decoder) {
	if cpu.X86.HasAVX512F {
		out = append(out, decoder{"avx512", scores512, weigh512})
	}
	if cpu.X86.HasAVX2 {
		out = append(out, decoder{"avx2", scores256, weigh256})
	}
	return append(out, plainDecoder)
}
