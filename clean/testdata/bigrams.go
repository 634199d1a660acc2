//go:build ignore

// Command bigrams prints the table bigramMisses of garbled.go: for each letter, a bit for each letter that follows it in the words of none of
// 49 languages in Latin script with a share of two in a thousand, or more, of the language's bigrams. It reads sentences of the
// test data of lingua-go (Apache-2.0; Leipzig Wortschatz, CC BY), a file a language:
//
//	go run testdata/bigrams.go ../../shared/data/langid/lingua/sentences
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

const languages = "af az bs ca cs cy da de en eo es et eu fi fr ga hr hu id is it la lg lt lv mi ms nb nl nn pl pt ro sk sl sn so sq st " +
	"sv sw tl tn tr ts vi xh yo zu"

func main() {
	var masks [26]uint32
	for _, lang := range strings.Fields(languages) {
		text, err := os.ReadFile(filepath.Join(os.Args[1], lang+".txt"))
		if err != nil {
			log.Fatal(err)
		}
		var counts [26][26]int
		total := 0
		for _, w := range bytes.FieldsFunc(bytes.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' }) {
			if bytes.ContainsFunc(w, func(r rune) bool { return r < 'a' || r > 'z' }) {
				continue
			}
			for i := 1; i < len(w); i++ {
				counts[w[i-1]-'a'][w[i]-'a']++
				total++
			}
		}
		for a := range counts {
			for b, n := range counts[a] {
				if n >= 3 && n*500 >= total {
					masks[a] |= 1 << b
				}
			}
		}
	}
	for _, m := range masks {
		fmt.Printf("0x%08x, ", m^(1<<26-1))
	}
	fmt.Println()
}
