package tokenize

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Encoding is a text as ids, and where they come from.
type Encoding struct {
	IDs     []uint32
	Offsets [][2]int // of each id, in bytes of the text; both 0 for what no text stands behind
	Types   []uint32 // 0 for the first text, 1 for the second, as the template has it
	Special []bool   // set around the text by the template, or padding

	PadLeft, PadRight int // how many ids at either end are padding
}

func (e *Encoding) add(id uint32, offsets [2]int, kind uint32, special bool) {
	e.IDs, e.Offsets = append(e.IDs, id), append(e.Offsets, offsets)
	e.Types, e.Special = append(e.Types, kind), append(e.Special, special)
}

func (e *Encoding) join(o Encoding) {
	e.IDs, e.Offsets = append(e.IDs, o.IDs...), append(e.Offsets, o.Offsets...)
	e.Types, e.Special = append(e.Types, o.Types...), append(e.Special, o.Special...)
}

// poster finishes the encodings of one text or two; special says whether tokens are put around them.
type poster interface {
	finish(t *Tokenizer, texts []Encoding, special bool) []Encoding
}

func newPoster(p *hfPart) (poster, error) {
	if p == nil {
		return posters{}, nil
	}
	switch p.Type {
	case "Sequence":
		var all posters
		for i := range p.Processors {
			one, err := newPoster(&p.Processors[i])
			if err != nil {
				return nil, err
			}
			all = append(all, one)
		}
		return all, nil
	case "ByteLevel":
		return trimmer{p.TrimOffsets == nil || *p.TrimOffsets, p.AddPrefixSpace == nil || *p.AddPrefixSpace}, nil
	case "TemplateProcessing":
		return newTemplate(p)
	case "BertProcessing", "RobertaProcessing":
		return newPairing(p)
	}
	return nil, fmt.Errorf("tokenize: unknown post_processor %q", p.Type)
}

type posters []poster

func (ps posters) finish(t *Tokenizer, texts []Encoding, special bool) []Encoding {
	for _, p := range ps {
		texts = p.finish(t, texts, special)
	}
	return texts
}

// trimmer takes white space out of what tokens stand for. The space that add_prefix_space put in is no such.
type trimmer struct{ trim, prefixed bool }

func (p trimmer) finish(t *Tokenizer, texts []Encoding, _ bool) []Encoding {
	if !p.trim {
		return texts
	}
	for _, e := range texts {
		for i, id := range e.IDs {
			lead, trail := spacesAround(t.Token(id))
			o := &e.Offsets[i]
			if lead == 1 && p.prefixed && (i == 0 || o[0] == 0) {
				lead = 0
			}
			o[0] = min(o[0]+lead, o[1])
			if trail > 0 && o[1] >= trail {
				o[1] = max(o[1]-trail, o[0])
			}
		}
	}
	return texts
}

// spacesAround counts the characters of white space at either end of a token's bytes; each is one byte in nearly all that there are.
func spacesAround(b []byte) (lead, trail int) {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if !unicode.IsSpace(r) {
			break
		}
		lead += n
		i += n
	}
	for i := len(b); i > 0; {
		r, n := utf8.DecodeLastRune(b[:i])
		if !unicode.IsSpace(r) {
			break
		}
		trail += n
		i -= n
	}
	return lead, trail
}

// template puts tokens around and between texts.
type template struct{ single, pair []templatePart }

// templatePart is a text, or some tokens.
type templatePart struct {
	text int // 0 or 1; -1 = tokens
	ids  []uint32
	kind uint32
}

// hfTemplatePart is a part of a template as tokenizer.json spells it.
type hfTemplatePart struct {
	Sequence *struct {
		ID   string `json:"id"`
		Type uint32 `json:"type_id"`
	} `json:"Sequence"`
	Special *struct {
		ID   string `json:"id"`
		Type uint32 `json:"type_id"`
	} `json:"SpecialToken"`
}

func newTemplate(p *hfPart) (*template, error) {
	t := &template{}
	for _, side := range []struct {
		name string
		from []hfTemplatePart
		to   *[]templatePart
	}{{"single", p.Single, &t.single}, {"pair", p.Pair, &t.pair}} {
		ids, seen := 0, [2]bool{}
		for _, part := range side.from {
			switch {
			case part.Sequence != nil && (part.Sequence.ID == "A" || part.Sequence.ID == "B"):
				at := part.Sequence.ID[0] - 'A'
				if seen[at] {
					return nil, fmt.Errorf("tokenize: TemplateProcessing: %s has the Sequence %s twice", side.name, part.Sequence.ID)
				}
				seen[at] = true
				*side.to = append(*side.to, templatePart{text: int(part.Sequence.ID[0] - 'A'), kind: part.Sequence.Type})
			case part.Special != nil:
				s, ok := p.SpecialTokens[part.Special.ID]
				if !ok {
					return nil, fmt.Errorf("tokenize: TemplateProcessing: %s names the token %q, which special_tokens lacks", side.name, part.Special.ID)
				}
				if ids += len(s.IDs); ids > maxTemplate {
					return nil, fmt.Errorf("tokenize: TemplateProcessing: %s puts %d tokens around texts, at most %d", side.name, ids, maxTemplate)
				}
				*side.to = append(*side.to, templatePart{text: -1, ids: s.IDs, kind: part.Special.Type})
			default:
				return nil, fmt.Errorf("tokenize: TemplateProcessing: %s has a part that is neither a Sequence A or B nor a SpecialToken", side.name)
			}
		}
	}
	return t, nil
}

func (p *template) finish(_ *Tokenizer, texts []Encoding, special bool) []Encoding {
	parts := p.single
	if len(texts) > 1 {
		parts = p.pair
	}
	var out Encoding
	for _, part := range parts {
		switch {
		case part.text < 0 && special:
			for _, id := range part.ids {
				out.add(id, [2]int{}, part.kind, true)
			}
		case part.text >= 0 && part.text < len(texts):
			e := texts[part.text]
			for i := range e.Types {
				e.Types[i] = part.kind
			}
			out.join(e)
		}
	}
	return []Encoding{out}
}

// pairing is what BERT and RoBERTa put around one text or two.
type pairing struct {
	first, last uint32
	roberta     bool
	trim        trimmer
}

func newPairing(p *hfPart) (*pairing, error) {
	id := func(raw json.RawMessage) (uint32, error) {
		var pair []any
		if err := json.Unmarshal(raw, &pair); err != nil || len(pair) != 2 {
			return 0, errors.New("want a token and its id")
		}
		n, ok := pair[1].(float64)
		if !ok || n < 0 || n >= maxVocab || n != float64(uint32(n)) {
			return 0, fmt.Errorf("%v is no id", pair[1])
		}
		return uint32(n), nil
	}
	first, err := id(p.Cls)
	if err != nil {
		return nil, fmt.Errorf("tokenize: %s: cls: %w", p.Type, err)
	}
	last, err := id(p.Sep)
	if err != nil {
		return nil, fmt.Errorf("tokenize: %s: sep: %w", p.Type, err)
	}
	return &pairing{first, last, p.Type == "RobertaProcessing",
		trimmer{p.Type == "RobertaProcessing" && (p.TrimOffsets == nil || *p.TrimOffsets), p.AddPrefixSpace == nil || *p.AddPrefixSpace}}, nil
}

func (p *pairing) finish(t *Tokenizer, texts []Encoding, special bool) []Encoding {
	texts = p.trim.finish(t, texts, special)
	var out Encoding
	for i, e := range texts {
		kind := uint32(i)
		if p.roberta {
			kind = 0
		}
		for k := range e.Types {
			e.Types[k] = kind
		}
		switch {
		case special && i == 0:
			out.add(p.first, [2]int{}, kind, true)
		case special && p.roberta:
			out.add(p.last, [2]int{}, kind, true)
		}
		out.join(e)
		if special {
			out.add(p.last, [2]int{}, kind, true)
		}
	}
	return []Encoding{out}
}
