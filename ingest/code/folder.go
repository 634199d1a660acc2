package code

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Folder gathers what the files of one folder say of its license.
type Folder struct {
	files    []licenseFile
	manifest string // of the first manifest in the order of manifests
	rank     int
}

type licenseFile struct{ name, id string }

// LicenseFile reports whether a file of this name (without folders) may say under which license its folder stands.
func LicenseFile(base string) bool { return isLicense(strings.ToLower(base)) || manifestRank(base) > 0 }

func isLicense(low string) bool {
	for _, p := range [...]string{"license", "licence", "copying", "unlicense", "mit-license"} {
		if rest, ok := strings.CutPrefix(low, p); ok && (rest == "" || strings.IndexByte(".-_", rest[0]) >= 0) {
			i := strings.LastIndexByte(rest, '.')
			return i < 0 || !programEnding(rest[i:]) || plainEnding(rest[i:]) || rest[i:] == ".lesser" || rest[i:] == ".lib"
		}
	}
	return false
}

// plainEnding reports endings such as .apache or .mit, which name the license.
func plainEnding(ext string) bool {
	switch ext {
	case ".apache", ".mit", ".bsd", ".gpl", ".gpl2", ".gpl3", ".gplv2", ".gplv3", ".lgpl", ".apache2", ".apache-2", ".psf", ".mpl", ".isc", ".golang", ".0":
		return true
	}
	return false
}

// manifestRank orders the manifests of package managers; 0 = it is none.
func manifestRank(base string) int {
	switch base {
	case "Cargo.toml":
		return 1
	case "package.json":
		return 2
	case "pyproject.toml":
		return 3
	case "PKG-INFO":
		return 4
	case "METADATA":
		return 5
	case "composer.json":
		return 6
	}
	if strings.HasSuffix(base, ".gemspec") {
		return 7
	}
	if strings.HasSuffix(base, ".cabal") {
		return 8
	}
	return 0
}

// Add takes a file for which LicenseFile holds, in any order.
func (f *Folder) Add(base string, text []byte) {
	text = text[:min(len(text), MaxLicense)]
	low := strings.ToLower(base)
	if isLicense(low) {
		f.files = append(f.files, licenseFile{low, OfLicense(text)})
		return
	}
	rank := manifestRank(base)
	if rank == 0 || f.rank > 0 && f.rank <= rank {
		return
	}
	if id := OfManifest(base, text); id != "" {
		f.manifest, f.rank = id, rank
	}
}

// License is what the folder stands under: what its license file says; of several files that each bear the name of a license
// (LICENSE-MIT, LICENSE-APACHE) any one; else what its manifest says. "" = nothing is known.
func (f *Folder) License() string {
	var main, lesser string
	var choice []string
	for _, l := range f.files {
		switch {
		case l.id == "":
		case strings.Contains(l.name, "lesser"), strings.HasSuffix(l.name, ".lib"):
			lesser = l.id
		case mainLicense(l.name):
			if main == "" || l.name < "licens" { // COPYING is the text, where LICENSE explains
				main = l.id
			}
		default:
			choice = append(choice, l.id)
		}
	}
	slices.Sort(choice)
	choice = slices.Compact(choice)
	switch {
	case lesser != "":
		return lesser
	case main != "" && f.manifest != "" && strings.Contains(f.manifest, " OR ") && strings.Contains(f.manifest, main):
		return f.manifest // the file has one of the licenses that the manifest offers
	case main != "":
		return main
	case len(choice) == 1:
		return choice[0]
	case len(choice) > 1 && len(choice) <= 4:
		for i, c := range choice {
			if strings.Contains(c, " AND ") {
				choice[i] = "(" + c + ")"
			}
		}
		return strings.Join(choice, " OR ")
	}
	return f.manifest
}

// mainLicense reports a file that has no license in its name.
func mainLicense(low string) bool {
	stem, _, _ := strings.Cut(low, ".")
	switch stem {
	case "license", "licence", "copying", "unlicense":
		return !plainEnding(low[len(stem):])
	}
	return false
}

// manifestPatterns find licenses in manifests that are not JSON; they are used on few files.
var manifestPatterns = sync.OnceValue(func() map[string][]*regexp.Regexp {
	toml := []*regexp.Regexp{
		regexp.MustCompile(`(?m)^\s*license\s*=\s*["']([^"'\n]+)["']`),
		regexp.MustCompile(`(?m)^\s*license\s*=\s*\{\s*text\s*=\s*["']([^"'\n]+)["']`),
		regexp.MustCompile(`License :: OSI Approved :: ([^"'\n]+)`),
	}
	info := []*regexp.Regexp{
		regexp.MustCompile(`(?m)^License-Expression: ([^\r\n]+)`), regexp.MustCompile(`(?m)^License: ([^\r\n]+)`),
		regexp.MustCompile(`(?m)^Classifier: License :: OSI Approved :: ([^\r\n]+)`),
	}
	return map[string][]*regexp.Regexp{
		"Cargo.toml": toml[:1], "pyproject.toml": toml, "PKG-INFO": info, "METADATA": info,
		".gemspec": {regexp.MustCompile(`\.licenses?\s*=\s*\[?\s*["']([^"'\n]+)["']`)},
		".cabal":   {regexp.MustCompile(`(?mi)^license:\s*([^\r\n]+)`)},
	}
})

// OfManifest reads the license in a manifest of a package manager.
func OfManifest(base string, text []byte) string {
	switch base {
	case "package.json", "composer.json":
		return ofPackage(text)
	}
	kind := base
	if i := strings.LastIndexByte(base, '.'); i >= 0 && manifestPatterns()[kind] == nil {
		kind = base[i:]
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), newline)
	for _, p := range manifestPatterns()[kind] {
		if m := p.FindSubmatch(text); m != nil {
			if id := Expression(string(m[1])); id != "" {
				return id
			}
		}
	}
	return ""
}

// ofPackage reads "license" as a text, an object with a type, or a list of either of which any holds.
func ofPackage(text []byte) string {
	var p struct {
		License  any `json:"license"`
		Licenses any `json:"licenses"`
	}
	if json.Unmarshal(text, &p) != nil {
		return ""
	}
	if id := anyLicense(p.License); id != "" {
		return id
	}
	return anyLicense(p.Licenses)
}

func anyLicense(v any) string {
	switch v := v.(type) {
	case string:
		return Expression(v)
	case map[string]any:
		s, _ := v["type"].(string)
		return Expression(s)
	case []any:
		var all []string
		for _, e := range v {
			id := anyLicense(e)
			if _, list := e.([]any); list || id == "" || len(all) == 8 {
				return ""
			}
			all = append(all, id)
		}
		return strings.Join(all, " OR ")
	}
	return ""
}
