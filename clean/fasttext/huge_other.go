//go:build !linux

package fasttext

func newFloats(n int64) []float32 { return make([]float32, n) }
