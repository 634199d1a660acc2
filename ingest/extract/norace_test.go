//go:build !race

package extract

// slowdown divides the sizes of hostile inputs.
const slowdown = 1
