package fasttext

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
)

// Quality tells how well a model does on examples that it has not seen.
type Quality struct {
	Examples  int     // all of them, those without an answer included
	Answered  int     // examples with at least one feature
	Precision float64 // share of the answers whose best label is the example's
	Recall    float64 // share of the examples
	Labels    []LabelQuality
	AUC       float64 // of the label that was asked for: the chance that an example of it has a higher probability than another one
}

// LabelQuality is how well one label is told, when the best label is taken. A ratio of nothing is 0.
type LabelQuality struct {
	Label                  string
	Examples, Given, Right int
	Precision, Recall, F1  float64
}

// Evaluate compares a model with labeled examples. AUC is that of the label given. It keeps 8 bytes for each example.
func Evaluate(m *Model, label string, examples iter.Seq2[Example, error]) (Quality, error) {
	wanted := m.Label(label)
	if wanted < 0 {
		return Quality{}, fmt.Errorf("fasttext: the model has no label %q", label)
	}
	q := Quality{Labels: make([]LabelQuality, len(m.labels))}
	p := NewPredictor(m)
	var scores []float32
	var positive []bool
	right := 0
	for e, err := range examples {
		if err != nil {
			return Quality{}, fmt.Errorf("fasttext: %w", err)
		}
		q.Examples++
		truth := m.Label(e.Label) // -1: a label that the model has never seen
		if truth >= 0 {
			q.Labels[truth].Examples++
		}
		score := float32(0)
		answer := p.Predict(e.Text, -1, 0)
		for _, a := range answer {
			if a.Label == wanted {
				score = a.Prob
			}
		}
		scores, positive = append(scores, score), append(positive, truth == wanted)
		if len(answer) == 0 {
			continue
		}
		q.Answered++
		q.Labels[answer[0].Label].Given++
		if answer[0].Label == truth {
			right++
			q.Labels[truth].Right++
		}
	}
	if q.Examples == 0 {
		return Quality{}, errors.New("fasttext: no examples to compare with")
	}
	q.Precision, q.Recall = share(right, q.Answered), share(right, q.Examples)
	for i := range q.Labels {
		l := &q.Labels[i]
		l.Label = m.labels[i]
		l.Precision, l.Recall = share(l.Right, l.Given), share(l.Right, l.Examples)
		l.F1 = share(2*l.Right, l.Given+l.Examples)
	}
	q.AUC = AUC(scores, positive)
	return q, nil
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// AUC is the area under the ROC curve: the share of pairs of a positive and a negative example in which the positive one has the higher
// score, equal scores counting half. It is exact, and NaN if there are no pairs.
func AUC(scores []float32, positive []bool) float64 {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	below, twice, positives := int64(0), int64(0), int64(0) // negatives with a lower score, and twice the pairs won
	for from := 0; from < len(order); {
		to, p := from, int64(0)
		for ; to < len(order) && scores[order[to]] == scores[order[from]]; to++ {
			if positive[order[to]] {
				p++
			}
		}
		n := int64(to-from) - p
		twice += p * (2*below + n)
		below, positives, from = below+n, positives+p, to
	}
	if below == 0 || positives == 0 {
		return math.NaN()
	}
	return float64(twice) / 2 / float64(positives) / float64(below)
}
