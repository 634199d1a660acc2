package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train"
)

// A Step turns committed datasets into one more.
type Step interface {
	// Head is the manifest as far as it is known before running: step, version, options, inputs. Its digest is the step's key,
	// so it names everything that the output depends on.
	Head(ctx context.Context, in []quern.Manifest) (quern.Manifest, error)
	// Run writes shards into dir, which may hold what an interrupted run of the same key left, and returns the manifest's
	// shards, ledger and facts.
	Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error)
}

// node is a step in the graph of a spec; after lists the nodes whose datasets it reads.
type node struct {
	kind, source string // "clean", "docs"
	after        []int
	step         Step
}

func (n node) name() string { return join(n.kind, n.source) }

func join(kind, source string) string {
	if source == "" {
		return kind
	}
	return kind + "." + source
}

// Kinds are the steps in the order in which a run goes through them.
var Kinds = []string{"ingest", "classify", "clean", "sign", "cluster", "index", "bloom", "lines", "paragraphs", "sentences", "substrings", "learn", "import", "tokenize",
	"mix", "shard", "train", "tune"}

// Env is where and how a spec runs. Nothing in it changes a result.
type Env struct {
	Dir     string // of the run
	Workers int    // 0 = one per processor
	Mem     int64  // bytes that sorting, clustering, counting and caches stay under
	Until   string // the last kind of step to run; "" = all
	Event   func(Event)

	world *world
}

// Event tells a watcher what a run is doing.
type Event struct {
	Step   string // "clean.docs"
	State  string // "start", "progress", "cached", "done", "note"
	Reason string // why it runs or what is noted
	quern.Progress
	Metric   string // the training loss and such, ready to print
	Done     int64  // of Of: training steps and such
	Of       int64
	Manifest *quern.Manifest // when done or cached
	Elapsed  time.Duration
}

func (e *Env) tell(ev Event) {
	if e.Event != nil {
		e.Event(ev)
	}
}

// watch reports a pass's progress under a step's name.
func (e *Env) watch(step string) func(quern.Progress) {
	return func(p quern.Progress) { e.tell(Event{Step: step, State: "progress", Progress: p}) }
}

func (e *Env) workers() int {
	if e.Workers > 0 {
		return e.Workers
	}
	return runtime.GOMAXPROCS(0)
}

func (e *Env) root() quern.Local { return quern.Local(e.Dir) }

func (e *Env) scratch(step string) (string, func(), error) {
	dir := filepath.Join(e.Dir, "scratch", step)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", nil, err
	}
	return dir, func() { os.RemoveAll(dir) }, nil
}

// Folder is where the dataset of a step stands, relative to the run's folder.
func Folder(step string, key quern.Digest) string {
	return "steps/" + strings.ReplaceAll(step, ".", "-") + "-" + key.Short()
}

func (e *Env) dataset(m quern.Manifest) quern.Dir {
	return quern.Sub(e.root(), Folder(m.Step, m.Key))
}

// Record says which datasets made up a run.
type Record struct {
	Run     string          `json:"run"` // "base-3"
	Version string          `json:"version"`
	Started string          `json:"started"`
	Spec    json.RawMessage `json:"spec"`
	Steps   []StepRecord    `json:"steps"`
	Over    []string        `json:"over_ceiling,omitempty"` // what was skipped above the ceiling
}

// StepRecord is one step of a run.
type StepRecord struct {
	Step    string       `json:"step"`             // "clean"
	Source  string       `json:"source,omitempty"` // "docs"
	Key     quern.Digest `json:"key"`
	Digest  quern.Digest `json:"digest"`
	Folder  string       `json:"folder"`
	Cached  bool         `json:"cached"`
	Seconds float64      `json:"seconds"`
}

// Run runs what a spec asks for and is not there yet.
func Run(ctx context.Context, spec *Spec, env Env) (*Record, error) {
	if err := os.MkdirAll(env.Dir, 0o777); err != nil {
		return nil, err
	}
	unlock, note, err := lock(env.Dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if note != "" {
		env.tell(Event{State: "note", Reason: note})
	}
	if env.Mem > 0 {
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(env.Mem))
	}
	if err := os.RemoveAll(filepath.Join(env.Dir, "scratch")); err != nil {
		return nil, err
	}
	if err := env.root().Sweep("."); err != nil {
		return nil, err
	}
	env.world = openWorld(env.root())
	nodes, err := build(spec, &env)
	if err != nil {
		return nil, err
	}
	if err := env.holds(spec); err != nil {
		return nil, err
	}
	resolved, err := spec.JSON()
	if err != nil {
		return nil, err
	}
	rec := &Record{Version: Version, Started: time.Now().UTC().Format(time.RFC3339), Spec: resolved}
	done := make([]quern.Manifest, len(nodes))
	for i, n := range nodes {
		if env.Until != "" && slices.Index(Kinds, n.kind) > slices.Index(Kinds, env.Until) {
			continue
		}
		in := make([]quern.Manifest, len(n.after))
		for j, k := range n.after {
			in[j] = done[k]
		}
		m, sr, err := env.run(ctx, n, in)
		if err != nil {
			return nil, inStep(n.name(), err)
		}
		done[i] = m
		rec.Steps = append(rec.Steps, sr)
		rec.Over = append(rec.Over, overCeiling(n, m)...)
	}
	return rec, env.record(spec.Name, rec)
}

// inStep says which step an error is of, unless it says so itself.
func inStep(step string, err error) error {
	if strings.HasPrefix(err.Error(), step+": ") {
		return err
	}
	return fmt.Errorf("%s: %w", step, err)
}

// holds refuses a model that training has no memory for, before hours are spent on its data.
func (e *Env) holds(spec *Spec) error {
	if spec.Train == nil || spec.Train.From != "" || e.Until != "" && slices.Index(Kinds, "train") > slices.Index(Kinds, e.Until) {
		return nil
	}
	if err := train.Holds(train.Room(e.Mem), spec.memory()); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

// memory is what pretraining takes, in bytes. A vocabulary that is not known yet counts as the smallest there is.
func (s *Spec) memory() int64 {
	m := s.Train.Model
	if m.Vocab = 256; s.Tokenize != nil && s.Tokenize.Learn != nil {
		m.Vocab = max(m.Vocab, s.Tokenize.Learn.Vocab)
	}
	return s.Train.Memory(m, m.Context, 0)
}

// run gives the dataset of one step: the committed one if its key has one that is whole, else a new one.
func (e *Env) run(ctx context.Context, n node, in []quern.Manifest) (quern.Manifest, StepRecord, error) {
	start := time.Now()
	sr := StepRecord{Step: n.kind, Source: n.source}
	head, err := e.head(ctx, n, in)
	if err != nil {
		return head, sr, err
	}
	folder := Folder(head.Step, head.Key)
	dir := quern.Local(e.root().Path(folder))
	m, why := e.committed(dir, head.Key)
	if why == "" {
		sr.Key, sr.Digest, sr.Folder, sr.Cached = m.Key, m.Digest, folder, true
		e.tell(Event{Step: n.name(), State: "cached", Manifest: &m})
		return m, sr, nil
	}
	e.tell(Event{Step: n.name(), State: "start", Reason: why})
	m, err = n.step.Run(ctx, in, dir)
	if err != nil {
		return m, sr, err
	}
	m.Step, m.Key, m.Version, m.Inputs, m.Options = head.Step, head.Key, head.Version, head.Inputs, head.Options
	if err := m.Save(dir); err != nil {
		return m, sr, err
	}
	if m, err = quern.LoadManifest(dir); err != nil { // what is read back is what later runs will see
		return m, sr, err
	}
	os.RemoveAll(dir.Path("units")) // what a step needed to go on after a crash
	if every := keptEvery(n.step); every == 0 {
		os.RemoveAll(dir.Path("ckpt"))
	} else if err := train.Sweep(dir, every); err != nil {
		return m, sr, err
	}
	sr.Key, sr.Digest, sr.Folder, sr.Seconds = m.Key, m.Digest, folder, time.Since(start).Seconds()
	timing, err := json.Marshal(map[string]float64{"seconds": sr.Seconds})
	if err != nil {
		return m, sr, err
	}
	if err := quern.WriteBlob(dir, "timing.json", timing); err != nil {
		return m, sr, err
	}
	e.tell(Event{Step: n.name(), State: "done", Manifest: &m, Elapsed: time.Since(start)})
	return m, sr, nil
}

// head completes a step's head with its name and key.
func (e *Env) head(ctx context.Context, n node, in []quern.Manifest) (quern.Manifest, error) {
	h, err := n.step.Head(ctx, in)
	if err != nil {
		return h, err
	}
	h.Step = n.name()
	for _, m := range in {
		h.Inputs = append(h.Inputs, quern.Input{Name: m.Step, Digest: m.Digest})
	}
	if err := h.Seal(); err != nil {
		return h, err
	}
	h.Key, h.Digest = h.Digest, ""
	return h, nil
}

// committed loads the dataset in dir if it is whole and has this key; otherwise why says what is wrong.
func (e *Env) committed(dir quern.Dir, key quern.Digest) (m quern.Manifest, why string) {
	m, err := quern.LoadManifest(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return m, "new"
	case err != nil:
		return m, err.Error()
	case m.Key != key:
		return m, "its folder belongs to another key"
	}
	if err := m.Verify(dir, false); err != nil {
		return m, err.Error()
	}
	return m, ""
}

// record commits the record of a run under the next free number.
func (e *Env) record(name string, rec *Record) error {
	runs, err := Runs(e.root())
	if err != nil {
		return err
	}
	n := 1
	for _, r := range runs {
		if rest, ok := strings.CutPrefix(r, name+"-"); ok {
			if k, err := strconv.Atoi(rest); err == nil && k >= n {
				n = k + 1
			}
		}
	}
	rec.Run = fmt.Sprintf("%s-%d", name, n)
	b, err := json.MarshalIndent(rec, "", " ")
	if err != nil {
		return err
	}
	return quern.WriteBlob(e.root(), "runs/"+rec.Run+".json", append(b, '\n'))
}

// Runs names the recorded runs of a folder, oldest first by when they were recorded.
func Runs(dir quern.Local) ([]string, error) {
	names, err := dir.List("runs")
	if err != nil {
		return nil, err
	}
	type run struct {
		name string
		at   time.Time
	}
	var runs []run
	for _, n := range names {
		base, ok := strings.CutSuffix(strings.TrimPrefix(n, "runs/"), ".json")
		if !ok || strings.Contains(base, "/") {
			continue
		}
		st, err := os.Stat(dir.Path(n))
		if err != nil {
			return nil, err
		}
		runs = append(runs, run{base, st.ModTime()})
	}
	sort.SliceStable(runs, func(i, j int) bool { return runs[i].at.Before(runs[j].at) })
	out := make([]string, len(runs))
	for i, r := range runs {
		out[i] = r.name
	}
	return out, nil
}

// LoadRecord reads the record of a run; name "" is the last one.
func LoadRecord(dir quern.Local, name string) (*Record, error) {
	if name == "" {
		runs, err := Runs(dir)
		if err != nil {
			return nil, err
		}
		if len(runs) == 0 {
			if _, err := os.Stat(string(dir)); err != nil {
				return nil, fmt.Errorf("%s: no run is recorded here: %w", string(dir), err)
			}
			return nil, fmt.Errorf("%s: no run is recorded here", string(dir))
		}
		name = runs[len(runs)-1]
	}
	b, err := quern.ReadBlob(dir, "runs/"+name+".json")
	if errors.Is(err, fs.ErrNotExist) {
		runs, err := Runs(dir)
		return nil, errors.Join(err, fmt.Errorf("%s: no run %s is recorded here, there are: %s", string(dir), name, strings.Join(runs, ", ")))
	}
	if err != nil {
		return nil, err
	}
	rec := &Record{}
	if err := json.Unmarshal(b, rec); err != nil {
		return nil, fmt.Errorf("runs/%s.json: %w", name, err)
	}
	return rec, nil
}

// harmless are the reasons for skipping that tell of the page, not of damage: they do not count against the ceiling.
var harmless = []string{"no-text", "http-status", "not-text", "other-type", "empty", "too-large", "too-many-nodes", "no-text-layer", "encrypted",
	"no-question"}

// Ceilings of what an ingest step may skip as damaged before the run ends with a warning.
const (
	recordCeiling = 0.01
	fileCeiling   = 0.001
)

func overCeiling(n node, m quern.Manifest) []string {
	if n.kind != "ingest" {
		return nil
	}
	var over []string
	damaged := int64(0)
	for reason, docs := range m.Ledger.Reasons(quern.Skipped) {
		if !slices.Contains(harmless, reason) {
			damaged += docs
		}
	}
	if in := m.Ledger.In - m.Ledger.Total(quern.Passed, "").Docs; float64(damaged) > recordCeiling*float64(in) {
		over = append(over, fmt.Sprintf("%s: %d of %d records were skipped as damaged, above the ceiling of %g %%", n.name(), damaged, in, 100*recordCeiling))
	}
	if files := len(m.Inputs); float64(m.Ledger.Refused) > fileCeiling*float64(files) {
		over = append(over, fmt.Sprintf("%s: %d of %d files were refused, above the ceiling of %g %%", n.name(), m.Ledger.Refused, files, 100*fileCeiling))
	}
	return over
}
