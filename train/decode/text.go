package decode

import (
	"bytes"

	"github.com/seed-83c59573/quern/tokenize"
)

// speaker turns drawn tokens into text. It holds back what may turn out to be the start of a stop string.
type speaker struct {
	stream *tokenize.Streamer
	of     *tokenize.Tokenizer
	stops  []string
	held   []byte
}

func (s *speaker) start(tok *tokenize.Tokenizer, stops []string) {
	if s.of != tok {
		s.stream, s.of = nil, tok
	}
	switch {
	case tok == nil:
	case s.stream == nil:
		s.stream = tok.NewStreamer()
	default:
		s.stream.End()
	}
	s.stops, s.held = stops, s.held[:0]
}

// say adds a token's text to r, and reports whether a stop string ended it.
func (s *speaker) say(r *Request, id int32) bool {
	if s.stream == nil {
		return false
	}
	return s.add(r, s.stream.Next(uint32(id)))
}

// end gives what is held.
func (s *speaker) end(r *Request) bool {
	if s.stream == nil {
		return false
	}
	if s.add(r, s.stream.End()) {
		return true
	}
	r.Text = append(r.Text, s.held...)
	s.held = s.held[:0]
	return false
}

func (s *speaker) add(r *Request, text string) bool {
	if len(s.stops) == 0 {
		r.Text = append(r.Text, text...)
		return false
	}
	s.held = append(s.held, text...)
	cut := -1
	for _, stop := range s.stops {
		if i := bytes.Index(s.held, []byte(stop)); i >= 0 && (cut < 0 || i < cut) {
			cut = i
		}
	}
	if cut >= 0 {
		r.Text = append(r.Text, s.held[:cut]...)
		s.held = s.held[:0]
		return true
	}
	safe := len(s.held) - pending(s.held, s.stops)
	r.Text = append(r.Text, s.held[:safe]...)
	s.held = append(s.held[:0], s.held[safe:]...)
	return false
}

// pending is the length of the longest end of b that a stop string begins with.
func pending(b []byte, stops []string) int {
	most := 0
	for _, stop := range stops {
		for n := min(len(stop)-1, len(b)); n > most; n-- {
			if string(b[len(b)-n:]) == stop[:n] {
				most = n
			}
		}
	}
	return most
}

// history is what stands already, for penalties.
type history struct {
	on     bool
	index  map[int32]int
	ids    []int32
	drawn  []int32 // how often
	logits []float32
}

func (h *history) start(r *Request) {
	o := &r.Options
	h.on = o.Repetition != 1 || o.Presence != 0 || o.Frequency != 0
	if !h.on {
		return
	}
	h.index, h.ids, h.drawn = map[int32]int{}, h.ids[:0], h.drawn[:0]
	for _, id := range r.Prompt {
		h.place(id)
	}
}

func (h *history) place(id int32) int {
	i, ok := h.index[id]
	if !ok {
		i = len(h.ids)
		h.index[id], h.ids, h.drawn = i, append(h.ids, id), append(h.drawn, 0)
	}
	return i
}

func (h *history) drew(id int32) {
	if h.on {
		h.drawn[h.place(id)]++
	}
}

// adjust gives the logits to draw from: biases first, then repetition as Keskar et al. (2019, CTRL) have it, then what OpenAI's API
// calls presence and frequency penalties. The given logits stay as they are.
func (h *history) adjust(logits []float32, o *Options) []float32 {
	if !h.on && len(o.Bias) == 0 {
		return logits
	}
	h.logits = append(h.logits[:0], logits...)
	for _, b := range o.Bias {
		h.logits[b.ID] += b.Add
	}
	if !h.on {
		return h.logits
	}
	for i, id := range h.ids {
		l := &h.logits[id]
		if *l > 0 {
			*l /= float32(o.Repetition)
		} else {
			*l *= float32(o.Repetition)
		}
		if n := h.drawn[i]; n > 0 {
			*l -= float32(o.Presence + float64(n)*o.Frequency)
		}
	}
	return h.logits
}
