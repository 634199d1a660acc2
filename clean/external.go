package clean

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

const (
	externalFailed quern.Verdict = "clean.external.failed"
	externalText   quern.Verdict = "clean.external.not_utf8"
)

// External asks a program of the user's, one process a worker. A document goes to its standard input as one line of JSON,
//
//	{"id":"…","text":"…","lang":"en","domain":"web","source":"docs","url":"…","facts":{"gopher.words":120}}
//
// and one line must come back on its standard output, with the same id:
//
//	{"id":"…","keep":true}
//	{"id":"…","keep":false,"reason":"too_dull","value":0.2,"limit":0.5}
//
// It may also give "text", which replaces the text, and "facts", numbers that are marked as "<name>.…". A process that dies, takes
// too long or answers anything else is ended, a fresh one is asked again, and a document that no process could answer for is dropped as
// "clean.external.failed". Nothing but the document may decide the answer: the program is asked in any order.
type External struct {
	base    `yaml:"-"`
	Command []string `yaml:"command"` // program and arguments; a program with a slash in it is a path, else it is looked up
	Needs   []string `yaml:"needs"`   // files that the program reads: when they change, documents are judged again
	Name    string   `yaml:"name"`    // of its reasons and facts: "clean.<name>.too_dull"
	Facts   []string `yaml:"facts"`   // the facts that it may give
	Seconds float64  `yaml:"seconds"` // for one document
	Tries   int      `yaml:"tries"`   // processes that are asked before a document is given up
	MaxRow  int      `yaml:"max_row"` // so many documents given up in a row mean that the program is broken: the pass stops
}

// DefaultExternal gives a program ten seconds a document, and asks three times. The command must be given.
func DefaultExternal() External {
	return External{Name: "external", Seconds: 10, Tries: 3, MaxRow: 20}
}

// maxAnswer bounds a line of the program's.
const maxAnswer = 64 << 20

// Stage finds the program; it is started when the first document comes.
func (o External) Stage() (quern.Stage, error) {
	if len(o.Command) == 0 || o.Command[0] == "" {
		return nil, errors.New("clean: external: give command, a program and its arguments")
	}
	if !ruleWord(o.Name) {
		return nil, fmt.Errorf("clean: external: name %q: want lower case letters, digits and _", o.Name)
	}
	if !(o.Seconds > 0 && o.Seconds <= 86400) || o.Tries < 1 || o.MaxRow < 1 {
		return nil, errors.New("clean: external: seconds must be above 0, tries and max_row at least 1")
	}
	for _, f := range o.Facts {
		if !ruleWord(f) {
			return nil, fmt.Errorf("clean: external: fact %q: want lower case letters, digits and _", f)
		}
	}
	program, err := o.program()
	if err != nil {
		return nil, fmt.Errorf("clean: external: %w", err)
	}
	return &external{opt: o, program: program}, nil
}

func (o *External) program() (string, error) {
	name := o.Command[0]
	if strings.ContainsRune(name, filepath.Separator) {
		name = o.path(name)
	}
	return exec.LookPath(name)
}

// Files are the program and what it needs.
func (o *External) Files() []string {
	var files []string
	if len(o.Command) > 0 {
		if p, err := o.program(); err == nil {
			files = append(files, p)
		}
	}
	for _, f := range o.Needs {
		files = append(files, o.path(f))
	}
	return files
}

// Measures are the facts that the program was said to give.
func (o *External) Measures() []Fact {
	var facts []Fact
	for _, f := range o.Facts {
		facts = append(facts, share(o.Name+"."+f))
	}
	return facts
}

type external struct {
	opt     External
	program string
	process *process
	line    bytes.Buffer
	text    []byte
	row     int // documents given up since the last answer
}

// process is one run of the program.
type process struct {
	cmd    *exec.Cmd
	in     *os.File
	out    *os.File
	read   *bufio.Reader
	errors tail
}

// tail keeps the end of what a program says on its standard error.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if len(t.b) > 1024 {
		t.b = append(t.b[:0], t.b[len(t.b)-512:]...)
	}
	return len(p), nil
}

type question struct {
	ID     string             `json:"id"`
	Text   string             `json:"text"`
	Lang   string             `json:"lang,omitempty"`
	Domain string             `json:"domain,omitempty"`
	Source string             `json:"source,omitempty"`
	URL    string             `json:"url,omitempty"`
	Facts  map[string]float64 `json:"facts,omitempty"`
}

type answer struct {
	ID     *string            `json:"id"`
	Keep   *bool              `json:"keep"`
	Reason string             `json:"reason"`
	Value  float64            `json:"value"`
	Limit  float64            `json:"limit"`
	Text   *string            `json:"text"`
	Facts  map[string]float64 `json:"facts"`
}

func (s *external) Apply(d *quern.Doc) (quern.Verdict, error) {
	if !utf8.Valid(d.Text) {
		return d.Fail(externalText, float64(firstInvalid(d.Text)), 0), nil
	}
	if err := s.write(d); err != nil {
		return quern.Keep, err
	}
	var last error
	for range s.opt.Tries {
		if s.process == nil {
			if err := s.start(); err != nil {
				return quern.Keep, fmt.Errorf("clean: external: %s: %w", s.program, err)
			}
		}
		a, err := s.ask(d.ID.String())
		if err == nil {
			s.row = 0
			return s.take(d, a), nil
		}
		last = s.end(err)
	}
	if s.row++; s.row >= s.opt.MaxRow {
		return quern.Keep, fmt.Errorf("clean: external: %s gave no answer for %d documents in a row: %w", s.program, s.row, last)
	}
	return d.Fail(externalFailed, float64(s.opt.Tries), float64(s.opt.Tries)), nil
}

// write makes the line of a document.
func (s *external) write(d *quern.Doc) error {
	q := question{ID: d.ID.String(), Text: string(d.Text), Lang: d.Lang, Domain: d.Domain, Source: d.Source, URL: d.Origin}
	for _, m := range d.Marks {
		if q.Facts == nil {
			q.Facts = map[string]float64{}
		}
		if !math.IsNaN(m.Value) && !math.IsInf(m.Value, 0) {
			q.Facts[m.Name] = m.Value
		}
	}
	s.line.Reset()
	e := json.NewEncoder(&s.line)
	e.SetEscapeHTML(false)
	return e.Encode(q) // ends in a line feed
}

func (s *external) start() error {
	p := &process{cmd: exec.Command(s.program, s.opt.Command[1:]...)}
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	p.cmd.Stderr = &p.errors
	p.cmd.Dir = s.opt.dir
	p.cmd.WaitDelay = time.Second // for children that hold its pipes
	var ok, ok2 bool
	p.out, ok = out.(*os.File)
	p.in, ok2 = in.(*os.File)
	if !ok || !ok2 {
		return errors.New("its pipes know no time limits on this system")
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	p.read = bufio.NewReaderSize(p.out, 1<<16)
	s.process = p
	return nil
}

// ask sends the line and reads the answer.
func (s *external) ask(id string) (*answer, error) {
	p := s.process
	until := time.Now().Add(time.Duration(s.opt.Seconds * float64(time.Second)))
	if err := errors.Join(p.in.SetWriteDeadline(until), p.out.SetReadDeadline(until)); err != nil {
		return nil, err
	}
	if _, err := p.in.Write(s.line.Bytes()); err != nil {
		return nil, err
	}
	line, err := readAnswer(p.read)
	if err != nil {
		return nil, err
	}
	a := new(answer)
	if err := json.Unmarshal(line, a); err != nil {
		return nil, fmt.Errorf("it answers %.80q, want one JSON object: %w", line, err)
	}
	switch {
	case a.ID == nil || *a.ID != id:
		return nil, fmt.Errorf("it answers %.80q, want the id %s", line, id)
	case a.Keep == nil:
		return nil, fmt.Errorf("it answers %.80q, want keep true or false", line)
	case a.Reason != "" && !ruleWord(a.Reason):
		return nil, fmt.Errorf("its reason is %.80q, want lower case letters, digits and _", a.Reason)
	case a.Text != nil && !utf8.ValidString(*a.Text):
		return nil, errors.New("its text is not UTF-8")
	}
	for f := range a.Facts {
		if !slices.Contains(s.opt.Facts, f) {
			return nil, fmt.Errorf("it gives the fact %.80q, which facts does not list", f)
		}
	}
	if p.read.Buffered() > 0 {
		return nil, errors.New("it answers with more than one line")
	}
	return a, nil
}

func readAnswer(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(line) > maxAnswer:
			return nil, fmt.Errorf("it answers with a line of more than %d bytes", maxAnswer)
		}
	}
}

// take does as the program says.
func (s *external) take(d *quern.Doc, a *answer) quern.Verdict {
	for _, f := range s.opt.Facts { // in the order of the options, not of a map
		if v, ok := a.Facts[f]; ok {
			d.Mark(s.opt.Name+"."+f, v)
		}
	}
	if a.Text != nil {
		s.text = append(s.text[:0], *a.Text...)
		d.Text = s.text
	}
	if *a.Keep {
		return quern.Keep
	}
	reason := a.Reason
	if reason == "" {
		reason = "dropped"
	}
	return d.Fail(quern.Verdict("clean."+s.opt.Name+"."+reason), a.Value, a.Limit)
}

// end kills the process and adds what it last said to err.
func (s *external) end(err error) error {
	p := s.process
	s.process = nil
	p.cmd.Process.Kill()
	wait := p.cmd.Wait()
	var exit *exec.ExitError
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("no answer within %g s", s.opt.Seconds)
	} else if errors.Is(err, io.EOF) && errors.As(wait, &exit) {
		err = fmt.Errorf("it ended: %s", exit)
	}
	if said := strings.TrimSpace(strings.ToValidUTF8(string(p.errors.b), "?")); said != "" {
		err = fmt.Errorf("%w; it said %q", err, said)
	}
	return err
}

// Close lets the program end: its standard input is closed, and it has a second to go.
func (s *external) Close() error {
	p := s.process
	if p == nil {
		return nil
	}
	s.process = nil
	p.in.Close()
	p.out.SetReadDeadline(time.Now().Add(time.Second))
	io.Copy(io.Discard, p.out)
	p.cmd.Process.Kill()
	p.cmd.Wait()
	return nil
}
