package pdf

import (
	"bytes"
	"io"
)

// entry says where an object stands.
type entry struct {
	where uint8 // 0 nowhere, 1 at an offset, 2 in an object stream
	off   int32 // offset, or the number of the object stream
	index int32 // in the object stream
}

// file is an open file. Its objects are parsed when they are first asked for.
type file struct {
	data    []byte
	xref    []entry
	trailer value
	objects map[int]value
	kept    int // values in objects
	packs   map[int]*pack
	busy    map[int]bool // objects that are being parsed or decoded: what refers to itself ends there
	scanned bool         // the table was made by scanning
	work    int          // what may still be done; see the limits
	crypt   *crypt

	in      bytes.Reader
	flate   io.ReadCloser
	recent  [8]decoded // streams decoded last: forms that are shown again and again
	recentN int
}

type decoded struct {
	num  int
	data []byte
}

// pack is an object stream.
type pack struct {
	data []byte
	nums []int32
	offs []int32
}

func openFile(data []byte) (*file, error) {
	if i := bytes.Index(data[:min(len(data), 1024)], []byte("%PDF-")); i > 0 {
		data = data[i:]
	}
	f := &file{data: data, objects: map[int]value{}, packs: map[int]*pack{}, busy: map[int]bool{}, work: baseWork + workPerByte*len(data)}
	if len(data) > 1<<31-1 {
		return nil, ErrTooLarge
	}
	ok := f.readXref()
	if err := f.unlock(); err != nil {
		return nil, err
	}
	if !ok || !f.hasPages() {
		f.scan()
		if err := f.unlock(); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// unlock prepares what an encrypted file needs.
func (f *file) unlock() error {
	if f.crypt != nil {
		return nil
	}
	enc := f.get(f.trailer, "Encrypt")
	if enc.kind != dict {
		return nil
	}
	c, err := f.newCrypt(enc)
	if err != nil {
		return err
	}
	f.crypt = c
	if e := f.trailer.key("Encrypt"); e.kind == ref {
		c.self = int(e.num)
	}
	f.forget()
	return nil
}

func (f *file) forget() {
	f.objects, f.packs, f.kept = map[int]value{}, map[int]*pack{}, 0
}

// charge takes n from the work that is left.
func (f *file) charge(n int) bool {
	f.work -= n + 1
	return f.work > 0
}

// resolve follows references to a value that is none.
func (f *file) resolve(v value) value {
	for range 16 {
		if v.kind != ref {
			return v
		}
		v = f.object(int(v.num))
	}
	return value{}
}

func (f *file) get(d value, key string) value { return f.resolve(d.key(key)) }

// object gives an object by its number; the zero value if there is none.
func (f *file) object(num int) value {
	if v, ok := f.objects[num]; ok {
		return v
	}
	if num < 0 || num >= len(f.xref) || f.xref[num].where == 0 || f.busy[num] || f.work <= 0 {
		return value{}
	}
	f.busy[num] = true
	defer delete(f.busy, num)
	v, n, ok := f.load(num)
	if !ok && !f.scanned {
		f.scan()
		if num < len(f.xref) {
			v, n, _ = f.load(num)
		}
	}
	if f.kept += n; f.kept <= maxCached {
		f.objects[num] = v
	} else {
		f.kept -= n
	}
	return v
}

func (f *file) load(num int) (v value, values int, ok bool) {
	e := f.xref[num]
	switch e.where {
	case 1:
		v, n, values := f.parseAt(int(e.off), num)
		if n < 0 {
			return value{}, 1, false
		}
		if f.crypt != nil && num != f.crypt.self {
			v = f.crypt.strings(v, num, n)
		}
		return v, values, true
	case 2:
		p := f.pack(int(e.off))
		if p == nil {
			return value{}, 1, false
		}
		i := int(e.index)
		if i >= len(p.nums) || p.nums[i] != int32(num) {
			for i = 0; i < len(p.nums) && p.nums[i] != int32(num); i++ {
			}
			if !f.charge(i) || i == len(p.nums) {
				return value{}, 1, false
			}
		}
		l := lexer{data: p.data, pos: int(p.offs[i]), refs: true}
		v := l.next()
		if v.kind == keyword || v.kind == end {
			v = value{}
		}
		f.charge(l.pos - int(p.offs[i]))
		return v, 1 + len(l.vals), true
	}
	return value{}, 1, false
}

// parseAt reads "num gen obj …" at off; the generation is -1 if it is not there.
func (f *file) parseAt(off, num int) (v value, gen, values int) {
	if off < 0 || off >= len(f.data) {
		return v, -1, 0
	}
	l := lexer{data: f.data, pos: off}
	n, g, o := l.next(), l.next(), l.next()
	if !n.isInt() || int(n.num) != num || !g.isInt() || !o.is("obj") {
		return v, -1, 0
	}
	l.refs = true
	v = l.next()
	if v.kind == keyword || v.kind == end {
		v = value{}
	}
	if v.kind == dict {
		mark := l.pos
		if l.next().is("stream") {
			if l.at(0) == '\r' {
				l.pos++
			}
			if l.at(0) == '\n' {
				l.pos++
			}
			v.kind, v.num, v.gen, v.off = stream, float64(num), int(g.num), l.pos
		} else {
			l.pos = mark
		}
	}
	f.charge(l.pos - off)
	return v, int(g.num), 1 + len(l.vals)
}

// raw gives the bytes of a stream as they stand.
func (f *file) raw(v value) []byte {
	if v.off > len(f.data) {
		return nil
	}
	b := f.data[v.off:]
	if n := f.get(v, "Length"); n.isInt() && int(n.num) <= len(b) {
		l := lexer{data: b, pos: int(n.num)}
		if l.next().is("endstream") {
			return b[:int(n.num)]
		}
	}
	n := bytes.Index(b, []byte("endstream"))
	if n < 0 {
		if n = bytes.Index(b, []byte("endobj")); n < 0 {
			n = len(b)
		}
		f.charge(len(b))
	}
	f.charge(n)
	b = b[:n]
	if bytes.HasSuffix(b, []byte("\r\n")) {
		return b[:n-2]
	}
	return bytes.TrimSuffix(b, []byte("\n"))
}

// decode unpacks a stream. The bytes are valid for as long as the file is.
func (f *file) decode(v value) ([]byte, error) {
	if v.kind != stream {
		return nil, errFilter
	}
	num := int(v.num)
	for _, d := range f.recent {
		if d.num == num && d.data != nil {
			return d.data, nil
		}
	}
	if f.busy[-1-num] {
		return nil, errFilter
	}
	f.busy[-1-num] = true
	defer delete(f.busy, -1-num)
	if f.work <= 0 {
		return nil, ErrTooLarge
	}
	b := f.raw(v)
	kinds, parms := f.filters(v)
	var err error
	if f.crypt != nil && !f.plainStream(v, kinds) {
		if b, err = f.crypt.stream(b, num, v.gen); err != nil {
			return nil, err
		}
	}
	if len(kinds) > maxFilters {
		return nil, errFilter
	}
	for i, k := range kinds {
		if k == "Crypt" {
			continue
		}
		if b, err = f.filter(nil, b, k, parms[i]); err != nil {
			return nil, err
		}
		f.charge(len(b))
	}
	if len(kinds) > 0 && len(b) <= 1<<20 {
		f.recent[f.recentN%len(f.recent)] = decoded{num, b}
		f.recentN++
	}
	return b, nil
}

// plainStream reports a stream that is not encrypted in an encrypted file.
func (f *file) plainStream(v value, kinds []string) bool {
	if f.get(v, "Type").named("XRef") {
		return true
	}
	if f.get(v, "Type").named("Metadata") && !f.crypt.metadata {
		return true
	}
	return len(kinds) > 0 && kinds[0] == "Crypt"
}

func (f *file) filters(v value) (kinds []string, parms []value) {
	fl, dp := f.get(v, "Filter"), f.get(v, "DecodeParms")
	if fl.kind == null {
		fl = f.get(v, "F")
	}
	if dp.kind == null {
		dp = f.get(v, "DP")
	}
	if fl.kind == name {
		fl, dp = value{kind: array, a: []value{fl}}, value{kind: array, a: []value{dp}}
	}
	for i, k := range fl.a[:min(len(fl.a), maxFilters+1)] {
		k = f.resolve(k)
		kinds = append(kinds, string(k.s))
		var p value
		if i < len(dp.a) && dp.kind == array {
			p = f.resolve(dp.a[i])
		}
		if dp.kind == dict {
			p = dp
		}
		parms = append(parms, p)
	}
	return kinds, parms
}

// pack opens an object stream.
func (f *file) pack(num int) *pack {
	if p, ok := f.packs[num]; ok {
		return p
	}
	if num >= len(f.xref) || f.xref[num].where != 1 {
		return nil
	}
	v := f.object(num)
	b, err := f.decode(v)
	n, first := f.get(v, "N"), f.get(v, "First")
	if err != nil || !n.isInt() || !first.isInt() || int(first.num) > len(b) || int(n.num) > len(b) {
		f.packs[num] = nil
		return nil
	}
	p := &pack{data: b}
	l := lexer{data: b[:int(first.num)]}
	for range int(n.num) {
		num, off := l.next(), l.next()
		if !num.isInt() || !off.isInt() || int(off.num) > len(b)-int(first.num) {
			break
		}
		p.nums = append(p.nums, int32(num.num))
		p.offs = append(p.offs, int32(off.num)+int32(first.num))
	}
	f.packs[num] = p
	return p
}
