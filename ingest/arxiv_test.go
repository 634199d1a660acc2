package ingest

import (
	"archive/tar"
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// tarOf packs names and contents into a tar archive.
func tarOf(t testing.TB, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: files[i], Size: int64(len(files[i+1])), Mode: 0o644, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(files[i+1]))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func texOf(text string) string {
	return `\documentclass{article}\title{On mills}\begin{document}\maketitle ` + text + ` $x$ \cite{a}\end{document}`
}

func TestArXivBulk(t *testing.T) {
	bundle := tarOf(t, "paper.tex", texOf(`Many files. \input{sections/one}`), "sections/one.tex", "One.", "supplement.tex", texOf("Not this."), "fig.pdf", "%PDF-1.4",
		"paper.bbl", `\bibitem{a} A. \bibitem{b} B.`)
	bulk := tarOf(t,
		"2101/2101.00001.gz", gz(bundle),
		"2101/2101.00002.gz", gz(texOf("One file.")),
		"2101/2101.00003.pdf", "%PDF-1.5",
		"2101/2101.00004.gz", gz("%PDF-1.5"),
		"2101/2101.00005.gz", gz("This paper has been withdrawn."),
		"2101/2101.00006.gz", gz(texOf("Damaged."))[:60],
		"2101/2101.00007.gz", gz(tarOf(t, "only.pdf", "%PDF-1.5")),
		"9912/hep-th9912001.gz", gz(`\magnification=1200 Plain \TeX, $a\over b$.`+"\n\n"+`\beginsection Mills`+"\n\nThey grind.\n\\bye gone"))
	r, err := NewArXiv(opts(plant(t, "arXiv_src_2101_001.tar", bulk), "arXiv_src_2101_001.tar"))
	h := reap(t, r, err)
	if got := origins(h); got != "arXiv:2101.00001 arXiv:2101.00002 arXiv:hep-th/9912001" {
		t.Fatalf("%s, %v, %v", got, h.reasons, h.errs)
	}
	for reason, n := range map[string]int{"pdf-only": 3, "no-tex": 1, "bad-gzip": 1} {
		if h.reasons[reason]+h.passed[reason] != n {
			t.Errorf("%s: %d, want %d; %v", reason, h.reasons[reason], n, h.errs)
		}
	}
	for i, want := range []string{"On mills\n\nMany files. One. $x$", "On mills\n\nOne file. $x$", "Plain TeX, $a\\over b$.\nMills\nThey grind."} {
		if got := string(h.docs[i].Text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	d := h.docs[0]
	if d.ID != quern.NewID("s", "arXiv:2101.00001") || d.Time != "2021-01-01T00:00:00Z" || h.docs[2].Time != "1999-12-01T00:00:00Z" {
		t.Errorf("%+v", d)
	}
	marks := map[string]float64{}
	for _, m := range d.Marks {
		marks[m.Name] = m.Value
	}
	if marks["paper.citations"] != 1 || marks["paper.references"] != 2 || marks["paper.equations"] != 1 {
		t.Errorf("%v", marks)
	}
	if err := quern.CheckSource(context.Background(), r); err != nil {
		t.Error(err)
	}
}

func TestArXivSubmissions(t *testing.T) {
	bundle := tarOf(t, "a.tex", texOf("A."), "b.tex", texOf("B, which is longer."))
	dir := plant(t, "in/2101.00001v2.tar.gz", gz(bundle), "in/2101.00002.gz", gz(texOf("One file.")), "in/2101.00003", gz(bundle), "in/2101.00004.tex", texOf("Plain."),
		"in/notes.txt", "no", "in/own.tar.gz", gz(bundle), "in/2101.00005.pdf", "%PDF-1.4")
	r, err := NewArXiv(opts(dir, "in"))
	h := reap(t, r, err)
	if got := origins(h); got != "arXiv:2101.00001v2 arXiv:2101.00002 arXiv:2101.00003 arXiv:2101.00004 in/own.tar.gz" {
		t.Errorf("%s, %v", got, h.errs)
	}
	if h.passed["pdf-only"] != 1 || len(h.passed) != 1 || len(h.reasons) != 0 {
		t.Errorf("%v, passed %v", h.reasons, h.passed)
	}
}

func TestMainOf(t *testing.T) {
	f := func(want string, files ...string) {
		t.Helper()
		all := map[string][]byte{}
		for i := 0; i < len(files); i += 2 {
			all[files[i]] = []byte(files[i+1])
		}
		if got := mainOf(all); got != want {
			t.Errorf("%s, want %s of %v", got, want, files)
		}
	}
	f("")
	f("", "a.sty", texOf("x"))
	f("a.tex", "a.tex", texOf("x"), "b.tex", "no preamble")
	// 00README decides.
	f("b.tex", "a.tex", texOf("xx"), "b.tex", texOf("x"), "00README.XXX", "a.tex ignore\nb.tex toplevelfile\n")
	f("b.tex", "a.tex", texOf("xx"), "b.tex", texOf("x"), "00README.json", `{"sources":[{"filename":"a.tex","usage":"ignore"},{"filename":"b.tex","usage":"toplevel"}]}`)
	f("a.tex", "a.tex", texOf("xx"), "b.tex", texOf("x"), "00README.XXX", "gone.tex toplevelfile\n")
	// What another inputs is none, though it could be run.
	f("z.tex", "a.tex", texOf("a long, long chapter"), "z.tex", texOf(`\input{a}`))
	f("z.tex", "sub/a.tex", texOf("a long, long chapter"), "z.tex", texOf(`\subfile {sub/a.tex}`))
	// The outermost, by its name, its size, its place.
	f("z.tex", "old/main.tex", texOf("x"), "z.tex", texOf("x"))
	f("ms.tex", "a.tex", texOf("xxxxxx"), "ms.tex", texOf("x"))
	f("b.tex", "a.tex", texOf("x"), "b.tex", texOf("xx"))
	f("a.tex", "a.tex", texOf("x"), "b.tex", texOf("x"))
	f("paper1.tex", "paper1.tex", texOf("x"), "supplementary.tex", texOf("xxxxxx"))
	f("plain.tex", "plain.tex", `Text.\bye`, "macros.tex", `\def\a{b}`)
}

func TestArXivID(t *testing.T) {
	for in, want := range map[string]string{"2101.00001.gz": "2101.00001", "2101.00001v12.tar.gz": "2101.00001v12", "0704.0001": "0704.0001", "2101.00001.pdf": "2101.00001",
		"hep-th9901001.gz": "hep-th/9901001", "math.AG0601001": "math.ag/0601001", "2113.00001.gz": "", "2101.001.gz": "", "paper.tex": "", "2101.00001x.gz": "", "": "",
		"v1": "", "arXiv_src_2101_001.tar": "", "hep-th990100.gz": "", "2101.00001v.gz": ""} {
		if got := arxivID(in); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func TestTEI(t *testing.T) {
	const tei = `<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc><titleStmt><title>On mills</title></titleStmt>
<publicationStmt><availability><licence target="https://creativecommons.org/licenses/by/4.0/"/></availability></publicationStmt>
<sourceDesc><biblStruct><idno type="DOI">10.1/mill</idno></biblStruct></sourceDesc></fileDesc></teiHeader><text xml:lang="en"><body><div><head>One</head><p>Grain.</p></div></body></text></TEI>`
	dir := plant(t, "p/a.tei.xml", tei, "p/b.tei", strings.ReplaceAll(tei, "10.1/mill", "none"), "p/c.xml", "<deposit/>", "p/d.xml", "<TEI><text>")
	r, err := NewTEI(opts(dir, "p"))
	h := reap(t, r, err)
	if got := origins(h); got != "10.1/mill p/b.tei" || h.reasons["bad-xml"] != 1 || h.passed["no-article"] != 1 || len(h.reasons) != 1 {
		t.Fatalf("%s %v %v", got, h.reasons, h.errs)
	}
	if d := h.docs[0]; string(d.Text) != "On mills\n\nOne\nGrain." || d.License != "CC-BY-4.0" || d.Lang != "en" {
		t.Errorf("%+v %q", d, d.Text)
	}
}

// A file of several articles gives several documents, and a bad one among them costs only itself.
func TestJATSCollection(t *testing.T) {
	records := "<OAI-PMH><ListRecords><record>" + strings.TrimPrefix(article, `<?xml version="1.0"?>`) + "</record><record><article><body/></article></record><record>" +
		strings.ReplaceAll(strings.TrimPrefix(article, `<?xml version="1.0"?>`), "10.1/mill", "") + "</record></ListRecords></OAI-PMH>"
	r, err := NewJATS(opts(plant(t, "oai.xml", records), "oai.xml"))
	h := reap(t, r, err)
	if got := origins(h); got != "10.1/mill oai.xml#3" || h.reasons["no-text"] != 1 {
		t.Errorf("%s %v", got, h.errs)
	}
}

func FuzzArXiv(f *testing.F) {
	bundle := tarOf(f, "a.tex", texOf("A."), "00README.json", `{"sources":[]}`)
	f.Add([]byte(tarOf(f, "2101.00001.gz", gz(bundle), "2101.00002.gz", gz(texOf("x")), "2101.00003.pdf", "%PDF")))
	f.Add([]byte(bundle))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzFile(t, "a.tar", data, NewArXiv) })
}
