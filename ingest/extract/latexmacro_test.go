package extract

import "testing"

// paragraphs holds what a body without a preamble gives.
func paragraphs(t *testing.T) func(body, want string) {
	return func(body, want string) {
		t.Helper()
		a, err := texOne(files(map[string]string{"m.tex": body, "own.sty": `\newcommand{\own}{mine}\newcommand{\emph}[1]{no}\newcommand\own@x{x}\newcommand\ownx{\own@x y}`}), "m.tex")
		if err != nil || string(a.Text) != want {
			t.Errorf("%s\n got %q %v\nwant %q", body, a.Text, err, want)
		}
	}
}

func TestLaTeXMacros(t *testing.T) {
	f := paragraphs(t)
	// \def with delimiters, \edef, \let, groups.
	f(`\def\pair(#1,#2){#2 before #1}\pair(a,b)`, "b before a")
	f(`\def\upto#1\stop{<#1>}\upto some text\stop.`, "<some text>.")
	f(`\def\a{x}\edef\b{\a}\def\a{y}\b\a`, "xy")
	f(`\def\a{x}{\def\a{y}\a}\a {\gdef\a{z}}\a`, "yxz")
	f(`\let\b\textbf\renewcommand{\textbf}[1]{<\b{#1}>}\textbf{x}`, "<x>")
	f(`\newcommand{\x}[1]{\emph#1}\x{{ab}} \newcommand{\y}[1]{\alpha#1}$\y b$`, "ab $\\alpha b$")
	f(`\newcommand{\twice}[1]{\def\do##1{[##1]}\do{#1}\do{#1}}\twice{a}`, "[a][a]")
	f(`\newcommand{\no}{\#1 \textbackslash}\no`, `#1 \`)
	// Arguments as xparse describes them.
	f(`\NewDocumentCommand{\x}{s o m O{d}}{\IfBooleanTF{#1}{star }{}\IfNoValueTF{#2}{none}{#2} #3 #4}\x{a}; \x*[b]{c}[e]`, "none a d; star b c e")
	f(`\NewDocumentCommand\x{r() t! d<>}{#1\IfBooleanT{#2}{!}\IfValueT{#3}{ #3}}\x(a)!<b> \x(c)`, "a! b c")
	f(`\NewDocumentEnvironment{e}{m}{Begin #1.}{End.}\begin{e}{x} Middle. \end{e}`, "Begin x. Middle. End.")
	f(`\newenvironment{remark*}[2][none]{\textbf{#2} (#1): }{ QED}\begin{remark*}{R} text\end{remark*}`, "R (none): text QED")
	f(`\newenvironment{eq}{\begin{equation}}{\end{equation}}\begin{eq}x=1\end{eq}\def\beq{\begin{equation}}\def\eeq{\end{equation}}\beq y\eeq`, "$$x=1$$\n$$y$$")
	// Conditions that compare what is known.
	f(`\ifx\a\undefined no\else yes\fi, \def\a{}\ifx\a\empty e\else n\fi, \ifnum 3>2 more\fi, \ifdefined\a d\fi`, "no, n, more, d")
	f(`\newtoggle{t}\iftoggle{t}{a}{b}\toggletrue{t}\iftoggle{t}{a}{b}`, "ba")
	f(`\newcounter{n}\setcounter{n}{2}\stepcounter{n}\ifnum\value{n}=3 three\fi, \ifthenelse{\equal{a}{a}}{same}{other}`, "three, same")
	f(`\ifcase 1 zero\or one\fi`, "one")
	f(`\makeatletter\@ifnextchar[{A}{B}x\@ifundefined{zzz}{C}{D}\makeatother`, "BxC")
	// Names that are made, cases, lists.
	f(`\expandafter\def\csname my name\endcsname{made}\csname my name\endcsname, \csdef{other}{o}\csuse{other}`, "made, o")
	f(`\MakeUppercase{on \emph{mills} 2} \uppercase{ab}`, "ON MILLS 2 AB")
	f(`\def\do#1{<#1>}\docsvlist{a, b}`, "<a><b>")
	// Packages of the author's own; of what is known they change nothing, and what has @ in it runs.
	f(`\usepackage{own}\begin{document}\own, \emph{kept}, \ownx`, "mine, kept, xy")
	// What TeX alone can do is not tried.
	f(`\def\boxed#1{\setbox0=\hbox{#1}\box0}\boxed{text}`, "text")
	f(`\makeatletter\newcommand\odd{\weird@thing}\makeatother\odd{kept}`, "kept")
	f(`\useshorthands{!}\defineshorthand{!!}{word }\begin{document}!! and !`, "word and !")
}

func TestLaTeXText(t *testing.T) {
	f := paragraphs(t)
	f(`\SI{5}{\kilo\metre\per\second\squared}, \num{1.5e-3}, \SI{20}{\celsius}, \SIrange{1}{2}{\milli\litre}, \ang{30}, \qty{3}{m/s}, $\SI{5}{\m}$`,
		`5 km/s², 1.5×10⁻³, 20 °C, 1–2 mL, 30°, 3 m/s, $5\,\mathrm{m}$`)
	f(`\href{http://x.org/a%20b}{link} \url{http://x.org/~a_b%20c} \path{/a_b}`, "link http://x.org/~a_b%20c /a_b")
	f(`M\"{o}bius, Erd\H{o}s, \'{\i}, \~n, \c{s}, \r{a}, \v{c}, \k{a}, \textasciitilde\ \~{}`, "Möbius, Erdős, í, ñ, ş, å, č, ą, ~ ~")
	f("\\usepackage[ngerman]{babel}\\begin{document}\"Uber \"`die\"' Stra\"se, Schiff\"-fahrt", "Über „die“ Straße, Schifffahrt")
	f(`as \cref{fig:a} and \Cref{sec:b,sec:c} show, \cref{x}`, "as figure and Section show,")
	f(`\newacronym{cnn}{CNN}{convolutional network}\begin{document}A \gls{cnn} and \glspl{cnn}.`, "A CNN and CNNs.")
	f(`$a$$b$ costs \$5`, "$a$ $b$ costs $5")
	f(`x\footnote{one\footnote{two}} y`, "x y\none\ntwo")
	f("\\begin{tabular}{ll}a\n\n& \\begin{tabular}{l}b\\\\c\\end{tabular}\\\\ \\makecell{d\\\\e} & f\\end{tabular}", "a | b c\nd e | f")
	f(`\begin{figure}\begin{lstlisting}
x = 1
\end{lstlisting}\caption{Code}\end{figure}`, "x = 1\nCode")
	// Algorithms, in both of their dialects.
	f(`\begin{algorithmic}\State $x \gets 1$ \For{$i<n$} \State step \Comment{why}\EndFor\State\Return $x$\end{algorithmic}`, "$x \\gets 1$\nfor $i<n$\nstep // why\nreturn $x$")
	f(`\begin{algorithm}\KwIn{data}\For{each $i$}{do it\;and that\;}\eIf{a}{b\;}{c\;}\end{algorithm}`, "in data\nfor each $i$\ndo it\nand that\nif a\nb\nelse\nc")
	// Slides.
	f(`\begin{frame}[t]{Title}{Sub}\begin{itemize}<+->\item<1-> One\pause\item Two\end{itemize}\only<2>{Three}\end{frame}`, "Title\nSub\n- One\n- Two\nThree")
	// Plain TeX.
	f(`\parindent=0pt \hsize 5in plus 1pt \vskip 2cm Text\kern-2pt.\bye gone`, "Text.")
	f(`\documentstyle[12pt]{article}\begin{document}{\it Old} style.\end{document}`, "Old style.")
	f("\\magnification=\\magstep1\n\\centerline{\\bf Title}\n\n\\beginsection First.\n\nText.", "Title\nFirst.\nText.")
	f("Caf\xe9 de Fl\xf4re, o\xf9 l'on \xe9crit", "Café de Flôre, où l'on écrit")
}

func TestLaTeXFacts(t *testing.T) {
	a, err := texOne(files(map[string]string{"p/m.tex": `\documentclass{article}\usepackage[latin1]{inputenc}\keywords{oats, mills; wind}\doi{10.5/x}
\author{\IEEEauthorblockN{Ada Miller}\IEEEauthorblockA{U} \and \IEEEauthorblockN{Ben Stone}}
\begin{document}\cite{a} $x$ \[y\] \citep{b,c} \begin{equation}z\end{equation}\bibliography{r}\end{document}`, "p/m.bbl": `\bibitem{a}\bibitem{b}`}), "p/m.tex")
	if err != nil || a.Citations != 2 || a.References != 2 || a.Equations != 3 || a.DOI != "10.5/x" || len(a.Keywords) != 3 || len(a.Authors) != 2 {
		t.Errorf("%+v %v", a, err)
	}
}

// Sections of a book borrow its preamble; apart, a file with a preamble is not read into another.
func TestLaTeXSubfiles(t *testing.T) {
	tree := files(map[string]string{"book.tex": `\documentclass{book}\newcommand{\x}{shared}\begin{document}Book. \subfile{ch/one}\end{document}`,
		"ch/one.tex": `\documentclass[../book]{subfiles}\begin{document}A \x{} word.\end{document}`})
	f := func(x TeX, main, want string) {
		t.Helper()
		if a, err := x.Paper(main); err != nil || string(a.Text) != want {
			t.Errorf("%s: %q %v, want %q", main, a.Text, err, want)
		}
	}
	f(TeX{Read: tree}, "ch/one.tex", "A shared word.")
	f(TeX{Read: tree}, "book.tex", "Book. A shared word.")
	f(TeX{Read: tree, Apart: true}, "book.tex", "Book.")
}
