package chat

import (
	"errors"
	"fmt"
	"sort"

	"github.com/seed-83c59573/quern/train/data"
)

// What is done with a conversation that is longer than the context.
const (
	CutTurns  = "turns"  // it ends with the last answer that fits; if none does, it is left out
	CutTokens = "tokens" // it ends where the context does; if nothing to be learned is left, it is left out
	LeaveOut  = "drop"   // it is left out
	Refuse    = "refuse" // it is an error that names its row
)

// ValidateLong refuses names of nothing that can be done.
func ValidateLong(how string) error {
	switch how {
	case CutTurns, CutTokens, LeaveOut, Refuse:
		return nil
	}
	return fmt.Errorf("long %q: want %s, %s, %s or %s", how, CutTurns, CutTokens, LeaveOut, Refuse)
}

// Counts are what became of conversations.
type Counts struct {
	Kept    int `json:"kept"`
	Cut     int `json:"cut,omitempty"`     // of them, those that were cut
	Dropped int `json:"dropped,omitempty"` // too long, and left out
}

// Fit is a conversation as at most cols tokens. ok is false if it is left out. One with nothing to learn is an error, however long it is; errors name
// file and row.
func (e *Encoder) Fit(c *Conversation, m Mask, cols int, how string, n *Counts) (x data.Example, ok bool, err error) {
	fail := func(err error) (data.Example, bool, error) {
		return data.Example{}, false, fmt.Errorf("%s:%d: %w", c.File, c.Row, err)
	}
	if x, err = e.Example(c, m); err != nil {
		return fail(err)
	}
	if Trained(x) == 0 {
		return fail(errors.New("no token to learn: the template leaves out what the turns to be learned say"))
	}
	if len(x.Tokens) <= cols {
		n.Kept++
		return x, true, nil
	}
	switch how {
	case Refuse:
		return fail(fmt.Errorf("%d tokens, the context has %d", len(x.Tokens), cols))
	case CutTokens:
		x.Tokens, x.Train = x.Tokens[:cols], x.Train[:cols]
	case CutTurns:
		if c.Text != "" { // a text has no turns
			x.Tokens, x.Train = x.Tokens[:cols], x.Train[:cols]
		} else if x, err = e.cutTurns(c, m, cols); err != nil {
			return fail(err)
		}
	default:
		x = data.Example{}
	}
	if Trained(x) == 0 {
		n.Dropped++
		return data.Example{}, false, nil
	}
	n.Kept++
	n.Cut++
	return x, true, nil
}

// cutTurns is the longest beginning of a conversation that ends with an answer and fits; without tokens if there is none.
func (e *Encoder) cutTurns(c *Conversation, m Mask, cols int) (data.Example, error) {
	var ends []int // of answers
	for i, t := range c.Messages {
		if t.Role == "assistant" {
			ends = append(ends, i+1)
		}
	}
	var fits data.Example
	var failed error
	sort.Search(len(ends), func(k int) bool { // the first that does not fit; fits keeps the one before
		part := *c
		part.Messages = c.Messages[:ends[k]]
		x, err := e.Example(&part, m)
		if err != nil {
			failed = err
			return true
		}
		if len(x.Tokens) > cols {
			return true
		}
		fits = x
		return false
	})
	if failed != nil {
		return data.Example{}, failed
	}
	return fits, nil
}
