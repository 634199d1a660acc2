package tokenize

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// TestClassesEqualPeers holds the classes of all code points to those that tiktoken and Hugging Face's tokenizers have.
func TestClassesEqualPeers(t *testing.T) {
	b, err := os.ReadFile("testdata/unicode.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Unicode string
		Classes map[string]struct {
			Count  int
			SHA256 string
		}
	}
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	if golden.Unicode != UnicodeVersion || !strings.HasPrefix(classRuns, "Unicode "+UnicodeVersion+"\n") {
		t.Errorf("tables are of %.20q and golden of %s, want %s", classRuns, golden.Unicode, UnicodeVersion)
	}
	in := map[string][]uint8{`\s`: {cSpace, cBreak}, `\p{L}`: {cLower, cUpper, cCaseless}, `\p{Ll}`: {cLower}, `[\p{Lu}\p{Lt}]`: {cUpper},
		`[\p{Lm}\p{Lo}]`: {cCaseless}, `\p{N}`: {cNumber}, `\p{M}`: {cMark}, `[\p{P}\p{S}]`: {cSymbol}}
	if len(golden.Classes) != len(in) {
		t.Errorf("%d classes, want %d", len(golden.Classes), len(in))
	}
	table := unicodeClasses()
	for pattern, classes := range in {
		var all []byte
		for r := rune(0); r <= unicode.MaxRune; r++ {
			if utf8.ValidRune(r) && strings.Contains(string(classes), string(table.rune(r))) {
				all = binary.LittleEndian.AppendUint32(all, uint32(r))
			}
		}
		want := golden.Classes[pattern]
		if sum := sha256.Sum256(all); len(all)/4 != want.Count || hex.EncodeToString(sum[:]) != want.SHA256 {
			t.Errorf("%s: %d code points, want %d", pattern, len(all)/4, want.Count)
		}
	}
}

// TestClassesEqualGo compares them with this Go release's, as far as it knows the characters.
func TestClassesEqualGo(t *testing.T) {
	table := unicodeClasses()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.Is(unicode.Cn, r) {
			continue // not assigned, for this release
		}
		want := uint8(cOther)
		switch {
		case r == '\r' || r == '\n':
			want = cBreak
		case unicode.Is(unicode.White_Space, r):
			want = cSpace
		case unicode.Is(unicode.Ll, r):
			want = cLower
		case unicode.In(r, unicode.Lu, unicode.Lt):
			want = cUpper
		case unicode.IsLetter(r):
			want = cCaseless
		case unicode.IsNumber(r):
			want = cNumber
		case unicode.IsMark(r):
			want = cMark
		case unicode.IsPunct(r), unicode.IsSymbol(r):
			want = cSymbol
		}
		if got := table.rune(r); got != want {
			t.Errorf("%U: class %d, Go has %d", r, got, want)
		}
	}
}
