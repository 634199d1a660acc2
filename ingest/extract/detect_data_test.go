package extract

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/unicode/norm"
)

// written says in which sets pages of a language are found, other than UTF-8.
var written = map[string]string{
	"fr": "windows-1252", "de": "windows-1252", "es": "windows-1252", "pt": "windows-1252", "it": "windows-1252", "sv": "windows-1252",
	"da": "windows-1252", "nb": "windows-1252", "fi": "windows-1252", "ca": "windows-1252", "is": "windows-1252", "nl": "windows-1252",
	"ga": "windows-1252", "sq": "windows-1252", "et": "windows-1252 windows-1257",
	"pl": "windows-1250 iso-8859-2", "cs": "windows-1250 iso-8859-2", "sk": "windows-1250 iso-8859-2", "hu": "windows-1250 iso-8859-2",
	"sl": "windows-1250 iso-8859-2", "hr": "windows-1250 iso-8859-2", "bs": "windows-1250 iso-8859-2", "ro": "windows-1250 iso-8859-2",
	"lt": "windows-1257", "lv": "windows-1257", "tr": "windows-1254", "vi": "windows-1258",
	"ru": "windows-1251 koi8-r iso-8859-5 ibm866 x-mac-cyrillic", "uk": "windows-1251 koi8-u", "bg": "windows-1251 iso-8859-5", "sr": "windows-1251",
	"mk": "windows-1251", "be": "windows-1251", "el": "windows-1253 iso-8859-7", "he": "windows-1255", "ar": "windows-1256 iso-8859-6",
	"th": "windows-874", "zh": "gb18030", "ja": "shift_jis euc-jp iso-2022-jp", "ko": "euc-kr",
}

// TestDetectSentences encodes real sentences in 38 languages in the sets that they are written in, and states nothing. One sentence
// often holds two or three letters that are not ASCII, of which no reader can tell more.
func TestDetectSentences(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/data/langid/lingua/sentences/*.txt")
	if len(files) == 0 {
		t.Skip("the sentences are not here")
	}
	for size, least := range map[int]float64{1: 0.96, 5: 0.985, 20: 0.99} {
		right, all := 0, 0
		for _, f := range files {
			lang := strings.TrimSuffix(filepath.Base(f), ".txt")
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSpace(string(b)), "\n")
			for _, set := range strings.Fields(written[lang]) {
				for i := 0; i+size <= min(len(lines), 200); i += size {
					text := strings.Join(lines[i:i+size], "\n")
					raw, ok := encoded(t, &text, lang, set)
					if !ok {
						continue
					}
					all++
					got, taken, err := Decode(nil, raw, "")
					if err == nil && string(got) == text {
						right++
					} else if size == 20 {
						t.Logf("%s in %s was taken for %s", lang, set, taken)
					}
				}
			}
		}
		t.Logf("%d sentences a page: %d of %d", size, right, all)
		if float64(right) < least*float64(all) {
			t.Errorf("%d sentences a page: %d of %d were decoded to themselves", size, right, all)
		}
	}
}

// encoded writes text in a set, as far as the set has its letters; false if it does not, or if nothing in it is special.
func encoded(t *testing.T, text *string, lang, set string) ([]byte, bool) {
	enc, err := htmlindex.Get(set)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case lang == "vi":
		*text = tones(*text)
	case lang == "ro":
		*text = strings.NewReplacer("ș", "ş", "ț", "ţ", "Ș", "Ş", "Ț", "Ţ").Replace(*text)
	}
	raw, err := enc.NewEncoder().String(*text)
	return []byte(raw), err == nil && raw != *text && (!utf8.ValidString(raw) || set == "iso-2022-jp")
}

// tones divides Vietnamese letters as their set has them: the marks of tones stand alone.
func tones(s string) string {
	var b strings.Builder
	for _, r := range s {
		var letter, tone []rune
		for _, c := range norm.NFD.String(string(r)) {
			switch c {
			case 0x300, 0x301, 0x303, 0x309, 0x323:
				tone = append(tone, c)
			default:
				letter = append(letter, c)
			}
		}
		b.WriteString(norm.NFC.String(string(letter)) + string(tone))
	}
	return b.String()
}
