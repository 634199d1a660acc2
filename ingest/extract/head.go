package extract

import (
	"bytes"
	"strings"
)

// headFacts collects, while a page is parsed, where it states something about itself. The first statement of a kind wins.
type headFacts struct {
	title    place
	values   [factCount]place
	ld       []place // JSON-LD scripts
	licenses []place // links to a licence that say so: rel="license"
	remarks  []place // links to a licence behind words such as "this work is licensed under"
}

type place struct{ a, b int }

const (
	factTitle = iota
	factAuthor
	factDate
	factSite
	factLang
	factLocale // og:locale, a weaker sign of the language
	factLicense
	factTime // a <time datetime>, a weaker sign of the date
	factCount
)

// maxScripts is how many JSON-LD scripts are looked at.
const maxScripts = 16

func (f *headFacts) reset() {
	f.title = place{}
	f.values = [factCount]place{}
	f.ld, f.licenses, f.remarks = f.ld[:0], f.licenses[:0], f.remarks[:0]
}

func (f *headFacts) set(fact int, at attr) {
	if f.values[fact].b == 0 && at.b > at.a {
		f.values[fact] = place{at.a, at.b}
	}
}

// see takes note of a start tag.
func (f *headFacts) see(lx *lexer, g tag) {
	switch g {
	case tTitle:
		if f.title.b == 0 {
			f.title = place{lx.tok.a, lx.tok.b}
		}
	case tMeta:
		f.seeMeta(lx)
	case tScript:
		if at, ok := find(lx.attrs, keyType); ok && len(f.ld) < maxScripts && bytes.Contains(lx.src[at.a:at.b], []byte("ld+json")) {
			f.ld = append(f.ld, place{lx.tok.a, lx.tok.b})
		}
	case tTime:
		if at, ok := find(lx.attrs, keyDatetime); ok {
			f.set(factTime, at)
		}
	case tHtml:
		if at, ok := find(lx.attrs, keyLang); ok {
			f.set(factLang, at)
		} else if at, ok := find(lx.attrs, keyXMLLang); ok {
			f.set(factLang, at)
		}
	case tLink, tA:
		f.seeLicense(lx, g)
	}
}

// maxLicenses is how many links to licences are looked at.
const maxLicenses = 16

func (f *headFacts) seeLicense(lx *lexer, g tag) {
	at, ok := find(lx.attrs, keyHref)
	if !ok {
		return
	}
	if rel, ok := find(lx.attrs, keyRel); ok && indexFold(lx.src[rel.a:rel.b], "license") >= 0 {
		if len(f.licenses) < maxLicenses {
			f.licenses = append(f.licenses, place{at.a, at.b})
		}
	} else if g == tA && len(f.remarks) < maxLicenses && bytes.Contains(lx.src[at.a:at.b], ccHost) && licenses(lx.src[:at.a]) {
		f.remarks = append(f.remarks, place{at.a, at.b})
	}
}

func find(attrs []attr, key uint64) (attr, bool) {
	for _, at := range attrs {
		if at.key == key {
			return at, true
		}
	}
	return attr{}, false
}

func (f *headFacts) seeMeta(lx *lexer) {
	content, ok := find(lx.attrs, keyContent)
	if !ok {
		return
	}
	for _, key := range [...]uint64{keyName, keyProperty, keyItemprop, keyHTTPEquiv} {
		at, ok := find(lx.attrs, key)
		if !ok || at.b-at.a > 40 {
			continue
		}
		var name [40]byte
		for i, c := range lx.src[at.a:at.b] {
			name[i] = lower[c]
		}
		switch string(name[:at.b-at.a]) {
		case "og:title", "twitter:title", "dc.title", "citation_title":
			f.set(factTitle, content)
		case "author", "article:author", "dc.creator", "citation_author", "parsely-author", "sailthru.author", "byl":
			if !bytes.HasPrefix(lx.src[content.a:content.b], []byte("http")) {
				f.set(factAuthor, content)
			}
		case "article:published_time", "datepublished", "date", "dc.date", "dc.date.issued", "citation_publication_date", "pubdate",
			"publishdate", "publication_date", "sailthru.date", "parsely-pub-date", "og:published_time":
			f.set(factDate, content)
		case "og:site_name", "application-name":
			f.set(factSite, content)
		case "content-language", "dc.language", "dcterms.language":
			f.set(factLang, content)
		case "og:locale":
			f.set(factLocale, content)
		case "dc.rights", "license", "dcterms.license":
			if SPDX(string(lx.src[content.a:content.b])) != "" {
				f.set(factLicense, content)
			}
		}
	}
}

// page turns what was noted into strings.
func (f *headFacts) page(w *writer) Page {
	var p Page
	p.Site = f.value(w, factSite)
	if p.Title = cutSite(f.value(w, factTitle), p.Site); p.Title == "" {
		p.Title = cutTail(cutSite(w.line(f.title), p.Site))
	}
	if p.Author = f.value(w, factAuthor); !validAuthor(p.Author) {
		if p.Author = f.linked(w, `"author"`, `"name"`); !validAuthor(p.Author) {
			p.Author = ""
		}
	}
	for _, date := range []string{f.value(w, factDate), f.linked(w, `"datePublished"`, ""), f.value(w, factTime)} {
		if p.Date = fullDate(date); p.Date != "" {
			break
		}
	}
	for _, lang := range []string{f.value(w, factLang), f.value(w, factLocale)} {
		lang, _, _ = strings.Cut(strings.ReplaceAll(lang, "_", "-"), ",")
		if lang = strings.TrimSpace(lang); validLang(lang) {
			p.Lang = lang
			break
		}
	}
	p.License = f.license(w)
	return p
}

func (f *headFacts) value(w *writer, fact int) string {
	w.attribute = true
	s := w.line(f.values[fact])
	w.attribute = false
	return s
}

// maxFact bounds the length of a stated fact in bytes; longer ones are abuse and are cut.
const maxFact = 1000

// line is the text of a place in the source, on one line.
func (w *writer) line(at place) string {
	if at.b <= at.a {
		return ""
	}
	s := w.src[at.a:min(at.b, at.a+maxFact)]
	w.fact, _ = w.appendText(w.fact[:0], 0, 0, s)
	return w.kept.text(oneLine(w.fact))
}

// linked finds a string in the JSON-LD scripts: the value of a key, or of the inner key in the object or list that follows it.
// It reads no JSON: a script that is cut or malformed still tells.
func (f *headFacts) linked(w *writer, key, inner string) string {
	for _, at := range f.ld {
		s := w.src[at.a:at.b]
		i := bytes.Index(s, []byte(key))
		if i < 0 {
			continue
		}
		s = s[i+len(key):]
		if inner != "" {
			s = s[:min(len(s), 400)]
			if i = bytes.Index(s, []byte(inner)); i < 0 {
				continue
			}
			s = s[i+len(inner):]
		}
		s = bytes.TrimLeft(s, " \t\r\n:")
		if len(s) < 2 || s[0] != '"' {
			continue
		}
		if end := bytes.IndexByte(s[1:], '"'); end > 0 && end < 200 && bytes.IndexByte(s[1:1+end], '\\') < 0 {
			w.fact, _ = w.appendText(w.fact[:0], 0, 0, s[1:1+end])
			return w.kept.text(oneLine(w.fact))
		}
	}
	return ""
}

// cutSite takes the site's name off a title: "Title | Site", "Title - Site", "Site: Title" and so on.
func cutSite(title, site string) string {
	if site == "" {
		return title
	}
	for _, sep := range []string{" | ", " - ", " – ", " — ", " · ", " « ", " » ", " :: ", ": "} {
		if head, ok := strings.CutSuffix(title, sep+site); ok && head != "" {
			return head
		}
		if tail, ok := strings.CutPrefix(title, site+sep); ok && tail != "" {
			return tail
		}
	}
	return title
}

// cutTail takes what looks like a site's name off a <title>: at most five words behind a bar or dash, with three or more before it.
func cutTail(title string) string {
	for _, sep := range []string{" | ", " — ", " – ", " - "} {
		if i := strings.LastIndex(title, sep); i > 0 && strings.Count(title[:i], " ") >= 2 && strings.Count(title[i:], " ") <= 6 {
			return title[:i]
		}
	}
	return title
}

// fullDate reads the date that a timestamp begins with, "2019-11-25T…", "2019/11/25" or "20191125", and gives "2019-11-25".
func fullDate(s string) string {
	var digits []byte
	for i := 0; i < len(s) && len(digits) < 8; i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits = append(digits, c)
		case (c == '-' || c == '/') && (len(digits) == 4 || len(digits) == 6):
		default:
			return ""
		}
	}
	if len(digits) < 8 || digits[0] != '1' && digits[0] != '2' {
		return ""
	}
	month, day := 10*int(digits[4]-'0')+int(digits[5]-'0'), 10*int(digits[6]-'0')+int(digits[7]-'0')
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return ""
	}
	return string(digits[:4]) + "-" + string(digits[4:6]) + "-" + string(digits[6:])
}

// validLang reports whether s has the shape of a language tag: subtags of up to eight letters and digits, the first of two or three
// letters, the last of two at least, which "utf-8" has not.
func validLang(s string) bool {
	last := 0
	for tag := range strings.SplitSeq(s, "-") {
		for i := range len(tag) {
			if bclass[tag[i]]&(cAlpha|cDigit) == 0 || last == 0 && bclass[tag[i]]&cAlpha == 0 {
				return false
			}
		}
		if len(tag) == 0 || len(tag) > 8 || last == 0 && (len(tag) < 2 || len(tag) > 3) {
			return false
		}
		last = len(tag)
	}
	return last >= 2 && len(s) <= 35
}

// validAuthor reports whether a stated author may be one, and not what a template left there.
func validAuthor(s string) bool {
	switch strings.ToLower(s) {
	case "", "null", "undefined", "unknown", "none", "author", "admin", "administrator", "editor", "redaktion", "n/a":
		return false
	}
	return !strings.ContainsAny(s, "@{}<>")
}
