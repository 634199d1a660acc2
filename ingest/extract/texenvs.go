package extract

// The environments that are not taken for their content.
var (
	texVerbatim = map[string]bool{"verbatim": true, "Verbatim": true, "lstlisting": true, "minted": true, "alltt": true,
		"verbatim*": true, "BVerbatim": true, "LVerbatim": true, "verbatimtab": true, "code": true, "python": true, "Highlighting": true, "lstlisting*": true, "minted*": true,
		"SaveVerbatim": true, "pyconcode": true, "pycode": true, "sageblock": true, "tcblisting": true, "listing*": true}
	texDropped = map[string]bool{"comment": true, "thebibliography": true, "tikzpicture": true, "picture": true, "pgfpicture": true,
		"forest": true, "tikzcd": true, "scope": true, "feynman": true, "feynmandiagram": true, "overpic": true, "dot2tex": true,
		"filecontents": true, "filecontents*": true, "acknowledgments": true, "acknowledgements": true, "acknowledgment": true,
		"acknowledgement": true, "ack": true, "asy": true, "pspicture": true, "CCSXML": true, "axis": true,
		"keyword": true, "keywords": true, "IEEEkeywords": true, "references": true, "nomenclature": true, "xy": true}
	texFloats = map[string]bool{"figure": true, "figure*": true, "wrapfigure": true, "SCfigure": true, "sidewaysfigure": true,
		"teaserfigure": true, "marginfigure": true, "floatingfigure": true, "figwindow": true, "window": true, "SCfigure*": true, "sidewaysfigure*": true}
	texTabulars = map[string]int{"tabular": 1, "tabular*": 2, "tabularx": 2, "tabulary": 2, "longtable": 1, "supertabular": 1, "array": 1,
		"deluxetable": 1, "deluxetable*": 1, "tblr": 1, "longtblr": 1, "tabu": 1, "xltabular": 2, "longtabu": 1, "supertabular*": 2, "tabularray": 1, "NiceTabular": 1, "ltablex": 2, "deluxetable**": 1, "splitdeluxetable": 1,
		"splitdeluxetable*": 1, "mpsupertabular": 1, "tabular**": 2, "longtable*": 1, "ruledtabular*": 0}
	// texMath maps display environments to what they become between $$; "" is nothing.
	texMath = map[string]string{"equation": "", "equation*": "", "displaymath": "", "math": "", "dmath": "", "dmath*": "",
		"align": "aligned", "align*": "aligned", "alignat": "aligned", "alignat*": "aligned", "flalign": "aligned",
		"flalign*": "aligned", "eqnarray": "aligned", "eqnarray*": "aligned", "gather": "gathered", "gather*": "gathered", "xalignat": "aligned", "xalignat*": "aligned", "dgroup": "gathered", "dgroup*": "gathered",
		"darray": "aligned", "darray*": "aligned", "empheq": "", "mathpar": "gathered", "mathpar*": "gathered", "subeqnarray": "aligned",
		"multline": "gathered", "multline*": "gathered", "IEEEeqnarray": "aligned", "IEEEeqnarray*": "aligned"}
	// texArgs gives how many brace arguments stand between \begin{…} and the content.
	texArgs = map[string]int{"minipage": 1, "multicols": 1, "alignat": 1, "alignat*": 1, "subfigure": 1, "wrapfigure": 2,
		"wraptable": 2, "adjustbox": 1, "IEEEeqnarray": 1, "IEEEeqnarray*": 1, "spacing": 1, "CJK": 2, "CJK*": 2, "list": 2,
		"adjustwidth": 2, "subtable": 1, "column": 1, "xalignat": 1, "xalignat*": 1, "empheq": 1, "SCfigure": 0, "floatingfigure": 1, "textblock": 1, "textblock*": 1, "varwidth": 1,
		"turn": 1, "rotate": 1, "addmargin": 1, "labeling": 1, "otherlanguage": 1, "otherlanguage*": 1, "foreignlanguage": 1, "beamercolorbox": 1,
		"mdframed": 0, "onlyenv": 0, "darray": 1, "multicols*": 1, "subfloatrow": 0, "threeparttablex": 0, "thebibliography": 1, "list*": 2, "longproof": 0,
		"widetext": 0, "wrapfigure*": 2, "minipage*": 1, "subequations": 0, "program": 0, "figwindow": 1, "window": 1}
)

// texTheorems are the titles of the theorem environments that nearly every class or author defines alike.
var texTheorems = map[string]string{"theorem": "Theorem", "thm": "Theorem", "lemma": "Lemma", "lem": "Lemma", "proposition": "Proposition",
	"prop": "Proposition", "corollary": "Corollary", "cor": "Corollary", "definition": "Definition", "defn": "Definition",
	"example": "Example", "remark": "Remark", "conjecture": "Conjecture", "proof": "Proof", "claim": "Claim", "exercise": "Exercise", "problem": "Problem", "notation": "Notation", "fact": "Fact", "question": "Question", "rem": "Remark",
	"ex": "Example", "observation": "Observation", "assumption": "Assumption", "axiom": "Axiom", "theorem*": "Theorem", "lemma*": "Lemma",
	"remark*": "Remark", "definition*": "Definition", "proposition*": "Proposition", "corollary*": "Corollary", "conj": "Conjecture", "exmp": "Example"}

// babelLangs maps the names that babel and polyglossia give to languages.
var babelLangs = map[string]string{"english": "en", "american": "en-US", "british": "en-GB", "UKenglish": "en-GB", "USenglish": "en-US",
	"german": "de", "ngerman": "de", "french": "fr", "francais": "fr", "spanish": "es", "italian": "it", "portuguese": "pt",
	"brazil": "pt-BR", "brazilian": "pt-BR", "russian": "ru", "ukrainian": "uk", "polish": "pl", "dutch": "nl", "swedish": "sv",
	"danish": "da", "norsk": "nb", "finnish": "fi", "czech": "cs", "greek": "el", "turkish": "tr", "hungarian": "hu", "austrian": "de-AT", "naustrian": "de-AT", "portuges": "pt", "catalan": "ca", "croatian": "hr", "slovene": "sl",
	"slovak": "sk", "romanian": "ro", "bulgarian": "bg", "serbian": "sr", "norwegian": "nb", "nynorsk": "nn", "icelandic": "is", "estonian": "et",
	"latvian": "lv", "lithuanian": "lt", "basque": "eu", "galician": "gl", "latin": "la", "hebrew": "he", "arabic": "ar", "japanese": "ja",
	"german.sty": "de", "vietnamese": "vi", "indonesian": "id", "esperanto": "eo"}
