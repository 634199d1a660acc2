package clean

import (
	"bytes"
	"errors"

	"github.com/seed-83c59573/quern"
)

const c4FewParagraphs quern.Verdict = "clean.c4_paragraphs.few"

// C4Paragraphs wants some long lines: the paragraph filter in the code of C4 (TensorFlow Datasets, c4_utils.py), as datatrove's
// C4ParagraphFilter has it.
type C4Paragraphs struct {
	MinLong  int `yaml:"min_long"`  // long lines
	MinChars int `yaml:"min_chars"` // code points that make a line long
}

var c4ParagraphsFacts = []Fact{count("c4_paragraphs.long")}

// DefaultC4Paragraphs wants three lines of 200 code points.
func DefaultC4Paragraphs() C4Paragraphs { return C4Paragraphs{MinLong: 3, MinChars: 200} }

// Limits is the one bound.
func (o C4Paragraphs) Limits() []Limit {
	return []Limit{least("c4_paragraphs.long", float64(o.MinLong), c4FewParagraphs)}
}

// Stage builds the rule. It marks "c4_paragraphs.long" and gives "clean.c4_paragraphs.few".
func (o C4Paragraphs) Stage() (quern.Stage, error) {
	if o.MinLong < 0 || o.MinChars < 0 {
		return nil, errors.New("clean: c4_paragraphs: a limit is negative")
	}
	return &c4Paragraphs{newBounds(o.Limits()), o.MinChars}, nil
}

type c4Paragraphs struct {
	bounds
	chars int
}

func (s *c4Paragraphs) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	long := 0
	for text, more := d.Text, true; more; {
		line := text
		var end int
		if end = bytes.IndexByte(text, '\n'); end >= 0 {
			line, text = text[:end], text[end+1:]
		}
		more = end >= 0
		if len(line) >= s.chars && codePoints(line) >= s.chars {
			long++
		}
	}
	d.Mark("c4_paragraphs.long", float64(long))
	return s.judge(d), nil
}
