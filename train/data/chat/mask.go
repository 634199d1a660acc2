package chat

import (
	"fmt"
	"slices"

	"github.com/seed-83c59573/quern/train/data/chat/jinja"
)

// Mask says which turns are learned. A turn of weight 0 never is.
type Mask struct {
	Roles []string // nil = assistant
	Last  bool     // of the turns of these roles, only the last one
}

// Validate refuses roles that are none, and none.
func (m Mask) Validate() error {
	for i, r := range m.Roles {
		if r != "system" && r != "user" && r != "assistant" && r != "tool" {
			return fmt.Errorf("role %q: want system, user, assistant or tool", r)
		}
		if slices.Contains(m.Roles[:i], r) {
			return fmt.Errorf("role %q: twice", r)
		}
	}
	return nil
}

func (m Mask) has(role string) bool {
	if len(m.Roles) == 0 {
		return role == "assistant"
	}
	return slices.Contains(m.Roles, role)
}

// pick tells of each message whether it is learned.
func (m Mask) pick(messages []Message) []bool {
	out := make([]bool, len(messages))
	for i := len(messages) - 1; i >= 0; i-- {
		if !m.has(messages[i].Role) {
			continue
		}
		out[i] = !messages[i].Mute
		if m.Last {
			break
		}
	}
	return out
}

// Segment is a span of a conversation that is laid out: the template's, which may hold special tokens, or a speaker's, which never does.
type Segment struct {
	Text    string
	Special bool // the template's: what spells a special token is one
	Train   bool
}

// spans are what each message of a conversation has said: bytes [from, to) of the text, 0, 0 where nothing is left of it.
type spans [][2]int

// layOut is a conversation as segments.
//
// What is learned of a turn is what the model has to say when it is its turn, and the token that ends it:
//
//   - Of an assistant's turn, if the template has {% generation %} blocks, exactly what stands in them. A block is the turn's whose words are in it.
//   - Else, from where the text of all turns before it, with the assistant's next turn opened, ends; if the template would have written that text
//     otherwise, from the first byte that came with the turn. It ends with the first special token behind the last byte that came with the turn and
//     before the next turn's first; with that byte if there is no such token.
//   - Of another role's turn, from its first byte on, and to the same end.
func (e *Encoder) layOut(c *Conversation, m Mask) ([]Segment, error) {
	rendered, err := e.t.render(c.Messages, c.Tools, false, e.bos, e.eos)
	if err != nil {
		return nil, err
	}
	learn := m.pick(c.Messages)
	said := whereSaid(rendered, len(c.Messages))
	marks := make([][2]int, 0, len(learn))
	if e.t.tagged {
		marks = blocks(rendered, c.Messages, learn)
	}
	for i, yes := range learn {
		if !yes || said[i][1] == 0 || e.t.tagged && c.Messages[i].Role == "assistant" {
			continue
		}
		from, to := said[i][0], e.turnEnd(rendered, said[i][1])
		if c.Messages[i].Role == "assistant" {
			from = e.turnStart(rendered, c, i, from)
		}
		marks = append(marks, [2]int{from, to})
	}
	return cutAt(rendered, marks), nil
}

// whereSaid finds the bytes of each message.
func whereSaid(rendered []jinja.Segment, messages int) spans {
	out := make(spans, messages)
	at := 0
	for _, s := range rendered {
		if i := s.From - 1; i >= 0 && i < messages {
			if out[i][1] == 0 {
				out[i][0] = at
			}
			out[i][1] = at + len(s.Text)
		}
		at += len(s.Text)
	}
	return out
}

// blocks are the {% generation %} blocks of the turns that are learned. One that nobody's words are in is that of the next assistant's turn.
func blocks(rendered []jinja.Segment, messages []Message, learn []bool) [][2]int {
	var out [][2]int
	at, last := 0, 0
	for i := 0; i < len(rendered); {
		if !rendered[i].Generation {
			if rendered[i].From > 0 {
				last = rendered[i].From
			}
			at += len(rendered[i].Text)
			i++
			continue
		}
		from, owner := at, 0
		for ; i < len(rendered) && rendered[i].Generation; i++ {
			who := rendered[i].From
			if who > 0 && owner > 0 && who != owner { // two turns' blocks touch: they part where the second one's words begin
				if learn[owner-1] {
					out = append(out, [2]int{from, at})
				}
				from = at
			}
			if who > 0 {
				owner, last = who, who
			}
			at += len(rendered[i].Text)
		}
		if owner == 0 {
			for owner = last + 1; owner <= len(messages) && messages[owner-1].Role != "assistant"; owner++ {
			}
		}
		if owner <= len(messages) && learn[owner-1] {
			out = append(out, [2]int{from, at})
		}
	}
	return out
}

// turnStart is where the assistant's turn number i begins, whose first own byte is at said.
func (e *Encoder) turnStart(rendered []jinja.Segment, c *Conversation, i, said int) int {
	before, err := e.t.render(c.Messages[:i], c.Tools, true, e.bos, e.eos)
	if err != nil { // some templates take no conversation that ends here
		return said
	}
	n := 0
	whole := rendered
	rest := ""
	for _, s := range before {
		n += len(s.Text)
		for text := s.Text; text != ""; {
			if rest == "" {
				if len(whole) == 0 {
					return said
				}
				rest, whole = whole[0].Text, whole[1:]
			}
			k := min(len(rest), len(text))
			if rest[:k] != text[:k] {
				return said
			}
			rest, text = rest[k:], text[k:]
		}
	}
	if n > said {
		return said
	}
	return n
}

// turnEnd is the end of the first special token that the template wrote behind a turn's last byte, or that byte.
func (e *Encoder) turnEnd(rendered []jinja.Segment, said int) int {
	at := 0
	for _, s := range rendered {
		from := at
		at += len(s.Text)
		if at <= said {
			continue
		}
		if s.Given {
			break
		}
		skip := max(0, said-from)
		if i, _, n := e.specials.find(s.Text[skip:]); i >= 0 {
			return from + skip + i + n
		}
	}
	return said
}

// cutAt cuts what is rendered where something begins or ends to be learned.
func cutAt(rendered []jinja.Segment, marks [][2]int) []Segment {
	slices.SortFunc(marks, func(a, b [2]int) int { return a[0] - b[0] })
	var out []Segment
	at, k := 0, 0
	for _, s := range rendered {
		for text := s.Text; text != ""; {
			for k < len(marks) && marks[k][1] <= at {
				k++
			}
			n, train := len(text), false
			if k < len(marks) {
				if train = marks[k][0] <= at; train {
					n = min(n, marks[k][1]-at)
				} else {
					n = min(n, marks[k][0]-at)
				}
			}
			if last := len(out) - 1; last >= 0 && out[last].Special == !s.Given && out[last].Train == train {
				out[last].Text += text[:n]
			} else {
				out = append(out, Segment{text[:n], !s.Given, train})
			}
			text, at = text[n:], at+n
		}
	}
	return out
}
