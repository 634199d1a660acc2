package clean

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

const openPythonFile = `import os
import sys


def walk(root, depth):
    """Visit folders and give their names."""
    found = []
    # Sorted, so that the order is known.
    for name in sorted(os.listdir(root)):
        path = os.path.join(root, name)
        if os.path.isdir(path) and depth > 0:
            found += walk(path, depth - 1)
        elif name.endswith(".txt"):
            found.append(path)
    return found


if __name__ == "__main__":
    result = walk(sys.argv[1], int(sys.argv[2]))
    sys.stdout.write("\n".join(result))
`

const openGoFile = `package count

import "strings"

// Words counts how often each word stands in a text.
func Words(text string) map[string]int {
	counts := map[string]int{}
	for _, word := range strings.Fields(text) {
		word = strings.ToLower(strings.Trim(word, ".,"))
		if word == "" {
			continue
		}
		counts[word]++
	}
	return counts
}
`

func TestOpenCoder(t *testing.T) {
	s, err := DefaultOpenCoder().Stage()
	build(t, s, err)
	f := func(origin, text string, reason string) {
		t.Helper()
		want := quern.Keep
		if reason != "" {
			want = openVerdict(reason)
		}
		rulingOn(t, s, origin, text, want)
	}
	words := func(n int, format string) string { // n lines of which none repeats
		var b strings.Builder
		for i := range n {
			name := strings.Repeat(string(rune('a'+i%26)), 2+i/26) + "x"
			fmt.Fprintf(&b, format, name)
		}
		return b.String()
	}
	f("a.py", openPythonFile, "")
	f("a.go", openGoFile, "")
	f("a.c", "int a;\n", "too_short")
	f("a.json", words(600, "%s value\n"), "data_size")
	f("a.c", repeat("abcdefgh\n", 12), "few_words")
	f("a.c", repeat("a = b + c;\n", 12), "mean_word")
	f("a.yaml", repeat("alpha: beta\n", 30), "unique_words")
	f("a.c", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"+openGoFile, "replacement")
	f("a.c", words(8, "%s alpha beta gamma delta\n"), "lines")
	f("a.c", words(200, "%s alpha beta\n")+words(1, "%s")+repeat("a", 1000)+"\n", "long_line")
	f("a.c", words(20, "%s"+repeat(" alpha", 20)+"\n"), "mean_line")
	f("a.c", words(40, "%s = [({+-*/&|^%%!~})];\n"), "alphabetic")
	f("a.c", words(40, "%s 12 alpha 345;\n"), "digits")
	f("a.sql", words(40, "%s 12 alpha 345;\n"), "digits")
	f("a.c", words(40, "          %s      alpha\n"), "spaces")
	f("a.c", repeat("alpha beta\n", 15), "top_2_gram")
	o := DefaultOpenCoder() // what follows is not about words
	o.MinWords, o.MaxMeanWord, o.MaxTopGrams, o.MaxDupGrams = 0, 99, []float64{9, 9, 9}, []float64{9, 9, 9, 9, 9, 9}
	s, err = o.Stage()
	build(t, s, err)
	f("a.c", "<?xml version=\"1.0\"?>\n"+openGoFile, "xml_header")
	f("a.go", "// AutoGen by hand\n"+openGoFile, "generated")
	f("a.c", "/* "+words(60, "comment %s\n")+"*/\nint a;\n", "comments")
	f("a.go", "// TODO: more\n"+openGoFile, "prompts")
	f("a.html", "<html>\n"+words(40, "<div class='%s'></div>\n"), "visible_text")
	f("a.html", "<html>\n"+words(40, "<p>paragraph %s</p>\n"), "")
	f("a.c", words(20, "assert(%s);\n"), "asserts")
	f("a.sh", words(20, "assert %s\n"), "") // asserts are not asked of a shell
	f("a.c", words(20, "char *%s = \"some text in a string here\";\n"), "strings")
	f("a.c", words(30, "int %s = \"wordlongerthantwentyletters\" + alpha;\n"), "long_words")
	f("a.c", words(1, "%s = \"")+words(30, "%s, ")+"\";\n"+words(12, "%s += alpha;\n"), "")
	f("a.py", strings.Replace(openPythonFile, "result = walk(", "result = walk((", 1), "broken")
	f("a.py", openPythonFile+"print \"done\"\n", "broken")
	f("a.py", words(12, "def %s(a):\n    a += alpha\n"), "functions")
	f("a.py", words(12, "walk(%s, alpha)\n"), "no_variables")
	f("a.py", openPythonFile+"pass\n", "pass")
	f("a.py", "import alpha\nimport beta\nimport gamma\nimport delta\nimport epsilon\nimport zeta\nimport eta\n"+openPythonFile, "imports")
	f("a.py", openPythonFile+"def alpha(beta):\n    return beta\ndef gamma(delta):\n    return delta\n", "one_liners")
	f("a.py", "value = alpha\n"+words(20, "print(%s)\n"), "prints")
	f("a.go", "package a\n\nfunc b() {\n"+words(20, "\tfmt.Println(%s)\n")+"}\n", "prints")
}

func TestOpenCoderDrawsLots(t *testing.T) {
	o := DefaultOpenCoder()
	o.MinWords, o.MaxTopGrams = 0, []float64{9, 9, 9}
	draw := func(seed uint64, origin, text string, want quern.Verdict) (dropped int) {
		o.Seed = seed
		s, err := o.Stage()
		build(t, s, err)
		for i := range 1000 {
			d := &quern.Doc{ID: quern.NewID("x", fmt.Sprint(i)), Text: []byte(text), Origin: origin}
			v, err := s.Apply(d)
			if err != nil || v != quern.Keep && v != want {
				t.Fatalf("%s: %q, %v", origin, v, err)
			}
			if v == want {
				dropped++
			}
		}
		return dropped
	}
	for origin, c := range map[string]struct {
		text string
		want quern.Verdict
	}{
		"a_test.go": {openGoFile, "clean.opencoder.go_test"},
		"a.py": {"class Alpha:\n    beta = walk\n    gamma = find\n    delta = hold\n    epsilon = show\n    zeta = keep\n    eta = drop\n" +
			"    theta: int = last\n    iota = first\n    kappa = more\nclass Lambda(Alpha):\n    mu = nu\n    xi = omicron\n", "clean.opencoder.no_logic"},
	} {
		n := draw(0, origin, c.text, c.want)
		if n < 750 || n > 850 {
			t.Errorf("%s: %d of 1000 dropped, want about 800", origin, n)
		}
		if draw(0, origin, c.text, c.want) != n {
			t.Errorf("%s: another number the second time", origin)
		}
	}
	o.DropChance = 0
	if n := draw(1, "a_test.go", openGoFile, "clean.opencoder.go_test"); n != 0 {
		t.Errorf("%d dropped without a chance to be", n)
	}
}

// gramsOracle is RedPajama v2's reckoning, with strings and maps.
func gramsOracle(text string) (top [3]float64, dups [6]float64) {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r < 0x80 && !isAlnum(byte(r)) })
	total := 0
	for _, w := range words {
		total += len([]rune(w))
	}
	for n := 2; n <= 10; n++ {
		counts, first := map[string]int{}, map[string]int{}
		var order []string
		for i := 0; i+n <= len(words); i++ {
			g := strings.Join(words[i:i+n], " ")
			if counts[g]++; counts[g] == 1 {
				first[g] = i
				order = append(order, g)
			}
		}
		best, in := 1, make([]bool, len(words))
		for _, g := range order {
			if c := counts[g]; c > best {
				best = c
				if n <= 4 {
					top[n-2] = ratio(len([]rune(strings.ReplaceAll(g, " ", "")))*c, total)
				}
			}
		}
		chars := 0
		for i := 0; i+n <= len(words); i++ {
			if counts[strings.Join(words[i:i+n], " ")] > 1 {
				for k := range n {
					in[i+k] = true
				}
			}
		}
		for i, w := range words {
			if in[i] {
				chars += len([]rune(w))
			}
		}
		if n >= 5 {
			dups[n-5] = ratio(chars, total)
		}
	}
	return top, dups
}

func TestOpenCoderGramsAgreeWithOracle(t *testing.T) {
	inputs := []string{openGoFile + openGoFile, openPythonFile, repeat("a b c d e f g h i j k l ", 3) + "x y", repeat("one two ", 9), "A a É é a A a"}
	for _, text := range inputs {
		var o openText
		o.wordFacts([]byte(text))
		o.gramFacts()
		if top, dups := gramsOracle(text); o.top != top || o.dups != dups {
			t.Errorf("%.40q: %v %v, want %v %v", text, o.top, o.dups, top, dups)
		}
	}
}

func TestOpenCoderDupLines(t *testing.T) {
	s, err := DefaultOpenCoder().Stage()
	build(t, s, err)
	d := rulingOn(t, s, "a.c", "alpha();\n}\n}\nbeta( );\nbeta();\n},\n},\ngamma(); // c\ngamma();\n\n", openVerdict("few_words"))
	i := slices.IndexFunc(d.Marks, func(m quern.Mark) bool { return m.Name == "opencoder.dup_lines" })
	if want := 4.0 / 9; d.Marks[i].Value != want { // beta and gamma, of nine lines; brackets do not count
		t.Errorf("repeated lines %v, want %v", d.Marks[i].Value, want)
	}
}

func TestOpenCoderOptions(t *testing.T) {
	for i, change := range []func(o *OpenCoder){func(o *OpenCoder) { o.DropChance = 2 }, func(o *OpenCoder) { o.MaxTopGrams = nil },
		func(o *OpenCoder) { o.MaxLines = 1 }, func(o *OpenCoder) { o.MaxHex = -1 }} {
		o := DefaultOpenCoder()
		change(&o)
		if _, err := o.Stage(); err == nil {
			t.Errorf("options %d are accepted", i)
		}
	}
}
