package clean

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// occurrences lists all occurrences by the matcher, as "begin:literal".
func occurrences(m *matcher, literals []string, text string) (all []string) {
	b := []byte(text)
	for i := m.find(b, 0); i >= 0; i = m.find(b, i+1) {
		for s := (spot{end: i}); m.longer(b, &s); {
			all = append(all, fmt.Sprint(i, ":", literals[s.literal]))
		}
	}
	if (len(all) > 0) != m.within(b) {
		return []string{"within says another thing"}
	}
	return all
}

func byHand(literals []string, text string, fold bool) (all []string) {
	if fold {
		text = string(appendLower(nil, []byte(text)))
	}
	for i := range len(text) {
		var here []string
		for _, l := range literals {
			if l != "" && strings.HasPrefix(text[i:], l) {
				here = append(here, l)
			}
		}
		slices.SortFunc(here, func(a, b string) int { return len(a) - len(b) })
		for _, l := range slices.Compact(here) {
			all = append(all, fmt.Sprint(i, ":", l))
		}
	}
	return all
}

func TestMatcherFindsAll(t *testing.T) {
	for _, literals := range [][]string{{"he", "she", "his", "hers"}, {"a", "aa", "aaaa"}, {"中", "中文", "文"}, {"", "x"}, {}, {"abcd", "bc", "c"}, {"b", "ab", "b"}} {
		m, err := newMatcher(literals, true)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"", "ushers", "USHERS his", "aaaaa", "一中文中", "xxabcdx", "\x00\xff"} {
			if got, want := occurrences(m, literals, text), byHand(literals, text, true); !slices.Equal(got, want) {
				t.Errorf("%q in %q: %v, want %v", literals, text, got, want)
			}
		}
	}
}

func FuzzMatcher(f *testing.F) {
	f.Add("he she his hers", "ushers")
	f.Add("a aa b ab", "aabba\xff")
	f.Fuzz(func(t *testing.T, words, text string) {
		literals := strings.Fields(strings.ToLower(words))
		m, err := newMatcher(literals, false)
		if err != nil || len(literals) > 50 || len(text) > 500 {
			return
		}
		if got, want := occurrences(m, literals, text), byHand(literals, text, false); !slices.Equal(got, want) {
			t.Errorf("%q in %q: %v, want %v", literals, text, got, want)
		}
	})
}
