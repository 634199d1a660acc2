package train

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"
	"time"

	"github.com/seed-83c59573/quern"
)

// TensorBoard's own writer is the oracle: cmd/versus/tensorboard_golden.py.
func TestEventsAreTensorBoards(t *testing.T) {
	want, err := os.ReadFile("testdata/events.tfrecord")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	e := startEvents(&got, func() time.Time { return time.UnixMilli(1700000000250) })
	e.add(1, scalar{"train/loss", 5.5}, scalar{"train/learning_rate", 0.001})
	e.add(300, scalar{"validation/loss", 2.25}, scalar{"validation/bits_per_byte", 0})
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("have\n%x\nwant\n%x", got.Bytes(), want)
	}
}

func TestARunWritesEvents(t *testing.T) {
	var log bytes.Buffer
	e := tinyEnv(t, &quern.Memory{})
	e.Events = &log
	r := pretrain(t, tinyConfig(), e)
	records := 0
	for b := log.Bytes(); len(b) > 0; records++ {
		n := int(binary.LittleEndian.Uint64(b))
		if masked(b[:8]) != binary.LittleEndian.Uint32(b[8:]) || masked(b[12:12+n]) != binary.LittleEndian.Uint32(b[12+n:]) {
			t.Fatalf("record %d: a checksum is wrong", records)
		}
		b = b[16+n:]
	}
	if records != 1+12+4 { // the version, the steps, the measurements
		t.Errorf("%d records", records)
	}
	e.Events, e.Dir = brokenLog{}, &quern.Memory{}
	if again := pretrain(t, tinyConfig(), e); again.Checkpoint != r.Checkpoint {
		t.Error("events that cannot be written change the model")
	}
}
