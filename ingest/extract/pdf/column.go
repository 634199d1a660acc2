package pdf

import "slices"

// Reading order. A region of a page is looked at for a gutter: a strip that many pairs of neighbors leave free. What crosses it cuts
// the columns into bands; each band is read left column first. Columns are looked at again for gutters of their own.

const (
	maxBins   = 2048
	binWidth  = 100 // hundredths of a point
	maxCuts   = 6   // columns inside columns
	neighbors = 64  // that are looked at for each chunk
)

// region is a set of chunks, sorted by y.
type region []*chunk

// gutter is a strip between two columns.
type gutter struct{ x0, x1 int32 }

// leavesFree reports that a region has text on both sides of the strip and next to nothing across it.
func (g gutter) leavesFree(r region) bool {
	if g.x1 <= g.x0 {
		return false
	}
	left, right, span := 0, 0, 0
	for _, c := range r {
		switch {
		case c.x1 <= g.x1:
			left++
		case c.x0 >= g.x0:
			right++
		default:
			span++
		}
	}
	return left > 0 && right > 0 && span*5 <= left+right
}

// pair is two chunks side by side with nothing between them.
type pair struct{ left, right *chunk }

// order puts the columns of pages in the order of reading.
type order struct {
	leaf func(region) // is called with one column after the other
	last gutter       // of the page before: a page with little text has too few pairs of its own
	read bool         // a page has been read: authors stand on the first one
}

// page orders the chunks of a page.
func (o *order) page(r region) {
	o.region(r, 0)
	o.read = o.read || len(r) > 0
}

func (o *order) region(r region, depth int) {
	if len(r) == 0 {
		return
	}
	g, ok := findGutter(r, depth)
	if depth == 0 {
		if !ok && o.last.leavesFree(r) {
			g, ok = o.last, true
		}
		if ok {
			o.last = g
		}
	}
	if !ok {
		o.leaf(r)
		return
	}
	var left, right, span region
	flush := func() {
		l, r := 0, 0
		if !o.read && depth == 0 {
			l, r = headOf(left, right, g)
		}
		o.region(left[:l], depth+1)
		o.region(right[:r], depth+1)
		o.region(left[l:], depth+1)
		o.region(right[r:], depth+1)
		left, right = nil, nil
	}
	mid := (g.x0 + g.x1) / 2
	for i, c := range r {
		switch {
		case c.x1 <= mid || c.x0 < mid && overprinted(r, i, mid):
			o.flushSpan(&span, depth)
			left = append(left, c)
		case c.x0 >= mid:
			o.flushSpan(&span, depth)
			right = append(right, c)
		default:
			flush()
			span = append(span, c)
		}
	}
	flush()
	o.flushSpan(&span, depth)
}

// overprinted reports a chunk that runs over the words of the column beside it: a line of the left column that is too long for it.
func overprinted(r region, i int, mid int32) bool {
	c := r[i]
	hits := func(o *chunk) bool {
		return o.x0 >= mid && o.x0 < c.x1 && o.x1 > c.x0 && o.y-o.size/2 < c.y && c.y-c.size/2 < o.y
	}
	for k := max(0, i-8); k < min(len(r), i+9); k++ {
		if hits(r[k]) {
			return true
		}
	}
	return false
}

// headOf finds what stands above the text of two columns and is none itself, such as the authors below a title: few lines, mostly
// narrow, and an empty strip across both columns below them. It gives the numbers of its chunks on either side.
func headOf(left, right region, g gutter) (l, r int) {
	if len(left) == 0 || len(right) == 0 {
		return 0, 0
	}
	lo, hi := left[0].x0, right[0].x1
	for _, c := range left {
		lo = min(lo, c.x0)
	}
	for _, c := range right {
		hi = max(hi, c.x1)
	}
	bottom := max(left[0].bottom(), right[0].bottom())
	for wide := 0; l+r < 30 && l+r < len(left)+len(right); {
		isLeft := l < len(left) && (r == len(right) || left[l].y <= right[r].y)
		next, width := right[min(r, len(right)-1)], hi-g.x1
		if isLeft {
			next, width = left[l], g.x0-lo
		}
		if next.top()-bottom > next.size*8/10 && l > 0 && r > 0 {
			return l, r
		}
		if (next.x1-next.x0)*10 > width*7 {
			wide++
		}
		if wide > 1 {
			return 0, 0
		}
		if isLeft {
			l++
		} else {
			r++
		}
		bottom = max(bottom, next.bottom())
	}
	return 0, 0
}

func (o *order) flushSpan(span *region, depth int) {
	if len(*span) > 0 {
		o.region(*span, depth+1)
		*span = nil
	}
}

// findGutter looks for the strip that the most pairs leave free and that stands between columns of text, not between cells of a table.
func findGutter(r region, depth int) (gutter, bool) {
	if depth >= maxCuts || len(r) < 5 {
		return gutter{}, false
	}
	pairs := findPairs(r)
	if len(pairs) < 3 {
		return gutter{}, false
	}
	lo := r[0].x0
	for _, c := range r {
		lo = min(lo, c.x0)
	}
	var votes [maxBins + 1]int32
	for _, p := range pairs {
		a, b := bin(p.left.x1-lo), bin(p.right.x0-lo)
		votes[a]++
		votes[b]--
	}
	for i := 1; i < len(votes); i++ {
		votes[i] += votes[i-1]
	}
	for range 4 {
		best := 0
		for i := range votes {
			if votes[i] > votes[best] {
				best = i
			}
		}
		if votes[best] < 3 {
			break
		}
		a, b := best, best
		for a > 0 && votes[a-1]*4 >= votes[best]*3 {
			a--
		}
		for b < maxBins && votes[b+1]*4 >= votes[best]*3 {
			b++
		}
		g := gutter{lo + int32(a)*binWidth, lo + int32(b+1)*binWidth}
		g = g.clearest(r)
		if dividesText(r, pairs, g) {
			return g, true
		}
		for a > 0 && votes[a-1] > 0 && votes[a-1] <= votes[a] {
			a--
		}
		for b < maxBins && votes[b+1] > 0 && votes[b+1] <= votes[b] {
			b++
		}
		clear(votes[a : b+1])
	}
	return gutter{}, false
}

// clearest is the part of a strip that the fewest chunks cross: lines of one side can be longer than those that have a neighbor.
func (g gutter) clearest(r region) gutter {
	n := int((g.x1-g.x0)/binWidth) + 1
	cross := make([]int32, n+1)
	for _, c := range r {
		if c.x1 <= g.x0 || c.x0 >= g.x1 {
			continue
		}
		cross[(max(c.x0, g.x0)-g.x0)/binWidth]++
		cross[(min(c.x1, g.x1)-g.x0)/binWidth+1]--
	}
	best, most := 0, 0
	low := cross[0]
	for i := 1; i < n; i++ {
		cross[i] += cross[i-1]
		low = min(low, cross[i])
	}
	for i := 0; i < n; {
		k := i
		for k < n && cross[k] == low {
			k++
		}
		if k-i > most {
			best, most = i, k-i
		}
		i = k + 1
	}
	return gutter{g.x0 + int32(best)*binWidth, g.x0 + int32(best+most)*binWidth}
}

func bin(x int32) int32 { return min(maxBins, max(0, x/binWidth)) }

// findPairs finds for every chunk the nearest one to its right that overlaps it in height.
func findPairs(r region) []pair {
	var pairs []pair
	for i, c := range r {
		var best *chunk
		look := func(o *chunk) bool {
			if o.top() > c.bottom() || o.bottom() < c.top() {
				return abs32(o.y-c.y) < 2*max(c.size, o.size)
			}
			over := min(o.bottom(), c.bottom()) - max(o.top(), c.top())
			if over*3 >= min(o.size, c.size) && o.x0-c.x1 > min(o.size, c.size)/2 && (best == nil || o.x0 < best.x0) {
				best = o
			}
			return true
		}
		for k := i + 1; k < len(r) && k-i < neighbors && look(r[k]); k++ {
		}
		for k := i - 1; k >= 0 && i-k < neighbors && look(r[k]); k-- {
		}
		if best != nil {
			pairs = append(pairs, pair{c, best})
		}
	}
	return pairs
}

// dividesText judges a strip. Between columns of text both sides are wide and their lines mostly full. A margin with notes has text on
// one side only, and then nothing but a few lines may cross the strip.
func dividesText(r region, pairs []pair, g gutter) bool {
	mid := (g.x0 + g.x1) / 2
	var left, right []*chunk
	for _, p := range pairs {
		if p.left.x1 <= mid && p.right.x0 >= mid {
			left, right = append(left, p.left), append(right, p.right)
		}
	}
	if len(left) < 3 {
		return false
	}
	l, r2 := measure(left, g), measure(right, g)
	if len(left) >= 4 && l.isText(10) && r2.isText(10) {
		return true
	}
	span := 0
	for _, c := range r {
		if c.x0 < mid && c.x1 > mid {
			span++
		}
	}
	return span*10 <= len(r) && (l.isText(20) || r2.isText(20))
}

// side is the measure of one side of a gutter.
type side struct{ width, median, em int32 }

func measure(cs []*chunk, g gutter) side {
	var x0, x1, w, em []int32
	for _, c := range cs {
		x0, x1, w, em = append(x0, c.x0), append(x1, c.x1), append(w, c.x1-c.x0), append(em, c.size)
	}
	lo, hi := at(x0, 10), at(x1, 90)
	if at(x1, 50) <= (g.x0+g.x1)/2 {
		hi = max(hi, g.x0)
	} else {
		lo = min(lo, g.x1)
	}
	return side{hi - lo, at(w, 50), at(em, 50)}
}

// isText reports lines that fill a column of at least so many ems.
func (s side) isText(ems int32) bool {
	return s.width >= ems*s.em && s.median >= ems*s.em*8/10 && s.median*10 >= s.width*6
}

// at gives a percentile; it sorts s.
func at(s []int32, percent int) int32 {
	if len(s) == 0 {
		return 0
	}
	slices.Sort(s)
	return s[(len(s)-1)*percent/100]
}
