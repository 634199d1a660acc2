//go:build !amd64 || noasm

package cpu

// kernels lists none: gonum's BLAS multiplies.
func kernels() []*kernel { return nil }
