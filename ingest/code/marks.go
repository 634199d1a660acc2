package code

import (
	"bytes"
	"strings"
)

// Marks are the facts about a source file that need no understanding of it. A file may have several.
type Marks uint16

// What a file may be.
const (
	Generated     Marks = 1 << iota // written by a program, as its name or its first lines say
	Vendored                        // a copy of other people's code
	Minified                        // packed for transport: JavaScript or CSS of very long lines
	Test                            // a test, or data of one
	DataFile                        // data rather than a program: JSON, CSV, SVG …
	Documentation                   // prose about a program
	Configuration                   // settings of tools
)

// MarkNames are the names of the bits of Marks, from the lowest on.
var MarkNames = [...]string{"code.generated", "code.vendored", "code.minified", "code.test", "code.data", "code.documentation", "code.configuration"}

// MarksOf looks at a file's path inside its repository, its language (which may be nil) and its text: the first 4 KiB for what it says
// of itself, and the number of its lines.
func MarksOf(name string, l *Language, text []byte) Marks {
	dir, base := split(name)
	low := strings.ToLower(base)
	m := byFolder(dir) | byFile(low, base)
	if generatedName(low) || saysGenerated(base, text) {
		m |= Generated
	}
	if minified(low, text) {
		m |= Minified | Generated
	}
	switch {
	case l == nil:
	case l.Kind == Data:
		m |= DataFile
		if strings.HasPrefix(base, ".") || settings[l.Name] {
			m |= Configuration
		}
	case l.Kind == Prose && l.Name != "Text":
		m |= Documentation
	}
	return m
}

// settings are languages that hardly serve for anything else.
var settings = map[string]bool{"INI": true, "TOML": true, "Java Properties": true, "EditorConfig": true, "Git Config": true, "Go Module": true,
	"Ignore List": true, "Git Attributes": true, "Pip Requirements": true, "JSON with Comments": true, "Maven POM": true, "NPM Config": true}

func split(name string) (dir, base string) {
	i := strings.LastIndexByte(name, '/')
	return name[:i+1], name[i+1:]
}

// CopiedFolder reports a folder where package managers put the code of others.
func CopiedFolder(element string) bool {
	switch element {
	case "vendor", "node_modules", "third_party", "bower_components", "site-packages":
		return true
	}
	return false
}

func byFolder(dir string) (m Marks) {
	first := true
	for dir != "" {
		e, rest, _ := strings.Cut(dir, "/")
		if CopiedFolder(e) {
			m |= Vendored
		}
		switch e {
		case "vendors", "Vendor", "thirdparty", "third-party", "ThirdParty", "3rdparty", "3rd-party", "3rd_party", "external", "externals",
			"extern", "Godeps", "Pods", "Carthage", "dist", "jspm_packages", ".yarn", "_vendor", "vendored":
			m |= Vendored
		case "deps":
			if first {
				m |= Vendored
			}
		case "test", "tests", "__tests__", "testdata", "Tests", "Test", "spec", "specs", "__mocks__", "fixtures", "__fixtures__",
			"__snapshots__", "unittests", "androidTest":
			m |= Test
		case "doc", "docs", "Documentation", "documentation", "man", "javadoc":
			m |= Documentation
		case ".github", ".circleci", ".vscode", ".idea", ".ci", ".husky":
			m |= Configuration
		}
		dir, first = rest, false
	}
	return m
}

// byFile knows files by their names in small letters; where words are joined by capitals, by the name as it is.
func byFile(low, base string) (m Marks) {
	stem, ext := low, ""
	if i := strings.LastIndexByte(low, '.'); i >= 0 {
		stem, ext = low[:i], low[i:]
	}
	switch {
	case strings.HasSuffix(stem, "_test"), strings.HasSuffix(stem, "_spec"), strings.HasSuffix(stem, ".test"), strings.HasSuffix(stem, ".spec"),
		strings.HasSuffix(stem, "_unittest"), strings.HasPrefix(stem, "test_"), stem == "conftest" && ext == ".py",
		strings.HasSuffix(stem, "-test"), stem == "test", stem == "tests", stem == "spec":
		m |= Test
	}
	switch ext {
	case ".java", ".kt", ".scala", ".cs", ".php", ".swift", ".groovy":
		s := base[:len(stem)]
		if strings.HasSuffix(s, "Test") || strings.HasSuffix(s, "Tests") || strings.HasSuffix(s, "Spec") || strings.HasPrefix(s, "Test") && len(s) > 4 && s[4] < 'a' {
			m |= Test
		}
	case ".js", ".css", ".less", ".scss":
		for _, p := range []string{"jquery", "bootstrap", "font-awesome", "fontawesome", "normalize.", "modernizr", "angular.", "angular-", "d3.v",
			"mootools", "prototype.", "moment.min", "react.", "react-dom.", "lodash.", "underscore."} {
			if strings.HasPrefix(low, p) && (strings.HasSuffix(p, ".") || len(low) > len(p)) {
				m |= Vendored
			}
		}
	}
	for _, p := range []string{"readme", "changelog", "changes", "contributing", "license", "licence", "copying", "install", "authors", "notice",
		"code_of_conduct", "security", "history", "news", "todo"} {
		if low == p || strings.HasPrefix(low, p+".") && !programEnding(ext) {
			m |= Documentation
		}
	}
	switch low {
	case "config.guess", "config.sub", "aclocal.m4", "libtool.m4", "ltmain.sh", "install-sh", "depcomp", "missing", "gradlew", "gradlew.bat", "mvnw", "mvnw.cmd":
		m |= Vendored
	case "package.json", "tsconfig.json", "cargo.toml", "pyproject.toml", "setup.cfg", "tox.ini", "composer.json", "pom.xml", "go.mod", "go.work",
		"dockerfile", "makefile", "jenkinsfile", "cmakelists.txt", "build.gradle", "meson.build":
		m |= Configuration
	}
	return m
}

func programEnding(ext string) bool {
	switch ext {
	case ".md", ".txt", ".rst", ".adoc", ".html", ".org", ".markdown", "":
		return false
	}
	return true
}

// minified reports JavaScript and CSS that nobody could read: by the name, or by lines of more than 110 bytes in the mean (Linguist's
// bound), in files of a size that matters.
func minified(low string, text []byte) bool {
	if !strings.HasSuffix(low, ".js") && !strings.HasSuffix(low, ".css") && !strings.HasSuffix(low, ".mjs") && !strings.HasSuffix(low, ".cjs") {
		return false
	}
	stem := low[:strings.LastIndexByte(low, '.')]
	if strings.HasSuffix(stem, ".min") || strings.HasSuffix(stem, "-min") {
		return true
	}
	return len(text) > 512 && len(text) > 110*(1+bytes.Count(text, newline))
}

var newline = []byte{'\n'}
