package extract

import (
	"encoding/binary"
	"strings"
)

// A nameCache remembers what scanning a class or id gave, since pages, and all pages of a site, use the same names over and over. It
// changes no result.
type nameCache struct {
	slots [256]nameSlot
}

// maxCachedName is the longest name that is remembered, in bytes.
const maxCachedName = 44

type nameSlot struct {
	hints hint
	size  int32 // 0: empty
	name  [maxCachedName]byte
}

func (c *nameCache) scan(name []byte) hint {
	if len(name) == 0 || len(name) > maxCachedName {
		return names.scan(name)
	}
	s := &c.slots[nameHash(name)]
	if string(s.name[:s.size]) != string(name) {
		s.hints = names.scan(name)
		s.size = int32(copy(s.name[:], name))
	}
	return s.hints
}

// A factCache remembers facts, which pages of a site share or state twice, so that the same bytes make the same string.
type factCache struct {
	slots [64]string
}

// text is b as a string, without what is not UTF-8.
func (c *factCache) text(b []byte) string {
	s := &c.slots[nameHash(b)%64]
	if *s != string(b) {
		*s = strings.ToValidUTF8(string(b), "")
	}
	return *s
}

func nameHash(s []byte) uint8 {
	h := uint64(len(s))
	for ; len(s) >= 8; s = s[8:] {
		h = (h ^ binary.LittleEndian.Uint64(s)) * 0x9E3779B97F4A7C15
		h ^= h >> 32
	}
	for _, c := range s {
		h = (h ^ uint64(c)) * 0x9E3779B97F4A7C15
	}
	return uint8(h >> 56)
}
