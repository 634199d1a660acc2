package extract

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func wikiIn(lang string) *Wikitext {
	return NewWikitext(WikiSite{Lang: lang, Namespaces: map[string]int{"Datei": 6, "Kategorie": 14, "Fichier": 6, "Catégorie": 14, "Файл": 6, "Категория": 14, "Wikipedia": 4, "Category": 14, "分类": 14}})
}

func TestWikitext(t *testing.T) {
	x := wikiIn("en")
	f := func(in, want string) {
		t.Helper()
		if got := string(x.Extract("Mill", []byte(in)).Text); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
	// Lines and paragraphs.
	f("", "")
	f("One\ntwo.\n\nThree.", "One two.\nThree.")
	f("a  b\u00a0c&nbsp;d\te", "a b c d e")
	f("a<br>b<br/>c", "a\nb\nc")
	f("a\n----\nb", "a\nb")
	f("* one\n** two\n# three\n#: more", "- one\n- two\n- three\nmore")
	f("; term\n: definition\n:: deeper", "term\ndefinition\ndeeper")
	f("*", "")
	f(" x = 1\n  y", "x = 1\n y")
	f("<poem>\nOne\ntwo\n\nthree\n</poem>after", "One\ntwo\nthree\nafter")
	// Headings, and sections without text.
	f("Lead.\n== A ==\nText.\n=== B ===\n== C ==\nMore.", "Lead.\nA\nText.\nC\nMore.")
	f("Lead.\n==A== <!-- x -->\nText.", "Lead.\nA\nText.")
	f("Lead.\n== A ==\n=== B ===", "Lead.")
	f("a == b == c", "a == b == c")
	f("== '''Bold''' [[x|head]] ==\nText.", "Bold head\nText.")
	f("Lead.\n== See also ==\n* [[x]]\n=== More ===\n* y\n== History ==\nText.\n==References==\n{{reflist}}\n[[Category:Mills]]", "Lead.\nHistory\nText.")
	// Bold, italics and the apostrophes that are letters.
	f("'''b''' ''i'' '''''bi''''' it's ''''x''''", "b i bi it's 'x'")
	f("l'''étoile'' et", "l'étoile et")
	// Links.
	f("[[Bus]]es, [[Mill (grinding)|mills]] and [[:Category:Mills]]", "Buses, mills and Category:Mills")
	f("a [[File:x.jpg|thumb|A [[mill]] at {{nowrap|work}}]] b", "a b")
	f("[[Image:x.jpg]]'''Mill''' is", "Mill is")
	f("[[de:Mühle]]\n[[simple:Mill]] [[wikt:mill|mill]] [[Wikipedia:Mill]]", "mill Wikipedia:Mill")
	f("[http://x.org the site], [http://x.org] and http://y.org/a_b.", "the site, and http://y.org/a_b.")
	f("[[a\nb]] [[c", "a b c")
	f("[[a|b|c]] [[a|]] [1] [x]", "b|c a [1] [x]")
	f("[[a|'''b''' {{lang|fr|c}}]]", "b c")
	// Templates.
	f("{{Infobox mill\n| name = {{nowrap|Mill}}\n| a = [[b|c]]\n}}\n'''Mill''' is.", "Mill is.")
	f("It is {{convert|5|km|mi}} long, {{convert|10|to|15|ft}} wide, {{cvt|100|C}}.", "It is 5 km long, 10 to 15 ft wide, 100 °C.")
	f("{{val|1.5|0.1|e=3|u=kg}} and {{frac|1|2}}, {{frac|3|1|2}}", "1.5 ± 0.1 × 10^3 kg and 1/2, 3 1/2")
	f("{{lang|fr|moulin}} {{lang-de|Mühle}} {{langx|ru|мельница}} {{transl|ru|melnitsa}}", "moulin Mühle мельница melnitsa")
	f("a{{snd}}b{{nbsp}}c{{'}}s {{USS|Enterprise|CV-6}} {{circa|1900}} {{£|5}}", "a – b c's USS Enterprise (CV-6) c. 1900 £5")
	f("{{nihongo|Tokyo|東京|Tōkyō}} {{chem|H|2|O}} {{ill|Ann|de|lt=Anna}}", "Tokyo (東京, Tōkyō) H2O Anna")
	f("{{keypress|Ctrl|C}} {{angbr|a}} {{val|1.5|(7)}} {{HMS|Ajax|22|6}} {{ship|HMS|Ajax|22}} in {{as of|2014|lc=y}} {{transl|ar|DIN|x}}", "Ctrl+C ⟨a⟩ 1.5(7) Ajax HMS Ajax (22) in as of 2014 x")
	f("Before\n{{quote|The text\n\nof it.|Author}}\nafter", "Before\nThe text\nof it.\nafter")
	f("Beijing ({{zh|c=北京}}) is{{citation needed}}, as {{foo}}, large.", "Beijing is, as, large.")
	f("Mill ({{IPA|x}}; born 1900; {{foo}}) is", "Mill (born 1900) is")
	f("{{{1|default}}} {{PAGENAME}}{{DEFAULTSORT:x}}{{#if:a|b}}{{formatnum:12}}", "default 12")
	f("a {{unknown|{{nested|[[x]]}}}} b", "a b")
	// Dropped elements.
	f("a<ref>{{cite web|title=x}}</ref>. b<ref name=x /> c <ref>d", "a. b c d")
	f("a <!-- x\n\n --> b\n<!-- alone -->\nc", "a b c")
	f("a <gallery>\nFile:x.jpg|y\n</gallery> b", "a b")
	f("__NOTOC__ a __init__ b __KEIN_INHALTSVERZEICHNIS__", "a __init__ b")
	// Kept elements.
	f("<math>x^2</math> and <math>{\\displaystyle a+b}</math>", "$x^2$ and $a+b$")
	f("where\n:<math>a\n+ b</math>,\nis", "where\n$$a + b$$\nis")
	f("<nowiki>[[a]] ''b'' &amp;</nowiki>", "[[a]] ''b'' &")
	f("Code:\n<syntaxhighlight lang=go>\nfunc f() {\n\tx[[1]]\n}\n</syntaxhighlight>\nend", "Code:\nfunc f() {\n\tx[[1]]\n}\nend")
	f("<pre>\n a &lt; b\n\n c</pre>", " a < b\n\n c")
	f("<code>a[i]</code> <span style=\"x\">b</span> H<sub>2</sub>O <unknown>", "a[i] b H2O <unknown>")
	f("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>字", "漢字")
	f("a <div>b</div> c <ul><li>d</li><li>e</li></ul>", "a\nb\nc\n- d\n- e")
	f("&lt;b&gt; &ndash; &#65; &bogus; &", "<b> – A &bogus; &")
	// Tables.
	f("{| class=\"wikitable\"\n|+ Mills\n! Name !! Year\n|-\n| [[A]] || 1900\n|-\n| style=\"x\" | B || align=right | 1901\n| more\n|}\nafter", "Mills\nName | Year\nA | 1900\nB | 1901 | more\nafter")
	f("{| class=\"infobox\"\n| a\n{|\n| b\n|}\n|}\nText", "Text")
	f("{|\n| a\n\n* b\n|  || \n|-\n|\n|}", "a b")
	f("{|\n| a\n== H ==\nText", "a\nH\nText")
	f("{|\n| "+strings.Repeat("word ", 120)+"\n| b\n|}", strings.TrimSpace(strings.Repeat("word ", 120))+"\nb")
	f("<table><tr><th>a</th><td>b</td></tr><tr><td>c</td></tr></table>d", "a | b\nc\nd")
	// What nobody closed.
	f("a {{b", "a b")
	f("a }} b ]] c", "a b c")
	f("| x = y\ntext", "text")
	f("a <!-- b", "a")
	f("{{a|[[b}} c", "c")
}

func TestWikitextLanguages(t *testing.T) {
	f := func(lang, in, want string) {
		t.Helper()
		if got := string(wikiIn(lang).Extract("", []byte(in)).Text); got != want {
			t.Errorf("%s: %q\n got %q\nwant %q", lang, in, got, want)
		}
	}
	f("de", "Die '''Mühle''' ([[Datei:x.ogg|hören]]) mahlt.\n== Siehe auch ==\n* x\n[[Kategorie:Mühlen]]", "Die Mühle () mahlt.")
	f("fr", "Le {{s-|XIX|e}}, « {{lang|en|mill}} ».\n== Voir aussi ==\nx", "Le XIXe, « mill ».")
	f("fr", "Il dit : {{citation|C'est ''la'' vie}}.", "Il dit : « C'est la vie ».")
	f("ru", "'''Мельница''' ({{lang-en|mill}}) на {{нп3|Trent|Тренте|en|Trent}}.\n== Примечания ==\n{{примечания}}\n[[Категория:Мельницы]]", "Мельница (mill) на Тренте.")
	f("zh", "-{zh-hans:计算机;zh-hant:電腦}-是-{H|zh:x}--{机器}-。\n== 参考文献 ==\nx", "计算机是机器。")
	f("zh", "a-{zh-tw:台; zh-cn:{{lang|en|C}}}-b -{{lang|en|x}}-", "aCb -x-")
	f("ja", "{{読み仮名|水車|すいしゃ}}は<ruby>水<rt>すい</rt></ruby>車。\n== 脚注 ==\n{{reflist}}", "水車、すいしゃは水車。")
	f("en", "-{a}-", "-{a}-")
}

func TestWikitextFacts(t *testing.T) {
	x := wikiIn("de")
	p := x.Extract("", []byte("a\n==Weblinks==\n[[Kategorie:Mühle| ]][[Category:B c]]\n[[kategorie:Mühle]]{{Begriffsklärung}}"))
	if got := string(bytes.Join(p.Categories, []byte("|"))); got != "Mühle|B c" || !p.Disambiguation || p.Redirect || string(p.Text) != "a" {
		t.Errorf("%s %v %q", got, p.Disambiguation, p.Text)
	}
	if p := x.Extract("", []byte("#REDIRECT [[x]]")); !p.Redirect {
		t.Error("not a redirect")
	}
}

// hostileWikitext are pages that no parser may take long for.
func hostileWikitext() map[string]string {
	n := 100_000
	r := strings.Repeat
	return map[string]string{
		"templates deep": r("{{a|", n) + r("}}", n), "templates open": r("{{", n), "templates kept": r("{{nowrap|", n) + "x" + r("}}", n), "quotes deep": r("{{quote|", n) + "x" + r("}}", n),
		"braces": r("{", n) + r("}", n), "braces open": r("{", n), "links deep": r("[[a|", n) + r("]]", n), "links open": r("[[", n), "mixed": r("{{[[", n) + r("]]}}", n), "crossed": r("{{[[", n) + r("}}]]", n),
		"refs open": r("<ref>", n), "refs crossed": r("<ref><math>", n), "tags open": r("<b ", n), "comments open": r("<!--", n), "comments": r("<!-- -->\n", n), "tables": r("{|\n", n), "infoboxes": r("{| class=infobox\n", n), "cells": r("|| ", n), "table of cells": "{|\n|" + r("||", n),
		"rows": "{|\n" + r("|-\n|\n", n), "quotes": r("'", n), "quote runs": r("'' ''' ", n), "external": r("[http://a ", n), "headings": r("== a ==\n", n), "deeper headings": r("= a =\n== b ==\n=== c ===\n", n/3), "equal signs": r("=", n), "lists": r("*", n), "entities": r("&amp", n),
		"underscores": r("__", n), "variants": r("-{a:", n) + r("}-", n), "variants in one": "-{" + r("zh-cn:a;", n) + "}-", "arguments": "{{convert" + r("|to", n) + "}}", "categories": r("[[Category:a|b]]", n), "spaces": r(" \n", n), "parameters": r("{{{a|", n) + r("}}}", n), "brackets": r("(", n) + r("{{x}}(", n),
		"heading comments": "== a ==" + r(" <!-- --> ", n), "divs": r("<div>", n), "items": r("<li>", n), "pre": r("<pre>", n), "cut": "a\xe4\xb8", "bytes": r("\x00\xff\x80", n), "table in cells": r("{|\n|a\n", n) + r("|}\n", n),
		"pipes": "[[a" + r("|", n) + "]]", "hlist": "{{hlist" + r("|a", n) + "}}", "hlists": r("{{hlist|a|", 2000) + r("}}", 2000), "joined": r("{{lang|x|", n) + r("y}}", n),
	}
}

func TestWikitextHostile(t *testing.T) {
	for _, lang := range []string{"en", "zh"} {
		x := wikiIn(lang)
		for name, in := range hostileWikitext() {
			start := time.Now()
			p := x.Extract("", []byte(in))
			if d := time.Since(start); d > 30*time.Second { // milliseconds are what is wanted
				t.Errorf("%s: %v", name, d)
			} else {
				t.Logf("%s: %d bytes, %v", name, len(in), d)
			}
			if len(p.Text) > 2*len(in)+1000 {
				t.Errorf("%s: %d bytes of %d", name, len(p.Text), len(in))
			}
		}
	}
}

func FuzzWikitext(f *testing.F) {
	for _, s := range []string{"{{a|b}} [[c|d]] '''e'''", "{|\n! a !! b\n|-\n| c || d\n|}", "== h ==\n* i\n<ref>x</ref><math>y</math>", "-{zh-cn:a;zh-tw:b}-", "{{convert|5|to|6|km}}{{val|1|e=2}}{{quote|\n* a\n}}", "<poem>a\nb</poem><pre>&lt;</pre>[http://a b]", "(【{{x}}】; {{y}})"} {
		f.Add([]byte(s))
	}
	en, zh := wikiIn("en"), wikiIn("zh")
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, x := range []*Wikitext{en, zh} {
			p := x.Extract("t", in)
			text := string(p.Text)
			if utf8.Valid(in) && !utf8.ValidString(text) {
				t.Errorf("%q is not UTF-8", text)
			}
			if strings.ContainsAny(text, "\x00\x01\x7f\r") || strings.HasSuffix(text, "\n") {
				t.Errorf("%q", text)
			}
			if again := NewWikitext(WikiSite{Lang: x.lang}); string(again.Extract("t", in).Text) != string(NewWikitext(WikiSite{Lang: x.lang}).Extract("t", in).Text) {
				t.Error("not the same twice")
			}
		}
	})
}
