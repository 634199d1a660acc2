package gemm

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"
)

// guarded copies numbers to the end of a page that no other may be read after.
func guarded(t *testing.T, x []float32) []float32 {
	t.Helper()
	page := syscall.Getpagesize()
	size := ceil(len(x)*4, page) * page
	mem, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(mem) })
	if err := syscall.Mprotect(mem[size:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	y := unsafe.Slice((*float32)(unsafe.Pointer(&mem[size-len(x)*4])), len(x))
	copy(y, x)
	return y
}

// A read or write beyond a buffer ends the test with a fault.
func TestNothingBeyondTheBuffers(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 20))
	list := [][3]int{{6, 16, 4}, {12, 32, 8}, {14, 34, 9}, {24, 64, 384}, {18, 48, 5}, {13, 47, 387}, {11, 31, 6}}
	for range 20 {
		list = append(list, [3]int{1 + r.IntN(60), 1 + r.IntN(100), 1 + r.IntN(60)})
	}
	for _, e := range engines(1) {
		every(r, list, func(p *problem) {
			p.a, p.b = guarded(t, p.a), guarded(t, p.b)
			c := guarded(t, p.c)
			e.Sgemm(p.ta, p.tb, p.m, p.n, p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta, c, p.ldc)
			p.check(t, c)
		})
	}
}
