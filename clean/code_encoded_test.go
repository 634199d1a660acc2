package clean

import (
	"regexp"
	"testing"
)

// encodedPatterns are those of StarCoder2, which OpenCoder writes in the same way. What \s is in Python is spelled out: Go's has less.
var encodedPatterns = []*regexp.Regexp{
	regexp.MustCompile(`[a-zA-Z0-9+/\n=]{64,}`),
	regexp.MustCompile(`(?:\b(?:0x|\\x)?[0-9a-fA-F]{2}(?:,|\b[\s\v\x1c-\x1f]*)){8,}`),
	regexp.MustCompile(`(?:\\u[0-9a-fA-F]{4}){8,}`),
}

func encodedBySearch(text string) (total, longest int) {
	for _, p := range encodedPatterns {
		for _, m := range p.FindAllString(text, -1) {
			total += len(m)
			longest = max(longest, len(m))
		}
	}
	return total, longest
}

var encodedCases = []string{
	"", repeat("a", 63), repeat("a", 64), "x " + repeat("a", 70) + " " + repeat("b", 64) + ".", repeat("a", 40) + "\n" + repeat("a", 40) + "\n",
	repeat("word\n", 100), repeat("de ad ", 4), repeat("de ad ", 3), "dead beef feed face dead beef feed face", repeat(`\u0041`, 8) + "x",
	repeat(`\u0041`, 7) + "x", repeat(`\\`, 40), repeat("0xab,0xcd,", 9), repeat("0xab, 0xcd, ", 9), `"` + repeat(`\x41`, 12) + `"`,
	"a" + repeat(`\x41`, 12), repeat("41 \n42\t", 8), "0x41,0x42,0x43,0x44,0x45,0x46,0x47,0x4", repeat("0x41,", 8) + "g", repeat("0a ", 8) + "g",
	repeat("12,", 7) + "12", repeat("12,", 7) + "123", repeat("0x", 30), repeat("00", 30) + " " + repeat("00,", 30), repeat(`\uu0041`, 9),
	"de ad de ad de\vad de ad ", "de ad\x1cde ad de\x1fad de ad",
}

func TestEncodedRuns(t *testing.T) {
	found := 0
	for _, text := range encodedCases {
		var s codeScan
		s.text = []byte(text)
		s.needEncoded()
		total, longest := encodedBySearch(text)
		if s.encoded != total || s.encodedRun != longest {
			t.Errorf("%.40q…: %d bytes in runs, longest %d; the patterns find %d, %d", text, s.encoded, s.encodedRun, total, longest)
		}
		if total > 0 {
			found++
		}
	}
	if found < 8 {
		t.Errorf("only %d texts have runs", found)
	}
}

func FuzzEncodedRuns(f *testing.F) {
	for _, text := range encodedCases {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for i := range len(text) {
			if text[i] >= 0x80 {
				return // the patterns take letters beyond ASCII for no part of a word
			}
		}
		var s codeScan
		s.text = []byte(text)
		s.needEncoded()
		if total, longest := encodedBySearch(text); s.encoded != total || s.encodedRun != longest {
			t.Errorf("%q: %d bytes in runs, longest %d; the patterns find %d, %d", text, s.encoded, s.encodedRun, total, longest)
		}
	})
}
