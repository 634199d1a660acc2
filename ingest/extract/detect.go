package extract

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
)

// A guess is a character set together with the characters that text in it is mostly made of.
type guess struct {
	charset  string
	frequent string // the most frequent non-ASCII characters of the languages written in it
	script   script
	share    float64 // of the non-ASCII characters of ordinary text, how many are among the frequent ones
}

// script tells how the bytes above 0x7F of a text stand: alone between ASCII letters, or in runs.
type script uint8

const (
	doubleByte script = iota
	latin             // alone: é, ß, ł
	alphabet          // in runs as long as words
)

// guesses in order of preference: of two equal scores the first wins. The sets were written from letter frequency tables of
// the languages; the shares are rounded from the texts of the Universal Declaration of Human Rights.
var guesses = []guess{
	{"windows-1252", "éèàçùâêîôûëïœüöäßñáíóúåæøãõÉÈÀÇÜÖÄÅØÆÑÁÍÓÚ¿¡«»’‘“”–—…•", latin, 0.97},
	{"windows-1254", "ıİşŞğĞüöçâîÜÖÇ’“”–", latin, 0.97},
	{"windows-1250", "ąćęłńóśźżŁŚŻěščřžýáíéúůťďňôľĺäöőűüăâîşţđŠČŽ’„”“–—…", latin, 0.97},
	{"windows-1251", "оеаинтсрвл", alphabet, 0.62},
	{"koi8-r", "оеаинтсрвл", alphabet, 0.62},
	{"windows-1253", "αοιετσνηυρκς", alphabet, 0.68},
	{"windows-1255", "יוהלאתרמבנ", alphabet, 0.68},
	{"windows-1256", "اليمونرتبة", alphabet, 0.68},
	{"windows-874", "านรอกเงมยลวดทสตะ่้", alphabet, 0.75},
	{"gb18030", simplified, doubleByte, 0.40},
	{"big5", traditional, doubleByte, 0.40},
	{"shift_jis", kana, doubleByte, 0.45},
	{"euc-jp", kana, doubleByte, 0.45},
	{"euc-kr", hangul, doubleByte, 0.36},
}

const (
	simplified = "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已从动两长知民样现分将外但身些与高意进把法此实回二理点月明其种全工己者向情部正名定问力机给等几很业最间新什位因重被电第相次政使教平世信关并内加化由代军产入先水市体别处总场员性通目报立数件安表原应路期提更反合放系计或司利受界及务制解各任物记共接它特直建统字认论义科元社术结指思每管资条院变权展领传治保达办运完区即求品量技程告式识收取设版商容改议形委际则首单据导网专组视"

	traditional = "的一是不了在人有我他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可裡後小麼心多天而能好都然沒日於起還發成事只作當想看文無開手十用主行方又如前所本見經頭面公同三已從動兩長知民樣現分將外但身些與高意進把法此實回二理點月明其種全工己者向情部正名定問力機給等幾很業最間新什位因重被電第相次政使教平世信關並內加化由代軍產入先水市體別處總場員性通目報立數件安表原應路期提更反合放系計或司利受界及務制解各任物記共接它特直建統字認論義科元社術結指思每管資條院變權展領傳治保達辦運完區即求品量技程告式識收取設版商容改議形委際則首單據導網專組視"

	kana = "いうかがきくけこさしすせそただちっつてでとどなにねのはばひまみむめもやゆよらりるれろわをんアイクシスタッテトドフプマムメラリルレロンー"

	hangul = "이다는의을에가고를하한은로지사기그인자어서도나리대들으여있것과해시수아일라만정부적제전스보주게장었면했상동구원조거국성공러비무선유연오신실생위경세되관모안때건개말방계회우중소"
)

// sampleSize is how many bytes of a page the statistics look at.
const sampleSize = 32 << 10

// detect names the character set of a page that does not state it.
func detect(page []byte) string {
	if name := detectUTF16(page); name != "" {
		return name
	}
	if mostlyUTF8(page) {
		return "utf-8"
	}
	sample, inRuns := highBytes(page)
	best, top := "windows-1252", 0.5
	for _, g := range guesses {
		if g.script == latin && inRuns || g.script == alphabet && !inRuns {
			continue
		}
		enc, err := htmlindex.Get(g.charset)
		if err != nil {
			continue
		}
		text, err := enc.NewDecoder().Bytes(sample)
		if err != nil {
			continue
		}
		if score := g.score(text); score > top {
			best, top = g.charset, score
		}
	}
	return best
}

// score is the share of the frequent characters in text, relative to what ordinary text has.
func (g guess) score(text []byte) float64 {
	hits, all := 0, 0
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		switch {
		case r < utf8.RuneSelf:
		case strings.ContainsRune(g.frequent, r) && r != utf8.RuneError:
			hits++
			all++
		case !strings.ContainsRune("\u00a0©®°·§«»“”‘’–—…•„、。，：；！？（）「」《》・", r):
			all++
		}
	}
	if all == 0 {
		return 0
	}
	return float64(hits) / float64(all) / g.share
}

// highBytes samples what is not ASCII: every run of bytes above 0x7F with the one byte that follows it, since the second byte
// of a double-byte character may be ASCII. inRuns reports whether most of them stand three or more together.
func highBytes(page []byte) (sample []byte, inRuns bool) {
	long, all := 0, 0
	for i := 0; i < len(page) && len(sample) < sampleSize; i++ {
		if page[i] < utf8.RuneSelf {
			continue
		}
		from := i
		for i < len(page) && page[i] >= utf8.RuneSelf {
			sample = append(sample, page[i])
			i++
		}
		if all += i - from; i-from >= 3 {
			long += i - from
		}
		if i < len(page) {
			sample = append(sample, page[i], ' ')
		}
	}
	return sample, long*2 > all
}

// detectUTF16 recognizes UTF-16 without a mark by its zero bytes: markup is ASCII, so every other byte is zero.
func detectUTF16(page []byte) string {
	head := page[:min(len(page), 512)]
	if len(head) < 8 || bytes.IndexByte(head, 0) < 0 {
		return ""
	}
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i&1]++
		}
	}
	switch half := len(head) / 2; {
	case zeros[1] > half*3/4 && zeros[0] <= half/8:
		return "utf-16le"
	case zeros[0] > half*3/4 && zeros[1] <= half/8:
		return "utf-16be"
	}
	return ""
}
