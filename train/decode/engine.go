package decode

import (
	"errors"
	"fmt"
	"slices"

	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/model"
)

// Token is a token at its place, as the model sees it: before temperature, penalties and biases.
type Token struct {
	ID   int32
	LogP float64  // nats
	Best float64  // of the likeliest token there: the token is a greedy choice if LogP equals it
	Top  []Likely // as many as Options.Top asks for
}

// Why a sequence ended.
const (
	Stopped = "stop"   // at a stop string or token
	Length  = "length" // at Options.Tokens or at the end of the context
)

// Request is one sequence to continue, to score, or both, and what became of it. The caller fills in the first part and may read the
// second in Each, and when Done.
type Request struct {
	Prompt  []int32
	Options Options
	From    int            // tokens of the prompt from here on are scored; 0 = none, as nothing precedes the first
	Each    func(*Request) // called after each drawn token, by the goroutine that drives the engine; may be nil

	Scores []Token // of Prompt[From:]
	Tokens []Token // that were drawn, with the stop token if one ended it
	Text   []byte  // of the drawn tokens up to the stop; while it is going on, what can no longer change
	Reason string
	Err    error
	Done   bool
}

// place is a slot of the cache and who has it.
type place struct {
	r      *Request // nil = free
	ids    []int32  // what the cache holds
	next   [1]int32 // drawn, and not yet in the cache
	speak  speaker
	past   history
	serial uint64 // order of admission
}

// Engine decodes requests together.
type Engine struct {
	cache  *model.Cache
	tok    *tokenize.Tokenizer
	vocab  int
	length int
	places []place
	queue  []*Request
	serial uint64

	draw   drawer
	parts  []model.Part
	owners []owner
	want   []wanted
	order  []int
}

// owner is a part's place, and where its tokens begin.
type owner struct{ place, from int }

// wanted is a row of a step whose logits matter.
type wanted struct{ row, place, at int }

// NewEngine decodes up to slots sequences at once, in steps of up to rows tokens. Without a tokenizer there is no text and no stop
// string.
func NewEngine(m *model.Model, tok *tokenize.Tokenizer, slots, rows int) *Engine {
	slots, rows = max(slots, 1), max(rows, slots, 1)
	return &Engine{cache: model.NewCache(m, slots, rows), tok: tok, vocab: m.Config().Vocab, length: m.Config().Context, places: make([]place, slots)}
}

// Context is the longest sequence.
func (e *Engine) Context() int { return e.length }

// Check says why a request cannot be served.
func (e *Engine) Check(r *Request) error {
	if err := r.Options.Validate(); err != nil {
		return err
	}
	switch {
	case len(r.Prompt) == 0:
		return errors.New("the prompt is empty: begin with the token that ends documents")
	case max(1, r.need()) > e.length: // what is scored last need not be read
		return fmt.Errorf("the prompt has %d tokens, the model's context is %d", len(r.Prompt), e.length)
	case r.From < 0 || r.From > len(r.Prompt):
		return fmt.Errorf("scores from token %d of %d", r.From, len(r.Prompt))
	case e.tok == nil && len(r.Options.Stop) > 0:
		return errors.New("stop strings need a tokenizer")
	}
	for i, t := range r.Prompt {
		if t < 0 || int(t) >= e.vocab {
			return fmt.Errorf("token %d of the prompt is %d, the vocabulary has %d", i, t, e.vocab)
		}
	}
	for _, b := range r.Options.Bias {
		if b.ID < 0 || int(b.ID) >= e.vocab {
			return fmt.Errorf("a bias on token %d, the vocabulary has %d", b.ID, e.vocab)
		}
	}
	return nil
}

// Add queues a request; an error is that of Check.
func (e *Engine) Add(r *Request) error {
	if err := e.Check(r); err != nil {
		return err
	}
	r.Scores, r.Tokens, r.Text, r.Reason, r.Err, r.Done = nil, nil, nil, "", nil, false
	e.queue = append(e.queue, r)
	return nil
}

// Drop forgets a request, whether it waits or runs.
func (e *Engine) Drop(r *Request) {
	e.queue = slices.DeleteFunc(e.queue, func(q *Request) bool { return q == r })
	for i := range e.places {
		if e.places[i].r == r {
			e.places[i].r = nil
		}
	}
}

// Waiting is how many requests have no slot yet.
func (e *Engine) Waiting() int { return len(e.queue) }

// need is how many tokens of a request go through the model before the first is drawn: scores do not need the last.
func (r *Request) need() int {
	if r.Options.Tokens == 0 {
		return len(r.Prompt) - 1
	}
	return len(r.Prompt)
}

// admit gives free places to those who wait longest: the place whose cache begins with most of the prompt.
func (e *Engine) admit() {
	for len(e.queue) > 0 {
		r := e.queue[0]
		found, common := -1, -1
		for i := range e.places {
			if e.places[i].r != nil {
				continue
			}
			if n := e.shared(&e.places[i], r); n > common {
				found, common = i, n
			}
		}
		if found < 0 {
			return
		}
		e.queue = e.queue[1:]
		p := &e.places[found]
		e.serial++
		p.r, p.serial, p.ids = r, e.serial, p.ids[:common]
		e.cache.Cut(found, common)
		e.cache.Reserve(found, min(e.length, len(r.Prompt)+r.Options.Tokens))
		if n := min(r.Options.Tokens, e.length); n > 0 {
			r.Tokens = make([]Token, 0, min(n, 4096))
		}
		p.speak.start(e.tok, r.Options.Stop)
		p.past.start(r)
		if r.need() == 0 {
			e.finish(p, Length)
		}
	}
}

// shared is how much of a prompt a place's cache may keep: what begins alike, but for what must be computed to be scored or to go on.
func (e *Engine) shared(p *place, r *Request) int {
	most := min(len(p.ids), max(0, r.need()-1))
	if r.From > 0 {
		most = min(most, r.From-1)
	}
	n := 0
	for n < most && p.ids[n] == r.Prompt[n] {
		n++
	}
	return n
}

// Step takes every running sequence one token on, and prompts as far as there is room. It reports whether there was anything to do.
func (e *Engine) Step() bool {
	e.admit()
	e.parts, e.owners, e.want = e.parts[:0], e.owners[:0], e.want[:0]
	rows := 0
	add := func(i int, tokens []int32) {
		from := len(e.places[i].ids)
		e.parts, e.owners = append(e.parts, model.Part{Slot: i, Tokens: tokens}), append(e.owners, owner{i, from})
		r := e.places[i].r
		for j := range tokens {
			at := from + j
			if r.From > 0 && at+1 >= r.From && at+1 < len(r.Prompt) || at+1 >= len(r.Prompt) && r.Options.Tokens > 0 {
				e.want = append(e.want, wanted{rows + j, i, at})
			}
		}
		rows += len(tokens)
	}
	for i := range e.places { // those that speak
		if p := &e.places[i]; p.r != nil && len(p.r.Tokens) > 0 {
			add(i, p.next[:])
		}
	}
	for _, i := range e.reading() {
		p := &e.places[i]
		if n := min(e.cache.Rows()-rows, p.r.need()-len(p.ids)); n > 0 {
			add(i, p.r.Prompt[len(p.ids):len(p.ids)+n])
		}
	}
	if rows == 0 {
		return len(e.queue) > 0
	}
	e.cache.Step(e.parts...)
	for k, o := range e.owners {
		e.places[o.place].ids = append(e.places[o.place].ids, e.parts[k].Tokens...)
	}
	e.look()
	for _, o := range e.owners {
		if p := &e.places[o.place]; p.r != nil && p.r.Options.Tokens == 0 && len(p.ids) == p.r.need() {
			e.finish(p, Length)
		}
	}
	return true
}
