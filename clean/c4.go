package clean

import (
	"bytes"
	"errors"

	"github.com/seed-83c59573/quern"
)

const (
	c4Lorem     quern.Verdict = "clean.c4.lorem_ipsum"
	c4Brace     quern.Verdict = "clean.c4.curly_bracket"
	c4Sentences quern.Verdict = "clean.c4.few_sentences"
)

// C4 is the line and page filter of C4 (Raffel et al. 2020, arXiv 1910.10683, section 2.2), as datatrove reads it. It rewrites the
// text: only good lines stay, trimmed and without citation marks.
type C4 struct {
	MinSentences    int  `yaml:"min_sentences"`    // in the lines that stay
	MinLineWords    int  `yaml:"min_line_words"`   // words apart by space
	MaxWordChars    int  `yaml:"max_word_chars"`   // a line with a longer one goes; 0 = off
	RemoveCitations bool `yaml:"remove_citations"` // [12], [edit], [citation needed]
	EndPunctuation  bool `yaml:"end_punctuation"`  // a line must end in . ? ! " ' and not in an ellipsis; FineWeb turns this off
	DropLoremIpsum  bool `yaml:"drop_lorem_ipsum"` // drop the document
	DropCurly       bool `yaml:"drop_curly"`       // drop the document on "{"
	CutJavascript   bool `yaml:"cut_javascript"`   // cut lines that name it
	CutPolicy       bool `yaml:"cut_policy"`       // cut lines on privacy, cookies and terms of use
}

var c4Facts = []Fact{count("c4.lines"), count("c4.kept_lines"), count("c4.sentences"), count("c4.long_word_lines"), count("c4.no_end_lines"),
	count("c4.short_lines"), count("c4.javascript_lines"), count("c4.policy_lines"), count("c4.lorem_ipsum"), count("c4.braces")}

// DefaultC4 turns everything on, with the numbers of the paper: 5 sentences, 3 words a line.
func DefaultC4() C4 {
	return C4{MinSentences: 5, MinLineWords: 3, MaxWordChars: 1000, RemoveCitations: true, EndPunctuation: true, DropLoremIpsum: true,
		DropCurly: true, CutJavascript: true, CutPolicy: true}
}

// Stage builds the rule. It marks "c4.*" facts, counts of lines by the check that cut them, and gives "clean.c4.*" verdicts.
func (o C4) Stage() (quern.Stage, error) {
	if o.MinSentences < 0 || o.MinLineWords < 0 || o.MaxWordChars < 0 {
		return nil, errors.New("clean: c4: a limit is negative")
	}
	return newJudged(&c4{opt: o, again: new(scanner), bounds: newBounds(o.Limits())}), nil
}

// Limits are the bounds in the order in which they rule.
func (o C4) Limits() []Limit {
	return []Limit{
		most("c4.lorem_ipsum", 0, c4Lorem),
		most("c4.braces", 0, c4Brace),
		least("c4.sentences", float64(o.MinSentences), c4Sentences),
	}
}

type c4 struct {
	opt C4
	bounds
	out   []byte   // the lines that stay, each with a line feed
	clean []byte   // a line without citations
	again *scanner // of such lines
	first quern.Verdict
	// Counts of lines, by the first check that each fails; sentences are those of the lines that stay.
	kept, sentences, longWord, noEnd, short, lorem, javascript, braces, policy int
}

func (j *c4) needs() needs { return 0 }

func (j *c4) measure(s *scanner, d *quern.Doc) {
	*j = c4{opt: j.opt, bounds: j.bounds, out: j.out[:0], clean: j.clean, again: j.again}
	for i := range s.breaks {
		j.line(s, &s.breaks[i])
	}
	d.Mark("c4.lines", float64(len(s.breaks)))
	d.Mark("c4.kept_lines", float64(j.kept))
	d.Mark("c4.sentences", float64(j.sentences))
	d.Mark("c4.long_word_lines", float64(j.longWord))
	d.Mark("c4.no_end_lines", float64(j.noEnd))
	d.Mark("c4.short_lines", float64(j.short))
	d.Mark("c4.javascript_lines", float64(j.javascript))
	d.Mark("c4.policy_lines", float64(j.policy))
	// The peer stops at the first of the two, so only that one is a fact.
	lorem, braces := j.lorem, j.braces
	if j.first == c4Lorem {
		braces = 0
	} else {
		lorem = 0
	}
	d.Mark("c4.lorem_ipsum", float64(lorem))
	d.Mark("c4.braces", float64(braces))
}

// line takes a line through the peer's checks in the peer's order. Unlike the peer it goes on behind "lorem ipsum" and "{", so
// that the facts do not depend on them; the verdict is that of the first.
func (j *c4) line(s *scanner, l *line) {
	o := &j.opt
	from, to := int(l.trimFrom), int(l.trimTo)
	text := s.text[padding:][from:to]
	if o.MaxWordChars > 0 && to-from > o.MaxWordChars && s.longWord(from, to, o.MaxWordChars) {
		j.longWord++
		return
	}
	flags, bracket := s.phrasesIn(from, to)
	cited := false
	if bracket && o.RemoveCitations {
		j.clean = appendUncited(j.clean[:0], text)
		if cited = len(j.clean) != len(text); cited {
			text = j.clean
			flags = phrases(text)
		}
	}
	if o.EndPunctuation && !endsSentence(text) {
		j.noEnd++
		return
	}
	if o.MinLineWords > 0 && s.wordsIn(from, to) < o.MinLineWords {
		j.short++
		return
	}
	if flags&phraseLorem != 0 && o.DropLoremIpsum {
		j.lorem++
		j.drop(c4Lorem)
	}
	if flags&phraseJavascript != 0 && o.CutJavascript {
		j.javascript++
		return
	}
	if flags&phraseBrace != 0 && o.DropCurly {
		j.braces++
		j.drop(c4Brace)
	}
	if flags&phrasePolicy != 0 && o.CutPolicy {
		j.policy++
		return
	}
	if cited {
		j.sentences += j.again.sentencesOf(text, s)
	} else {
		j.sentences += s.sentencesIn(from, to)
	}
	j.kept++
	j.out = append(append(j.out, text...), '\n')
}

func (j *c4) drop(v quern.Verdict) {
	if j.first == quern.Keep {
		j.first = v
	}
}

func (j *c4) rule(d *quern.Doc) (quern.Verdict, bool) {
	if v := j.bounds.judge(d); v != quern.Keep {
		return v, false
	}
	text := trimSpace(j.out)
	if bytes.Equal(text, d.Text) {
		return quern.Keep, false
	}
	d.Text = text
	return quern.Keep, true
}

// trimSpace removes what Python calls space from both ends.
func trimSpace(b []byte) []byte { return bytes.TrimFunc(b, pythonSpace) }

func endsSentence(text []byte) bool {
	if len(text) == 0 {
		return false
	}
	switch text[len(text)-1] {
	case '.':
		return !bytes.HasSuffix(text, []byte("..."))
	case '?', '!', '"', '\'':
		return true
	}
	return false
}
