package pdf

// pageRef is a page of the tree with what it inherits.
type pageRef struct {
	dict      value
	resources value
	box       [4]float64
	rotate    int
}

// pages lists the pages in order. What is no tree, because it refers to itself or is too deep, ends where it does so.
func (f *file) pages() []pageRef {
	var list []pageRef
	seen := map[int]bool{}
	var walk func(v value, up pageRef, depth int)
	walk = func(v value, up pageRef, depth int) {
		if v.kind == ref {
			if seen[int(v.num)] {
				return
			}
			seen[int(v.num)] = true
		}
		d := f.resolve(v)
		if d.kind != dict || depth > maxDepth || len(list) >= maxPages || !f.charge(64) {
			return
		}
		if r := f.get(d, "Resources"); r.kind == dict {
			up.resources = r
		}
		for _, k := range []string{"MediaBox", "CropBox"} {
			if b, ok := f.box(f.get(d, k)); ok {
				up.box = b
			}
		}
		if r := f.get(d, "Rotate"); r.kind == number {
			up.rotate = ((r.int()/90)%4 + 4) % 4
		}
		if kids := f.get(d, "Kids"); kids.kind == array {
			for _, k := range kids.a {
				walk(k, up, depth+1)
			}
			return
		}
		up.dict = d
		list = append(list, up)
	}
	root := f.get(f.trailer, "Root")
	walk(root.key("Pages"), pageRef{box: [4]float64{0, 0, 612, 792}}, 0)
	return list
}

func (f *file) box(v value) (b [4]float64, ok bool) {
	if len(v.a) < 4 || v.kind != array {
		return b, false
	}
	for i := range b {
		b[i] = f.resolve(v.a[i]).num
	}
	if b[0] > b[2] {
		b[0], b[2] = b[2], b[0]
	}
	if b[1] > b[3] {
		b[1], b[3] = b[3], b[1]
	}
	return b, b[2]-b[0] > 1 && b[3]-b[1] > 1
}

// place is the matrix that puts the page, turned as it is to be read, with its lower left corner at the origin.
func (r *pageRef) place() (m matrix, width, height float64) {
	w, h := r.box[2]-r.box[0], r.box[3]-r.box[1]
	m = matrix{1, 0, 0, 1, -r.box[0], -r.box[1]}
	switch r.rotate {
	case 1:
		return m.mul(matrix{0, -1, 1, 0, 0, w}), h, w
	case 2:
		return m.mul(matrix{-1, 0, 0, -1, w, h}), w, h
	case 3:
		return m.mul(matrix{0, 1, -1, 0, h, 0}), h, w
	}
	return m, w, h
}

// readPage fills x.page with the words of a page. False: some of it could not be read.
func (x *interp) readPage(r *pageRef) bool {
	p := x.page
	p.reset()
	m, w, h := r.place()
	p.width, p.height = w, h
	x.gstate = gstate{ctm: m, th: 1}
	x.saved, x.marks, x.hidden, x.forms = x.saved[:0], x.marks[:0], 0, 0
	x.tm, x.tlm = identity, identity
	x.ops, x.glyphs = maxOps, maxGlyphs
	data, ok := x.f.contents(r.dict)
	ok = x.run(data, r.resources) && ok
	return x.f.charge((maxGlyphs-x.glyphs)*glyphWork) && ok
}

// contents joins the content streams of a page.
func (f *file) contents(d value) (data []byte, ok bool) {
	c := f.get(d, "Contents")
	if c.kind == stream {
		data, err := f.decode(c)
		return data, err == nil && f.charge(len(data))
	}
	ok = true
	for _, v := range c.a {
		b, err := f.decode(f.resolve(v))
		if err != nil || len(data)+len(b) > maxStream || !f.charge(len(b)) {
			ok = false
			continue
		}
		data = append(append(data, b...), '\n')
	}
	return data, ok
}
