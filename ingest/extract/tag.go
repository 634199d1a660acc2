package extract

// tag is an element's name.
type tag uint8

const (
	tNone tag = iota // not an element: text
	tHtml
	tHead
	tBody
	tTitle
	tMeta
	tLink
	tBase
	tScript
	tStyle
	tNoscript
	tTemplate
	tIframe
	tTextarea
	tXmp
	tNoembed
	tNoframes
	tSvg
	tMath
	tDiv
	tP
	tArticle
	tMain
	tSection
	tAside
	tNav
	tHeader
	tFooter
	tForm
	tFieldset
	tFigure
	tFigcaption
	tUl
	tOl
	tLi
	tDl
	tDt
	tDd
	tTable
	tThead
	tTbody
	tTfoot
	tTr
	tTd
	tTh
	tCaption
	tH1
	tH2
	tH3
	tH4
	tH5
	tH6
	tBlockquote
	tPre
	tListing
	tHr
	tBr
	tAddress
	tDetails
	tSummary
	tDialog
	tMenu
	tCenter
	tHgroup
	tA
	tSpan
	tB
	tI
	tEm
	tStrong
	tTime
	tButton
	tSelect
	tOption
	tOptgroup
	tInput
	tImg
	tArea
	tCol
	tEmbed
	tSource
	tTrack
	tWbr
	tParam
	tObject
	tVideo
	tAudio
	tCanvas
	tMap
	tLegend
	tFrame
	tKeygen
	tDatalist
	tRp
	tRt
	tRb
	tDir
	tSearch
	tPlaintext
	tFrameset
	tColgroup
	tApplet
	tMarquee
	tBasefont
	tBgsound
	tU
	tS
	tStrike
	tSmall
	tBig
	tFont
	tCode
	tTt
	tNobr
	tKbd
	tSamp
	tVar
	tSub
	tSup
	tCite
	tQ
	tAbbr
	tAcronym
	tDfn
	tIns
	tDel
	tMark
	tLabel
	tBdi
	tBdo
	tRuby
	tUnknown // any other: inline, without a rule of its own. All tags from here on are unknown; each stands for some names
)

// unknownTags is how many tags the unknown names share, by a hash: enough for <x></y> to be seen as two elements.
const unknownTags = 256 - int(tUnknown)

var tagNames = [tUnknown]string{
	tHtml: "html", tHead: "head", tBody: "body", tTitle: "title", tMeta: "meta", tLink: "link", tBase: "base",
	tScript: "script", tStyle: "style", tNoscript: "noscript", tTemplate: "template", tIframe: "iframe",
	tTextarea: "textarea", tXmp: "xmp", tNoembed: "noembed", tNoframes: "noframes", tSvg: "svg", tMath: "math",
	tDiv: "div", tP: "p", tArticle: "article", tMain: "main", tSection: "section", tAside: "aside", tNav: "nav",
	tHeader: "header", tFooter: "footer", tForm: "form", tFieldset: "fieldset", tFigure: "figure",
	tFigcaption: "figcaption", tUl: "ul", tOl: "ol", tLi: "li", tDl: "dl", tDt: "dt", tDd: "dd", tTable: "table",
	tThead: "thead", tTbody: "tbody", tTfoot: "tfoot", tTr: "tr", tTd: "td", tTh: "th", tCaption: "caption",
	tH1: "h1", tH2: "h2", tH3: "h3", tH4: "h4", tH5: "h5", tH6: "h6", tBlockquote: "blockquote", tPre: "pre",
	tListing: "listing", tHr: "hr", tBr: "br", tAddress: "address", tDetails: "details", tSummary: "summary",
	tDialog: "dialog", tMenu: "menu", tCenter: "center", tHgroup: "hgroup", tA: "a", tSpan: "span", tB: "b", tI: "i",
	tEm: "em", tStrong: "strong", tTime: "time", tButton: "button", tSelect: "select", tOption: "option",
	tOptgroup: "optgroup", tInput: "input", tImg: "img", tArea: "area", tCol: "col", tEmbed: "embed",
	tSource: "source", tTrack: "track", tWbr: "wbr", tParam: "param", tObject: "object", tVideo: "video",
	tAudio: "audio", tCanvas: "canvas", tMap: "map", tLegend: "legend", tFrame: "frame", tKeygen: "keygen",
	tDatalist: "datalist", tRp: "rp", tRt: "rt", tRb: "rb", tDir: "dir", tSearch: "search", tPlaintext: "plaintext",
	tFrameset: "frameset", tColgroup: "colgroup", tApplet: "applet", tMarquee: "marquee", tBasefont: "basefont",
	tBgsound: "bgsound", tU: "u", tS: "s", tStrike: "strike", tSmall: "small", tBig: "big", tFont: "font", tCode: "code", tTt: "tt",
	tNobr: "nobr", tKbd: "kbd", tSamp: "samp", tVar: "var", tSub: "sub", tSup: "sup", tCite: "cite", tQ: "q", tAbbr: "abbr",
	tAcronym: "acronym", tDfn: "dfn", tIns: "ins", tDel: "del", tMark: "mark", tLabel: "label", tBdi: "bdi", tBdo: "bdo",
	tRuby: "ruby",
}

const (
	fVoid        = 1 << iota // has no content
	fRaw                     // its content is not markup
	fForeign                 // its content is not HTML
	fBlock                   // begins and ends a block
	fCloseP                  // its start tag closes an open <p>
	fInline                  // everything that is not a block
	fDrop                    // its whole subtree is never text of the page
	fHead                    // may stand in <head>
	fAttrs                   // its attributes are read
	fNamed                   // a container, whose id is the author's word for what it holds
	fHolder                  // may hold the main text
	fPhrase                  // needs a node only where its attributes tell something
	fMisnest                 // its end tag reaches it through blocks, which stay open
	fPart                    // a table or a part of one
	fCell                    // decides whether text below it is a cell of a data table
	fShelf                   // holds items or is one: what is weighed is the box that it stands in
	fScope                   // these six stop what an end tag reaches: the standard's scope,
	fButtonScope             // button scope,
	fListScope               // list item scope,
	fTableScope              // table scope,
	fSpecial                 // special category,
	fItemStop                // and what a new list item looks for an open one through
)

var tagFlags = makeTagFlags()

func makeTagFlags() (flags [256]uint32) {
	set := func(f uint32, tags ...tag) {
		for _, t := range tags {
			flags[t] |= f
		}
	}
	set(fVoid, tMeta, tLink, tBase, tBasefont, tBgsound, tHr, tBr, tInput, tImg, tArea, tCol, tEmbed, tSource, tTrack, tWbr, tParam, tFrame, tKeygen)
	set(fRaw, tScript, tStyle, tNoscript, tIframe, tTextarea, tXmp, tNoembed, tNoframes, tTitle)
	set(fForeign, tSvg, tMath)
	set(fBlock|fCloseP, tDiv, tP, tArticle, tMain, tSection, tAside, tNav, tHeader, tFooter, tForm, tFieldset, tFigure,
		tFigcaption, tUl, tOl, tLi, tDl, tDt, tDd, tTable, tH1, tH2, tH3, tH4, tH5, tH6, tBlockquote, tPre, tListing, tHr,
		tAddress, tDetails, tSummary, tDialog, tMenu, tCenter, tHgroup, tDir, tSearch, tXmp, tPlaintext)
	set(fBlock, tHtml, tHead, tBody, tThead, tTbody, tTfoot, tTr, tTd, tTh, tCaption, tOption, tOptgroup, tSelect, tButton,
		tLegend, tTemplate)
	set(fNamed, tBody, tDiv, tArticle, tMain, tAside, tNav, tHeader, tFooter, tForm, tFigure, tUl, tOl, tTable, tTd, tMenu, tSpan)
	set(fHead, tHead, tTitle, tMeta, tLink, tBase, tBasefont, tBgsound, tScript, tStyle, tNoscript, tTemplate, tHtml)
	set(fDrop, tTemplate, tSelect, tButton, tOption, tDatalist, tObject, tVideo, tAudio, tCanvas, tMap, tDialog, tRp, tRt)
	set(fMisnest, tA, tB, tBig, tCode, tEm, tFont, tI, tNobr, tS, tSmall, tStrike, tStrong, tTt, tU, tForm)
	set(fPhrase, tA, tSpan, tTime)
	for t := tU; t < tUnknown; t++ {
		flags[t] |= fPhrase | fNamed
	}
	setScopes(set)
	for t := tUnknown; t != tNone; t++ {
		flags[t] |= fNamed | fAttrs | fHolder
	}
	for t := range flags {
		if flags[t]&fBlock == 0 {
			flags[t] |= fInline
		} else {
			flags[t] |= fAttrs
		}
		if flags[t]&fBlock != 0 && flags[t]&fVoid == 0 {
			flags[t] |= fHolder
		}
		if flags[t]&fPhrase != 0 {
			flags[t] |= fAttrs
		}
	}
	set(fPhrase, tB, tI, tEm, tStrong)
	set(fHolder, tSpan)
	set(fAttrs, tScript, tMeta, tLink, tMath, tImg)
	return flags
}

// setScopes sets what the standard says about how far an end tag reaches ("has an element in scope", "special").
func setScopes(set func(f uint32, tags ...tag)) {
	set(fScope|fButtonScope|fListScope, tApplet, tCaption, tHtml, tTable, tTd, tTh, tMarquee, tObject, tTemplate)
	set(fButtonScope, tButton)
	set(fListScope, tOl, tUl)
	set(fTableScope, tHtml, tTable, tTemplate)
	set(fCell, tTd, tTh, tTable, tLi, tCaption)
	set(fShelf, tUl, tOl, tDl, tLi, tTr, tTbody, tThead, tTable, tTd, tBlockquote, tP)
	set(fPart, tTable, tTd, tTh, tCaption, tColgroup, tTr, tTbody, tThead, tTfoot)
	set(fSpecial, tAddress, tDiv, tP)
	set(fSpecial|fItemStop, tApplet, tArticle, tAside, tBlockquote, tBody, tButton, tCaption, tCenter, tColgroup, tDd, tDetails,
		tDir, tDl, tDt, tFieldset, tFigcaption, tFigure, tFooter, tForm, tFrameset, tH1, tH2, tH3, tH4, tH5, tH6, tHead, tHeader,
		tHgroup, tHtml, tLi, tListing, tMain, tMarquee, tMenu, tNav, tObject, tOl, tPlaintext, tPre, tSearch, tSection, tSelect,
		tSummary, tTable, tTbody, tTd, tTemplate, tTfoot, tTh, tThead, tTr, tUl, tXmp)
}

// The table of tag names is a small open hash of their packed first eight bytes; the length tells apart the rest.
const tagBits = 10

type tagSlot struct {
	key uint64
	len uint8
	tag tag
}

var tagTable = makeTagTable()

func makeTagTable() (table [1 << tagBits]tagSlot) {
	add := func(name string, t tag) {
		key := packName(name)
		h := tagHash(key)
		for table[h].tag != tNone {
			h = (h + 1) % (1 << tagBits)
		}
		table[h] = tagSlot{key, uint8(len(name)), t}
	}
	for t, name := range tagNames {
		if name != "" {
			add(name, tag(t))
		}
	}
	add("image", tImg)
	return table
}

func tagHash(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> (64 - tagBits) }

func packName(s string) uint64 {
	var key uint64
	for i := 0; i < len(s) && i < 8; i++ {
		key |= uint64(s[i]) << (8 * uint(i))
	}
	return key
}

func tagOf(key uint64, size int) tag {
	for h := tagHash(key); ; h = (h + 1) % (1 << tagBits) {
		e := &tagTable[h]
		if e.tag == tNone {
			return tUnknown + tag(uint64(h)*uint64(unknownTags)>>tagBits)
		}
		if e.key == key && int(e.len) == size {
			return e.tag
		}
	}
}

// Classes of bytes.
const (
	cSpace   = 1 << iota
	cAlpha   // ASCII letter
	cDigit   // ASCII digit
	cSent    // ends a sentence: . ! ?
	cEndName // ends a tag's name
	cEndAttr // ends an attribute's name
	cLower   // lower-case ASCII letter
	cEntity  // begins or may hide white space or a character to decode: '&', 0xC2
)

var bclass, lower = makeByteClasses()

func makeByteClasses() (class [256]uint8, low [256]byte) {
	for i := range 256 {
		c := byte(i)
		low[i] = c
		switch {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f':
			class[i] = cSpace | cEndName | cEndAttr
		case c >= 'A' && c <= 'Z':
			class[i] = cAlpha
			low[i] = c + 'a' - 'A'
		case c >= 'a' && c <= 'z':
			class[i] = cAlpha | cLower
		case c >= '0' && c <= '9':
			class[i] = cDigit
		case c == '.' || c == '!' || c == '?':
			class[i] = cSent
		case c == '>' || c == '/':
			class[i] = cEndName | cEndAttr
		case c == '=':
			class[i] = cEndAttr
		case c == '&' || c == 0xC2:
			class[i] = cEntity
		}
	}
	return class, low
}
