package gram

import "encoding/binary"

// A Model scores the languages of one script. It is read-only and may be shared.
type Model struct {
	Langs   []string // what is scored, in order
	Bits    uint     // the table has 1<<Bits rows
	Scale   float64  // what a unit of a weight is worth in natural logarithms
	Marks   []byte   // a row's fingerprint, 0 = empty
	Weights []byte   // rows × Words() × 8, a byte a language, 128 = nothing
}

// maxLangs bounds a row.
const maxLangs = 64

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
	grams []uint64
	sums  [maxLangs]int32
	rows  int // grams that the table knows
	all   int // grams
}

// Reset forgets the text.
func (s *Scorer) Reset() {
	clear(s.sums[:])
	s.rows, s.all = 0, 0
}

// batch is how many rows can be added before a lane of 16 bits could overflow: 256 × 255 < 65536.
const batch = 256

// Add adds up the grams of a text, until about so many letters are seen. It gives the letters seen and the bytes read.
func (s *Scorer) Add(m *Model, script Script, text []byte, letters int) (n, read int) {
	s.grams, n, read = Grams(s.grams[:0], script, text, letters)
	s.all += len(s.grams)
	for g := s.grams; len(g) > 0; {
		k := min(len(g), batch)
		s.sum(m, g[:k])
		g = g[k:]
	}
	return n, read
}

// sum adds up to batch rows, eight languages at a time: bytes of a word are spread over two words with lanes of 16 bits.
func (s *Scorer) sum(m *Model, grams []uint64) {
	const low = 0x00FF00FF00FF00FF
	var even, odd [maxLangs / 8]uint64
	rows, words := 0, m.Words()
	for _, g := range grams {
		row, mark := Place(g, m.Bits)
		if m.Marks[row] != mark {
			continue
		}
		rows++
		w := m.Weights[int(row)*words*8:][:words*8]
		for i := 0; i < len(even) && len(w) >= 8; i++ {
			x := binary.LittleEndian.Uint64(w)
			even[i] += x & low
			odd[i] += x >> 8 & low
			w = w[8:]
		}
	}
	for i := range words {
		for k := range 4 {
			s.sums[i*8+2*k] += int32(uint16(even[i]>>(16*k))) - int32(128*rows)
			s.sums[i*8+2*k+1] += int32(uint16(odd[i]>>(16*k))) - int32(128*rows)
		}
	}
	s.rows += rows
}

// Scores appends the sums in natural logarithms, by language.
func (s *Scorer) Scores(m *Model, dst []float64) []float64 {
	for i := range m.Langs {
		dst = append(dst, float64(s.sums[i])*m.Scale)
	}
	return dst
}
