package extract

// settleLists keeps the items of a list together where some are kept and the list is not one of links.
func (d *decider) settleLists(root, from, to int32) {
	for i := from; i < to; {
		list := int32(-1)
		if d.blocks[i].ctx&gList != 0 {
			list = d.outerList(d.blocks[i].node, root)
		}
		if list < 0 {
			i++
			continue
		}
		end := min(d.before[d.nodes[list].end], to)
		var words, links, kept, items int32
		for k := i; k < end; k++ {
			b := &d.blocks[k]
			words += b.words
			links += b.linkWords
			items++
			if b.keep {
				kept += b.words
			}
		}
		led := i > from && d.leads(i-1)
		poor := links*3 < words || d.nodes[list].tag == tDl && links*5 < words*4 // a term may well link to its entry
		if poor && d.inner[list]&against&^(hHead|gHeader) == 0 && (kept*2 > words || led && kept*4 > words || led && end < to && d.blocks[end].keep) {
			for k := i; k < end; k++ {
				d.blocks[k].keep = true
			}
		}
		i = max(end, i+1)
	}
}

// leads reports whether block i leads on to a list or table behind it: it is kept, or a heading that may be.
func (d *decider) leads(i int32) bool {
	b := &d.blocks[i]
	return b.keep || isHeading(b.tag) && !b.section && d.inner[b.node]&never == 0
}

// outerList is the outermost list around node i inside root, or -1.
func (d *decider) outerList(i, root int32) int32 {
	list := int32(-1)
	for ; i > root; i = d.nodes[i].parent {
		if g := d.nodes[i].tag; g == tUl || g == tOl || g == tDl {
			list = i
		}
	}
	return list
}

// settleTables keeps the cells of a table of data together: all of them if most of their words are kept, or if the table stands
// behind or amid kept text, has headed columns or rows, and is not one of links; else none.
func (d *decider) settleTables(from, to int32) {
	for i := from; i < to; {
		table := int32(-1)
		if d.blocks[i].ctx&gTable != 0 {
			table = d.above(d.blocks[i].node, tTable)
		}
		if table < 0 || d.before[table] < from {
			i++
			continue
		}
		end := min(d.before[d.nodes[table].end], to)
		var kept, all, links int32
		cells := true
		for k := i; k < end; k++ {
			c := &d.blocks[k]
			all += c.words
			links += c.linkWords
			if c.keep {
				kept += c.words
			}
			cells = cells && c.words < maxCellWords
		}
		if cells {
			title := i - 1 // a line that may be the table's title
			if title > from && !d.blocks[title].keep && d.blocks[title].words < 15 && d.blocks[title].linkWords == 0 {
				title--
			}
			led := title >= from && d.leads(title) && links*2 < all && d.inner[table]&against == 0
			amid := led && end < to && d.blocks[end].keep
			keep := kept*2 >= all || amid || led && d.headed(table)
			if keep && led {
				d.blocks[i-1].keep = true
			}
			for k := i; k < end; k++ {
				d.blocks[k].keep = keep
			}
		}
		i = max(end, i+1)
	}
}

// headed reports whether a table has cells that are headings.
func (d *decider) headed(table int32) bool {
	for i := table; i < d.nodes[table].end; i++ {
		if d.nodes[i].tag == tTh {
			return true
		}
	}
	return false
}

// above is the closest ancestor of node i that is a g, or -1.
func (d *decider) above(i int32, g tag) int32 {
	for i > 0 {
		i = d.nodes[i].parent
		if i >= 0 && d.nodes[i].tag == g {
			return i
		}
	}
	return -1
}

// settleHeadings lets headings go with what follows them: a heading is kept where something of its section is, unless its names
// speak against it, and dropped where nothing is.
func (d *decider) settleHeadings(from, to int32) {
	level := tNone // of the kept heading behind the block, if no text stands between
	below := false // whether something is kept between the block and the next heading
	for i := to - 1; i >= from; i-- {
		b := &d.blocks[i]
		if !isHeading(b.tag) {
			below = below || b.keep
			continue
		}
		if level != tNone && b.tag < level {
			below = true
		}
		switch {
		case !below:
			b.keep = false
		case !b.keep:
			b.keep = b.words < 20 && b.linkWords == 0 && d.inner[b.node]&against&^(hHead|gHeader) == 0 && d.says(b) == 0
		}
		level, below = tNone, false
		if b.keep {
			level = b.tag
		}
	}
}
