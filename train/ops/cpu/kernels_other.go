//go:build !amd64 || noasm

package cpu

import "runtime"

// kernels lists none: gonum's BLAS multiplies.
func kernels() []*kernel { return nil }

// kernelsBF16 lists none: plain Go does.
func kernelsBF16() []*kernel { return nil }

// kernelsDouble lists none: gonum's BLAS does.
func kernelsDouble() []*kernelOf[float64] { return nil }

func pause(int) { runtime.Gosched() }
