package code

import (
	"os"
	"strings"
	"testing"
	"time"
)

const (
	mitText = `The MIT License (MIT)

Copyright (c) 2024 A. Author

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`
	iscText = `Copyright 2024 A. Author

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
`
	apacheNotice = `Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

    http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software
distributed under the License is distributed on an "AS IS" BASIS,
WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and
limitations under the License.
`
	gplNotice = `This program is free software; you can redistribute it and/or modify
it under the terms of the GNU General Public License as published by
the Free Software Foundation; either version 2 of the License, or
(at your option) any later version.
`
)

// commented puts a sign before each line.
func commented(sign, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(sign + line)
	}
	return b.String()
}

func TestHeaders(t *testing.T) {
	var h Headers
	f := func(text, want string) {
		t.Helper()
		for range 2 { // the second time it is remembered
			if got := h.License([]byte(text)); got != want {
				t.Errorf("%.60q: %q, want %q", text, got, want)
			}
		}
	}
	f("// SPDX-License-Identifier: MIT\npackage a\n", "MIT")
	f("/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */\n", "GPL-2.0-only WITH Linux-syscall-note")
	f("<!-- SPDX-License-Identifier: (MIT OR apache-2.0) -->\n", "(MIT OR Apache-2.0)")
	f("# SPDX-License-Identifier: No-Such-Thing\n", "")
	f("#!/bin/sh\n#\n# Copyright 2020 A. Author\n#\n"+commented("# ", apacheNotice)+"echo\n", "Apache-2.0")
	f("/*\n * Copyright 2021 B. Author\n *\n"+commented(" * ", apacheNotice)+" */\nint a;\n", "Apache-2.0")
	f("package a;\n\n/*\n"+apacheNotice+"*/\n", "Apache-2.0")
	f(commented("-- ", gplNotice)+"\nmain = print 1\n", "GPL-2.0-or-later")
	f("\"\"\"A module.\n\n"+mitText+"\"\"\"\n", "MIT")
	f("/*! x.js | MIT License | x.org */\nf()\n", "")
	f("/*!\n * x.js v1\n * Released under the MIT license\n */\nf()\n", "MIT")
	f("// Use of this source code is governed by a BSD-style\n// license that can be found in the LICENSE file.\npackage a\n", "")
	f("package a\n\nvar license = `\n"+mitText+"`\n", "") // a text within the program is not its own
	f("int a;\n", "")
}

func TestExpression(t *testing.T) {
	f := func(s, want string) {
		t.Helper()
		if got := Expression(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
	f("mit", "MIT")
	f("MIT/Apache-2.0", "MIT OR Apache-2.0")
	f("gpl-2.0+", "GPL-2.0-or-later")
	f("LGPL-2.1", "LGPL-2.1-only")
	f("(MIT and (BSD-3-Clause or ISC))", "(MIT AND (BSD-3-Clause OR ISC))")
	f("Apache-2.0 WITH LLVM-exception", "Apache-2.0 WITH LLVM-exception")
	f("Apache License, Version 2.0", "Apache-2.0")
	f("BSD", "")
	f("Proprietary", "")
	f("SEE LICENSE IN LICENSE.md", "")
	f("MIT OR", "")
	f("MIT MIT", "")
	f("(MIT", "")
	f("MIT WITH \x1b", "")
	f(strings.Repeat("(", 50)+"MIT"+strings.Repeat(")", 50), "")
	f("", "")
}

func TestFolder(t *testing.T) {
	f := func(want string, files ...string) {
		t.Helper()
		var d Folder
		for i := 0; i < len(files); i += 2 {
			if !LicenseFile(files[i]) {
				t.Errorf("%s is passed over", files[i])
			}
			d.Add(files[i], []byte(files[i+1]))
		}
		if got := d.License(); got != want {
			t.Errorf("%.60q: %q, want %q", files, got, want)
		}
	}
	f("MIT", "LICENSE", mitText)
	f("MIT", "license.txt", mitText)
	f("MIT", "COPYING.md", "# License\n\n"+mitText)
	f("ISC AND MIT", "LICENSE", mitText+"\n\n"+iscText)
	f("ISC OR MIT", "LICENSE-MIT", mitText, "LICENSE-ISC", iscText)
	f("ISC", "LICENSE-MIT", mitText, "LICENSE", iscText)
	f("", "LICENSE", "All rights reserved. "+strings.Repeat("Secret words. ", 300))
	f("", "LICENSE", "See the file COPYING.")
	f("GPL-2.0-or-later", "LICENSE", "A program.\n\nCopyright 2024 A. Author\n\n"+gplNotice+"\nThe manual has terms of its own, which stand in it, and so do the pictures.\n")
	f("MIT", "LICENSE", "This software is released under the MIT license.\n")
	f("PSF-2.0", "LICENSE", "A. HISTORY\n\n"+strings.Repeat("It came about. ", 400)+"\nPYTHON SOFTWARE FOUNDATION LICENSE VERSION 2\n----\n")
	f("ISC OR MIT", "LICENSE", "You may use it under *either* of the licenses in LICENSE.MIT or LICENSE.ISC. See there.\n", "LICENSE.MIT", mitText, "LICENSE.ISC", iscText)
	f("MIT OR Apache-2.0", "Cargo.toml", "[package]\nlicense = \"MIT OR Apache-2.0\"\n", "LICENSE", mitText)
	f("MIT", "Cargo.toml", "[package]\nlicense = \"ISC\"\n", "LICENSE", mitText)
	f("Apache-2.0", "package.json", `{"name":"a","license":"Apache-2.0"}`)
	f("MIT OR ISC", "package.json", `{"licenses":[{"type":"MIT"},{"type":"ISC"}]}`)
	f("", "package.json", `{"license":"UNLICENSED"}`)
	f("", "package.json", `{"license":`)
	f("MIT", "pyproject.toml", "[project]\nlicense = {text = \"MIT License\"}\n")
	f("BSD-3-Clause", "pyproject.toml", "[project]\nlicense = \"BSD-3-Clause\"\r\n")
	f("Apache-2.0", "PKG-INFO", "Name: a\nLicense: UNKNOWN\nClassifier: License :: OSI Approved :: Apache Software License\n")
	f("MIT", "a.gemspec", "Gem::Specification.new do |s|\n  s.licenses = ['MIT']\nend\n")
	f("MIT", "composer.json", `{"license":["MIT"]}`)
	for _, name := range []string{"license.go", "LICENSES", "licensed.txt", "license_test.go", "setup.py", "copyingx"} {
		if LicenseFile(name) {
			t.Errorf("%s is no license", name)
		}
	}
}

// Workers share what recognizes licenses and languages.
func TestParallel(t *testing.T) {
	for i := range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			var h Headers
			for range 20 {
				if id := h.License([]byte(commented("// ", apacheNotice+strings.Repeat("x", i)))); id != "Apache-2.0" {
					t.Error(id)
				}
				if id := OfLicense([]byte(mitText)); id != "MIT" {
					t.Error(id)
				}
				if l := Of("a.h", []byte("template <class T>\n")); l.Name != "C++" {
					t.Error(l)
				}
			}
		})
	}
}

// The texts that Debian ships are recognized, each as itself.
func TestSystemLicenses(t *testing.T) {
	for name, want := range map[string]string{"Apache-2.0": "Apache-2.0", "Artistic": "Artistic-1.0-Perl", "BSD": "BSD-3-Clause", "CC0-1.0": "CC0-1.0",
		"GFDL-1.3": "GFDL-1.3-only", "GPL-1": "GPL-1.0-only", "GPL-2": "GPL-2.0-only", "GPL-3": "GPL-3.0-only", "LGPL-2.1": "LGPL-2.1-only", "LGPL-3": "LGPL-3.0-only",
		"MPL-1.1": "MPL-1.1", "MPL-2.0": "MPL-2.0"} {
		text, err := os.ReadFile("/usr/share/common-licenses/" + name)
		if err != nil {
			t.Skip("no license texts on this system: ", err)
		}
		if got := OfLicense(text); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// Text made of beginnings of licenses costs no more than a few passes over it.
func TestLicenseHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute under the race detector")
	}
	half := mitText[:len(mitText)/2]
	fullScanner()
	for _, unit := range []string{half, apacheNotice[:200], gplNotice[:150], "permission is hereby granted free of charge to any person obtaining a copy of this ", "the ", "copyright 2020 ", "redistribution and use in source and binary forms with or without modification are permitted provided that ", "a", strings.Repeat("a", 500) + " "} {
		text := []byte(strings.Repeat(unit, MaxLicense/len(unit)))
		start := time.Now()
		OfLicense(text)
		var h Headers
		h.License([]byte("/* License " + string(text)))
		if d := time.Since(start); d > 30*time.Second {
			t.Errorf("%.40q: %v for %d bytes", unit, d, len(text))
		} else {
			t.Logf("%.40q: %v", unit, d)
		}
	}
}

func FuzzLicense(f *testing.F) {
	f.Add("package.json", []byte(`{"license":["MIT",{"type":"ISC"},[]]}`))
	f.Add("LICENSE", []byte(mitText))
	f.Add("a.c", []byte("/* SPDX-License-Identifier: (MIT OR Apache-2.0) WITH x-exception */"))
	f.Add("Cargo.toml", []byte("license = 'MIT/ISC'"))
	commonScanner() // to build them takes seconds under the fuzzer
	fullScanner()
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		var d Folder
		d.Add(name, text)
		var h Headers
		for _, id := range []string{d.License(), h.License(text), Expression(string(text))} {
			if len(id) > 4*maxExpression || strings.ContainsAny(id, "\n\x00\x1b") {
				t.Errorf("%q", id)
			}
		}
	})
}

func BenchmarkHeaders(b *testing.B) {
	var h Headers
	text := []byte("/*\n * Copyright 2021 B. Author\n *\n" + commented(" * ", apacheNotice) + " */\nint a;\n")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		h.License(text)
	}
}
