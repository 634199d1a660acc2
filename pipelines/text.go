package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup"
	"github.com/seed-83c59573/quern/ingest"
	"github.com/seed-83c59573/quern/shard"
)

// ingestStep turns files of the world into text shards.
type ingestStep struct {
	spec *Spec
	env  *Env
	in   Input
	past *dedup.Index // whose taken-down documents do not come in; nil = none
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
	if h.Inputs, err = s.env.world.inputs(ctx, base, files, s.env.Workers); err != nil {
		return h, err
	}
	if s.past, err = s.spec.takenDown(); s.past != nil {
		h.Inputs = append(h.Inputs, quern.Input{Name: "taken down", Digest: s.past.TakenDigest()})
	}
	return h, err
}

// takenDown is the index of the spec if documents were taken down from it, else nil.
func (s *Spec) takenDown() (*dedup.Index, error) {
	if s.Dedup == nil || s.Dedup.Index == "" {
		return nil, nil
	}
	x, err := dedup.OpenIndex(s.path(s.Dedup.Index))
	if errors.Is(err, fs.ErrNotExist) || err == nil && x.TakenDigest() == "" {
		return nil, nil
	}
	return x, err
}

func (s *ingestStep) Run(ctx context.Context, _ []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	r, err := s.reader()
	if err != nil {
		return quern.Manifest{}, err
	}
	p := s.env.datasetPass("ingest."+s.in.Name, r, dir, func(name string) (quern.Sink, error) { return shard.Raw(dir, name) })
	if s.past != nil {
		p.Stages = oneStage(s.past.Without)
	}
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
