package sentencepiece

import "unicode/utf8"

// Step is the best way to cut a text up to a place.
type Step struct {
	Score float32
	From  int32 // where its last piece begins; -1 = there is no way yet
	ID    int32 // of its last piece; -1 = an unknown character
}

// scoreReset is from where on sums are brought back to zero, since single precision has too few digits left.
const scoreReset = 100000

// Walk finds the best way to every place of a normalized text, from the left (Viterbi): best[i] is that to i. Sums are kept in single precision, as release
// 0.2.3 of the peer does.
func (m *Model) Walk(best []Step, text []byte) []Step {
	best = append(best, Step{ID: -1})
	for range text {
		best = append(best, Step{From: -1})
	}
	front := 0 // no place behind has a way yet
	for at := 0; at < len(text); {
		size := 1
		if text[at] >= utf8.RuneSelf {
			_, size = utf8.DecodeRune(text[at:])
		}
		here, single := best[at].Score, false
		if here < -scoreReset || here > scoreReset {
			for i := at; i <= front; i++ {
				if i == at || best[i].From >= 0 {
					best[i].Score -= here
				}
			}
			here = 0
		}
		node := uint32(0)
		for end := at; end < len(text); {
			if node = m.pieces.Next(node, text[end]); node == 0 {
				break
			}
			end++
			id := m.pieces.cells[node].id
			if id < 0 {
				continue
			}
			front = max(front, end)
			if to, score := &best[end], here+m.scores[id]; to.From < 0 || score > to.Score {
				*to = Step{score, int32(at), id}
			}
			single = single || end-at == size
		}
		if !single {
			front = max(front, at+size)
			if to, score := &best[at+size], here+m.unknown; to.From < 0 || score > to.Score {
				*to = Step{score, int32(at), -1}
			}
		}
		at += size
	}
	return best
}
