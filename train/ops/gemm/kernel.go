package gemm

// kernel is a micro-kernel, which multiplies a panel of a by a panel of b, with what packs its panels. A panel of a holds rows
// numbers for each step of k, one of b cols numbers.
type kernel struct {
	name       string
	rows, cols int
	// run is c = alpha·a·b if mode is 0, c = fma(alpha, a·b, c) if it is 1, with kc ≥ 1 steps of k.
	run  func(kc int, a, b, c *float32, ldc int, alpha float32, mode int)
	a, b packer
}

// packer copies numbers into panels of width numbers a step. Both functions are optional; plain Go does what they do not.
type packer struct {
	width int
	// alongK packs rows that lie along k, group of them a call, 4·k4 steps. It reads the rows up to number reads.
	alongK       func(k4 int, src *float32, ld int, dst *float32, stride int)
	group, reads int
	// across packs rows that lie across k, k of them.
	across func(k int, src *float32, ld int, dst *float32)
}
