package tokenize

import "math/bits"

// none is the id of no token.
const none = ^uint32(0)

// pairTable maps two neighboring ids to the id that they merge into: open addressing, 8 bytes a slot, and a filter of 128 KiB in
// front that ends nine of ten searches for what is not there. Ids are below 1<<21.
type pairTable struct {
	slots  []uint64 // left 21 bits | right 21 | token+1 22
	shift  uint
	filter *[1 << 14]uint64
	bytes  []uint32 // the same for two bytes, dense: token, or none
}

func newPairTable(n int) pairTable {
	b := bits.Len(uint(n*5/4 + 1))
	t := pairTable{slots: hugePages(make([]uint64, 1<<b)), shift: 64 - uint(b), filter: new([1 << 14]uint64), bytes: make([]uint32, 1<<16)}
	for i := range t.bytes {
		t.bytes[i] = none
	}
	return t
}

func pairHash(a, b uint32) uint64 {
	return (uint64(a)<<32|uint64(b))*0x9E3779B97F4A7C15 ^ uint64(b)*0xD6E8FEB86659FD93
}

func (t *pairTable) put(a, b, token uint32) {
	h := pairHash(a, b)
	t.filter[h>>44>>6&(1<<14-1)] |= 1 << (h >> 44 & 63)
	m := uint64(len(t.slots) - 1)
	i := h >> t.shift
	for t.slots[i&m] != 0 {
		i++
	}
	t.slots[i&m] = uint64(a)<<43 | uint64(b)<<22 | uint64(token+1)
	if a < 256 && b < 256 {
		t.bytes[a<<8|b] = token
	}
}

// get is the token that a and b merge into, none if they do not.
func (t *pairTable) get(a, b uint32) uint32 {
	h := pairHash(a, b)
	if t.filter[h>>44>>6&(1<<14-1)]>>(h>>44&63)&1 == 0 {
		return none
	}
	k := uint64(a)<<43 | uint64(b)<<22
	m := uint64(len(t.slots) - 1)
	for i := h >> t.shift; ; i++ {
		s := t.slots[i&m]
		if s == 0 {
			return none
		}
		if (s^k)>>22 == 0 {
			return uint32(s&(1<<22-1)) - 1
		}
	}
}
