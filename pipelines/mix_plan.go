package pipelines

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/mix"
)

// PlanOf reads the plan of a run's mix, as it was written and as its numbers. The plan is not joined with its documents: it can be shown
// and exported, but not read from.
func PlanOf(dir quern.Local, rec *Record) (*mix.Plan, []byte, error) {
	for _, s := range rec.Steps {
		if s.Step != "mix" {
			continue
		}
		m, err := Dataset(dir, s)
		if err != nil {
			return nil, nil, err
		}
		b, err := quern.ReadBlob(quern.Sub(dir, s.Folder), planName)
		if err != nil {
			return nil, nil, err
		}
		if len(m.Shards) != 1 || len(m.Shards[0].Blobs) != 1 || m.Shards[0].Blobs[0].Digest != quern.DigestOf(b) {
			return nil, nil, fmt.Errorf("%s/%s: not the plan that its manifest tells of: it was changed since", s.Folder, planName)
		}
		p := &mix.Plan{}
		if err := json.Unmarshal(b, p); err != nil {
			return nil, nil, fmt.Errorf("%s/%s: %w", s.Folder, planName, err)
		}
		if p.Version != mix.Version {
			return nil, nil, fmt.Errorf("%s/%s: the plan is of version %q, this program reads %s", s.Folder, planName, p.Version, mix.Version)
		}
		return p, b, nil
	}
	return nil, nil, errors.New("the run has no mix step")
}
