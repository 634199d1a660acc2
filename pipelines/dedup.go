package pipelines

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup"
)

// signStep computes the signatures of texts.
type signStep struct {
	spec *Spec
	env  *Env
	in   Input
}

func (s *signStep) Head(context.Context, []quern.Manifest) (quern.Manifest, error) {
	return headOf(map[string]any{"exact": s.spec.Dedup.Exact, "near": s.spec.Dedup.Near, "seed": s.spec.Seed}, dedup.Version)
}

func (s *signStep) Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	return s.env.datasetPass("sign."+s.in.Name, s.env.textSource(in[0], s.in), dir, func(name string) (quern.Sink, error) {
		return s.spec.Dedup.Signer(s.spec.Seed, dir, name)
	}).Run(ctx)
}

// clusterStep finds duplicates among all sources and says which documents go. Its inputs are the texts of all sources, then their
// signatures.
type clusterStep struct {
	spec *Spec
	env  *Env
}

func (s *clusterStep) Head(context.Context, []quern.Manifest) (quern.Manifest, error) {
	return headOf(map[string]any{"dedup": s.spec.Dedup, "seed": s.spec.Seed}, dedup.Version)
}

// ClusterFacts is what a cluster step reports.
type ClusterFacts struct {
	Candidates int64           `json:"candidates"`
	Verified   int64           `json:"verified"`
	Clusters   int64           `json:"clusters"`
	Examples   []dedup.Example `json:"examples"`
}

func (s *clusterStep) Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	n := len(s.spec.Ingest)
	sets := make([]dedup.Dataset, n)
	for i, input := range s.spec.Ingest {
		sets[i] = dedup.Dataset{Name: input.Name, Domain: input.Domain, Dir: s.env.dataset(in[n+i]), Shards: in[n+i].Shards,
			Texts: s.env.textSource(in[i], input)}
	}
	scratch, clear, err := s.env.scratch("cluster")
	if err != nil {
		return quern.Manifest{}, err
	}
	defer clear()
	r, err := dedup.Cluster(ctx, *s.spec.Dedup, s.spec.Seed, sets, dir, filepath.Clean(scratch), s.env.Mem, s.env.Workers)
	if err != nil {
		return quern.Manifest{}, err
	}
	m := quern.Manifest{Shards: r.Shards, Ledger: r.Ledger}
	m.Facts, err = json.Marshal(ClusterFacts{r.Candidates, r.Verified, r.Clusters, r.Examples})
	return m, err
}

// survivors reads the texts of a source without what was removed. The removals are those of the cluster step among in, if any.
func (e *Env) survivors(text quern.Manifest, input Input, removals *dedup.Removals) quern.Source {
	src := e.textSource(text, input)
	if removals == nil {
		return src
	}
	return removals.Survivors(src, input.Name)
}

// removalsOf loads the removals if the manifest is a cluster step's.
func (e *Env) removalsOf(m quern.Manifest) (*dedup.Removals, error) {
	if !strings.HasPrefix(m.Step, "cluster") {
		return nil, nil
	}
	return dedup.LoadRemovals(e.dataset(m))
}
