package extract

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// LaTeX reads the paper whose main file is named main. read gives a file's bytes by its slash-separated path, as main is; it is
// asked for what \input, \include, \subfile and \import name, next to the main file and to the file that names it. What cannot
// be read is listed in the article's Missing, and a file that includes itself is not read twice.
//
// Simple macros (\newcommand, \def without delimiters, \DeclareMathOperator, \let) are expanded, in text and in formulas. Kept
// are the abstract, headings, paragraphs, lists, formulas, code, captions, rows of tables, and footnotes after their paragraph.
// Dropped are the preamble, comments, pictures, citations and references by number, the bibliography and acknowledgments.
//
// It is an error if main cannot be read, or if files or macros grow beyond 64 MiB: then nothing is returned.
func LaTeX(read func(name string) ([]byte, error), main string) (Article, error) {
	data, err := read(main)
	if err != nil {
		return Article{}, fmt.Errorf("extract: LaTeX: %w", err)
	}
	source, _, err := Decode(nil, data, "")
	if err != nil {
		return Article{}, fmt.Errorf("extract: LaTeX: %s: %w", main, err)
	}
	p := &texPaper{
		read: read, dir: path.Dir(main), budget: maxTexBytes,
		macros: map[string]texMacro{}, theorems: map[string]string{}, flags: map[string]bool{},
	}
	t := p.writer(0)
	t.body = !strings.Contains(string(source), `\begin{document}`)
	t.push(string(source), path.Clean(main))
	t.run()
	t.finishNotes()
	if t.err != nil {
		return Article{}, fmt.Errorf("extract: LaTeX: %s: %w", main, t.err)
	}
	p.article.Title = p.render(p.title, 1)
	for _, raw := range p.authors {
		p.addAuthors(raw)
	}
	p.article.Text = norm.NFC.Bytes(t.out.finish())
	p.article.Abstract = norm.NFC.String(p.article.Abstract)
	return p.article, nil
}

// texPaper is what all parts of one paper share.
type texPaper struct {
	read     func(string) ([]byte, error)
	dir      string
	budget   int
	files    int
	macros   map[string]texMacro
	theorems map[string]string
	flags    map[string]bool // of \newif
	title    string
	authors  []string
	article  Article
}

// texMacro is a user's command: its body holds #1 to #9.
type texMacro struct {
	args     int
	optional bool   // the first argument is optional
	initial  string // and this is its default
	body     string
}

// latexWriter turns LaTeX source into lines.
type latexWriter struct {
	texReader
	paper  *texPaper
	out    lines
	depth  int // of arguments rendered inside arguments
	body   bool
	muted  bool // inside a section that is dropped
	tables int  // open tables
	notes  []string
}

func (p *texPaper) writer(depth int) *latexWriter {
	return &latexWriter{texReader: texReader{budget: &p.budget}, paper: p, depth: depth}
}

// render writes an argument on one line.
func (p *texPaper) render(source string, depth int) string {
	return strings.ReplaceAll(p.renderLines(source, depth), "\n", " ")
}

// renderLines writes a piece of source on its own. Too deep a nesting gives nothing.
func (p *texPaper) renderLines(source string, depth int) string {
	if depth > maxTexDepth {
		return ""
	}
	t := p.writer(depth)
	t.body = true
	t.push(source, "")
	t.run()
	t.finishNotes()
	return norm.NFC.String(string(t.out.finish()))
}

// addAuthors reads one \author: names divided by \and, each followed by lines about its bearer.
func (p *texPaper) addAuthors(raw string) {
	for _, part := range strings.Split(strings.NewReplacer(`\And`, `\and`, `\AND`, `\and`).Replace(raw), `\and`) {
		part, _, _ = strings.Cut(part, `\\`)
		names := p.render(part, 1)
		for _, name := range strings.Split(strings.ReplaceAll(names, " and ", ", "), ", ") {
			name = strings.Trim(name, " ,;*†‡0123456789")
			if name != "" && len(name) < 100 {
				p.article.Authors = append(p.article.Authors, name)
			}
		}
	}
}

// include pushes the file that a command names, trying the extension .tex and the places that name may be relative to.
func (t *latexWriter) include(dir, name string) {
	name = strings.Trim(strings.TrimSpace(name), `"`)
	p := t.paper
	if name == "" {
		return
	}
	if p.files++; p.files > maxTexFiles {
		t.fail(fmt.Errorf("includes more than %d files", maxTexFiles))
		return
	}
	names := []string{name + ".tex", name}
	if path.Ext(name) != "" {
		names = []string{name, name + ".tex"}
	}
	for _, base := range []string{path.Join(p.dir, dir), path.Join(t.currentDir(), dir)} {
		for _, n := range names {
			full := path.Join(base, n)
			if path.IsAbs(n) || full == ".." || strings.HasPrefix(full, "../") {
				continue
			}
			for _, in := range t.stack {
				if in.file == full {
					return // it includes itself
				}
			}
			data, err := p.read(full)
			if err != nil {
				continue
			}
			if text, _, err := Decode(nil, data, ""); err == nil {
				t.push(string(text), full)
				return
			}
		}
	}
	p.article.Missing = append(p.article.Missing, name)
}

// currentDir is the folder of the file being read.
func (t *latexWriter) currentDir() string {
	for i := len(t.stack) - 1; i >= 0; i-- {
		if t.stack[i].file != "" {
			return path.Dir(t.stack[i].file)
		}
	}
	return t.paper.dir
}

// endFile leaves the innermost file, at its \end{document}.
func (t *latexWriter) endFile() {
	for len(t.stack) > 0 {
		file := t.stack[len(t.stack)-1].file
		t.stack = t.stack[:len(t.stack)-1]
		if file != "" {
			return
		}
	}
}
