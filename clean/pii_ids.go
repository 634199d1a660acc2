package clean

import (
	"bytes"
	"encoding/binary"
	"sync"
)

// isCard tells whether digits are the number of a payment card: an issuer's range with one of its lengths (ISO/IEC 7812), and
// Luhn's check digit. Ranges that are as good as any number, such as Maestro's, are left out, and so are 13 digits: those are
// articles of trade (EAN).
func isCard(digits []byte) bool {
	p := 0
	for _, c := range digits[:6] {
		p = p*10 + int(c-'0')
	}
	n, ok := len(digits), false
	switch p2, p3, p4 := p/10000, p/1000, p/100; {
	case p2 >= 40 && p2 <= 49: // Visa
		ok = n == 16 || n == 19
	case p2 >= 51 && p2 <= 55, p4 >= 2221 && p4 <= 2720: // Mastercard
		ok = n == 16
	case p4 >= 2200 && p4 <= 2204: // Mir
		ok = n >= 16 && n <= 19
	case p2 == 34, p2 == 37: // American Express
		ok = n == 15
	case p3 >= 300 && p3 <= 305, p2 == 36, p2 == 38, p2 == 39: // Diners Club
		ok = n == 14
	case p4 >= 3528 && p4 <= 3589: // JCB
		ok = n >= 16 && n <= 19
	case p4 == 6011, p3 >= 644 && p3 <= 649, p2 == 65: // Discover
		ok = n >= 16 && n <= 19
	case p2 == 62: // UnionPay
		ok = n >= 16 && n <= 19
	}
	return ok && luhn(digits)
}

func luhn(digits []byte) bool {
	sum := 0
	for i := range digits {
		v := int(digits[len(digits)-1-i] - '0')
		if i&1 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// calledCard tells whether one of the last words of a text speaks of cards. Of all long numbers in code and data, one in a hundred
// has an issuer's prefix and passes Luhn's check.
func calledCard(b []byte) bool {
	b = b[max(0, len(b)-48):]
	var low [48]byte
	n := copy(low[:], b)
	for i, c := range low[:n] {
		if c-'A' < 26 {
			low[i] = c | 0x20
		}
	}
	for _, w := range cardWords {
		if i := bytes.LastIndex(low[:n], []byte(w)); i >= 0 && (w[0] >= 0x80 || i == 0 || !isAlnum(low[i-1])) {
			return true
		}
	}
	return false
}

// cardWords begin words, in lower case.
var cardWords = []string{"card", "credit", "debit", "visa", "mastercard", "amex", "american express", "discover", "unionpay", "payment", "carte", "karte",
	"kreditkarte", "tarjeta", "cartão", "carta di credito", "卡号", "银行卡", "信用卡", "银联", "カード", "карт"}

// cardGroups are the ways in which cards print their numbers.
var cardGroups = [][]int{{4, 4, 4, 4}, {4, 6, 5}, {4, 6, 4}, {4, 4, 4, 4, 3}}

// groupedCard reads a card's number in groups apart by single spaces or hyphens, from i; it tells the end, 0 if there is none.
func groupedCard(b []byte, i int) int {
	if i+5 >= len(b) || b[i+4] != ' ' && b[i+4] != '-' || b[i+5]-'0' >= 10 {
		return 0
	}
	sep := b[i+4]
	var digits [20]byte
	for _, groups := range cardGroups {
		n, at := 0, i
		for g, size := range groups {
			if g > 0 {
				if at >= len(b) || b[at] != sep {
					n = 0
					break
				}
				at++
			}
			end := digitsEnd(b[:min(len(b), at+size+1)], at)
			if end-at != size {
				n = 0
				break
			}
			n += copy(digits[n:], b[at:end])
			at = end
		}
		if n > 0 && !(at+1 < len(b) && b[at] == sep && b[at+1]-'0' < 10) && standsAlone(b, i, at) && !(i > 1 && b[i-1] == sep && b[i-2]-'0' < 10) &&
			isCard(digits[:n]) {
			return at
		}
	}
	return 0
}

// ibanLengths are the lengths of account numbers by country, from SWIFT's registry of IBAN formats (release 99).
var ibanLengths = sync.OnceValue(func() *[26 * 26]uint8 {
	const list = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18" +
		"GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15" +
		"OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"
	var t [26 * 26]uint8
	for i := 0; i < len(list); i += 4 {
		t[int(list[i]-'A')*26+int(list[i+1]-'A')] = (list[i+2]-'0')*10 + list[i+3] - '0'
	}
	return &t
})

// ibanEnd reads an account number from its country's letters at i, in one piece or in groups of four apart by spaces; 0 if none.
func ibanEnd(b []byte, i int) int {
	want := int(ibanLengths()[int(b[i]-'A')*26+int(b[i+1]-'A')])
	if want == 0 || i > 0 && (isAlnum(b[i-1]) || b[i-1] == '_') {
		return 0
	}
	spaced := i+4 < len(b) && b[i+4] == ' '
	at, mod := i, 0
	var first [4]byte
	for n := range want {
		if spaced && n > 0 && n%4 == 0 {
			if at >= len(b) || b[at] != ' ' {
				return 0
			}
			at++
		}
		if at >= len(b) || b[at]-'0' >= 10 && b[at]-'A' >= 26 {
			return 0
		}
		if n < 4 {
			first[n] = b[at]
		} else {
			mod = mod97(mod, b[at])
		}
		at++
	}
	for _, c := range first {
		mod = mod97(mod, c)
	}
	if mod != 1 || at < len(b) && (isAlnum(b[at]) || b[at] == '_' || b[at] == '@') {
		return 0
	}
	return at
}

// mod97 takes one more character of an account number into the remainder; letters count as two digits, A = 10.
func mod97(mod int, c byte) int {
	if c <= '9' {
		return (mod*10 + int(c-'0')) % 97
	}
	return (mod*100 + int(c-'A') + 10) % 97
}

// residentRegions has, by the first digit, a bit for each second digit of a province's number (GB/T 2260).
var residentRegions = [10]uint16{1: 0x3E, 2: 0x0E, 3: 0xFE, 4: 0x7E, 5: 0x1F, 6: 0x3E, 7: 0x02, 8: 0x0E}

// residentEnd reads a resident number of 18 characters from the digits [i, end), the last of which may be an X behind them.
func residentEnd(b []byte, i, end int) int {
	if end-i == 17 {
		if end >= len(b) || b[end]|0x20 != 'x' {
			return 0
		}
		end++
	}
	two := func(at int) uint { return uint(b[i+at]-'0')*10 + uint(b[i+at+1]-'0') }
	if residentRegions[b[i]-'0']>>(b[i+1]-'0')&1 == 0 {
		return 0
	}
	century, month, day := two(6), two(10), two(12)
	if century < 18 || century > 20 || month < 1 || month > 12 || day < 1 || day > daysOf(century*100+two(8), month) {
		return 0
	}
	// Weights are 2^(17-place) mod 11 (ISO 7064, MOD 11-2).
	sum := 0
	for k := range 17 {
		sum += int(b[i+k]-'0') * int("79:584216379:5842"[k]-'0') // ':' is 10
	}
	if want := "10X98765432"[sum%11]; want != b[i+17]&^(b[i+17]>>1&0x20) || !standsAlone(b, i, end) {
		return 0
	}
	return end
}

func daysOf(year, month uint) uint {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// ssnEnd reads 123-45-6789 from i, as the US administration gives numbers out: no part all zeros, the area neither 666 nor 900 or more.
func ssnEnd(b []byte, i int) int {
	if i+11 > len(b) || b[i+3] != '-' || b[i+6] != '-' || digitsEnd(b[:i+6], i+4) != i+6 || digitsEnd(b[:i+11], i+7) != i+11 {
		return 0
	}
	area := binary.BigEndian.Uint32(b[i:]) >> 8
	if area == '0'<<16|'0'<<8|'0' || area == '6'<<16|'6'<<8|'6' || b[i] == '9' || b[i+4] == '0' && b[i+5] == '0' || string(b[i+7:i+11]) == "0000" {
		return 0
	}
	if !standsAlone(b, i, i+11) {
		return 0
	}
	return i + 11
}
