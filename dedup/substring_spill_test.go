package dedup

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestSpillTellsWhereItIsShort: a scratch file that was cut off or that cannot be written is an error that names it.
func TestSpillTellsWhereItIsShort(t *testing.T) {
	s, err := newSpill(t.TempDir(), "keys", 3, 1<<12)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	w := s.writers(2)
	for i := range 3000 {
		b, err := w[i%2].record(i%3, 8)
		if err != nil {
			t.Fatal(err)
		}
		copy(b, fmt.Sprintf("%08d", i))
	}
	if err := flushAll(w); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for part := range 3 {
		if _, err := s.read(part, nil, func(b []byte) error {
			for ; len(b) > 0; b = b[8:] {
				seen[string(b[:8])] = true
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 3000 || s.records() != 3000 {
		t.Errorf("%d records of 3000", len(seen))
	}
	if err := os.Truncate(s.file.Name(), s.size-1); err != nil {
		t.Fatal(err)
	}
	short := false
	for part := range 3 {
		_, err := s.read(part, nil, func([]byte) error { return nil })
		short = short || err != nil && strings.Contains(err.Error(), s.file.Name()) && strings.Contains(err.Error(), "offset")
	}
	if !short {
		t.Error("a scratch file cut off is not noticed")
	}
	s.file.Close()
	w = s.writers(1)
	if _, err := w[0].record(0, 8); err != nil {
		t.Fatal(err)
	}
	if err := flushAll(w); err == nil || !strings.Contains(err.Error(), s.file.Name()) {
		t.Errorf("got %v, want an error that names the file", err)
	}
}
