package gram

import "encoding/binary"

// A Model scores the languages of one script. It is read-only and may be shared.
type Model struct {
	Langs   []string // what is scored, in order
	Bits    uint     // the table has 1<<Bits rows
	Scale   float64  // what a unit of a weight is worth in natural logarithms
	Marks   []byte   // a row's fingerprint, 0 = empty
	Weights []byte   // rows × Words() × 8, a byte a language: 1 to 63, Nothing = 0
}

// Nothing is the byte of a weight of 0. Weights have six bits, so that four rows can be added before a byte could overflow.
const Nothing = 32

const (
	maxLangs = 64 // bounds a row
	maxBits  = 16 // bounds the rows
)

// Words is the length of a row in words of eight languages.
func (m *Model) Words() int { return (len(m.Langs) + 7) / 8 }

// Place is where a gram stands in a table of 1<<bits rows, and the fingerprint that it leaves there.
func Place(g uint64, bits uint) (row uint32, mark byte) {
	h := g * 0x9E3779B97F4A7C15
	h ^= h >> 29
	h *= 0xBF58476D1CE4E5B9
	return uint32(h >> (64 - bits)), max(byte(h>>16), 1)
}

// A Scorer sums what the grams of a text say. It may be used by one goroutine at a time.
type Scorer struct {
	grams    []uint64
	rows     [batch]int32
	found    int
	sums     [maxLangs]int32
	met      [1 << maxBits / 64]uint64 // rows, a bit each
	all, new int
}

// Reset forgets the text.
func (s *Scorer) Reset() {
	clear(s.sums[:])
	clear(s.met[:])
	s.all, s.new = 0, 0
}

// Variety is the number of different grams among those that the table knows, and the number of all of them.
func (s *Scorer) Variety() (different, all int) { return s.new, s.all }

// batch is how many rows are added at a time; a lane of 16 bits holds 1,040.
const batch = 512

// Add adds up the grams of a text, until about so many letters are seen. It gives the letters seen and the bytes read.
func (s *Scorer) Add(m *Model, script Script, text []byte, letters int) (n, read int) {
	s.grams, n, read = Grams(s.grams[:0], script, text, letters)
	for g := s.grams; len(g) > 0; {
		k := min(len(g), batch)
		s.find(m, g[:k])
		s.sum(m)
		g = g[k:]
	}
	return n, read
}

// find gives the rows of the grams that the table knows, as places in Weights.
func (s *Scorer) find(m *Model, grams []uint64) {
	n, size := 0, m.Words()*8
	for _, g := range grams {
		row, mark := Place(g, m.Bits)
		s.rows[n&(batch-1)] = int32(row) * int32(size)
		if m.Marks[row] == mark {
			n++
			word, bit := row>>6&(1<<maxBits/64-1), row&63
			s.new += int(^s.met[word] >> bit & 1)
			s.met[word] |= 1 << bit
		}
	}
	s.found = n
	s.all += n
}

// sum adds the rows found, a column of eight languages at a time, four rows a step. The bytes of their sum are spread over two words
// with lanes of 16 bits.
func (s *Scorer) sum(m *Model) {
	const low = 0x00FF00FF00FF00FF
	for i := range m.Words() {
		rows, w := s.rows[:s.found], m.Weights[i*8:]
		var even, odd uint64
		for ; len(rows) >= 4; rows = rows[4:] {
			x := at(w, rows[0]) + at(w, rows[1]) + at(w, rows[2]) + at(w, rows[3])
			even += x & low
			odd += x >> 8 & low
		}
		for _, r := range rows {
			x := at(w, r)
			even += x & low
			odd += x >> 8 & low
		}
		for k := range 4 {
			s.sums[i*8+2*k] += int32(uint16(even>>(16*k))) - int32(Nothing*s.found)
			s.sums[i*8+2*k+1] += int32(uint16(odd>>(16*k))) - int32(Nothing*s.found)
		}
	}
}

func at(w []byte, place int32) uint64 { return binary.LittleEndian.Uint64(w[place:]) }

// Scores appends the sums in natural logarithms, by language.
func (s *Scorer) Scores(m *Model, dst []float64) []float64 {
	for i := range m.Langs {
		dst = append(dst, float64(s.sums[i])*m.Scale)
	}
	return dst
}
