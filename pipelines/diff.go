package pipelines

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// Difference is what sets two runs apart.
type Difference struct {
	A      string       `json:"a"`
	B      string       `json:"b"`
	Spec   []SpecChange `json:"spec"`
	Steps  []StepChange `json:"steps"`
	Both   int64        `json:"documents_in_both"` // documents that both keep after cleaning, by ID
	OnlyA  int64        `json:"documents_only_a"`
	OnlyB  int64        `json:"documents_only_b"`
	Values []Change     `json:"values"` // shares and losses that differ
}

// SpecChange is a value of the spec that differs; "" = not there.
type SpecChange struct {
	Path string `json:"path"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// StepChange compares a step; [0] is of A, [1] of B.
type StepChange struct {
	Step    string           `json:"step"`
	Same    bool             `json:"same"`
	In      [2]int64         `json:"docs_in"`
	Out     [2]int64         `json:"docs_out"`
	Dropped map[string]int64 `json:"dropped_change"` // B minus A, where it is not 0
}

// Change is a number that differs.
type Change struct {
	Name string  `json:"name"`
	A    float64 `json:"a"`
	B    float64 `json:"b"`
}

// Same reports whether nothing differs.
func (d *Difference) Same() bool {
	for _, s := range d.Steps {
		if !s.Same {
			return false
		}
	}
	return len(d.Spec) == 0 && len(d.Values) == 0 && d.OnlyA == 0 && d.OnlyB == 0
}

// Diff compares two runs, each given by its folder (the last run) or its record.
func Diff(ctx context.Context, a, b string) (*Difference, error) {
	dirA, recA, err := openRun(a)
	if err != nil {
		return nil, err
	}
	dirB, recB, err := openRun(b)
	if err != nil {
		return nil, err
	}
	sumA, err := Summarize(dirA, recA)
	if err != nil {
		return nil, err
	}
	sumB, err := Summarize(dirB, recB)
	if err != nil {
		return nil, err
	}
	d := &Difference{A: recA.Run, B: recB.Run, Steps: diffSteps(sumA, sumB), Values: diffValues(sumA, sumB)}
	if d.Spec, err = diffSpecs(recA.Spec, recB.Spec); err != nil {
		return nil, err
	}
	return d, d.documents(ctx, dirA, recA, dirB, recB)
}

func openRun(path string) (quern.Local, *Record, error) {
	name := ""
	if strings.HasSuffix(path, ".json") {
		name = strings.TrimSuffix(filepath.Base(path), ".json")
		path = filepath.Dir(filepath.Dir(path))
	}
	if _, err := os.Stat(path); err != nil {
		return "", nil, err
	}
	rec, err := LoadRecord(quern.Local(path), name)
	return quern.Local(path), rec, err
}

func diffSteps(a, b *Summary) []StepChange {
	var out []StepChange
	at := map[string]int{}
	for side, sum := range []*Summary{a, b} {
		for _, s := range sum.Steps {
			name := join(s.Step, s.Source)
			i, ok := at[name]
			if !ok {
				i = len(out)
				at[name] = i
				out = append(out, StepChange{Step: name, Dropped: map[string]int64{}})
			}
			c := &out[i]
			c.In[side], c.Out[side] = s.DocsIn, s.DocsOut
			for r, n := range s.LeftOut() {
				if side == 0 {
					n = -n
				}
				if c.Dropped[r] += n; c.Dropped[r] == 0 {
					delete(c.Dropped, r)
				}
			}
		}
	}
	digests := map[string]quern.Digest{}
	for _, s := range a.Steps {
		digests[join(s.Step, s.Source)] = s.Digest
	}
	for _, s := range b.Steps {
		name := join(s.Step, s.Source)
		out[at[name]].Same = digests[name] == s.Digest
	}
	return out
}

func diffValues(a, b *Summary) []Change {
	values := [2]map[string]float64{{}, {}}
	for side, s := range []*Summary{a, b} {
		v := values[side]
		if s.Mix != nil {
			for d, share := range s.Mix.Achieved {
				v["share."+d] = share
			}
		}
		if s.Train != nil {
			v["train.loss_last"], v["train.val_bpb"] = s.Train.LossLast, s.Train.ValBPB
		}
		if s.Tune != nil {
			v["tune.loss_last"] = s.Tune.LossLast
			if f := s.Tune.Forgetting; f != nil {
				v["tune.forgetting"] = f.Nats()
			}
		}
	}
	names := slices.Sorted(maps.Keys(values[0]))
	for n := range values[1] {
		if _, ok := values[0][n]; !ok {
			names = append(names, n)
		}
	}
	sort.Strings(names)
	var out []Change
	for _, n := range names {
		if values[0][n] != values[1][n] {
			out = append(out, Change{n, values[0][n], values[1][n]})
		}
	}
	return out
}

// diffSpecs lists the leaves in which two specs differ.
func diffSpecs(a, b json.RawMessage) ([]SpecChange, error) {
	leaves := [2]map[string]string{{}, {}}
	for side, raw := range []json.RawMessage{a, b} {
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			return nil, fmt.Errorf("the recorded spec: %w", err)
		}
		flatten("", v, leaves[side])
	}
	names := slices.Sorted(maps.Keys(leaves[0]))
	for n := range leaves[1] {
		if _, ok := leaves[0][n]; !ok {
			names = append(names, n)
		}
	}
	sort.Strings(names)
	var out []SpecChange
	for _, n := range names {
		if leaves[0][n] != leaves[1][n] {
			out = append(out, SpecChange{n, leaves[0][n], leaves[1][n]})
		}
	}
	return out, nil
}

func flatten(path string, v any, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for k, w := range v {
			flatten(strings.TrimPrefix(path+"."+k, "."), w, into)
		}
	case []any:
		for i, w := range v {
			flatten(fmt.Sprintf("%s[%d]", path, i), w, into)
		}
	default:
		b, _ := json.Marshal(v) // a value that was just unmarshalled
		into[path] = string(b)
	}
}

// documents counts the documents that only one of the runs keeps after cleaning. It holds the IDs of steps that differ in memory,
// 16 bytes a document.
func (d *Difference) documents(ctx context.Context, dirA quern.Local, a *Record, dirB quern.Local, b *Record) error {
	textsA, textsB := texts(a), texts(b)
	for _, source := range sortedUnion(textsA, textsB) {
		ra, okA := textsA[source]
		rb, okB := textsB[source]
		if okA && okB && ra.Digest == rb.Digest {
			m, err := Dataset(dirA, ra)
			if err != nil {
				return err
			}
			docs, _, _ := m.Totals()
			d.Both += docs
			continue
		}
		idsA, err := ids(ctx, dirA, ra, okA)
		if err != nil {
			return err
		}
		idsB, err := ids(ctx, dirB, rb, okB)
		if err != nil {
			return err
		}
		both, onlyA, onlyB := compare(idsA, idsB)
		d.Both, d.OnlyA, d.OnlyB = d.Both+both, d.OnlyA+onlyA, d.OnlyB+onlyB
	}
	return nil
}

// texts maps each source to the last step that wrote its texts.
func texts(r *Record) map[string]StepRecord {
	m := map[string]StepRecord{}
	for _, s := range r.Steps {
		if s.Step == "ingest" || s.Step == "clean" {
			m[s.Source] = s
		}
	}
	return m
}

func sortedUnion(a, b map[string]StepRecord) []string {
	names := slices.Sorted(maps.Keys(a))
	for n := range b {
		if _, ok := a[n]; !ok {
			names = append(names, n)
		}
	}
	sort.Strings(names)
	return names
}

func ids(ctx context.Context, dir quern.Local, s StepRecord, there bool) ([]quern.ID, error) {
	if !there {
		return nil, nil
	}
	m, err := Dataset(dir, s)
	if err != nil {
		return nil, err
	}
	src := shard.TextSource{Dir: quern.Sub(dir, s.Folder), Name: s.Source, Shards: m.Shards}
	units, err := src.Units(ctx)
	if err != nil {
		return nil, err
	}
	var out []quern.ID
	for _, u := range units {
		for doc, err := range src.Docs(ctx, u) {
			if err != nil {
				return nil, err
			}
			out = append(out, doc.ID)
		}
	}
	sort.Slice(out, func(i, j int) bool { return bytes.Compare(out[i][:], out[j][:]) < 0 })
	return out, nil
}

// compare counts what two sorted lists share.
func compare(a, b []quern.ID) (both, onlyA, onlyB int64) {
	for len(a) > 0 && len(b) > 0 {
		switch c := a[0].Compare(b[0]); {
		case c == 0:
			both, a, b = both+1, a[1:], b[1:]
		case c < 0:
			onlyA, a = onlyA+1, a[1:]
		default:
			onlyB, b = onlyB+1, b[1:]
		}
	}
	return both, onlyA + int64(len(a)), onlyB + int64(len(b))
}
