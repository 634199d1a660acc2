package clean

import (
	"fmt"

	"github.com/seed-83c59573/quern"
)

const (
	redLongLine quern.Verdict = "clean.redpajama_code.long_line"
	redMeanLine quern.Verdict = "clean.redpajama_code.mean_line"
	redAlnum    quern.Verdict = "clean.redpajama_code.alphanumeric"
	redTokens   quern.Verdict = "clean.redpajama_code.letters_per_token"
)

// RedPajamaCode is RedPajama's filter for source code as Dolma applies it (allenai/dolma, python/dolma/taggers/code/code_taggers.py):
// lines, letters and digits, letters per token. A token is a run of letters, digits and underscores, or of other characters that are no
// space; as with the peer, which counts the pieces between them, there is one more.
type RedPajamaCode struct {
	MaxLine            int     `yaml:"max_line"`
	MaxMeanLine        float64 `yaml:"max_mean_line"`
	MinAlphanumeric    float64 `yaml:"min_alphanumeric"`
	MinLettersPerToken float64 `yaml:"min_letters_per_token"`
}

var redPajamaCodeFacts = []Fact{count("redpajama_code.max_line"), {"redpajama_code.mean_line", 1, 1e4, 60, true},
	share("redpajama_code.alphanumeric"), scale("redpajama_code.letters_per_token", 0, 10, 50)}

// DefaultRedPajamaCode gives the peer's numbers: 1000, 100, 0.25, 1.5.
func DefaultRedPajamaCode() RedPajamaCode {
	return RedPajamaCode{MaxLine: 1000, MaxMeanLine: 100, MinAlphanumeric: 0.25, MinLettersPerToken: 1.5}
}

// Stage builds the rule. It marks "redpajama_code.*" facts and gives "clean.redpajama_code.*" verdicts.
func (o RedPajamaCode) Stage() (quern.Stage, error) {
	if o.MaxLine < 1 || !(o.MaxMeanLine > 0) {
		return nil, fmt.Errorf("clean: redpajama_code: max_line and max_mean_line must be positive")
	}
	if !(o.MinAlphanumeric >= 0 && o.MinAlphanumeric <= 1) || !(o.MinLettersPerToken >= 0) {
		return nil, fmt.Errorf("clean: redpajama_code: min_alphanumeric must be between 0 and 1, min_letters_per_token not negative")
	}
	return newCodeRules(&redPajamaCode{newBounds(o.Limits())}), nil
}

// Limits are the bounds in the order in which they rule.
func (o RedPajamaCode) Limits() []Limit {
	return []Limit{
		most("redpajama_code.max_line", float64(o.MaxLine), redLongLine),
		most("redpajama_code.mean_line", o.MaxMeanLine, redMeanLine),
		least("redpajama_code.alphanumeric", o.MinAlphanumeric, redAlnum),
		least("redpajama_code.letters_per_token", o.MinLettersPerToken, redTokens),
	}
}

type redPajamaCode struct{ bounds }

func (r *redPajamaCode) judge(s *codeScan, d *quern.Doc) quern.Verdict {
	s.needLines()
	s.needTokens()
	d.Mark("redpajama_code.max_line", float64(s.maxLine))
	d.Mark("redpajama_code.mean_line", ratio(s.lineChars, s.lines))
	d.Mark("redpajama_code.alphanumeric", ratio(s.letters+s.numbers, s.chars))
	d.Mark("redpajama_code.letters_per_token", ratio(s.letters, s.tokens+1))
	return r.bounds.judge(d)
}
