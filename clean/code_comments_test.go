package clean

import (
	"strings"
	"testing"
)

// checkLexer reads what is wanted: comments are between « and », strings between ‹ and ›, documentation between ⟦ and ⟧.
func checkLexer(t *testing.T, lang, want string) {
	t.Helper()
	text := strings.NewReplacer("«", "", "»", "", "‹", "", "›", "", "⟦", "", "⟧", "").Replace(want)
	l := codeLanguages().byName[lang]
	if l == nil {
		t.Fatalf("language %q", lang)
	}
	var x lexer
	x.scan([]byte(text), l.style)
	open := map[uint8]string{lexComment: "«", lexString: "‹", lexDoc: "⟦"}
	end := map[uint8]string{lexComment: "»", lexString: "›", lexDoc: "⟧"}
	var b strings.Builder
	at := 0
	for _, s := range x.spans {
		b.WriteString(text[at:s.from] + open[s.kind] + text[s.from:s.to] + end[s.kind])
		at = int(s.to)
	}
	b.WriteString(text[at:])
	if b.String() != want {
		t.Errorf("%s:\n got %s\nwant %s", lang, b.String(), want)
	}
}

func TestLexer(t *testing.T) {
	f := func(lang, want string) { t.Helper(); checkLexer(t, lang, want) }
	f("go", "a «/* b // c */» d «// e \" f»\ng ‹\"h // i\\\" /*\"› «// j»")
	f("go", "x := ‹`raw \" // \\`› + ‹'\\''› + ‹\"'\"›")
	f("go", "x = ‹\"unterminated›\ny «// ok»")
	f("go", "«/* never closed»")
	f("go", "a / b «/**/» c / d")
	f("c", "#define A «// goes \\\non»\nint b = ‹'\"'›; «/* it's */»")
	f("c++", "auto s = ‹R\"x(a \" )\" // )x\"›; int n = 1'000'000; «// c»")
	f("c++", "R a; «// no raw string»")
	f("java", "String s = ‹\"\"\"\n  // text \"quoted\"\n\"\"\"›; «// c»")
	f("c#", "var p = ‹@\"c:\\dir\\\"›; «// c»")
	f("javascript", "var r = ‹/https?:\\/\\/[/'\"]/›; «// c»\nvar x = a / b / c; var t = ‹`a ${b} // c`›;")
	f("javascript", "return ‹/'/›.test(s) «/* c */»")
	f("rust", "fn f<'a>(x: &'a str) { let c = ‹'\"'›; let r = ‹r#\"a \" // b\"#›; «/* a /* nested */ b */» }")
	f("rust", "for x in r.iter() «// c»")
	f("python", "⟦\"\"\"Module\n# not a comment\n\"\"\"⟧\nx = ‹'#'› «# c»\ndef f():\n    ⟦'''doc'''⟧\n    return ‹\"a'b\"›\n")
	f("python", "«# license»\n\n⟦\"doc\"⟧\nx = (\n  ‹'a'›\n  ‹'b'›\n)\n")
	f("python", "s = r‹'\\'›\n«# c»") // the quote behind a backslash stays inside, the line ends the string
	f("shell", "echo ${#x} $# ‹\"a # b\"› «# c»\ncat ‹<<EOF\n# not a comment 'quote\nEOF›\n«# d»\n[ 1 ] «#x»")
	f("shell", "echo it\\'s «# c»\nx=‹'a # b\nc'› ; y=$((1<<2))")
	f("sql", "select ‹'it'›‹'s'›, ‹\"a--b\"› «-- c»\n«/* d */»")
}

func TestLexerOfOtherLanguages(t *testing.T) {
	f := func(lang, want string) { t.Helper(); checkLexer(t, lang, want) }
	f("html", "<p title=\"<!x>\">a</p>«<!-- b\n-->» <!doctype> 'c")
	f("common lisp", "(a #\\\" «; c»\n‹\"b ; \\\" c\"› «#| d #| e |# f |#» #\\;)")
	f("emacs lisp", "(a ?\\\" ?; ‹\"b\"› «; c»\n)")
	f("haskell", "f' x = x --> y «-- c»\n«{- a {- b -} c -}» ‹'\"'› ‹\"d -- e\"›")
	f("lua", "«--[[ a\n]]» b ‹[==[ c ]] d ]==]› «-- e»\n«--[=[ f ]] g ]=]» t[1] = ‹'x'›")
	f("ocaml", "let c = ‹'\"'› «(* a (* b *) *)» and 'a list = ‹\"(*\"›")
	f("ruby", "x = a#b\ny = ‹\"z\"› «# c»\n«=begin\n# d\n=end»\n")
	f("perl", "$#a «# c»\n«=pod\ntext 'quote\n=cut»\nprint ‹\"x\"›;")
	f("matlab", "printf(x) «% c»\ny = x';")
	f("tex", "50\\% of «% c»\nit's")
	f("fortran", "«C old comment»\n      x = ‹'a!b'› «! c»")
	f("visual basic .net", "x = ‹\"it's\"› «' c»")
	f("assembly", "mov ax, ‹\";\"› «; c»")
	f("powershell", "«<# a\nb #>» $x = ‹\"c`\"#\"› «# d»")
	f("yaml", "a: b#c «# d»\ne: it's «# f»")
	f("cmake", "«#[[ a # b\n]]» set(X ‹\"# c\"›) «# d»\n«#[=[ e ]] ]=]»")
	f("ini", "«; a»\n[b]\nc=d;e «# f»\n")
	f("tcl", "bind . <<Enter>> { set a b ; «# c»\n}")
	f("shell", "x=$((1<<y))\n«# no document»")
	f("unix assembly", "#include ‹\"a.h\"›\nmov $1, %eax «# b»\nRET «// c»")
	f("css", "a { content: ‹\"/*\"› } «/* c */» b")
	f("json", "{\"a\": \"// b\"}")
	f("webassembly", "(module «(; a (; b ;) ;)» ‹\";;\"› «;; c»\n)")
	f("pascal", "a := ‹'it'›‹'s {'› «{ c }» «(* d *)» «// e»")
	f("erlang", "X = $\", Y = $%, «% c»\n")
	f("julia", "a' * b «# c»\n«#= d #= e =# =#»")
}

func TestEveryLanguageHasOneEndingOnly(t *testing.T) {
	seen := map[string]string{}
	for _, group := range codeLangs {
		for _, entry := range strings.Split(group.list, "|") {
			name, endings, ok := strings.Cut(entry, ": ")
			if !ok || name != strings.ToLower(name) {
				t.Errorf("entry %q", entry)
			}
			for _, e := range strings.Fields(endings) {
				if seen[e] != "" || !strings.HasPrefix(e, ".") {
					t.Errorf("%s: ending %q, also of %s", name, e, seen[e])
				}
				seen[e] = name
			}
		}
	}
}

func FuzzLexer(f *testing.F) {
	for _, s := range []string{"a /* b // c */ \"d\" 'e' `f`", "#| r#\"x\"# R\"y(z)y\" --[==[ ]==] <<EOF\nEOF\n", "\"\"\"a\"\"\" '''b''' =begin\n=end\n"} {
		f.Add(s, uint8(3))
	}
	f.Fuzz(func(t *testing.T, text string, n uint8) {
		style := codeLangs[int(n)%len(codeLangs)].style
		var x lexer
		x.scan([]byte(text), style)
		at := int32(0)
		for _, s := range x.spans {
			if s.from < at || s.to <= s.from || int(s.to) > len(text) || int(s.open)+int(s.close) > int(s.to-s.from) || s.kind == 0 {
				t.Fatalf("span %+v behind %d of %q", s, at, text)
			}
			at = s.to
		}
	})
}
