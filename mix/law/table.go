package law

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Limits of a table, checked while it is read.
const (
	maxTableBytes = 256 << 20
	maxRows       = 1 << 20
	maxColumns    = 1 << 14
	maxCells      = 1 << 22
)

// sumTolerance is how far the ratios of a run may be from a sum of 1: published swarms are rounded to three digits. Olmix allows as much
// (allenai/olmix, olmix/fit/loaders.py).
const sumTolerance = 0.01

// Table is a CSV file with one row a run: a column that identifies the run and columns of numbers.
type Table struct {
	File    string
	Columns []string // of numbers
	Rows    []Row
	Unused  []string // columns that were left out: names and positions of runs, text, and what the caller ignores
}

// Row is one run of a table.
type Row struct {
	Run    string
	Line   int // of the file, from 1
	Values []float64
}

// Read reads a table in the shapes of Olmix (run or run_id, perhaps name, index and an unnamed column of positions, then numbers) and
// RegMix (index, then numbers). Of run, run_id and index the first that exists identifies the runs. Columns without any number are text
// and left out; a column in which some cells are numbers must hold finite numbers only. The name of file is for errors.
func Read(r io.Reader, file string, ignore []string) (*Table, error) {
	counted := &io.LimitedReader{R: r, N: maxTableBytes + 1}
	c := csv.NewReader(counted)
	c.ReuseRecord = true
	head, err := c.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("is empty, want a line of column names")
		}
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	h, err := newHeader(slices.Clone(head), ignore)
	if err != nil {
		return nil, fmt.Errorf("%s: line 1: %w", file, err)
	}
	t := &Table{File: file}
	seen := map[string]int{}
	var cells []cell
	for {
		rec, err := c.Read()
		if counted.N <= 0 {
			return nil, fmt.Errorf("%s: is larger than %d bytes", file, int64(maxTableBytes))
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil { // names line and column
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		line, _ := c.FieldPos(0)
		if len(t.Rows) == maxRows || (len(t.Rows)+1)*len(h.columns) > maxCells {
			return nil, fmt.Errorf("%s: line %d: too large: at most %d rows and %d cells", file, line, maxRows, maxCells)
		}
		run := strings.TrimSpace(rec[h.id])
		if run == "" {
			return nil, fmt.Errorf("%s: line %d: no run in column %s", file, line, h.names[h.id])
		}
		if at, dup := seen[run]; dup {
			return nil, fmt.Errorf("%s: line %d: run %q is on line %d already", file, line, run, at)
		}
		seen[run] = line
		t.Rows = append(t.Rows, Row{Run: run, Line: line})
		for _, k := range h.columns {
			cells = append(cells, parseCell(rec[k]))
		}
	}
	if len(t.Rows) == 0 {
		return nil, fmt.Errorf("%s: has no rows", file)
	}
	return t, t.take(h, cells)
}

// header is what the first line says.
type header struct {
	names   []string
	id      int
	columns []int // that may hold numbers
	unused  []string
}

func newHeader(names, ignore []string) (header, error) {
	h := header{names: names, id: -1}
	names[0] = strings.TrimPrefix(names[0], "\ufeff")
	if len(names) > maxColumns {
		return h, fmt.Errorf("%d columns, want at most %d", len(names), maxColumns)
	}
	at := map[string]int{}
	for k, n := range names {
		n = strings.TrimSpace(n)
		names[k] = n
		if n == "" && k > 0 {
			return h, fmt.Errorf("column %d has no name", k+1)
		}
		if first, dup := at[n]; dup {
			return h, fmt.Errorf("columns %d and %d are both named %q", first+1, k+1, n)
		}
		at[n] = k
	}
	for _, id := range []string{"run", "run_id", "index"} {
		if k, ok := at[id]; ok {
			h.id = k
			break
		}
	}
	if h.id < 0 {
		return h, errors.New("no column run, run_id or index identifies the runs")
	}
	for _, n := range ignore {
		if k, ok := at[n]; ok && k == h.id {
			return h, fmt.Errorf("column %s identifies the runs and cannot be ignored", n)
		}
	}
	for k, n := range names {
		switch {
		case k == h.id:
		case n == "" || n == "Unnamed: 0" || n == "name" || n == "index" || slices.Contains(ignore, n):
			h.unused = append(h.unused, n)
		default:
			h.columns = append(h.columns, k)
		}
	}
	return h, nil
}

// cell is a field: a number, or the start of what stands there instead.
type cell struct {
	value float64
	text  string
}

func parseCell(s string) cell {
	s = strings.TrimSpace(s)
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return cell{math.NaN(), s[:min(len(s), 40)]}
	}
	return cell{value: v}
}

// take gives the rows their numbers and leaves out columns of text.
func (t *Table) take(h header, cells []cell) error {
	n := len(h.columns)
	var keep []int
	for j, k := range h.columns {
		numbers, texts, bad := 0, 0, -1
		for i := range t.Rows {
			switch c := cells[i*n+j]; {
			case !math.IsNaN(c.value):
				numbers++
				continue
			case !isMissing(c.text):
				texts++
			}
			if bad < 0 {
				bad = i
			}
		}
		switch {
		case numbers == 0 && texts > 0:
			h.unused = append(h.unused, h.names[k])
		case bad >= 0:
			return fmt.Errorf("%s: line %d: column %q is %q, want a finite number", t.File, t.Rows[bad].Line, h.names[k], cells[bad*n+j].text)
		default:
			keep = append(keep, j)
			t.Columns = append(t.Columns, h.names[k])
		}
	}
	if len(keep) == 0 {
		return fmt.Errorf("%s: no column of numbers beside %s", t.File, h.names[h.id])
	}
	values := make([]float64, len(t.Rows)*len(keep))
	for i := range t.Rows {
		row := values[i*len(keep) : (i+1)*len(keep) : (i+1)*len(keep)]
		for x, j := range keep {
			row[x] = cells[i*n+j].value
		}
		t.Rows[i].Values = row
	}
	t.Unused = h.unused
	return nil
}

// isMissing reports what pandas and others write for a number that is none: a column of it is a fault, not text.
func isMissing(s string) bool {
	v, err := strconv.ParseFloat(s, 64)
	return s == "" || strings.EqualFold(s, "na") || s == "<NA>" || strings.EqualFold(s, "null") || errors.Is(err, strconv.ErrRange) ||
		err == nil && (math.IsNaN(v) || math.IsInf(v, 0))
}

// Mixtures checks that each row is a mixture and scales it to a sum of exactly what float64 gives for 1.
func (t *Table) Mixtures() error {
	for _, row := range t.Rows {
		sum := 0.0
		for j, v := range row.Values {
			if v < 0 {
				return fmt.Errorf("%s: line %d: the ratio of %s is %g, want 0 or more", t.File, row.Line, t.Columns[j], v)
			}
			sum += v
		}
		if !(math.Abs(sum-1) <= sumTolerance) {
			return fmt.Errorf("%s: line %d: the ratios of run %q sum to %.6g, want 1; a column that is no domain must be ignored by name", t.File, row.Line,
				row.Run, sum)
		}
		for j := range row.Values {
			row.Values[j] /= sum
		}
	}
	return nil
}

// Swarm is what there is to learn from, ordered by the runs' names.
type Swarm struct {
	Domains []string
	Metrics []string
	Runs    []Run
}

// Run is a mixture and, when it was trained, what was measured.
type Run struct {
	Name    string
	Ratios  []float64
	Metrics []float64
}

// Join joins two tables on their runs. Each run must be in both.
func Join(ratios, metrics *Table) (*Swarm, error) {
	if err := ratios.Mixtures(); err != nil {
		return nil, err
	}
	measured := make(map[string]*Row, len(metrics.Rows))
	for i := range metrics.Rows {
		measured[metrics.Rows[i].Run] = &metrics.Rows[i]
	}
	s := &Swarm{Domains: ratios.Columns, Metrics: metrics.Columns}
	for _, r := range ratios.Rows {
		m := measured[r.Run]
		if m == nil {
			return nil, fmt.Errorf("%s: line %d: run %q has no row in %s", ratios.File, r.Line, r.Run, metrics.File)
		}
		delete(measured, r.Run)
		s.Runs = append(s.Runs, Run{r.Run, r.Values, m.Values})
	}
	for _, m := range metrics.Rows {
		if measured[m.Run] != nil {
			return nil, fmt.Errorf("%s: line %d: run %q is unknown: it has no row in %s", metrics.File, m.Line, m.Run, ratios.File)
		}
	}
	slices.SortFunc(s.Runs, func(a, b Run) int { return strings.Compare(a.Name, b.Name) })
	return s, nil
}

// WriteRatios writes mixtures as ratios.csv, with the fewest digits that read back as the same numbers.
func WriteRatios(w io.Writer, domains []string, runs []Run) error {
	c := csv.NewWriter(w)
	c.Write(append([]string{"run"}, domains...))
	rec := make([]string, len(domains)+1)
	for _, r := range runs {
		rec[0] = r.Name
		for j, v := range r.Ratios {
			rec[j+1] = strconv.FormatFloat(v, 'f', -1, 64)
		}
		c.Write(rec)
	}
	c.Flush()
	return c.Error()
}
