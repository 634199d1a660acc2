package clean

import (
	"testing"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

func TestHeaders(t *testing.T) {
	s, err := DefaultHeaders().Stage()
	build(t, s, err)
	f := func(text, want string, n int) {
		t.Helper()
		d := ruling(t, s, text, quern.Keep)
		if string(d.Text) != want || int(markOf(d, "headers.cut")) != n {
			t.Errorf("%q became %q, want %q; marks %v", text, d.Text, want, d.Marks)
		}
	}
	f("// Copyright 2009 The Authors.\n// Use of this source is governed by a license.\n\n// Package x does y.\npackage x\n", "// Package x does y.\npackage x\n", 1)
	f("/*\n * Copyright (C) 2020\n */\n\n/* What this file is. */\nint x;\n", "/* What this file is. */\nint x;\n", 1)
	f("#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# Licensed under the Apache License\n\nimport os\n", "#!/usr/bin/env python\nimport os\n", 1)
	f("# Copyright 2020\n#include <stdio.h>\n", "#include <stdio.h>\n", 1)
	f("<?php\n/** @copyright me */\necho 1;\n", "<?php\necho 1;\n", 1)
	f("<!-- SPDX-License-Identifier: MIT -->\n<p>", "<p>", 1)
	f("-- All rights reserved.\nselect 1;", "select 1;", 1)
	f("\"\"\"Copyright me.\"\"\"\nx = 1\n", "x = 1\n", 1)
	f("// A helper.\nint x; // copyright is not meant\n", "// A helper.\nint x; // copyright is not meant\n", 0)
	f("int x;\n// Copyright 2020\n", "int x;\n// Copyright 2020\n", 0)
	f("/* Copyright, never closed\nint x;\n", "/* Copyright, never closed\nint x;\n", 0)
	f("#[derive(Copyright)]\nstruct X;\n", "#[derive(Copyright)]\nstruct X;\n", 0)
	ruling(t, s, "// Copyright 2020\n", headersEmpty)
	ruling(t, s, "a\xff", badText)
	for _, bad := range []Headers{{}, {Phrases: []string{"Copyright"}}, {Phrases: []string{""}}} {
		if _, err := bad.Stage(); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

// TestHeadersDolma follows code_copyright_comments_v1, its count of bytes included.
func TestHeadersDolma(t *testing.T) {
	s, err := HeadersDolma{}.Stage()
	build(t, s, err)
	f := func(text, want string) {
		t.Helper()
		if d := ruling(t, s, text, quern.Keep); string(d.Text) != want {
			t.Errorf("%q became %q, want %q", text, d.Text, want)
		}
	}
	f("int x;\n/* COPYRIGHT me */\nint y;", "int x;\n\nint y;")
	f("/* other */\n/* copyright */ int y;", "/* other */\n/* copyright */ int y;")
	f("// one\n# two\n\nx", "\n\nx") // 6 + 5 + 1 = 12 of the 14 characters of the block
	f("x\n// one", "x\n// one")
	f("// é\nx", "\nx")
	f("/* open // copyright\nx", "/* open // copyright\nx")
	ruling(t, s, "/* copyright */", headersEmpty)
}

func TestHeadersContract(t *testing.T) {
	docs := []quern.Doc{{Text: []byte("// Copyright 2020\n\npackage x")}, {Text: []byte("package x")}, {}, {Text: []byte("\xff")}, {Text: []byte("# copyright\n")}}
	d := &quern.Doc{}
	for _, dialect := range []string{"quern", "dolma"} {
		b := headersConfig(dialect).Stage
		if err := quern.CheckStage(b, docs...); err != nil {
			t.Errorf("%s: %v", dialect, err)
		}
		s, err := b()
		build(t, s, err)
		if n := testing.AllocsPerRun(20, func() {
			d.Text = docs[0].Text
			s.Apply(d)
		}); n != 0 {
			t.Errorf("%s: %v allocations a document", dialect, n)
		}
	}
}

func FuzzHeaders(f *testing.F) {
	for _, text := range []string{"// Copyright\n\n// x\n", "/* copyright */", "#!/bin/sh\n# © x\n", "(* licence *) <!-- x"} {
		f.Add(text)
	}
	own, err := DefaultHeaders().Stage()
	build(f, own, err)
	dolma, err := HeadersDolma{}.Stage()
	build(f, dolma, err)
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range []quern.Stage{own, dolma} {
			d := quern.Doc{Text: []byte(text)}
			if v, err := s.Apply(&d); err != nil || v == quern.Keep && (!utf8.Valid(d.Text) || len(d.Text) > len(text)) {
				t.Fatalf("%q became %q: %v", text, d.Text, err)
			}
		}
	})
}
