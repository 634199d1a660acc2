//go:build race

package extract

// slowdown divides the sizes of hostile inputs: the race detector makes these single-threaded tests about 40 times slower.
const slowdown = 32
