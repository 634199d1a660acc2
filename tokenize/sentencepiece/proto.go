package sentencepiece

import (
	"encoding/binary"
	"fmt"
)

// field is a field of a message of a protocol buffer.
type field struct {
	number uint64
	value  uint64 // of a number
	bytes  []byte // of a text or message, else nil
	at     int    // where it, or what is in it, begins in the file
}

// fields calls f for each field of a message that begins at an offset.
func fields(b []byte, offset int, f func(field) error) error {
	for i := 0; i < len(b); {
		key, n := binary.Uvarint(b[i:])
		if n <= 0 {
			return fmt.Errorf("offset %d: want the key of a field", offset+i)
		}
		i += n
		x := field{number: key >> 3, at: offset + i}
		switch key & 7 {
		case 0:
			if x.value, n = binary.Uvarint(b[i:]); n <= 0 {
				return fmt.Errorf("offset %d: want a number", offset+i)
			}
			i += n
		case 1:
			if len(b)-i < 8 {
				return fmt.Errorf("offset %d: want 8 bytes", offset+i)
			}
			x.value = binary.LittleEndian.Uint64(b[i:])
			i += 8
		case 2:
			size, n := binary.Uvarint(b[i:])
			if n <= 0 || size > uint64(len(b)-i-n) {
				return fmt.Errorf("offset %d: want a length of at most %d", offset+i, len(b)-i)
			}
			i += n
			x.at = offset + i
			x.bytes = b[i : i+int(size) : i+int(size)]
			if x.bytes == nil {
				x.bytes = []byte{}
			}
			i += int(size)
		case 5:
			if len(b)-i < 4 {
				return fmt.Errorf("offset %d: want 4 bytes", offset+i)
			}
			x.value = uint64(binary.LittleEndian.Uint32(b[i:]))
			i += 4
		default:
			return fmt.Errorf("offset %d: a field of unknown type %d", offset+i, key&7)
		}
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}
