package extract

import "strings"

// texCommand is what is known of a command.
type texCommand struct {
	op    texOp
	fixed bool   // it shapes the document, so that an author's own version of it is not wanted
	n     int    // arguments to drop
	s     string // what it stands for
}

type texOp uint8

const (
	opUnknown texOp = iota
	opText          // a character
	opDrop          // its arguments are not text; optional ones and a star go with them
	opPlain         // how a text looks
	opSkip          // its first arguments are not text, the last one is and stays
	opAccent
	opCite // a citation, or with n = 0 a reference to what has a number only on paper
	opSection
	opEnv
	opUnit
	opFront
	opSpecial
	opProgram // from here on: what is done alike in text and in formulas
	opDefine
	opIf
	opElse
	opFi
	opNothing
	opBranch
	opCsname
	opCsuse
	opCount
	opAt
	opAssign
	opUppercase
	opLoop
	opPush
	opMathcode
	opGroup
)

// texCommands is the table of all commands that are known.
var texCommands = func() map[string]texCommand {
	all := map[string]texCommand{"begin": {op: opEnv, fixed: true}, "end": {op: opEnv, fixed: true}}
	set := func(names string, c texCommand) {
		for _, name := range strings.Fields(names) {
			all[name] = c
		}
	}
	for name, s := range texSymbols {
		all[name] = texCommand{op: opText, s: s}
	}
	for name, mark := range texAccents {
		all[name] = texCommand{op: opAccent, s: mark}
	}
	for name, n := range texDrop {
		all[name] = texCommand{op: opDrop, n: n, fixed: true}
	}
	for name, n := range texSkip {
		all[name] = texCommand{op: opSkip, n: n, fixed: true}
	}
	for _, p := range texPrograms {
		set(p.names, texCommand{op: p.op, fixed: p.op != opNothing && p.op != opUppercase && p.op != opLoop})
	}
	set("emph textbf textit texttt textsc textrm textsf textsl textmd textup textnormal underline uline textlf", texCommand{op: opPlain})
	set(texCites, texCommand{op: opCite, n: 1, fixed: true})
	set(texRefs, texCommand{op: opCite, fixed: true})
	set(texSections, texCommand{op: opSection, fixed: true})
	set("cref vref crefrange", texCommand{op: opCite, fixed: true, s: "r"})
	set("Cref autoref Autoref Vref Crefrange zcref thref", texCommand{op: opCite, fixed: true, s: "R"})
	set(texSpecial, texCommand{op: opSpecial, fixed: true})
	set(texSoft, texCommand{op: opSpecial})
	set(texFront, texCommand{op: opFront, fixed: true})
	set("SI si num qty unit ang SIrange numrange qtyrange numlist", texCommand{op: opUnit})
	all[";"], all[">"], all["="] = texCommand{op: opText, s: " "}, texCommand{op: opText, s: " "}, texCommand{op: opAccent, s: "\u0304"}
	return all
}()

const (
	// texSections are the commands whose argument is a heading.
	texSections = `part chapter section subsection subsubsection addchap addsec frametitle @startsection heading subheading subtitle`
	texCites    = `
		cite citep citet citealt citealp citeauthor citeyear citeyearpar parencite textcite footcite autocite fullcite
		smartcite supercite Cite Citep Citet Textcite Parencite Autocite citenum onlinecite shortcite citeA parencites
		textcites autocites footcites Citealt Citealp Citeauthor citename cites footfullcite citealias citetalias citepalias
		citeyearNP shortciteA shortciteN citeNP citeN`
	texRefs  = `Autoref Cref Crefrange Vref autoref cpageref cref crefrange eqref figref fullref labelcref nameref pageref prettyref ref secref subref tabref thref vref zcref`
	texFront = `
		documentclass documentstyle LoadClass usepackage RequirePackage setdefaultlanguage setmainlanguage selectlanguage
		title icmltitle author keywords IEEEkeywords pacs icmlkeywords date doi input include subfile subfileinclude @input
		loadglsentries import subimport includefrom subincludefrom abstract document`
	// texSpecial have a rule of their own; texSoft, too, but authors use these names for other things.
	texSpecial = `\ newline tabularnewline cr crcr linebreak par newpage clearpage cleardoublepage pagebreak bigskip medskip smallskip endgraf maketitle
		medbreak bigbreak smallbreak paragraph subparagraph subsubparagraph item caption captionof subcaption subcaptionbox tablecaption bicaption
		footnote footnotetext endnote tablefootnote ( [ ensuremath url path nolinkurl href verb lstinline mintinline bye endinput`
	texSoft = `
		subfloat subfigure tablehead sidenote blfootnote burl code enddocument textsuperscript textsubscript up sups makecell shortstack thead parbox
		rothead char symbol gls Gls glspl Glspl acrshort acs ac acp acf acl Ac acrfull acrlong beginsection uncover only onslide visible invisible
		alert pause structure frame comment State Statex STATE EndFor EndIf EndWhile ENDFOR ENDIF ENDWHILE EndProcedure EndFunction EndLoop
		ENDLOOP Require Ensure Procedure Function REQUIRE ENSURE Input Output KwIn KwOut KwData KwResult KwRet Return RETURN Repeat REPEAT Until UNTIL Loop
		LOOP If ElsIf For While Else ForAll uIf eIf ElseIf uElseIf uElse lIf lElse lFor ForEach lForEach Switch Case uCase Other IF ELSIF FOR WHILE ELSE
		FORALL lWhile Comment COMMENT tcp tcc LineComment AxiomC UnaryInfC BinaryInfC TrinaryInfC QuaternaryInfC Axiom UnaryInf BinaryInf TrinaryInf
		DisplayProof string the number arabic xspace`
)

// texPrograms are the commands that program TeX.
var texPrograms = []struct {
	op    texOp
	names string
}{
	{opDefine, `
		newcommand renewcommand providecommand DeclareRobustCommand newrobustcmd renewrobustcmd DeclareTextCommandDefault def
		gdef edef xdef long outer protected protected@edef protected@xdef let LetLtxMacro glet futurelet DeclareMathOperator
		DeclarePairedDelimiter NewDocumentCommand RenewDocumentCommand ProvideDocumentCommand DeclareDocumentCommand
		NewExpandableDocumentCommand DeclareExpandableDocumentCommand newtheorem declaretheorem spnewtheorem newmdtheoremenv
		newenvironment renewenvironment provideenvironment NewDocumentEnvironment RenewDocumentEnvironment
		DeclareDocumentEnvironment ProvideDocumentEnvironment newif newtoggle providetoggle newbool providebool csdef csgdef
		csedef csxdef @namedef newacronym acrodef DeclareAcronym defineshorthand setlocalecaption`},
	{opIf, `
		if ifx ifnum ifdim ifcase ifdefined ifodd ifmmode ifvmode ifhmode ifinner ifvoid ifcat iffalse iftrue ifpdf ifluatex
		ifxetex ifcsname ifPDFTeX ifXeTeX ifLuaTeX ifeof ifhbox ifvbox`},
	{opElse, `
		else or`},
	{opFi, `
		fi`},
	{opBranch, `
		IfNoValueTF IfNoValueT IfNoValueF IfValueTF IfValueT IfValueF IfBooleanTF IfBooleanT IfBooleanF iftoggle ifbool
		nottoggle notbool ifblank ifstrempty notblank ifnotempty ifstrequal ifdefstring ifdefstrequal ifdefempty ifdef
		ifundef ifcsdef ifcsundef @ifundefined ifnumgreater ifnumless ifnumequal ifnumcomp @ifpackagelater @ifclasslater
		@ifpackageloaded @ifclassloaded @ifpackagewith @ifstar @ifnextchar @firstoftwo @secondoftwo IfFileExists
		InputIfFileExists ifthenelse mathchoice texorpdfstring`},
	{opCsname, `
		csname`},
	{opCsuse, `
		csuse @nameuse`},
	{opCount, `
		toggletrue booltrue togglefalse boolfalse setboolean settoggle newcounter setcounter addtocounter stepcounter
		refstepcounter`},
	{opAt, `
		makeatletter makeatother`},
	{opAssign, `
		parindent parskip hsize vsize textwidth textheight topmargin oddsidemargin evensidemargin headheight headsep footskip
		columnsep columnwidth linewidth baselineskip lineskip tolerance hbadness vbadness hfuzz vfuzz pageno magnification
		hoffset voffset kern mkern vskip hskip mskip raise lower moveleft moveright topskip leftskip rightskip parfillskip
		abovedisplayskip belowdisplayskip abovedisplayshortskip belowdisplayshortskip abovecaptionskip belowcaptionskip
		tabcolsep arraycolsep itemsep parsep topsep partopsep leftmargin rightmargin labelsep labelwidth fboxsep fboxrule
		intextsep textfloatsep floatsep dblfloatsep clubpenalty widowpenalty displaywidowpenalty brokenpenalty hyphenpenalty
		exhyphenpenalty interlinepenalty predisplaypenalty postdisplaypenalty binoppenalty relpenalty penalty looseness
		pretolerance emergencystretch baselinestretch footnotesep paperwidth paperheight pdfpagewidth pdfpageheight pdfoutput
		marginparwidth marginparsep marginparpush extrarowheight doublerulesep skip dimen count catcode lccode uccode
		delcode normalbaselineskip jot smallskipamount medskipamount bigskipamount delimitershortfall
		nulldelimiterspace displayindent displaywidth hangindent hangafter mathsurround unitlength advance multiply divide`},
	{opUppercase, `
		uppercase lowercase MakeUppercase MakeLowercase makefirstuc`},
	{opLoop, `
		docsvlist forcsvlist`},
	{opMathcode, `mathcode`},
	{opPush, `
		AtBeginDocument AtBeginShipout`},
	{opGroup, `
		begingroup bgroup endgroup egroup`},
	{opNothing, `
		relax protect expandafter noexpand global unskip ignorespaces ignorespacesafterend leavevmode centering noindent
		indent appendix tableofcontents listoffigures listoftables frontmatter mainmatter backmatter allowbreak strut
		mathstrut null frenchspacing nonfrenchspacing sloppy fussy raggedright raggedleft small footnotesize scriptsize
		tiny large Large LARGE huge Huge normalsize bf it sc tt rm sf sl em bfseries itshape scshape ttfamily rmfamily
		sffamily slshape upshape mdseries normalfont boldmath unboldmath hline toprule midrule bottomrule endhead
		endfirsthead endfoot endlastfoot NoValue BooleanTrue BooleanFalse unless flushbottom raggedbottom onecolumn twocolumn
		doublespacing singlespacing onehalfspacing startdata enddata`},
}

// texDrop lists the commands whose arguments are not text, with how many brace arguments they take.
var texDrop = map[string]int{
	"AddToHook": 2, "AddToShipoutPicture": 1, "AtBeginEnvironment": 2, "AtBeginSection": 1, "AtEndDocument": 1,
	"AtEndEnvironment": 2, "CatchFileDef": 3, "ClearShipoutPicture": 0, "Crefname": 3, "DeclareCaptionLabelFormat": 2,
	"DeclareCiteCommand": 4, "DeclareFieldFormat": 2, "DeclareFontFamily": 3, "DeclareFontShape": 6,
	"DeclareGraphicsExtensions": 1, "DeclareMathAlphabet": 5, "DeclareMathSymbol": 4, "DeclareOption": 2,
	"DeclareSIUnit": 2, "DeclareSymbolFont": 5, "DeclareUnicodeCharacter": 2, "DefineVerbatimEnvironment": 3,
	"DontPrintSemicolon": 0, "ExecuteOptions": 1, "ExplSyntaxOff": 0, "ExplSyntaxOn": 0, "IEEEmembership": 1,
	"IEEEpeerreviewmaketitle": 0, "IEEEspecialpapernotice": 1, "IEEEtriggeratref": 1, "IncludeInRelease": 2,
	"LinesNumbered": 0, "MakeShortVerb": 1, "NeedsTeXFormat": 1, "PackageError": 3, "PackageInfo": 2,
	"PackageWarning": 2, "PassOptionsToPackage": 2, "ProcessOptions": 0, "ProvidesClass": 1, "ProvidesFile": 1,
	"ProvidesPackage": 1, "SetAlgoLined": 0, "SetKw": 2, "SetKwComment": 3, "SetKwFor": 4, "SetKwFunction": 2,
	"SetKwInOut": 2, "SetKwInput": 2, "SetKwProg": 4, "SetMathAlphabet": 6, "accepted": 1, "acmArticle": 1,
	"acmBooktitle": 1, "acmConference": 3, "acmDOI": 1, "acmISBN": 1, "acmJournal": 1, "acmMonth": 1, "acmNumber": 1,
	"acmPrice": 1, "acmSubmissionID": 1, "acmVolume": 1, "acmYear": 1, "addbibresource": 1, "addcontentsline": 3,
	"addlinespace": 0, "address": 1, "addto": 2, "addtolength": 2, "affaddr": 1, "affil": 1, "affiliation": 1,
	"affiliations": 1, "algdef": 0, "allowdisplaybreaks": 0, "altaffiliation": 1, "altaffilmark": 1, "altaffiltext": 2,
	"apptocmd": 4, "arrayrulecolor": 1, "authorrunning": 1, "beamertemplatenavigationsymbolsempty": 0, "bibitem": 1,
	"bibliography": 1, "bibliographystyle": 1, "bibliographyunit": 0, "bibpunct": 6, "captionsetup": 1, "ccsdesc": 1,
	"cellcolor": 1, "cfoot": 1, "chead": 1, "citestyle": 1, "cline": 1, "closeout": 0, "cmidrule": 1,
	"collaboration": 1, "color": 1, "colorlet": 2, "columncolor": 1, "copyrightyear": 1, "corref": 1,
	"corresponding": 1, "correspondingauthor": 1, "cortext": 1, "counterwithin": 2, "counterwithout": 2, "crefalias": 2,
	"crefformat": 2, "crefname": 3, "curraddr": 1, "dedicatory": 1, "defcitealias": 2, "definecolor": 3,
	"definecolorset": 4, "ead": 1, "email": 1, "enlargethispage": 1, "eprint": 1, "epsfbox": 1, "epsffile": 1,
	"epsfig": 1, "excludecomment": 1, "externaldocument": 1, "extrafloats": 1, "fancyfoot": 1, "fancyhead": 1,
	"fancyhf": 1, "figsetstart": 0, "figurenum": 1, "floatname": 2, "floatsetup": 1, "floatstyle": 1, "flushend": 0,
	"fnref": 1, "fntext": 1, "fontsize": 2, "footnotemark": 0, "framesubtitle": 0, "geometry": 1, "glossary": 1,
	"graphicspath": 1, "headnote": 1, "homepage": 1, "hphantom": 1, "hspace": 1, "hypersetup": 1, "hyphenation": 1,
	"immediate": 0, "includecomment": 1, "includegraphics": 1, "includeonly": 1, "includepdf": 1, "index": 1,
	"inputminted": 2, "inst": 1, "institute": 1, "institutename": 1, "institution": 1, "jname": 1, "journalinfo": 1,
	"label": 1, "lefthead": 1, "lfoot": 1, "lhead": 1, "linenumbers": 0, "linespread": 1, "listoftodos": 0,
	"lstMakeShortInline": 1, "lstdefinelanguage": 2, "lstdefinestyle": 2, "lstinputlisting": 1, "lstset": 1,
	"makebibliography": 0, "makeglossaries": 0, "makeindex": 0, "maketitleabstract": 0, "marginnote": 1, "marginpar": 1,
	"markboth": 2, "markright": 1, "message": 1, "missingfigure": 1, "newcites": 2, "newcolumntype": 2, "newfloat": 3,
	"newlength": 1, "newlistof": 3, "newsavebox": 1, "newtheoremstyle": 9, "noaffiliation": 0, "nocite": 1,
	"numberwithin": 2, "offprints": 1, "openout": 0, "orcid": 1, "orcidlink": 1, "pagecolor": 1, "pagenumbering": 1,
	"pagestyle": 1, "patchcmd": 5, "pdfbookmark": 2, "pdfcatalog": 1, "pdfinfo": 1,
	"pgfdeclarelayer": 1, "pgfmathsetmacro": 2, "pgfplotsset": 1, "pgfsetlayers": 1, "phantom": 1, "phantomcaption": 0,
	"phantomsection": 0, "plotone": 1, "plottwo": 2, "postcode": 1, "preprint": 1, "pretocmd": 4, "printacronyms": 0,
	"printbibliography": 0, "printglossaries": 0, "printglossary": 0, "printindex": 0, "psfig": 1, "psset": 1,
	"pubyear": 1, "received": 1, "renewtheoremstyle": 1, "restylefloat": 1, "rfoot": 1, "rhead": 1, "righthead": 1,
	"roman": 1, "rowcolor": 1, "rowcolors": 3, "rule": 2, "runningtitle": 1, "savebox": 2, "sbox": 2, "selectfont": 0,
	"setbeamercolor": 2, "setbeamerfont": 2, "setbeamertemplate": 2, "setcapindent": 1, "setcitestyle": 1,
	"setcopyright": 1, "setenumerate": 1, "setitemize": 1, "setlength": 2, "setlist": 1,
	"setminted": 1, "settodepth": 2, "settoheight": 2, "settopmatter": 1, "settowidth": 2, "shortauthor": 1,
	"shortauthors": 1, "shorttitle": 1, "sidepar": 1, "sisetup": 1, "slugcomment": 1, "special": 1, "specialcomment": 3,
	"specialrule": 3, "streetaddress": 1, "subjclass": 1, "swapnumbers": 0, "tablecolumns": 1, "tablecomments": 1,
	"tablenotemark": 1, "tablenotetext": 2, "tablenum": 0, "tablerefs": 1, "tabletypesize": 1, "tablewidth": 1,
	"tag": 1, "thanks": 1, "thanksref": 1, "theoremstyle": 1, "theoremsymbol": 1, "thispage": 0, "thispagestyle": 1,
	"tikz": 1, "tikzset": 1, "tikzstyle": 1, "titleformat": 5, "titlegraphic": 1, "titlerunning": 1, "titlespacing": 4,
	"tnoteref": 1, "tnotetext": 1, "todo": 1, "todototoc": 0, "typeout": 1, "urladdr": 1, "urlstyle": 1, "usebox": 1,
	"usecolortheme": 1, "usefonttheme": 1, "usemintedstyle": 1, "usepgflibrary": 1, "usepgfplotslibrary": 1,
	"useshorthands": 1, "usetheme": 1, "usetikzlibrary": 1, "verbatiminput": 1, "vfill": 0, "vphantom": 1, "vspace": 1,
	"write": 1,
}

// texSkip lists the commands that stand around text, with how many arguments stand before it.
var texSkip = map[string]int{
	"adjustbox": 1, "centerline": 0, "colhead": 0, "colorbox": 1, "diagbox": 0, "fbox": 0, "fcolorbox": 2,
	"foreignlanguage": 1, "framebox": 0, "hbox": 0, "hyperlink": 1, "hyperref": 0, "hypertarget": 1, "leftline": 0,
	"makebox": 0, "mbox": 0, "multicolumn": 2, "multirow": 2, "multirowcell": 1, "raisebox": 1, "resizebox": 2,
	"rightline": 0, "rlap": 0, "rotatebox": 1, "scalebox": 1, "stackanchor": 0, "tcbox": 0, "textcolor": 1, "tnote": 0,
	"vbox": 0, "vtop": 0,
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
	"nonbreakingspace": " ", "today": "",
	"textquotedbl": "\"", "quotedblbase": "„", "quotesinglbase": "‚", "guilsinglleft": "‹", "guilsinglright": "›",
	"textparagraph": "¶", "textsection": "§", "textdagger": "†", "textdaggerdbl": "‡", "textperthousand": "‰", "textcent": "¢",
	"textsterling": "£", "textyen": "¥", "textrightarrow": "→", "textleftarrow": "←", "textuparrow": "↑", "textdownarrow": "↓", "textdiv": "÷",
	"textasteriskcentered": "∗", "textexclamdown": "¡", "textquestiondown": "¿", "textonequarter": "¼", "textthreequarters": "¾",
	"textonesuperior": "¹", "texttwosuperior": "²", "textthreesuperior": "³", "textordfeminine": "ª", "textperiodcentered": "·", "textohm": "Ω",
	"textalpha": "α", "textbeta": "β", "textgamma": "γ", "textdelta": "δ", "textepsilon": "ε", "texteta": "η", "texttheta": "θ",
	"textkappa": "κ", "textlambda": "λ", "textnu": "ν", "textxi": "ξ", "textpi": "π", "textrho": "ρ", "textsigma": "σ", "texttau": "τ", "textphi": "φ",
	"textchi": "χ", "textpsi": "ψ", "textomega": "ω", "textDelta": "Δ", "textOmega": "Ω", "textSigma": "Σ", "textPhi": "Φ", "textGamma": "Γ",
	"textbraceleft": "{", "textbraceright": "}", "textnumero": "№", "textcelsius": "°C", "celsius": "°C", "textminus": "−", "texttildelow": "~",
	"tild": "~", "checkmark": "✓", "cmark": "✓", "xmark": "✗", "nbsp": " ", "enskip": " ", "negthinspace": "",
	"lbrack": "[", "rbrack": "]", "lbrace": "{", "rbrace": "}", "bslash": "\\", "textsquare": "□", "textcircled": "", "ldotp": ".", "cdots": "⋯",
	"dotfill": " ", "hrulefill": " ", "hss": " ", "pdfTeX": "pdfTeX", "LuaTeX": "LuaTeX", "AmS": "AMS", "AMS": "AMS", "etal": "et al.",
	"dotsc": "…", "dotsb": "…", "dotsi": "…", "dotso": "…", "colon": ":", "backslash": "\\", "ij": "ij", "IJ": "IJ",
	"textlnot": "¬", "textinterrobang": "‽", "textmho": "℧", "textesh": "ʃ", "textschwa": "ə", "textturna": "ɐ", "textbaht": "฿", "texthvlig": "ƕ",
	"arcsec": "″", "arcmin": "′", "deg": "°", "sun": "☉", "hbar": "ħ", "micron": "µm", "angstrom": "Å", "farcs": ".″", "farcm": ".′", "fdg": ".°",
	"nodata": "…", "lesssim": "≲", "gtrsim": "≳", "hfilneg": "", "newblock": " ",
}

// texAccents maps accent commands to combining characters.
var texAccents = map[string]string{
	"'": "\u0301", "`": "\u0300", "^": "\u0302", `"`: "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307", "c": "\u0327", "v": "\u030C",
	"u": "\u0306", "H": "\u030B", "k": "\u0328", "r": "\u030A", "d": "\u0323", "b": "\u0331", "t": "\u0361",
}
