package extract

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"unicode/utf8"
)

// hostilePages are pages of about size bytes that were made to hurt.
func hostilePages(size int) map[string]string {
	repeat := func(s string) string { return strings.Repeat(s, max(size/len(s), 1)) }
	pages := hostileElements(size, repeat)
	maps.Copy(pages, hostileBytes(repeat))
	var references, classes strings.Builder
	for i := 0; references.Len() < size; i++ {
		fmt.Fprintf(&references, "&a%d ", i)
		fmt.Fprintf(&classes, "<i class=a%d>", i)
	}
	pages["distinct references"] = "<p>" + references.String()
	pages["distinct classes"] = classes.String()
	return pages
}

// hostileElements are elements where they do not belong.
func hostileElements(size int, repeat func(string) string) map[string]string {
	deep := func(s string) string { return strings.Repeat(s, maxDepth-20) }
	return map[string]string{
		"open tags":            repeat("<div>"),
		"closed tags":          strings.Repeat("<div>", size/11) + strings.Repeat("</div>", size/11),
		"open spans":           repeat("<span class=a>"),
		"inline tags":          "<p>" + repeat("<b>"),
		"formatting":           repeat("<b><i><u><s>"),
		"end tags":             repeat("</b></i></h1>"),
		"paragraph in bolds":   "<p>" + deep("<b>") + repeat("<hr></p>"),
		"end of no paragraph":  repeat("</p>"),
		"end below scope":      "<div><table><tr><td>" + deep("<span class=a>") + repeat("</div>"),
		"unknown end tags":     deep("<x>") + repeat("</y>"),
		"misnested":            repeat("<b><p>x</b></p>"),
		"misnested formatting": repeat("<b><i>x</b></i>"),
		"links in blocks":      repeat("<a><div>x"),
		"items":                "<ul><li>" + deep("<div>") + repeat("<li>x"),
		"nested lists":         deep("<ul>") + repeat("<li>x y z"),
		"paragraphs":           repeat("<p>x"),
		"deep paragraphs":      "<table><tr><td>" + deep("<div>") + repeat("<p>x"),
		"deep cells":           deep("<div>") + "<table>" + repeat("<td>x"),
		"deep in spans":        "<div>" + deep("<span class=a>") + repeat("<p>x"),
		"judged deep":          "<div><p>" + long + deep("<div>") + repeat("<p>a b c d e") + strings.Repeat("</div>", maxDepth-20) + "<p>" + long,
		"judged deep in cells": "<div><p>" + long + "<table><tr><td>" + deep("<div>") + repeat("<p>a b c d e") + "</table><p>" + long,
		"judged deep in lists": "<div><p>" + long + deep("<ul>") + repeat("<li>a b c d e") + strings.Repeat("</ul>", maxDepth-20) + "<p>" + long,
		"judged deep leads":    "<h1>a</h1>" + deep("<div>") + repeat("<p>a b c d e f g h.") + strings.Repeat("</div>", maxDepth-20) + "<div><p>" + strings.Repeat(long, 100),
		"sections":             "<div><p>" + long + repeat("<h3>Related</h3><p>a b c d e") + "<p>" + long,
		"headings":             deep("<div>") + repeat("</h1>"),
		"titled headings":      "<title>mills</title>" + repeat("<h2>mill</h2>"),
		"links":                repeat("<a>x"),
		"signs":                repeat("<a>[1]</a>"),
		"cells":                "<table>" + repeat("<tr><td>x"),
		"tables":               repeat("<table><tr><td>x y z "),
		"tables in tables":     repeat("<table>x"),
		"texts in a table":     "<table>" + repeat("x<tr>"),
		"selects":              repeat("<select>x"),
		"templates":            repeat("<template>x"),
		"framesets":            strings.Repeat("<p>", size/6) + "x" + strings.Repeat("<frameset>", size/20),
		"breaks":               "<p>" + repeat("<br>x<br><br>"),
		"breaks alone":         "<p>x" + repeat("<br>"),
		"svg":                  repeat("<svg>"),
		"svg groups":           repeat("<svg><g>"),
		"svg ends":             "<svg>" + deep("<g>") + repeat("</x>"),
		"svg left":             repeat("<svg><p>"),
		"math":                 repeat("<math><mi><svg><desc>"),
	}
}

// hostileBytes are tokens without end, and ends without beginning.
func hostileBytes(repeat func(string) string) map[string]string {
	return map[string]string{
		"less-than":            repeat("<"),
		"less-than and spaces": repeat("< "),
		"ampersands":           repeat("&a"),
		"bare ampersands":      "<p>" + repeat("&"),
		"numbers":              "<p>" + repeat("&#1114112"),
		"long reference":       "<p>" + repeat("&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
		"open comment":         repeat("<!--"),
		"comments":             repeat("<!---->"),
		"comment dashes":       "<!--" + repeat("-"),
		"comment ends":         "<!--" + repeat("--!"),
		"doctypes":             repeat("<!doctype html>"),
		"open attribute":       repeat("<a b='"),
		"attributes":           "<div " + repeat("class=comment "),
		"attribute names":      "<div " + repeat("a b c d e f g h "),
		"equals signs":         "<div " + repeat("="),
		"long class":           "<div class='" + repeat("comment ") + "'>",
		"classes":              repeat("<div class='related comments'>"),
		"raw text":             "<script>" + repeat("</scrip "),
		"scripts":              repeat("<script>"),
		"scripts in comments":  "<script>" + repeat("<!--<script></script>-->"),
		"scripts for ever":     repeat("<script><!--<script></script>"),
		"script comments":      "<script>" + repeat("<!--"),
		"pre":                  "<pre>" + repeat(" \n"),
		"lines of spaces":      "<pre>x" + repeat(" "),
		"cdata":                "<svg>" + repeat("<![CDATA["),
		"formulas":             repeat("<math alttext='x'>"),
		"nul":                  repeat("\x00"),
		"not UTF-8":            "<p>" + repeat("\xff\xfe "),
		"ld+json":              repeat(`<script type=ld+json>"author"</script>`),
		"plaintext":            "<plaintext>" + repeat("<p>"),
	}
}

// TestHostile holds the work on hostile pages of three sizes against bounds in their size. Work is counted, not timed.
func TestHostile(t *testing.T) {
	tail := "<p>" + long
	var x HTML
	for _, size := range []int{1 << 19 / slowdown, 1 << 20 / slowdown, 1 << 21 / slowdown} {
		for name, page := range hostilePages(size) {
			p, err := x.Extract([]byte(page + tail))
			if err != nil && !errors.Is(err, ErrTooManyNodes) {
				t.Errorf("%s: %v", name, err)
			}
			if size <= 1<<20 && err != nil {
				t.Errorf("%s: a page of %d bytes has too many nodes", name, size)
			}
			if n, most := len(x.tree.nodes), min(len(page)*2/3+1000, maxNodes+1); n > most {
				t.Errorf("%s: %d nodes for %d bytes, want at most %d", name, n, len(page), most)
			}
			// An alien end tag of four bytes is compared with maxAliens names; all else takes a step a tag.
			if steps, most := x.tree.steps, len(page)/3+maxDepth; name != "svg ends" && name != "math" && steps > most || steps > maxAliens/2*len(page) {
				t.Errorf("%s: %d steps for %d bytes, want at most %d", name, steps, len(page), most)
			}
			if !utf8.Valid(p.Text) && name != "not UTF-8" {
				t.Errorf("%s: not UTF-8", name)
			}
		}
	}
}

// TestDepth holds that no text is lost or glued where elements are too deep to be opened.
func TestDepth(t *testing.T) {
	var x HTML
	for _, open := range []string{"<div>", "<div class=a>", "<span class=a>", "<b>", "<ul><li>", "<table><tr><td>", "<blockquote><p>", "<x>"} {
		page := strings.Repeat(open, 200_000/slowdown) + "<div>" + long + "</div>" + long + "<p>" + long + "</p>" + long
		p, err := x.Extract([]byte(page))
		if got := strings.ReplaceAll(string(p.Text), "- ", ""); err != nil || got != strings.Repeat(long+"\n", 3)+long {
			t.Errorf("below 200,000 %s: %q, %v", open, p.Text, err)
		}
	}
}

func TestTooManyNodes(t *testing.T) {
	var tr tree
	for _, end := range []string{"<img class=math alt=x>", "<math alttext=x><p>", "<plaintext>x", "<xmp>x</xmp>", "<svg></p>", "x</p>"} {
		for n := range 8 {
			page := []byte(strings.Repeat("<p>x", 50) + strings.Repeat("<br>", n) + strings.Repeat(end, 50))
			for limit := 90; limit < 120; limit++ {
				err := tr.parseUpTo(page, limit)
				if len(tr.nodes) > limit != (err != nil) || len(tr.nodes) > limit+spareNodes {
					t.Errorf("%s: %d nodes, limit %d: %v", page, len(tr.nodes), limit, err)
				}
			}
		}
	}
	var x HTML
	if p, err := x.Extract([]byte(strings.Repeat("<p>x", maxNodes/2))); !errors.Is(err, ErrTooManyNodes) || p.Text != nil {
		t.Errorf("%d nodes: %q, %v", maxNodes, p.Text, err)
	}
	if p, err := x.Extract([]byte("<p>" + long)); err != nil || string(p.Text) != long {
		t.Errorf("the page after: %q, %v", p.Text, err)
	}
	if n := cap(x.tree.nodes); n > maxScratch {
		t.Errorf("scratch for %d nodes is kept", n)
	}
}

func BenchmarkHostile(b *testing.B) {
	for name, page := range hostilePages(1 << 20) {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			var x HTML
			src := []byte(page)
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				x.Extract(src)
			}
		})
	}
}
