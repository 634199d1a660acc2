package ref_test

import (
	"testing"

	"github.com/seed-83c59573/quern/train/ops/opstest"
	"github.com/seed-83c59573/quern/train/ops/ref"
)

func TestGradientsAreThoseOfTheDefinitions(t *testing.T) { opstest.Gradients(t, ref.Ops{}) }

func TestAgreesWithItself(t *testing.T) { opstest.Run(t, ref.Ops{}, 0) }

func TestNothingToDo(t *testing.T) { opstest.Empty(t, ref.Ops{}) }
