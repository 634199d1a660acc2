// Package gemm multiplies float32 matrices: c = alpha·op(a)·op(b) + beta·c, row-major, on all cores or on the caller's alone.
//
// What comes in are flat buffers with a leading dimension, as in BLAS; what goes out is c, and nothing between its rows is touched.
// Operands are copied ("packed") into panels that fit the caches, and a kernel in generated assembly, AVX-512 or AVX2 by what the
// processor has, multiplies panel by panel (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008).
//
// A result has the same bits for any number of workers, with AVX-512 and with AVX2, and however a caller's matrices lie in memory.
// Its definition is, with all operations rounded to float32 and fma rounded once:
//
//	c = beta·c (nothing if beta is 1, not read if it is 0)
//	for each block of 384 steps of k: s = 0; s = fma(a[k], b[k], s) in the order of k; c = fma(alpha, s, c)
//
// where the first block is c = alpha·s if beta is 0. Nothing is skipped: zero times NaN is NaN.
//
// Where packing would cost more than it brings (single rows, small tiles of dot products: see direct.go), on other processors, and with
// the build tag noasm, gonum's Sgemm takes the place of the kernels. Its bits are other ones, and it skips zeros, but again they are
// the same for any number of workers.
//
// A call allocates nothing after the first of its size. Nothing here reads the environment or keeps a buffer of the caller's.
package gemm

//go:generate go run gen/main.go
