package main

import (
	"bytes"
	"errors"
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

	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/pipelines"
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
		var out, errs bytes.Buffer     // with --help, names of commands and flags are checked and nothing is done
		at := slices.Index(args, "--") // what is behind it is no flag
		if at < 0 {
			at = len(args)
		}
		code := run(slices.Insert(args, at, "--help"), &out, &errs)
		if code != 0 || !strings.Contains(out.String(), "quern "+args[0]+" ") {
			t.Errorf("%s: exit %d: %s%s", line, code, errs.String(), out.String())
		}
	}
	var out, errs bytes.Buffer
	run([]string{"--help"}, &out, &errs)
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z-]+) {2,}\S`).FindAllStringSubmatch(out.String(), -1) {
		if name := m[1]; name != "help" && !seen[name] {
			t.Errorf("the README shows no example of quern %s", name)
		}
	}
}

// blocks are the contents of a README's blocks of a kind.
func blocks(t *testing.T, name, kind string) (all []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?ms)^```"+kind+"\n(.*?)^```$").FindAllStringSubmatch(string(b), -1) {
		all = append(all, m[1])
	}
	return all
}

// Every spec in a README is read as a user's is, beside the files that its rules name. One without a head gets one.
func TestReadmeSpecsAreRead(t *testing.T) {
	base := t.TempDir()
	for name, text := range map[string]string{"words/en": "darn\n", "words/zh": "讨厌\n", "judge.py": "#!/usr/bin/env python3\n"} {
		path := filepath.Join(base, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(text), 0o777)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"README.md", "README.zh.md"} {
		specs := blocks(t, name, "yaml")
		if len(specs) < 4 {
			t.Errorf("%s has %d specs", name, len(specs))
		}
		for _, src := range specs {
			if !strings.HasPrefix(src, "version:") {
				src = "version: 1\nname: part\nseed: 1\n" + src
			}
			if _, err := pipelines.ParseSpec(name, []byte(src), base, nil); err != nil {
				t.Errorf("%v in\n%s", err, src)
			}
		}
	}
}

func TestReadmeListsEveryRuleAndPreset(t *testing.T) {
	for _, name := range []string{"README.md", "README.zh.md"} {
		b, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range clean.Rules {
			row := regexp.MustCompile("(?m)^\\| `" + r.Name + "` \\| ([^|]*)\\| .*$").FindSubmatch(b)
			if row == nil {
				t.Errorf("%s has no row for the rule %s", name, r.Name)
				continue
			}
			for _, d := range r.Dialects {
				if len(r.Dialects) < 5 && !strings.Contains(string(row[1]), d) {
					t.Errorf("%s: the row of %s lacks the dialect %s", name, r.Name, d)
				}
			}
		}
		for _, p := range pipelines.PresetNames() {
			if !bytes.Contains(b, []byte("`"+p+"`")) {
				t.Errorf("%s does not name the preset %s", name, p)
			}
		}
	}
}

// TestReadmeWalkThrough adds the filter of the README to a copy of the checkout and asks the tests of all rules.
func TestReadmeWalkThrough(t *testing.T) {
	code := blocks(t, "README.md", "go")
	if len(code) != 3 || !slices.Equal(code, blocks(t, "README.zh.md", "go")) {
		t.Fatalf("%d blocks of Go, want a filter, its test and its entry, the same in both languages", len(code))
	}
	lines := 0
	for _, line := range strings.Split(importsGone.ReplaceAllString(strings.Join(code, ""), ""), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines++
		}
	}
	if lines >= 40 {
		t.Errorf("a filter takes %d lines", lines)
	}
	if !*slow {
		t.Skip("compiles the room: run with -slow")
	}
	dir := t.TempDir()
	copyCheckout(t, "../..", dir)
	rules, err := os.ReadFile(filepath.Join(dir, "clean/rules.go"))
	if err != nil {
		t.Fatal(err)
	}
	table := bytes.Replace(rules, []byte("var Rules = []Rule{\n"), []byte("var Rules = []Rule{\n"+code[2]), 1)
	for name, text := range map[string]string{"letters.go": code[0], "letters_test.go": code[1], "rules.go": string(table)} {
		if err := os.WriteFile(filepath.Join(dir, "clean", name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "test", "./clean", "./pipelines", "-run", "TestLetters|TestEveryStage|TestLimits|TestFacts|TestNames")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

var importsGone = regexp.MustCompile(`(?ms)^package clean\n+import \(\n.*?^\)$`)

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

// The READMEs show the reader for Python as it is tested.
func TestReadmeShowsTheReader(t *testing.T) {
	reader, err := os.ReadFile("../versus/reader.py")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README.md", "README.zh.md"} {
		if !slices.Contains(blocks(t, name, "python"), string(reader)) {
			t.Errorf("%s does not show cmd/versus/reader.py as it is", name)
		}
	}
}
