package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

const maxAttributes = 1000 // of one document in one file

// attributes are the files of scores beside a file of documents, as Dolma lays them out: what stands in documents/X is described line
// by line in attributes/NAME/X, under the same ids. Of each attribute, spans [[start, end, score], …], a document gets two
// marks: the attribute's name with the greatest score, 0 if there is no span, and the name with ".spans" and their number.
type attributes struct {
	names []string
	files []attributeFile
	known map[string]string // names of marks, each once in memory
}

type attributeFile struct {
	lineReader
	spool spool
	rc    io.Closer
	key   string
	at    int64
	this  []byte // the line of the present document
	start int64  // where it starts
	scan  jsonScan
	id    []byte
	value []byte
}

func newAttributes(names []string) *attributes {
	a := &attributes{names: names, files: make([]attributeFile, len(names)), known: map[string]string{}}
	for i := range a.files {
		x := &a.files[i]
		x.scan.visit = func(name, value []byte, _ bool) {
			switch string(name) {
			case "id":
				x.id = value
			case "attributes":
				x.value = value
			}
		}
	}
	return a
}

// checkAttributes rules on the option's names, which become folders.
func checkAttributes(names []string) error {
	for i, n := range names {
		if n == "" || strings.ContainsAny(n, `/\`) || n == "." || n == ".." {
			return fmt.Errorf("attributes: %q: want the name of a folder in attributes", n)
		}
		if slices.Contains(names[:i], n) {
			return fmt.Errorf("attributes: %q twice", n)
		}
	}
	return nil
}

// beside is where the attributes of a file of documents lie; ok is false if it lies in no folder of the name documents.
func beside(file, name string) (string, bool) {
	elems := strings.Split(file, "/")
	for i := len(elems) - 2; i >= 0; i-- {
		if elems[i] == "documents" {
			return strings.Join(slices.Concat(elems[:i], []string{"attributes", name}, elems[i+1:]), "/"), true
		}
	}
	return "", false
}

func (x *attributeFile) refuse(cause error) error {
	return refuse(x.key, "bad-attributes", x.start, cause)
}

// open opens the attributes of a file.
func (a *attributes) open(f input) error {
	for i, name := range a.names {
		x := &a.files[i]
		x.at, x.start = 0, -1
		p, ok := beside(filepath.ToSlash(f.path), name)
		if !ok {
			return refuse(f.key(), "bad-attributes", -1, errors.New("it lies in no folder of the name documents"))
		}
		f := f
		f.path = filepath.FromSlash(p)
		if key, ok := beside("/"+f.key(), name); ok {
			f.root, f.entry = key[1:], ""
		} else { // the folder's own name is not part of the key
			f.root, f.entry = "attributes/"+name+"/"+f.key(), ""
		}
		x.key = f.key()
		rc, _, err := x.spool.content(f, nil)
		if errors.Is(err, fs.ErrNotExist) {
			return x.refuse(errors.New("there is no such file beside the documents"))
		}
		if err != nil {
			return err
		}
		x.rc = rc
		x.reset(rc)
	}
	return nil
}

func (a *attributes) close() {
	for i := range a.files {
		if x := &a.files[i]; x.rc != nil {
			x.rc.Close()
			x.rc = nil
		}
	}
}

// next goes to the attributes of the next document.
func (a *attributes) next() error {
	for i := range a.files {
		x := &a.files[i]
		if err := x.advance(); err != nil {
			return err
		}
		if x.this == nil {
			return x.refuse(errors.New("fewer lines than the file of documents"))
		}
	}
	return nil
}

// end refuses files that go on after the last document.
func (a *attributes) end() error {
	for i := range a.files {
		x := &a.files[i]
		if err := x.advance(); err != nil {
			return err
		}
		if x.this != nil {
			return x.refuse(errors.New("more lines than the file of documents"))
		}
	}
	return nil
}

func (x *attributeFile) advance() error {
	for x.this = nil; x.this == nil; {
		line, n, err := x.readLine()
		if n == 0 {
			return ignoreEOF(err)
		}
		if err != nil && err != io.EOF {
			return err
		}
		x.start = x.at
		x.at += n
		if n > maxLine && len(line) == 0 {
			return x.refuse(fmt.Errorf("a line of %d bytes, the limit is %d", n, maxLine))
		}
		if line = bytes.Trim(line, " \t\r\n"); len(line) > 0 {
			x.this = line
		}
	}
	return nil
}

// mark gives d its marks. Lines that are not those of its id mean that the files do not belong together.
func (a *attributes) mark(d *quern.Doc, id []byte) error {
	for i := range a.files {
		x := &a.files[i]
		x.id, x.value = nil, nil
		if !utf8.Valid(x.this) || !x.scan.text(x.this) || x.this[0] != '{' {
			return x.refuse(errors.New("not a JSON object"))
		}
		own := x.id
		if len(own) > 1 && own[0] == '"' {
			own = unquote(nil, own[1:len(own)-1])
		}
		if !bytes.Equal(own, id) {
			return x.refuse(fmt.Errorf("the attributes of %s, but the document is %s", quoted(string(own)), quoted(string(id))))
		}
		if len(x.value) == 0 || x.value[0] != '{' {
			return x.refuse(errors.New("no attributes"))
		}
		if err := a.spans(d, x); err != nil {
			return err
		}
	}
	return nil
}

func (a *attributes) spans(d *quern.Doc, x *attributeFile) error {
	v, n := x.value, 0
	for i := skipSpace(v, 1); v[i] != '}'; n++ {
		end := skipString(v, i)
		name := v[i+1 : end-1]
		i = skipSpace(v, skipSpace(v, end)+1)
		end = skipValue(v, i)
		count, most, ok := spanScores(v[i:end])
		if !ok || n == maxAttributes {
			return x.refuse(fmt.Errorf("%s: want up to %d lists of spans [[start, end, score]]", quoted(string(name)), maxAttributes))
		}
		d.Mark(a.name(name, ""), most)
		d.Mark(a.name(name, ".spans"), float64(count))
		if i = skipSpace(v, end); v[i] == ',' {
			i = skipSpace(v, i+1)
		}
	}
	return nil
}

// name is the name of a mark, without a new string for each document.
func (a *attributes) name(raw []byte, suffix string) string {
	key := string(raw) + suffix
	if s, ok := a.known[key]; ok {
		return s
	}
	s := string(unquote(nil, raw)) + suffix
	if len(a.known) < maxAttributes {
		a.known[key] = s
	}
	return s
}

// spanScores counts the spans of an attribute and finds the greatest score.
func spanScores(v []byte) (n int, most float64, ok bool) {
	if v[0] != '[' {
		return 0, 0, false
	}
	for i := skipSpace(v, 1); v[i] != ']'; n++ {
		end := skipValue(v, i)
		span := v[i:end]
		if span[0] != '[' {
			return 0, 0, false
		}
		raw := child(span, "2")
		score, err := strconv.ParseFloat(string(raw), 64)
		if err != nil || child(span, "3") != nil {
			return 0, 0, false
		}
		if n == 0 || score > most {
			most = score
		}
		if i = skipSpace(v, end); v[i] == ',' {
			i = skipSpace(v, i+1)
		}
	}
	return n, most, true
}
