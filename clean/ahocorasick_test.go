package clean

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// found lists all occurrences by the matcher, as "end:literal".
func found(m *matcher, literals []string, text string) (all []string) {
	for i, s := m.find([]byte(text), 0, 0); i > 0; i, s = m.find([]byte(text), i, s) {
		for k, r := m.longest(s); k >= 0; k, r = m.rest(r) {
			all = append(all, fmt.Sprint(i, ":", literals[k]))
		}
	}
	return all
}

func byHand(literals []string, text string, fold bool) (all []string) {
	if fold {
		b := appendLower(nil, []byte(text))
		text = string(b)
	}
	for end := 1; end <= len(text); end++ {
		var here []string
		for _, l := range literals {
			if l != "" && strings.HasSuffix(text[:end], l) {
				here = append(here, l)
			}
		}
		slices.SortFunc(here, func(a, b string) int { return len(b) - len(a) })
		for _, l := range slices.Compact(here) {
			all = append(all, fmt.Sprint(end, ":", l))
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
			if got, want := found(m, literals, text), byHand(literals, text, true); !slices.Equal(got, want) {
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
		if got, want := found(m, literals, text), byHand(literals, text, false); !slices.Equal(got, want) {
			t.Errorf("%q in %q: %v, want %v", literals, text, got, want)
		}
	})
}
