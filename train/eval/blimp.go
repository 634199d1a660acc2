package eval

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// minimalPair is a row of BLiMP (Warstadt et al., 2020): two sentences that differ in what makes one of them wrong.
type minimalPair struct {
	Good string `json:"sentence_good"`
	Bad  string `json:"sentence_bad"`
	UID  string `json:"UID"`
	Term string `json:"linguistics_term"`
	name string
}

// blimp is right where the good sentence is the likelier one. As in lm-evaluation-harness a sentence stands after the token that ends
// documents and a space.
func (r *Runner) blimp(ctx context.Context, t Task, res *Result) error {
	paths, err := files(t.Path)
	if err != nil {
		return err
	}
	if res.Digest, err = digestOf(paths); err != nil {
		return err
	}
	var all []minimalPair
	for _, p := range paths {
		list, err := rows(p, t.Limit, func(m *minimalPair) error {
			if m.Good == "" || m.Bad == "" {
				return errors.New("want sentence_good and sentence_bad")
			}
			if m.name = m.UID; m.name == "" {
				m.name = strings.TrimSuffix(filepath.Base(p), ".jsonl")
			}
			return nil
		})
		if err != nil {
			return err
		}
		all = append(all, list...)
	}
	pairs := make([]pair, 0, 2*len(all))
	for _, m := range all {
		pairs = append(pairs, pair{"", " " + m.Good}, pair{"", " " + m.Bad})
	}
	got, err := r.score(ctx, pairs)
	if err != nil {
		return err
	}
	acc, per := make([]float64, len(all)), make([]float64, len(all))
	var by, terms groups
	for i, m := range all {
		good, bad := got[2*i], got[2*i+1]
		acc[i] = truth(good.logp >= bad.logp) // of equals the first is taken
		per[i] = truth(good.logp/float64(max(1, good.tokens)) >= bad.logp/float64(max(1, bad.tokens)))
		by.add(m.name, i)
		if m.Term != "" {
			terms.add(m.Term+" (term)", i)
		}
		if len(res.Samples) < t.Samples {
			res.Samples = append(res.Samples, Sample{Row: fmt.Sprintf("%s %d", m.name, i), Prompt: m.Good + " | " + m.Bad,
				Output: fmt.Sprintf("%.6f | %.6f nats", good.logp, bad.logp), Want: m.Good, Right: acc[i] == 1})
		}
	}
	metrics := func(rows []int) []Metric {
		return []Metric{mean("acc", pick(acc, rows)), mean("acc_token", pick(per, rows))}
	}
	res.Metrics = []Metric{mean("acc", acc), mean("acc_token", per)}
	res.Groups = append(by.list(metrics), terms.list(metrics)...)
	return nil
}
