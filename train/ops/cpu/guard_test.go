//go:build linux

package cpu

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guarded is room for n numbers that ends, or begins, at a page that nobody may touch.
func guarded(t *testing.T, n int, atEnd bool) []float32 {
	page := unix.Getpagesize()
	size := (n*4 + page - 1) / page * page
	mem, err := unix.Mmap(-1, 0, size+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Skipf("no memory map: %v", err)
	}
	for _, guard := range [][]byte{mem[:page], mem[page+size:]} {
		if err := unix.Mprotect(guard, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = unix.Munmap(mem) })
	from := page
	if atEnd {
		from = page + size - n*4
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&mem[from])), n)
}

// Assembly that reads or writes a number beyond a buffer ends this test with a fault.
func TestNothingBeyondBuffers(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 0))
	list := append(kernels(), kernelsBF16()...)
	if len(list) == 0 {
		t.Skip("no assembly here")
	}
	for _, s := range [][3]int{{1, 130, 8}, {2, 17, 16}, {3, 40, 384}, {5, 33, 388}, {7, 6, 9}, {12, 32, 4}, {13, 65, 7}, {25, 31, 386}, {16, 100, 20}} {
		for i := range 8 {
			m, n, k := s[0], s[1], s[2]
			a, b, c, bias := guarded(t, m*k, i&4 != 0), guarded(t, n*k, i&4 != 0), guarded(t, m*n, i&4 != 0), guarded(t, n, i&4 != 0)
			copy(a, random(r, m*k))
			copy(b, random(r, n*k))
			for _, kern := range list {
				o := New(1)
				p := product{kern, m, n, k, 1, float32(i & 1), matrix{a, k, false}, matrix{b, n, false}, matrix{c, n, false}}
				if i&1 != 0 {
					p.a = matrix{a, m, true}
				}
				if i&2 != 0 {
					p.b = matrix{b, k, true}
				}
				o.multiply(p, bias, nil)
				q := *kern
				q.few = nil
				p.kern = &q
				o.multiply(p, bias, nil)
				p.serial(&space{})
			}
		}
	}
}
