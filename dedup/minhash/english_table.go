package minhash

import (
	"slices"
	"strconv"
	"strings"
	"sync"
)

// What spaCy 3.8 cuts English words by, as far as it is left once a text is simplified.

// contractions have lost their apostrophes (lang/en/tokenizer_exceptions.py).
const contractions = `
ai nt, are nt, ca nt, ca nt ve, can not, could nt, could nt ve, could ve, dare nt, did nt, did nt ve, do nt, do nt ve,
does nt, does nt ve, gon na, got ta, had nt, had nt ve, has nt, have nt, he d, he d ve, he ll ve, he s, how d, how d ve,
how ll, how ll ve, how re, how s, how ve, i d, i d ve, i ll ve, i m, i m a, i ve, is nt, it d, it d ve, it ll, it ll ve,
may nt, may nt ve, might nt, might nt ve, might ve, must nt, must nt ve, must ve, need nt, need nt ve, not ve, ought nt,
ought nt ve, sha nt, sha nt ve, she d ve, she ll ve, she s, should nt, should nt ve, should ve, that d, that d ve, that
ll, that ll ve, that s, there d, there d ve, there ll, there ll ve, there re, there s, there ve, these d, these d ve,
these ll, these ll ve, these re, these ve, they d, they d ve, they ll, they ll ve, they re, they ve, this d, this d ve,
this ll, this ll ve, this s, those d, those d ve, those ll, those ll ve, those re, those ve, was nt, we d, we d ve, we
ll ve, we ve, were nt, what d, what d ve, what ll, what ll ve, what re, what s, what ve, when d, when d ve, when ll,
when ll ve, when re, when s, when ve, where d, where d ve, where ll, where ll ve, where re, where s, where ve, who d,
who d ve, who ll, who ll ve, who s, who ve, why d, why d ve, why ll, why ll ve, why re, why s, why ve, wo nt, wo nt ve,
would nt, would nt ve, would ve, y all, you d, you d ve, you ll, you ll ve, you re, you ve
`

const longestContraction = 11

// units stand after a number (lang/char_classes.py).
const units = " km km² km³ m m² m³ dm dm² dm³ cm cm² cm³ mm mm² mm³ ha µm nm yd in ft kg g mg µg t lb oz kmh mph mbar mb kb gb tb " +
	"км км² км³ м м² м³ дм дм² дм³ см см² см³ мм мм² мм³ нм кг г мг мбар кб мб гб тбكم كم² كم³ م م² م³ سم سم² سم³ مم مم² مم³ كم غرام جرام جم كغ ملغ كوب اكواب "

const longestUnit = 10 // bytes

// Symbols (lang/punctuation.py, lang/char_classes.py): marks are cut at either end, currencies in front and after a digit.
const (
	markSymbols     = "¡·¿،؛؟٪۔।‘‚⟦⟧『』〔〕"
	currencySymbols = "£¥฿﷼"
)

// iconRanges are cut wherever they stand.
const iconRanges = `
A6 A9 AE B0 482 58D 58E 60E 60F 6DE 6E9 6FD 6FE 7F6 9FA B70 BF3-BF8 BFA C7F D4F D79 F01-F03 F13 F15-F17 F1A-F1F F34 F36 F38 FBE-
FC5 FC7-FCC FCE FCF FD5-FD8 109E 109F 1390-1399 1940 19DE-19FF 1B61-1B6A 1B74-1B7C 2100 2101 2103-2106 2108 2109 2114 2116 2117
211E-2123 2125 2127 2129 212E 213A 213B 214A 214C 214D 214F 218A 218B 2195-2199 219C-219F 21A1 21A2 21A4 21A5 21A7-21AD 21AF-21CD
21D0 21D1 21D3 21D5-21F3 2300-2307 230C-231F 2322-2328 232B-237B 237D-239A 23B4-23DB 23E2-2426 2440-244A 249C-24E9 2500-25B6
25B8-25C0 25C2-25F7 2600-266E 2670-2767 2794-27BF 2800-28FF 2B00-2B2F 2B45 2B46 2B4D-2B73 2B76-2B95 2B98-2BC8 2BCA-2BFE 2CE5-2CEA
2E80-2E99 2E9B-2EF3 2F00-2FD5 2FF0-2FFB 3004 3012 3013 3020 3036 3037 303E 303F 3190 3191 3196-319F 31C0-31E3 3200-321E 322A-3247
3250 3260-327F 328A-32B0 32C0-32FE 3300-33FF 4DC0-4DFF A490-A4C6 A828-A82B A836 A837 A839 AA77-AA79 FDFD FFE4 FFE8 FFED FFEE FFFC
FFFD 10137-1013F 10179-10189 1018C-1018E 10190-1019B 101A0 101D0-101FC 10877 10878 10AC8 1173F 16B3C-16B3F 16B45 1BC9C 1D000-1D0F5
1D100-1D126 1D129-1D164 1D16A-1D16C 1D183 1D184 1D18C-1D1A9 1D1AE-1D1E8 1D200-1D241 1D245 1D300-1D356 1D800-1D9FF 1DA37-1DA3A
1DA6D-1DA74 1DA76-1DA83 1DA85 1DA86 1ECAC 1F000-1F02B 1F030-1F093 1F0A0-1F0AE 1F0B1-1F0BF 1F0C1-1F0CF 1F0D1-1F0F5 1F110-1F16B
1F170-1F1AC 1F1E6-1F202 1F210-1F23B 1F240-1F248 1F250 1F251 1F260-1F265 1F300-1F3FA 1F400-1F6D4 1F6E0-1F6EC 1F6F0-1F6F9
1F700-1F773 1F780-1F7D8 1F800-1F80B 1F810-1F847 1F850-1F859 1F860-1F887 1F890-1F8AD 1F900-1F90B 1F910-1F93E 1F940-1F970
1F973-1F976 1F97A 1F97C-1F9A2 1F9B0-1F9B9 1F9C0-1F9C2 1F9D0-1F9FF 1FA60-1FA6D
`

var icons = sync.OnceValue(func() (ranges [][2]rune) {
	for r := range strings.FieldsSeq(iconRanges) {
		from, to, ok := strings.Cut(r, "-")
		if !ok {
			to = from
		}
		a, _ := strconv.ParseUint(from, 16, 32)
		b, _ := strconv.ParseUint(to, 16, 32)
		ranges = append(ranges, [2]rune{rune(a), rune(b)})
	}
	return ranges
})

// symbolClass tells where a rune is cut off; 0 is nowhere.
func symbolClass(r rune) uint8 {
	switch {
	case r < 0x80:
		return 0
	case strings.ContainsRune(markSymbols, r):
		return atFront | atBack
	case strings.ContainsRune(currencySymbols, r) || r >= 0x20A0 && r <= 0x20BF:
		return atFront | afterDigit
	case r == '§':
		return atFront
	}
	_, found := slices.BinarySearchFunc(icons(), r, func(i [2]rune, r rune) int {
		if r < i[0] {
			return 1
		}
		if r > i[1] {
			return -1
		}
		return 0
	})
	if found {
		return atFront | atBack | within
	}
	return 0
}
