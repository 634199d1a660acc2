package clean

import (
	"testing"
	"time"

	"github.com/seed-83c59573/quern"
)

// TestHostileTextsTakeLinearTime runs every stage over texts made to be slow. A stage that is quadratic would take minutes.
func TestHostileTextsTakeLinearTime(t *testing.T) {
	const size = 1 << 17
	stages := map[string]quern.Stage{"facts": everything(t), "pii": piiStage(t), "every pii": everyKind(t), "bad words": badWordsStage(t, nil)}
	for name, b := range map[string]func() (quern.Stage, error){"normalize": DefaultNormalize().Stage, "stack": DefaultStack().Stage,
		"generated": DefaultGenerated().Stage, "pes2o": DefaultPES2O().Stage, "language": Language{Keep: []string{"en", "ru"}}.Stage,
		"secrets": DefaultSecrets().Stage, "spam": DefaultSpam().Stage, "c4_paragraphs": DefaultC4Paragraphs().Stage} {
		s, err := b()
		stages[name] = build(t, s, err)
	}
	for _, name := range codeRuleNames {
		stages[name] = codeChain(t, true, name)
	}
	for _, l := range paperConfigs(t) {
		s, err := l.Config.Stage()
		stages[l.Name] = build(t, s, err)
	}
	for _, unit := range []string{"a ", "a", "\n", "\n \n", ".", "1.", "1.1.1.1.", "@", "a@", "a.", "a@b-", "[", "[1", "[1]", "va", "ki", "ja", "de ", "0x",
		`\x`, `\u00`, "abcdefgh\n", "abcdefghijklmnopqrstuvwxyzabcdefghijkl\n", "中", "中文\n", "é", "\u2028", "’", "a’", "１", "\u0301", "\x00", "\xff", "а ", "1 ", "1-", "+1", "+1 ", "(1", "4111 ", "2001:", "DE89", "1.1@",
		"://a:", "eyJ", "eyJ.", "-----BEGIN PRIVATE KEY-----", "password=", "token:\"", "#a ", "$1 ", "a,", "www.", "grue ", "snork a "} {
		text := repeat(unit, size/len(unit))
		for name, s := range stages {
			d := &quern.Doc{Text: []byte(text)}
			start := time.Now()
			if _, err := s.Apply(d); err != nil {
				t.Errorf("%s on %q: %v", name, unit, err)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("%s on 128 KB of %q took %v", name, unit, took)
			}
		}
	}
}
