// Package law searches for a mixture. A swarm of small runs, each on its own mixture of the domains, comes in as two tables: what each
// was mixed of (ratios.csv) and what was measured on it (metrics.csv). A law is fitted for each metric, its error of prediction is
// measured by cross-validation beside that of a plain mean, and a mixture is proposed that minimizes the weighted metrics under caps of
// tokens and epochs. It knows no document.
//
// The same tables, options and seed give the same bytes, in whatever order the rows stand and on any number of workers.
package law

import (
	"math/rand/v2"

	"github.com/seed-83c59573/quern"
)

// Version is part of every seed here: raise it when draws, folds or fits change.
const Version = "1"

// random is a stream of chance of its own for each use.
func random(seed uint64, use string) *rand.Rand {
	step := "mix/law/" + Version + "/" + use
	return rand.New(rand.NewPCG(quern.Seed(seed, step, quern.ID{}), quern.Seed(seed, step, quern.ID{1})))
}
