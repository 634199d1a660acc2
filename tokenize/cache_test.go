package tokenize

import (
	"slices"
	"testing"
)

// TestCacheOfOneSlot has all pieces begin at one slot, as a text could that is made for it.
func TestCacheOfOneSlot(t *testing.T) {
	c := newCache(cacheLimits(DefaultEncoderBytes, false))
	inverse := uint64(0xD6E8FEB86659FD93) // of keyHash's second factor: each step doubles the bits that are right
	for range 6 {
		inverse *= 2 - inverse*0xD6E8FEB86659FD93
	}
	hi := uint64(8) << 56
	found := 0
	const n = 20000
	for i := range uint64(n) {
		lo := i*inverse ^ hi*0x9E3779B97F4A7C15
		if h := keyHash(lo, hi); h != i {
			t.Fatalf("hash of %#x is %#x, want %#x", lo, h, i)
		}
		c.store(i, lo, hi, []uint32{uint32(i), 7, 9})
		if s := c.find(i, lo, hi); s != nil {
			found++
			if ids := c.ids(nil, s); !slices.Equal(ids, []uint32{uint32(i), 7, 9}) {
				t.Fatalf("piece %d has %v", i, ids)
			}
		}
	}
	if found < maxProbes/2 || found > 4*maxProbes {
		t.Errorf("%d pieces of %d were remembered, at most %d have room", found, n, maxProbes)
	}
}

func TestSlotsHoldWhatTheyAreGiven(t *testing.T) {
	c := newCache(cacheLimits(0, true))
	for n := 1; n <= 15; n++ {
		ids := make([]uint32, n)
		for i := range ids {
			ids[i] = maxVocab - 1 - uint32(i)
		}
		lo, hi := key([]byte("grain")[:min(n, 5)])
		lo ^= uint64(n) << 56
		h := keyHash(lo, hi)
		c.store(h, lo, hi, ids)
		if got := c.ids(nil, c.find(h, lo, hi)); !slices.Equal(got, ids) {
			t.Errorf("%d ids: got %v", n, got)
		}
	}
}
