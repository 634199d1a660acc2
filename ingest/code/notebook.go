package code

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

const (
	maxCells  = 100_000
	maxFence  = 16
	minFormat = 3 // of nbformat
)

var (
	errNoNotebook = errors.New("no cells")
	errFormat     = errors.New("a format of notebooks that is not known: want nbformat 3 or 4")
	errCells      = errors.New("too many cells")
)

// Notebook gives the text of a Jupyter notebook (nbformat 3 or 4) as Markdown, appended to dst: prose cells as they are, code cells as
// fenced blocks that name the kernel's language, raw cells as they are, a blank line between cells. What ran is left out: outputs,
// numbers of execution, pictures. The language has the kernel's name in small letters, "" if the notebook names none.
func Notebook(dst, src []byte) (text []byte, language string, err error) {
	var n notebook
	if err := json.Unmarshal(src, &n); err != nil {
		return dst, "", err
	}
	if n.Format < minFormat || n.Format > 4 {
		return dst, "", errFormat
	}
	cells := n.Cells
	for _, w := range n.Worksheets {
		cells = append(cells, w.Cells...)
	}
	switch {
	case n.Cells == nil && n.Worksheets == nil:
		return dst, "", errNoNotebook
	case len(cells) > maxCells:
		return dst, "", errCells
	}
	language = n.language(cells)
	for _, c := range cells {
		dst = c.append(dst, language)
	}
	return dst, language, nil
}

type notebook struct {
	Format     int    `json:"nbformat"`
	Cells      []cell `json:"cells"`
	Worksheets []struct {
		Cells []cell `json:"cells"`
	} `json:"worksheets"`
	Metadata struct {
		Kernel struct {
			Language string `json:"language"`
			Name     string `json:"name"`
		} `json:"kernelspec"`
		Info struct {
			Name string `json:"name"`
		} `json:"language_info"`
	} `json:"metadata"`
}

type cell struct {
	Type     string `json:"cell_type"`
	Source   lines  `json:"source"`
	Input    lines  `json:"input"`    // of code, in nbformat 3
	Language string `json:"language"` // of code, in nbformat 3
	Level    int    `json:"level"`    // of headings, in nbformat 3
}

// lines are a text, or a list of its lines, each with its line end.
type lines []byte

func (l *lines) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		var all []string
		if err := json.Unmarshal(b, &all); err != nil {
			return err
		}
		*l = []byte(strings.Join(all, ""))
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*l = []byte(s)
	return nil
}

func (n *notebook) language(cells []cell) string {
	for _, s := range []string{n.Metadata.Info.Name, n.Metadata.Kernel.Language} {
		if s != "" {
			return kernelLanguage(s)
		}
	}
	for _, c := range cells {
		if c.Language != "" {
			return kernelLanguage(c.Language)
		}
	}
	return kernelLanguage(strings.TrimRight(n.Metadata.Kernel.Name, "0123456789.")) // python3
}

// kernelLanguage cleans a name that goes into the line of a fence.
func kernelLanguage(s string) string {
	s = strings.ToLower(s)
	if len(s) > 40 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == '`' || r == 0x7f || r == utf8.RuneError }) {
		return ""
	}
	if s == "ipython" {
		return "python"
	}
	return s
}

func (c *cell) append(dst []byte, language string) []byte {
	source := []byte(c.Source)
	if len(source) == 0 {
		source = c.Input
	}
	source = bytes.Trim(bytes.ReplaceAll(source, []byte("\r\n"), newline), "\n")
	if len(bytes.TrimSpace(source)) == 0 {
		return dst
	}
	if len(dst) > 0 {
		dst = append(dst, '\n')
	}
	switch c.Type {
	case "code":
		fence := strings.Repeat("`", fenceFor(source))
		dst = append(append(append(dst, fence...), language...), '\n')
		dst = append(append(dst, source...), '\n')
		dst = append(dst, fence...)
	case "heading":
		dst = append(dst, strings.Repeat("#", min(max(c.Level, 1), 6))+" "...)
		dst = append(dst, source...)
	default:
		dst = append(dst, source...)
	}
	return append(dst, '\n')
}

// fenceFor is the length of a fence that the text does not hold.
func fenceFor(source []byte) int {
	n := 3
	for n < maxFence && bytes.Contains(source, bytes.Repeat([]byte("`"), n)) {
		n++
	}
	return n
}

// KernelLanguage finds the language that a notebook's kernel runs, by any of its names.
func KernelLanguage(kernel string) *Language {
	if kernel == "ir" {
		kernel = "r"
	}
	return tables().aliased(kernel)
}
