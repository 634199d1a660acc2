package pdf

import "slices"

// Rows of tables whose cells have several lines. A run of lines with cells is taken for a table if every cell begins at a column of the
// widest line. A line goes on with the row above it if it stands close below and leaves the first column empty, or if rows stand further
// apart than the lines inside them.

// mergeRows joins the lines of such rows.
func mergeRows(ls []line, text []byte) []line {
	if !slices.ContainsFunc(ls, func(l line) bool { return l.cells > 1 }) {
		return ls
	}
	var out []line
	for i := 0; i < len(ls); {
		n, columns := tableAt(ls[i:], text)
		if n < 3 {
			out = append(out, ls[i])
			i++
			continue
		}
		out = append(out, rowsOf(ls[i:i+n], columns, text)...)
		i += n
	}
	return out
}

// tableAt measures the table that begins with the first line: its lines, and where its columns begin.
func tableAt(ls []line, text []byte) (n int, columns []int32) {
	if ls[0].cells < 2 {
		return 0, nil
	}
	for n < len(ls) && n < 500 && (n == 0 || ls[n].y-ls[n-1].y < 3*ls[n].size) {
		starts := ls[n].starts(columns, text)
		if len(starts) > len(columns) {
			if n > 1 && !within(columns, starts, ls[n].size) {
				break
			}
			columns = starts
		}
		n++
	}
	if len(columns) > 40 {
		return 0, nil
	}
	for k := range n {
		if !ls[k].inColumns(columns, text) {
			n = k
			break
		}
	}
	for n > 1 && len(ls[n-1].starts(columns, text)) == 1 && columnOf(columns, ls[n-1].x0, ls[n-1].size) == 0 {
		n-- // most likely the line below the table
	}
	return n, columns
}

// cellAt reports that part i of a line begins a cell: there is a wide gap before it, or a column of the table is known to begin there.
func (l *line) cellAt(i int, columns []int32, text []byte) bool {
	p := l.parts[i]
	return i == 0 || l.newCell(i, text) || p.x0-l.parts[i-1].x1 > p.size/4 && columnOf(columns, p.x0, p.size/2) > 0
}

// starts are the places where the cells of a line begin.
func (l *line) starts(columns []int32, text []byte) []int32 {
	x := []int32{l.parts[0].x0}
	for i := 1; i < len(l.parts); i++ {
		if l.cellAt(i, columns, text) {
			x = append(x, l.parts[i].x0)
		}
	}
	return x
}

// within reports that all of a stand in b as well.
func within(a, b []int32, size int32) bool {
	for _, x := range a {
		if columnOf(b, x, size) < 0 {
			return false
		}
	}
	return true
}

// columnOf finds the column that begins at x; -1 if none does.
func columnOf(columns []int32, x, size int32) int {
	for k, c := range columns {
		if abs32(c-x)*10 <= 7*size {
			return k
		}
	}
	return -1
}

// inColumns reports that each cell begins at a column and ends before the next.
func (l *line) inColumns(columns []int32, text []byte) bool {
	cell := -1
	for i, p := range l.parts {
		if l.cellAt(i, columns, text) {
			if cell = columnOf(columns, p.x0, l.size); cell < 0 {
				return false
			}
		}
		if cell+1 < len(columns) && p.x1 > columns[cell+1] {
			return false
		}
	}
	return true
}

// rowsOf joins the lines of each row.
func rowsOf(ls []line, columns []int32, text []byte) []line {
	tight := ls[1].y - ls[0].y
	for i := 2; i < len(ls); i++ {
		tight = min(tight, ls[i].y-ls[i-1].y)
	}
	near := func(i int) bool { return (ls[i].y-ls[i-1].y)*100 <= 115*tight }
	first := func(i int) int { return columnOf(columns, ls[i].parts[0].x0, ls[i].size) }
	var out []line
	for i := 0; i < len(ls); {
		// A group is what stands close together. If it leaves its first column empty somewhere, and groups are common, it is one row.
		k, empty := i+1, false
		for k < len(ls) && near(k) {
			empty = empty || first(k) > 0
			k++
		}
		whole := empty && k-i < len(ls)*2/3
		for n := i; n < k; n++ {
			l := ls[n]
			if n == i || !whole && first(n) == 0 {
				l.table = make([][]*chunk, len(columns))
				out = append(out, l)
			}
			row := &out[len(out)-1]
			cell := first(n)
			for j, p := range l.parts {
				if j > 0 && l.cellAt(j, columns, text) {
					cell = columnOf(columns, p.x0, l.size)
				}
				row.table[cell] = append(row.table[cell], p)
			}
			row.y, row.x1 = l.y, max(row.x1, l.x1)
		}
		i = k
	}
	return out
}

// writeRow writes the cells of a row.
func (b *blocks) writeRow(dst []byte, table [][]*chunk) []byte {
	var cell []byte
	begun := false
	for _, parts := range table {
		cell = cell[:0]
		for _, p := range parts {
			cell = b.said.join(cell, b.text[p.a:p.b])
		}
		if len(cell) == 0 {
			continue
		}
		if begun {
			dst = append(dst, " | "...)
		}
		dst, begun = append(dst, cell...), true
	}
	return dst
}
