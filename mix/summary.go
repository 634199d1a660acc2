package mix

// Summary is a plan in numbers.
type Summary struct {
	Unit    string         `json:"unit"`
	Asked   int64          `json:"asked"`  // in the unit; -1 = all that there is
	Total   int64          `json:"total"`  // achieved, in the unit
	Tokens  int64          `json:"tokens"` // of the training split
	Parts   []PartSummary  `json:"parts"`
	Phases  []PhaseSummary `json:"phases,omitempty"`   // if there are more than one
	LeftOut []Class        `json:"left_out,omitempty"` // what no ratio asks for
}

// PartSummary compares what was asked of a part with what it gives, over all phases.
type PartSummary struct {
	Name             string  `json:"name"`
	Asked            float64 `json:"asked"`    // share
	Achieved         float64 `json:"achieved"` // share
	AskedAmount      int64   `json:"asked_amount"`
	Amount           int64   `json:"amount"`
	Tokens           int64   `json:"tokens"`
	Docs             int64   `json:"docs"` // repeats counted
	Epochs           float64 `json:"epochs"`
	MaxEpochs        float64 `json:"max_epochs"`
	ValidationDocs   int64   `json:"validation_docs"`
	ValidationTokens int64   `json:"validation_tokens"`
}

// PhaseSummary is the same of one phase, by part.
type PhaseSummary struct {
	Share    float64            `json:"share"`
	Asked    map[string]float64 `json:"asked"`
	Achieved map[string]float64 `json:"achieved"`
	Tokens   int64              `json:"tokens"`
}

// Summary puts the plan in numbers.
func (p *Plan) Summary() Summary {
	s := Summary{Unit: p.Unit, Asked: int64(p.Asked), LeftOut: p.LeftOut}
	for i := range p.Parts {
		d := &p.Parts[i]
		part := PartSummary{Name: d.Name, MaxEpochs: d.Repeat, ValidationDocs: d.ValidationDocs, ValidationTokens: d.ValidationTokens}
		for _, ph := range p.Phases {
			share := &ph.Shares[i]
			part.Asked += ph.Share * share.Ratio
			part.AskedAmount += share.Asked
			part.Amount += share.Achieved
			part.Tokens += share.Tokens
			part.Docs += share.Docs
		}
		part.Epochs = float64(part.Amount) / float64(max(1, d.Size))
		s.Total += part.Amount
		s.Tokens += part.Tokens
		s.Parts = append(s.Parts, part)
	}
	for i := range s.Parts {
		s.Parts[i].Achieved = float64(s.Parts[i].Amount) / float64(max(1, s.Total))
	}
	for _, ph := range p.Phases {
		if len(p.Phases) > 1 {
			s.Phases = append(s.Phases, ph.summary())
		}
	}
	return s
}

func (ph *PhasePlan) summary() PhaseSummary {
	s := PhaseSummary{Share: ph.Share, Asked: map[string]float64{}, Achieved: map[string]float64{}}
	total := int64(0)
	for _, x := range ph.Shares {
		total += x.Achieved
		s.Tokens += x.Tokens
	}
	for _, x := range ph.Shares {
		s.Asked[x.Part], s.Achieved[x.Part] = x.Ratio, float64(x.Achieved)/float64(max(1, total))
	}
	return s
}
