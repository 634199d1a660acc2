package clean

// lexRule is a comment or a string: what opens it, what closes it, and how it is read.
type lexRule struct {
	open, close string // close "" = the end of the line
	kind        uint8
	escape      byte // the character behind it in the text does not close; 0 = none
	flags       uint16
}

const (
	lexComment = iota + 1
	lexString
	lexDoc // a string that is documentation
)

const (
	lexNested    = 1 << iota // an opening within asks for a closing of its own
	lexOneLine               // a string that a line end breaks off
	lexWordStart             // opens only behind white space or one of ( ; & | or at the start of a line
	lexLineStart             // opens only at the start of a line
	lexPrime                 // a character literal, if it closes within a character or an escape; else nothing (lifetimes, primes, transposes)
	lexLevel                 // Lua: = signs between the brackets must be as many at the end
	lexHashes                // Rust: # signs behind r must be as many at the end
	lexDelimiter             // C++: R"x( ends with )x"
	lexHere                  // shell: the lines up to the one that is the word behind <<
	lexRegex                 // JavaScript: a regular expression, where an operand is awaited
	lexSymbol                // nothing if it stands in a run of symbols, as --> in Haskell
	lexChar                  // the opening and the one character behind it: #\" in Lisp
	lexWords                 // behind no letter, digit or underscore
)

// lexStyle is how a language writes comments and strings. Of rules that open with the same characters the longer must come first.
type lexStyle struct {
	rules  []lexRule
	python bool // strings that stand alone are documentation
}

var (
	quoted2    = lexRule{`"`, `"`, lexString, '\\', lexOneLine}
	quoted1    = lexRule{`'`, `'`, lexString, '\\', lexOneLine}
	prime      = lexRule{`'`, `'`, lexString, '\\', lexPrime}
	backquoted = lexRule{"`", "`", lexString, '\\', 0}
	lines2     = lexRule{`"`, `"`, lexString, '\\', 0} // may span lines
	plain1     = lexRule{`'`, `'`, lexString, 0, 0}    // may span lines; a doubled quote opens the next
	triple2    = lexRule{`"""`, `"""`, lexString, '\\', 0}
	triple1    = lexRule{`'''`, `'''`, lexString, '\\', 0}
	slashes    = lexRule{"//", "", lexComment, 0, 0}
	continued  = lexRule{"//", "", lexComment, '\\', 0} // C: a backslash joins the next line
	starred    = lexRule{"/*", "*/", lexComment, 0, 0}
	starredIn  = lexRule{"/*", "*/", lexComment, 0, lexNested}
	hash       = lexRule{"#", "", lexComment, 0, 0}
	hashApart  = lexRule{"#", "", lexComment, 0, lexWordStart}
	dashes     = lexRule{"--", "", lexComment, 0, 0}
	semicolon  = lexRule{";", "", lexComment, 0, 0}
	percent    = lexRule{"%", "", lexComment, 0, 0}
	tag        = lexRule{"<!--", "-->", lexComment, 0, 0}
)

var (
	styleNone   = lexStyle{}
	styleC      = lexStyle{rules: []lexRule{continued, starred, {`R"`, `"`, lexString, 0, lexDelimiter | lexWords}, quoted2, {`'`, `'`, lexString, '\\', lexOneLine | lexWords}}}
	styleJava   = lexStyle{rules: []lexRule{slashes, starred, triple2, triple1, quoted2, quoted1}}
	styleSharp  = lexStyle{rules: []lexRule{slashes, starred, {`@"`, `"`, lexString, 0, 0}, triple2, quoted2, quoted1}}
	styleScript = lexStyle{rules: []lexRule{slashes, starred, tag, {"/", "/", lexString, '\\', lexRegex}, quoted2, quoted1, backquoted}}
	styleGo     = lexStyle{rules: []lexRule{slashes, starred, quoted2, quoted1, {"`", "`", lexString, 0, 0}}}
	styleRust   = lexStyle{rules: []lexRule{slashes, starredIn, {"r", `"`, lexString, 0, lexHashes | lexWords}, lines2, prime}}
	styleNested = lexStyle{rules: []lexRule{slashes, starredIn, triple2, quoted2, prime}}
	stylePHP    = lexStyle{rules: []lexRule{slashes, starred, hashApart, lines2, {`'`, `'`, lexString, '\\', 0}}}
	styleCSS    = lexStyle{rules: []lexRule{starred, quoted2, quoted1}}
	styleSCSS   = lexStyle{rules: []lexRule{{"//", "", lexComment, 0, lexWordStart}, starred, quoted2, quoted1}}
	stylePython = lexStyle{rules: []lexRule{hash, triple2, triple1, quoted2, quoted1}, python: true}
	styleRuby   = lexStyle{rules: []lexRule{hashApart, {"=begin", "\n=end", lexComment, 0, lexLineStart}, quoted2, quoted1}}
	stylePerl   = lexStyle{rules: []lexRule{hashApart, {"=", "\n=cut", lexComment, 0, lexLineStart}, quoted2, {`'`, `'`, lexString, '\\', lexOneLine | lexWords}}}
	styleShell  = lexStyle{rules: []lexRule{hashApart, {"<<", "", lexString, 0, lexHere}, {`\`, "", lexString, 0, lexChar}, lines2, plain1}}
	styleHash   = lexStyle{rules: []lexRule{hashApart, quoted2, {`'`, `'`, lexString, 0, lexOneLine | lexWords}}}
	styleCMake  = lexStyle{rules: []lexRule{{"#[", "]", lexComment, 0, lexLevel}, hashApart, quoted2}}
	styleIni    = lexStyle{rules: []lexRule{{";", "", lexComment, 0, lexLineStart}, hashApart}}
	styleTcl    = lexStyle{rules: []lexRule{{`\`, "", lexString, 0, lexChar}, hashApart, lines2}}
	styleGas    = lexStyle{rules: []lexRule{slashes, starred, {"# ", "", lexComment, 0, lexWordStart}, quoted2}}
	styleHashC  = lexStyle{rules: []lexRule{hash, slashes, starred, quoted2}}
	styleJulia  = lexStyle{rules: []lexRule{{"#=", "=#", lexComment, 0, lexNested}, hash, triple2, lines2, prime}}
	styleNim    = lexStyle{rules: []lexRule{{"#[", "]#", lexComment, 0, lexNested}, hash, triple2, quoted2, prime}}

	stylePowerShell = lexStyle{rules: []lexRule{{"<#", "#>", lexComment, 0, 0}, hashApart, {`"`, `"`, lexString, '`', 0}, plain1}}
	styleSQL        = lexStyle{rules: []lexRule{dashes, starred, plain1, {`"`, `"`, lexString, 0, 0}}}
	styleMarkup     = lexStyle{rules: []lexRule{tag}}
	styleLisp       = lexStyle{rules: []lexRule{{`#\`, "", lexString, 0, lexChar}, {`\`, "", lexString, 0, lexChar}, {`?\`, "", lexString, 0, lexChar | lexWordStart}, {`?`, "", lexString, 0, lexChar | lexWordStart}, {"#|", "|#", lexComment, 0, lexNested}, semicolon, lines2}}
	styleWasm       = lexStyle{rules: []lexRule{{"(;", ";)", lexComment, 0, lexNested}, {";;", "", lexComment, 0, 0}, lines2}}
	styleHaskell    = lexStyle{rules: []lexRule{{"{-", "-}", lexComment, 0, lexNested}, {"--", "", lexComment, 0, lexSymbol}, lines2, prime}}
	styleLua        = lexStyle{rules: []lexRule{{"--[", "]", lexComment, 0, lexLevel}, dashes, {"[", "]", lexString, 0, lexLevel}, quoted2, quoted1}}
	styleML         = lexStyle{rules: []lexRule{{"(*)", "", lexString, 0, lexChar}, {"(*", "*)", lexComment, 0, lexNested}, slashes, triple2, lines2, prime}}
	stylePascal     = lexStyle{rules: []lexRule{slashes, {"{", "}", lexComment, 0, 0}, {"(*", "*)", lexComment, 0, 0}, {`'`, `'`, lexString, 0, lexOneLine}}}
	styleDash       = lexStyle{rules: []lexRule{dashes, {`"`, `"`, lexString, 0, lexOneLine}}}
	stylePercent    = lexStyle{rules: []lexRule{{"$", "", lexString, 0, lexChar | lexWords}, percent, starred, quoted2, quoted1}}
	styleTeX        = lexStyle{rules: []lexRule{{`\`, "", lexString, 0, lexChar}, percent}}
	styleFortran    = lexStyle{rules: []lexRule{{"!", "", lexComment, 0, 0}, {"C ", "", lexComment, 0, lexLineStart}, {"c ", "", lexComment, 0, lexLineStart}, {"*", "", lexComment, 0, lexLineStart}, {`'`, `'`, lexString, 0, lexOneLine}, {`"`, `"`, lexString, 0, lexOneLine}}}
	styleBasic      = lexStyle{rules: []lexRule{{`'`, "", lexComment, 0, 0}, {`"`, `"`, lexString, 0, lexOneLine}}}
	styleAssembly   = lexStyle{rules: []lexRule{semicolon, slashes, starred, hashApart, quoted2}}
)
