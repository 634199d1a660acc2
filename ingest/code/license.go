package code

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"github.com/google/licensecheck"
)

const (
	// MaxLicense is how much of a license file or manifest is worth reading: GPL-3.0 has 35 KB.
	MaxLicense = 128 << 10

	// minCover is how much of a license file must be license, in percent: the rest is names, notices and questions.
	minCover = 60
)

// common are the licenses of nearly all public code. A matcher of these is ready in a tenth of the time that one of all takes.
var common = []string{"0BSD", "AGPL-3.0", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0", "Artistic-2.0", "BSD-1-Clause", "BSD-2-Clause", "BSD-3-Clause",
	"BSD-3-Clause-Clear", "BSD-4-Clause", "BSD-4-Clause-UC", "BSL-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "EPL-1.0", "EPL-2.0", "GPL-2.0", "GPL-2.0-only",
	"GPL-2.0-or-later", "GPL-3.0", "GPL-3.0-only", "GPL-3.0-or-later", "ISC", "LGPL-2.0", "LGPL-2.0-only", "LGPL-2.0-or-later", "LGPL-2.1", "LGPL-2.1-only",
	"LGPL-2.1-or-later", "LGPL-3.0", "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-0", "MPL-1.1", "MPL-2.0", "OFL-1.1", "PSF-2.0", "Python-2.0", "UPL-1.0",
	"Unlicense", "WTFPL", "X11", "Zlib"}

var commonScanner = sync.OnceValue(func() *licensecheck.Scanner {
	return scanner(func(id string) bool { return slices.Contains(common, id) })
})

var fullScanner = sync.OnceValue(func() *licensecheck.Scanner { return scanner(func(string) bool { return true }) })

func scanner(wants func(id string) bool) *licensecheck.Scanner {
	var all []licensecheck.License
	for _, l := range licensecheck.BuiltinLicenses() {
		if wants(l.ID) && l.LRE != "" {
			all = append(all, l)
		}
	}
	s, err := licensecheck.NewScanner(all)
	if err != nil {
		panic("code: " + err.Error()) // its own patterns
	}
	return s
}

// OfLicense recognizes the text of a license file and gives an SPDX expression; "" = it is none that is known, or too much of it is
// something else. The text of the GPL alone does not say "or later", so it counts as only that version.
func OfLicense(text []byte) string {
	text = text[:min(len(text), MaxLicense)]
	if id := TagOf(text); id != "" && len(text) < 1000 {
		return id
	}
	cover := commonScanner().Scan(text)
	if cover.Percent < minCover {
		cover = fullScanner().Scan(text)
	}
	if cover.Percent >= minCover {
		if id := joined(cover.Match); id != "" {
			return id
		}
	}
	// The license itself comes first, notices of what it does not cover, or of others, follow.
	if m := cover.Match; len(m) > 0 && m[0].Start < 1000 && m[0].End-m[0].Start > 500 {
		return joined(m[:1])
	}
	return shortLicense(text)
}

// shortLicense recognizes files that name a license instead of printing it, and the pile of licenses of Python.
func shortLicense(text []byte) string {
	plain := normal(text[:min(len(text), headBytes)])
	if strings.Contains(plain, " python software foundation license version 2 ") {
		if strings.Contains(plain, " beopen ") {
			return "Python-2.0"
		}
		return "PSF-2.0"
	}
	if len(text) < saidBytes && !strings.Contains(plain, " either of ") && !strings.Contains(plain, " choice of ") && !strings.Contains(plain, " dual license") {
		return ofNotice(text)
	}
	return ""
}

// joined makes one expression of what was found in one text: all of it holds.
func joined(found []licensecheck.Match) string {
	var ids []string
	for _, m := range found {
		ids = append(ids, m.ID)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var all []string
	for _, id := range ids {
		family := strings.TrimSuffix(id, "-or-later")
		if family != id && slices.Contains(ids, family) {
			continue // how to apply the license, printed after it
		}
		if s := versioned(id); s != "" {
			all = append(all, s)
		}
	}
	if len(all) > 4 {
		return "" // a list of notices
	}
	return strings.Join(slices.Compact(all), " AND ")
}

// versioned gives the SPDX name of what licensecheck calls id.
func versioned(id string) string {
	switch id {
	case "GPL-2.0-or-3.0":
		return "(GPL-2.0-only OR GPL-3.0-only)"
	case "GooglePatentsFile", "GooglePatentClause", "CommonsClause", "Aladdin-9", "Anti996":
		return ""
	}
	return bareGNU(id)
}

// bareGNU spells the old short names of GNU licenses out.
func bareGNU(id string) string {
	for _, p := range []string{"GPL-", "LGPL-", "AGPL-", "GFDL-"} {
		if v, ok := strings.CutPrefix(id, p); ok {
			switch {
			case strings.HasSuffix(v, "+"):
				return strings.TrimSuffix(id, "+") + "-or-later"
			case strings.Trim(v, "0123456789.") == "":
				return id + "-only"
			}
		}
	}
	return id
}

// tag stands before an SPDX expression in a file.
var tag = []byte("SPDX-License-Identifier:")

// TagOf reads an SPDX-License-Identifier in the first 4 KiB of a file; "" = there is none, or it names nothing that is known.
func TagOf(text []byte) string {
	head := text[:min(len(text), saidBytes)]
	_, rest, ok := bytes.Cut(head, tag)
	if !ok {
		return ""
	}
	line := string(firstLines(rest, 1, 200))
	for _, end := range []string{"*/", "-->", "#}", "\"\"\"", "*)", "-}", "\\n", "\"", "'", "<", "`", "|"} {
		line, _, _ = strings.Cut(line, end)
	}
	return Expression(line)
}

// Headers recognizes licenses in the comments at the top of files. It remembers those it has seen: the files of a project share one.
type Headers struct {
	seen  map[string]string
	words []byte
}

const (
	headerBytes = 6 << 10
	headerLines = 160
	maxSeen     = 4096
)

// License gives the license that a file names itself: its SPDX tag, or the text of a license or of its customary notice in a comment
// at the top. "" = none; a notice that points to another file, as Go's, names none.
func (h *Headers) License(text []byte) string {
	head := text[:min(len(text), headerBytes)]
	if !speaksOfLicense(head) {
		return ""
	}
	if id := TagOf(head); id != "" {
		return id
	}
	h.words = h.words[:0]
	block := blockState{}
	for n := 0; len(head) > 0 && n < headerLines; n++ {
		i := bytes.IndexByte(head, '\n') + 1
		if i == 0 {
			i = len(head)
		}
		line := head[:i]
		head = head[i:]
		said, ok := block.comment(line)
		if !ok {
			if id := h.comment(); id != "" {
				return id
			}
			if line = bytes.TrimSpace(line); len(line) > 0 && !beforeProgram(line) {
				return ""
			}
			continue
		}
		if !bytes.HasPrefix(said, []byte("Copyright")) && !bytes.HasPrefix(said, []byte("(c)")) && len(said) > 0 {
			h.words = append(append(h.words, said...), '\n')
		}
	}
	return h.comment()
}

// comment judges the words of one comment, in which the lines that say whose copyright it is were left out, and forgets them.
func (h *Headers) comment() string {
	words := h.words
	h.words = h.words[:0]
	if !speaksOfLicense(words) {
		return ""
	}
	id, ok := h.seen[string(words)]
	if ok {
		return id
	}
	id = ofNotice(words)
	if h.seen == nil || len(h.seen) >= maxSeen {
		h.seen = map[string]string{}
	}
	h.seen[string(words)] = id
	return id
}

func speaksOfLicense(text []byte) bool {
	return bytes.Contains(text, []byte("icen")) || bytes.Contains(text, []byte("LICEN")) ||
		bytes.Contains(text, []byte("edistribut")) || bytes.Contains(text, []byte("Permission"))
}

// beforeProgram reports lines that may stand before a notice.
func beforeProgram(line []byte) bool {
	for _, p := range []string{"<?", "package ", "'use strict'", "\"use strict\"", "@charset", "<!DOCTYPE", "<html", "<head", "{%", "@echo"} {
		if bytes.HasPrefix(line, []byte(p)) {
			return true
		}
	}
	return false
}

func ofNotice(words []byte) string {
	if cover := commonScanner().Scan(words); len(cover.Match) > 0 {
		return joined(cover.Match)
	}
	plain := normal(words)
	for _, p := range notices {
		if strings.Contains(plain, p[0]) {
			return p[1]
		}
	}
	return ""
}

// notices are short forms of words, in normal form.
var notices = [][2]string{
	{" under the mit license ", "MIT"}, {" under an mit license ", "MIT"}, {" under mit license ", "MIT"}, {" mit licensed ", "MIT"}, {" license mit ",
		"MIT"}, {" mit license https ", "MIT"},
	{" under the terms of the mit license ", "MIT"}, {" under the mit open source license ", "MIT"},
	{" under the apache license version 2 0 ", "Apache-2.0"}, {" under the apache license 2 0 ", "Apache-2.0"}, {" under the apache 2 0 license ",
		"Apache-2.0"}, {" license apache 2 0 ", "Apache-2.0"},
	{" under apache 2 0 ", "Apache-2.0"}, {" under the isc license ", "ISC"}, {" license isc ", "ISC"}, {" under the unlicense ", "Unlicense"},
	{" under the bsd 3 clause license ", "BSD-3-Clause"}, {" under the 3 clause bsd license ", "BSD-3-Clause"}, {" license bsd 3 clause ",
		"BSD-3-Clause"}, {" under the new bsd license ", "BSD-3-Clause"},
	{" under the bsd 2 clause license ", "BSD-2-Clause"}, {" license bsd 2 clause ", "BSD-2-Clause"}, {" under the simplified bsd license ", "BSD-2-Clause"},
	{" under the boost software license version 1 0 ", "BSL-1.0"}, {" under the mozilla public license version 2 0 ", "MPL-2.0"}, {" under the zlib license ", "Zlib"},
	{" gnu general public license version 2 only ", "GPL-2.0-only"}, {" gnu general public license v2 0 only ", "GPL-2.0-only"}, {" license gplv2 ", "GPL-2.0-only"},
	{" gnu general public license version 2 as published ", "GPL-2.0-only"}, {" gnu general public license version 3 as published ", "GPL-3.0-only"},
	{" license gplv3 ", "GPL-3.0-only"},
	{" released into the public domain under cc0 ", "CC0-1.0"},
}

// normal gives letters and digits in small letters, one space before, between and after.
func normal(text []byte) string {
	out := make([]byte, 1, len(text)+2)
	out[0] = ' '
	for _, c := range text {
		switch {
		case isWord(c) && c != '_' || c >= 0x80:
			out = append(out, lower(c))
		case out[len(out)-1] != ' ':
			out = append(out, ' ')
		}
	}
	if out[len(out)-1] != ' ' {
		out = append(out, ' ')
	}
	return string(out)
}
