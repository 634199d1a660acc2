package dedup

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern"
)

// vowels is a tokenizer whose tokens end behind a vowel, before which an empty token stands if it is an i.
func vowels(dst []Token, text []byte) []Token {
	from := 0
	for i, c := range text {
		if strings.IndexByte("aeiou", c) >= 0 || i == len(text)-1 {
			if c == 'i' {
				dst = append(dst, Token{1, uint32(from)})
			}
			dst = append(dst, Token{uint32(xxhash.Sum64(text[from : i+1])), uint32(i + 1)})
			from = i + 1
		}
	}
	return dst
}

func backward(dst []Token, _ []byte) []Token { return append(dst, Token{1, 10}, Token{2, 9}) }

// TestSubstringsOfTokens compares with the truth about windows of tokens.
func TestSubstringsOfTokens(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 13))
	var docs []quern.Doc
	for i, text := range repetitive(r, 60, 400, 20) {
		docs = append(docs, newDoc("web", fmt.Sprint(i), string(text)))
	}
	slices.SortFunc(docs, func(a, b quern.Doc) int { return a.ID.Compare(b.ID) })
	for _, length := range []int{8, 9, 20} {
		want, windows := map[quern.ID]string{}, map[string]bool{}
		for _, d := range docs {
			tokens := vowels(nil, d.Text)
			gone := make([]bool, len(tokens))
			for at := 0; at+length <= len(tokens); at++ {
				w := ""
				for _, x := range tokens[at : at+length] {
					w += fmt.Sprint(x.ID, " ")
				}
				for j := at; windows[w] && j < at+length; j++ {
					gone[j] = true
				}
				windows[w] = true
			}
			rest, from := "", uint32(0)
			for i, x := range tokens {
				if !gone[i] {
					rest += string(d.Text[from:x.End])
				}
				from = x.End
			}
			if rest != "" || len(d.Text) == 0 {
				want[d.ID] = rest
			}
		}
		c := substringConfig(func(s *Substrings) { s.Bytes, s.Tokens, s.Encode = 0, length, vowels })
		sets := []Dataset{dataset(t, c, 1, "web", "web", docs, 3)}
		res, out := runSubstrings(t, c, sets, 0, 2)
		if got := leftOf(t, res, out, sets); !mapsEqual(got, want) || len(want) == 0 || res.Verified == 0 {
			t.Errorf("windows of %d tokens: %d texts are left, want %d, or they differ", length, len(got), len(want))
		}
		for _, x := range res.Examples {
			if i := slices.IndexFunc(docs, func(d quern.Doc) bool { return d.ID.String() == x.Removed.ID }); !bytes.HasPrefix(docs[i].Text[x.Removed.From:], []byte(x.Part)) {
				t.Errorf("%+v: it does not stand there", x)
			}
		}
	}
}
