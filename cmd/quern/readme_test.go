package main

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var slow = flag.Bool("slow", false, "also run the tests that take minutes, as CI does")

var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// commandLines are the lines of a README's shell blocks.
func commandLines(t *testing.T, name string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, block := range shellBlock.FindAllSubmatch(b, -1) {
		for line := range strings.Lines(string(block[1])) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

var ours = regexp.MustCompile(`^(?:\./quern|go run \./cmd/quern|quern) (.*)$`)

func TestReadmeCommandsExist(t *testing.T) {
	english := commandLines(t, "README.md")
	if chinese := commandLines(t, "README.zh.md"); !slices.Equal(english, chinese) {
		t.Errorf("README.md and README.zh.md have different commands:\n%q\n%q", english, chinese)
	}
	for _, want := range []string{"go run ./cmd/quern run pipelines/quickstart.yaml", "go test ./..."} {
		if !slices.Contains(english, want) {
			t.Errorf("the README lacks %q", want)
		}
	}
	seen := map[string]bool{}
	for _, line := range english {
		m := ours.FindStringSubmatch(line)
		if m == nil {
			if !strings.HasPrefix(line, "go ") {
				t.Errorf("%q is neither quern nor go", line)
			}
			continue
		}
		args := splitLine(m[1])
		seen[args[0]] = true
		var out, errs bytes.Buffer // with --help, names of commands and flags are checked and nothing is done
		code := run(append(args, "--help"), &out, &errs)
		if code != 0 || !strings.Contains(out.String(), "quern "+args[0]+" ") {
			t.Errorf("%s: exit %d: %s%s", line, code, errs.String(), out.String())
		}
	}
	var out, errs bytes.Buffer
	run([]string{"--help"}, &out, &errs)
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z]+) {2,}\S`).FindAllStringSubmatch(out.String(), -1) {
		if name := m[1]; name != "help" && !seen[name] {
			t.Errorf("the README shows no example of quern %s", name)
		}
	}
}

// splitLine splits at spaces outside of double quotes.
func splitLine(s string) []string {
	var words []string
	for i, part := range strings.Split(s, `"`) {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

// TestReadmeCommandsRun runs them in order in a copy of the checkout, as a newcomer does, but for go test, which this is part of.
func TestReadmeCommandsRun(t *testing.T) {
	if !*slow {
		t.Skip("runs the whole quickstart: run with -slow")
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no shell: ", err)
	}
	dir := t.TempDir()
	copyCheckout(t, "../..", dir)
	for _, line := range commandLines(t, "README.md") {
		if strings.HasPrefix(line, "go test") {
			continue
		}
		start := time.Now()
		cmd := exec.Command("sh", "-c", line)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		t.Logf("%5.1f s  %s", time.Since(start).Seconds(), line)
		if len(out) == 0 && !strings.HasPrefix(line, "go build") {
			t.Errorf("%s says nothing", line)
		}
	}
}

// copyCheckout copies what a clone would have: no hidden folders, no runs.
func copyCheckout(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			if rel != "." && strings.HasPrefix(e.Name(), ".") || rel == "run" {
				return fs.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, rel), 0o777)
		}
		if !e.Type().IsRegular() {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
}
