package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-83c59573/quern/pipelines"
	"github.com/spf13/cobra"
)

func initCommand() *cobra.Command {
	var preset string
	cmd := &cobra.Command{
		Use:   "init DIR",
		Short: "Write the quickstart spec and its sample, or the recipe that --preset names, into a new folder",
		Args:  exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := args[0]
			if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
				return fmt.Errorf("%s is not empty: give a new folder", dir)
			}
			if preset != "" {
				return writePreset(cmd.OutOrStdout(), dir, preset)
			}
			if err := writeSample(dir); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "now run: quern run %s\n", filepath.Join(dir, "quickstart.yaml"))
			return nil
		},
	}
	cmd.Flags().StringVar(&preset, "preset", "", "one of "+strings.Join(pipelines.PresetNames(), ", "))
	return cmd
}

// writePreset writes the spec of a recipe; its inputs are for the user to name.
func writePreset(out io.Writer, dir, name string) error {
	b, err := pipelines.Preset(name)
	if err != nil {
		return usageError{err}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	path := filepath.Join(dir, name+".yaml")
	if err := os.WriteFile(path, b, 0o666); err != nil {
		return err
	}
	fmt.Fprintf(out, "now name your inputs in %s, then run: quern run %s\n", path, path)
	return nil
}

// writeSample writes the embedded sample below dir.
func writeSample(dir string) error {
	return fs.WalkDir(pipelines.Sample, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := pipelines.Sample.ReadFile(name)
		if err != nil {
			return err
		}
		if name == "quickstart.yaml" {
			b = withoutOwnSource(b)
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return err
		}
		return os.WriteFile(to, b, 0o666)
	})
}

// withoutOwnSource takes quern's own source out of the quickstart: a binary has no checkout around it.
func withoutOwnSource(spec []byte) []byte {
	var out []string
	for line := range strings.Lines(string(spec)) {
		if !strings.Contains(line, "{name: quern,") {
			out = append(out, line)
		}
	}
	return []byte(strings.Join(out, ""))
}
