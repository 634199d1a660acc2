package code

import (
	"path"
	"slices"
	"strings"
)

// Source is a file of a repository, for Order.
type Source struct {
	Name     string // its path inside the repository
	Language *Language

	Start, End int // where its text lies
}

// Order puts the files of a repository so that what a file imports stands before it, as far as imports can be read cheaply: Go, Python,
// JavaScript, TypeScript, Java and its kin, C and C++, Rust. Files that nothing orders stand by their names; a cycle is cut where the
// walk by names closes it. The result holds the index of each file once; text holds the texts of all.
func Order(files []Source, text []byte) []int {
	byName := make([]int, len(files))
	for i := range byName {
		byName[i] = i
	}
	slices.SortStableFunc(byName, func(a, b int) int { return strings.Compare(files[a].Name, files[b].Name) })
	r := newResolver(files, byName, text)
	order := make([]int, 0, len(files))
	seen := make([]bool, len(files)+len(r.packages)) // a Go package is a node, too, with its files behind it
	type frame struct {
		file int
		deps []int
	}
	var stack []frame
	visit := func(i int) {
		seen[i] = true
		stack = append(stack, frame{i, r.dependencies(i)})
	}
	for _, i := range byName {
		if seen[i] {
			continue
		}
		visit(i)
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if len(top.deps) == 0 {
				if top.file < len(files) {
					order = append(order, top.file)
				}
				stack = stack[:len(stack)-1]
				continue
			}
			next := top.deps[0]
			top.deps = top.deps[1:]
			if !seen[next] {
				visit(next)
			}
		}
	}
	return order
}

// resolver finds the files that an import means.
type resolver struct {
	files    []Source
	text     []byte
	byPath   map[string]int    // whole names
	byStem   map[string][]int  // last elements without endings, in the order of names
	folders  map[string]int    // folders of Go packages, as indexes into packages
	packages [][]int           // Go files that are no tests
	module   map[string]string // folders of Go modules, by their paths
}

func newResolver(files []Source, byName []int, text []byte) *resolver {
	r := &resolver{files: files, text: text, byPath: map[string]int{}, byStem: map[string][]int{}, folders: map[string]int{}, module: map[string]string{}}
	for _, i := range byName {
		name := files[i].Name
		if _, twice := r.byPath[name]; !twice {
			r.byPath[name] = i
		}
		base := baseName(name)
		stem := strings.TrimSuffix(base, path.Ext(base))
		if len(r.byStem[stem]) < maxNamesakes {
			r.byStem[stem] = append(r.byStem[stem], i)
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			dir := path.Dir(name)
			p, ok := r.folders[dir]
			if !ok {
				p = len(r.packages)
				r.folders[dir] = p
				r.packages = append(r.packages, nil)
			}
			r.packages[p] = append(r.packages[p], i)
		}
		if base == "go.mod" {
			if m := goModule(r.of(i)); m != "" {
				r.module[m] = path.Dir(name)
			}
		}
	}
	return r
}

// of is the text of file i.
func (r *resolver) of(i int) []byte { return r.text[r.files[i].Start:r.files[i].End] }

const (
	maxNamesakes = 64   // files of one name that an import may mean
	maxImports   = 500  // of one file
	maxDepth     = 16   // folders upwards in which a module is looked for
	maxPath      = 1024 // bytes of a name that is looked at
)

// dependencies are the nodes that node i leads to, in the order of the imports, some perhaps twice.
func (r *resolver) dependencies(i int) (deps []int) {
	if i >= len(r.files) {
		return r.packages[i-len(r.files)]
	}
	f := &r.files[i]
	if f.Language == nil || len(f.Name) > maxPath {
		return nil
	}
	dir := path.Dir(f.Name)
	add := func(j int, ok bool) bool {
		if ok && j != i {
			deps = append(deps, j)
		}
		return ok
	}
	n := 0
	imports(f.Language.Name, r.of(i), func(what string) bool {
		switch f.Language.Name {
		case "Go":
			p, ok := r.goPackage(what)
			add(len(r.files)+p, ok)
		case "Python", "Cython":
			r.python(dir, what, add)
		case "JavaScript", "TypeScript", "TSX", "Vue", "Svelte":
			r.script(dir, what, add)
		case "Java", "Kotlin", "Scala", "Groovy":
			add(r.suffix(strings.ReplaceAll(what, ".", "/"), ".java", ".kt", ".scala", ".groovy"))
		case "C", "C++", "Objective-C", "Objective-C++", "Cuda":
			if !add(r.at(path.Join(dir, what))) {
				add(r.suffix(strings.TrimSuffix(what, path.Ext(what)), path.Ext(what)))
			}
		case "Rust":
			r.rust(dir, baseName(f.Name), what, add)
		}
		n++
		return n < maxImports
	})
	return deps
}

func (r *resolver) at(name string) (int, bool) {
	i, ok := r.byPath[name]
	return i, ok
}

// suffix finds the one file whose path without its ending is stem or ends in "/"+stem; of several the first.
func (r *resolver) suffix(stem string, endings ...string) (int, bool) {
	for _, i := range r.byStem[baseName(stem)] {
		name := r.files[i].Name
		ext := path.Ext(name)
		if !slices.Contains(endings, ext) {
			continue
		}
		if s, ok := strings.CutSuffix(strings.TrimSuffix(name, ext), stem); ok && (s == "" || s[len(s)-1] == '/') {
			return i, true
		}
	}
	return 0, false
}

// goPackage finds a package: by the modules of the repository, or else by the longest end of its path that is a folder.
func (r *resolver) goPackage(what string) (int, bool) {
	for m := what; m != "." && m != "" && m != "/"; m = path.Dir(m) {
		if dir, ok := r.module[m]; ok {
			p, ok := r.folders[path.Join(dir, strings.TrimPrefix(what[len(m):], "/"))]
			return p, ok
		}
	}
	if len(r.module) > 0 {
		return 0, false
	}
	for rest := what; rest != ""; {
		if p, ok := r.folders[rest]; ok {
			return p, true
		}
		_, rest, _ = strings.Cut(rest, "/")
	}
	return 0, false
}

// python reads a dotted name, with one dot in front for each folder upwards from the file's.
func (r *resolver) python(dir, what string, add func(int, bool) bool) {
	name := strings.TrimLeft(what, ".")
	up := len(what) - len(name)
	name = strings.ReplaceAll(name, ".", "/")
	module := func(p string) bool {
		return add(r.at(p+".py")) || add(r.at(p+".pyi")) || add(r.at(p+".pyx")) || add(r.at(path.Join(p, "__init__.py")))
	}
	if up > 0 {
		for range min(up-1, maxPath) {
			dir = path.Dir(dir)
		}
		if !module(path.Join(dir, name)) {
			module(path.Join(dir, path.Dir(name))) // a name within a module
		}
		return
	}
	for _, n := range []string{name, path.Dir(name)} {
		if n == "." {
			break
		}
		d := dir
		for range maxDepth {
			if module(path.Join(d, n)) {
				return
			}
			if d == "." || d == "/" {
				break
			}
			d = path.Dir(d)
		}
		if module(path.Join("src", n)) {
			return
		}
	}
}

func (r *resolver) script(dir, what string, add func(int, bool) bool) {
	if !strings.HasPrefix(what, ".") {
		return
	}
	p := path.Join(dir, what)
	stem := strings.TrimSuffix(p, ".js") // TypeScript imports a.ts as a.js
	for _, name := range []string{p, p + ".ts", p + ".tsx", p + ".js", p + ".jsx", p + ".mjs", p + ".vue", p + ".svelte", p + ".d.ts", stem + ".ts", stem + ".tsx",
		p + "/index.ts", p + "/index.tsx", p + "/index.js", p + "/index.jsx"} {
		if add(r.at(name)) {
			return
		}
	}
}

// rust reads "mod:name" and paths that begin with crate, self or super.
func (r *resolver) rust(dir, base, what string, add func(int, bool) bool) {
	own := dir // where the modules of this file lie
	if base != "mod.rs" && base != "lib.rs" && base != "main.rs" {
		own = path.Join(dir, strings.TrimSuffix(base, ".rs"))
	}
	if m, ok := strings.CutPrefix(what, "mod:"); ok {
		_ = add(r.at(path.Join(own, m+".rs"))) || add(r.at(path.Join(own, m, "mod.rs")))
		return
	}
	first, rest, _ := strings.Cut(what, "::")
	root := own
	switch first {
	case "crate":
		root = dir
		for d := dir; d != "." && d != "/"; d = path.Dir(d) {
			if path.Base(d) == "src" {
				root = d
				break
			}
		}
	case "super":
		root = path.Dir(own)
	case "self":
	default:
		return
	}
	p := strings.ReplaceAll(rest, "::", "/")
	for range maxDepth {
		if p == "" || p == "." {
			return
		}
		if add(r.at(path.Join(root, p+".rs"))) || add(r.at(path.Join(root, p, "mod.rs"))) {
			return
		}
		p = path.Dir(p)
	}
}
