package tokenize

import (
	"encoding/json"
	"errors"
	"fmt"
)

// truncation is how a tokenizer.json asks for texts to be cut. The stride, which is of the parts cut off, is read and of no use here: they are not given.
type truncation struct {
	Direction string `json:"direction"`
	Most      int    `json:"max_length"`
	Strategy  string `json:"strategy"`
	Stride    int    `json:"stride"`
}

// padding is how a tokenizer.json asks for short texts to be filled up.
type padding struct {
	Strategy  json.RawMessage `json:"strategy"`
	Direction string          `json:"direction"`
	Multiple  *int            `json:"pad_to_multiple_of"`
	ID        uint32          `json:"pad_id"`
	Type      uint32          `json:"pad_type_id"`
	Token     string          `json:"pad_token"`
	fixed     int             // a length, if isFixed; else as long as the longest, which of one is itself
	isFixed   bool
}

// maxFit bounds a length in tokens that a file asks for.
const maxFit = 1 << 30

// setFit reads the sections truncation and padding.
func (t *Tokenizer) setFit(f *hfFile) error {
	if isSet(f.Truncation) {
		c := &truncation{Direction: "Right", Strategy: "LongestFirst"}
		if err := json.Unmarshal(f.Truncation, c); err != nil {
			return fmt.Errorf("tokenize: truncation: %w", err)
		}
		switch {
		case c.Direction != "Right" && c.Direction != "Left":
			return fmt.Errorf("tokenize: truncation: unknown direction %q", c.Direction)
		case c.Strategy != "LongestFirst" && c.Strategy != "OnlyFirst" && c.Strategy != "OnlySecond":
			return fmt.Errorf("tokenize: truncation: unknown strategy %q", c.Strategy)
		case c.Most < 0 || c.Most > maxFit:
			return fmt.Errorf("tokenize: truncation: max_length %d", c.Most)
		}
		t.truncation = c
	}
	if isSet(f.Padding) {
		p := &padding{Direction: "Right"}
		if err := json.Unmarshal(f.Padding, p); err != nil {
			return fmt.Errorf("tokenize: padding: %w", err)
		}
		var fixed struct{ Fixed *int }
		switch {
		case p.Direction != "Right" && p.Direction != "Left":
			return fmt.Errorf("tokenize: padding: unknown direction %q", p.Direction)
		case string(p.Strategy) == `"BatchLongest"`:
		case json.Unmarshal(p.Strategy, &fixed) != nil || fixed.Fixed == nil || *fixed.Fixed < 0 || *fixed.Fixed > maxFit:
			return fmt.Errorf("tokenize: padding: unknown strategy %s", p.Strategy)
		default:
			p.fixed, p.isFixed = *fixed.Fixed, true
		}
		if p.Multiple != nil && (*p.Multiple < 0 || *p.Multiple > maxFit) {
			return fmt.Errorf("tokenize: padding: pad_to_multiple_of %d", *p.Multiple)
		}
		t.padding = p
	}
	return nil
}

func isSet(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// cut shortens texts so that with the added tokens around them there are no more than the file says.
func (c *truncation) cut(texts []Encoding, added int) error {
	if added > c.Most {
		return fmt.Errorf("tokenize: truncation: max_length is %d, and %d tokens are put around the text", c.Most, added)
	}
	most, total := c.Most-added, 0
	for _, e := range texts {
		total += len(e.IDs)
	}
	if total <= most {
		return nil
	}
	first := len(texts[0].IDs)
	switch {
	case c.Strategy == "LongestFirst" && len(texts) == 1:
		c.shorten(&texts[0], most)
	case c.Strategy == "LongestFirst":
		a, b := shares(first, len(texts[1].IDs), most)
		c.shorten(&texts[0], a)
		c.shorten(&texts[1], b)
	default:
		at := 0
		if c.Strategy == "OnlySecond" {
			if at = 1; len(texts) < 2 {
				return errors.New("tokenize: truncation: the strategy is OnlySecond, and there is one text")
			}
		}
		n := len(texts[at].IDs) - (total - most)
		if n <= 0 && most > 0 {
			return fmt.Errorf("tokenize: truncation: the text that the strategy %s shortens has %d tokens, and %d are too many", c.Strategy, len(texts[at].IDs), total-most)
		}
		c.shorten(&texts[at], n)
	}
	return nil
}

// shares is what two texts keep of their a and b tokens: the longer one gives first (Hugging Face's truncate_encodings).
func shares(a, b, most int) (int, int) {
	if a > b {
		b, a = shares(b, a, most)
		return a, b
	}
	if a > most {
		b = a
	} else {
		b = max(a, most-a)
	}
	if a+b > most {
		a = most / 2
		b = a + most%2
	}
	return a, b
}

func (c *truncation) shorten(e *Encoding, n int) {
	n = min(max(n, 0), len(e.IDs))
	from, to := 0, n
	if c.Direction == "Left" {
		from, to = len(e.IDs)-n, len(e.IDs)
	}
	e.IDs, e.Offsets, e.Types, e.Special = e.IDs[from:to], e.Offsets[from:to], e.Types[from:to], e.Special[from:to]
}

// fill adds padding.
func (p *padding) fill(e *Encoding) {
	n := p.fixed
	if !p.isFixed {
		n = len(e.IDs)
	}
	if p.Multiple != nil && *p.Multiple > 0 && n%*p.Multiple != 0 {
		n += *p.Multiple - n%*p.Multiple
	}
	more := n - len(e.IDs)
	if more <= 0 {
		return
	}
	var pad Encoding
	for range more {
		pad.add(p.ID, [2]int{}, p.Type, true)
	}
	if p.Direction == "Left" {
		pad.join(*e)
		pad.PadLeft = more
		*e = pad
		return
	}
	e.join(pad)
	e.PadRight = more
}
