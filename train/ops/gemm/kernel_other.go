//go:build !amd64 || noasm

package gemm

// kernels is empty: gonum does the work.
func kernels() []*kernel { return nil }

// pause does nothing here.
func pause() {}
