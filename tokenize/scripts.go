package tokenize

import (
	"slices"
	"sync"
	"unicode"
	"unicode/utf8"
)

// fixedLength cuts every so many characters.
type fixedLength int

func (n fixedLength) cut(dst []aligned, a aligned) ([]aligned, error) {
	for at := 0; at < len(a.text); {
		size := runesLen(a.text[at:], int(n))
		dst = append(dst, a.slice(at, at+size))
		at += size
	}
	return dst, nil
}

// scriptCutter cuts where the script changes. A space, and what has no script, belongs to what is before it, and is lost where that is nothing, as in Hugging Face's
// library (pre_tokenizers/unicode_scripts).
type scriptCutter struct{}

func (scriptCutter) cut(dst []aligned, a aligned) ([]aligned, error) {
	const unseen = -2
	last, from := unseen, -1
	for i := 0; i < len(a.text); {
		r, n := utf8.DecodeRune(a.text[i:])
		if s := scriptOf(r); s != anyScript {
			if s != last {
				if from >= 0 {
					dst = append(dst, a.slice(from, i))
				}
				from = i
			}
			last = s
		}
		i += n
	}
	if from >= 0 {
		dst = append(dst, a.slice(from, len(a.text)))
	}
	return dst, nil
}

const anyScript = -1

// scriptRun is a range of characters of one script.
type scriptRun struct {
	lo, hi rune
	script int
}

// scriptRuns lists all scripts by characters, made when it is first needed. Hiragana and Katakana are Han here.
var scriptRuns = sync.OnceValue(func() []scriptRun {
	names := make([]string, 0, len(unicode.Scripts))
	for name := range unicode.Scripts {
		names = append(names, name)
	}
	slices.Sort(names)
	han := slices.Index(names, "Han")
	var runs []scriptRun
	for i, name := range names {
		if name == "Hiragana" || name == "Katakana" {
			i = han
		}
		add := func(lo, hi, stride rune) {
			if stride == 1 {
				runs = append(runs, scriptRun{lo, hi, i})
				return
			}
			for r := lo; r <= hi; r += stride {
				runs = append(runs, scriptRun{r, r, i})
			}
		}
		for _, r := range unicode.Scripts[name].R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range unicode.Scripts[name].R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	slices.SortFunc(runs, func(a, b scriptRun) int { return int(a.lo - b.lo) })
	return runs
})

func scriptOf(r rune) int {
	runs := scriptRuns()
	switch r {
	case ' ':
		return anyScript
	case 'ー':
		r = 'ァ'
	}
	i, ok := slices.BinarySearchFunc(runs, r, func(s scriptRun, r rune) int { return int(s.lo - r) })
	if !ok {
		i--
	}
	if i < 0 || r > runs[i].hi || !unicode.Is(unicode9(), r) {
		return anyScript
	}
	return runs[i].script
}
