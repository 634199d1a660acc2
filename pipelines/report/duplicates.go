package report

import (
	"strconv"
	"strings"

	"github.com/seed-83c59573/quern/dedup"
	"github.com/seed-83c59573/quern/pipelines"
)

// partsFound is what a step found that takes repeated parts out.
type partsFound struct {
	Step     string
	Counts   dedup.PartCounts
	Docs     int64 // that went whole
	Examples []partExample
}

type partExample struct {
	dedup.Example
	Text string // of the part, shortened
	Cut  bool
}

const (
	partExamples = 8
	partText     = 400 // bytes shown of a part
)

// duplicates takes in what a step of deduplication reports.
func (c *content) duplicates(step string, dropped int64, f pipelines.ClusterFacts) {
	for _, w := range f.Warnings {
		c.Warnings = append(c.Warnings, step+": "+w)
	}
	if step == "cluster" {
		c.Clusters = f
		return
	}
	p := partsFound{Step: step, Docs: dropped}
	if f.Parts != nil {
		p.Counts = *f.Parts
	}
	for _, e := range f.Examples[:min(len(f.Examples), partExamples)] {
		x := partExample{Example: e}
		x.Text, x.Cut = shortened([]byte(e.Part), partText)
		p.Examples = append(p.Examples, x)
	}
	c.Parts = append(c.Parts, p)
}

// chained tells whether transitive closure would remove much more than was removed: a tenth more, and more than a hundredth of the source.
func chained(l dedup.Loss) bool {
	much := func(near, closure, all int64) bool { return 10*closure > 11*near && 100*(closure-near) > all }
	return much(l.Near, l.Closure, l.Docs) || much(l.NearBytes, l.ClosureBytes, l.Bytes)
}

// place names where a part stands.
func place(p dedup.Place) string {
	switch {
	case p == dedup.Place{}:
		return "" // nowhere, or in a filter, which does not know
	case strings.HasPrefix(p.Dataset, "index/"):
		return p.Dataset + ", document " + p.ID
	}
	at := p.Dataset + ", document " + p.ID
	if p.From > 0 { // kinds that do not tell the byte leave it 0
		at += ", byte " + strconv.Itoa(p.From)
	}
	return at
}
