package main

import (
	"testing"

	"github.com/spf13/cobra"
)

// TestAfterInterrupt: only a run keeps what it has done.
func TestAfterInterrupt(t *testing.T) {
	root := &cobra.Command{Use: "quern"}
	for name, want := range map[string]string{"run": "the same command goes on from here", "export": "the same command starts anew"} {
		c := &cobra.Command{Use: name}
		root.AddCommand(c)
		if got := afterInterrupt(c); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
