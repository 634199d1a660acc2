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
