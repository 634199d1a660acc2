package extract

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/encoding/htmlindex"
)

// A guess is a character set together with the characters that text in it is mostly made of, in one language.
type guess struct {
	charset  string
	frequent string  // the most frequent non-ASCII characters of the language
	alphabet string  // all its other letters; both stand for their capitals, too
	share    float64 // of the non-ASCII characters of ordinary text, how many are among the frequent ones
	words    string  // frequent words of the language that are ASCII
}

// Of two equal scores the first wins, so that a set stands before those that differ from it in rare signs only. The letters are those of
// the languages' alphabets and of tables of their frequency; the shares are rounded from the texts of the Universal Declaration of
// Human Rights.
var (
	latinGuesses = []guess{ // letters alone between ASCII ones: é, ß, ł
		{"windows-1252", "éèêàâçùûôîïëœæüÿ", "", 1, french},
		{"windows-1252", "äöüßé", "", 1, german},
		{"windows-1252", "áéíóúñü¿¡ªº", "", 1, spanish},
		{"windows-1252", "áéíóúâêôãõçàüªº", "", 1, portuguese},
		{"windows-1252", "àèéìòùóî", "", 1, italian},
		{"windows-1252", "åäöøæéüàô", "", 1, nordic},
		{"windows-1252", "áéíóúýðþæöø", "", 1, icelandic},
		{"windows-1252", "ëéèïöüçêóá", "", 1, dutch},
		{"windows-1252", "àèéíïòóúüç", "", 1, catalan},
		{"windows-1252", "äõöüšž", "", 1, estonian},
		{"windows-1252", "áéíóúàèìòùâêîôûŵŷ", "", 1, celtic},
		{"windows-1250", "ąćęłńóśźż", "", 1, polish},
		{"windows-1250", "áčďéěíňóřšťúůýž", "", 1, czech},
		{"windows-1250", "áäčďéíĺľňóôŕšťúýž", "", 1, slovak},
		{"windows-1250", "áéíóöőúüű", "", 1, hungarian},
		{"windows-1250", "čćđšž", "", 1, southSlavic},
		{"windows-1250", "ăâîşţ", "", 1, romanian},
		{"windows-1252", "éèàçùâêîôûëïœüöäßñáíóúåæøãõýðþì", "", mixed, ""},
		{"windows-1250", "ąćęłńóśźżáčďéěíňřšťúůýžäĺľôŕöőüűâîşţăđ", "", mixed, ""},
		{"windows-1254", "çğıöşüâîûİ", "", 1, turkish},
		{"windows-1257", "ąčęėįšųūž", "", 1, lithuanian},
		{"windows-1257", "āčēģīķļņšūž", "", 1, latvian},
		{"windows-1257", "äõöüšž", "", 1, estonian},
		{"windows-1258", "đăâêôơưàáèéìíòóùúýãõ\u0300\u0301\u0303\u0309\u0323", "", 1, vietnamese},
		{"iso-8859-2", "ąćęłńóśźż", "", 1, polish},
		{"iso-8859-2", "áčďéěíňóřšťúůýž", "", 1, czech},
		{"iso-8859-2", "áäčďéíĺľňóôŕšťúýž", "", 1, slovak},
		{"iso-8859-2", "čćđšž", "", 1, southSlavic},
		{"iso-8859-2", "ăâîşţ", "", 1, romanian},
		{"iso-8859-2", "ąćęłńóśźżáčďéěíňřšťúůýžäĺľôŕöőüűâîşţăđ", "", mixed, ""},
		{"iso-8859-16", "ăâîșț", "", 1, romanian},
		{"iso-8859-3", "ĉĝĥĵŝŭ", "", 1, esperanto},
		{"iso-8859-3", "ċġħżàèìòù", "", 1, maltese},
		{"iso-8859-4", "āčēģīķļņšūž", "", 1, latvian},
		{"iso-8859-4", "ąčęėįšųūž", "", 1, lithuanian},
		{"iso-8859-10", "áâčđŋšŧžäöå", "", 1, ""},
		{"iso-8859-14", "áéíóúàèìòùâêîôûŵŷ", "", 1, celtic},
	}

	alphabetGuesses = []guess{ // letters in runs as long as words
		{"windows-1251", "оеаинтсрвл", cyrillic, 0.62, ""},
		{"windows-1251", "оанивітерс", cyrillic + "іїєґ", 0.62, ""},
		{"windows-1251", "аоеинтрсвј", cyrillic + "ђјљњћџѓќѕ", 0.61, ""},
		{"windows-1251", "аінеорысцк", cyrillic + "іў", 0.62, ""},
		{"koi8-r", "оеаинтсрвл", cyrillic, 0.62, ""},
		{"koi8-u", "оанивітерс", cyrillic + "іїєґ", 0.62, ""},
		{"koi8-u", "оеаинтсрвл", cyrillic + "іїєґ", 0.62, ""},
		{"iso-8859-5", "оеаинтсрвл", cyrillic, 0.62, ""},
		{"iso-8859-5", "аоеинтрсвј", cyrillic + "ђјљњћџѓќѕ", 0.61, ""},
		{"iso-8859-5", "оанивітерс", cyrillic + "іїє", 0.62, ""},
		{"ibm866", "оеаинтсрвл", cyrillic, 0.62, ""},
		{"x-mac-cyrillic", "оеаинтсрвл", cyrillic + "№", 0.624, ""},
		{"windows-1253", "αοιετσνηυρκς", greek, 0.68, ""},
		{"iso-8859-7", "αοιετσνηυρκς", greek, 0.68, ""},
		{"windows-1255", "יוהלאתרמבנ", hebrew, 0.68, ""},
		{"windows-1256", "اليمونرتبة", arabic, 0.68, ""},
		{"iso-8859-6", "اليمونرتبة", arabic, 0.68, ""},
		{"windows-874", "านรอกเงมยลวดทสตะ่้", thai, 0.75, ""},
	}

	doubleGuesses = []guess{
		{"gb18030", simplified, "", 0.40, ""},
		{"big5", traditional, "", 0.40, ""},
		{"shift_jis", kana, "", 0.45, ""},
		{"euc-jp", kana, "", 0.45, ""},
		{"euc-kr", hangul, "", 0.36, ""},
	}
)

// Words that are ASCII and frequent. A sentence may hold two letters that are not, which would do for many languages.
const (
	french      = "le la les de des du et en un une est que qui dans pour pas sur plus au par avec ce il elle sont ou"
	german      = "der die das und ist in den von zu mit sich des auf ein eine nicht im dem als auch es an werden aus er hat dass bei"
	spanish     = "de la que el en los se del las un por con no una su para es al lo como sus le ha me si sin sobre este entre cuando todo esta ser son dos era muy hasta desde mi"
	portuguese  = "de que do da em um para com uma os no se na por mais as dos como mas foi ao ele das tem seu sua ou ser quando muito nos eu isso ela entre era depois sem mesmo"
	italian     = "di che la il un per non una in sono mi ho lo ha le si ma con cosa se da come io ci questo qui bene del della nel alla dei gli anche dal delle nella"
	nordic      = "og det att som en er den till av ett har med var han hun ikke inte kan de vi om ja ei on mutta oli se jos kun niin mit fra blev skal vil der til jeg mig for men efter vid"
	icelandic   = "og er um sem var hann hefur ekki fyrir eru hafa en vera af til hennar hans svo eftir sagt"
	dutch       = "de het een van en in is dat op te zijn met voor niet aan er om ook als bij maar nog uit wordt door naar werd deze dit heeft dhe se nuk me per nga ka do"
	catalan     = "de la que el en els les un per amb una del no es al com ha dels va seva aquest aquesta han seu pels fer ser tot ens hi"
	estonian    = "ja on ei et see oli ning kui ka aga mis kes oma seda tema ta selle ole mida nii veel juba siis ma mul"
	celtic      = "agus na an ar go le is do sa ag ach mar bhi nach sin gur yn ac yr mae wedi oedd ei gan fod"
	polish      = "nie na do jest to jak ale po co tak za od go czy przez dla ma przy oraz tylko jego ich tego jako roku pod tym bez jednak nad gdy"
	czech       = "na je se to za do pro jako jsem ale by jeho od po jsou nebo tak bylo byl ve ze jen aby roku podle pak co si tom ani nad jak"
	slovak      = "na je sa to za do pre ako som ale by jeho od po alebo tak bolo bol vo zo len aby roku pri aj ktor sme tom si ani nad ich ktorej"
	hungarian   = "az egy nem hogy is van meg ez ha de mint csak el kell volt azt sem lesz mert fel ezt ezek magyar amely pedig minden volna ki be le majd"
	southSlavic = "je na se da za od su iz ali kao koji koja ne bi to ili samo do nakon po kako prema sa biti pri in so ki ga pa tudi bo sem bil ter ni ob ima jo kot svoje"
	romanian    = "de la din pe cu care nu un mai au fost este ce sau dar prin sunt lui cel ca al ai ale pentru se spre sub fi acest dintre iar"
	turkish     = "bir ve bu da de ile olarak daha en ne gibi kadar var sonra olan ama ki her mi biz ben sen nin yok diye ise iki bana onun"
	lithuanian  = "ir kad yra bet tai kaip su iki buvo jis ne per nuo dar apie bus po tik jau arba jos jo metu pagal savo gali prie"
	latvian     = "un ir no ar par ka uz kas tas bet gan lai jau vai pie pret bija to nav tiek kad tika savu gada kuri tikai es mums"
	vietnamese  = "cho trong khi ra anh em theo con hai sau sinh qua hay trung chi cao tin thu nay thi ai gia nam tham cung sao tay ngay nhau nhi xem vui quan dung tinh quy lao"
	esperanto   = "la de kaj en al estas ne kiu por oni mi li sed pri el ke tio kun estis havas plej pli"
	maltese     = "li ta tal fuq minn mill fil biex hija din dan kien dawn bil jew hemm kull meta"
)

// mixed is the share of guesses for pages in several languages, which yield to those for one.
const mixed = 1.1

const (
	cyrillic = "абвгдежзийклмнопрстуфхцчшщъыьэюяё"
	greek    = "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ"
	hebrew   = "אבגדהוזחטיךכלםמןנסעףפץצקרשת\u05b0\u05b1\u05b2\u05b3\u05b4\u05b5\u05b6\u05b7\u05b8\u05b9\u05bb\u05bc\u05c1\u05c2־"
	arabic   = "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگـ،؛؟\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652"
	thai     = "กขฃคฅฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรฤลฦวศษสหฬอฮฯะ\u0e31าำ\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39\u0e3aเแโใไๅๆ\u0e47\u0e48\u0e49\u0e4a\u0e4b\u0e4c\u0e4d"
)

const (
	simplified = "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已从动两长知民样现分将外但身些与高意进把法此实回二理点月明其种全工己者向情部正名定问力机给等几很业最间新什位因重被电第相次政使教平世信关并内加化由代军产入先水市体别处总场员性通目报立数件安表原应路期提更反合放系计或司利受界及务制解各任物记共接它特直建统字认论义科元社术结指思每管资条院变权展领传治保达办运完区即求品量技程告式识收取设版商容改议形委际则首单据导网专组视"

	traditional = "的一是不了在人有我他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可裡後小麼心多天而能好都然沒日於起還發成事只作當想看文無開手十用主行方又如前所本見經頭面公同三已從動兩長知民樣現分將外但身些與高意進把法此實回二理點月明其種全工己者向情部正名定問力機給等幾很業最間新什位因重被電第相次政使教平世信關並內加化由代軍產入先水市體別處總場員性通目報立數件安表原應路期提更反合放系計或司利受界及務制解各任物記共接它特直建統字認論義科元社術結指思每管資條院變權展領傳治保達辦運完區即求品量技程告式識收取設版商容改議形委際則首單據導網專組視"

	kana = "いうかがきくけこさしすせそただちっつてでとどなにねのはばひまみむめもやゆよらりるれろわをんアイクシスタッテトドフプマムメラリルレロンー"

	hangul = "이다는의을에가고를하한은로지사기그인자어서도나리대들으여있것과해시수아일라만정부적제전스보주게장었면했상동구원조거국성공러비무선유연오신실생위경세되관모안때건개말방계회우중소"
)

// neutral are signs that tell nothing of a language.
const neutral = "\u00a0\u00ad©®°·§«»“”‘’‚„–—…•™№、。，：；！？（）「」《》・"

// runeSet is a set of characters of the basic plane.
type runeSet [1024]uint64

func (s *runeSet) add(r rune) {
	if r >= 0x80 && r <= 0xffff {
		s[r>>6] |= 1 << (r & 63)
	}
}

func (s *runeSet) has(r rune) bool { return r >= 0 && r <= 0xffff && s[r>>6]>>(r&63)&1 == 1 }

// outer are the neutral signs that never stand within a word, as apostrophes do.
const outer = "©®°§«»“”‚„…•™№"

// weights are what each byte above 0x7F is worth to a guess of a single-byte set: 1 for a frequent letter, 0 for another letter of the
// alphabet, -1 for what is none; neutral signs are not counted.
type weights struct {
	guess
	worth   [128]int8
	neutral [128]bool
	outer   [128]bool // of the neutral, those that never stand within a word
}

// worthOf makes the weights of all guesses, once.
func worthOf(all []guess) func() []weights {
	return sync.OnceValue(func() []weights {
		out := make([]weights, len(all))
		for i, g := range all {
			out[i].guess = g
			table := singleByte(g.charset)
			for b := range 128 {
				out[i].worth[b], out[i].neutral[b] = g.worth(table.runes[b])
				out[i].outer[b] = out[i].neutral[b] && strings.ContainsRune(outer, table.runes[b])
			}
		}
		return out
	})
}

func (g guess) worth(r rune) (worth int8, isNeutral bool) {
	words := g.share < 1 // of letters in runs, among which signs are few whatever the set
	for _, n := range neutral {
		if r == n {
			return 0, !words
		}
	}
	if r == '€' && !words {
		return 0, false
	}
	low := unicode.ToLower(r)
	for _, f := range g.frequent {
		if f == low || f == r {
			if words && r != low { // frequent as small letters alone, which tells sets apart that swap case
				return 0, false
			}
			return 1, false
		}
	}
	for _, f := range g.alphabet {
		if f == low || f == r {
			return 0, false
		}
	}
	return -1, false
}

// wordRows are the guesses, a bit each, in whose words an ASCII word is.
var wordRows = sync.OnceValue(func() map[string]uint64 {
	rows := map[string]uint64{}
	for i, g := range latinGuesses {
		for w := range strings.FieldsSeq(g.words) {
			rows[w] |= 1 << i
		}
	}
	return rows
})

var (
	latinWeights    = worthOf(latinGuesses)
	alphabetWeights = worthOf(alphabetGuesses)
)

// frequentSets are the characters of the double-byte guesses and the neutral ones.
var frequentSets = sync.OnceValues(func() (sets []runeSet, signs *runeSet) {
	sets = make([]runeSet, len(doubleGuesses))
	for i, g := range doubleGuesses {
		for _, r := range g.frequent {
			sets[i].add(r)
		}
	}
	signs = new(runeSet)
	for _, r := range neutral {
		signs.add(r)
	}
	return sets, signs
})

// table is a single-byte character set: what the bytes above 0x7F stand for.
type table struct {
	runes  [128]rune
	utf8   [128]uint32 // its bytes from the lowest up
	size   [128]uint8
	latin1 bool // windows-1252, as which the standard reads ISO-8859-1
}

var tables sync.Map // of *table by name

// singleByte is the table of a character set; nil if it has more than one byte a character.
func singleByte(name string) *table {
	if t, ok := tables.Load(name); ok {
		return t.(*table)
	}
	t := newTable(name)
	tables.Store(name, t)
	return t
}

func newTable(name string) *table {
	enc, err := htmlindex.Get(name)
	if err != nil || multiByte(name) {
		return nil
	}
	t := &table{latin1: name == "windows-1252"}
	d := enc.NewDecoder()
	for b := range 128 {
		s, err := d.Bytes([]byte{byte(0x80 + b)})
		r := []rune(string(s))
		if err != nil || len(r) != 1 || len(s) > 3 {
			return nil
		}
		t.runes[b] = r[0]
		for i, c := range s {
			t.utf8[b] |= uint32(c) << (8 * i)
		}
		t.size[b] = uint8(len(s))
	}
	return t
}

// multiByte are the character sets in which characters have more than one byte.
func multiByte(name string) bool {
	switch name {
	case "utf-8", "utf-16le", "utf-16be", "gbk", "gb18030", "big5", "euc-jp", "iso-2022-jp", "shift_jis", "euc-kr", "replacement", "hz-gb-2312":
		return true
	}
	return false
}
