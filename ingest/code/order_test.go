package code

import (
	"slices"
	"strings"
	"testing"
)

func TestOrder(t *testing.T) {
	// Each file is name=text; want are names in order.
	f := func(want string, files ...string) {
		t.Helper()
		var all []Source
		var texts []byte
		for _, s := range files {
			name, text, _ := strings.Cut(s, "=")
			all, texts = add(all, texts, name, text)
		}
		for range 3 {
			var got []string
			for _, i := range Order(all, texts) {
				got = append(got, all[i].Name)
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%q:\n got %s\nwant %s", files, strings.Join(got, " "), want)
			}
			slices.Reverse(all) // the order of arrival means nothing
		}
	}
	f("a.txt b.txt c.txt", "c.txt=", "a.txt=", "b.txt=")
	f("sub/z.go a.go go.mod sub/z_test.go", "go.mod=module x.org/m\n", "a.go=package a\nimport (\n\t\"fmt\"\n\tq \"x.org/m/sub\"\n)\n", "sub/z.go=package sub\n", "sub/z_test.go=package sub\n")
	f("util/z.go a.go", "a.go=package a\nimport \"github.com/o/r/util\"\n", "util/z.go=package util\n")
	f("p/z.py p/y.py p/__init__.py a.py", "a.py=import p\nfrom p.y import f\n", "p/__init__.py=from . import y\n", "p/y.py=from .z import (g, h)\n", "p/z.py=")
	f("src/q/m.py src/a.py", "src/a.py=from q.m import thing\n", "src/q/m.py=")
	f("lib/z.ts lib/index.js a.js", "a.js=import {x} from './lib'\n", "lib/index.js=const z = require(\"./z.js\")\n", "lib/z.ts=export const z = 1\n")
	f("src/x/Z.java src/a/A.java", "src/a/A.java=package a;\nimport x.Z;\n", "src/x/Z.java=package x;\n")
	f("include/m/z.h b.h a.c", "a.c=#include <stdio.h>\n#include \"b.h\"\n", "b.h=#include <m/z.h>\n", "include/m/z.h=")
	f("src/util/z.rs src/b.rs src/util/mod.rs src/main.rs", "src/main.rs=mod util;\nmod b;\n", "src/b.rs=use crate::util::z::Z;\n", "src/util/mod.rs=pub mod z;\n", "src/util/z.rs=")
	f("b.py a.py", "a.py=import b\n", "b.py=import a\n") // a cycle is cut at the name that comes first
	f("a.py", "a.py=import a\n")
	f("a.py a.py", "a.py=import b", "a.py=")
}

// A chain as long as an attacker likes needs no deep stack.
func TestOrderLongChain(t *testing.T) {
	var all []Source
	var texts []byte
	for i := range 50_000 {
		name := strings.Repeat("a", 1+i%7) + "/" + itoa(i) + ".h"
		next := strings.Repeat("a", 1+(i+1)%7) + "/" + itoa(i+1) + ".h"
		all, texts = add(all, texts, name, "#include \""+next+"\"\n")
	}
	order := Order(all, texts)
	if len(order) != len(all) || order[0] != len(all)-1 {
		t.Errorf("%d files, the first is %d", len(order), order[0])
	}
}

func add(all []Source, texts []byte, name, text string) ([]Source, []byte) {
	start := len(texts)
	texts = append(texts, text...)
	return append(all, Source{name, Of(name, []byte(text)), start, len(texts)}), texts
}

func itoa(i int) string {
	var b []byte
	for ; i > 0 || len(b) == 0; i /= 10 {
		b = append(b, byte('0'+i%10))
	}
	return string(b)
}

func FuzzOrder(f *testing.F) {
	f.Add("a.py", "import b", "b.py", "from . import a")
	f.Add("a.go", "import (\n\"b\"\n", "b/c.go", "package b")
	f.Add("src/a.rs", "use super::b::{c}", "src/b.rs", "mod a;")
	f.Fuzz(func(t *testing.T, n1, t1, n2, t2 string) {
		all, texts := add(nil, nil, n1, t1)
		all, texts = add(all, texts, n2, t2)
		order := Order(all, texts)
		if len(order) != 2 || order[0]+order[1] != 1 {
			t.Error(order)
		}
	})
}
