package tokenize

import (
	"unicode/utf8"
)

// Fertility is how a tokenizer spells texts: sums, which may be added up. A word is what stands between white space.
type Fertility struct {
	Docs      int64 `json:"docs"`
	Bytes     int64 `json:"bytes"`
	Chars     int64 `json:"chars"`
	Words     int64 `json:"words"`
	Continued int64 `json:"continued"` // words that have more than one token
	Tokens    int64 `json:"tokens"`
}

// Add adds o.
func (f *Fertility) Add(o Fertility) {
	f.Docs += o.Docs
	f.Bytes += o.Bytes
	f.Chars += o.Chars
	f.Words += o.Words
	f.Continued += o.Continued
	f.Tokens += o.Tokens
}

// BytesPerToken is how much text an id holds. It and the ratios below are 0 where there is nothing to divide by.
func (f Fertility) BytesPerToken() float64 { return ratio(f.Bytes, f.Tokens) }

// TokensPerWord is what is called fertility.
func (f Fertility) TokensPerWord() float64 { return ratio(f.Tokens, f.Words) }

// TokensPerChar says more where words have no space between, as in Chinese.
func (f Fertility) TokensPerChar() float64 { return ratio(f.Tokens, f.Chars) }

// ContinuedPercent is how many of a hundred words are split.
func (f Fertility) ContinuedPercent() float64 { return 100 * ratio(f.Continued, f.Words) }

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// Gauge measures texts. It belongs to one goroutine.
type Gauge struct {
	t       *Tokenizer
	encoder *Encoder
	ids     []uint32
	starts  []bool // by byte: a token begins there
	classes *classTable
}

// NewGauge makes a gauge.
func (t *Tokenizer) NewGauge() *Gauge {
	return &Gauge{t: t, encoder: t.NewEncoder(), classes: unicodeClasses()}
}

// Measure tells how a text is spelled.
func (g *Gauge) Measure(text []byte) (Fertility, error) {
	f := Fertility{Docs: 1, Bytes: int64(len(text)), Chars: int64(utf8.RuneCount(text))}
	if cap(g.starts) < len(text)+1 {
		g.starts = make([]bool, len(text)+1+len(text)/4)
	}
	g.starts = g.starts[:len(text)+1]
	clear(g.starts)
	if err := g.mark(text, &f); err != nil {
		return Fertility{}, err
	}
	word, split := false, false
	end := func() {
		if word {
			f.Words++
			if split {
				f.Continued++
			}
		}
		word, split = false, false
	}
	for i := 0; i < len(text); {
		c, n := g.classes.at(text, i)
		if c == cSpace || c == cBreak {
			end()
		} else {
			for k := i; k < i+n; k++ {
				split = split || g.starts[k] && (word || k > i)
			}
			word = true
		}
		i += n
	}
	end()
	return f, nil
}

// mark counts the tokens and notes where they begin.
func (g *Gauge) mark(text []byte, f *Fertility) error {
	if g.t.Lossless() { // the bytes of the tokens are the text
		g.ids = g.encoder.Append(g.ids[:0], text)
		at := 0
		for _, id := range g.ids {
			g.starts[min(at, len(text))] = true
			at += len(g.t.Token(id))
		}
		f.Tokens = int64(len(g.ids))
		return g.encoder.Err()
	}
	e, err := g.encoder.Encode(text, EncodeOptions{})
	if err != nil {
		return err
	}
	last := -1
	for _, o := range e.Offsets {
		if o[0] == last && o[1] > last+1 { // one of the bytes of a character
			g.starts[min(o[0]+1, o[1])] = true
		}
		g.starts[o[0]] = true
		last = o[0]
	}
	f.Tokens = int64(len(e.IDs))
	return nil
}
