package extract

import (
	"strings"
	"testing"
)

// TestTeXWords holds that each command stands in one list: with two, chance would decide.
func TestTeXWords(t *testing.T) {
	seen := map[string]string{}
	add := func(list string, names ...string) {
		for _, n := range names {
			if seen[n] != "" {
				t.Errorf("%s is in %s and %s", n, seen[n], list)
			}
			seen[n] = list
		}
	}
	for n := range texSymbols {
		add("symbols", n)
	}
	for n := range texAccents {
		add("accents", n)
	}
	for n := range texDrop {
		add("drop", n)
	}
	for n := range texSkip {
		add("skip", n)
	}
	for _, p := range texPrograms {
		add("programs", strings.Fields(p.names)...)
	}
	for _, l := range []string{texCites, texRefs, texSections, texSpecial, texSoft, texFront} {
		add(l[:10], strings.Fields(l)...)
	}
}
