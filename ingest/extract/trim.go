package extract

import "bytes"

// judge decides for every block inside the root whether it is kept.
func (d *decider) judge(root int32) {
	for i := range d.blocks {
		d.blocks[i].keep = false
	}
	from, to := d.before[root], d.before[d.nodes[root].end]
	d.inherit(root)
	first, last := d.span(from, to)
	foreign := from // blocks before this one stand under a heading that speaks of other articles
	for i := from; i < to; i++ {
		b := &d.blocks[i]
		s := d.score(b, root)
		if b.section && i >= foreign {
			foreign = d.foreignEnd(i, root)
		}
		if i < foreign {
			s -= 1.2
		}
		if i < first || i > last {
			s -= d.outside(b)
		}
		b.keep = s > 0
	}
	d.settleLists(root, from, to)
	d.settleTables(from, to)
	d.settleHeadings(from, to)
}

// foreignEnd is where the section ends that block i is the heading of: at the next heading of its level, at the end of the element
// that holds more than the heading, or at once if the section is a large part of the text.
func (d *decider) foreignEnd(i, root int32) int32 {
	level := d.blocks[i].tag
	if !isHeading(level) {
		return i
	}
	to := d.before[d.nodes[root].end]
	for around := d.blocks[i].node; around > root; around = d.nodes[around].parent {
		if end := d.before[d.nodes[around].end]; end > i+1 {
			to = min(to, end)
			break
		}
	}
	end := i + 1
	for end < to && !(isHeading(d.blocks[end].tag) && d.blocks[end].tag <= level) {
		end++
	}
	if d.good[end]-d.good[i] > 0.3*d.goodIn(root) {
		return i
	}
	return end
}

// inherit fills inner and box for the root and the elements below it.
func (d *decider) inherit(root int32) {
	d.inner = grow(d.inner, len(d.nodes))
	d.box = grow(d.box, len(d.nodes))
	for i := root; i >= 0; i = d.nodes[i].parent { // text in an inline root stands in a block around it
		d.inner[i], d.box[i] = 0, root
	}
	for i := root + 1; i < d.nodes[root].end; i++ {
		nd := &d.nodes[i]
		if nd.tag == tNone {
			continue
		}
		d.inner[i] = d.inner[nd.parent] | nd.hints
		d.box[i] = i
		if tagFlags[nd.tag]&fShelf != 0 {
			d.box[i] = d.box[nd.parent]
		}
	}
}

// span finds the first and last block that is surely running text. Outside them, doubtful blocks are datelines and farewells.
func (d *decider) span(from, to int32) (first, last int32) {
	first, last = from, to
	sure := func(i int32) bool {
		b := &d.blocks[i]
		return b.weight > 8 && d.inner[b.node]&against == 0
	}
	for first < to && !sure(first) {
		first++
	}
	if first == to {
		return from, to
	}
	for last = to - 1; last > first && !sure(last); last-- {
	}
	return first, last
}

// outside is what a block before the first or after the last running text has to make up for: most of all a line that is no
// sentence, such as a date, a byline or a count of comments.
func (d *decider) outside(b *block) float32 {
	if b.ended || b.words >= 12 {
		return 0.35
	}
	switch b.tag {
	case tPre, tBlockquote, tH2, tH3, tH4:
		return 0.35
	}
	if b.ctx&(gList|gTable) != 0 {
		return 0.35
	}
	return 0.9
}

// score sums up what speaks for a block and against it. Above zero it is kept. The weights were set by hand.
func (d *decider) score(b *block, root int32) float32 {
	words := float32(b.words)
	density := float32(b.linkWords) / words
	h := d.inner[b.node]
	s := 0.15 + 0.85*min(words, 40)/40
	if b.ended {
		s += 0.3
	}
	if b.sents >= 2 {
		s += 0.15
	}
	s += tagScore[b.tag]
	s -= hintPenalty(h)
	if density > 0.25 {
		s -= 1.1 * density
		if density > 0.7 && b.words < 30 {
			s -= 0.7
		} else if density > 0.6 {
			s -= 0.5
		}
	}
	if says := d.says(b); says != 0 {
		if says&pAway != 0 && b.words < 30 {
			s -= 1.5
		} else if says&pCredit != 0 {
			s -= 1.2
		}
		b.section = says&pSection != 0
	} else {
		b.section = false
	}
	return s + d.boxScore(b, root)
}

var tagScore = [256]float32{
	tP: 0.3, tBlockquote: 0.3, tPre: 0.6, tListing: 0.6, tH1: 0.1, tH2: 0.3, tH3: 0.3, tH4: 0.2, tH5: 0.1, tH6: 0,
	tLi: 0.1, tDd: 0.1, tDt: 0.1, tFigcaption: -0.6, tLegend: -0.3, tAddress: -0.5, tSummary: 0.1,
}

// penalties of the hints between root and block; those of one block add up.
var penalties = []struct {
	hints hint
	minus float32
}{
	{hComment | hRelated | hShare | hNav | hFooter | hAd | gNav | gFooter, 1.6},
	{hSide | hSub | hTags | hBio | gAside, 1.3},
	{hMeta | hAuthor, 1.0},
	{hCaption | gFigcap, 1.0},
	{hMedia | gFigure, 0.6},
	{hWidget | hButton | hMore | hNotice, 0.6},
	{hNoPrint | hAriaOff, 0.5},
	{gForm, 0.5},
	{hHead | gHeader, 0.4},
}

func hintPenalty(h hint) float32 {
	if h&(against|gFigcap|gFigure) == 0 {
		return 0
	}
	var s float32
	for _, p := range penalties {
		if h&p.hints != 0 {
			s += p.minus
		}
	}
	return s
}

// boxScore speaks for a short block that stands among good ones, and against one in a box without any.
func (d *decider) boxScore(b *block, root int32) float32 {
	box := root
	if b.node > root {
		box = max(d.nodes[d.nodes[b.node].parent].box, root)
	}
	box = d.box[box]
	whole := d.weight(root)
	if whole <= 0 {
		return 0
	}
	part := d.weight(box) / whole
	switch {
	case part > 0.3:
		return 0.35
	case part > 0.05:
		return 0.15
	case part <= 0:
		return -0.35
	}
	return 0
}

// says is what the first words of a short block say about it, and the words behind its last bracket, bar or © sign.
func (d *decider) says(b *block) phrase {
	if b.words > maxSaying {
		return 0
	}
	d.folded = d.folded[:0]
	for k := b.first; k <= b.last && len(d.folded) < maxPhrase; k++ {
		if nd := &d.nodes[k]; nd.tag == tNone && nd.words > 0 {
			d.folded = appendPhrase(d.folded, d.src[nd.a:nd.b])
			d.folded = phraseGap(d.folded)
		}
	}
	text := bytes.TrimRight(d.folded, " ")
	kinds, n, whole := phrases.match(text)
	var says phrase
	strong := n > 0 && (whole || telling(text[:n]))
	if kinds&pAway != 0 && (strong || !b.ended) || kinds&pWeak != 0 && !b.ended && b.words < 12 {
		says |= pAway
	}
	if kinds&pSection != 0 && b.words < 9 && (whole || strong && b.words < 7) {
		says |= pSection | pAway
	}
	if kinds&pCredit != 0 && strong || d.creditEnds(b) {
		says |= pCredit
	}
	return says
}

// maxSaying is the most words of a block that is judged by its first words.
const maxSaying = 45

// maxCredit is how far from a block's end a credit begins at most, in bytes.
const maxCredit = 80

// creditEnds reports whether the block ends as a caption does, in "(Image: Getty)", "| Photo: A. Writer" or "© Agency".
func (d *decider) creditEnds(b *block) bool {
	nd := &d.nodes[b.last]
	if nd.tag != tNone || nd.words == 0 {
		return false
	}
	s := d.src[nd.a:nd.b]
	s = s[max(0, len(s)-maxCredit):]
	for i := range s {
		switch s[i] {
		case '(', '|', '/', '[', '.':
		case 0xA9: // the second byte of ©
			if i == 0 || s[i-1] != 0xC2 {
				continue
			}
			return true
		default:
			continue
		}
		d.folded = appendPhrase(d.folded[:0], s[i+1:])
		kinds, n, whole := phrases.match(d.folded)
		if kinds&pCredit != 0 && (whole || telling(d.folded[:n]) || len(d.folded) < n+16) {
			return true
		}
	}
	return false
}

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
		led := i > from && d.blocks[i-1].keep
		poor := links*3 < words || d.nodes[list].tag == tDl && links*5 < words*4 // a term may well link to its entry
		if poor && d.inner[list]&against&^(hHead|gHeader) == 0 && (kept*2 > words || led && kept*4 > words || led && end < to && d.blocks[end].keep) {
			for k := i; k < end; k++ {
				d.blocks[k].keep = true
			}
		}
		i = max(end, i+1)
	}
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
			led := title >= from && d.blocks[title].keep && links*2 < all && d.inner[table]&against == 0
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
