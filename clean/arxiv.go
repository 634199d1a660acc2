package clean

import (
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

const (
	arxivAlnum    quern.Verdict = "clean.arxiv.alphanumeric"
	arxivMeanLine quern.Verdict = "clean.arxiv.mean_line"
	arxivLongLine quern.Verdict = "clean.arxiv.long_line"
	arxivSpecial  quern.Verdict = "clean.arxiv.special"
	arxivLong     quern.Verdict = "clean.arxiv.too_long"
	arxivWords    quern.Verdict = "clean.arxiv.words"
	arxivCharRep  quern.Verdict = "clean.arxiv.repeated_characters"
	arxivWordRep  quern.Verdict = "clean.arxiv.repeated_words"
)

// Arxiv is data-juicer's recipe for arXiv (configs/data_juicer_recipes/redpajama-arxiv-refine.yaml) without its models of perplexity and
// flagged words. Words are apart by blanks, tabs and line feeds, and stripped of special characters; the peer asks a SentencePiece
// model for them. Lines are Python's str.splitlines.
type Arxiv struct {
	MinAlphanumeric float64 `yaml:"min_alphanumeric"` // share of letters and digits
	MaxAlphanumeric float64 `yaml:"max_alphanumeric"`
	MaxMeanLine     float64 `yaml:"max_mean_line"` // characters, line ends among them, per line
	MaxLine         int     `yaml:"max_line"`
	MaxSpecial      float64 `yaml:"max_special"` // share of punctuation, digits, white space, symbols, emoji
	MaxChars        int     `yaml:"max_chars"`   // a longer text is not searched for repeats
	MinWords        int     `yaml:"min_words"`
	MaxWords        int     `yaml:"max_words"`
	CharGram        int     `yaml:"char_gram"` // length of the runs of characters whose repeats are counted
	MaxCharRep      float64 `yaml:"max_char_rep"`
	WordGram        int     `yaml:"word_gram"`
	MaxWordRep      float64 `yaml:"max_word_rep"`
}

var arxivFacts = []Fact{share("arxiv.alphanumeric"), {"arxiv.mean_line", 1, 1e4, 60, true}, count("arxiv.max_line"), share("arxiv.special"),
	count("arxiv.chars"), count("arxiv.words"), share("arxiv.char_rep"), share("arxiv.word_rep")}

// DefaultArxiv gives the peer's numbers.
func DefaultArxiv() Arxiv {
	return Arxiv{MinAlphanumeric: 0.516, MaxAlphanumeric: 0.915, MaxMeanLine: 682, MaxLine: 4000, MaxSpecial: 0.6, MaxChars: 350_000,
		MinWords: 20, MaxWords: 100_000, CharGram: 10, MaxCharRep: 0.3, WordGram: 10, MaxWordRep: 0.574}
}

// Stage builds the rule. It marks "arxiv.*" facts and gives "clean.arxiv.*" verdicts.
func (o Arxiv) Stage() (quern.Stage, error) {
	if o.MaxChars < 1 || o.MaxChars > maxText || o.CharGram < 1 || o.WordGram < 1 {
		return nil, fmt.Errorf("clean: arxiv: max_chars must be from 1 to %d, char_gram and word_gram positive", maxText)
	}
	for _, l := range o.Limits() {
		if l.Min != l.Min || l.Max != l.Max || l.Max < 0 || l.Max < l.Min {
			return nil, fmt.Errorf("clean: arxiv: the bounds of %s, %v and %v, let nothing pass", l.Fact, l.Min, l.Max)
		}
	}
	return &arxiv{bounds: newBounds(o.Limits()), opt: o}, nil
}

// Limits are the bounds in the order in which they rule.
func (o Arxiv) Limits() []Limit {
	return []Limit{
		most("arxiv.chars", float64(o.MaxChars), arxivLong),
		{Fact: "arxiv.alphanumeric", Min: o.MinAlphanumeric, Max: o.MaxAlphanumeric, Verdict: arxivAlnum},
		most("arxiv.mean_line", o.MaxMeanLine, arxivMeanLine),
		most("arxiv.max_line", float64(o.MaxLine), arxivLongLine),
		most("arxiv.special", o.MaxSpecial, arxivSpecial),
		{Fact: "arxiv.words", Min: float64(o.MinWords), Max: float64(o.MaxWords), Verdict: arxivWords},
		most("arxiv.char_rep", o.MaxCharRep, arxivCharRep),
		most("arxiv.word_rep", o.MaxWordRep, arxivWordRep),
	}
}

type arxiv struct {
	bounds
	opt    Arxiv
	scan   codeScan // for characters and lines
	counts hashCounts
	ring   []rune
	hashes []uint64
	often  []int32
}

func (s *arxiv) Apply(d *quern.Doc) (quern.Verdict, error) {
	if len(d.Text) > math.MaxInt32 {
		return d.Fail(arxivLong, float64(len(d.Text)), math.MaxInt32), nil
	}
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	s.scan.text, s.scan.done = d.Text, 0
	s.scan.needLines()
	c := &s.scan
	d.Mark("arxiv.chars", float64(c.chars))
	d.Mark("arxiv.alphanumeric", ratio(c.letters+c.numbers, c.chars))
	d.Mark("arxiv.mean_line", ratio(c.chars, c.lines))
	d.Mark("arxiv.max_line", float64(c.maxLine))
	d.Mark("arxiv.special", ratio(specialChars(c), c.chars))
	s.cutWords(d.Text)
	d.Mark("arxiv.words", float64(len(s.hashes)))
	if c.chars <= s.opt.MaxChars {
		d.Mark("arxiv.char_rep", s.charRepeats(d.Text, c.chars))
		d.Mark("arxiv.word_rep", s.wordRepeats())
	}
	return s.bounds.judge(d), nil
}

func specialChars(s *codeScan) (n int) {
	set := specialSet()
	for c := range rune(0x80) {
		if isSpecial(set, c) {
			n += int(s.hist[c])
		}
	}
	if s.ascii {
		return n
	}
	for i := 0; i < len(s.text); {
		if s.text[i] < 0x80 {
			i++
			continue
		}
		r, size := utf8.DecodeRune(s.text[i:])
		i += size
		if isSpecial(set, r) {
			n++
		}
	}
	return n
}

// cutWords takes the identities of words in lower case, without the special characters around them; what has no others is no word.
func (s *arxiv) cutWords(text []byte) {
	s.hashes = s.hashes[:0]
	set := specialSet()
	for i := 0; i < len(text); {
		if c := text[i]; c == ' ' || c == '\n' || c == '\t' {
			i++
			continue
		}
		h, at, any := uint64(mul1), uint64(0), false // at: the identity up to the last character that is not special
		for i < len(text) && text[i] != ' ' && text[i] != '\n' && text[i] != '\t' {
			r, n := rune(text[i]), 1
			if r >= utf8.RuneSelf {
				r, n = utf8.DecodeRune(text[i:])
			}
			i += n
			special := isSpecial(set, r)
			if special && !any {
				continue
			}
			h = fold(h^uint64(lowerRune(r)), mul2)
			if !special {
				at, any = h, true
			}
		}
		if any {
			s.hashes = append(s.hashes, at)
		}
	}
}

// charRepeats is the share of the most frequent runs of characters, at most √(their kinds) of those that stand more than once.
func (s *arxiv) charRepeats(text []byte, chars int) float64 {
	n := s.opt.CharGram
	if chars < n {
		return 0
	}
	s.counts.reset(chars - n + 1)
	if cap(s.ring) < n {
		s.ring = make([]rune, n)
	}
	ring := s.ring[:n]
	pow := uint64(1) // mul0 to the power of n
	for range n {
		pow *= mul0
	}
	h, k := uint64(0), 0
	for i := 0; i < len(text); k++ {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text[i:])
		}
		i += size
		h = h*mul0 + uint64(r) + 1
		at := k % n
		if k >= n {
			h -= pow * (uint64(ring[at]) + 1)
		}
		ring[at] = r
		if k >= n-1 {
			s.counts.add(fold(h, mul1))
		}
	}
	s.often = s.often[:0]
	kinds, total := 0, chars-n+1
	for _, c := range s.counts.slots {
		if c.count > 0 {
			kinds++
		}
		if c.count > 1 {
			s.often = append(s.often, c.count)
		}
	}
	slices.Sort(s.often)
	most := min(int(math.Sqrt(float64(kinds))), len(s.often))
	sum := 0
	for _, c := range s.often[len(s.often)-most:] {
		sum += int(c)
	}
	return ratio(sum, total)
}

// wordRepeats is the share of the n-grams of words that stand more than once.
func (s *arxiv) wordRepeats() float64 {
	n := s.opt.WordGram
	total := len(s.hashes) - n + 1
	if total < 1 {
		return 0
	}
	s.counts.reset(total)
	for i := range total {
		h := uint64(mul1)
		for _, w := range s.hashes[i : i+n] {
			h = fold(h^w, mul2)
		}
		s.counts.add(h)
	}
	sum := 0
	for _, c := range s.counts.slots {
		if c.count > 1 {
			sum += int(c.count)
		}
	}
	return ratio(sum, total)
}
