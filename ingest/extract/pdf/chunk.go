package pdf

import "slices"

// chunk is a piece of a line without a wide gap: words with their spaces. Most lines of a column are one chunk.
type chunk struct {
	x0, x1, y int32 // y is the baseline of its largest word
	size      int32
	a, b      int32 // where its text stands in the document's buffer
	bold      bool  // all of it
	mono      bool  // all of it
}

func (c *chunk) top() int32    { return c.y - c.size*3/4 }
func (c *chunk) bottom() int32 { return c.y + c.size/5 }

// sheet is a page after its words became chunks.
type sheet struct {
	chunks []chunk // sorted by y
	lo, hi int32   // the upper and the lower edge of the page
}

// chunker turns the words of pages into chunks. Its buffers are reused.
type chunker struct {
	text   []byte // of all pages
	pieces []piece
}

// piece is a chunk in the making, or a word that joins one.
type piece struct {
	chunk
	spaced bool
}

// mainDir is the direction in which most of the page reads.
func mainDir(p *page) int8 {
	var n [4]int
	for i := range p.words {
		w := &p.words[i]
		n[w.dir] += int(w.b - w.a)
	}
	best := int8(0)
	for d := int8(1); d < 4; d++ {
		if n[d] > n[best] {
			best = d
		}
	}
	return best
}

// sheet makes the chunks of a page: words that follow each other on one line as they were shown, and then what was shown out of turn.
func (c *chunker) sheet(p *page) sheet {
	dir, gap := mainDir(p), p.gap()
	c.pieces = c.pieces[:0]
	for i := range p.words {
		w := &p.words[i]
		if w.dir != dir || w.a == w.b {
			continue
		}
		at := int32(len(c.text))
		q := piece{chunk{w.x0, w.x1, w.y, w.size, at, at, w.bold, w.mono}, w.spaced}
		n := len(c.pieces)
		if n > 0 && c.pieces[n-1].takes(&q.chunk) {
			last := &c.pieces[n-1]
			if q.x0 <= last.x1-q.size/2 && sameEnd(c.text[last.a:last.b], p.text[w.a:w.b]) {
				continue
			}
			if w.spaced || (q.x0-last.x1)*100 > gap*min(q.size, last.size) {
				c.text = append(c.text, ' ')
			}
			c.text = append(c.text, p.text[w.a:w.b]...)
			last.grow(&q.chunk)
			last.b = int32(len(c.text))
			continue
		}
		c.text = append(c.text, p.text[w.a:w.b]...)
		q.b = int32(len(c.text))
		c.pieces = append(c.pieces, q)
	}
	s := c.gather(gap)
	s.lo, s.hi = edges(p, dir)
	c.rightToLeft(&s)
	return s
}

// edges are the upper and the lower edge of a page that is read in a direction.
func edges(p *page, dir int8) (lo, hi int32) {
	w, h := hundredths(p.width), hundredths(p.height)
	switch dir {
	case 1:
		return 0, w
	case 2:
		return 0, h
	case 3:
		return -w, 0
	}
	return -h, 0
}

// takes reports that q, which was shown next, goes on with the line: on its baseline, or raised or lowered and smaller.
func (c *piece) takes(q *chunk) bool {
	gap, dy := q.x0-c.x1, abs32(q.y-c.y)
	big, small := max(c.size, q.size), min(c.size, q.size)
	if gap < -big*3/5 {
		return false
	}
	if dy*12 <= big {
		return gap*10 <= small*9 && small*100 >= 65*big // or it is the number of a line
	}
	if small*100 > big*88 { // a letter of a logo, as in TeX
		return dy*100 <= big*35 && gap*5 <= big && -gap*3 <= big
	}
	return dy*100 <= big*55 && gap*4 <= big
}

func (c *chunk) grow(q *chunk) {
	if q.size > c.size {
		c.y, c.size = q.y, q.size
	}
	c.x0, c.x1 = min(c.x0, q.x0), max(c.x1, q.x1)
	c.bold, c.mono = c.bold && q.bold, c.mono && q.mono
}

func abs32(n int32) int32 {
	if n < 0 {
		return -n
	}
	return n
}

func sameEnd(a, b []byte) bool { return len(a) >= len(b) && string(a[len(a)-len(b):]) == string(b) }

// gather joins chunks of one baseline that touch and were not shown one after the other, in the order of y.
func (c *chunker) gather(gap int32) sheet {
	slices.SortStableFunc(c.pieces, func(a, b piece) int {
		if a.y != b.y {
			return int(a.y) - int(b.y)
		}
		return int(a.x0) - int(b.x0)
	})
	var s sheet
	for i := 0; i < len(c.pieces); {
		// A row is what stands on one baseline, give or take a little.
		k := i + 1
		for k < len(c.pieces) && (c.pieces[k].y-c.pieces[i].y)*8 <= min(c.pieces[k].size, c.pieces[i].size) {
			k++
		}
		row := c.pieces[i:k]
		slices.SortStableFunc(row, func(a, b piece) int { return int(a.x0) - int(b.x0) })
		for _, q := range row {
			n := len(s.chunks)
			if n > 0 && k-i > 1 && q.y-s.chunks[n-1].y <= q.size/8 && s.chunks[n-1].y-q.y <= q.size/8 && c.join(&s.chunks[n-1], &q, gap) {
				continue
			}
			s.chunks = append(s.chunks, q.chunk)
		}
		i = k
	}
	slices.SortStableFunc(s.chunks, func(a, b chunk) int { return int(a.y) - int(b.y) })
	return s
}

// join adds q to the end of last if the two touch. The gap is at most half of the size: between narrow columns there is little more.
func (c *chunker) join(last *chunk, q *piece, gap int32) bool {
	d := q.x0 - last.x1
	small := min(last.size, q.size)
	if d*2 > small {
		return false
	}
	if d < -small/2 {
		// What covers the same place and says the same was shown twice.
		return q.x1 <= last.x1+small/4 && string(c.text[q.a:q.b]) == string(c.text[last.a:last.b])
	}
	at := len(c.text)
	c.text = append(c.text, c.text[last.a:last.b]...)
	if d*100 > gap*small || q.spaced && d > 0 {
		c.text = append(c.text, ' ')
	}
	c.text = append(c.text, c.text[q.a:q.b]...)
	last.a, last.b = int32(at), int32(len(c.text))
	last.grow(&q.chunk)
	return true
}
