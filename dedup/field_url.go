package dedup

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// trackers are parameters that name a campaign, a click or a session and not a page. Names that begin with utm_ (Urchin's, Google
// Analytics' today), mtm_, pk_ (Matomo) and hsa_ (HubSpot) count too. The list is that of what the platforms document themselves.
var trackers = []string{
	"_ga", "_gl", "_hsenc", "_hsmi", "dclid", "epik", "fbclid", "gad_source", "gbraid", "gclid", "gclsrc", "igshid", "jsessionid",
	"mc_cid", "mc_eid", "mkt_tok", "msclkid", "phpsessid", "s_cid", "srsltid", "ttclid", "twclid", "vero_id", "wbraid", "wickedid", "yclid",
}

// canonicalURL appends to dst what two spellings of one web address have in common; nothing if it is empty. After RFC 3986, section 6:
// host in lower case without a last dot, no default port, dot segments resolved, only reserved and non-ASCII bytes percent-encoded, in
// capitals, no empty path. Beyond it, since pages are mirrored so: http and https are one and left out, as are www., user and password,
// the fragment and a slash at the end; parameters are sorted, and those in trackers left out. What has no "://" (a DOI, a path in a
// repository) stays as it is. The result is no URL that one can open.
func canonicalURL(dst []byte, url, query string) []byte {
	url = strings.TrimFunc(url, func(r rune) bool { return r <= ' ' })
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok || !isScheme(scheme) {
		return append(dst, url...)
	}
	scheme = strings.ToLower(scheme)
	port := ""
	switch scheme {
	case "http":
		port = ":80"
	case "https":
		port = ":443"
	default:
		dst = append(append(dst, scheme...), ':')
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, asked, _ := strings.Cut(rest, "?")
	host, path, _ := strings.Cut(rest, "/")
	dst = append(dst, "//"...)
	dst = append(dst, canonicalHost(host, port)...)
	dst = appendPath(dst, path)
	if query == queryDrop {
		return dst
	}
	return appendQuery(dst, asked, query != queryKeep)
}

func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (i == 0 || (s[i] < '0' || s[i] > '9') && s[i] != '+' && s[i] != '-' && s[i] != '.') {
			return false
		}
	}
	return s != ""
}

func canonicalHost(host, port string) string {
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	host = strings.ToLower(host)
	if port != "" {
		host = strings.TrimSuffix(host, port)
	}
	host = strings.TrimSuffix(strings.TrimSuffix(host, ":"), ".")
	if bare, ok := strings.CutPrefix(host, "www."); ok && strings.Contains(bare, ".") {
		host = bare
	}
	return host
}

// appendPath appends the path, which stood behind a slash, without dot segments (RFC 3986, 5.2.4) and without a slash at the end.
func appendPath(dst []byte, path string) []byte {
	base := len(dst)
	for segment := range strings.SplitSeq(path, "/") {
		from := len(dst)
		dst = appendEscaped(append(dst, '/'), segment)
		switch string(dst[from+1:]) {
		case ".":
			dst = dst[:from]
		case "..":
			dst = dst[:base+max(0, bytes.LastIndexByte(dst[base:from], '/'))]
		}
	}
	for len(dst) > base && dst[len(dst)-1] == '/' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

func appendQuery(dst []byte, query string, drop bool) []byte {
	if query == "" {
		return dst
	}
	var all [][]byte
	buf := make([]byte, 0, len(query)+16)
	for part := range strings.SplitSeq(query, "&") {
		from := len(buf)
		buf = appendEscaped(buf, part)
		one := buf[from:len(buf):len(buf)]
		if name, _, _ := bytes.Cut(one, []byte("=")); len(one) > 0 && !(drop && isTracker(string(name))) {
			all = append(all, one)
		}
	}
	slices.SortFunc(all, bytes.Compare)
	for i, one := range all {
		dst = append(dst, "?&"[min(i, 1)])
		dst = append(dst, one...)
	}
	return dst
}

func isTracker(name string) bool {
	name = strings.ToLower(name)
	for _, prefix := range []string{"utm_", "mtm_", "pk_", "hsa_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	_, ok := slices.BinarySearch(trackers, name)
	return ok
}

// appendEscaped appends s in which letters, digits and -._~ stand for themselves and everything that must not stand in a URL is
// encoded. Reserved bytes stay as they are, encoded or not: "/" and "%2F" are different places.
func appendEscaped(dst []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		c, encoded := s[i], false
		if c == '%' && i+2 < len(s) {
			if hi, lo := unhex(s[i+1]), unhex(s[i+2]); hi < 16 && lo < 16 {
				c, encoded = hi<<4|lo, true
				i += 2
			}
		}
		plain := c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
		if plain || !encoded && c > ' ' && c < utf8.RuneSelf && strings.IndexByte("%\"<>\\^`{|}\x7f", c) < 0 {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}

func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 16
}
