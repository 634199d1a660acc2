package ingest

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/gzip"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest/extract"
)

// NewArXiv reads source bundles as arXiv gives them out, one document a submission: the tar archives of its bulk data, whose members
// are submissions; and single submissions, which are a packed tar archive of files (2101.00001.tar.gz, 2101.00001), one packed TeX
// file without a name (2101.00001.gz) or a plain .tex file. Of several files that TeX could be run on, the one that 00README names
// as toplevelfile is taken, else one that no other inputs: the outermost, by its name (main, ms, paper, …), its size and its
// place in the alphabet. The others, such as supplements, are not read unless they are input.
//
// Doc.Origin is "arXiv:" and the id that the file is named by, with the version if the name has one ("arXiv:2101.00001v2",
// "arXiv:hep-th/9901001"), so that two versions are two documents; the ID is made from the same. Doc.Time is the month that is in
// the id, if the paper states no date. Without such a name both are as for NewLaTeX, and so are the other fields.
//
// Reasons: bad-latex, bad-gzip, bad-tar, bomb, no-text, too-large; passed over: pdf-only, no-tex (PostScript, HTML, withdrawn).
func NewArXiv(o Options) (Reader, error) { return newSource(o, arxivFormat{}) }

// arxivBulk reports a name of arXiv's own: a bulk archive, or one submission.
func arxivBulk(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(strings.ToLower(base), "arxiv_src_") || arxivID(base) != ""
}

type arxivFormat struct{}

func (arxivFormat) wants(name string) bool {
	return isTeX(bareName(name)) || containerOf(name) == tarArchive || arxivID(path.Base(name)) != ""
}

func (arxivFormat) pieces(f input, unit int64) []piece { return []piece{{f.part(), f.size}} }

func (arxivFormat) reader(w *out) reader { return &arxivReader{w: w, paper: paper{w: w, byKey: true}} }

type arxivReader struct {
	w     *out
	spool spool
	paper paper
	buf   []byte
	in    bufio.Reader
	gzip  gzip.Reader
}

func (r *arxivReader) read(f input, p quern.Part) error {
	if containerOf(f.path) != tarArchive {
		d, err := f.open()
		if err != nil {
			return err
		}
		defer d.Close()
		return skipped(r.w, r.submission(d, f.key(), f.inside()))
	}
	// Either a bulk archive, whose members are submissions, or the files of one.
	a := &archive{w: r.w, f: f}
	var tree texTree
	bulk, pdf := false, false
	err := a.tar(&r.spool, func(m member) error {
		base := path.Base(m.name)
		pdf = pdf || strings.EqualFold(path.Ext(base), ".pdf")
		if arxivID(base) == "" || isTeX(base) {
			return r.keep(&tree, m)
		}
		bulk = true
		rc, err := m.open()
		if err != nil {
			return err
		}
		defer rc.Close()
		return r.submission(rc, m.key, m.name)
	})
	if err != nil {
		return err
	}
	if bulk {
		return nil
	}
	return skipped(r.w, r.put(&tree, f.key(), f.inside(), pdf))
}

func (r *arxivReader) keep(tree *texTree, m member) error {
	if !isBundlePart(m.name) {
		return nil
	}
	rc, err := m.open()
	if err != nil {
		return err
	}
	defer rc.Close()
	_, err = tree.add(rc, m.name, m.key)
	return err
}

func isBundlePart(name string) bool {
	return isTeXPart(name) || strings.HasPrefix(path.Base(name), "00README")
}

// submission reads one submission from a stream: packed or not, an archive or one file.
func (r *arxivReader) submission(in io.Reader, key, name string) error {
	r.in.Reset(in)
	head, _ := r.in.Peek(2)
	var stream io.Reader = &r.in
	if sniff(head) == gzipped {
		count := &counter{r: &r.in}
		if err := r.gzip.Reset(count); err != nil {
			return arxivFault(key, err)
		}
		stream = &bounded{r: &r.gzip, in: count, name: key}
	}
	inner := bufio.NewReaderSize(stream, 4096)
	head, err := inner.Peek(512)
	if err != nil && err != io.EOF {
		return arxivFault(key, err)
	}
	switch {
	case bytes.HasPrefix(head, []byte("%PDF")):
		return noDocument(key, "pdf-only", nil)
	case len(head) >= 262 && bytes.HasPrefix(head[257:], []byte("ustar")):
		return r.bundle(inner, key, name)
	}
	if r.buf, err = readAll(inner, r.buf, maxArticle, key); err != nil {
		return arxivFault(key, err)
	}
	if !isTeXText(r.buf) {
		return noDocument(key, "no-tex", errors.New(looksLike(r.buf[:min(len(r.buf), 64)])))
	}
	var tree texTree
	tree.files = map[string][]byte{"main.tex": r.buf}
	return r.put(&tree, key, name, false)
}

// bundle reads the files of one submission.
func (r *arxivReader) bundle(in io.Reader, key, name string) error {
	var tree texTree
	pdf := false
	err := scanTar(in, key, func(t *tar.Reader, h *tar.Header) error {
		file, ok := safeName(h.Name)
		if !ok || h.Typeflag != tar.TypeReg || sparse(h) {
			return nil
		}
		pdf = pdf || strings.EqualFold(path.Ext(file), ".pdf")
		if !isBundlePart(file) {
			return nil
		}
		_, err := tree.add(t, file, key)
		return err
	})
	if err != nil {
		return arxivFault(key, err)
	}
	return r.put(&tree, key, name, pdf)
}

// arxivFault is a bad record for what is wrong with one submission. Others may be sound.
func arxivFault(key string, err error) error {
	var bad *quern.RecordError
	if errors.As(err, &bad) {
		bad.File = false
		return bad
	}
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "flate") {
		return badPage(key, "bad-gzip", err)
	}
	return err
}

// bounded stops a packed stream that grows beyond all reason.
type bounded struct {
	r    io.Reader
	in   *counter
	name string
	out  int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.out += int64(n)
	if dense := tooDense(b.name, b.out, b.in.n); dense != nil {
		return n, dense
	}
	return n, err
}

// put extracts the paper of a submission.
func (r *arxivReader) put(tree *texTree, key, name string, pdf bool) error {
	main := mainOf(tree.files)
	if main == "" {
		if pdf {
			return noDocument(key, "pdf-only", nil)
		}
		return noDocument(key, "no-tex", nil)
	}
	x := extract.TeX{Read: tree.read}
	a, err := x.Paper(main)
	if err != nil {
		return badPage(key, "bad-latex", err)
	}
	if id := arxivID(path.Base(name)); id != "" {
		key = "arXiv:" + id
		if a.Date == "" {
			a.Date = arxivMonth(id)
		}
	}
	return r.paper.put(&a, key, name)
}

// isTeXText reports a single file that is TeX. Withdrawn papers are a sentence, and some submissions are PostScript or HTML.
func isTeXText(b []byte) bool {
	if bytes.HasPrefix(b, []byte("%!PS")) || bytes.IndexByte(b[:min(len(b), 512)], 0) >= 0 {
		return false
	}
	for _, mark := range [...]string{`\document`, `\begin`, `\bye`, `\input`, `\magnification`, `\end`, `\par`, `\section`, `\centerline`} {
		if bytes.Contains(b, []byte(mark)) {
			return true
		}
	}
	return false
}

// mainOf chooses the file of a submission that TeX is run on.
func mainOf(files map[string][]byte) string {
	if name := readmeMain(files); name != "" {
		return name
	}
	inputs := map[string]bool{}
	var mains, others []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if b := files[name]; isTeX(name) {
			noteInputs(b, path.Dir(name), inputs)
			if isMain(b) {
				mains = append(mains, name)
			} else if bytes.Contains(b, []byte(`\bye`)) || bytes.Contains(b, []byte(`\end`)) {
				others = append(others, name)
			}
		}
	}
	if len(mains) == 0 {
		mains = others
	}
	slices.SortFunc(mains, func(a, b string) int {
		return compareMains(a, b, files, inputs)
	})
	if len(mains) == 0 {
		return ""
	}
	return mains[0]
}

// compareMains puts the better candidate first.
func compareMains(a, b string, files map[string][]byte, inputs map[string]bool) int {
	rank := func(name string) (n int) {
		if inputs[strings.TrimSuffix(name, path.Ext(name))] {
			n += 1000
		}
		n += 10 * strings.Count(name, "/")
		base := strings.ToLower(strings.TrimSuffix(path.Base(name), path.Ext(name)))
		for _, word := range [...]string{"supp", "append", "response", "cover", "letter", "rebuttal", "template", "sample", "example", "figure"} {
			if strings.Contains(base, word) {
				return n + 5
			}
		}
		switch base {
		case "main", "ms", "paper", "article", "manuscript", "root":
			return n
		}
		return n + 1
	}
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	if d := len(files[b]) - len(files[a]); d != 0 {
		return d
	}
	return strings.Compare(a, b)
}

// readmeMain is the file that 00README, 00README.XXX or 00README.json names as the main one.
func readmeMain(files map[string][]byte) string {
	for _, name := range [...]string{"00README.json", "00README.XXX", "00README"} {
		b, ok := files[name]
		if !ok {
			continue
		}
		var readme struct {
			Sources []struct {
				Filename string `json:"filename"`
				Usage    string `json:"usage"`
			} `json:"sources"`
		}
		if strings.HasSuffix(name, ".json") {
			if json.Unmarshal(b, &readme) != nil {
				continue
			}
			for _, s := range readme.Sources {
				if _, ok := files[s.Filename]; ok && s.Usage == "toplevel" {
					return s.Filename
				}
			}
			continue
		}
		for line := range bytes.Lines(b) {
			if f := strings.Fields(string(line)); len(f) == 2 && f[1] == "toplevelfile" && files[f[0]] != nil {
				return f[0]
			}
		}
	}
	return ""
}

// noteInputs keeps what a file inputs, without the extension, as seen from the main folder and from its own.
func noteInputs(b []byte, dir string, inputs map[string]bool) {
	for _, command := range [...]string{`\input`, `\include`, `\subfile`} {
		for rest := b; len(inputs) < 10000; {
			_, after, ok := bytes.Cut(rest, []byte(command))
			if !ok {
				break
			}
			rest = after
			name := strings.TrimLeft(string(after[:min(len(after), 200)]), " {")
			if i := strings.IndexAny(name, "} \t\r\n%\\"); i > 0 && name[:i] != "graphics" {
				name = strings.TrimSuffix(name[:i], ".tex")
				inputs[path.Clean(name)] = true
				inputs[path.Join(dir, name)] = true
			}
		}
	}
}

// arxivID reads the id of a submission from the name of its file: 2101.00001v2.tar.gz, hep-th9901001.gz; "" if it is no such name.
func arxivID(base string) string {
	name := strings.ToLower(base)
	for _, ext := range [...]string{".gz", ".tgz", ".tar", ".pdf", ".tex"} {
		name = strings.TrimSuffix(name, ext)
	}
	archive := ""
	if i := strings.IndexFunc(name, func(r rune) bool { return r >= '0' && r <= '9' }); i > 0 {
		archive, name = name[:i], name[i:]
		for _, c := range archive {
			if c != '-' && c != '.' && (c < 'a' || c > 'z') {
				return ""
			}
		}
	}
	number, version, versioned := strings.Cut(name, "v")
	if versioned && !digits(version, 1, 3) {
		return ""
	}
	if versioned {
		version = "v" + version
	}
	if archive != "" {
		if !digits(number, 7, 7) || arxivMonth(number) == "" {
			return ""
		}
		return archive + "/" + number + version
	}
	month, serial, ok := strings.Cut(number, ".")
	if !ok || !digits(month, 4, 4) || !digits(serial, 4, 5) || arxivMonth(month) == "" {
		return ""
	}
	return number + version
}

// digits reports from least to most digits and nothing else.
func digits(s string, least, most int) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) >= least && len(s) <= most
}

// arxivMonth is the month of submission that an id begins with, 2101.00001 or hep-th/9901001. arXiv began in 1991.
func arxivMonth(id string) string {
	if _, number, ok := strings.Cut(id, "/"); ok {
		id = number
	}
	if len(id) < 4 || !digits(id[:4], 4, 4) || id[2:4] < "01" || id[2:4] > "12" {
		return ""
	}
	century := "20"
	if id[:2] >= "91" {
		century = "19"
	}
	return fmt.Sprintf("%s%s-%s", century, id[:2], id[2:4])
}
