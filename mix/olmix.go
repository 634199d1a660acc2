package mix

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

const (
	maxRatiosBytes = 16 << 20
	maxRatiosParts = 1 << 16
)

// ReadRatios reads the ratios of one run from a table as Olmix has it (allenai/olmix, README and fit/loaders.py): a column run or
// run_id, perhaps name and index, and a column for each part, whose numbers sum to about 1 in each row. A colon in a part's name divides,
// as a slash does here. Parts of ratio 0 are left out. run "" is the only row.
func ReadRatios(r io.Reader, run string) (*Ratios, error) {
	in := &io.LimitedReader{R: r, N: maxRatiosBytes + 1}
	rows := csv.NewReader(in)
	rows.ReuseRecord = true
	fail := func(err error) error {
		if in.N <= 0 {
			return fmt.Errorf("more than %d bytes", maxRatiosBytes)
		}
		if errors.Is(err, io.EOF) {
			return errors.New("no rows: want a header and a row for each run")
		}
		return err
	}
	head, err := rows.Read()
	if err != nil {
		return nil, fail(err)
	}
	if len(head) > maxRatiosParts {
		return nil, fmt.Errorf("%d columns, want at most %d", len(head), maxRatiosParts)
	}
	head = slices.Clone(head)
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	id := slices.IndexFunc(head, func(h string) bool { return h == "run" || h == "run_id" })
	if id < 0 {
		return nil, fmt.Errorf("no column run or run_id among %s", strings.Join(head[:min(10, len(head))], ", "))
	}
	var found *Ratios
	var runs []string
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) && in.N > 0 {
			break
		}
		if err != nil {
			return nil, fail(err)
		}
		runs = append(runs, strings.Clone(row[id]))
		if run != "" && row[id] != run {
			continue
		}
		line, _ := rows.FieldPos(id)
		if found != nil && run != "" {
			return nil, fmt.Errorf("line %d: the run %s is there twice", line, run)
		}
		if found, err = rowRatios(head, row, id); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
	switch {
	case len(runs) == 0:
		return nil, fail(io.EOF)
	case run == "" && len(runs) > 1:
		return nil, fmt.Errorf("%d runs, name one: %s", len(runs), strings.Join(runs[:min(10, len(runs))], ", "))
	case found == nil:
		return nil, fmt.Errorf("no run %s among %s", run, strings.Join(runs[:min(10, len(runs))], ", "))
	}
	return found, nil
}

func rowRatios(head, row []string, id int) (*Ratios, error) {
	shares, sum := map[string]float64{}, 0.0
	for i, text := range row {
		if i == id || head[i] == "name" || head[i] == "index" {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || !(v >= 0) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("column %s is %.40q, want a number from 0", head[i], text)
		}
		path := strings.ReplaceAll(head[i], ":", "/")
		if _, twice := shares[path]; twice {
			return nil, fmt.Errorf("the column %s is there twice", head[i])
		}
		shares[path] = v
		sum += v
	}
	if math.Abs(sum-1) > 0.01 {
		return nil, fmt.Errorf("the ratios sum to %g, want 1", sum)
	}
	r := &Ratios{}
	for _, path := range slices.Sorted(maps.Keys(shares)) {
		if shares[path] == 0 {
			continue
		}
		if err := r.Add(path, Ratios{Share: shares[path]}); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Row is the achieved shares of the plan's parts, a row of ratios.csv.
func (s *Summary) Row() map[string]float64 {
	row := map[string]float64{}
	for _, p := range s.Parts {
		row[p.Name] = p.Achieved
	}
	return row
}

// WriteRatios writes a table of runs as ReadRatios and Olmix read it. Parts that a run lacks are 0.
func WriteRatios(w io.Writer, runs []string, rows []map[string]float64) error {
	names := map[string]bool{}
	for _, row := range rows {
		for n := range row {
			names[n] = true
		}
	}
	parts := slices.Sorted(maps.Keys(names))
	out := csv.NewWriter(w)
	head := []string{"run"}
	for _, p := range parts {
		head = append(head, strings.ReplaceAll(p, "/", ":"))
	}
	if err := out.Write(head); err != nil {
		return err
	}
	for i, row := range rows {
		line := []string{runs[i]}
		for _, p := range parts {
			line = append(line, strconv.FormatFloat(row[p], 'g', -1, 64))
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
