//go:build !amd64 || noasm

package tokenize

import "unsafe"

// vectors is 0: plain Go does all.
var vectors = 0

func (a *alphabet) classify(p *[64]byte, m *masks) { a.classifyGo(p, m) }

func (m *masks) deposit(chars uint64) uint64 { return m.squeeze.spread(chars) }

func emit(ends *[64]int, pos int, starts uint64) int { return emitGo(ends, pos, starts) }

func (e *Encoder) probeFours([]byte, int, int) (first, missed int) { return 0, 0 }

// prefetch asks for a line of memory, by reading it.
func prefetch(p unsafe.Pointer) uint64 { return *(*uint64)(p) }
