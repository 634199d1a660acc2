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
	for _, s := range c.sorted() {
		cell := BiasCell{Domain: s.key.domain, Lang: s.key.lang, Docs: s.docs, Words: s.words, Axes: []BiasAxis{}}
		var against *biasCell
		if ref != nil {
			against, cell.Against = ref.against(s.key)
		}
		near := c.nearWords(s)
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
			if contexts > 0 {
				group.Contexts = c.marked(near, g, contexts)
			}
			cell.Axes[i].Groups = append(cell.Axes[i].Groups, group)
		}
		for _, a := range cell.Axes {
			most := slices.MaxFunc(a.Groups, func(x, y BiasGroup) int { return cmp.Compare(x.Mentions, y.Mentions) }).Mentions
			for i := range a.Groups {
				a.Groups[i].Ratio = per(a.Groups[i].Mentions, most, 1)
			}
		}
		r.Cells = append(r.Cells, cell)
	}
	return r, nil
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
	groups map[int]*[2]uint64 // times and documents
}

// nearWords collects the contexts of a cell, in the order of the words.
func (c *BiasCounter) nearWords(s *biasCell) []biasNear {
	index := map[string]int{}
	var words []biasNear
	t := &c.contexts
	for i := range t.slots {
		e := &t.slots[i]
		if e.key == 0 || e.place.cell != s.hash {
			continue
		}
		w := t.arena[e.from : e.from+uint32(e.size)]
		k, ok := index[string(w)]
		if !ok {
			k = len(words)
			index[string(w)] = k
			words = append(words, biasNear{string(w), map[int]*[2]uint64{}})
		}
		n := words[k].groups[int(e.place.group)]
		if n == nil {
			n = new([2]uint64)
			words[k].groups[int(e.place.group)] = n
		}
		n[0] += uint64(e.count)
		n[1] += uint64(e.docs)
	}
	slices.SortFunc(words, func(a, b biasNear) int { return cmp.Compare(a.word, b.word) })
	return words
}

// marked are the words that mark group g against the other groups of its axis.
func (c *BiasCounter) marked(words []biasNear, g, most int) []BiasContext {
	axis := c.table.groups[g].axis
	split := func(w biasNear) (own, others float64) {
		for k, n := range w.groups {
			if k == g {
				own = float64(n[0])
			} else if c.table.groups[k].axis == axis {
				others += float64(n[0]) // whole numbers, so that the order does not matter
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
		n := w.groups[g]
		if n == nil || n[1] < biasMinDocs {
			continue
		}
		own, others := split(w)
		prior := biasPrior * (own + others) / (nOwn + nOthers)
		own, others = own+prior, others+prior
		delta := math.Log(own/(nOwn+biasPrior-own)) - math.Log(others/(nOthers+biasPrior-others))
		if z := delta / math.Sqrt(1/own+1/others); z >= biasMinZ {
			out = append(out, BiasContext{w.word, n[0], n[1], z})
		}
	}
	slices.SortFunc(out, func(a, b BiasContext) int { return cmp.Or(cmp.Compare(b.Z, a.Z), cmp.Compare(a.Word, b.Word)) })
	return slices.Clip(out[:min(len(out), most)])
}
