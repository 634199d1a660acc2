package extract

// keepLead keeps the standfirst of an article: sentences that stand between its headline and the box that holds its text.
func (d *decider) keepLead(root, heading int32) {
	start := d.before[root]
	if heading < 0 || heading >= start {
		heading = d.headingBefore(start)
	}
	scope := d.scope(root, heading)
	from := d.before[scope]
	if heading > from {
		from = heading + 1
	}
	var words int32
	for i := start - 1; i >= from && words < maxLead; i-- {
		b := &d.blocks[i]
		if d.isLead(b, root, scope, heading) {
			b.keep, b.lead = true, true
			words += b.words
		}
	}
}

// maxLead is the most words that a lead has; what is longer belongs to something else.
const maxLead = 200

// headingBefore is the last <h1> before block i, or -1.
func (d *decider) headingBefore(i int32) int32 {
	for i--; i >= 0; i-- {
		if d.blocks[i].tag == tH1 {
			return i
		}
	}
	return -1
}

// scope is the smallest element that holds both the headline and the root, or the article around the root where there is no headline.
func (d *decider) scope(root, heading int32) int32 {
	scope := root
	if heading >= 0 {
		for scope > 0 && d.before[scope] > heading {
			scope = d.nodes[scope].parent
		}
		return scope
	}
	for level := 0; level < 3 && d.nodes[scope].parent > 0; level++ {
		g := d.nodes[scope].tag
		if g == tArticle || g == tMain || g == tBody {
			break
		}
		if p := d.nodes[scope].parent; d.nodes[p].tag != tBody {
			scope = p
		}
	}
	return scope
}

// notLead are the hints that a lead has nowhere between it and the element around it and the text.
const notLead hint = never | hCaption | gFigcap | gFigure | hMeta | hAuthor | hMedia | hWidget | hButton | hNotice | hNoPrint | hAriaOff | gForm | gTable

func (d *decider) isLead(b *block, root, scope, heading int32) bool {
	if b.words < 8 || !b.ended && b.words < 15 || b.linkWords*4 > b.words {
		return false
	}
	not := notLead
	if b.words < 25 || !b.ended {
		not |= hHead | gHeader // a subtitle rather than the text's first paragraph
	}
	switch b.tag {
	case tH1, tH2, tH3, tH4, tH5, tH6, tLi, tDt, tDd:
		return false
	}
	for i := b.node; i > scope; i = d.nodes[i].parent {
		nd := &d.nodes[i]
		if nd.hints&not != 0 || nd.tag == tArticle && nd.end <= root && d.before[i] > heading {
			return false
		}
	}
	return d.says(b) == 0
}
