package gram

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// magic starts a file of models.
const magic = "quern grams 1\n"

// Encode writes models: the magic, then of each its languages (length, names with spaces between), the bits and the scale, the
// marks and the weights. Numbers are little-endian.
func Encode(models []*Model) []byte {
	b := []byte(magic)
	for _, m := range models {
		langs := strings.Join(m.Langs, " ")
		b = binary.LittleEndian.AppendUint32(b, uint32(len(langs)))
		b = append(b, langs...)
		b = binary.LittleEndian.AppendUint32(b, uint32(m.Bits))
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(m.Scale))
		b = append(b, m.Marks...)
		b = append(b, m.Weights...)
	}
	return b
}

// Decode reads what Encode wrote. The models share the memory of b.
func Decode(b []byte) ([]*Model, error) {
	whole := len(b)
	bad := func(what string) error { return fmt.Errorf("gram: models: offset %d: %s", whole-len(b), what) }
	if !strings.HasPrefix(string(b[:min(len(b), len(magic))]), magic) {
		return nil, bad("this is no file of models")
	}
	b = b[len(magic):]
	var models []*Model
	for len(b) > 0 {
		if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
			return nil, bad("the names of languages are cut off")
		}
		n := int(binary.LittleEndian.Uint32(b))
		m := &Model{Langs: strings.Fields(string(b[4 : 4+n]))}
		b = b[4+n:]
		if len(m.Langs) > maxLangs {
			return nil, bad("too many languages")
		}
		if len(b) < 12 || binary.LittleEndian.Uint32(b) > maxBits {
			return nil, bad("want the bits of the table, up to 16, and the scale")
		}
		m.Bits = uint(binary.LittleEndian.Uint32(b))
		m.Scale = math.Float64frombits(binary.LittleEndian.Uint64(b[4:]))
		b = b[12:]
		rows := 1 << m.Bits
		if len(m.Langs) == 0 {
			rows = 0
		}
		if len(b) < rows*(1+m.Words()*8) {
			return nil, bad("the table is cut off")
		}
		m.Marks, m.Weights, b = b[:rows:rows], b[rows:rows*(1+m.Words()*8)], b[rows*(1+m.Words()*8):]
		models = append(models, m)
	}
	return models, nil
}
