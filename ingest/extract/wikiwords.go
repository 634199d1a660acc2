package extract

// wikiTag is an element of markup that the parser knows. What it does not know is text.
type wikiTag uint8

const (
	wNoTag wikiTag = iota
	wNowiki
	wPre
	wCode // syntaxhighlight and source
	wMath
	wChem
	wGone // an element that is dropped with its content
	wInline
	wBlock
	wBr
	wPoem
	wLi
	wTr
	wTd
	wTableTag
	wTagCount = 96 // the gone ones have numbers of their own, so that one without an end does not hide another
)

var wikiTagRaw, wikiTags = makeWikiTags()

func makeWikiTags() (raw [256]bool, tags map[string]wikiTag) {
	tags = map[string]wikiTag{"nowiki": wNowiki, "pre": wPre, "syntaxhighlight": wCode, "source": wCode, "math": wMath, "chem": wChem, "ce": wChem,
		"br": wBr, "poem": wPoem, "li": wLi, "dt": wLi, "tr": wTr, "td": wTd, "th": wTd, "table": wTableTag}
	for _, t := range []wikiTag{wNowiki, wPre, wCode, wMath, wChem} {
		raw[t] = true
	}
	for _, name := range []string{"p", "div", "blockquote", "center", "ul", "ol", "dl", "dd", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "caption", "tbody", "thead", "section"} {
		tags[name] = wBlock
	}
	for _, name := range []string{"b", "i", "u", "s", "em", "strong", "small", "big", "sub", "sup", "span", "font", "code", "tt", "kbd", "samp", "var", "cite", "q",
		"abbr", "dfn", "ins", "del", "strike", "ruby", "rb", "bdi", "bdo", "mark", "time", "wbr", "data", "a", "noinclude", "onlyinclude", "nowrap", "translate", "tvar"} {
		tags[name] = wInline
	}
	next := wTableTag + 1
	for _, name := range []string{"ref", "references", "gallery", "timeline", "score", "imagemap", "templatedata", "templatestyles", "hiero", "graph", "mapframe",
		"maplink", "categorytree", "inputbox", "indicator", "includeonly", "charinsert", "rt", "rp", "chart", "phonos", "style", "script"} {
		tags[name], raw[next] = next, true
		next++
	}
	return raw, tags
}

// wikiDo is how a template becomes text.
type wikiDo uint8

const (
	doText  wikiDo = iota // the text of the rule
	doArg                 // the n-th argument, else the one before; the rule's text stands before it
	doLast                // the last argument
	doLabel               // the argument that is the label, else the n-th, else the first
	doBlock               // lines of their own
	doJoin                // all arguments, with the rule's text between
	doConvert
	doVal
	doFraction
	doShip
	doNihongo
)

type wikiRule struct {
	do   wikiDo
	n    int
	text string
}

// wikiFamilies are templates by the beginning of their names.
var wikiFamilies = []struct {
	prefix string
	rule   wikiRule
}{
	{"lang-", wikiRule{do: doArg, n: 1}},
	{"link-", wikiRule{do: doArg, n: 1}},
	{"internal link helper/", wikiRule{do: doArg, n: 1}},
}

// wikiTemplates are the templates whose text belongs to the sentence they stand in, by their names in the big wikis.
var wikiTemplates = makeWikiTemplates()

func makeWikiTemplates() map[string]wikiRule {
	m := map[string]wikiRule{}
	set := func(r wikiRule, names ...string) {
		for _, n := range names {
			m[n] = r
		}
	}
	set(wikiRule{do: doArg, n: 1}, "nowrap", "nobr", "nobreak", "no break", "noitalic", "small", "smaller", "big", "larger", "resize", "sic", "abbr", "abbrev", "tooltip",
		"abbreviation", "mvar", "math", "var", "sub", "sup", "code", "mono", "monospace", "tt", "kbd", "samp", "em", "strong", "bold", "italic italics", "italic correction", "title", "visible anchor",
		"vanchor", "anchor text", "underline", "strikethrough", "smallcaps", "sc", "small caps", "aut", "color", "flag", "flagcountry", "flagu", "flaglink",
		"script", "unicode", "polytonic", "hebrew", "rtl-lang", "ipa chars", "chem2", "chem name", "circled", "nobold", "normal", "wikt-lang", "le", "lien", "enlace", "ruby",
		"ルビ", "linktext", "wiktionary-inline", "pre", "not a typo", "typo", "as written", "proper name", "date-", "ltr", "rtl", "bigger", "overline", "okina text", "ps", "r-text", "versalitas", "capitales", "petites capitales", "число", "nts", "num", "formatnum",
		"comma separated entries", "ill-wd", "italictitle", "legend inline", "fontcolor", "lr", "nobreakspace", "zp", "wrap", "bulleted", "definition", "gloss", "glossary link", "term", "defn", "lit", "lj", "mathcal", "vec", "overset", "uline", "mini", "kleiner", "textcolor", "keyboard key")
	set(wikiRule{do: doArg, n: 2}, "lang", "langue", "langx", "lang1", "lengua", "lingua", "línea", "color box text", "nativename", "native name", "colored text", "font color", "jct text", "xlang", "audio", "dead link text")
	set(wikiRule{do: doLast}, "transl", "transliteration", "transl.")
	set(wikiRule{do: doJoin, text: "+"}, "keypress", "key press", "keyb")
	set(wikiRule{do: doArg, n: 1, text: "⟨"}, "angbr", "angle bracket", "angbr ipa")
	set(wikiRule{do: doArg, n: 1}, "railgauge", "track gauge")
	set(wikiRule{do: doArg, n: 1, text: "vol. "}, "vol.")
	set(wikiRule{do: doLabel, n: 1}, "ill", "interlanguage link", "illm", "link-interwiki", "仮リンク", "interlanguage link multi", "iw", "ilm", "red link")
	set(wikiRule{do: doLabel, n: 2}, "нп3", "нп5", "нп4", "нп", "iw2", "не переведено", "не переведено 3", "не переведено 5", "li", "не перекладено")
	set(wikiRule{do: doLabel, n: 3}, "tsl", "translink", "ilh")
	set(wikiRule{do: doBlock, n: 1}, "quote", "blockquote", "cquote", "quotation", "bquote", "quote box", "quotebox", "rquote", "pull quote", "poemquote", "poem quote", "verse translation", "zitat", "cita", "cita destacada", "citazione", "citation bloc", "citação", "цитата", "引用", "quote frame", "citaat", "cytat", "اقتباس", "人用",
		"plainlist", "flatlist", "hlist text", "unbulleted text", "columns-list", "div col text", "block indent", "indent block", "center", "align center", "centered", "quote without source", "poem", "hidden text", "bi", "stack text", "multi-column list")
	set(wikiRule{do: doJoin, text: ", "}, "hlist", "unbulleted list", "ubl", "ublist", "cslist", "enum", "unbullet")
	set(wikiRule{do: doJoin}, "chem", "su", "nuclide text", "formule chimique", "fchim", "chimie")
	set(wikiRule{do: doJoin, text: " "}, "jpn text", "unité", "unidad", "m", "unitat", "einheit", "unità", "nb", "date", "date de naissance text", "nombre", "dateja", "siècle text")
	set(wikiRule{do: doConvert}, "convert", "cvt", "conv", "height", "weight text", "conversion", "converteren", "omrekenen", "単位", "convert/spell", "converter")
	set(wikiRule{do: doVal}, "val", "value")
	set(wikiRule{do: doFraction}, "frac", "sfrac", "fraction", "bruch", "frac2", "tfrac", "дробь", "分数", "fract")
	set(wikiRule{do: doNihongo}, "nihongo", "japonais", "nihongo2", "nihongo text", "nihongo core", "корейское письмо text")
	set(wikiRule{do: doArg, n: 1, text: "c. "}, "circa", "c.", "ca.", "c")
	set(wikiRule{do: doArg, n: 1, text: "As of "}, "as of")
	for name, sign := range map[string]string{"us$": "US$", "usd": "US$", "£": "£", "gbp": "£", "€": "€", "euro": "€", "eur": "€", "¥": "¥", "jpy": "¥", "cny": "¥", "inr": "₹", "₹": "₹", "rub": "₽", "a$": "A$", "aud": "A$", "c$": "C$", "cad": "C$", "krw": "₩", "chf": "CHF ", "php": "₱", "§": "§"} {
		set(wikiRule{do: doArg, n: 1, text: sign}, name)
	}
	for _, prefix := range []string{"USS", "HMS", "HMAS", "HMCS", "HMNZS", "SMS", "SS", "RMS", "MV", "MS", "USCGC", "INS", "ORP", "USNS", "USAT", "SM U-", "HNoMS", "HSwMS"} {
		set(wikiRule{do: doShip, text: prefix}, string(appendLower(nil, []byte(prefix))))
	}
	set(wikiRule{do: doShip}, "ship")
	for text, names := range map[string][]string{
		" – ": {"snd", "spnd", "spaced ndash", "spaced en dash", "sndash", "ndash spaced", "--", "spaced en dash space"}, "–": {"ndash", "en dash", "endash", "nsndns"},
		"—": {"mdash", "em dash", "emdash", "—"}, "'": {"'", "apostrophe", "`"}, "|": {"!", "pipe", "abs"}, "||": {"!!"}, "=": {"=", "equals", "eq"}, " · ": {"·", "dot", "middot", "•", "bullet", "bull", "w", "*"},
		" ":  {"nbsp", "space", "thinsp", "thin space", "hair space", "spaces", "sp", "espace", "0 space", "ensp", "emsp", "hsp", "px1", "nnbsp", "esp"},
		"{{": {"(("}, "}}": {"))"}, "\u2060": {"wj"}, "'s": {"'s"}, "′": {"prime"}, "″": {"pprime"}, "°": {"deg", "degree"}, "×": {"times", "x"}, "±": {"±"}, "−": {"minus", "−"}, "→": {"→", "rarr", "r-arrow"}, "₹": {"indian rupee", "rupee", "inr sign"},
		"✓": {"tick text", "check mark", "checked", "✓"}, "∎": {"qed"}, "π": {"pi"}, "½": {"1/2", "half"}, "¼": {"1/4"}, "¾": {"3/4"}, "№": {"№", "numero"}, "n°": {"n°", "numéro"}, "[": {"bracket", "("}, "]": {")"}, "ʻ": {"okina", "ʻ", "ʻokina"}, "ʼ": {"hamza text", "ʼ"}, "…": {"...", "ellipsis", "…", "dots", "(...)"},
		"BC": {"bc", "bce text"}, "AD": {"ad text"}, "Ier": {"ier", "1er text"}, "1er": {"1er"}, "1re": {"1re", "1ère"}, "M.": {"m."}, "Mme": {"mme"}, "Mlle": {"mlle"}, "Dr": {"dr"}, "Yes": {"yes", "yes2", "ya"}, "No": {"no", "no2"}, "N/A": {"n/a", "na"},
	} {
		set(wikiRule{do: doText, text: text}, names...)
	}
	return m
}

// wikiLocalTemplates are names that mean something else in one language.
var wikiLocalTemplates = map[string]map[string]wikiRule{
	"fr": {"citation": {do: doArg, n: 1, text: "« "}, "s": {do: doJoin}, "s-": {do: doJoin}, "siècle": {do: doJoin}, "-s": {do: doJoin}, "-s-": {do: doJoin}, "e": {do: doText, text: "e"}, "er": {do: doText, text: "er"},
		"re": {do: doText, text: "re"}, "exp": {do: doArg, n: 1}, "ind": {do: doArg, n: 1}, "heure": {do: doJoin, text: " h "}, "°c": {do: doText, text: " °C"}, "lang": {do: doArg, n: 2}, "no": {do: doText, text: "no"}, "date-": {do: doJoin, text: " "}},
	"de": {"\" ": {do: doBlock, n: 1}, "\"": {do: doBlock, n: 1}, "s": {do: doArg, n: 1, text: "S. "}, "frac": {do: doFraction}, "mark": {do: doArg, n: 1}, "nb": {do: doArg, n: 1}, "ens": {do: doArg, n: 1}, "frs": {do: doArg, n: 1}, "las": {do: doArg, n: 1}, "grcs": {do: doArg, n: 1}, "its": {do: doArg, n: 1}, "ess": {do: doArg, n: 1}, "rus": {do: doArg, n: 1}, "pls": {do: doArg, n: 1}, "zhs": {do: doArg, n: 1}, "ars": {do: doArg, n: 1}, "hes": {do: doArg, n: 1}, "nls": {do: doArg, n: 1}},
	"ja": {"読み仮名": {do: doJoin, text: "、"}, "読み仮名 ruby不使用": {do: doJoin, text: "、"}, "lang": {do: doArg, n: 2}, "補助漢字フォント": {do: doArg, n: 1}, "ruby": {do: doArg, n: 1}, "行内引用": {do: doArg, n: 1}},
	"ru": {"s": {do: doArg, n: 1}, "м": {do: doArg, n: 1}, "comment": {do: doArg, n: 1}, "год": {do: doArg, n: 1}, "цитата": {do: doBlock, n: 1}, "начало цитаты": {do: doText}, "конец цитаты": {do: doText}, "тир": {do: doText, text: " — "}},
	"zh": {"le": {do: doArg, n: 1}, "link": {do: doArg, n: 1}, "fact": {do: doText}, "bd": {do: doJoin, text: "－"}, "zy": {do: doText}, "ruby-py": {do: doArg, n: 1}, "僻字": {do: doArg, n: 1}, "nobr": {do: doArg, n: 1}},
	"it": {"m": {do: doJoin, text: " "}, "citazione": {do: doBlock, n: 1}, "nihongo": {do: doNihongo}},
	"es": {"esd": {do: doArg, n: 1}, "cita": {do: doBlock, n: 1}, "siglo": {do: doArg, n: 1}},
}

// wikiRanges are what stands between the numbers of a measure.
var wikiRanges = map[string]string{"to": " to ", "and": " and ", "or": " or ", "by": " by ", "x": " × ", "×": " × ", "*": " × ", "to(-)": "–", "-": "–", "–": "–", "+/-": " ± ", "±": " ± ", "+": " + ",
	"and(-)": " and ", "à": " à ", "bis": " bis ", ",": ", ", ", and": ", and ", "xx": " × "}

// wikiUnits are units whose sign is not what is shown.
var wikiUnits = map[string]string{"C": "°C", "F": "°F", "K": "K", "sqmi": "sq mi", "sqkm": "km²", "km2": "km²", "m2": "m²", "cm2": "cm²", "mm2": "mm²", "m3": "m³", "km3": "km³", "cm3": "cm³", "sqft": "sq ft", "cuft": "cu ft", "sqm": "m²",
	"acre": "acres", "lb": "lb", "kmh": "km/h", "km/h": "km/h", "kn": "knots", "ST": "short tons", "LT": "long tons", "t": "t", "usgal": "US gal", "impgal": "imp gal", "uL": "µL", "um": "µm", "in2": "sq in", "ft2": "sq ft", "ha": "ha", "nmi": "nmi", "ftin": "ft", "sqin": "sq in", "cuin": "cu in", "cuyd": "cu yd", "sqyd": "sq yd", "PD/sqkm": "inhabitants per km²", "PD/sqmi": "inhabitants per sq mi", "mpg": "mpg", "cc": "cc", "ppl/km2": "inhabitants per km²"}

// wikiVariants orders the variants of a written language by which is taken, each between spaces. The first script is the one most
// of its readers use; the choice is the same for every page.
var wikiVariants = map[string]string{
	"zh": " zh-cn  zh-hans  zh  zh-sg  zh-my  zh-hant  zh-tw  zh-hk  zh-mo ", "sr": " sr-ec  sr-cyrl  sr  sr-el  sr-latn ", "kk": " kk-kz  kk-cyrl  kk  kk-latn  kk-tr  kk-arab  kk-cn ",
	"tg": " tg  tg-cyrl  tg-latn ", "uz": " uz-latn  uz  uz-cyrl ", "ku": " ku-latn  ku  ku-arab ", "iu": " ike-cans  iu  ike-latn ", "shi": " shi-latn  shi  shi-tfng ", "crh": " crh-latn  crh  crh-cyrl ",
	"gan": " gan-hans  gan  gan-hant ", "wuu": " wuu-hans  wuu  wuu-hant ", "ban": " ban  ban-bali ", "sh": " sh-latn  sh  sh-cyrl ", "mni": " mni  mni-beng ", "tly": " tly  tly-cyrl ",
}

// wikiProjects are prefixes of links to sister projects and such that look like codes of languages.
var wikiProjects = map[string]bool{"mw": true, "wmf": true, "voy": true, "doi": true, "rfc": true, "rev": true, "gh": true, "bug": true, "phab": true, "pdb": true, "tmp": true}

// wikiDisambiguation are the templates of pages that only tell articles of one name apart.
var wikiDisambiguation = set("disambig", "disambiguation", "dab", "disam", "hndis", "geodis", "human name disambiguation", "place name disambiguation", "disambiguation cleanup", "hospital disambiguation", "school disambiguation", "mathdab", "airport disambiguation", "letter-number combination disambiguation", "number disambiguation", "callsigndis", "roaddis", "begriffsklärung", "bkl",
	"homonymie", "paronymie", "toponymie", "patronymie", "internationalisation", "desambiguación", "desambiguacion", "desambig", "desambiguação", "desambigua", "disambigua", "disambigua2", "неоднозначность", "disambig-ru", "многозначность", "список однофамильцев", "однофамильцы", "тёзки", "фамилия", "曖昧さ回避", "aimai", "人名の曖昧さ回避", "地名の曖昧さ回避",
	"消歧义", "消歧義", "人名消歧义", "人名消歧義", "地名消歧义", "地名消歧義", "disambig-cat", "2cjkdisambig", "letter-ncc", "dp", "dpintro", "ujednoznacznienie", "strona ujednoznaczniająca", "توضيح", "صفحة توضيح", "багатозначність", "đối nghĩa", "trang định hướng", "동음이의", "동음이의어 문서", "anlam ayrımı", "adlandırma", "rozcestník", "förgrening", "gren", "flertydig", "peker", "täsmennyssivu", "egyért", "dezambiguizare", "ابهام\u200cزدایی", "פירוש נוסף", "פירושונים", "desambiguació", "disambigo", "apartigilo", "klarigo", "argipen")

// wikiElsewhere are headings, in lower case, of sections that hold no text of the article but point elsewhere.
var wikiElsewhere = set(
	"see also", "references", "external links", "further reading", "notes", "footnotes", "notes and references", "references and notes", "sources", "citations", "bibliography", "works cited", "external link", "reference", "notes and citations", "general references", "general and cited references", "cited references", "cited sources", "literature", "source", "explanatory notes", "gallery", "weblinks", "links",
	"siehe auch", "einzelnachweise", "literatur", "weblinks", "quellen", "anmerkungen", "fußnoten", "belege", "einzelbelege", "anmerkungen und einzelnachweise", "literatur und quellen", "galerie", "nachweise", "quellen und literatur",
	"voir aussi", "références", "notes et références", "liens externes", "bibliographie", "articles connexes", "annexes", "lien externe", "notes", "article connexe", "liens internes", "sources", "galerie", "lectures complémentaires", "références et notes", "notes et sources",
	"véase también", "referencias", "enlaces externos", "bibliografía", "notas", "notas y referencias", "fuentes", "lectura adicional", "referencias y notas", "galería", "galería de imágenes", "vease también", "enlace externo",
	"voci correlate", "note", "collegamenti esterni", "altri progetti", "bibliografia", "riferimenti", "fonti", "annotazioni", "galleria d'immagini",
	"ver também", "referências", "ligações externas", "bibliografia", "notas e referências", "leitura adicional", "referências e notas", "ligação externa", "notas", "fontes", "galeria",
	"см. также", "примечания", "литература", "ссылки", "источники", "сноски", "библиография", "галерея", "комментарии", "смотри также", "внешние ссылки", "использованная литература",
	"関連項目", "脚注", "参考文献", "外部リンク", "出典", "注釈", "注釈・出典", "出典・脚注", "参照", "関連書籍", "注", "関連文献", "ギャラリー", "脚注・出典",
	"参见", "參見", "参考文献", "參考文獻", "外部链接", "外部連結", "参考资料", "參考資料", "注释", "註釋", "注释与参考文献", "相关条目", "相關條目", "外部链結", "参考来源", "參考來源", "扩展阅读", "延伸閱讀", "延伸阅读", "脚注", "腳註", "注脚", "備註", "备注", "资料来源", "資料來源", "引用", "图库", "圖庫", "参看", "參看", "另见", "另見", "註解", "注解",
	"zie ook", "referenties", "externe links", "externe link", "bronnen", "noten", "literatuur", "voetnoten", "bronnen, noten en/of referenties", "bron", "externe koppelingen", "galerij", "bronvermelding",
	"zobacz też", "przypisy", "linki zewnętrzne", "bibliografia", "uwagi", "literatura", "galeria", "źródła", "link zewnętrzny",
	"انظر أيضا", "انظر أيضًا", "انظر ايضا", "مراجع", "المراجع", "وصلات خارجية", "روابط خارجية", "مصادر", "المصادر", "هوامش", "ملاحظات", "معرض صور", "طالع أيضا",
	"див. також", "примітки", "джерела", "посилання", "література", "виноски", "галерея",
	"se även", "referenser", "externa länkar", "källor", "noter", "vidare läsning", "litteratur", "xem thêm", "tham khảo", "liên kết ngoài", "chú thích", "ghi chú", "같이 보기", "각주", "외부 링크", "참고 문헌", "주석", "참고문헌", "갤러리",
	"ayrıca bakınız", "kaynakça", "dış bağlantılar", "kaynaklar", "notlar", "lihat pula", "referensi", "pranala luar", "catatan kaki", "daftar pustaka", "catatan", "bacaan lanjutan", "související články", "reference", "externí odkazy", "poznámky", "odkazy", "literatura", "kapcsolódó szócikkek", "jegyzetek", "további információk", "források", "irodalom",
	"katso myös", "lähteet", "aiheesta muualla", "kirjallisuutta", "viitteet", "vezi și", "note", "legături externe", "bibliografie", "referințe", "جستارهای وابسته", "منابع", "پیوند به بیرون", "پانویس", "یادداشت\u200cها", "ראו גם", "קישורים חיצוניים", "הערות שוליים", "לקריאה נוספת", "vegeu també", "referències", "enllaços externs", "notes i referències", "bibliografia", "se også", "referanser", "eksterne lenker", "referencer", "eksterne henvisninger", "kilder", "इन्हें भी देखें", "सन्दर्भ", "बाहरी कड़ियाँ", "δείτε επίσης", "παραπομπές", "εξωτερικοί σύνδεσμοι", "πηγές", "βιβλιογραφία", "вижте също", "източници", "външни препратки", "бележки", "ดูเพิ่ม", "อ้างอิง", "แหล่งข้อมูลอื่น")

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}
