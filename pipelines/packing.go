package pipelines

import (
	"encoding/json"
	"fmt"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// CorpusFacts is what the shard step reports, if the corpus has packed rows.
type CorpusFacts struct {
	Packing []Packing `json:"packing"`
}

// Packing is what packing did to one split of the corpus.
type Packing struct {
	Split string `json:"split"` // train or validation
	shard.PackStats
	Used float64 `json:"used"` // share of the places of all rows that hold a token
}

// LostShare is the share of the tokens that are in no row.
func (p Packing) LostShare() float64 { return float64(p.Lost) / float64(max(1, p.Tokens)) }

// CutShare is the share of the documents that are not whole in one row.
func (p Packing) CutShare() float64 { return float64(p.Cut) / float64(max(1, p.Docs)) }

// factsOfPacking sums what the shards of a corpus say; nil if nothing is packed.
func factsOfPacking(m quern.Manifest) (json.RawMessage, error) {
	var facts CorpusFacts
	train, validation := split(m)
	for i, shards := range [][]quern.Shard{train, validation} {
		p := Packing{Split: []string{"train", "validation"}[i]}
		for _, s := range shards {
			if s.Info == nil {
				continue
			}
			var info shard.CorpusInfo
			if err := json.Unmarshal(s.Info, &info); err != nil {
				return nil, fmt.Errorf("%s: info: %w", s.Name, err)
			}
			if info.Packing != nil {
				p.Add(*info.Packing)
			}
		}
		if p.Used = p.Utilization(); p.Rows > 0 {
			facts.Packing = append(facts.Packing, p)
		}
	}
	if facts.Packing == nil {
		return nil, nil
	}
	return json.Marshal(facts)
}

// FactsOfCorpus reads what the shard step reports; nothing if no rows are packed.
func FactsOfCorpus(m *quern.Manifest) (f CorpusFacts, err error) {
	if m.Facts == nil {
		return f, nil
	}
	if err := json.Unmarshal(m.Facts, &f); err != nil {
		return f, fmt.Errorf("facts of %s: %w", m.Step, err)
	}
	return f, nil
}
