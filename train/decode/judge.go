package decode

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
)

// reading lists the places whose prompts are not read to the end, those that were admitted first in front.
func (e *Engine) reading() []int {
	e.order = e.order[:0]
	for i := range e.places {
		if p := &e.places[i]; p.r != nil && len(p.r.Tokens) == 0 {
			e.order = append(e.order, i)
		}
	}
	slices.SortFunc(e.order, func(a, b int) int { return int(e.places[a].serial) - int(e.places[b].serial) })
	return e.order
}

// look goes through the logits that matter, in runs of rows as long as the cache gives at once.
func (e *Engine) look() {
	for lo := 0; lo < len(e.want); {
		hi := lo + 1
		for hi < len(e.want) && hi-lo < e.cache.Chunk() && e.want[hi].row == e.want[lo].row+hi-lo {
			hi++
		}
		logits := e.cache.Logits(e.want[lo].row, e.want[lo].row+hi-lo)
		for i, w := range e.want[lo:hi] {
			if p := &e.places[w.place]; p.r != nil {
				e.judge(p, w.at, logits[i*e.vocab:(i+1)*e.vocab])
			}
		}
		lo = hi
	}
}

// judge scores the prompt's next token, or draws one.
func (e *Engine) judge(p *place, at int, logits []float32) {
	r := p.r
	lse := logSum(logits)
	if math.IsNaN(lse) || math.IsInf(lse, 0) {
		for i, v := range logits {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				r.Err = fmt.Errorf("the model's logit of token %d is %v: its weights are damaged", i, v)
				break
			}
		}
		e.finish(p, "")
		return
	}
	t := Token{Best: -lse + float64(logits[best(logits)])}
	if n := r.Options.Top; n > 0 {
		for _, c := range e.draw.top(logits, n) {
			t.Top = append(t.Top, Likely{c.id, float64(c.v) - lse})
		}
	}
	if at+1 < len(r.Prompt) {
		t.ID = r.Prompt[at+1]
		t.LogP = -lse + float64(logits[t.ID])
		r.Scores = append(r.Scores, t)
		return
	}
	t.ID = e.draw.draw(p.past.adjust(logits, &r.Options), &r.Options, uniform(r.Options.Seed, len(r.Tokens)))
	t.LogP = -lse + float64(logits[t.ID])
	r.Tokens = append(r.Tokens, t)
	e.after(p, t.ID)
}

// after is what a drawn token brings about.
func (e *Engine) after(p *place, id int32) {
	r := p.r
	p.past.drew(id)
	p.next[0] = id
	switch {
	case slices.Contains(r.Options.StopTokens, id):
		e.end(p, Stopped)
	case p.speak.say(r, id):
		e.finish(p, Stopped)
	case len(r.Tokens) >= r.Options.Tokens || len(r.Prompt)+len(r.Tokens) > e.length:
		e.end(p, Length)
	case r.Each != nil:
		r.Each(r)
	}
}

// end gives the text that was held back; a stop string may still be in it.
func (e *Engine) end(p *place, reason string) {
	if p.speak.end(p.r) {
		reason = Stopped
	}
	e.finish(p, reason)
}

func (e *Engine) finish(p *place, reason string) {
	r := p.r
	r.Reason, r.Done, p.r = reason, true, nil
	if r.Each != nil {
		r.Each(r)
	}
}

// Run decodes requests together until all are done. The longest come first, since they decide how long it takes; results do not
// depend on it. It stops with the first error of a request, in their order. done, which may be nil, hears how many are done.
func (e *Engine) Run(ctx context.Context, rs []*Request, done func(n int)) error {
	order := slices.Clone(rs)
	sort.SliceStable(order, func(i, j int) bool { return len(order[i].Prompt) > len(order[j].Prompt) })
	for i, r := range rs {
		if err := e.Check(r); err != nil {
			return fmt.Errorf("request %d: %w", i, err)
		}
	}
	for _, r := range order {
		if err := e.Add(r); err != nil {
			return err
		}
	}
	defer func() {
		for _, r := range rs {
			if !r.Done {
				e.Drop(r)
			}
		}
	}()
	for e.Step() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if done != nil {
			n := 0
			for _, r := range rs {
				if r.Done {
					n++
				}
			}
			done(n)
		}
	}
	for i, r := range rs {
		if r.Err != nil {
			return fmt.Errorf("request %d: %w", i, r.Err)
		}
	}
	return nil
}
