package clean

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern"
)

const (
	boilerplateCut   quern.Verdict = "clean.boilerplate.cut"
	boilerplateEmpty quern.Verdict = "clean.boilerplate.empty"
)

// Boilerplate cuts the lines that stand on many pages of one site: menus, footers, calls to subscribe. What stands on how many pages
// a LineCounter counted before, over the whole dataset; With hands the table to the rule.
type Boilerplate struct {
	MinDocs  int     `yaml:"min_docs"`  // a line is boilerplate if it stands on at least so many pages of its host
	MinShare float64 `yaml:"min_share"` // and on at least this share of them
	MaxLine  int     `yaml:"max_line"`  // longer lines, in bytes, are neither counted nor cut
	MaxHosts int     `yaml:"max_hosts"` // bounds the memory of counting: hosts
	MaxLines int     `yaml:"max_lines"` // and different lines, over all hosts, at 16 to 32 bytes each
	MaxCut   float64 `yaml:"max_cut"`   // a document that loses a larger share of its bytes is dropped; 1 = never

	table *LineCounter
}

var boilerplateFacts = []Fact{count("boilerplate.cut"), share("boilerplate.share"), count("boilerplate.left")}

// DefaultBoilerplate asks for a line to stand on 5 pages and a third of its host's. Sixteen million lines take 400 MB,
// and half as much again while the table grows.
func DefaultBoilerplate() Boilerplate {
	return Boilerplate{MinDocs: 5, MinShare: 0.3, MaxLine: 400, MaxHosts: 1 << 20, MaxLines: 1 << 24, MaxCut: 1}
}

// With gives the rule the table that it cuts by. The table is read only, and may serve many stages at once.
func (o Boilerplate) With(table *LineCounter) Boilerplate {
	o.table = table
	return o
}

func (o Boilerplate) check() error {
	if o.MinDocs < 2 || !(o.MinShare >= 0 && o.MinShare <= 1) {
		return fmt.Errorf("clean: boilerplate: min_docs is %d and min_share %v, want 2 or more and a share", o.MinDocs, o.MinShare)
	}
	if o.MaxLine < 1 || o.MaxHosts < 1 || o.MaxLines < 1 || o.MaxLines > 1<<30 {
		return errors.New("clean: boilerplate: max_line and max_hosts must be positive, max_lines from 1 to 2^30")
	}
	if !(o.MaxCut > 0 && o.MaxCut <= 1) {
		return fmt.Errorf("clean: boilerplate: max_cut is %v, want a share above 0, 1 at most", o.MaxCut)
	}
	return nil
}

// Limits are what Stage rules by.
func (o Boilerplate) Limits() []Limit {
	return []Limit{most("boilerplate.share", o.MaxCut, boilerplateCut), least("boilerplate.left", 1, boilerplateEmpty)}
}

// Stage builds the rule. Without a table it cuts nothing. It marks "boilerplate.cut" (lines), "boilerplate.share" and
// "boilerplate.left" (bytes), gives "clean.boilerplate.cut" and "clean.boilerplate.empty", and reports spans "boilerplate".
func (o Boilerplate) Stage() (quern.Stage, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	table := o.table
	if table == nil {
		table = &LineCounter{}
	}
	return &boilerplate{opt: o, table: table, bounds: newBounds(o.Limits())}, nil
}

type boilerplate struct {
	opt   Boilerplate
	table *LineCounter
	bounds
	lines []siteLine // of the text at hand, without blank ones
	buf   []byte
}

// siteLine is a line that is not blank; common ones stand on many pages.
type siteLine struct {
	from, to int
	common   bool
	short    bool
}

// shortCommon is the length, in bytes, below which a line may be a heading that many pages have, such as "Description" or "Note".
const shortCommon = 24

// find marks the lines that are boilerplate. A short one must stand at an end of the page or beside another, as those of menus and
// footers do: alone in the text it is a heading.
func (s *boilerplate) find(text []byte, origin string) {
	s.lines = s.lines[:0]
	host := hostKey(origin)
	pages := s.table.pages(host)
	if host == 0 || pages < s.opt.MinDocs {
		return
	}
	need := max(s.opt.MinDocs, int(math.Ceil(s.opt.MinShare*float64(pages))))
	for from := 0; from < len(text); {
		to := lineEnd(text, from)
		if line := trimLine(text[from:to]); len(line) > 0 {
			key := lineKey(host, line, s.opt.MaxLine)
			s.lines = append(s.lines, siteLine{from, to, key != 0 && s.table.count(key) >= need, len(line) < shortCommon})
		}
		from = to + 1
	}
	first, last := 0, len(s.lines)-1 // the ends of what is no boilerplate
	for first <= last && s.lines[first].common {
		first++
	}
	for last > first && s.lines[last].common {
		last--
	}
	for i := first; i <= last; i++ {
		if !s.lines[i].common {
			continue
		}
		end, long := i, false
		for ; end <= last && s.lines[end].common; end++ {
			long = long || !s.lines[end].short
		}
		for ; i < end; i++ {
			s.lines[i].common = long
		}
	}
}

func (s *boilerplate) Apply(d *quern.Doc) (quern.Verdict, error) {
	text := d.Text
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	s.find(text, d.Origin)
	s.buf = s.buf[:0]
	done, lines, cut := 0, 0, 0
	for _, l := range s.lines {
		if !l.common {
			continue
		}
		to := min(l.to+1, len(text))
		s.buf = append(s.buf, text[done:l.from]...)
		done = to
		lines++
		cut += to - l.from
		d.Span("boilerplate", l.from, l.to, 1)
	}
	d.Mark("boilerplate.cut", float64(lines))
	d.Mark("boilerplate.share", ratio(cut, len(text)))
	d.Mark("boilerplate.left", float64(len(text)-cut))
	if v := s.judge(d); v != quern.Keep {
		return v, nil
	}
	if lines > 0 {
		s.buf = append(s.buf, text[done:]...)
		d.Text = s.buf
	}
	return quern.Keep, nil
}

// lineEnd is where the line that begins at from ends, without its line end.
func lineEnd(text []byte, from int) int {
	if n := bytes.IndexByte(text[from:], '\n'); n >= 0 {
		return from + n
	}
	return len(text)
}

// hostKey is a hash of the host of an address, in lower case and without "www." and port; 0 if the address has no host.
func hostKey(origin string) uint64 {
	_, rest, ok := strings.Cut(origin, "://")
	if !ok {
		return 0
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	if i := strings.LastIndexByte(rest, ':'); i >= 0 && !strings.HasSuffix(rest, "]") {
		rest = rest[:i]
	}
	if len(rest) > 4 && strings.EqualFold(rest[:4], "www.") {
		rest = rest[4:]
	}
	if rest == "" {
		return 0
	}
	var low [256]byte
	n := copy(low[:], rest)
	for i, c := range low[:n] {
		if c-'A' < 26 {
			low[i] = c | 0x20
		}
	}
	return xxhash.Sum64(low[:n]) | 1
}

// lineKey is a hash of a host and a line, space at the line's ends apart; 0 for lines that are not counted: empty and long ones.
func lineKey(host uint64, line []byte, limit int) uint64 {
	if line = trimLine(line); len(line) == 0 || len(line) > limit {
		return 0
	}
	return fold(xxhash.Sum64(line)^mul0, host^mul1) | 1
}
