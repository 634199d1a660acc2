package train

import (
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/cost"
	"github.com/seed-83c59573/quern/train/model"
)

// TestMemoryIsAskedBeforeItIsTaken: a model that no machine holds is refused in words; what is kept beside the weights counts.
func TestMemoryIsAskedBeforeItIsTaken(t *testing.T) {
	c, err := cost.Preset("gpt3")
	if err != nil {
		t.Fatal(err)
	}
	o := DefaultConfig().Optim
	o.Checkpoint = 0
	huge := o.Memory(c, c.Context, 0)
	if low, high := int64(16*174e9), int64(16*200e9); huge < low || huge > high {
		t.Errorf("GPT-3 takes %d bytes, want 16 a parameter and some more", huge)
	}
	if err := Holds(1<<40, huge); err == nil || !strings.Contains(err.Error(), "GB of memory") {
		t.Errorf("in 1 TiB: %v", err)
	}
	if err := Holds(0, huge); err != nil {
		t.Errorf("where nobody knows: %v", err)
	}
	small := model.Default()
	small.Vocab = 1000
	plain, params := o.Memory(small, small.Context, 0), int64(small.Parameters())
	o.Checkpoint = 100
	if got := o.Memory(small, small.Context, 0) - plain; got != 12*params {
		t.Errorf("the copy of a checkpoint takes %d bytes, want %d: weights and AdamW's moments", got, 12*params)
	}
	o.Steps = 100
	if got := o.Memory(small, small.Context, 0); got != plain {
		t.Errorf("%d bytes where only the end is written, want %d", got, plain)
	}
	o.EMA, o.EarlyStop.Patience = 0.9, 1
	if got := o.Memory(small, small.Context, 0) - plain; got != 8*params {
		t.Errorf("an average and the best weights take %d bytes, want %d", got, 8*params)
	}
	if lora := o.Memory(small, small.Context, 4); lora >= plain {
		t.Errorf("an adapter takes %d bytes, all weights %d", lora, plain)
	}
	if room := Room(1 << 20); room != 1<<20 {
		t.Errorf("with a limit of 1 MiB there are %d bytes", room)
	}
	env := tinyEnv(t, &quern.Memory{})
	env.Memory = 1 << 10
	if _, err := Pretrain(t.Context(), tinyConfig(), env); err == nil || !strings.Contains(err.Error(), "GB of memory") {
		t.Errorf("training without room: %v", err)
	}
}
