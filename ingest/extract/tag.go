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
	tUnknown // any other: inline, without a rule of its own
	tagCount
)

var tagNames = [tagCount]string{
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
	tDatalist: "datalist", tRp: "rp", tRt: "rt",
}

const (
	fVoid   = 1 << iota // has no content
	fRaw                // its content is not markup
	fBlock              // begins and ends a block
	fCloseP             // its start tag closes an open <p>
	fInline             // everything that is not a block
	fDrop               // its whole subtree is never text of the page
	fHead               // may stand in <head>
	fScope              // a table part: an end tag of something else does not reach through it
	fAttrs              // its attributes are read
	fNamed              // a container, whose id is the author's word for what it holds
)

var tagFlags = makeTagFlags()

func makeTagFlags() (flags [256]uint16) {
	set := func(f uint16, tags ...tag) {
		for _, t := range tags {
			flags[t] |= f
		}
	}
	set(fVoid, tMeta, tLink, tBase, tHr, tBr, tInput, tImg, tArea, tCol, tEmbed, tSource, tTrack, tWbr, tParam, tFrame, tKeygen)
	set(fRaw, tScript, tStyle, tNoscript, tIframe, tTextarea, tXmp, tNoembed, tNoframes, tTitle, tSvg, tMath)
	set(fBlock|fCloseP, tDiv, tP, tArticle, tMain, tSection, tAside, tNav, tHeader, tFooter, tForm, tFieldset, tFigure,
		tFigcaption, tUl, tOl, tLi, tDl, tDt, tDd, tTable, tH1, tH2, tH3, tH4, tH5, tH6, tBlockquote, tPre, tListing, tHr,
		tAddress, tDetails, tSummary, tDialog, tMenu, tCenter, tHgroup)
	set(fBlock, tHtml, tHead, tBody, tThead, tTbody, tTfoot, tTr, tTd, tTh, tCaption, tOption, tOptgroup, tSelect, tButton,
		tLegend, tTemplate)
	set(fNamed, tBody, tDiv, tArticle, tMain, tAside, tNav, tHeader, tFooter, tForm, tFigure, tUl, tOl, tTable, tTd, tMenu, tSpan,
		tUnknown)
	set(fHead, tHead, tTitle, tMeta, tLink, tBase, tScript, tStyle, tNoscript, tTemplate, tHtml)
	set(fScope, tTable, tTd, tTh, tCaption, tTr, tTbody, tThead, tTfoot)
	set(fDrop, tTemplate, tSelect, tButton, tOption, tDatalist, tObject, tVideo, tAudio, tCanvas, tMap, tDialog, tRp, tRt)
	for t := tNone; t < tagCount; t++ {
		if flags[t]&fBlock == 0 {
			flags[t] |= fInline
		} else {
			flags[t] |= fAttrs
		}
	}
	set(fAttrs, tSpan, tScript, tA, tMeta, tLink, tTime, tMath, tImg, tUnknown)
	return flags
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
	for t, name := range tagNames {
		if name == "" {
			continue
		}
		key := packName(name)
		h := tagHash(key)
		for table[h].tag != tNone {
			h = (h + 1) % (1 << tagBits)
		}
		table[h] = tagSlot{key, uint8(len(name)), tag(t)}
	}
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
			return tUnknown
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
