package code

import (
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-enry/go-enry/v2"
)

func TestLanguage(t *testing.T) {
	f := func(name, text, want string) {
		t.Helper()
		got := ""
		if l := Of(name, []byte(text)); l != nil {
			got = l.Name
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	f("a.go", "", "Go")
	f("x/y/A.CPP", "", "C++")
	f("x/CMakeLists.txt", "", "CMake")
	f("notes.txt", "", "Text")
	f("go.mod", "", "Go Module")
	f("a.exe", "", "")
	f("a", "", "")
	f("view.blade.php", "", "Blade")
	// The content decides where an ending is shared.
	f("a.h", "int f(void);\n", "C")
	f("a.h", "#include <vector>\nclass A {};\n", "C++")
	f("a.h", "#import \"b.h\"\n@interface A\n@end\n", "Objective-C")
	f("a.m", "@implementation A\n@end\n", "Objective-C")
	f("a.m", "% Adds.\nfunction c = add(a, b)\n", "MATLAB")
	f("a.m", "x = 1;\n", "MATLAB")
	f("a.pl", "use strict;\nmy $x = 1;\n", "Perl")
	f("a.pl", "father(X, Y) :- parent(X, Y).\n", "Prolog")
	f("a.v", "module a(input b);\nendmodule\n", "Verilog")
	f("a.v", "Require Import Arith.\nProof. auto. Qed.\n", "Rocq Prover")
	f("a.ts", "export const a = 1;\n", "TypeScript")
	f("a.ts", "<?xml version=\"1.0\"?>\n<!DOCTYPE TS><TS version=\"2\">\n", "XML")
	f("a.md", "# Title\n", "Markdown")
	f("a.md", "(define_insn \"x\")\n", "GCC Machine Description")
	f("a.sql", "select 1;\n", "SQL")
	f("a.d", "void main() {}\nimport std.stdio;\nmodule a;\n", "D")
	// The first line of a file without an ending.
	f("run", "#!/bin/bash\n", "Shell")
	f("run", "#! /usr/bin/env -S FOO=1 python3.12 -u\n", "Python")
	f("run", "#!/bin/sh\n# \\\nexec tclsh \"$0\" ${1+\"$@\"}\n", "Tcl")
	f("run", "#!\n", "")
	f("run", "#!/usr/bin/env\n", "")
	f("run", "<?xml version=\"1.0\"?>\n", "XML")
	// Settings of editors come first.
	f("a.h", "/* -*- Mode: C++; tab-width: 2 -*- */\n", "C++")
	f("a.h", "/* -*- c++ -*- */\n", "C++")
	f("a.inc", strings.Repeat("x\n", 50)+"# vim: set ft=perl ts=4:\n", "Perl")
	f("a.inc", strings.Repeat("x\n", 50)+"# vim: ft=perl"+strings.Repeat("\nx", 8), "C++")
	f("a.c", "/* vim: set ft=cpp syntax=c: */\n", "C")
	f("a.c", "/* -*- no such language -*- */\n", "C")
}

func TestPossible(t *testing.T) {
	f := func(name string, want bool) {
		t.Helper()
		if Possible(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
	f("a.go", true)
	f("bin/configure", true)
	f("LICENSE", true)
	f("a.exe", false)
	f(".hidden", false)
	f("a.png", false)
	if l := ByName("x/a.py"); l == nil || l.Name != "Python" || l.Kind != Programming {
		t.Error(l)
	}
	if l := ByName("a.h"); l != nil {
		t.Error(l)
	}
	if _, ok := Find("C++"); !ok {
		t.Error("C++ is not known")
	}
}

// Every row of the table is whole, and every pattern compiles.
func TestTables(t *testing.T) {
	tab := tables()
	check := func(where string, all []*Language) {
		if len(all) == 0 || slices.Contains(all, nil) {
			t.Errorf("%s: %v", where, all)
		}
	}
	for k, v := range tab.files {
		check(k, v)
	}
	for k, v := range tab.endings {
		check(k, v)
	}
	for k, v := range tab.interpreters {
		check(k, v)
	}
	for k, h := range tab.rules {
		h.match(nil)
		for _, r := range h.rules {
			check(k, r.languages)
		}
	}
	for _, name := range popular {
		if _, ok := Find(name); !ok {
			t.Errorf("popular: %s is not known", name)
		}
	}
	for name, l := range tab.languages {
		if l.Kind == 0 || l.Name != name {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

// A literal filter must never hide a match.
func TestLiterals(t *testing.T) {
	for ext, h := range tables().rules {
		h.match(nil)
		for _, text := range []string{"#include <vector>\n", "\n\ntemplate <class T>\n", "  module a(\n", "x\nBEGIN TRY\n", "Proof.\n", "use strict;\n", "@interface X", "\"swagger\": \"2.0\"\n"} {
			for _, r := range h.rules {
				for _, c := range r.tests {
					for _, p := range c.any {
						if p.re.MatchString(text) != p.matches([]byte(text), []byte(strings.ToLower(text))) {
							t.Errorf("%s: %s: %q", ext, p.re, text)
						}
					}
				}
			}
		}
	}
}

// The tables are those of go-enry: on a real tree the two agree, save where it asks its classifier.
func TestAgreesWithEnry(t *testing.T) {
	root := filepath.Join(build.Default.GOROOT, "src")
	if testing.Short() {
		t.Skip("reads the whole standard library")
	}
	if _, err := os.Stat(root); err != nil {
		t.Skip("the source of Go is not here: ", err)
	}
	last := len(enry.DefaultStrategies) - 1 // the classifier, which calls most assembly that of another machine
	defer func(all []enry.Strategy) { enry.DefaultStrategies = all }(enry.DefaultStrategies)
	enry.DefaultStrategies = enry.DefaultStrategies[:last]
	files, other := 0, 0
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || !Possible(p) {
			return err
		}
		text, err := os.ReadFile(p)
		if err != nil || enry.IsBinary(text) || len(text) == 0 {
			return err
		}
		files++
		got := ""
		if l := Of(p, text); l != nil {
			got = l.Name
		}
		if want := enry.GetLanguages(p, text); got == "" && len(want) > 0 || got != "" && !slices.Contains(want, got) && !strings.Contains(additions, "\t"+filepath.Base(p)+"\t") {
			other++
			t.Logf("%s: %q, go-enry says %q", p, got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files, %d differ", files, other)
	if files < 1000 || other*1000 > files {
		t.Errorf("%d of %d files differ", other, files)
	}
}

func FuzzLanguage(f *testing.F) {
	f.Add("a.h", []byte("#include <vector>\n"))
	f.Add("run", []byte("#!/usr/bin/env -S python"))
	f.Add("a.c", []byte("// -*- mode: c++ -*-\n// vim: ft=c"))
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		Of(name, text)
		Possible(name)
	})
}

func BenchmarkLanguageHeader(b *testing.B) {
	text := []byte(strings.Repeat("static int f(struct s *t, const char *std); /* not for the main entry */\n"+strings.Repeat("int g(int x);\n", 30), 40))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Of("a.h", text)
	}
}
