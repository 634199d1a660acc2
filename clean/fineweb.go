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

// DefaultFineWeb gives the paper's numbers.
func DefaultFineWeb() FineWeb {
	return FineWeb{MinEndLines: 0.12, MaxShortLines: 0.67, ShortLine: 30, MaxDupChars: 0.01, MaxNewlines: 0.3}
}

// Stage builds the rule. It marks "fineweb.*" facts and gives "clean.fineweb.*" verdicts.
func (o FineWeb) Stage() (quern.Stage, error) {
	if !(o.MinEndLines >= 0 && o.MaxShortLines >= 0 && o.MaxDupChars >= 0 && o.MaxNewlines >= 0) || o.ShortLine < 0 {
		return nil, fmt.Errorf("clean: fineweb: a limit is negative")
	}
	return newJudged(&fineweb{opt: o}), nil
}

type fineweb struct {
	opt   FineWeb
	lines int
	// shares
	ends, short, dup, newlines float64
}

func (j *fineweb) needsGrams() bool { return false }

func (j *fineweb) measure(s *scanner, d *quern.Doc) {
	text := s.text[padding:]
	ends, short, dup := 0, 0, 0
	j.lines = 0
	for i := range s.lines {
		l := &s.lines[i]
		if l.trimFrom == l.trimTo {
			continue
		}
		j.lines++
		if c := text[l.to-1]; c < 0x80 {
			if c == '.' || c == '?' || c == '!' {
				ends++
			}
		} else if r, _ := utf8.DecodeLastRune(text[l.from:l.to]); runes().of(r)&flagEnd != 0 {
			ends++
		}
		if int(l.chars) <= j.opt.ShortLine {
			short++
		}
		if l.dup {
			dup += int(l.chars)
		}
	}
	j.ends, j.short = ratio(ends, j.lines), ratio(short, j.lines)
	j.dup, j.newlines = ratio(dup, s.chars-len(s.newlines)), ratio(len(s.newlines), s.words)
	d.Mark("fineweb.lines", float64(j.lines))
	d.Mark("fineweb.end_lines", j.ends)
	d.Mark("fineweb.short_lines", j.short)
	d.Mark("fineweb.dup_chars", j.dup)
	d.Mark("fineweb.newlines", j.newlines)
}

func (j *fineweb) rule(d *quern.Doc) (quern.Verdict, bool) {
	o := &j.opt
	switch {
	case j.lines == 0:
		return d.Fail(finewebEmpty, 0, 1), false
	case j.ends < o.MinEndLines && !(j.ends == 0 && o.ExcludeZero):
		return d.Fail(finewebEnds, j.ends, o.MinEndLines), false
	case j.short > o.MaxShortLines:
		return d.Fail(finewebShort, j.short, o.MaxShortLines), false
	case j.dup > o.MaxDupChars:
		return d.Fail(finewebDup, j.dup, o.MaxDupChars), false
	case j.newlines > o.MaxNewlines:
		return d.Fail(finewebNewlines, j.newlines, o.MaxNewlines), false
	}
	return quern.Keep, false
}
