package serve

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/seed-83c59573/quern/train/decode"
)

// driver is the one goroutine that runs the engine, and the door to it.
type driver struct {
	engine *decode.Engine
	most   int // sequences that run and wait

	mu    sync.Mutex
	come  []*decode.Request
	leave []*decode.Request
	live  int
	shut  bool
	wake  chan struct{}
	ended chan struct{}
}

// errBusy is of a request that would have to wait behind too many.
var errBusy = errors.New("too many requests are waiting")

// errShut is of a request that comes when the server ends.
var errShut = errors.New("the server is shutting down")

func newDriver(e *decode.Engine, most int) *driver {
	d := &driver{engine: e, most: most, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go d.loop()
	return d
}

func (d *driver) nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *driver) loop() {
	defer close(d.ended)
	for {
		d.mu.Lock()
		come, leave, shut := d.come, d.leave, d.shut
		d.come, d.leave = nil, nil
		d.mu.Unlock()
		for _, r := range leave {
			d.engine.Drop(r)
		}
		for _, r := range come {
			if slices.Contains(leave, r) {
				continue
			}
			if err := d.engine.Add(r); err != nil { // it was checked
				r.Err, r.Done = err, true
				r.Each(r)
			}
		}
		if d.engine.Step() {
			continue
		}
		if shut {
			return
		}
		<-d.wake
	}
}

// close ends the goroutine when nothing runs any more.
func (d *driver) close() {
	d.mu.Lock()
	d.shut = true
	d.mu.Unlock()
	d.nudge()
	<-d.ended
}

// errGone: whoever asked has gone.
var errGone = errors.New("serve: the connection is closed")

// told is what has become of a sequence so far: a copy that a handler may read while the engine goes on.
type told struct {
	text   string
	tokens []decode.Token
	scores []decode.Token // only when all is done
	reason string
	err    error
	done   bool
}

// call is some sequences that one HTTP request asks for.
type call struct {
	d     *driver
	rs    []*decode.Request
	mu    sync.Mutex
	state []told
	news  chan struct{}
}

// start hands sequences to the engine. Every call is ended by end.
func (d *driver) start(rs []*decode.Request) (*call, error) {
	for _, r := range rs {
		if err := d.engine.Check(r); err != nil {
			return nil, err
		}
	}
	c := &call{d: d, rs: rs, state: make([]told, len(rs)), news: make(chan struct{}, 1)}
	for i, r := range rs {
		r.Each = func(r *decode.Request) { c.hear(i, r) }
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.shut:
		return nil, errShut
	case d.live+len(rs) > d.most:
		return nil, errBusy
	}
	d.live += len(rs)
	d.come = append(d.come, rs...)
	d.nudge()
	return c, nil
}

// hear runs in the engine's goroutine.
func (c *call) hear(i int, r *decode.Request) {
	c.mu.Lock()
	s := &c.state[i]
	if len(r.Text) > len(s.text) {
		s.text += string(r.Text[len(s.text):])
	}
	s.tokens = append(s.tokens, r.Tokens[len(s.tokens):]...)
	if s.done = r.Done; s.done {
		s.scores, s.reason, s.err = r.Scores, r.Reason, r.Err
	}
	c.mu.Unlock()
	select {
	case c.news <- struct{}{}:
	default:
	}
}

// wait returns what has become of all sequences: as soon as there is news, and with whole when all are done.
func (c *call) wait(ctx context.Context, whole bool) ([]told, error) {
	for {
		select {
		case <-c.news:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		c.mu.Lock()
		now := slices.Clone(c.state)
		c.mu.Unlock()
		done := true
		for _, s := range now {
			if s.err != nil {
				return nil, s.err
			}
			done = done && s.done
		}
		if done || !whole {
			return now, nil
		}
	}
}

// follow tells, of each sequence, the text and tokens that have come since it was told last, until all are done or nobody hears it.
func (c *call) follow(ctx context.Context, tell func(i int, text string, tokens []decode.Token, now told) bool) error {
	shown := make([]told, len(c.rs))
	for done := 0; done < len(c.rs); {
		state, err := c.wait(ctx, false)
		if err != nil {
			return err
		}
		for i, now := range state {
			old := shown[i]
			if old.done || len(now.text) == len(old.text) && !now.done {
				continue
			}
			if now.done {
				done++
			}
			shown[i] = now
			if !tell(i, now.text[len(old.text):], now.tokens[len(old.tokens):], now) {
				return errGone
			}
		}
	}
	return nil
}

// end takes back what is not done, if the caller has gone, and makes room for others.
func (c *call) end() {
	c.mu.Lock()
	var left []*decode.Request
	for i, r := range c.rs {
		if !c.state[i].done {
			left = append(left, r)
		}
	}
	c.mu.Unlock()
	c.d.mu.Lock()
	c.d.leave = append(c.d.leave, left...)
	c.d.live -= len(c.rs)
	c.d.mu.Unlock()
	c.d.nudge()
}
