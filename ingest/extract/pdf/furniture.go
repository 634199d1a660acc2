package pdf

import (
	"unicode"
	"unicode/utf8"
)

// What stands around the text on every page: running heads and feet, page numbers, numbers of lines.

const (
	furnitureRows = 4   // rows at the top and at the bottom that are looked at
	furnitureZone = 18  // percent of the page at its top and bottom that they stand in
	outerZone     = 30  // the same for the outermost row: TeX leaves wide margins
	sameHeight    = 300 // hundredths of a point that they may move between pages
	maxSame       = 64  // rows of one wording that are compared
)

// row is a line across the whole page, near its top or bottom.
type row struct {
	from, to int // in sheet.chunks
	y        int32
	wording  uint64 // without digits, case and spaces
	letters  int
	digits   int
	words    int
	first    int // the number that it begins or ends with; -1: none
	last     int
	bottom   bool
	outer    int  // 0 for the outermost
	apart    bool // further from the next row inwards than lines of a text are
}

// placeOf is where a wording stood on some page.
type placeOf struct {
	sheet int
	y     int32
}

// removeFurniture takes running heads, feet and page numbers out of the sheets.
func removeFurniture(sheets []sheet, text []byte) {
	all := make([][]row, len(sheets))
	seen := map[uint64][]placeOf{}
	folios := map[int]int{} // how many pages have a number that is so much more than their place in the file
	for i := range sheets {
		all[i] = outerRows(&sheets[i], text)
		told := map[int]bool{}
		for _, r := range all[i] {
			if l := seen[r.wording]; len(l) < maxSame {
				seen[r.wording] = append(l, placeOf{i, r.y})
			}
			if r.outer < 2 {
				for _, n := range []int{r.first, r.last} {
					if k := n - i; n >= 0 && !told[k] {
						told[k] = true
						folios[k]++
					}
				}
			}
		}
	}
	for i := range sheets {
		var drop []row
		for _, r := range all[i] {
			if repeats(r, i, seen[r.wording]) || numbersPage(r, i, folios, len(sheets)) {
				drop = append(drop, r)
			}
		}
		sheets[i].without(drop)
	}
}

// repeats reports a row that other pages have at the same height. Rows of numbers must be outermost, or they may belong to a table.
func repeats(r row, sheet int, places []placeOf) bool {
	if r.letters <= r.digits && (r.outer > 0 || r.words > 3) {
		return false
	}
	for _, p := range places {
		if p.sheet != sheet && abs32(p.y-r.y) <= sameHeight {
			return true
		}
	}
	return false
}

// numbersPage reports a row with a number that counts the pages, or a lone number at the foot of a single page.
func numbersPage(r row, sheet int, folios map[int]int, pages int) bool {
	if r.outer > 1 || r.words > 24 || r.letters > 0 && !r.apart {
		return false
	}
	if pages == 1 {
		return r.bottom && r.outer == 0 && r.letters == 0 && r.words == 1 && r.digits <= 4 && r.digits > 0
	}
	for _, n := range []int{r.first, r.last} {
		if c := folios[n-sheet]; n >= 0 && c >= 2 && c*2 >= pages && (c >= 3 || r.letters == 0) {
			return true
		}
	}
	return false
}

// without removes rows.
func (s *sheet) without(rows []row) {
	if len(rows) == 0 {
		return
	}
	drop := make([]bool, len(s.chunks))
	for _, r := range rows {
		for i := r.from; i < r.to; i++ {
			drop[i] = true
		}
	}
	out := s.chunks[:0:0]
	for i, c := range s.chunks {
		if !drop[i] {
			out = append(out, c)
		}
	}
	s.chunks = out
}

// outerRows lists the first and the last rows of a page.
func outerRows(s *sheet, text []byte) []row {
	var rows []row
	outside := func(depth int32, n int) bool {
		zone := int32(furnitureZone)
		if n == 0 {
			zone = outerZone
		}
		return depth > (s.hi-s.lo)/100*zone
	}
	for i, n := 0, 0; i < len(s.chunks) && n < furnitureRows; n++ {
		k := i + 1
		for k < len(s.chunks) && (s.chunks[k].y-s.chunks[i].y)*4 <= s.chunks[i].size {
			k++
		}
		if outside(s.chunks[i].y-s.lo, n) {
			break
		}
		q := newRow(s, i, k, text, false, n)
		q.apart = k == len(s.chunks) || (s.chunks[k].y-s.chunks[i].y)*10 > 17*s.chunks[i].size
		rows = append(rows, q)
		i = k
	}
	for k, n := len(s.chunks), 0; k > 0 && n < furnitureRows; n++ {
		i := k - 1
		for i > 0 && (s.chunks[k-1].y-s.chunks[i-1].y)*4 <= s.chunks[k-1].size {
			i--
		}
		if outside(s.hi-s.chunks[i].y, n) {
			break
		}
		q := newRow(s, i, k, text, true, n)
		q.apart = i == 0 || (s.chunks[i].y-s.chunks[i-1].y)*10 > 17*s.chunks[i].size
		rows = append(rows, q)
		k = i
	}
	return rows
}

func newRow(s *sheet, from, to int, text []byte, bottom bool, outer int) row {
	r := row{from: from, to: to, y: s.chunks[from].y, bottom: bottom, outer: outer, first: -1, last: -1}
	h := fnvStart
	for i := from; i < to; i++ {
		c := &s.chunks[i]
		t := text[c.a:c.b]
		r.words++
		if n, ok := edgeNumber(t, false); ok && r.first < 0 && (i == from || i == to-1) {
			r.first = n
		}
		if n, ok := edgeNumber(t, true); ok {
			r.last = n
		} else {
			r.last = -1
		}
		for len(t) > 0 {
			ch, k := utf8.DecodeRune(t)
			t = t[k:]
			switch {
			case ch == ' ':
				r.words++
			case unicode.IsDigit(ch):
				r.digits++
			default:
				if unicode.IsLetter(ch) {
					r.letters++
				}
				h = fnv(h, unicode.ToLower(ch))
			}
		}
	}
	r.wording = h
	return r
}

const fnvStart uint64 = 14695981039346656037

func fnv(h uint64, r rune) uint64 { return (h ^ uint64(r)) * 1099511628211 }

// edgeNumber reads the number of up to five digits that a text begins or ends with, as a word of its own.
func edgeNumber(t []byte, atEnd bool) (n int, ok bool) {
	isDigit := func(c byte) bool { return c >= '0' && c <= '9' }
	a, b := 0, 0
	if atEnd {
		a, b = len(t), len(t)
		for a > 0 && isDigit(t[a-1]) {
			a--
		}
		if a > 0 && t[a-1] > ' ' && t[a-1] != '-' && t[a-1] != '|' {
			return 0, false
		}
	} else {
		for b < len(t) && isDigit(t[b]) {
			b++
		}
		if b < len(t) && t[b] > ' ' && t[b] != '-' && t[b] != '|' {
			return 0, false
		}
	}
	if b-a < 1 || b-a > 5 {
		return 0, false
	}
	for _, c := range t[a:b] {
		n = n*10 + int(c-'0')
	}
	return n, true
}

// removeLineNumbers takes the numbers of lines out: five or more beside the text that count up by one or five, or more of them in small
// print between two columns.
func removeLineNumbers(s *sheet, text []byte) {
	var x0, x1, sizes []int32
	var found []int
	for i := range s.chunks {
		c := &s.chunks[i]
		if c.b-c.a <= 4 && digitsOnly(text[c.a:c.b]) {
			found = append(found, i)
		} else if c.x1-c.x0 > 10*c.size {
			x0, x1, sizes = append(x0, c.x0), append(x1, c.x1), append(sizes, c.size)
		}
	}
	if len(found) < 5 || len(x0) < 3 {
		return
	}
	left, right, body := at(x0, 5), at(x1, 95), at(sizes, 50)
	var margins [3][]int
	for _, i := range found {
		switch c := &s.chunks[i]; {
		case c.x1 < left-c.size/5:
			margins[0] = append(margins[0], i)
		case c.x0 > right+c.size/5:
			margins[1] = append(margins[1], i)
		case c.size*10 <= body*7:
			margins[2] = append(margins[2], i)
		}
	}
	var rows []row
	for k, margin := range margins {
		if len(margin) < 5 || k == 2 && len(margin) < 12 || !countsUp(s, margin, text) {
			continue
		}
		for _, i := range margin {
			rows = append(rows, row{from: i, to: i + 1})
		}
	}
	s.without(rows)
}

func countsUp(s *sheet, margin []int, text []byte) bool {
	good, prev := 0, 0
	for k, i := range margin {
		n, _ := edgeNumber(text[s.chunks[i].a:s.chunks[i].b], false)
		if d := n - prev; k > 0 && (d == 1 || d == 5) {
			good++
		}
		prev = n
	}
	return good*10 >= (len(margin)-1)*8
}

func digitsOnly(t []byte) bool {
	for _, c := range t {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(t) > 0
}
