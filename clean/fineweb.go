package clean

import (
	"fmt"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

const (
	finewebEmpty    quern.Verdict = "clean.fineweb.empty"
	finewebEnds     quern.Verdict = "clean.fineweb.end_lines"
	finewebShort    quern.Verdict = "clean.fineweb.short_lines"
	finewebDup      quern.Verdict = "clean.fineweb.dup_chars"
	finewebNewlines quern.Verdict = "clean.fineweb.newlines"
)

// FineWeb is the quality filter that FineWeb adds to Gopher's and C4's (Penedo et al. 2024, arXiv 2406.17557, section 3.6).
// Lines are those with something else than space on them.
type FineWeb struct {
	MinEndLines   float64 `yaml:"min_end_lines"`   // share of lines that end in terminal punctuation of any script
	ExcludeZero   bool    `yaml:"exclude_zero"`    // let a text pass that has no such line at all
	MaxShortLines float64 `yaml:"max_short_lines"` // share of short lines
	ShortLine     int     `yaml:"short_line"`      // a line of at most so many code points is short
	MaxDupChars   float64 `yaml:"max_dup_chars"`   // share of code points in lines that stood before
	MaxNewlines   float64 `yaml:"max_newlines"`    // line feeds per word
}

var finewebFacts = []Fact{count("fineweb.lines"), share("fineweb.end_lines"), share("fineweb.short_lines"), share("fineweb.dup_chars"),
	share("fineweb.newlines")}

// DefaultFineWeb gives the paper's numbers.
func DefaultFineWeb() FineWeb {
	return FineWeb{MinEndLines: 0.12, MaxShortLines: 0.67, ShortLine: 30, MaxDupChars: 0.01, MaxNewlines: 0.3}
}

// Stage builds the rule. It marks "fineweb.*" facts and gives "clean.fineweb.*" verdicts.
func (o FineWeb) Stage() (quern.Stage, error) {
	if !(o.MinEndLines >= 0 && o.MaxShortLines >= 0 && o.MaxDupChars >= 0 && o.MaxNewlines >= 0) || o.ShortLine < 0 {
		return nil, fmt.Errorf("clean: fineweb: a limit is negative")
	}
	return newJudged(&fineweb{short: o.ShortLine, bounds: newBounds(o.Limits())}), nil
}

type fineweb struct {
	bounds
	short int // the longest line that is short, in code points
}

func (j *fineweb) needs() needs { return 0 }

func (j *fineweb) measure(s *scanner, d *quern.Doc) {
	text := s.text[padding:]
	lines, ends, short, dup := 0, 0, 0, 0
	for i := range s.lines {
		l := &s.lines[i]
		if l.trimFrom == l.trimTo {
			continue
		}
		lines++
		if c := text[l.to-1]; c < 0x80 {
			if c == '.' || c == '?' || c == '!' {
				ends++
			}
		} else if r, _ := utf8.DecodeLastRune(text[l.from:l.to]); runes().of(r)&flagEnd != 0 {
			ends++
		}
		if int(l.chars) <= j.short {
			short++
		}
		if l.dup {
			dup += int(l.chars)
		}
	}
	d.Mark("fineweb.lines", float64(lines))
	d.Mark("fineweb.end_lines", ratio(ends, lines))
	d.Mark("fineweb.short_lines", ratio(short, lines))
	d.Mark("fineweb.dup_chars", ratio(dup, s.chars-len(s.newlines)))
	d.Mark("fineweb.newlines", ratio(len(s.newlines), s.words))
}

func (j *fineweb) rule(d *quern.Doc) (quern.Verdict, bool) { return j.bounds.judge(d), false }

// Limits are the bounds in the order in which they rule.
func (o FineWeb) Limits() []Limit {
	ends := least("fineweb.end_lines", o.MinEndLines, finewebEnds)
	ends.ZeroToo = o.ExcludeZero
	return []Limit{
		least("fineweb.lines", 1, finewebEmpty),
		ends,
		most("fineweb.short_lines", o.MaxShortLines, finewebShort),
		most("fineweb.dup_chars", o.MaxDupChars, finewebDup),
		most("fineweb.newlines", o.MaxNewlines, finewebNewlines),
	}
}
