package extract

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// TeX reads papers in LaTeX, and in plain TeX as far as it goes, from one tree of files. Read gives a file's bytes by its
// slash-separated path; it is asked for what \input, \include, \subfile, \import and \usepackage name, next to the main file
// and to the file that names it. TeX keeps what papers share (the preamble that subfiles borrow) and its memory, so each
// goroutine needs its own.
//
// What stands in the text. User macros are expanded, in text and in formulas: \newcommand and its relatives, \def also with
// delimiters, \let, \DeclareMathOperator, \NewDocumentCommand, environments, theorems, flags, toggles, counters, and conditions as
// far as they compare these. A formula is otherwise its source, between $ and $, or $$ and $$ on a line of its own; a display
// environment that aligns becomes aligned or gathered inside. Labels and numbers of equations go. Kept are the abstract under
// its heading, headings, paragraphs, lists, theorems with their names ("Theorem (Euler). "), code with its white space, rows of
// tables, the lines of algorithms, captions of figures and tables, and footnotes, on lines behind their paragraph. Nothing
// stands for a citation or a reference, and brackets that held nothing else go with it. Dropped are the preamble, comments, what
// is drawn, the bibliography and acknowledgments. An unknown command vanishes and its arguments stay; an unknown environment
// stands for its content. A macro that expands without end vanishes.
type TeX struct {
	Read func(name string) ([]byte, error)

	// Apart says that a file with a preamble of its own is a paper of its own: it is not read into the one that includes it.
	Apart bool

	writer    latexWriter
	preambles map[string][]texPreamble // by file
	kept      int                      // bytes that they hold, roughly
	known     map[string]bool          // whether a file is there
	homes     map[texHome]*texTables   // which preamble holds where
}

const maxKept = 64 << 20 // bytes of preambles

// Paper reads the paper whose main file is named main. What cannot be read is listed in Missing, and a file that includes itself is
// not read twice. The article is lent until the next call.
//
// It is an error if main cannot be read, or if files or macros grow beyond 64 MiB: then nothing is returned.
func (x *TeX) Paper(main string) (Article, error) {
	main = path.Clean(main)
	data, err := x.Read(main)
	if err != nil {
		return Article{}, fmt.Errorf("extract: LaTeX: %w", err)
	}
	source, err := texSource(data)
	if err != nil {
		return Article{}, fmt.Errorf("extract: LaTeX: %s: %w", main, err)
	}
	t := &x.writer
	t.reset(x, path.Dir(main))
	t.body = !strings.Contains(source, `\begin{document}`) && !strings.Contains(source, `\documentstyle`)
	t.push(source, main, false)
	t.run()
	t.flush()
	if t.err != nil {
		return Article{}, fmt.Errorf("extract: LaTeX: %s: %w", main, t.err)
	}
	t.finish(main)
	return t.paper.article, nil
}

// texPaper is what is told of the paper apart from its text.
type texPaper struct {
	dir      string
	files    int
	bytes    int // of files that were included
	title    string
	authors  []string
	keywords string
	article  Article
}

// latexWriter turns LaTeX source into lines.
type latexWriter struct {
	texReader
	x       *TeX
	stops   [256]uint8
	tables  *texTables
	undo    []texUndo // what a group changed
	groups  []int     // where in undo each open group begins
	envs    []string
	paper   texPaper
	out     lines
	form    texWriter
	scratch []byte
	notes   []string

	depth     int // of arguments that are written inside arguments
	expanding int
	inline    int  // inside an argument that is one line
	tabs      int  // open tables
	floats    int  // open figures, of which the captions are kept
	algorithm byte // 'b' where \For takes its body as an argument
	abstract  int  // where the open abstract began, plus one
	inMath    bool
	body      bool
	muted     bool // in a section that is dropped
	shared    bool // only a preamble is read, for others
	lookups   []texLookup
	german    bool // "a is ä
	composed  bool // an accent was written
	defines   bool // the paper has definitions of its own
	defAt     bool // where the definition stands that is read, @ is a letter
	global    bool // the next definition outlives its group
	weak      int  // open packages: they may not redefine what is known
}

type texUndo struct {
	name string
	old  *texMacro
}

func (t *latexWriter) reset(x *TeX, dir string) {
	tables := t.tables
	if tables == nil {
		tables = newTexTables()
	}
	tables.reset()
	*t = latexWriter{x: x, stops: texStops, tables: tables, paper: texPaper{dir: dir}, out: lines{buf: t.out.buf[:0]},
		form: texWriter{buf: t.form.buf[:0]}, scratch: t.scratch[:0], notes: t.notes[:0], undo: t.undo[:0], groups: t.groups[:0],
		envs: t.envs[:0], texReader: texReader{stack: t.stack[:0], budget: maxTexBytes}}
	t.shorthandStops()
}

func (t *latexWriter) shorthandStops() {
	for tables := t.tables; tables != nil; tables = tables.below {
		for s := range tables.shorthands {
			t.stops[s[0]] |= stopText
		}
		for _, c := range tables.mathActive {
			t.stops[c] |= stopMath
		}
	}
}

var (
	betweenKeywords = strings.NewReplacer(`\sep`, ",", `\and`, ",", `\\`, ",")
	betweenAuthors  = strings.NewReplacer(`\And`, `\and`, `\AND`, `\and`)
)

// finish fills the fields of the article.
func (t *latexWriter) finish(main string) {
	a := &t.paper.article
	a.Text = t.out.finish()
	if t.composed && !norm.NFC.IsNormal(a.Text) {
		a.Text = norm.NFC.Bytes(a.Text)
		a.Abstract = norm.NFC.String(a.Abstract)
	}
	a.Title = norm.NFC.String(t.line(t.paper.title))
	for _, raw := range t.paper.authors {
		t.addAuthors(raw)
	}
	if t.paper.keywords != "" {
		list := t.line(betweenKeywords.Replace(t.paper.keywords))
		for _, k := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ';' || r == '·' }) {
			if k = strings.Trim(k, " .—-:"); k != "" && len(k) < 200 {
				a.Keywords = append(a.Keywords, k)
			}
		}
	}
	if a.References == 0 {
		if bbl, err := t.x.Read(strings.TrimSuffix(main, path.Ext(main)) + ".bbl"); err == nil {
			a.References = strings.Count(string(bbl), `\bibitem`) + strings.Count(string(bbl), `\entry{`)
		}
	}
}

// write writes an argument here, on its own: it cannot reach what follows it.
func (t *latexWriter) write(arg string) {
	if arg == "" || t.depth >= maxTexDepth {
		return
	}
	at := t.at()
	t.depth++
	floor, groups := t.floor, len(t.groups)
	t.floor = len(t.stack)
	t.push(arg, "", at)
	t.run()
	for len(t.groups) > groups {
		t.closeGroup()
	}
	t.floor = floor
	t.depth--
}

// writeInline writes an argument that is a part of a line.
func (t *latexWriter) writeInline(arg string) {
	t.inline++
	t.write(arg)
	t.inline--
}

// line is what an argument says, on one line.
func (t *latexWriter) line(arg string) string {
	if strings.TrimSpace(arg) == "" {
		return ""
	}
	out, body, muted, floats, notes := t.out, t.body, t.muted, t.floats, len(t.notes)
	t.out, t.body, t.muted, t.floats = lines{}, true, false, 0
	t.writeInline(arg)
	s := string(t.out.finish())
	t.out, t.body, t.muted, t.floats, t.notes = out, body, muted, floats, t.notes[:min(notes, len(t.notes))]
	return s
}

// addAuthors reads one \author: names divided by \and, each followed by lines about its bearer.
func (t *latexWriter) addAuthors(raw string) {
	if strings.Contains(raw, `\IEEEauthorblockN`) {
		var names []string
		r := texReader{budget: 2*len(raw) + 64}
		r.push(raw, "", false)
		for {
			if _, ok := r.until(`\IEEEauthorblockN`); !ok {
				break
			}
			names = append(names, r.argument())
		}
		raw = strings.Join(names, `\and `)
	}
	for _, part := range strings.Split(betweenAuthors.Replace(raw), `\and`) {
		part, _, _ = strings.Cut(part, `\\`)
		names := norm.NFC.String(withoutFormulas(t.line(part)))
		for _, name := range strings.Split(strings.ReplaceAll(names, " and ", ", "), ", ") {
			name = strings.Trim(name, " ,;*†‡§¶0123456789")
			name = strings.TrimPrefix(name, "and ")
			if name != "" && len(name) < 100 {
				t.paper.article.Authors = append(t.paper.article.Authors, name)
			}
		}
	}
}

// withoutFormulas drops the marks of affiliations, which are raised formulas.
func withoutFormulas(s string) string {
	for {
		before, rest, ok := strings.Cut(s, "$")
		if !ok {
			return s
		}
		_, after, ok := strings.Cut(rest, "$")
		if !ok {
			return s
		}
		s = before + after
	}
}
