package clean

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/seed-83c59573/quern"
	"golang.org/x/net/publicsuffix"
)

const (
	urlDomain    quern.Verdict = "clean.url.domain"
	urlSubdomain quern.Verdict = "clean.url.subdomain"
	urlListed    quern.Verdict = "clean.url.url"
	urlHard      quern.Verdict = "clean.url.hard_word"
	urlSoft      quern.Verdict = "clean.url.soft_words"
	urlSubword   quern.Verdict = "clean.url.subword"
	urlAdblock   quern.Verdict = "clean.url.adblock"
)

// URL judges where a document comes from, by lists: datatrove's URL filter, in its order, and lists in the syntax of ad blockers. It
// looks at Doc.Origin if that is a URL of the web. Lists are files, one entry a line, "#" begins a comment; those ending in .gz are unpacked.
type URL struct {
	Allow     []string `yaml:"allow"`      // domains that pass whatever stands elsewhere, with all below them
	Domains   []string `yaml:"domains"`    // registered domains and full host names; lists of hosts as for /etc/hosts are read too
	Below     bool     `yaml:"below"`      // an entry of domains is also against every host below it, as blockers have it
	URLs      []string `yaml:"urls"`       // whole URLs; scheme, fragment and a slash at the end do not count
	HardWords []string `yaml:"hard_words"` // one of these words is too much
	SoftWords []string `yaml:"soft_words"` // of these, max_soft_words different ones pass
	Subwords  []string `yaml:"subwords"`   // must not stand anywhere in the letters and digits of the URL
	Adblock   []string `yaml:"adblock"`    // filter lists of Adblock Plus and its kin: rules on URLs, but no regular expressions

	MaxSoftWords int `yaml:"max_soft_words"`

	base  `yaml:"-"`
	lists *once[urlLists]
}

// urlFacts are not called "url.": in expressions url is where a document is from.
var urlFacts = []Fact{count("urls.soft_words")}

// DefaultURL lets one soft word pass, as datatrove does; it has no lists.
func DefaultURL() URL { return URL{MaxSoftWords: 1, lists: new(once[urlLists])} }

// Files are the lists.
func (o *URL) Files() (paths []string) {
	for _, list := range o.all() {
		for _, p := range list {
			paths = append(paths, o.path(p))
		}
	}
	return paths
}

// Measures are the facts that these options give.
func (o *URL) Measures() []Fact {
	if len(o.SoftWords) == 0 {
		return nil
	}
	return urlFacts
}

func (o *URL) all() [][]string {
	return [][]string{o.Allow, o.Domains, o.URLs, o.HardWords, o.SoftWords, o.Subwords, o.Adblock}
}

// Stage builds the rule; its lists are read once for all stages of the same options. It marks "urls.soft_words" and gives
// "clean.url.domain" (the registered domain is listed), "clean.url.subdomain" (the host is), "clean.url.url", "clean.url.hard_word",
// "clean.url.soft_words", "clean.url.subword" and "clean.url.adblock".
func (o URL) Stage() (quern.Stage, error) {
	if o.MaxSoftWords < 0 {
		return nil, errors.New("clean: url: max_soft_words is negative")
	}
	if len(o.Files()) == 0 {
		return nil, errors.New("clean: url: give domains, urls, hard_words, soft_words, subwords or adblock")
	}
	key := fmt.Sprintf("%q %q", o.dir, o.all())
	lists, err := o.lists.get(key, o.load)
	if err != nil {
		return nil, fmt.Errorf("clean: url: %w", err)
	}
	return &urlRule{urlLists: lists, opt: o}, nil
}

type urlRule struct {
	*urlLists
	opt   URL
	at    address
	words []byte // letters and digits of the URL, small
	canon []byte
	soft  []uint64
}

func (s *urlRule) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	if !s.at.parse(d.Origin) {
		return quern.Keep, nil
	}
	if s.allow != nil && hostListed(s.allow, s.at.host) {
		return quern.Keep, nil
	}
	if s.domains != nil {
		if v := s.judgeHost(); v != quern.Keep {
			return d.Fail(v, 1, 0), nil
		}
	}
	if s.urls != nil {
		if s.canon = s.at.canonical(s.canon[:0]); s.urls.has(xxhash.Sum64(s.canon)) {
			return d.Fail(urlListed, 1, 0), nil
		}
	}
	if v := s.judgeWords(d); v != quern.Keep {
		return v, nil
	}
	if s.adblock != nil && s.adblock.blocks(&s.at) {
		return d.Fail(urlAdblock, 1, 0), nil
	}
	return quern.Keep, nil
}

// judgeHost looks the host and all above it up.
func (s *urlRule) judgeHost() (v quern.Verdict) {
	host := s.at.host
	for i := range host {
		if i > 0 && host[i-1] != '.' || !s.domains.has(xxhash.Sum64(host[i:])) {
			continue
		}
		switch {
		case s.at.isRegistered(i):
			return urlDomain
		case i == 0:
			v = urlSubdomain
		case s.opt.Below && v == quern.Keep:
			v = urlDomain
		}
	}
	return v
}

// judgeWords looks at words, which are runs of ASCII letters and digits, and at all of them in a row.
func (s *urlRule) judgeWords(d *quern.Doc) quern.Verdict {
	if s.hard == nil && s.softSet == nil && s.subwords == nil {
		return quern.Keep
	}
	s.words, s.soft = s.words[:0], s.soft[:0]
	url := s.at.url
	hard := false
	for i := 0; i < len(url); {
		if !isAlnum(url[i]) {
			i++
			continue
		}
		from := len(s.words)
		for ; i < len(url) && isAlnum(url[i]); i++ {
			s.words = append(s.words, url[i])
		}
		h := xxhash.Sum64(s.words[from:])
		hard = hard || s.hard != nil && s.hard.has(h)
		if s.softSet != nil && len(s.soft) < 64 && s.softSet.has(h) && !contains(s.soft, h) {
			s.soft = append(s.soft, h)
		}
	}
	if s.softSet != nil {
		d.Mark("urls.soft_words", float64(len(s.soft)))
	}
	if hard {
		return d.Fail(urlHard, 1, 0)
	}
	if n := len(s.soft); n > s.opt.MaxSoftWords {
		return d.Fail(urlSoft, float64(n), float64(s.opt.MaxSoftWords))
	}
	if s.subwords != nil && s.subwords.within(s.words) {
		return d.Fail(urlSubword, 1, 0)
	}
	return quern.Keep
}

func contains(set []uint64, h uint64) bool {
	for _, x := range set {
		if x == h {
			return true
		}
	}
	return false
}

// address is a URL of the web taken apart, in memory that is used again.
type address struct {
	url      []byte // all of it, in small letters; at most maxURL bytes
	host     []byte // without user, port and a dot at the end; a part of url, or puny
	from, to int    // of the host and port in url
	text     string // the host as a string, if asked for
}

// maxURL is how much of a URL is looked at.
const maxURL = 4096

// parse takes a URL apart; false if it is none of the web.
func (a *address) parse(origin string) bool {
	scheme := strings.Index(origin, "://")
	if scheme < 3 || scheme > 5 {
		return false
	}
	a.url, a.text = append(a.url[:0], origin[:min(len(origin), maxURL)]...), ""
	for i, c := range a.url {
		if c-'A' < 26 {
			a.url[i] = c | 0x20
		}
	}
	switch string(a.url[:scheme]) {
	case "http", "https", "ftp":
	default:
		return false
	}
	from := scheme + 3
	to := from
	for ; to < len(a.url) && a.url[to] != '/' && a.url[to] != '?' && a.url[to] != '#' && a.url[to] != '\\'; to++ {
		if a.url[to] == '@' {
			from = to + 1
		}
	}
	a.from, a.to = from, to
	host := a.url[from:to]
	for i := len(host) - 1; i >= 0 && (host[i]-'0' < 10 || host[i] == ':'); i-- {
		if host[i] == ':' {
			host = host[:i]
			break
		}
	}
	for len(host) > 0 && host[len(host)-1] == '.' {
		host = host[:len(host)-1]
	}
	a.host = host
	for _, c := range host {
		if c >= 0x80 { // rare: crawlers store ASCII
			a.host = []byte(asciiHost(string(host)))
			break
		}
	}
	return len(a.host) > 0
}

// isRegistered tells whether the host from i on is its registered domain: one label and a suffix of the public suffix list,
// of its part for registries.
func (a *address) isRegistered(i int) bool {
	if a.host[len(a.host)-1]-'0' < 10 || a.host[len(a.host)-1] == ']' { // an IP address
		return false
	}
	if a.text == "" { // made only for hosts that a list has
		a.text = string(a.host)
	}
	suffix, icann := publicsuffix.PublicSuffix(a.text)
	for !icann { // of a company, such as github.io: as the peer, take it for a domain like any other
		i := strings.IndexByte(suffix, '.')
		if i < 0 {
			break
		}
		suffix, icann = publicsuffix.PublicSuffix(suffix[i+1:])
	}
	label := len(a.host) - len(suffix) - 1 - i
	return label > 0 && bytes.IndexByte(a.host[i:i+label], '.') < 0
}

// canonical appends what makes two URLs the same: host, path and query, without a slash at the end.
func (a *address) canonical(dst []byte) []byte {
	dst = append(dst, a.host...)
	rest := a.url[a.to:]
	for i, c := range rest {
		if c == '#' {
			rest = rest[:i]
			break
		}
	}
	for len(rest) > 0 && rest[len(rest)-1] == '/' {
		rest = rest[:len(rest)-1]
	}
	return append(dst, rest...)
}
