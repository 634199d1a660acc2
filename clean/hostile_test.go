package clean

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// TestHostileTextsTakeLinearTime runs every stage over texts made to be slow. A stage that is quadratic would take minutes.
func TestHostileTextsTakeLinearTime(t *testing.T) {
	const size = 1 << 17
	stages := map[string]quern.Stage{"facts": everything(t), "pii": piiStage(t), "every pii": everyKind(t), "bad words": badWordsStage(t, nil)}
	for name, b := range map[string]func() (quern.Stage, error){"normalize": DefaultNormalize().Stage, "stack": DefaultStack().Stage,
		"generated": DefaultGenerated().Stage, "mojibake": DefaultMojibake().Stage, "lines": allLines().Stage, "boilerplate": DefaultBoilerplate().Stage,
		"headers": DefaultHeaders().Stage, "headers@dolma": HeadersDolma{}.Stage, "normalize nfkc": thorough().Stage, "pes2o": DefaultPES2O().Stage, "language": Language{Keep: []string{"en", "ru"}}.Stage,
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
		`\x`, `\u00`, "abcdefgh\n", "abcdefghijklmnopqrstuvwxyzabcdefghijkl\n", "中", "中文\n", "é", "\u2028", "’", "a’", "１", "\u0301", "\x00", "\xff", "а ",
		"Ã", "Ã©", "Ãƒ", "â€", "Ð ", "├", "&amp;", "&a", "```\n", "- > ", " | ", "cookie", "©2001 ", "//\n", "/*", "\xed\xa0\xbd\xed\xb8\x80", "\u202e", "\u0344", "\ufdfa",
		"1 ", "1-", "+1", "+1 ", "(1", "4111 ", "2001:", "DE89", "1.1@",
		"://a:", "eyJ", "eyJ.", "-----BEGIN PRIVATE KEY-----", "password=", "token:\"", "#a ", "$1 ", "a,", "www.", "grue ", "snork a "} {
		text := repeat(unit, size/len(unit))
		for name, s := range stages {
			d := &quern.Doc{Text: []byte(text)}
			start := time.Now()
			if _, err := s.Apply(d); err != nil {
				t.Errorf("%s on %q: %v", name, unit, err)
			}
			if took := time.Since(start); took > time.Minute {
				t.Errorf("%s on 128 KB of %q took %v", name, unit, took)
			}
		}
	}
}

// thorough is Normalize with every option on.
func thorough() Normalize {
	o := DefaultNormalize()
	o.Form, o.Invalid, o.Bidi, o.Spaces, o.MaxRun, o.MaxMarks = "nfkc", "replace", true, true, 20, 4
	return o
}

const malformed = "../../shared/fixtures/malformed"

// TestMalformedTexts runs the malformed texts through the rules that repair: what the list of fixtures asks of a file is what
// Normalize says, alone and behind the others, and nothing takes long.
func TestMalformedTexts(t *testing.T) {
	list, err := os.ReadFile(filepath.Join(malformed, "expect.tsv"))
	if err != nil {
		t.Skipf("no malformed texts: %v", err)
	}
	files := 0
	for line := range strings.Lines(string(list)) {
		cell := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(cell) < 5 || !strings.HasPrefix(cell[0], "text/") {
			continue
		}
		files++
		text := readFixture(t, cell[0])
		want := cell[2]
		switch { // what is no business of these rules, or may go either way
		case want == "bounded" && cell[3] != "0", strings.Contains(cell[4], "or skip"), cell[4] == "reason not-text":
			want = ""
		case strings.Contains(cell[4], "empty-text"):
			want = string(empty)
		case strings.Contains(cell[4], "invalid-utf8"):
			want = string(notUTF8)
		case want == "accept":
			want = "kept"
		}
		malformedText(t, cell[0], text, want)
	}
	if files < 40 {
		t.Errorf("only %d malformed texts are listed", files)
	}
}

func malformedText(t *testing.T, name string, text []byte, want string) {
	t.Helper()
	chains := map[string][]func() (quern.Stage, error){
		"normalize":      {DefaultNormalize().Stage},
		"thorough":       {thorough().Stage},
		"mojibake first": {DefaultMojibake().Stage, DefaultNormalize().Stage},
		"all":            {DefaultMojibake().Stage, DefaultNormalize().Stage, allLines().Stage, DefaultBoilerplate().Stage, DefaultHeaders().Stage},
	}
	for chain, stages := range chains {
		d := &quern.Doc{Text: bytes.Clone(text)}
		v, start := quern.Keep, time.Now()
		for _, b := range stages {
			s, err := b()
			if err != nil {
				t.Fatal(err)
			}
			if v, err = s.Apply(d); err != nil {
				t.Fatalf("%s, %s: %v", name, chain, err)
			}
			if v != quern.Keep {
				break
			}
		}
		if took := time.Since(start); took > 2*time.Minute {
			t.Errorf("%s, %s: it takes %v", name, chain, took)
		}
		if v == quern.Keep && !utf8.Valid(d.Text) {
			t.Errorf("%s, %s: kept, and not UTF-8", name, chain)
		}
		if bytes.ContainsRune(d.Text, 0xFEFF) && v == quern.Keep {
			t.Errorf("%s, %s: a byte order mark is left", name, chain)
		}
		if chain == "normalize" && (want == "kept" && v != quern.Keep || want != "kept" && want != "" && string(v) != want) {
			t.Errorf("%s: %q, want %s", name, v, want)
		}
		if chain == "mojibake first" && want == "kept" && v != quern.Keep {
			t.Errorf("%s: dropped as %q behind mojibake", name, v)
		}
	}
}

func readFixture(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(malformed, name))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(name, ".gz") {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return b
}
