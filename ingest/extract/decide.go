package extract

// decider chooses which blocks of a page are its main text: it weighs every block, takes the subtree with the most weight as
// the root of the main text, and then judges the blocks inside that root one by one.
type decider struct {
	cutter
	good   []float32 // prefix sums over blocks: positive weights, the base weights until names are settled
	sum    []float32 // prefix sums over blocks: final weights
	plain  []int32   // prefix sums over blocks: words that are not in links
	words  []int32   // prefix sums over blocks: words
	inner  []hint    // element → hints between the root and the element, the root left out
	box    []int32   // element in the root → the closest element at or above it that is no shelf
	folded []byte    // scratch of phrase matching
}

// baseWeight is what a block is worth before anything is known of its surroundings, in words of running text.
func baseWeight(b *block) float32 {
	w := float32(b.words)
	density := float32(b.linkWords) / w
	if density > 0.5 {
		return -w * 0.3
	}
	g := w * (1 - 1.5*density)
	if b.words < 5 || b.words < 12 && !b.ended {
		if b.tag == tTd || b.tag == tTh || b.linkWords == 0 && (b.words >= 5 || b.ctx&gTable != 0 || b.tag == tDd || b.tag == tDt) {
			return 0
		}
		return -1
	}
	if !b.ended && b.words < 25 {
		g *= 0.5
	}
	switch b.tag {
	case tP, tBlockquote, tPre, tDiv, tTd, tArticle, tSection:
	case tLi, tDd, tDt:
		g *= 0.5
	case tH1, tH2, tH3, tH4, tH5, tH6, tFigcaption:
		g *= 0.1
	default:
		g *= 0.7
	}
	return g
}

// maxHeading is the most words of a heading.
const maxHeading = 30

// weigh gives every block its weight and settles every element's hints.
func (d *decider) weigh() {
	n := len(d.blocks)
	d.good = grow(d.good, n+1)
	d.sum = grow(d.sum, n+1)
	d.plain, d.words = grow(d.plain, n+1), grow(d.words, n+1)
	d.plain[0], d.words[0] = 0, 0
	d.good[0], d.sum[0] = 0, 0
	for i := range d.blocks {
		b := &d.blocks[i]
		if isHeading(b.tag) && b.words > maxHeading {
			b.tag = tP // a paragraph in large letters
		}
		b.weight = baseWeight(b)
		d.good[i+1] = d.good[i] + max(b.weight, 0)
		d.plain[i+1] = d.plain[i] + b.words - b.linkWords
		d.words[i+1] = d.words[i] + b.words
	}
	d.settle()
	for i := range d.blocks {
		b := &d.blocks[i]
		b.ctx = d.ctx[b.node]
		w := b.weight
		switch {
		case w <= 0:
		case b.ctx&never != 0:
			w *= -0.15
		case b.ctx&(gHeader|gForm|gFigcap|hCaption|gTable) != 0:
			w *= 0.3
		}
		b.weight = w
		d.good[i+1], d.sum[i+1] = d.good[i]+max(w, 0), d.sum[i]+w
	}
}

// settle replaces each element's hints by those that hold: a container with much of the page's good text does not get to be
// called a sidebar, a comment or an advertisement because of its name. Without this rule, nothing works.
func (d *decider) settle() {
	total := d.good[len(d.blocks)]
	for i := range d.nodes {
		nd := &d.nodes[i]
		if nd.tag == tNone {
			continue
		}
		var around hint
		if nd.parent >= 0 {
			around = d.ctx[nd.parent]
		}
		h := nd.hints | tagHints[nd.tag]
		if nd.tag == tBody || nd.tag == tHtml {
			h = 0
		} else if h&against != 0 && exempt(nd.tag, h, around, d.share(int32(i), total), total) {
			h &^= against
		} else if h&hNav != 0 && h&never&^(hNav|hSide) == 0 && d.plainer(int32(i), 60) {
			h &^= hNav
		}
		nd.hints = h
		d.ctx[i] = around | h
	}
}

// plainer reports whether element i holds more text than links, and more than some words of it: a list of contents with summaries,
// say, or tabs.
func (d *decider) plainer(i, words int32) bool {
	a, b := d.before[i], d.before[d.nodes[i].end]
	plain := d.plain[b] - d.plain[a]
	return plain > words && plain*2 > d.words[b]-d.words[a]
}

// share is the part of the page's good text that stands in element i.
func (d *decider) share(i int32, total float32) float32 {
	if total <= 0 {
		return 0
	}
	return d.goodIn(i) / total
}

// littleText is how much good text, in words, a page needs before its shape tells anything: below it, the footer may well be the
// largest paragraph of an index page.
const littleText = 150

// exempt reports whether an element holds too much of the good text for its bad names to count.
func exempt(g tag, h, around hint, share, total float32) bool {
	weight := share * total
	if total < littleText && h&(hFooter|gFooter|hNav|gNav) != 0 {
		return false
	}
	if g == tArticle || g == tMain || h&hItemBody != 0 {
		return h&(hRelated|hComment) == 0 || share > 0.4
	}
	if h&hBody != 0 && share > 0.03 && h&(hComment|hRelated|hAd|hSub|hBio|gAside|gFooter|gNav) == 0 {
		return true
	}
	if g == tP && weight > 20 && h&(hComment|hSub|hAd|hBio|hCaption|hNotice|hAuthor|hMeta|hTags) == 0 {
		return true // a paragraph's name tells its looks
	}
	if share > 0.15 && (around|h)&(hBody|gArticle) != 0 && h&(hComment|hRelated|gAside|gFooter|gNav|hBio) == 0 {
		return true
	}
	return share > 0.4 && (share > 0.7 || h&hComment == 0)
}

// root is the element whose subtree weighs most, names and tags of text containers given some advantage; then narrowed.
func (d *decider) root() int32 {
	best, top := int32(0), float32(0)
	for i := range d.nodes {
		nd := &d.nodes[i]
		if tagFlags[nd.tag]&fHolder == 0 {
			continue
		}
		v := d.sum[d.before[nd.end]] - d.sum[d.before[i]]
		if v <= 0 {
			continue
		}
		v *= containerBonus(nd.hints)
		if nd.tag == tP || nd.tag == tLi || isHeading(nd.tag) {
			v *= 0.7
		}
		if v >= top {
			best, top = int32(i), v
		}
	}
	if best == 0 {
		return d.stated()
	}
	return d.narrow(d.widen(d.container(best)))
}

// container is element i, or the closest one around it that is no mere part of a text. Where there is little text, it is the largest
// one that has more text than links.
func (d *decider) container(i int32) int32 {
	for p := d.nodes[i].parent; p > 0; p = d.nodes[i].parent {
		g := d.nodes[i].tag
		part := isHeading(g) || tagFlags[g]&fBlock == 0
		switch g {
		case tP, tUl, tOl, tLi, tDl, tDt, tDd, tPre, tBlockquote, tTr, tTbody, tTable, tFigure:
			part = true
		}
		thin := d.goodIn(i) < 60 && d.nodes[p].tag != tBody && d.plainer(p, 0)
		if !part && !thin {
			break
		}
		i = p
	}
	return i
}

// widen climbs from the heaviest element to one around it that weighs a little less only because of what stands between its pieces
// of text, such as galleries and offers, and that has much more text.
func (d *decider) widen(best int32) int32 {
	least, text := 0.6*d.weight(best), 1.2*d.goodIn(best)
	for i := d.nodes[best].parent; i > 0; i = d.nodes[i].parent {
		nd := &d.nodes[i]
		if nd.tag == tBody || d.weight(i) < least {
			break
		}
		if nd.hints&(gArticle|gMain|hBody|hItemBody) != 0 && d.goodIn(i) > text {
			best, text = i, 1.2*d.goodIn(i)
		}
	}
	return best
}

// minArticle is the least weight of a text that stands by itself; what weighs less under a headline is a standfirst.
const minArticle = 80

// titled moves the root to the text under the heading that says the page's title, where the heavier text stands elsewhere: on a
// page with one short article and excerpts of six others, the six win by weight.
func (d *decider) titled(root, heading int32) int32 {
	if heading < 0 {
		return root
	}
	under := d.blocks[heading].node
	for under > 0 && d.weight(under) < minArticle {
		under = d.nodes[under].parent
	}
	apart := under >= d.nodes[root].end || d.nodes[under].end <= root
	if under > 0 && apart && d.weight(under) > 0.15*d.weight(root) {
		return under
	}
	return root
}

// stated is the element that a page without running text itself calls its main part, or else <body>.
func (d *decider) stated() int32 {
	body := int32(0)
	for i := range d.nodes {
		nd := &d.nodes[i]
		if nd.hints&(gMain|hItemBody|hBody) != 0 && d.before[nd.end] > d.before[i] {
			return int32(i)
		}
		if nd.tag == tBody && body == 0 {
			body = int32(i)
		}
	}
	return body
}

func containerBonus(h hint) float32 {
	f := float32(1)
	switch {
	case h&hItemBody != 0:
		f = 1.5
	case h&hBody != 0:
		f = 1.35
	case h&gArticle != 0:
		f = 1.2
	case h&gMain != 0:
		f = 1.1
	case h&hContent != 0:
		f = 1.08
	}
	if h&never != 0 {
		f *= 0.5
	}
	return f
}

// narrow looks inside the chosen root for elements that carry one strong mark and hold most of the weight. Where there are
// several, such as an article in pieces, the smallest element around all of them is taken.
func (d *decider) narrow(best int32) int32 {
	whole := d.weight(best)
	if a, sum := d.holders(best, hItemBody, 0); a > best && sum > 0.25*whole && sum > 100 {
		return a
	}
	for i := best + 1; i < d.nodes[best].end; i++ {
		if d.nodes[i].tag == tArticle {
			if v := d.weight(i); v > 0.5*whole && v > 60 && v < 0.97*whole {
				if d.posts(best, i) > 0.15*whole {
					return best
				}
				return i
			}
		}
	}
	if a, sum := d.holders(best, hBody, 0.03*whole); a > best && sum > 0.6*whole && sum > 60 {
		return a
	}
	return best
}

// posts is the weight of the articles below best other than one, as in a thread of posts. What has a headline of its own is not a post but
// another article, and one with a heading that is a link an excerpt of one.
func (d *decider) posts(best, one int32) (sum float32) {
	for i := best + 1; i < d.nodes[best].end; {
		nd := &d.nodes[i]
		if nd.tag != tArticle || i <= one && one < nd.end {
			i++
			continue
		}
		post := nd.hints&never == 0
		for k := d.before[i]; k < d.before[nd.end]; k++ {
			if b := &d.blocks[k]; isHeading(b.tag) && (b.linkWords > 0 || b.tag <= tH2) {
				post = false
			}
		}
		if post {
			sum += max(d.weight(i), 0)
		}
		i = nd.end
	}
	return sum
}

func (d *decider) weight(i int32) float32 {
	return d.sum[d.before[d.nodes[i].end]] - d.sum[d.before[i]]
}

// goodIn is what the good text of element i weighs, whatever else is in it.
func (d *decider) goodIn(i int32) float32 {
	return d.good[d.before[d.nodes[i].end]] - d.good[d.before[i]]
}

// holders finds the outermost elements below best that have one of the hints and weigh more than least: the smallest element
// around all of them, and what they weigh together. -1 if there are none.
func (d *decider) holders(best int32, h hint, least float32) (around int32, sum float32) {
	first, last := int32(-1), int32(-1)
	for i := best + 1; i < d.nodes[best].end; {
		nd := &d.nodes[i]
		if nd.tag == tNone || nd.hints&h == 0 {
			i++
			continue
		}
		if v := d.weight(i); v > least {
			if first < 0 {
				first = i
			}
			last = i
			sum += v
		}
		i = nd.end
	}
	if first < 0 {
		return -1, 0
	}
	for first > best && d.nodes[first].end < d.nodes[last].end {
		first = d.nodes[first].parent
	}
	return first, sum
}

// rescue keeps what reads like text, wherever it stands, on a page of which nothing was kept: a portal of many small boxes, of which each
// alone is too little. It reports whether there is any.
func (d *decider) rescue() (any bool) {
	for i := range d.blocks {
		b := &d.blocks[i]
		b.keep = b.weight > 0 && b.ctx&never == 0
		any = any || b.keep
	}
	return any
}
