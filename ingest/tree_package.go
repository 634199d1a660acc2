package ingest

import (
	"encoding/json"
	"path"
	"strings"
)

// packed finds out what an archive packs: the one folder that holds everything, and the package's name.
type packed struct {
	top  string // with its slash; "" = there is none that says nothing of its own
	name string // name@version, if the archive tells

	common string // what the names seen so far share: whole folders
	any    bool
	npm    string
}

// see takes the name of one file.
func (p *packed) see(name string) {
	dir := name[:strings.LastIndexByte(name, '/')+1]
	if !p.any {
		p.common, p.any = dir, true
		return
	}
	for !strings.HasPrefix(dir, p.common) {
		p.common = p.common[:strings.LastIndexByte(strings.TrimSuffix(p.common, "/"), '/')+1]
	}
}

// manifest takes a package.json that lies at the top or one folder deep.
func (p *packed) manifest(name string, text []byte) {
	if name != "package/package.json" {
		return
	}
	var m struct{ Name, Version string }
	if json.Unmarshal(text, &m) == nil && m.Name != "" && len(m.Name)+len(m.Version) < 400 && !strings.ContainsAny(m.Name+m.Version, " \t\r\n\\") {
		p.npm = m.Name + "@" + m.Version
	}
}

// settle decides when all names were seen. The top of a Go module's archive is module@version/, of npm's package/; sdists, crates and
// the archives of code hosts have the archive's own name, or the part of it behind the last folder.
func (p *packed) settle(archive string) {
	first, _, _ := strings.Cut(p.common, "/")
	switch {
	case p.common == "":
	case strings.Contains(p.common, "@v"):
		i := strings.Index(p.common, "@v")
		if j := strings.IndexByte(p.common[i:], '/'); j > 0 {
			p.top, p.name = p.common[:i+j+1], p.common[:i+j]
		}
	case p.npm != "" && first == "package":
		p.top, p.name = "package/", p.npm
	default:
		stem := archiveStem(archive)
		if first == stem || strings.HasSuffix(first, "-"+strings.TrimPrefix(stem, "v")) {
			p.top = first + "/"
		}
	}
}

// archiveStem is the name of an archive without its folders and endings.
func archiveStem(name string) string {
	name = path.Base(strings.ReplaceAll(withoutQuery(name), "\\", "/"))
	for _, end := range []string{".zip", ".crate", ".whl", ".jar", ".egg", ".nupkg", ".tar"} {
		if s, ok := strings.CutSuffix(bareName(name), end); ok {
			return s
		}
	}
	return name
}

// inside is a member's path within the top folder.
func (p *packed) inside(name string) string { return strings.TrimPrefix(name, p.top) }
