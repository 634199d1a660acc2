//go:build linux

package minhash

import (
	"math/rand/v2"
	"syscall"
	"testing"
)

// No kernel reads a byte beyond the text, or before it: there is no memory.
func TestTextsThatEndAPage(t *testing.T) {
	page := syscall.Getpagesize()
	m, err := syscall.Mmap(-1, 0, 3*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip(err)
	}
	defer syscall.Munmap(m)
	for _, out := range [][]byte{m[:page], m[2*page:]} {
		if err := syscall.Mprotect(out, syscall.PROT_NONE); err != nil {
			t.Skip(err)
		}
	}
	room := m[page : 2*page]
	r := rand.New(rand.NewPCG(11, 12))
	for n := range 200 {
		copy(room[page-n:], randomText(r, n))
		sameEverywhere(t, room[page-n:])
		copy(room, randomText(r, n))
		sameEverywhere(t, room[:n])
	}
	copy(room, randomText(r, page))
	sameEverywhere(t, room)
}
