package tokenize

import "math/bits"

//go:generate go run gen/main.go

// masks holds one bit for each character of a window of 64 bytes: the first character is bit 0. A byte that is no UTF-8 is a character in
// no class, which is a symbol.
type masks struct {
	letter, number, breaks, space uint64
	fourth, fifth, sixth          uint64 // see alphabet
	high                          uint64 // beyond ASCII
	first                         uint64 // by byte: where a character begins
	cut                           uint64 // by byte: where a character begins that may go on behind the window

	valid uint64 // characters that are told about
	count uint   // how many these are
	last  bool   // the text ends with them
	squeeze
}

// measure is to be called behind classify: size bytes are text, and last tells that it ends there.
func (m *masks) measure(size int, last bool) {
	m.last, m.count = last, uint(size)
	if m.high != 0 {
		told := ^uint64(0) >> (64 - uint(size))
		if !last && m.cut != 0 {
			told = m.cut&-m.cut - 1
		}
		m.count = uint(bits.OnesCount64(m.first & told))
	}
	m.valid = ^uint64(0) >> (64 - m.count)
	if m.count == 64 {
		return
	}
	m.letter &= m.valid
	m.number &= m.valid
	m.breaks &= m.valid
	m.space &= m.valid
	m.fourth &= m.valid
	m.fifth &= m.valid
	m.sixth &= m.valid
	m.high &= m.valid
}

// certain limits what is told where white space touches the end of what is known: nothing is certain after the start of that white space.
func (m *masks) certain(white uint64) uint64 {
	if m.last {
		return m.valid
	}
	tail := uint(bits.LeadingZeros64(^(white << (64 - m.count))))
	return (2<<(m.count-tail) - 1) & m.valid
}

// numbers gives the starts in runs of numbers that are cut after each character, or after three.
func numbers(N uint64, digits int) uint64 {
	if digits == 1 {
		return N
	}
	// Adding the first bit of a run clears it. Runs are told apart by where they begin, modulo 3.
	const m0, m1, m2 = 0x9249249249249249, 0x2492492492492492, 0x4924924924924924
	s := N &^ (N << 1)
	return N&^(N+s&m0)&m0 | N&^(N+s&m1)&m1 | N&^(N+s&m2)&m2
}

// whiteSpace gives the starts in runs of white space: the run itself, what follows its last line break, and its last character if what
// comes after it is in goesOn, which it joins. R are the line breaks and S the other spaces of white.
func whiteSpace(R, S, white, goesOn uint64) uint64 {
	start := white&^(white<<1) | S&((goesOn&^white)>>1)
	c := S & (R << 1) // spaces just after a line break
	if (S+c)&^S&R == 0 {
		return start | c
	}
	for x := c; x != 0; x &= x - 1 { // one of those runs of spaces ends in another line break
		i := uint(bits.TrailingZeros64(x))
		if e := i + uint(bits.TrailingZeros64(^(S >> i))); e > 63 || R>>e&1 == 0 {
			start |= 1 << i
		}
	}
	return start
}

// bytes tells where in the window the characters begin whose bits are set.
func (m *masks) bytes(chars uint64) uint64 {
	if m.high == 0 {
		return chars
	}
	return m.deposit(chars)
}

// offset is the place of a character in the window.
func (m *masks) offset(char int) int {
	if m.high == 0 {
		return char
	}
	return bits.TrailingZeros64(m.deposit(1 << char))
}

// contraction is the number of characters of a contraction that starts with character i, or 0.
func (m *masks) contraction(p *[64]byte, i int, fold bool) int {
	at := m.offset(i)
	n := contraction(p[:], at, fold)
	if n > 0 && p[at+1] >= 0x80 {
		return 2
	}
	return n
}

// The names of the masks whose meaning depends on the alphabet and on whether a character is beyond ASCII.

func (m *masks) blank() uint64    { return m.fourth &^ m.high }
func (m *masks) caseless() uint64 { return m.fourth & m.high }
func (m *masks) quote() uint64    { return m.fifth &^ m.high }
func (m *masks) mark() uint64     { return m.fifth & m.high }
func (m *masks) upper() uint64    { return m.sixth }
func (m *masks) control() uint64  { return m.fifth }
func (m *masks) kana() uint64     { return m.sixth }
