package extract

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
)

// webData is where real pages stand beside the repository, when they do.
const webData = "../../../shared/data/web/"

type realPage struct {
	url, contentType string
	body             []byte
}

var (
	contentLength = regexp.MustCompile(`(?mi)^Content-Length: (\d+)`)
	targetURI     = regexp.MustCompile(`(?mi)^WARC-Target-URI: (\S+)`)
	contentTyped  = regexp.MustCompile(`(?mi)^Content-Type: ([^\r\n]+)`)
)

// realPages reads the HTML responses of a WARC file made of whole, uncompressed HTTP messages; at most limit of them.
func realPages(tb testing.TB, name string, limit int) []realPage {
	tb.Helper()
	f, err := os.Open(webData + name)
	if err != nil {
		tb.Skipf("no real pages here: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		tb.Fatal(err)
	}
	var pages []realPage
	for len(data) > 0 && len(pages) < limit {
		head, rest, ok := bytes.Cut(data, []byte("\r\n\r\n"))
		m := contentLength.FindSubmatch(head)
		if !ok || m == nil {
			break
		}
		size, _ := strconv.Atoi(string(m[1]))
		block := rest[:size]
		data = bytes.TrimLeft(rest[size:], "\r\n")
		uri := targetURI.FindSubmatch(head)
		http, body, ok := bytes.Cut(block, []byte("\r\n\r\n"))
		if !ok || uri == nil || !bytes.HasPrefix(http, []byte("HTTP/")) {
			continue
		}
		p := realPage{url: string(uri[1]), body: body}
		if m := contentTyped.FindSubmatch(http); m != nil {
			p.contentType = string(m[1])
		}
		if strings.Contains(p.contentType, "html") {
			pages = append(pages, p)
		}
	}
	return pages
}

// shingles counts the 4-word shingles of a text, or the whole text where it is shorter. Words are runs of letters and digits.
func shingles(text string) map[string]int {
	words := strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '_'
	})
	counts := map[string]int{}
	if len(words) > 0 && len(words) < 4 {
		counts[strings.Join(words, " ")]++
	}
	for i := 0; i+4 <= len(words); i++ {
		counts[strings.Join(words[i:i+4], " ")]++
	}
	return counts
}

// overlap gives the precision and recall of got's shingles against want's. Two empty texts agree.
func overlap(got, want string) (precision, recall float64) {
	g, w := shingles(got), shingles(want)
	both, ng, nw := 0, 0, 0
	for s, n := range g {
		both += min(n, w[s])
		ng += n
	}
	for _, n := range w {
		nw += n
	}
	if ng == 0 && nw == 0 {
		return 1, 1
	}
	if ng > 0 {
		precision = float64(both) / float64(ng)
	}
	if nw > 0 {
		recall = float64(both) / float64(nw)
	}
	return precision, recall
}

// TestBenchmark scores the extractor on 180 pages with the main text marked by hand.
func TestBenchmark(t *testing.T) {
	raw, err := os.ReadFile(webData + "extraction-benchmark/ground-truth.json")
	if err != nil {
		t.Skipf("no benchmark here: %v", err)
	}
	var truth map[string]struct{ ArticleBody, URL string }
	if err := json.Unmarshal(raw, &truth); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, v := range truth {
		want[v.URL] = v.ArticleBody
	}
	var x HTML
	var sumP, sumR float64
	n := 0
	for _, p := range realPages(t, "extraction-benchmark/aeb.warc.gz", 1000) {
		body, ok := want[p.url]
		if !ok {
			continue
		}
		text, _, err := Decode(nil, p.body, p.contentType)
		if err != nil {
			t.Fatalf("%s: %v", p.url, err)
		}
		got, err := x.Extract(text)
		if err != nil {
			t.Fatalf("%s: %v", p.url, err)
		}
		precision, recall := overlap(string(got.Text), body)
		sumP += precision
		sumR += recall
		n++
		if testing.Verbose() && precision+recall < 1.9 {
			t.Logf("%.2f %.2f %s", precision, recall, p.url)
		}
	}
	if n < 170 {
		t.Fatalf("only %d pages with a truth", n)
	}
	precision, recall := sumP/float64(n), sumR/float64(n)
	f1 := 2 * precision * recall / (precision + recall)
	t.Logf("%d pages: precision %.3f, recall %.3f, F1 %.3f", n, precision, recall, f1)
	if f1 < 0.965 {
		t.Errorf("F1 is %.3f, must be at least 0.965", f1)
	}
}

// BenchmarkExtract reports beside the mean the best of all rounds, which tells more on a machine that others use too. Pages are decoded
// before.
func BenchmarkExtract(b *testing.B) {
	for _, set := range []string{"extraction-benchmark/aeb", "cc-pages", "docs-postgresql", "docs-python", "docs-sqlite",
		"docs-libreoffice-ru", "docs-libreoffice-zh-cn", "docs-apache-multilang"} {
		b.Run(set, func(b *testing.B) {
			if _, err := os.Stat(webData + set + ".warc.gz"); err != nil {
				b.Skip("no real pages here")
			}
			var pages [][]byte
			size := 0
			corpusPages(b, set+".warc.gz", 400, func(_ string, page []byte) {
				pages = append(pages, page)
				size += len(page)
			})
			var x HTML
			best := time.Duration(1 << 62)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				start := time.Now()
				for _, p := range pages {
					x.Extract(p)
				}
				best = min(best, time.Since(start))
			}
			b.ReportMetric(float64(size)/best.Seconds()/1e6, "MB/s/best")
		})
	}
}

// wikiArticle is a page as encyclopedias have them: an infobox, references in every sentence, links, a table, sections to drop.
func wikiArticle() []byte {
	var b strings.Builder
	b.WriteString("{{Short description|Machine}}\n{{Infobox mill\n| name = Mill\n| image = [[File:Mill.jpg|thumb|A mill]]\n| built = {{start date|1900}}\n| owner = [[Ann Miller|Ann]]<ref>{{cite web |url=http://example.org/a |title=A |date=2020}}</ref>\n}}\n")
	for i := range 12 {
		b.WriteString("\n== Part ==\n[[File:Mill.jpg|thumb|left|upright=1.2|The [[mill]] in {{nowrap|May 1900}}]]\n")
		for range 6 {
			b.WriteString("The '''mill''' ({{lang-fr|le moulin}}) is a [[machine]] that breaks solid materials into smaller pieces by [[Mill (grinding)|grinding]], crushing or cutting.<ref name=\"a\">{{cite book |last=Miller |first=Ann |title=On ''mills'' |year=1999 |publisher=[[Press]] |isbn=0-000-00000-0 |pages=12–14 |url=https://example.org/books?id=12345}}</ref> Such comminution is an important unit operation in many processes, {{convert|12|km|mi|abbr=on}} from the river &ndash; there are many different types of [[mill]]s and many types of materials processed in them.<ref name=\"b\" />{{rp|13}} Historically they were powered by hand ({{circa|1200}}), by animals, by [[wind]] or by water.\n\n")
		}
		if i%3 == 0 {
			b.WriteString("{| class=\"wikitable sortable\"\n! Year !! Sacks !! Notes\n")
			for range 10 {
				b.WriteString("|-\n| 1900 || 12,000 || style=\"text-align:left\" | [[Oats]] and [[wheat]]\n")
			}
			b.WriteString("|}\n* [[Water mill]]: by water\n* [[Windmill]]: by wind\n")
		}
	}
	b.WriteString("\n== See also ==\n* [[Grinder]]\n\n== References ==\n{{reflist|30em}}\n\n== External links ==\n* {{official website|http://example.org}}\n{{Mills}}\n{{Authority control}}\n[[Category:Mills]]\n[[Category:Machines]]\n")
	return []byte(b.String())
}

func BenchmarkWikitext(b *testing.B) {
	page := wikiArticle()
	x := NewWikitext(WikiSite{Lang: "en"})
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		x.Extract("Mill", page)
	}
}
