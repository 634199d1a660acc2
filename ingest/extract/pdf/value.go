package pdf

// kind tells what a value is.
type kind uint8

const (
	null kind = iota
	boolean
	number
	str
	name
	array
	dict
	ref
	stream
	keyword // an operator of a content stream, or a word such as "obj"
	end     // of the input
)

// value is any object of a file.
type value struct {
	kind kind
	num  float64 // number; boolean: 0 or 1; ref and stream: the object's number
	gen  int     // ref and stream
	s    []byte  // str, name, keyword
	a    []value // array; dict and stream: keys and values in turn
	off  int     // stream: where its data begins
}

func (v value) int() int {
	if v.kind != number || !(v.num > -1<<31 && v.num < 1<<31) {
		return 0
	}
	return int(v.num)
}

// isInt reports a number without a fraction that is not negative.
func (v value) isInt() bool {
	return v.kind == number && v.num >= 0 && v.num < 1<<31 && v.num == float64(int(v.num))
}

func (v value) is(word string) bool { return v.kind == keyword && string(v.s) == word }

func (v value) named(s string) bool { return v.kind == name && string(v.s) == s }

// key finds a value of a dictionary as it stands; the zero value if there is none.
func (v value) key(k string) value {
	if v.kind != dict && v.kind != stream {
		return value{}
	}
	for i := 0; i+1 < len(v.a); i += 2 {
		if string(v.a[i].s) == k {
			return v.a[i+1]
		}
	}
	return value{}
}
