package clean

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cespare/xxhash/v2"
	"github.com/seed-83c59573/quern"
)

// listFile writes a list and gives its path.
func listFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if strings.HasSuffix(name, ".gz") {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write([]byte(content))
		z.Close()
		content = b.String()
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func urlStage(t testing.TB, change func(o *URL)) quern.Stage {
	t.Helper()
	o := DefaultURL()
	change(&o)
	s, err := o.Stage()
	return build(t, s, err)
}

func judgeURL(t *testing.T, s quern.Stage, origin string, want quern.Verdict) {
	t.Helper()
	d := &quern.Doc{Origin: origin}
	v, err := s.Apply(d)
	if err != nil || v != want || d.Drop.Verdict != want {
		t.Errorf("%s: %q (%v), %v, want %q", origin, v, d.Drop, err, want)
	}
}

// The first cases are those of the peer's test of its URL filter.
func TestURLByDomain(t *testing.T) {
	list := listFile(t, "domains", "# a comment\nblocked.com\ndanger.org\nbadsubdomain.nice.com\nBig.CO.UK\nбяка.рф\nco.jp\n192.0.2.7\nmine.github.io\n")
	s := urlStage(t, func(o *URL) { o.Domains = []string{list} })
	f := func(origin string, want quern.Verdict) { t.Helper(); judgeURL(t, s, origin, want) }
	f("https://blocked.com/some-sub-url?with=stuff", urlDomain)
	f("https://hey.danger.org/some-sub-url?with=stuff", urlDomain)
	f("https://hey.danger.or/some-sub-url?with=stuff", quern.Keep)
	f("https://badsubdomain.nice.com/some-sub-url?with=stuff", urlSubdomain)
	f("https://sdsd.badsubdomain.nice.com/some-sub-url?with=stuff", quern.Keep)
	f("https://blocke.dcom/some-sub-url?with=stuff", quern.Keep)
	f("https://nice.com/", quern.Keep)
	f("HTTP://user:pw@A.B.Big.co.uk.:8080/x", urlDomain) // registered below a suffix of two labels
	f("http://x.co.jp/", quern.Keep)                     // a public suffix is no registered domain
	f("http://xn--80ab1a2f.xn--p1ai/", urlDomain)
	f("http://бяка.рф/", urlDomain)
	f("http://192.0.2.7/x", urlSubdomain)
	f("http://mine.github.io/x", urlSubdomain) // github.io is registered, not a suffix of registries
	f("http://x.mine.github.io/x", quern.Keep)
	f("http://192.0.2.8/x", quern.Keep)
	for _, other := range []string{"", "blocked.com", "10.1234/blocked.com", "file:///blocked.com", "src/blocked.com/x.go", "http://", "http:///x", "mailto://blocked.com", "https://?blocked.com"} {
		f(other, quern.Keep)
	}
	below := urlStage(t, func(o *URL) { o.Domains, o.Below = []string{list}, true })
	judgeURL(t, below, "https://sdsd.badsubdomain.nice.com/", urlDomain)
	judgeURL(t, below, "https://xbadsubdomain.nice.com/", quern.Keep)
	judgeURL(t, below, "http://x.co.jp/", urlDomain)
}

func TestURLListForms(t *testing.T) {
	list := listFile(t, "hosts.gz", "\ufeff127.0.0.1 localhost\n0.0.0.0 hosts.org # why\n::1 ip6.org\n||block.org^\n*.star.org\nhttps://whole.org/path\n! note\n\n  spaced.org  \nnot a host\n")
	s := urlStage(t, func(o *URL) { o.Domains = []string{list} })
	for _, host := range []string{"hosts.org", "ip6.org", "block.org", "star.org", "whole.org", "spaced.org"} {
		judgeURL(t, s, "https://"+host, urlDomain)
	}
	judgeURL(t, s, "http://localhost/", quern.Keep)
	judgeURL(t, s, "http://host/", quern.Keep)
}

func TestURLByWholeURL(t *testing.T) {
	list := listFile(t, "urls", "http://Site.org/A/\nsite.org/b?q=1\n")
	s := urlStage(t, func(o *URL) { o.URLs = []string{list} })
	for _, u := range []string{"https://site.org/a", "http://SITE.org/a/#top", "http://site.org:80/b?q=1"} {
		judgeURL(t, s, u, urlListed)
	}
	judgeURL(t, s, "http://site.org/a/b", quern.Keep)
	judgeURL(t, s, "http://site.org/", quern.Keep)
}

func TestURLByWords(t *testing.T) {
	hard, soft, sub := listFile(t, "hard", "Grue\n"), listFile(t, "soft", "foo\nbar\nba-z\n"), listFile(t, "sub", "sno-rk\n")
	s := urlStage(t, func(o *URL) { o.HardWords, o.SoftWords, o.Subwords = []string{hard}, []string{soft}, []string{sub} })
	f := func(origin string, want quern.Verdict) { t.Helper(); judgeURL(t, s, origin, want) }
	f("http://x.org/a-grue-here", urlHard)
	f("http://GRUE.org/", urlHard) // the peer forgets to lower the URL
	f("http://x.org/gruesome", quern.Keep)
	f("http://foo.org/foo/foo", quern.Keep) // one word, three times
	f("http://foo.org/bar", urlSoft)
	f("http://foo.org/baz", urlSoft)
	f("http://foo.org/xbar", quern.Keep)
	f("http://x.org/SNO/rkel", urlSubword)
	f("http://x.org/sno_r%6B", quern.Keep)
	loose := urlStage(t, func(o *URL) { o.SoftWords, o.MaxSoftWords = []string{soft}, 2 })
	judgeURL(t, loose, "http://foo.org/bar", quern.Keep)
	judgeURL(t, loose, "http://foo.org/bar/baz", urlSoft)
}

func TestURLAllowList(t *testing.T) {
	s := urlStage(t, func(o *URL) {
		o.Allow, o.Domains = []string{listFile(t, "good", "nice.com\n")}, []string{listFile(t, "bad", "nice.com\nnasty.com\n")}
	})
	judgeURL(t, s, "http://nice.com/", quern.Keep)
	judgeURL(t, s, "http://www.nice.com/", quern.Keep)
	judgeURL(t, s, "http://nasty.com/", urlDomain)
}

func TestURLAdblock(t *testing.T) {
	list := listFile(t, "easy.txt", strings.Join([]string{"[Adblock Plus 2.0]", "! comment", "||ads.example.com^", "||track.org^$third-party", "@@||good.track.org^",
		"/banner/*/img^", "|http://start.org/x", "swf|", "||host.net^*/ad.", "@@/banner/*/img^ok", "site.org##.ad", "/re[0-9]+gex/", "-only-$domain=a.com", "^a^", "AdServer=", "||long.org/path/"}, "\n"))
	s := urlStage(t, func(o *URL) { o.Adblock = []string{list} })
	f := func(blocked bool, origins ...string) {
		t.Helper()
		for _, o := range origins {
			judgeURL(t, s, o, map[bool]quern.Verdict{true: urlAdblock, false: quern.Keep}[blocked])
		}
	}
	f(true, "http://ads.example.com/", "https://x.ads.example.com:81/y", "https://ADS.EXAMPLE.COM", "http://track.org/", "http://bad.track.org/",
		"http://x.org/banner/foo/img", "http://x.org/banner/foo/bar/img?q", "http://start.org/xyz", "http://x.org/y.swf", "http://sub.host.net/q/ad.js", "http://x.org/a/b",
		"http://x.org/?adserver=1", "http://www.long.org/path/x")
	f(false, "http://example.com/", "http://xads.example.com/", "http://ads.example.com.evil.org/", "http://good.track.org/", "http://a.good.track.org/x",
		"http://x.org/banner/img", "http://x.org/banner/foo/img1", "http://x.org/banner/foo/img?ok", "https://start.org/x", "http://q.org/http://start.org/x", "http://x.org/y.swf?z",
		"http://x.org/host.net/ad.", "http://site.org/", "http://x.org/re12gex/", "http://x.org/-only-", "http://x.org/ab", "http://x.org/long.org/path/")
}

func TestURLRefusesBadOptions(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "nowhere.txt")
	for _, c := range []struct {
		o    URL
		want string
	}{{URL{}, "give domains"}, {URL{Domains: []string{missing}}, missing}, {URL{Adblock: []string{missing}}, missing}, {URL{MaxSoftWords: -1, Domains: []string{missing}}, "negative"},
		{URL{Domains: []string{listFile(t, "prose", "this is no list\nof any kind\n")}}, "none of its 2 lines"}, {URL{URLs: []string{listFile(t, "empty", "")}}, ""}} {
		_, err := c.o.Stage()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.o, err, c.want)
		}
	}
	broken := filepath.Join(t.TempDir(), "x.gz")
	os.WriteFile(broken, []byte("no gzip"), 0o666)
	if _, err := (URL{Domains: []string{broken}}).Stage(); err == nil || !strings.Contains(err.Error(), broken) {
		t.Errorf("broken gzip: %v", err)
	}
}

func TestURLListsAreReadOnce(t *testing.T) {
	list := listFile(t, "domains", "blocked.com\n")
	o := DefaultURL()
	o.Domains = []string{filepath.Base(list)}
	o.At(filepath.Dir(list))
	if got := o.Files(); len(got) != 1 || got[0] != list {
		t.Errorf("files %q, want %q", got, list)
	}
	first, err := o.Stage()
	build(t, first, err)
	os.Remove(list)
	second, err := o.Stage()
	build(t, second, err)
	if first.(*urlRule).urlLists != second.(*urlRule).urlLists {
		t.Error("a second worker has lists of its own")
	}
	o.At("/elsewhere")
	if _, err := o.Stage(); err == nil {
		t.Error("other files, but the old lists")
	}
}

func TestHashSet(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 100, 5000} {
		var hashes []uint64
		for i := range n {
			hashes = append(hashes, xxhash.Sum64([]byte{byte(i), byte(i >> 8)}))
		}
		s := newHashSet(append(hashes, hashes...))
		for _, h := range hashes {
			if !s.has(h) || s.has(h+1) || s.has(^h) {
				t.Fatalf("%d hashes: %x", n, h)
			}
		}
		if s.has(0) || s.has(^uint64(0)) || len(s.hashes) != n {
			t.Errorf("%d hashes: a stranger is in, or some are out", n)
		}
	}
}

func allLists(t testing.TB) func(o *URL) {
	domains, urls, hard := listFile(t, "d", "blocked.com\nbad.nice.com\n"), listFile(t, "u", "site.org/a\n"), listFile(t, "h", "grue\n")
	soft, sub := listFile(t, "s", "foo\nbar\n"), listFile(t, "sub", "snork\n")
	ad := listFile(t, "a", "||ads.org^\n/banner/*.gif|\n@@||good.org^\n")
	return func(o *URL) {
		o.Domains, o.URLs, o.SoftWords, o.Subwords, o.Adblock = []string{domains}, []string{urls}, []string{soft}, []string{sub}, []string{ad}
		o.HardWords = []string{hard}
	}
}

func TestURLConforms(t *testing.T) {
	o := DefaultURL()
	allLists(t)(&o)
	var docs []quern.Doc
	for _, u := range []string{"http://blocked.com/", "http://bad.nice.com/", "http://site.org/a", "http://x.org/grue", "http://foo.org/bar", "http://x.org/snorkel",
		"http://ads.org/", "http://x.org/banner/1.gif", "http://x.org/", "", "\xff://\xff"} {
		docs = append(docs, quern.Doc{Origin: u})
	}
	if err := quern.CheckStage(o.Stage, docs...); err != nil {
		t.Error(err)
	}
	s, d := urlStage(t, allLists(t)), &quern.Doc{Origin: "https://www.kept.org/some/path/that/is/long?with=query&and=more"}
	if n := testing.AllocsPerRun(100, func() {
		d.Marks = d.Marks[:0]
		if v, err := s.Apply(d); v != quern.Keep || err != nil {
			t.Fatal(v, err)
		}
	}); n > 0 {
		t.Errorf("%v allocations a document", n)
	}
}

func FuzzURL(f *testing.F) {
	for _, u := range []string{"http://blocked.com/", "http://a@b:c@d.e:1/?#", "https://\xff.com/foo/bar", "ftp://x.org/banner/a.gif", "http://[::1]:80/", "http://..."} {
		f.Add(u)
	}
	s, fresh := urlStage(f, allLists(f)), urlStage(f, allLists(f))
	f.Fuzz(func(t *testing.T, u string) {
		v, err := s.Apply(&quern.Doc{Origin: u})
		w, _ := fresh.Apply(&quern.Doc{Origin: u})
		if err != nil || v != w {
			t.Fatalf("%q: %q, then %q, %v", u, v, w, err)
		}
	})
}

func FuzzAdblock(f *testing.F) {
	f.Add("||a.b^*c|\n@@|x\n^^*\n$,domain=", "http://a.b/c")
	f.Fuzz(func(t *testing.T, list, u string) {
		a := &adblock{}
		for line := range strings.Lines(list) {
			if line = strings.TrimSpace(line); line != "" {
				a.add([]byte(line))
			}
		}
		a.hosts, a.except = newHashSet(a.hostHashes), newHashSet(a.exempts)
		a.rules.index()
		a.exceptRules.index()
		var at address
		if !at.parse(u) {
			return
		}
		got := a.rules.match(&at)
		want := false
		for k := range a.rules.all { // the index must lose none
			want = want || a.rules.all[k].match(&at)
		}
		if got != want {
			t.Errorf("%q on %q: %v by the index, %v one by one", list, u, got, want)
		}
	})
}

func BenchmarkURL(b *testing.B) {
	var domains strings.Builder
	for i := range 1_000_000 {
		fmt.Fprintf(&domains, "site%d.com\n", i)
	}
	o := DefaultURL()
	allLists(b)(&o)
	o.Domains = append(o.Domains, listFile(b, "million", domains.String()))
	stage, err := o.Stage()
	s, d := build(b, stage, err), &quern.Doc{Origin: "https://www.news.kept.co.uk/2023/11/27/some-title-of-an-article-12345.html?utm=1"}
	for b.Loop() {
		d.Marks = d.Marks[:0]
		if v, err := s.Apply(d); v != quern.Keep || err != nil {
			b.Fatal(v, err)
		}
	}
}
