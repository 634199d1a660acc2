package tokenize

import "unicode/utf8"

// charClasses says where a cutter cuts whatever stands around: it knows characters by classes and looks at two neighbors.
type charClasses struct {
	width uint // bits of a class
	of    func(rune) uint8
	cuts  func(a, b uint8) bool // it always cuts between them
	// local: what it does before and behind a place does not depend on what stands on the other side, so that a cut of a later cutter there is
	// like one before.
	local bool
	exact bool // … and it cuts nowhere else
}

// maxClass is how many bits of classes a flow keeps.
const maxClass = 6

// classesOf finds the classes of a cutter; ok is false for one that cuts by more than two neighbors.
func classesOf(c cutter) (k charClasses, ok bool) {
	switch c := c.(type) {
	case cutters:
		return sequenceClasses(c)
	case splitter:
		return c.classes()
	case *metaspace:
		return charClasses{1, func(r rune) uint8 { return bit(r == ' ' || string(r) == string(c.mark)) }, func(_, b uint8) bool { return c.split && b == 1 }, false, true}, true
	}
	return k, false
}

func bit(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

func (s splitter) classes() (k charClasses, ok bool) {
	switch p := s.pattern.(type) {
	case classes:
		if s.behavior != removed && s.behavior != isolated || !s.invert {
			return k, false
		}
		return charClasses{2, func(r rune) uint8 { return uint8(p.of(r)) }, func(a, b uint8) bool { return a != b || a == 0 }, true, true}, true
	case literal:
		if r, n := utf8.DecodeRuneInString(string(p)); n == len(p) {
			return s.eachClasses(func(c rune) bool { return c == r }), true
		}
	case each:
		return s.eachClasses(p.in), true
	}
	return k, false
}

func (s splitter) eachClasses(in func(rune) bool) charClasses {
	k := charClasses{width: 1, of: func(r rune) uint8 { return bit(in(r) != s.invert) }, local: true, exact: !s.invert}
	switch s.behavior {
	case removed, isolated:
		k.cuts = func(a, b uint8) bool { return a|b == 1 }
		if s.invert { // what is left between two matches is one stretch
			k.cuts = func(a, b uint8) bool { return a != b || a == 0 }
		}
	case mergedWithPrevious:
		k.cuts = func(a, b uint8) bool { return a == 1 && !(s.invert && b == 1) }
	case mergedWithNext:
		k.cuts = func(a, b uint8) bool { return b == 1 && !(s.invert && a == 1) }
	case contiguous:
		k.cuts = func(a, b uint8) bool { return a != b }
	}
	return k
}

func sequenceClasses(cs cutters) (k charClasses, ok bool) {
	var parts []charClasses
	for _, c := range cs {
		p, ok := classesOf(c)
		if !ok {
			break // what comes before may cut enough
		}
		k.width += p.width
		parts = append(parts, p)
		if _, rewrites := c.(*metaspace); rewrites {
			break
		}
	}
	if len(parts) == 0 || k.width > maxClass {
		return k, false
	}
	k.local = len(parts) == len(cs)
	k.exact = k.local
	for _, p := range parts {
		k.local, k.exact = k.local && p.local, k.exact && p.exact
	}
	k.of = func(r rune) (class uint8) {
		for _, p := range parts {
			class = class<<p.width | p.of(r)
		}
		return class
	}
	width := k.width
	k.cuts = func(a, b uint8) bool {
		left := width
		for _, p := range parts {
			left -= p.width
			m := uint8(1)<<p.width - 1
			if p.cuts(a>>left&m, b>>left&m) {
				return true
			}
			if !p.local {
				return false
			}
		}
		return false
	}
	return k, true
}
