package code

import (
	"strings"
	"sync"

	"github.com/google/licensecheck"
)

const maxExpression = 200 // bytes

// spdx gives the proper spelling of license names in small letters.
var spdx = sync.OnceValue(func() map[string]string {
	known := map[string]string{}
	for _, l := range licensecheck.BuiltinLicenses() {
		if id := versioned(l.ID); id != "" && id[0] != '(' {
			known[strings.ToLower(id)] = id
		}
	}
	for _, id := range []string{"AFL-3.0", "Apache-1.1", "BlueOak-1.0.0", "BSD-3-Clause-LBNL", "BSD-Source-Code", "BUSL-1.1", "CC-BY-SA-3.0", "CDDL-1.0", "CDDL-1.1",
		"CECILL-2.1", "Elastic-2.0", "EUPL-1.2", "GPL-1.0-only", "GPL-1.0-or-later", "LGPL-2.0-only", "MIT-Modern-Variant", "MS-PL", "MulanPSL-2.0", "NCSA", "OSL-3.0",
		"PostgreSQL", "Python-2.0.1", "SSPL-1.0", "Unicode-3.0", "Vim", "ZPL-2.1", "AGPL-3.0-only", "AGPL-3.0-or-later", "GFDL-1.3-only", "GFDL-1.3-or-later",
		"NTP", "HPND", "Ruby", "curl", "ICU", "TCL", "OpenSSL", "W3C", "IJG", "FTL", "Info-ZIP", "SunPro", "Brian-Gladman-3-Clause", "bzip2-1.0.6",
		"libpng-2.0", "MIT-CMU"} {
		known[strings.ToLower(id)] = id
	}
	return known
})

// sloppy are names that people write in manifests, in small letters. A bare "BSD", "GPL" or "Apache" does not tell which.
var sloppy = map[string]string{
	"mit license": "MIT", "the mit license": "MIT", "mit licence": "MIT", "expat": "MIT", "mit/x11": "MIT", "the mit license (mit)": "MIT", "mit license (mit)": "MIT",
	"apache 2.0": "Apache-2.0", "apache 2": "Apache-2.0", "apache-2": "Apache-2.0", "apache2": "Apache-2.0", "apache2.0": "Apache-2.0", "apache v2": "Apache-2.0",
	"apache license 2.0": "Apache-2.0", "apache license, version 2.0": "Apache-2.0", "apache license version 2.0": "Apache-2.0",
	"apache software license 2.0": "Apache-2.0",
	"apache software license":     "Apache-2.0", "apache license v2.0": "Apache-2.0", "the apache license, version 2.0": "Apache-2.0", "apache-2.0 license": "Apache-2.0",
	"bsd-3": "BSD-3-Clause", "bsd 3-clause": "BSD-3-Clause", "bsd 3-clause license": "BSD-3-Clause", "3-clause bsd": "BSD-3-Clause",
	"3-clause bsd license": "BSD-3-Clause",
	"new bsd":              "BSD-3-Clause", "new bsd license": "BSD-3-Clause", "modified bsd license": "BSD-3-Clause", "bsd-3-clause license": "BSD-3-Clause",
	"bsd-2":        "BSD-2-Clause",
	"bsd 2-clause": "BSD-2-Clause", "simplified bsd": "BSD-2-Clause", "simplified bsd license": "BSD-2-Clause", "2-clause bsd license": "BSD-2-Clause",
	"gplv2": "GPL-2.0-only", "gpl v2": "GPL-2.0-only", "gpl-2": "GPL-2.0-only", "gplv2+": "GPL-2.0-or-later", "gpl-2+": "GPL-2.0-or-later",
	"gplv3": "GPL-3.0-only", "gpl v3": "GPL-3.0-only", "gpl-3": "GPL-3.0-only", "gplv3+": "GPL-3.0-or-later",
	"gnu general public license v3 (gplv3)": "GPL-3.0-only", "gnu general public license v3 or later (gplv3+)": "GPL-3.0-or-later",
	"gnu general public license v2 (gplv2)":           "GPL-2.0-only",
	"gnu general public license v2 or later (gplv2+)": "GPL-2.0-or-later", "lgplv3": "LGPL-3.0-only", "lgplv3+": "LGPL-3.0-or-later",
	"lgplv2+": "LGPL-2.0-or-later", "agplv3": "AGPL-3.0-only", "agplv3+": "AGPL-3.0-or-later",
	"gnu lesser general public license v3 (lgplv3)": "LGPL-3.0-only", "gnu lesser general public license v3 or later (lgplv3+)": "LGPL-3.0-or-later",
	"gnu affero general public license v3": "AGPL-3.0-only",
	"mpl 2.0":                              "MPL-2.0", "mpl2": "MPL-2.0", "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0", "mozilla public license 2.0": "MPL-2.0",
	"isc license": "ISC", "isc license (iscl)": "ISC",
	"psf": "PSF-2.0", "psfl": "PSF-2.0", "python software foundation license": "PSF-2.0", "the unlicense": "Unlicense", "the unlicense (unlicense)": "Unlicense",
	"public domain (cc0)": "CC0-1.0", "cc0": "CC0-1.0", "cc0 1.0 universal (cc0 1.0) public domain dedication": "CC0-1.0",
	"boost software license 1.0 (bsl-1.0)": "BSL-1.0", "zlib/libpng license": "Zlib",
}

// Expression brings what a tag or manifest says into the form of SPDX: known names in their proper spelling, joined by AND, OR, WITH and
// parentheses. "" = something in it is not known.
func Expression(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" || len(s) > maxExpression {
		return ""
	}
	if id, ok := sloppy[strings.ToLower(s)]; ok {
		return id
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, "(", " ( "), ")", " ) ")
	s = strings.ReplaceAll(s, "/", " OR ") // as Cargo had it
	p := expression{words: strings.Fields(s)}
	out, ok := p.sum(0)
	if !ok || len(p.words) > 0 {
		return ""
	}
	return out
}

type expression struct{ words []string }

func (p *expression) next() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

// sum reads licenses joined by AND and OR.
func (p *expression) sum(depth int) (string, bool) {
	out, ok := p.term(depth)
	for ok {
		op := strings.ToUpper(p.next())
		if op != "AND" && op != "OR" {
			break
		}
		p.words = p.words[1:]
		var right string
		right, ok = p.term(depth)
		out += " " + op + " " + right
	}
	return out, ok
}

func (p *expression) term(depth int) (string, bool) {
	if p.next() == "(" && depth < 4 {
		p.words = p.words[1:]
		in, ok := p.sum(depth + 1)
		if !ok || p.next() != ")" {
			return "", false
		}
		p.words = p.words[1:]
		return "(" + in + ")", true
	}
	id, ok := spdx()[strings.ToLower(bareGNU(gnuUpper(p.next())))]
	if !ok {
		return "", false
	}
	p.words = p.words[1:]
	if !strings.EqualFold(p.next(), "WITH") {
		return id, true
	}
	p.words = p.words[1:]
	e := p.next()
	if low := strings.ToLower(e); !strings.Contains(low, "exception") && !strings.HasSuffix(low, "-note") || !plainWord(e) {
		return "", false
	}
	p.words = p.words[1:]
	return id + " WITH " + e, true
}

// gnuUpper lets bareGNU see gpl-2.0+ in small letters.
func gnuUpper(s string) string {
	if up := strings.ToUpper(s); strings.HasPrefix(up, "GPL-") || strings.HasPrefix(up, "LGPL-") || strings.HasPrefix(up, "AGPL-") || strings.HasPrefix(up, "GFDL-") {
		return up
	}
	return s
}

func plainWord(s string) bool {
	for i := range len(s) {
		if !isWord(s[i]) && s[i] != '-' && s[i] != '.' {
			return false
		}
	}
	return s != "" && len(s) < 64
}
