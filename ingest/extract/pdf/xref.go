package pdf

import "bytes"

// readXref follows the cross references from the end of the file; the newest entry of an object counts. False if any part is broken.
func (f *file) readXref() bool {
	tail := f.data[max(0, len(f.data)-2048):]
	i := bytes.LastIndex(tail, []byte("startxref"))
	if i < 0 {
		return false
	}
	l := lexer{data: tail, pos: i + len("startxref")}
	at := l.next()
	if !at.isInt() {
		return false
	}
	seen := map[int]bool{}
	queue := []int{int(at.num)}
	for len(queue) > 0 {
		off := queue[0]
		queue = queue[1:]
		if seen[off] || len(seen) > 4096 {
			continue
		}
		seen[off] = true
		t, ok := f.xrefAt(off)
		if !ok {
			return false
		}
		if f.trailer.kind == null {
			f.trailer = t
		}
		for _, k := range []string{"XRefStm", "Prev"} {
			if p := t.key(k); p.isInt() {
				queue = append(queue, int(p.num))
			}
		}
	}
	return f.trailer.key("Root").kind == ref
}

// xrefAt reads one table or stream, and gives its trailer.
func (f *file) xrefAt(off int) (value, bool) {
	if off >= len(f.data) {
		return value{}, false
	}
	l := lexer{data: f.data, pos: off, refs: true}
	if !l.next().is("xref") {
		return f.xrefStream(off)
	}
	for {
		v := l.next()
		if v.is("trailer") {
			t := l.next()
			f.charge(l.pos - off)
			return t, t.kind == dict
		}
		n := l.next()
		if !v.isInt() || !n.isInt() || int(n.num) > (len(f.data)-l.pos)/8 {
			return value{}, false
		}
		if !f.xrefTable(&l, int(v.num), int(n.num)) {
			return value{}, false
		}
	}
}

func (f *file) xrefTable(l *lexer, from, n int) bool {
	l.refs = false
	defer func() { l.refs = true }()
	for i := range n {
		off, _, t := l.next(), l.next(), l.next()
		switch {
		case !off.isInt() || t.kind != keyword:
			return false
		case t.is("n") && off.num > 0:
			f.enter(from+i, entry{1, int32(off.num), 0}, false)
		case t.is("trailer"):
			return false
		}
	}
	return true
}

// enter notes where an object stands, unless a newer part of the file has told already.
func (f *file) enter(num int, e entry, replace bool) {
	if num < 0 || num >= maxObjects {
		return
	}
	if num >= len(f.xref) {
		f.xref = append(f.xref, make([]entry, num+1-len(f.xref))...)
	}
	if replace || f.xref[num].where == 0 {
		f.xref[num] = e
	}
}

func (f *file) xrefStream(off int) (value, bool) {
	l := lexer{data: f.data, pos: off}
	num := l.next()
	if !num.isInt() {
		return value{}, false
	}
	v, gen, _ := f.parseAt(off, int(num.num))
	if gen < 0 || v.kind != stream || !v.key("Type").named("XRef") {
		return value{}, false
	}
	b, err := f.decode(v)
	if err != nil {
		return value{}, false
	}
	var w [3]int
	if ws := v.key("W"); ws.kind == array && len(ws.a) >= 3 {
		for i := range w {
			if w[i] = ws.a[i].int(); w[i] < 0 || w[i] > 8 {
				return value{}, false
			}
		}
	}
	row := w[0] + w[1] + w[2]
	if row == 0 {
		return value{}, false
	}
	index := v.key("Index").a
	if len(index) == 0 {
		index = []value{{kind: number}, v.key("Size")}
	}
	for i := 0; i+1 < len(index); i += 2 {
		for k := 0; k < index[i+1].int() && len(b) >= row; k++ {
			f.xrefRow(index[i].int()+k, b, w)
			b = b[row:]
		}
	}
	v.kind = dict
	return v, true
}

func (f *file) xrefRow(num int, b []byte, w [3]int) {
	field := func(n, missing int) int {
		if n == 0 {
			return missing
		}
		x := 0
		for _, c := range b[:n] {
			x = x<<8 | int(c)
		}
		b = b[n:]
		return x
	}
	t, x, y := field(w[0], 1), field(w[1], 0), field(w[2], 0)
	if x < 0 || x >= 1<<31 || y < 0 || y >= 1<<31 {
		return
	}
	switch t {
	case 1:
		f.enter(num, entry{1, int32(x), 0}, false)
	case 2:
		f.enter(num, entry{2, int32(x), int32(y)}, false)
	}
}

// scan makes the table anew from what stands in the file: the last object of a number counts.
func (f *file) scan() {
	f.scanned = true
	f.xref = f.xref[:0]
	f.forget()
	f.recent = [8]decoded{}
	old := f.trailer
	f.trailer = value{}
	var packs, catalogs []int
	for i := 0; ; {
		k := bytes.Index(f.data[i:], []byte("obj"))
		if k < 0 {
			break
		}
		at := i + k
		i = at + 3
		num, off, ok := objectBefore(f.data, at)
		if !ok {
			continue
		}
		f.enter(num, entry{1, int32(off), 0}, true)
		head := f.data[at:min(len(f.data), at+512)]
		if e := bytes.Index(head, []byte("endobj")); e > 0 {
			head = head[:e]
		}
		switch {
		case bytes.Contains(head, []byte("ObjStm")):
			packs = append(packs, num)
		case bytes.Contains(head, []byte("Catalog")):
			catalogs = append(catalogs, num)
		case bytes.Contains(head, []byte("XRef")):
			if v, gen, _ := f.parseAt(off, num); gen >= 0 && v.key("Root").kind == ref {
				v.kind = dict
				f.trailer = v
			}
		}
	}
	f.scanTrailers()
	if f.trailer.key("Encrypt").kind == null && old.key("Encrypt").kind == ref {
		f.trailer.kind = dict
		f.trailer.a = append(f.trailer.a, value{kind: name, s: []byte("Encrypt")}, old.key("Encrypt"), value{kind: name, s: []byte("ID")}, old.key("ID"))
	}
	if f.unlock() != nil {
		return // the caller asks again, and tells
	}
	for _, num := range packs {
		if p := f.pack(num); p != nil {
			for i, n := range p.nums {
				f.enter(int(n), entry{2, int32(num), int32(i)}, false)
			}
		}
	}
	f.findRoot(catalogs)
}

func (f *file) scanTrailers() {
	for i := 0; ; {
		k := bytes.Index(f.data[i:], []byte("trailer"))
		if k < 0 {
			return
		}
		i += k + len("trailer")
		l := lexer{data: f.data, pos: i, refs: true}
		if l.skipSpace(); l.at(0) != '<' {
			continue
		}
		if t := l.next(); t.kind == dict && t.key("Root").kind == ref {
			f.trailer = t
		}
		if !f.charge(l.pos - i) {
			return
		}
	}
}

// findRoot makes a trailer for a file that has none, or whose root is no catalog.
func (f *file) findRoot(catalogs []int) {
	if f.hasPages() {
		return
	}
	for num := range f.xref {
		if f.xref[num].where == 2 && f.object(num).key("Type").named("Catalog") {
			catalogs = append(catalogs, num)
		}
	}
	for _, num := range catalogs {
		if v := f.object(num); v.key("Pages").kind != null {
			f.trailer.kind = dict
			f.trailer.a = append([]value{{kind: name, s: []byte("Root")}, {kind: ref, num: float64(num)}}, f.trailer.a...)
		}
	}
}

func (f *file) hasPages() bool {
	root := f.get(f.trailer, "Root")
	return f.get(root, "Pages").kind == dict
}

// objectBefore reads "num gen " backwards from the word obj.
func objectBefore(b []byte, at int) (num, off int, ok bool) {
	i := at
	back := func() (n int, ok bool) {
		end := i
		for i > 0 && lclass[b[i-1]]&lSpace != 0 {
			i--
		}
		if i == end && end != at {
			return 0, false
		}
		end = i
		for i > 0 && end-i < 10 && b[i-1] >= '0' && b[i-1] <= '9' {
			i--
		}
		for _, c := range b[i:end] {
			n = n*10 + int(c-'0')
		}
		return n, i < end
	}
	if _, ok = back(); !ok {
		return 0, 0, false
	}
	if num, ok = back(); !ok {
		return 0, 0, false
	}
	return num, i, true
}
