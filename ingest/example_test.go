package ingest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/seed-83c59573/quern/ingest"
)

// show prints what a source reads.
func show(r ingest.Reader, err error) {
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	units, err := r.Units(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, u := range units {
		for d, err := range r.Docs(ctx, u) {
			if err != nil {
				fmt.Println("skipped:", err)
				continue
			}
			fmt.Printf("%s %q\n", d.ID.String()[:8], d.Text)
		}
	}
}

func ExampleNewPDF() {
	dir := folder("mill.pdf", "%PDF-1.4\n"+
		"1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n"+
		"2 0 obj << /Type /Pages /Kids [3 0 R] /Resources << /Font << /F << /Subtype /Type1 /BaseFont /Helvetica >> >> >> >> endobj\n"+
		"3 0 obj << /Type /Page /Contents 4 0 R >> endobj\n"+
		"4 0 obj << /Length 54 >> stream\nBT /F 12 Tf 72 600 Td [(The mil)-10(ler)-300(weighed.)] TJ ET\nendstream endobj\n")
	defer os.RemoveAll(dir)
	show(ingest.NewPDF(ingest.Options{Name: "papers", Domain: "paper", Base: dir, Paths: []string{"mill.pdf"}}, ingest.DefaultPDFOptions()))
	// Output:
	// 7f497d8c "The miller weighed."
}

// folder makes a folder with one file.
func folder(name, content string) string {
	dir, err := os.MkdirTemp("", "quern")
	if err != nil {
		panic(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
		panic(err)
	}
	return dir
}

func ExampleNewJSONL() {
	dir := folder("notes.jsonl", `{"id":"a","text":"The first note."}
{"id":"b","text":null}
{"id":"c","text":"The third note."}
`)
	defer os.RemoveAll(dir)
	show(ingest.NewJSONL(ingest.Options{Name: "notes", Domain: "web", Base: dir, Paths: []string{"*.jsonl"}}, ingest.DefaultFields()))
	// Output:
	// 47002852 "The first note."
	// skipped: notes.jsonl: offset 36: no-text
	// 809101cc "The third note."
}

func ExampleNewTree() {
	dir := folder("main.go", "package main\n")
	defer os.RemoveAll(dir)
	show(ingest.NewTree(ingest.Options{Name: "mine", Domain: "code", Base: dir, Paths: []string{"."}}, ingest.DefaultTreeOptions()))
	// Output:
	// 2313fd18 "package main\n"
}

func ExampleNewHTML() {
	dir := folder("page.html", "<html><head><title>Mill</title></head><body><nav>Home</nav><article><p>The miller weighed twenty sacks of oats before the frost came.</p></article></body></html>")
	defer os.RemoveAll(dir)
	show(ingest.NewHTML(ingest.Options{Name: "pages", Domain: "web", Base: dir, Paths: []string{"page.html"}}, ingest.DefaultHTMLOptions()))
	// Output:
	// 72a1b342 "The miller weighed twenty sacks of oats before the frost came."
}

func ExampleNewWARC() {
	page := "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>The miller weighed twenty sacks of oats before the frost came.</p>"
	record := fmt.Sprintf("WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: http://example.org/\r\nContent-Type: application/http\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", len(page), page)
	dir := folder("pages.warc", record)
	defer os.RemoveAll(dir)
	show(ingest.NewWARC(ingest.Options{Name: "web", Domain: "web", Base: dir, Paths: []string{"*.warc*"}}, ingest.DefaultWARCOptions()))
	// Output: 8fce9202 "The miller weighed twenty sacks of oats before the frost came."
}

// One TeX file, named by its id; in arXiv's bulk archives such files are packed members.
func ExampleNewArXiv() {
	dir := folder("2101.00001.tex", `\documentclass{article}\title{On mills}\newcommand{\rate}{\dot{m}}\begin{document}\maketitle The rate $\rate$ was low~\cite{a}.\end{document}`)
	defer os.RemoveAll(dir)
	show(ingest.NewArXiv(ingest.Options{Name: "arxiv", Domain: "paper", Base: dir, Paths: []string{"*.tex"}}))
	// Output: 0e8ba32c "On mills\n\nThe rate $\\dot{m}$ was low."
}
