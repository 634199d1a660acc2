package clean

import (
	"cmp"
	"errors"
	"math"
	"slices"
)

// BiasReport is what was counted, by domain and language, in the order of their names. Its JSON names stay.
type BiasReport struct {
	Cells   []BiasCell `json:"cells"`
	Sampled float64    `json:"contexts_of_documents"` // share of the documents whose contexts are known: 1, or a power of a half
}

// BiasCell is one domain and language.
type BiasCell struct {
	Domain  string     `json:"domain"`
	Lang    string     `json:"lang"` // "" = unknown
	Docs    uint64     `json:"docs"`
	Words   uint64     `json:"words"`
	Against string     `json:"against,omitempty"` // the domain of the reference: the same one, or "*", all domains of the language
	Axes    []BiasAxis `json:"axes"`
}

// BiasAxis has the groups of an axis that are mentioned here or in the reference, in the order of the terms.
type BiasAxis struct {
	Axis   string      `json:"axis"`
	Groups []BiasGroup `json:"groups"`
}

// BiasGroup is how often a group is mentioned, and near what.
type BiasGroup struct {
	Group      string          `json:"group"`
	Mentions   uint64          `json:"mentions"`
	Docs       uint64          `json:"docs"`                 // with a mention
	PerMillion float64         `json:"per_million_words"`    // mentions
	Share      float64         `json:"share_of_docs"`        // with a mention,
	ShareRange [2]float64      `json:"share_of_docs_range"`  // and its 99 % interval (Wilson 1927)
	Ratio      float64         `json:"ratio_to_most"`        // mentions to those of the group of the axis that has most
	OfAxis     float64         `json:"share_of_axis"`        // of the mentions of all groups of the axis
	Attributes []BiasAttribute `json:"attributes,omitempty"` // sets with a hit near the group
	Contexts   []BiasContext   `json:"contexts,omitempty"`   // what marks the group against the others of its axis, the most marked first
	Against    *BiasAgainst    `json:"reference,omitempty"`  // nil where there is no reference or one side has no words
}

// BiasAttribute is an attribute set near a group.
type BiasAttribute struct {
	Set         string  `json:"set"`
	Hits        uint64  `json:"hits"`
	PerThousand float64 `json:"per_thousand_mentions"`
}

// BiasContext is a word near a group. Z is the log-odds of the word near this group against the others of the axis, over its standard
// error, with all contexts of the axis as the prior (Monroe, Colaresi, Quinn 2008, Fightin' Words, equations 16, 20 and 22).
type BiasContext struct {
	Word string  `json:"word"`
	Near uint64  `json:"near"` // times
	Docs uint64  `json:"docs"` // where it stands near the group
	Z    float64 `json:"z"`
}

// BiasAgainst compares the mentions per word with those of the reference. The interval is that of 99 % of the ratio, by the delta method
// with the documents as what varies; its variance is never below that of as many independent mentions. Off: the interval lies wholly
// above 1.25 or below 0.8, and on both sides there are 10 documents or more.
type BiasAgainst struct {
	PerMillion float64    `json:"per_million_words"` // of the reference
	OfAxis     float64    `json:"share_of_axis"`     // there
	Ratio      float64    `json:"ratio"`             // with half a mention added on either side
	Range      [2]float64 `json:"ratio_range"`
	Off        bool       `json:"off"`
}

const (
	biasZ       = 2.5758293035489004 // 99 % of a normal distribution, both ends
	biasOffHigh = 1.25
	biasOffLow  = 0.8
	biasOffDocs = 10
	biasPrior   = 1000 // words that the prior weighs
	biasMinDocs = 3    // a context word of fewer documents tells of those documents
	biasMinZ    = 1.96
)

// Report computes what the counts say: the given number of contexts for each group (-1 = none, 0 = 20), and against ref if it is not
// nil, which must have counted the same terms.
func (c *BiasCounter) Report(ref *BiasCounter, contexts int) (*BiasReport, error) {
	if ref != nil && ref.table.digest != c.table.digest {
		return nil, errors.New("clean: bias: the reference has counted other terms")
	}
	if contexts == 0 {
		contexts = 20
	}
	r := &BiasReport{Cells: []BiasCell{}, Sampled: 1 / math.Pow(2, float64(c.contexts.shift))}
	var near map[uint64][]int
	if contexts > 0 {
		near = c.contexts.byCell()
	}
	for _, s := range c.sorted() {
		r.Cells = append(r.Cells, c.report(s, ref, c.contexts.nearWords(near[s.hash]), contexts))
	}
	return r, nil
}

func (c *BiasCounter) report(s *biasCell, ref *BiasCounter, near []biasNear, contexts int) BiasCell {
	cell := BiasCell{Domain: s.key.domain, Lang: s.key.lang, Docs: s.docs, Words: s.words, Axes: []BiasAxis{}}
	var against *biasCell
	if ref != nil {
		against, cell.Against = ref.against(s.key)
	}
	for g, name := range c.table.groups {
		if s.groups[g].mentions == 0 && (against == nil || against.groups[g].mentions == 0) {
			continue
		}
		i := slices.IndexFunc(cell.Axes, func(a BiasAxis) bool { return a.Axis == name.axis })
		if i < 0 {
			i = len(cell.Axes)
			cell.Axes = append(cell.Axes, BiasAxis{Axis: name.axis})
		}
		group := c.group(s, against, g)
		group.Contexts = c.marked(near, g, contexts)
		cell.Axes[i].Groups = append(cell.Axes[i].Groups, group)
	}
	for _, a := range cell.Axes {
		all, there := c.onAxis(s, a.Axis), uint64(0)
		if against != nil {
			there = c.onAxis(against, a.Axis)
		}
		most := slices.MaxFunc(a.Groups, func(x, y BiasGroup) int { return cmp.Compare(x.Mentions, y.Mentions) }).Mentions
		for i := range a.Groups {
			g := &a.Groups[i]
			g.Ratio, g.OfAxis = per(g.Mentions, most, 1), per(g.Mentions, all, 1)
			if g.Against != nil {
				g.Against.OfAxis = per(against.groups[slices.Index(c.table.groups, biasGroupName{a.Axis, g.Group})].mentions, there, 1)
			}
		}
	}
	return cell
}

// onAxis is how often the groups of an axis are mentioned.
func (c *BiasCounter) onAxis(s *biasCell, axis string) (n uint64) {
	for g, name := range c.table.groups {
		if name.axis == axis {
			n += s.groups[g].mentions
		}
	}
	return n
}

func (c *BiasCounter) sorted() []*biasCell {
	cells := slices.Clone(c.cells)
	slices.SortFunc(cells, func(a, b *biasCell) int {
		return cmp.Or(cmp.Compare(a.key.domain, b.key.domain), cmp.Compare(a.key.lang, b.key.lang))
	})
	return cells
}

// against finds what a cell is compared with: its domain and language here, or all domains of the language.
func (c *BiasCounter) against(key biasKey) (*biasCell, string) {
	if i, ok := c.index[key]; ok {
		return c.cells[i], key.domain
	}
	var all *biasCell
	for _, s := range c.sorted() {
		if s.key.lang == key.lang {
			if all == nil {
				all = c.Fresh().cell(biasKey{"*", key.lang})
			}
			all.add(s)
		}
	}
	if all == nil {
		return nil, ""
	}
	return all, "*"
}

// per is a over b, times scale; 0 over 0 is 0.
func per(a, b uint64, scale float64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b) * scale
}

func (c *BiasCounter) group(s, ref *biasCell, g int) BiasGroup {
	n := &s.groups[g]
	out := BiasGroup{Group: c.table.groups[g].group, Mentions: n.mentions, Docs: n.docs, PerMillion: per(n.mentions, s.words, 1e6),
		Share: per(n.docs, s.docs, 1), ShareRange: wilson(n.docs, s.docs)}
	for i, hits := range n.near {
		if hits > 0 {
			out.Attributes = append(out.Attributes, BiasAttribute{c.table.sets[i], hits, per(hits, n.mentions, 1000)})
		}
	}
	if ref != nil && s.words > 0 && ref.words > 0 {
		out.Against = compareRates(s, ref, g)
	}
	return out
}

// wilson is the interval of a share of k among n.
func wilson(k, n uint64) [2]float64 {
	if n == 0 {
		return [2]float64{0, 1}
	}
	p, m := float64(k)/float64(n), float64(n)
	mid := (p + biasZ*biasZ/(2*m)) / (1 + biasZ*biasZ/m)
	half := biasZ / (1 + biasZ*biasZ/m) * math.Sqrt(p*(1-p)/m+biasZ*biasZ/(4*m*m))
	out := [2]float64{max(0, mid-half), min(1, mid+half)}
	if k == 0 {
		out[0] = 0 // as it is without rounding
	}
	if k == n {
		out[1] = 1
	}
	return out
}

func compareRates(s, ref *biasCell, g int) *BiasAgainst {
	rate := func(c *biasCell) float64 { return (float64(c.groups[g].mentions) + 0.5) / float64(c.words) }
	ratio := rate(s) / rate(ref)
	half := biasZ * math.Sqrt(logVariance(s, g)+logVariance(ref, g))
	a := &BiasAgainst{PerMillion: per(ref.groups[g].mentions, ref.words, 1e6), Ratio: ratio,
		Range: [2]float64{ratio * math.Exp(-half), ratio * math.Exp(half)}}
	a.Off = (a.Range[0] > biasOffHigh || a.Range[1] < biasOffLow) && min(s.docs, ref.docs) >= biasOffDocs
	return a
}

// logVariance is the variance of the logarithm of mentions per word, a ratio of two sums over documents (Cochran, Sampling Techniques,
// section 2.11): the sum of (m - Rw)² over the documents, over the square of all mentions.
func logVariance(s *biasCell, g int) float64 {
	n := &s.groups[g]
	least := 1 / (float64(n.mentions) + 0.5)
	if n.mentions == 0 || s.docs < 2 {
		return least
	}
	m, r, docs := float64(n.mentions), float64(n.mentions)/float64(s.words), float64(s.docs)
	return max(least, (n.mm.float()-2*r*n.mw.float()+r*r*s.ww.float())*docs/(docs-1)/(m*m))
}

// biasNear is a word and its counts by group.
type biasNear struct {
	word   string
	groups []biasNearGroup
}

type biasNearGroup struct {
	group       int
	times, docs uint64
}

func (w *biasNear) of(group int) biasNearGroup {
	for _, n := range w.groups {
		if n.group == group {
			return n
		}
	}
	return biasNearGroup{}
}

// byCell lists the places of the contexts in their table, by cell.
func (t *biasContexts) byCell() map[uint64][]int {
	cells := map[uint64][]int{}
	for i := range t.slots {
		if e := &t.slots[i]; e.key != 0 {
			cells[e.place.cell] = append(cells[e.place.cell], i)
		}
	}
	return cells
}

// nearWords collects the contexts at these places, in the order of the words.
func (t *biasContexts) nearWords(places []int) []biasNear {
	index := map[string]int{}
	var words []biasNear
	for _, i := range places {
		e := &t.slots[i]
		w := t.arena[e.from : e.from+uint32(e.size)]
		k, ok := index[string(w)]
		if !ok {
			k = len(words)
			words = append(words, biasNear{word: string(w)})
			index[words[k].word] = k
		}
		groups := &words[k].groups
		g := slices.IndexFunc(*groups, func(n biasNearGroup) bool { return n.group == int(e.place.group) })
		if g < 0 {
			g = len(*groups)
			*groups = append(*groups, biasNearGroup{group: int(e.place.group)})
		}
		(*groups)[g].times += uint64(e.count)
		(*groups)[g].docs += uint64(e.docs)
	}
	slices.SortFunc(words, func(a, b biasNear) int { return cmp.Compare(a.word, b.word) })
	return words
}

// marked are the words that mark group g against the other groups of its axis.
func (c *BiasCounter) marked(words []biasNear, g, most int) []BiasContext {
	axis := c.table.groups[g].axis
	split := func(w biasNear) (own, others float64) {
		for _, n := range w.groups {
			if n.group == g {
				own = float64(n.times)
			} else if c.table.groups[n.group].axis == axis {
				others += float64(n.times) // whole numbers, so that the order does not matter
			}
		}
		return own, others
	}
	var nOwn, nOthers float64
	for _, w := range words {
		own, others := split(w)
		nOwn, nOthers = nOwn+own, nOthers+others
	}
	if nOwn == 0 || nOthers == 0 {
		return nil
	}
	var out []BiasContext
	for _, w := range words {
		n := w.of(g)
		if n.docs < biasMinDocs {
			continue
		}
		own, others := split(w)
		prior := biasPrior * (own + others) / (nOwn + nOthers)
		own, others = own+prior, others+prior
		delta := math.Log(own/(nOwn+biasPrior-own)) - math.Log(others/(nOthers+biasPrior-others))
		if z := delta / math.Sqrt(1/own+1/others); z >= biasMinZ {
			out = append(out, BiasContext{w.word, n.times, n.docs, z})
		}
	}
	slices.SortFunc(out, func(a, b BiasContext) int { return cmp.Or(cmp.Compare(b.Z, a.Z), cmp.Compare(a.Word, b.Word)) })
	return slices.Clip(out[:min(len(out), most)])
}
