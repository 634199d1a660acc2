package lid

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"

	"github.com/seed-83c59573/quern/clean/lid/gram"
)

// languagesOf lists the languages of a script in which we tell several apart.
func languagesOf(s script) []string {
	if !several[s] {
		return nil
	}
	return byScript()[s]
}

var byScript = sync.OnceValue(func() *[scripts][]string {
	t := new([scripts][]string)
	for s := range scripts {
		if several[s] {
			for _, l := range gram.Of(class[s]).Langs {
				t[s] = append(t[s], name(l))
			}
		}
	}
	return t
})

// Languages lists every code that Identify can give, sorted, "und-…" aside.
func Languages() []string {
	var all []string
	for s := range scripts {
		if only[s] != "" {
			all = append(all, only[s])
		}
		all = append(all, languagesOf(s)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Expand gives the codes that a caller's code stands for: "no" is both Norwegian Bokmål and Nynorsk; any other code is itself.
func Expand(code string) []string {
	if code == "no" {
		return []string{"nb", "nn"}
	}
	return []string{code}
}

// FromLabel gives the code for the label of a fastText language model, as lid.176 ("__label__en"), NLLB and GlotLID
// ("__label__eng_Latn") write them: BCP 47's shortest, the language without its script, so "en" for both; for a language without a
// code of two letters that of three, and for a macrolanguage's usual member the macrolanguage's, as "ar" for "arb" and "zh" for
// "cmn". What is no language gives "und".
func FromLabel(label string) string {
	tag := strings.TrimPrefix(label, "__label__")
	tag, _, _ = strings.Cut(tag, "_")
	tag, _, _ = strings.Cut(tag, "-")
	if c, ok := usual[tag]; ok {
		return c
	}
	base, err := language.ParseBase(tag)
	if err != nil {
		return "und"
	}
	return base.String()
}

// usual are codes that data sets write for what the rest of the world knows under another: the usual members of macrolanguages
// (ISO 639-3), and old codes.
var usual = map[string]string{
	"arb": "ar", "cmn": "zh", "zho": "zh", "pes": "fa", "swh": "sw", "zsm": "ms", "lvs": "lv", "ekk": "et", "azj": "az", "uzn": "uz", "khk": "mn",
	"npi": "ne", "ory": "or", "plt": "mg", "als": "sq", "ydd": "yi", "gug": "gn", "quy": "qu", "no": "nb", "nor": "nb", "iw": "he", "in": "id", "ji": "yi",
	"fil": "tl", "kmr": "ku", "pbt": "ps", "fuv": "ff", "knc": "kr", "twi": "ak", "zxx": "und", "und": "und", "mul": "und",
}
