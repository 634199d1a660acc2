package extract

import "strings"

// SPDX gives the SPDX id of a Creative Commons licence or dedication from its URL, and "" for any other string.
func SPDX(url string) string {
	u := strings.ToLower(strings.TrimSpace(url))
	i := strings.Index(u, "creativecommons.org/")
	if i < 0 {
		return ""
	}
	parts := strings.Split(strings.Trim(u[i+len("creativecommons.org/"):], "/"), "/")
	if len(parts) < 2 {
		return ""
	}
	kind := parts[1]
	version := ""
	if len(parts) > 2 && ccVersion(parts[2]) {
		version = parts[2]
	}
	switch parts[0] {
	case "publicdomain":
		if kind == "zero" {
			return "CC0-1.0"
		}
		if kind == "mark" {
			return "CC-PDM-1.0"
		}
	case "licenses":
		switch kind {
		case "by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd":
			if version == "" {
				return "" // SPDX knows no licence without a version
			}
			return "CC-" + strings.ToUpper(kind) + "-" + version
		}
	}
	return ""
}

func ccVersion(s string) bool {
	switch s {
	case "1.0", "2.0", "2.5", "3.0", "4.0":
		return true
	}
	return false
}

// jatsLicense reads the licence from the link of the element or of one inside it, else from its words, else gives the link as
// it is stated.
func jatsLicense(l elem) string {
	if l.none() {
		return ""
	}
	link := ""
	offer := func(url string) {
		url = strings.TrimSpace(url)
		if strings.Contains(url, "://") && (link == "" || SPDX(link) == "" && SPDX(url) != "") {
			link = url
		}
	}
	for i := l.i; i < l.d.nodes[l.i].end; i++ {
		e := elem{l.d, i}
		if e.name() == "license_ref" {
			offer(e.string())
		}
		e.attributes(func(name, value string) bool {
			if name == "href" || name == "target" {
				offer(l.d.decode(value))
			}
			return true
		})
	}
	if id := SPDX(link); id != "" {
		return id
	}
	text := l.string()
	if id := SPDX(text); id != "" {
		return id
	}
	for _, s := range [...]string{l.attr("license-type"), text} {
		if id := licenseWords(s); id != "" {
			return id
		}
	}
	return link
}

// licenseWords reads a Creative Commons licence that is named in words, "CC BY-NC 4.0" or "Creative Commons Attribution
// NonCommercial License (version 4.0)". Without a version only CC0, which has one, can be told.
func licenseWords(s string) string {
	folded := strings.ToLower(s[:min(len(s), 4<<10)])
	if strings.Contains(folded, "cc0") || strings.Contains(folded, "creative commons public domain") {
		return "CC0-1.0"
	}
	i := strings.Index(folded, "creative commons attribution")
	if i < 0 {
		i = strings.Index(folded, "cc by")
	}
	if i < 0 {
		i = strings.Index(folded, "cc-by")
	}
	if i < 0 {
		return ""
	}
	name := folded[i:min(len(folded), i+160)]
	if dot := strings.Index(name, ". "); dot >= 0 {
		name = name[:dot]
	}
	version := ""
	for _, v := range [...]string{"4.0", "3.0", "2.5", "2.0", "1.0"} {
		if strings.Contains(name, v) {
			version = v
			name, _, _ = strings.Cut(name, v)
			break
		}
	}
	if version == "" {
		return ""
	}
	kind := "BY"
	has := func(long, short string) bool {
		return strings.Contains(name, long) || strings.Contains(name, "-"+short) || strings.Contains(name, " "+short+" ")
	}
	if has("noncommercial", "nc") || strings.Contains(name, "non-commercial") {
		kind += "-NC"
	}
	switch {
	case has("noderiv", "nd") || strings.Contains(name, "no deriv"):
		kind += "-ND"
	case has("sharealike", "sa") || strings.Contains(name, "share alike"):
		kind += "-SA"
	}
	return "CC-" + kind + "-" + version
}
