package tokenize

import (
	"fmt"
	"math"
	"strconv"
)

// jsonFloat reads a number as the JSON reader of Hugging Face's library does (serde_json without float_roundtrip, its function f64_from_parts): all digits as
// one whole number, that number as a float, times or through a power of ten. This may differ from the nearest float in the last bit, which decides
// between ways to spell a text that are equally likely.
func jsonFloat(s string) (float64, error) {
	nearest, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number", s)
	}
	digits, negative := s, false
	if s[0] == '-' {
		digits, negative = s[1:], true
	}
	var whole uint64
	exponent, full, point := 0, false, false
	i := 0
	for ; i < len(digits); i++ {
		c := digits[i]
		if c == '.' {
			point = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		d := uint64(c - '0')
		full = full || whole > math.MaxUint64/10 || whole == math.MaxUint64/10 && d > math.MaxUint64%10
		switch {
		case !full:
			whole = whole*10 + d
			if point {
				exponent--
			}
		case !point:
			exponent++
		}
	}
	if i < len(digits) && digits[i]|0x20 == 'e' {
		e, err := strconv.Atoi(digits[i+1:])
		if err != nil {
			return nearest, nil
		}
		exponent += e
	}
	f := float64(whole)
	for f != 0 && exponent < -308 {
		f /= 1e308
		exponent += 308
	}
	switch {
	case f == 0:
	case exponent < 0:
		f /= math.Pow10(-exponent)
	case exponent <= 308:
		f *= math.Pow10(exponent)
	}
	if negative {
		f = -f
	}
	return f, nil
}
