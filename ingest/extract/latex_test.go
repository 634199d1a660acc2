package extract

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"
)

// reading serves the files of an archive.
func reading(tree fstest.MapFS) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if f, ok := tree[name]; ok {
			return f.Data, nil
		}
		return nil, fs.ErrNotExist
	}
}

// files serves LaTeX from memory.
func files(m map[string]string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if s, ok := m[name]; ok {
			return []byte(s), nil
		}
		return nil, fs.ErrNotExist
	}
}

// texOne reads one paper.
func texOne(read func(string) ([]byte, error), main string) (Article, error) {
	x := TeX{Read: read}
	return x.Paper(main)
}

func TestLaTeXPaper(t *testing.T) {
	read := func(name string) ([]byte, error) { return os.ReadFile(path.Join("testdata/paper", name)) }
	a, err := texOne(read, "main.tex")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "paper.txt", describe(a))
}

func TestLaTeXBody(t *testing.T) {
	f := func(body, want string) {
		t.Helper()
		a, err := texOne(files(map[string]string{"m.tex": body, "other.tex": "Other\nfile."}), "m.tex")
		if err != nil || string(a.Text) != want {
			t.Errorf("%s\n got %q %v\nwant %q", body, a.Text, err, want)
		}
	}
	// Paragraphs are lines; comments join lines; groups and formatting leave their text.
	f("One\nline.\n\n\nTwo % gone\n  lines.\\par Three", "One line.\nTwo lines.\nThree")
	f("mill%\n  stone 5\\% \\{x\\} a~b {\\bf bold} \\emph{very} \\unknown[opt]{much}", "millstone 5% {x} a b bold very much")
	f("``Quoted'' text---with 1--2 `dashes' and-hyphens.", "“Quoted” text—with 1–2 'dashes' and-hyphens.")
	f(`caf\'e na\"{\i}ve \c{c}a \v{S}koda \ss \O\ \aa ngstr\"om \ldots`, "café naïve ça Škoda ßØ ångström …")
	f(`\section*{A \emph{title}}Text.\subsection[short]{B}More.\paragraph{Run in} head.`, "A title\nText.\nB\nMore.\nRun in. head.")
	// Lists, tables, captions, code.
	f("\\begin{itemize}[noitemsep]\n\\item one\n\n\\item[(b)] two\n\\item\n\\end{itemize}after", "- one\n- (b) two\nafter")
	f("\\begin{table}[ht]\\centering\\caption[s]{Sizes}\\begin{tabular}{l|r}\\hline a & b \\\\[2pt] \\midrule 1 & \\multicolumn{1}{c}{2} \\\\ & \\\\ \\bottomrule\\end{tabular}\\end{table}",
		"Sizes\na | b\n1 | 2")
	f("\\begin{figure}\\includegraphics[width=1cm]{a}\\caption{The \\textbf{mill} \\cite{a}.}junk\\end{figure}", "The mill.")
	f("\\begin{verbatim}\n  if x % y {\n\\foo\n\\end{verbatim}Use \\verb|a_b\\c| now.", "  if x % y {\n\\foo\nUse a_b\\c now.")
	f("\\begin{lstlisting}[language=C]\nint x;\n\\end{lstlisting}", "int x;")
	f("\\begin{tikzpicture}\\draw (0,0);\\end{tikzpicture}\\begin{comment}no\\end{comment}yes", "yes")
	f("\\newtheorem{satz}{Satz}\\begin{satz}[Euler]It holds.\\end{satz}\\begin{proof}Clear.\\end{proof}", "Satz (Euler). It holds.\nProof. Clear.")
	// Citations and references vanish with what holds them; notes follow their paragraph.
	f(`As shown~\cite[p.~5]{a,b}, see (\ref{x}) and \citep*{c}. [sic]`, "As shown, see and. [sic]")
	f("Word\\footnote{A \\emph{note}.} on.\n\nNext.", "Word on.\nA note.\nNext.")
	f("Thanks.\\section{Acknowledgements}To all.\\section{Appendix}More.\\bibliography{x}", "Thanks.\nAppendix\nMore.")
	// Files.
	f(`A \input{other} B \include{./other} C \input other D`, "A Other file. B Other file. C Other file. D")
	f(`A \input{m} B`, "A B")
	// Formulas are their source, on one line, macros expanded.
	f("Let $x_1 <\n 2$ and \\(y\\).", "Let $x_1 < 2$ and $y$.")
	f("\\newcommand{\\R}{\\mathbb{R}}\\def\\norm#1{\\|#1\\|}For $\\norm{x}\\in\\R n$.", "For $\\|x\\|\\in\\mathbb{R} n$.")
	f("\\newcommand{\\a}{\\alpha}$\\a x$", "$\\alpha x$")
	f("\\DeclareMathOperator*{\\argmax}{arg\\,max}\\[ \\argmax_x f \\label{e} \\]", "$$\\operatorname*{arg\\,max}_x f$$")
	f("\\begin{equation}\\label{a} E=mc^2 % c\n\\end{equation}", "$$E=mc^2$$")
	f("\\begin{align*} a &= b \\\\ c &= d \\nonumber \\end{align*}", "$$\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}$$")
	f("$$x \\text{ if $y$ is so}$$", "$$x \\text{ if $y$ is so}$$")
	f("It costs 5$ today.\n\nNext paragraph.", "It costs 5$today.$\nNext paragraph.")
	f(`\ensuremath{x^2} H\textsubscript{2}O 10\textsuperscript{-3}`, "$x^2$ H₂O 10⁻³")
	// Macros.
	f(`\newcommand{\who}[2][you]{#1 and #2}\who{me}, \who[us]{them}`, "you and me, us and them")
	f(`\newcommand\cel{\textsf{celerite}\xspace}\renewcommand{\section}[1]{x}\cel is \section{S}`, "celerite is\nS")
	f(`\let\old\emph \old{x} \providecommand{\z}{1}\providecommand{\z}{2}\z`, "x 1")
	f(`\NewDocumentCommand{\p}{m m}{#2#1}\p{a}{b}`, "ba")
	f(`\def\x#1.#2{no}\newcommand{\y}{\csname z\endcsname}fine`, "fine")
	// Conditions: a flag counts, anything else is false.
	f(`\newif\ifdraft\drafttrue\ifdraft a\else b\fi\draftfalse\ifdraft c\else d\fi \iffalse e\ifx f\fi g\fi h`, "adh")
	f(`x \iff y, \ifthenelse{\equal{a}{b}}{no}{yes}`, "x y, yes")
}

func TestLaTeXFrontMatter(t *testing.T) {
	f := func(source, want string) {
		t.Helper()
		a, err := texOne(files(map[string]string{"d/p.tex": source, "d/sec/a.tex": `In a. \input{b}`, "d/sec/b.tex": "In b.",
			"d/sub.tex": `\documentclass[p]{subfiles}\begin{document}Sub.\end{document}not this`}), "d/p.tex")
		a.Abstract = strings.TrimSpace(a.Abstract)
		got := fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s|%s", a.Title, strings.Join(a.Authors, ";"), a.Date, a.Lang, a.Kind, a.Abstract,
			strings.Join(a.Missing, ";"), strings.ReplaceAll(string(a.Text), "\n", "/"))
		if err != nil || got != want {
			t.Errorf("%s\n got %s %v\nwant %s", source, got, err, want)
		}
	}
	f(`\documentclass[a4paper]{article}\usepackage[ngerman,main=french]{babel}\title{On \textit{mills}\thanks{x}}
\author{A. One\thanks{U} \and B. Two\\ University}\date{2020-01-02}\newcommand{\x}{X}
junk\begin{document}\maketitle\begin{abstract}Short \x.\end{abstract}Body.\end{document}after`,
		"On mills|A. One;B. Two|2020-01-02|fr|article|Short X.||Abstract/Short X./Body.")
	f(`\begin{document}\title{T}\author[1]{A, B and C}\author{D}\affil{U}x`, "T|A;B;C;D||||||x")
	f(`\begin{document}\include{sec/a} \input{gone} \input{/etc/passwd} \input{../../x} z`, "||||||gone;/etc/passwd;../../x|In a. In b. z")
	f(`\begin{document}One. \subfile{sub} Two.\end{document}`, "|||||||One. Sub. Two.")
	f(`\abstract{Early.}\begin{document}Text.`, "|||||Early.||Abstract/Early./Text.")
}

// TestLaTeXRunaway expands macros without end: they vanish, soon, and what stands around them stays.
func TestLaTeXRunaway(t *testing.T) {
	doubling := `\def\aa{xxxxxxxxxx}`
	for c := 'a'; c < 'z'; c++ {
		doubling += fmt.Sprintf(`\def\a%c{\a%c\a%c}`, c+1, c, c)
	}
	for _, source := range []string{`\def\a{\a}\a`, `\def\a{\a\a}\a`, `\def\qa{x\qb}\def\qb{\qa}$\qa$`, `\newcommand{\a}[1]{\a{#1#1}}\a{xx}`,
		`\newenvironment{a}{\begin{a}}{\end{a}}\begin{a}x\end{a}`, `\edef\a{\a x}\a`, `\def\a{\edef\b{\a\a}}\a\a\a`, doubling + `\az`} {
		start := time.Now()
		a, err := texOne(files(map[string]string{"m": "Before.\n\n" + source + "\n\nAfter."}), "m")
		switch text := string(a.Text); {
		case err != nil && strings.Contains(err.Error(), "beyond the limit"):
		case err != nil || !strings.HasPrefix(text, "Before.") || !strings.HasSuffix(text, "After.") || len(text) > 1<<20:
			t.Errorf("%.60q: %v, %d bytes %.60q", source, err, len(text), text)
		}
		if d := time.Since(start); d > 30*time.Second*slowdown {
			t.Errorf("%.60q took %v", source, d)
		}
	}
	if _, err := texOne(files(nil), "gone.tex"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing main file gives %v", err)
	}
}

// TestLaTeXHostile feeds sources that were made to hurt; they may say anything, but soon.
func TestLaTeXHostile(t *testing.T) {
	const n = 1 << 19 / slowdown
	for name, source := range map[string]string{
		"braces":     strings.Repeat("{", n),
		"nested":     strings.Repeat(`\textsuperscript{`, n/17) + strings.Repeat("}", n/17),
		"sections":   strings.Repeat(`\section{`, n/9),
		"optional":   strings.Repeat(`\\[`, n/3),
		"dollars":    strings.Repeat("$", n),
		"newlines":   strings.Repeat("\n ", n/2),
		"comments":   strings.Repeat("%\n", n/2),
		"begin":      strings.Repeat(`\begin{figure}`, n/14),
		"verbatim":   strings.Repeat(`\begin{verbatim}`, n/16),
		"footnotes":  strings.Repeat(`\footnote{`, n/10),
		"notes":      strings.Repeat("a\\footnote{b}\n\n", n/16),
		"if":         strings.Repeat(`\iffalse`, n/8),
		"defs":       strings.Repeat(`\def\x`, n/6),
		"accents":    strings.Repeat(`\'`, n/2),
		"nul":        strings.Repeat("\x00", n),
		"not UTF-8":  strings.Repeat("\xff\\\xfe", n/3),
		"cells":      `\begin{tabular}{l}` + strings.Repeat("&", n),
		"math begin": "$" + strings.Repeat(`\begin{a}`, n/9),
		"cites":      strings.Repeat(`(\cite{a}`, n/9),
		"csname":     strings.Repeat(`\csname a`, n/9),
		"verb":       strings.Repeat(`\verb|`, n/6),
		"url":        strings.Repeat(`\url{`, n/5),
		"abstract":   strings.Repeat(`\begin{abstract}`, n/16),
		"lists":      strings.Repeat(`\begin{itemize}\item`, n/20),
		"tables":     strings.Repeat(`\begin{tabular}{l}`, n/18),
		"groups":     strings.Repeat(`{\def\x{y}`, n/11),
		"envs":       `\newenvironment{e}{\begin{quote}}{\end{quote}}` + strings.Repeat(`\begin{e}`, n/9),
		"delimited":  `\def\x#1.{#1}` + strings.Repeat(`\x a`, n/4),
		"options":    `\newcommand\x[2][y]{#2}` + strings.Repeat(`\x[`, n/3),
		"arguments":  `\newcommand\x[1]{#1}` + strings.Repeat(`\x{`, n/3) + strings.Repeat("}", n/3),
		"edef":       `\def\x{y}` + strings.Repeat(`\edef\x{\x\x}`, n/14),
		"uppercase":  strings.Repeat(`\MakeUppercase{`, n/15),
		"loops":      strings.Repeat(`\docsvlist{a,b,c}`, n/17),
		"formulas":   strings.Repeat(`\[`, n/2),
		"text":       "$" + strings.Repeat(`\text{$`, n/7),
		"si":         strings.Repeat(`\SI{1e5}{\kilo\metre\per\second}`, n/33),
		"accent":     strings.Repeat(`\'{`, n/3),
		"units":      `\si{` + strings.Repeat(`\kilo`, n/5) + "}",
		"ifx":        strings.Repeat(`\ifx\a\b`, n/8),
		"theorems":   strings.Repeat(`\begin{theorem}[`, n/17),
		"shorthand":  `\useshorthands{!}\defineshorthand{!!}{\x}\def\x{!!}` + strings.Repeat("!!", n/2),
		"active":     "\\mathcode`\\!=\"8000 {\\gdef!{!a}}$" + strings.Repeat("!a", n/2),
		"titles":     `\title{` + strings.Repeat(`\title{`, n/7),
		"authors":    strings.Repeat(`\author{a \and b}`, n/16),
		"packages":   strings.Repeat(`\usepackage{m}`, n/14),
	} {
		start := time.Now()
		a, err := texOne(files(map[string]string{"m": source}), "m")
		if err == nil && !utf8.Valid(a.Text) {
			t.Errorf("%s: the text is not UTF-8", name)
		}
		if d := time.Since(start); d > 30*time.Second {
			t.Errorf("%s: half a megabyte took %v", name, d)
		} else if testing.Verbose() {
			t.Logf("%-10s %v %v", name, d.Round(time.Millisecond), err)
		}
	}
}

// TestLaTeXCorpus reads real sources: every file of a textbook, and one paper whole.
func TestLaTeXCorpus(t *testing.T) {
	tree := tarTree(t, "../../../shared/data/papers/openlogic-latex.tar.gz")
	n := 0
	x := TeX{Apart: true, Read: reading(tree)}
	for name := range tree {
		if !strings.Contains(name, "/content/") || !strings.HasSuffix(name, ".tex") {
			continue
		}
		a, err := x.Paper(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		text := string(a.Text)
		if !utf8.ValidString(text) || strings.Contains(text, `\begin{document}`) || strings.Contains(text, `\section`) {
			t.Errorf("%s: %.200s", name, text)
		}
		n++
	}
	if n < 500 {
		t.Errorf("only %d files", n)
	}
	tree = tarTree(t, "../../../shared/data/papers/latex-celerite.tar.gz")
	a, err := texOne(tree.ReadFile, "latex-celerite/ms.tex")
	if err != nil {
		t.Fatal(err)
	}
	text := string(a.Text)
	for _, want := range []string{"Fast and scalable Gaussian process modeling", "Daniel Foreman-Mackey;Eric Agol",
		"The celerite model\n", "\nparameter | prior\n", `$\ln(S_0)$ | $\mathcal{U}(-10,\,10)$`} {
		if !strings.Contains(a.Title+"\n"+strings.Join(a.Authors, ";")+"\n"+text, want) {
			t.Errorf("no %q", want)
		}
	}
	for _, no := range []string{`\ref`, `\cite`, `\begin{equation`, "() ", " ,", `\newcommand`} {
		if i := strings.Index(text, no); i >= 0 {
			t.Errorf("%q in …%s…", no, text[max(0, i-50):min(len(text), i+50)])
		}
	}
}

// outsideMath is a text without its formulas, which hold braces, and formulas inside these.
func outsideMath(s string) string {
	var b strings.Builder
	math, depth := false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case math && c == '\\':
			i++
		case math && c == '{':
			depth++
		case math && c == '}':
			depth--
		case math && c == '\n':
			math, depth = false, 0
			b.WriteByte(c)
		case c == '$' && depth == 0:
			math = !math
			if i+1 < len(s) && s[i+1] == '$' {
				if i++; math { // a formula on a line of its own
					if end := strings.IndexByte(s[i:], '\n'); end > 0 {
						i += end - 1
					} else {
						i = len(s)
					}
					math = false
				}
			}
		case !math:
			b.WriteByte(c)
		}
	}
	return b.String()
}

var controlWord = regexp.MustCompile(`\\[A-Za-z]+`)

// TestLaTeXLeavesNoCommands reads a textbook, section by section, and its history: outside of formulas and code no command is left.
func TestLaTeXLeavesNoCommands(t *testing.T) {
	tree := tarTree(t, "../../../shared/data/papers/openlogic-latex.tar.gz")
	x := TeX{Apart: true, Read: reading(tree)}
	papers, formulas, tokens := 0, 0, 0
	check := func(x *TeX, name string) {
		a, err := x.Paper(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		papers++
		formulas += a.Equations
		prose := outsideMath(string(a.Text))
		tokens += strings.Count(prose, "!!{") + strings.Count(prose, "!!^")
		if m := controlWord.FindStringIndex(prose); m != nil && !strings.Contains(string(tree[name].Data), "verb") {
			t.Errorf("%s: a command is left: …%q…", name, prose[max(0, m[0]-80):min(len(prose), m[1]+40)])
		}
	}
	for name, f := range tree {
		if strings.HasSuffix(name, ".tex") && strings.Contains(string(f.Data), `\begin{document}`) {
			check(&x, name)
		}
	}
	if papers < 700 || formulas < 20000 || tokens > 0 {
		t.Errorf("%d papers, %d formulas; %d words that a shorthand stands for are left", papers, formulas, tokens)
	}
	tree = tarTree(t, "../../../shared/data/papers/latex-celerite.tar.gz")
	check(&TeX{Read: reading(tree)}, "latex-celerite/ms.tex")
	// Older versions, one by one, without the preamble that defines their macros.
	tree = fstest.MapFS{}
	for i, text := range latexHistory(t) {
		tree[fmt.Sprint(i)] = &fstest.MapFile{Data: text}
	}
	for name := range tree {
		check(&TeX{Read: reading(tree)}, name)
	}
}

// TestLaTeXMutations reads real sources that were cut and spliced: anything may come out of them, but UTF-8, and soon.
func TestLaTeXMutations(t *testing.T) {
	tree := tarTree(t, "../../../shared/data/papers/openlogic-latex.tar.gz")
	var sources []string
	for name := range tree {
		if strings.HasSuffix(name, ".tex") || strings.HasSuffix(name, ".sty") {
			sources = append(sources, name)
		}
	}
	slices.Sort(sources)
	rng := rand.New(rand.NewPCG(1, 2))
	piece := func() string {
		s := string(tree[sources[rng.IntN(len(sources))]].Data)
		a := rng.IntN(len(s) + 1)
		return s[a:min(len(s), a+rng.IntN(300))]
	}
	x := TeX{}
	for round := range 1000 / slowdown {
		var b strings.Builder
		for range 1 + rng.IntN(20) {
			b.WriteString(piece())
			b.WriteString([]string{"", "{", "}", "$", "\\", "\n\n", "[", "]", "\\end{document}", "\\begin{tabular}{l}", "\\section{", "\\footnote{", "&"}[rng.IntN(13)])
		}
		source := b.String()
		x.Read = files(map[string]string{"m": source})
		start := time.Now()
		a, err := x.Paper("m")
		if err == nil && (!utf8.Valid(a.Text) || !utf8.ValidString(a.Title+a.Abstract)) {
			t.Fatalf("round %d: not UTF-8: %q", round, source)
		}
		if d := time.Since(start); d > 30*time.Second*slowdown {
			t.Fatalf("round %d: %v for %q", round, d, source)
		}
	}
}

func tarTree(t testing.TB, name string) fstest.MapFS {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Skipf("no papers here: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	tree := fstest.MapFS{}
	for tr := tar.NewReader(z); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return tree
		}
		if err != nil {
			t.Fatal(err)
		}
		if data, err := io.ReadAll(tr); err == nil && h.Typeflag == tar.TypeReg {
			tree[path.Clean(h.Name)] = &fstest.MapFile{Data: data}
		}
	}
}

func FuzzLaTeX(f *testing.F) {
	src, err := os.ReadFile("testdata/paper/main.tex")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(src))
	f.Add(`\newcommand{\a}[1][x]{\a#1}\begin{table}\begin{tabular}{l}$\a & \footnote{\verb|x|}\\`)
	f.Fuzz(func(t *testing.T, source string) {
		a, err := texOne(files(map[string]string{"m": source}), "m")
		if err == nil && (!utf8.Valid(a.Text) || !utf8.ValidString(a.Title+a.Abstract)) {
			t.Errorf("not UTF-8: %q", describe(a))
		}
	})
}

func ExampleTeX() {
	sources := map[string]string{
		"paper.tex": `\documentclass{article}\title{On mills}\newcommand{\rate}{\dot{m}}
\begin{document}\section{Results} The rate was $\rate = 2$~\cite{smith}. \input{more}\end{document}`,
		"more.tex": `\begin{itemize}\item oats \item rye\end{itemize}`,
	}
	read := func(name string) ([]byte, error) { return []byte(sources[name]), nil }
	x := TeX{Read: read}
	a, err := x.Paper("paper.tex")
	if err != nil {
		panic(err)
	}
	fmt.Println(a.Title)
	fmt.Println(string(a.Text))
	// Output:
	// On mills
	// Results
	// The rate was $\dot{m} = 2$.
	// - oats
	// - rye
}
