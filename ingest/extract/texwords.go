package extract

// texDrop lists the commands whose arguments are not text, with how many brace arguments they take. Optional arguments and a
// star go with them.
var texDrop = map[string]int{
	"label": 1, "vspace": 1, "hspace": 1, "vskip": 0, "hskip": 0, "includegraphics": 1, "bibliography": 1, "bibliographystyle": 1,
	"pagestyle": 1, "thispagestyle": 1, "pagenumbering": 1, "usepackage": 1, "RequirePackage": 1, "hypersetup": 1, "index": 1,
	"glossary": 1, "color": 1, "definecolor": 3, "setlength": 2, "addtolength": 2, "setcounter": 2, "addtocounter": 2, "rule": 2,
	"cline": 1, "cmidrule": 1, "captionsetup": 1, "graphicspath": 1, "addbibresource": 1, "thanks": 1, "affil": 1, "affiliation": 1,
	"institute": 1, "address": 1, "email": 1, "orcid": 1, "orcidlink": 1, "keywords": 1, "newlength": 1,
	"newcounter": 1, "theoremstyle": 1, "allowdisplaybreaks": 0, "linespread": 1, "fontsize": 2, "selectfont": 0, "phantom": 1,
	"hphantom": 1, "vphantom": 1, "todo": 1, "marginpar": 1, "pdfbookmark": 2, "addcontentsline": 3, "markboth": 2, "markright": 1,
	"DeclareGraphicsExtensions": 1, "geometry": 1, "numberwithin": 2, "phantomsection": 0, "write": 1,
	"footnotemark": 0, "PassOptionsToPackage": 2, "usetikzlibrary": 1, "tikzset": 1, "pgfplotsset": 1, "lstset": 1, "sisetup": 1,
	"urlstyle": 1, "makeatletter": 0, "makeatother": 0, "bibitem": 1, "printbibliography": 0, "date": 1, "titlerunning": 1,
	"authorrunning": 1, "shorttitle": 1, "shortauthors": 1, "runningtitle": 1, "correspondingauthor": 1, "corresponding": 1,
	"received": 1, "accepted": 1, "ead": 1, "fntext": 1, "cortext": 1, "tnotetext": 1, "tnoteref": 1, "fnref": 1, "corref": 1,
	"hyphenation": 1, "nocite": 1, "DeclareMathSymbol": 4, "includeonly": 1, "externaldocument": 1, "settowidth": 2, "vfill": 0,
	"altaffilmark": 1, "altaffiltext": 2, "affiliations": 1, "stepcounter": 1, "refstepcounter": 1, "arabic": 1, "roman": 1,
	"value": 1, "tablenotetext": 2, "tablecomments": 1, "tablewidth": 1, "tablecolumns": 1, "specialcomment": 3, "excludecomment": 1, "includecomment": 1, "inst": 1, "thispage": 0, "enlargethispage": 1, "special": 1,
}

// texSkip lists the commands that stand around text: their first arguments are not text, the last one is and stays.
var texSkip = map[string]int{
	"textcolor": 1, "colorbox": 1, "raisebox": 1, "parbox": 1, "resizebox": 2, "scalebox": 1, "rotatebox": 1, "multicolumn": 2,
	"multirow": 2, "makebox": 0, "framebox": 0, "href": 1, "hyperref": 0, "hyperlink": 1, "hypertarget": 1, "foreignlanguage": 1,
	"texorpdfstring": 0, "fcolorbox": 2, "adjustbox": 1,
}

// texCite lists the commands that cite or point at a number that only a typeset document has.
var texCite = map[string]bool{
	"cite": true, "citep": true, "citet": true, "citealt": true, "citealp": true, "citeauthor": true, "citeyear": true,
	"citeyearpar": true, "parencite": true, "textcite": true, "footcite": true, "autocite": true, "fullcite": true, "smartcite": true,
	"supercite": true, "Cite": true, "Citep": true, "Citet": true, "Textcite": true, "Parencite": true, "Autocite": true,
	"citenum": true, "onlinecite": true, "ref": true, "eqref": true, "cref": true, "Cref": true, "autoref": true, "pageref": true,
	"vref": true, "nameref": true, "fullref": true, "subref": true, "citetext": true, "shortcite": true, "citeA": true,
}

// texSymbols are the commands that stand for characters.
var texSymbols = map[string]string{
	"%": "%", "&": "&", "#": "#", "_": "_", "{": "{", "}": "}", "$": "$", " ": " ", ",": " ", ";": " ", ":": " ", "!": "", "/": "",
	"-": "", ">": " ", "@": "", "\n": " ", "\t": " ", "ldots": "…", "dots": "…", "textellipsis": "…", "textbackslash": `\`,
	"textasciitilde": "~", "textasciicircum": "^", "textbar": "|", "textless": "<", "textgreater": ">", "textunderscore": "_",
	"textquotesingle": "'", "textquotedblleft": "“", "textquotedblright": "”", "textquoteleft": "‘", "textquoteright": "’", "lq": "‘",
	"rq": "’", "textendash": "–", "textemdash": "—", "textbullet": "•", "copyright": "©", "textcopyright": "©", "textregistered": "®",
	"texttrademark": "™", "textdegree": "°", "degree": "°", "textmu": "µ", "textpm": "±", "texttimes": "×", "S": "§", "P": "¶",
	"dag": "†", "ddag": "‡", "pounds": "£", "euro": "€", "texteuro": "€", "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ",
	"AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ",
	"DJ": "Đ", "ng": "ŋ", "NG": "Ŋ", "LaTeX": "LaTeX", "TeX": "TeX", "LaTeXe": "LaTeX2e", "BibTeX": "BibTeX", "XeTeX": "XeTeX",
	"quad": " ", "qquad": " ", "space": " ", "nobreakspace": " ", "thinspace": " ", "enspace": " ", "textvisiblespace": "␣", "slash": "/",
	"guillemotleft": "«", "guillemotright": "»", "og": "« ", "fg": " »", "glqq": "„", "grqq": "“", "flqq": "«", "frqq": "»",
	"textdollar": "$", "textpercent": "%", "ordfeminine": "ª", "textordmasculine": "º", "textonehalf": "½", "hfill": " ", "hfil": " ",
	"tabularnewline": "", "nonbreakingspace": " ", "today": "", "xspace": "",
}

// texAccents maps accent commands to combining characters.
var texAccents = map[string]string{
	"'": "\u0301", "`": "\u0300", "^": "\u0302", `"`: "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307", "c": "\u0327", "v": "\u030C",
	"u": "\u0306", "H": "\u030B", "k": "\u0328", "r": "\u030A", "d": "\u0323", "b": "\u0331", "t": "\u0361",
}

// texSections are the commands whose argument is a heading.
var texSections = map[string]bool{
	"part": true, "chapter": true, "section": true, "subsection": true, "subsubsection": true, "addchap": true, "addsec": true,
	"frametitle": true,
}

// The environments that are not taken for their content.
var (
	texVerbatim = map[string]bool{"verbatim": true, "Verbatim": true, "lstlisting": true, "minted": true, "alltt": true,
		"verbatim*": true, "BVerbatim": true, "LVerbatim": true}
	texDropped = map[string]bool{"comment": true, "thebibliography": true, "tikzpicture": true, "picture": true, "pgfpicture": true,
		"filecontents": true, "filecontents*": true, "acknowledgments": true, "acknowledgements": true, "acknowledgment": true,
		"acknowledgement": true, "ack": true, "asy": true, "pspicture": true, "CCSXML": true, "axis": true,
		"keyword": true, "keywords": true, "IEEEkeywords": true}
	texFloats = map[string]bool{"figure": true, "figure*": true, "wrapfigure": true, "SCfigure": true, "sidewaysfigure": true,
		"teaserfigure": true, "marginfigure": true}
	texTables = map[string]int{"tabular": 1, "tabular*": 2, "tabularx": 2, "tabulary": 2, "longtable": 1, "supertabular": 1, "array": 1,
		"deluxetable": 1, "deluxetable*": 1, "tblr": 1, "longtblr": 1, "tabu": 1, "xltabular": 2}
	// texMath maps display environments to what they become between $$; "" is nothing.
	texMath = map[string]string{"equation": "", "equation*": "", "displaymath": "", "math": "", "dmath": "", "dmath*": "",
		"align": "aligned", "align*": "aligned", "alignat": "aligned", "alignat*": "aligned", "flalign": "aligned",
		"flalign*": "aligned", "eqnarray": "aligned", "eqnarray*": "aligned", "gather": "gathered", "gather*": "gathered",
		"multline": "gathered", "multline*": "gathered", "IEEEeqnarray": "aligned", "IEEEeqnarray*": "aligned"}
	// texArgs gives how many brace arguments stand between \begin{…} and the content.
	texArgs = map[string]int{"minipage": 1, "multicols": 1, "alignat": 1, "alignat*": 1, "subfigure": 1, "wrapfigure": 2,
		"wraptable": 2, "adjustbox": 1, "IEEEeqnarray": 1, "IEEEeqnarray*": 1, "spacing": 1, "CJK": 2, "CJK*": 2, "list": 2,
		"adjustwidth": 2, "subtable": 1, "column": 1}
)

// texTheorems are the titles of the theorem environments that nearly every class or author defines alike.
var texTheorems = map[string]string{"theorem": "Theorem", "thm": "Theorem", "lemma": "Lemma", "lem": "Lemma", "proposition": "Proposition",
	"prop": "Proposition", "corollary": "Corollary", "cor": "Corollary", "definition": "Definition", "defn": "Definition",
	"example": "Example", "remark": "Remark", "conjecture": "Conjecture", "proof": "Proof", "claim": "Claim"}

// babelLangs maps the names that babel and polyglossia give to languages.
var babelLangs = map[string]string{"english": "en", "american": "en-US", "british": "en-GB", "UKenglish": "en-GB", "USenglish": "en-US",
	"german": "de", "ngerman": "de", "french": "fr", "francais": "fr", "spanish": "es", "italian": "it", "portuguese": "pt",
	"brazil": "pt-BR", "brazilian": "pt-BR", "russian": "ru", "ukrainian": "uk", "polish": "pl", "dutch": "nl", "swedish": "sv",
	"danish": "da", "norsk": "nb", "finnish": "fi", "czech": "cs", "greek": "el", "turkish": "tr", "hungarian": "hu"}
