package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/ingest"
	"github.com/seed-83c59573/quern/shard"
)

// ingestStep turns files of the world into text shards.
type ingestStep struct {
	spec *Spec
	env  *Env
	in   Input
}

// Source opens an input of the spec.
func (s *Spec) Source(in Input) (quern.Source, error) {
	return (&ingestStep{spec: s, in: in}).reader()
}

// reader opens the source of the input. Paths under $GOROOT are left out where no Go toolchain is installed.
func (s *ingestStep) reader() (ingest.Reader, error) {
	o := ingest.Options{Name: s.in.Name, Domain: s.in.Domain, License: s.in.License, Base: s.spec.base}
	for _, p := range s.in.Paths {
		if rest, ok := strings.CutPrefix(p, "$GOROOT"); ok {
			root := goroot()
			if root == "" {
				continue
			}
			p = root + rest
		}
		o.Paths = append(o.Paths, p)
	}
	if len(o.Paths) == 0 {
		return nil, fmt.Errorf("all its paths are under $GOROOT, and no Go toolchain is here")
	}
	return s.in.Config.Reader(o)
}

// goroot is where the Go toolchain stands, "" if nowhere.
func goroot() string {
	if c := os.Getenv("GOROOT"); c != "" && isDir(filepath.Join(c, "src")) {
		return c
	}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if c := strings.TrimSpace(string(out)); err == nil && c != "" && isDir(filepath.Join(c, "src")) {
		return c
	}
	return ""
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

func (s *ingestStep) Head(ctx context.Context, _ []quern.Manifest) (quern.Manifest, error) {
	h, err := headOf(s.in, ingest.Version+"/"+shard.Version)
	if err != nil {
		return h, err
	}
	r, err := s.reader()
	if err != nil {
		return h, err
	}
	files, err := r.Files(ctx)
	if err != nil {
		return h, err
	}
	base := s.spec.base
	if root := goroot(); len(files) > 0 && root != "" && strings.HasPrefix(files[0].Path, root) {
		base = root // names must not tell where the toolchain stands
	}
	h.Inputs, err = s.env.world.inputs(ctx, base, files, s.env.Workers)
	return h, err
}

func (s *ingestStep) Run(ctx context.Context, _ []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	r, err := s.reader()
	if err != nil {
		return quern.Manifest{}, err
	}
	p := s.env.datasetPass("ingest."+s.in.Name, r, dir, func(name string) (quern.Sink, error) { return shard.Text(dir, name) })
	m, err := p.Run(ctx)
	if err != nil {
		return m, err
	}
	files, err := r.Files(ctx)
	if err != nil {
		return m, err
	}
	return m, s.env.world.unchanged(files)
}

// cleanStep judges texts by rules and keeps what it drops, with the evidence.
type cleanStep struct {
	env   *Env
	in    Input
	rules []Rule
}

func (s *cleanStep) Head(context.Context, []quern.Manifest) (quern.Manifest, error) {
	return headOf(map[string]any{"rules": s.rules}, clean.Version+"/"+shard.Version)
}

// stages builds the rules for one worker; those that judge facts share one scan.
func (s *cleanStep) stages() ([]quern.Stage, error) {
	var stages []quern.Stage
	for _, r := range s.rules {
		st, err := r.Options.Stage()
		if err != nil {
			return nil, err
		}
		stages = append(stages, st)
	}
	return clean.Join(stages), nil
}

// CleanFacts is what a clean step reports: histograms of all facts, of the kept and of the dropped.
type CleanFacts struct {
	Kept    clean.Histograms `json:"kept"`
	Dropped clean.Histograms `json:"dropped"`
}

func (s *cleanStep) Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	p := s.env.datasetPass("clean."+s.in.Name, s.env.textSource(in[0], s.in), dir, func(name string) (quern.Sink, error) {
		return withHistograms(shard.Text(dir, name))
	})
	p.Stages = s.stages
	p.Dropped = func(i int, _ quern.Unit) (quern.Sink, error) {
		return withHistograms(shard.Drops(dir, fmt.Sprintf("dropped/%05d", i)))
	}
	m, err := p.Run(ctx)
	if err != nil {
		return m, err
	}
	var facts CleanFacts
	if err := errors.Join(collect(m.Shards, &facts.Kept), collect(m.Dropped, &facts.Dropped)); err != nil {
		return m, err
	}
	m.Facts, err = json.Marshal(facts)
	return m, err
}

// histogramSink counts the facts of the documents that pass through it; the counts travel in Shard.Info.
type histogramSink struct {
	quern.Sink
	h clean.Histograms
}

func withHistograms(s quern.Sink, err error) (quern.Sink, error) {
	return &histogramSink{Sink: s}, err
}

func (s *histogramSink) Put(d *quern.Doc) error {
	s.h.Add(d.Marks)
	return s.Sink.Put(d)
}

func (s *histogramSink) Commit() (quern.Shard, error) {
	sh, err := s.Sink.Commit()
	if err != nil {
		return sh, err
	}
	sh.Info, err = json.Marshal(&s.h)
	return sh, err
}

// collect merges the histograms of shards and takes them off.
func collect(shards []quern.Shard, into *clean.Histograms) error {
	for i := range shards {
		var h clean.Histograms
		if err := json.Unmarshal(shards[i].Info, &h); err != nil {
			return fmt.Errorf("%s: histograms: %w", shards[i].Name, err)
		}
		into.Merge(h)
		shards[i].Info = nil
	}
	return nil
}
