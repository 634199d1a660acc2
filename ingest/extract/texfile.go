package extract

import (
	"bytes"
	"fmt"
	"path"
	"strings"
)

// texSource is a file as UTF-8 without control characters. What \usepackage[latin1]{inputenc} and its like name is believed where the
// bytes are not UTF-8.
func texSource(data []byte) (string, error) {
	var seen uint8
	for _, c := range data {
		seen |= texBytes[c]
	}
	if seen == 0 {
		return string(data), nil
	}
	text, _, err := Decode(nil, data, texCharset(data))
	if err != nil {
		return "", err
	}
	if seen&1 != 0 {
		kept := text[:0]
		for i, c := range text {
			switch {
			case c == '\r':
				if i+1 == len(text) || text[i+1] != '\n' {
					kept = append(kept, '\n')
				}
			case texBytes[c]&1 == 0:
				kept = append(kept, c)
			default:
				kept = append(kept, ' ')
			}
		}
		text = kept
	}
	return string(text), nil
}

// texBytes marks control characters with 1 and what is not ASCII with 2.
var texBytes = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c < ' ' && c != '\n' && c != '\t' || c == 0x7f:
			t[c] = 1
		case c >= 0x80:
			t[c] = 2
		}
	}
	return t
}()

var inputencs = map[string]string{"latin1": "iso-8859-1", "latin2": "iso-8859-2", "latin9": "iso-8859-15", "ansinew": "windows-1252",
	"cp1252": "windows-1252", "cp1250": "windows-1250", "cp1251": "windows-1251", "koi8-r": "koi8-r", "koi8-u": "koi8-u",
	"applemac": "macintosh", "cp866": "ibm866", "latin5": "iso-8859-9", "latin10": "iso-8859-16", "cp1257": "windows-1257"}

// texCharset is the Content-Type that the package inputenc amounts to, and "" without one or where the bytes are UTF-8 all the same.
func texCharset(data []byte) string {
	head := string(data[:min(len(data), 8<<10)])
	i := strings.Index(head, "]{inputenc}")
	if i < 0 || mostlyUTF8(data) {
		return ""
	}
	name := head[strings.LastIndexByte(head[:i], '[')+1 : i]
	if enc := inputencs[strings.TrimSpace(name)]; enc != "" {
		return "text/plain; charset=" + enc
	}
	return ""
}

// places are where a name may lead, in order.
func (t *latexWriter) places(dir, name string) []string {
	return texPlaces(t.paper.dir, t.currentDir(), dir, name)
}

// texPlaces are where a name may lead that stands in a file in the folder from, of a paper in the folder home.
func texPlaces(home, from, dir, name string) []string {
	name = strings.Trim(strings.TrimSpace(name), `"`)
	if name == "" || path.IsAbs(name) {
		return nil
	}
	names := []string{name + ".tex", name}
	if path.Ext(name) != "" {
		names = []string{name, name + ".tex"}
	}
	var all []string
	for _, base := range []string{path.Join(home, dir), path.Join(from, dir)} {
		for _, n := range names {
			if full := path.Join(base, n); full != ".." && !strings.HasPrefix(full, "../") && !path.IsAbs(full) {
				all = append(all, full)
			}
		}
	}
	return all
}

// exists reports whether a file can be read.
func (t *latexWriter) exists(name string) bool {
	if t.paper.files++; t.paper.files > maxTexFiles {
		return false
	}
	name = t.expanded(name)
	for _, full := range t.places("", name) {
		if data, err := t.x.Read(full); err == nil {
			t.spend(len(data) / 16)
			t.found("", name, full)
			return true
		}
	}
	t.found("", name, "")
	return false
}

// include pushes the file that a command names, trying the extension .tex and the places that name may be relative to.
func (t *latexWriter) include(dir, name string) {
	name = t.expanded(name)
	if strings.TrimSpace(name) == "" {
		return
	}
	if t.paper.files++; t.paper.files > maxTexFiles {
		t.fail(fmt.Errorf("includes more than %d files", maxTexFiles))
		return
	}
	dir = t.expanded(dir)
	for _, full := range t.places(dir, name) {
		if t.reading(full) {
			t.found(dir, name, full)
			return // it includes itself
		}
		if data, err := t.x.Read(full); err == nil {
			if t.x.Apart && t.body && bytes.Contains(data, []byte(`\documentclass`)) && bytes.Contains(data, []byte(`\begin{document}`)) {
				return
			}
			if text, err := texSource(data); err == nil {
				t.found(dir, name, full)
				t.paper.bytes += len(text)
				t.push(text, full, t.at() || path.Ext(full) == ".sty")
				return
			}
		}
	}
	t.found(dir, name, "")
	if !t.shared {
		t.paper.article.Missing = append(t.paper.article.Missing, name)
	}
}

func (t *latexWriter) reading(file string) bool {
	for _, in := range t.stack {
		if in.file == file {
			return true
		}
	}
	return false
}

const maxTexPackage = 64 << 10 // bytes of a package that is read: larger ones are not an author's own

// usePackage reads the definitions of a package that lies in the tree.
func (t *latexWriter) usePackage(names string) {
	for _, name := range strings.Split(names, ",") {
		if name = strings.TrimSpace(name); name == "" || t.paper.files >= maxTexFiles || len(name) > 200 {
			continue
		}
		t.paper.files++
		in := ""
		for _, full := range t.places("", name+".sty") {
			data, err := t.x.Read(full)
			if err != nil {
				continue
			}
			in = full
			t.found("", name+".sty", in)
			if text, err := texSource(data); err == nil && len(text) <= maxTexPackage && !t.reading(full) && t.depth < maxTexDepth {
				t.paper.bytes += len(text)
				body := t.body
				t.body = false
				t.weak++
				t.depth++
				floor := t.floor
				t.floor = len(t.stack)
				t.push(text, full, true)
				t.run()
				t.floor = floor
				t.depth--
				t.weak--
				t.body = body
			}
			break
		}
		if in == "" {
			t.found("", name+".sty", "")
		}
	}
}

// texPreamble is what a preamble defines, and what it found by the names of files while it was read.
type texPreamble struct {
	tables  *texTables
	lookups []texLookup
}

// texLookup is a file that was looked for from a folder, and found, or not ("").
type texLookup struct{ from, dir, name, full string }

// found remembers what a name led to while a preamble is read for others.
func (t *latexWriter) found(dir, name, full string) {
	if t.shared {
		t.lookups = append(t.lookups, texLookup{t.currentDir(), dir, name, full})
	}
}

// holds reports whether a paper in the folder home would find the same files.
func (p *texPreamble) holds(x *TeX, home string) bool {
	for _, l := range p.lookups {
		full := ""
		for _, place := range texPlaces(home, l.from, l.dir, l.name) {
			if x.has(place) {
				full = place
				break
			}
		}
		if full != l.full {
			return false
		}
	}
	return true
}

// has reports whether the tree has a file.
func (x *TeX) has(name string) bool {
	is, ok := x.known[name]
	if !ok {
		_, err := x.Read(name)
		if is = err == nil; len(x.known) < maxTexFiles {
			if x.known == nil {
				x.known = map[string]bool{}
			}
			x.known[name] = is
		}
	}
	return is
}

// maxPreambles is how many readings of one preamble are kept, for papers that find other files by the same names.
const maxPreambles = 8

// preamble is what a file defines for papers in the folder home, nil if it was not read for such yet.
func (x *TeX) preamble(full, home string) *texTables {
	at := texHome{full, home}
	if tables := x.homes[at]; tables != nil {
		return tables
	}
	for _, p := range x.preambles[full] {
		if p.holds(x, home) {
			if x.homes == nil || len(x.homes) > maxTexFiles {
				x.homes = map[texHome]*texTables{}
			}
			x.homes[at] = p.tables
			return p.tables
		}
	}
	return nil
}

// texHome is a preamble and the folder of a paper that borrows it.
type texHome struct{ file, folder string }

// borrow takes the preamble of the paper that a subfile belongs to.
func (t *latexWriter) borrow(name string) {
	for _, full := range t.places("", name) {
		if t.reading(full) {
			return
		}
		tables := t.x.preamble(full, t.paper.dir)
		if tables == nil {
			data, err := t.x.Read(full)
			if err != nil {
				continue
			}
			text, err := texSource(data)
			if err != nil || t.shared {
				return
			}
			var w latexWriter
			w.reset(t.x, t.paper.dir)
			w.shared = true
			w.push(text, full, false)
			w.run()
			tables = w.tables
			size := len(text) + w.paper.bytes + tables.size() + 64*len(w.lookups)
			if all := t.x.preambles[full]; t.x.kept+size <= maxKept && len(all) < maxPreambles {
				t.x.kept += size
				if t.x.preambles == nil {
					t.x.preambles = map[string][]texPreamble{}
				}
				t.x.preambles[full] = append(all, texPreamble{tables, w.lookups})
			}
		}
		t.tables.below = tables
		t.shorthandStops()
		return
	}
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

// endFile leaves the innermost file.
func (t *latexWriter) endFile() {
	for len(t.stack) > t.floor {
		file := t.stack[len(t.stack)-1].file
		t.stack = t.stack[:len(t.stack)-1]
		if file != "" {
			return
		}
	}
}
