package train

import (
	"fmt"

	"github.com/seed-83c59573/quern/train/cost"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
)

// Memory is what training a model takes at the least, in bytes: the model and its largest micro-batch, what the optimizer and the
// averages keep of each parameter, the adapter's weights, and the copy that checkpoints on the way are written from.
func (o Optim) Memory(c model.Config, context, rank int) int64 {
	rows, _, err := o.rows(max(1, context))
	if err != nil {
		return 0 // refused elsewhere, in words
	}
	trained := int64(c.Parameters())
	own := int64(0)
	if rank > 0 {
		trained = int64(cost.Adapters(c, rank))
		own = 2 * trained
	}
	state := int64(1)
	if o.Optimizer == ruleAdamW {
		state = 2
	}
	for _, kept := range []bool{o.EMA > 0, o.EarlyStop.Patience > 0} {
		if kept {
			state++
		}
	}
	copied := int64(0)
	if o.Checkpoint > 0 && (o.Steps == 0 || o.Steps > o.Checkpoint) {
		copied = int64(c.Parameters()) + own/2 + state*trained
	}
	return c.Footprint(rows*context).Total() + 4*(own+state*trained+copied)
}

// Room is the memory that a run may take: limit, or the machine's if that is less or limit is 0. 0 = nobody knows.
func Room(limit int64) int64 {
	have := cpu.Memory()
	if limit > 0 && (have == 0 || limit < have) {
		return limit
	}
	return have
}

// Holds refuses what does not go into so many bytes, instead of being killed half-way, or bringing the machine to a halt by swapping.
func Holds(room, want int64) error {
	if room == 0 || want <= room {
		return nil
	}
	return fmt.Errorf("training takes %.1f GB of memory, and there are %.1f: make the model smaller, lower micro, set model.recompute, or write no checkpoints on the way (checkpoint: 0)", float64(want)/1e9, float64(room)/1e9)
}
