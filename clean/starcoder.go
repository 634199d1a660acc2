package clean

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-83c59573/quern"
)

const (
	starComments quern.Verdict = "clean.starcoder.comments"
	starTokens   quern.Verdict = "clean.starcoder.chars_per_token"
	starVisible  quern.Verdict = "clean.starcoder.visible_text"
	starXML      quern.Verdict = "clean.starcoder.xml_header"
	starDataSize quern.Verdict = "clean.starcoder.data_size"
	starStars    quern.Verdict = "clean.starcoder.stars"
)

// StarCoder is what StarCoder filters besides The Stack's lines and letters (arXiv 2305.06161, section 3; bigcode-project/
// bigcode-dataset, preprocessing/filtering.py): the share of comments, characters per token, the visible text of web pages, XML under
// another name, the size of data, and the stars of the repository.
//
// Of Python the share is that of documentation strings and comments without their #, quotes and indentation, of other languages that
// of comments with all that marks them. The peer counts the tokens of its own tokenizer; here they are estimated by rules, see
// estimateTokens.
type StarCoder struct {
	MinComments      float64            `yaml:"min_comments"`
	MaxComments      float64            `yaml:"max_comments"`
	CommentLanguages []string           `yaml:"comment_languages"` // whose comments are judged; empty = all that are known
	CharsPerToken    map[string]float64 `yaml:"chars_per_token"`   // least, by language
	MinVisible       float64            `yaml:"min_visible"`       // of HTML: more than this share of the text is shown
	MinVisibleChars  int                `yaml:"min_visible_chars"` // of HTML: more characters than this are shown
	XML              []string           `yaml:"xml"`               // extensions that may begin with <?xml version=
	Data             []string           `yaml:"data"`              // extensions of data
	MinDataChars     int                `yaml:"min_data_chars"`
	MaxDataChars     int                `yaml:"max_data_chars"`
	MinStars         int                `yaml:"min_stars"` // "stars" or "max_stars_count" in Doc.Meta, where it is; 0 = off
}

var starCoderFacts = []Fact{share("starcoder.comments"), scale("starcoder.chars_per_token", 0, 10, 50), share("starcoder.visible"),
	count("starcoder.visible_chars"), share("starcoder.xml_header"), count("starcoder.data_chars"), count("starcoder.stars")}

// Measures leaves stars out where they are not asked.
func (o StarCoder) Measures() []Fact {
	if o.MinStars == 0 {
		return starCoderFacts[:len(starCoderFacts)-1]
	}
	return starCoderFacts
}

// DefaultStarCoder gives the peer's numbers. Stars are not judged: StarCoder found that they do harm.
func DefaultStarCoder() StarCoder {
	return StarCoder{
		MinComments: 0.01, MaxComments: 0.8, CommentLanguages: []string{"Python", "Java", "JavaScript"},
		CharsPerToken: map[string]float64{"Python": 2.5, "Java": 2.9, "JavaScript": 2.6},
		MinVisible:    0.2, MinVisibleChars: 100, XML: []string{".xml", ".xsl", ".svg"},
		Data: []string{".json", ".yaml", ".yml"}, MinDataChars: 100, MaxDataChars: 5000,
	}
}

// Stage builds the rule. It marks "starcoder.*" facts, each for the files that it judges, and gives "clean.starcoder.*" verdicts.
func (o StarCoder) Stage() (quern.Stage, error) {
	if !(o.MinComments >= 0 && o.MaxComments >= o.MinComments && o.MinVisible >= 0 && o.MinVisible <= 1) {
		return nil, fmt.Errorf("clean: starcoder: min_comments must not be negative or above max_comments, min_visible between 0 and 1")
	}
	if o.MinVisibleChars < 0 || o.MinDataChars < 0 || o.MaxDataChars < o.MinDataChars || o.MinStars < 0 {
		return nil, fmt.Errorf("clean: starcoder: a number is negative, or data can have no size between %d and %d", o.MinDataChars, o.MaxDataChars)
	}
	r := &starCoder{bounds: newBounds(o.Limits()), least: map[*codeLang]float64{}, stars: o.MinStars > 0}
	var err error
	if r.comments, err = languageSet("starcoder", o.CommentLanguages); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(o.CharsPerToken)) {
		l := codeLanguages().byName[strings.ToLower(name)]
		if l == nil || !(o.CharsPerToken[name] >= 0) {
			return nil, fmt.Errorf("clean: starcoder: chars_per_token of %q: the language is not known, or the number negative", name)
		}
		r.least[l] = o.CharsPerToken[name]
	}
	if r.data, err = newKinds("starcoder", o.Data); err != nil {
		return nil, err
	}
	if r.xml, err = newKinds("starcoder", o.XML); err != nil {
		return nil, err
	}
	return newCodeRules(r), nil
}

// Limits are the bounds in the order in which they rule. The bound on characters per token depends on the language: the fact of a file
// is relative to its language's, so that 1 is the bound.
func (o StarCoder) Limits() []Limit {
	l := []Limit{
		{Fact: "starcoder.comments", Min: o.MinComments, Max: o.MaxComments, Verdict: starComments},
		least("starcoder.chars_per_token", 1, starTokens),
		least("starcoder.visible_chars", float64(o.MinVisibleChars+1), starVisible),
		above("starcoder.visible", o.MinVisible, starVisible),
		most("starcoder.xml_header", 0, starXML),
		{Fact: "starcoder.data_chars", Min: float64(o.MinDataChars), Max: float64(o.MaxDataChars), Verdict: starDataSize},
	}
	if o.MinStars > 0 {
		l = append(l, least("starcoder.stars", float64(o.MinStars), starStars))
	}
	return l
}

// above is a limit that its value itself breaks.
func above(fact string, min float64, v quern.Verdict) Limit {
	return least(fact, math.Nextafter(min, math.Inf(1)), v)
}

type starCoder struct {
	bounds
	comments  map[*codeLang]bool // nil = all
	least     map[*codeLang]float64
	data, xml kinds
	stars     bool
}

func (r *starCoder) judge(s *codeScan, d *quern.Doc) quern.Verdict {
	s.needChars()
	lang := s.file.lang
	if len(lang.style.rules) > 0 && (r.comments == nil || r.comments[lang]) {
		s.needSpans()
		d.Mark("starcoder.comments", ratio(s.plainCommentChr, s.chars))
	}
	if bound := r.least[lang]; bound > 0 {
		d.Mark("starcoder.chars_per_token", ratio(s.chars, estimateTokens(s.text))/bound)
	}
	if lang.name == "html" {
		s.needVisible()
		d.Mark("starcoder.visible_chars", float64(s.visible))
		d.Mark("starcoder.visible", ratio(s.visible, s.chars))
	}
	if !r.xml.has(&s.file) {
		d.Mark("starcoder.xml_header", indicator(s.xmlHeader()))
	}
	if r.data.has(&s.file) {
		d.Mark("starcoder.data_chars", float64(s.chars))
	}
	if r.stars {
		for _, key := range [...]string{"stars", "max_stars_count", "star_count"} {
			if n, ok := metaNumber(d.Meta, key); ok {
				d.Mark("starcoder.stars", n)
				break
			}
		}
	}
	return r.bounds.judge(d)
}

// metaNumber finds the number, perhaps in quotes, under a key at the top of a JSON object.
func metaNumber(meta []byte, key string) (float64, bool) {
	v, ok := metaValue(meta, key)
	if !ok || len(v) > 32 {
		return 0, false
	}
	n, err := strconv.ParseFloat(strings.Trim(string(v), `"`), 64)
	return n, err == nil
}

// estimateTokens guesses how many tokens a byte-pair tokenizer for code makes of a text, where each digit is one: a token for each eight
// letters of a word that are begun, for each digit, for each two signs of a run that are begun, for each run of white space beyond one
// blank, and for each character beyond ASCII.
func estimateTokens(text []byte) int {
	n := 0
	for i := 0; i < len(text); {
		c, from := text[i], i
		switch {
		case (c|0x20)-'a' < 26:
			for i++; i < len(text) && (text[i]|0x20)-'a' < 26; i++ {
			}
			n += (i - from + 7) / 8
		case c-'0' < 10:
			i++
			n++
		case tokenClass[c] == 0:
			for i++; i < len(text) && tokenClass[text[i]] == 0; i++ {
			}
			if i-from > 1 || c == '\n' {
				n++
			}
		case c >= 0x80:
			for i++; i < len(text) && text[i]-0x80 < 0x40; i++ {
			}
			n++
		default:
			for i++; i < len(text) && tokenClass[text[i]] != 0 && !isAlnum(text[i]) && text[i] < 0x80; i++ {
			}
			n += (i - from + 1) / 2
		}
	}
	return n
}
