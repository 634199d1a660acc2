package extract

// judge decides for every block inside the root whether it is kept. heading is the block that says the title, or -1.
func (d *decider) judge(root, heading int32) {
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
		if i < heading && b.words < maxSaying {
			s -= 0.9 // a motto of the site, a crumb of its path
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
	s += d.boxScore(b, root)
	b.section = false
	if s <= 0 && !isHeading(b.tag) {
		return s // whatever it says
	}
	says := d.says(b)
	b.section = says&pSection != 0
	if says&pAway != 0 && b.words < 30 {
		s -= 1.5
	} else if says&pCredit != 0 {
		s -= 1.2
	}
	return s
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
