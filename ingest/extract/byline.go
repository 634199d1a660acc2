package extract

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// byline fills in the date and the author that a page shows beside its headline, where its metadata is silent.
func (x *HTML) byline(p *Page, root, heading int32) {
	if p.Date != "" && p.Author != "" {
		return
	}
	d := &x.decider
	if heading < 0 {
		heading = d.headingBefore(min(d.before[root]+1, int32(len(d.blocks))))
	}
	from, to := d.before[root]-10, d.before[root]+6
	if heading >= 0 {
		from, to = heading-8, max(heading+15, min(to, heading+40))
	}
	for i := max(from, 0); i < min(to, int32(len(d.blocks))); i++ {
		b := &d.blocks[i]
		if b.words > 15 || b.ctx&(hComment|hRelated|gNav|gFooter) != 0 {
			continue
		}
		if p.Date == "" && (b.words <= 7 || b.ctx&(hMeta|hAuthor) != 0) {
			x.out = x.writer.append(x.out[:0], b)
			if hasYear(x.out) {
				p.Date = shownDate(x.out)
			}
		}
		if p.Author == "" && b.ctx&hAuthor != 0 && b.words <= 9 {
			p.Author = shownAuthor(x.blockLine(i))
		}
	}
}

// authorMarks are the words before the name in a byline, folded.
var authorMarks = strings.Fields("by von vom par por di da de door av af autor autorin autore auteur author text foto fotos bericht written posted " +
	"published geschrieben verfasst escrito publicado redaction redazione redaktion przez od автор текст автора 作者 文 撰文 記者 记者 编辑 글")

// shownAuthor is the name in a byline such as "Von Anna Muster, 3. Mai 2020", or "".
func shownAuthor(line string) string {
	words := strings.Fields(line)
	for len(words) > 0 {
		w := strings.TrimSuffix(string(appendPhrase(nil, []byte(words[0]))), ":")
		if !slices.Contains(authorMarks, w) {
			break
		}
		words = words[1:]
	}
	n := 0
	for n < len(words) && n < 5 {
		w := words[n]
		bare := strings.TrimRight(w, ",;|·•/:")
		r, _ := utf8.DecodeRuneInString(bare)
		if !unicode.IsUpper(r) && !particle(bare) || strings.ContainsAny(bare, "0123456789@") {
			break
		}
		words[n] = bare
		n++
		if bare != w {
			break
		}
	}
	for n > 0 && particle(words[n-1]) {
		n--
	}
	if n < 2 || n > 4 {
		return ""
	}
	return strings.Join(words[:n], " ")
}

// particle reports whether w may stand in a name in lower case.
func particle(w string) bool {
	return slices.Contains([]string{"von", "van", "de", "der", "den", "da", "di", "dos", "del", "la", "le", "bin", "el", "al", "y", "zu"}, w)
}

// monthNames are the months in the languages of the web, folded, as they stand in dates.
var monthNames = [12][]string{
	strings.Fields("january januar janner janvier enero janeiro gennaio januari stycznia ledna ocak января січня ιανουαριου"),
	strings.Fields("february februar fevrier febrero fevereiro febbraio februari lutego unora subat февраля лютого φεβρουαριου"),
	strings.Fields("march marz maerz mars marzo marco maart marca brezna mart marcius марта березня μαρτιου maret"),
	strings.Fields("april avril abril aprile kwietnia dubna nisan aprilis апреля квітня απριλιου"),
	strings.Fields("may mai mayo maio maggio mei maj maja kvetna mayis majus мая травня μαιου"),
	strings.Fields("june juni juin junio junho giugno czerwca cervna haziran junius июня червня ιουνιου"),
	strings.Fields("july juli juillet julio julho luglio lipca cervence temmuz julius июля липня ιουλιου"),
	strings.Fields("august aout agosto augustus augusti sierpnia srpna agustos augusztus августа серпня αυγουστου agustus"),
	strings.Fields("september septembre septiembre setembro settembre wrzesnia zari eylul szeptember сентября вересня σεπτεμβριου"),
	strings.Fields("october oktober octobre octubre outubro ottobre pazdziernika rijna ekim октября жовтня οκτωβριου"),
	strings.Fields("november novembre noviembre novembro listopada listopadu kasim ноября листопада νοεμβριου"),
	strings.Fields("december dezember decembre diciembre dezembro dicembre grudnia prosince aralik декабря грудня δεκεμβριου desember"),
}

// monthOf is the month that a folded word of three letters or more names or abbreviates, or 0 if it could be several or none.
func monthOf(w string) int {
	if utf8.RuneCountInString(w) < 3 {
		return 0
	}
	found := 0
	for m, names := range monthNames {
		for _, name := range names {
			if w == name {
				return m + 1
			}
			if strings.HasPrefix(name, w) && found != m+1 {
				if found != 0 {
					return 0
				}
				found = m + 1
			}
		}
	}
	return found
}

// hasYear reports whether s holds four digits in a row that may be a year.
func hasYear(s []byte) bool {
	run := 0
	for _, c := range s {
		if bclass[c]&cDigit == 0 {
			run = 0
		} else if run++; run == 4 {
			return true
		}
	}
	return false
}

// datePart is a number, or the name of a month, in a text.
type datePart struct {
	value  int
	digits int  // 0: the name of a month
	after  byte // what stands behind it
}

// shownDate finds the first date in s, as people write it in many languages, and gives it as "2019-11-25". A date whose day and month
// could be meant either way is none.
func shownDate(s []byte) string {
	var last [3]datePart
	var folded [maxPhrase]byte
	for i := 0; i < len(s); {
		c := s[i]
		j := i + 1
		var p datePart
		switch {
		case bclass[c]&cDigit != 0:
			for j < len(s) && bclass[s[j]]&cDigit != 0 {
				j++
			}
			if p.digits = j - i; p.digits <= 4 {
				for _, d := range s[i:j] {
					p.value = p.value*10 + int(d-'0')
				}
			}
		case bclass[c]&cAlpha != 0 || c >= 0xC3:
			for j < len(s) && (bclass[s[j]]&cAlpha != 0 || s[j] >= 0x80) {
				j++
			}
			if p.value = monthOf(string(appendFold(folded[:0], s[i:j], maxPhrase/2))); p.value == 0 {
				switch string(s[i:j]) {
				case "de", "of", "st", "nd", "rd", "th", "er", "del", "年", "月", "일", "년", "월":
					i = j
					continue
				}
				last = [3]datePart{}
				i = j
				continue
			}
		default:
			i = j
			continue
		}
		if j < len(s) {
			p.after = s[j]
		}
		last[0], last[1], last[2] = last[1], last[2], p
		if date := dateOf(last[0], last[1], last[2]); date != "" {
			return date
		}
		i = j
	}
	return ""
}

// dateOf is the date that three parts make up in the order they stand in, or "".
func dateOf(a, b, c datePart) string {
	var year, month, day int
	switch {
	case a.digits == 4 && b.digits > 0 && b.digits <= 2 && c.digits > 0 && c.digits <= 2: // 2019-11-25
		year, month, day = a.value, b.value, c.value
	case c.digits != 4:
	case b.digits == 0 && b.value > 0 && a.digits > 0 && a.digits <= 2: // 25 November 2019
		year, month, day = c.value, b.value, a.value
	case a.digits == 0 && a.value > 0 && b.digits > 0 && b.digits <= 2: // November 25, 2019
		year, month, day = c.value, a.value, b.value
	case a.digits > 0 && a.digits <= 2 && b.digits > 0 && b.digits <= 2:
		year, month, day = c.value, b.value, a.value // 25.11.2019
		if month > 12 {
			month, day = day, month
		} else if a.after != '.' && day <= 12 && day != month {
			return ""
		}
	}
	if year < 1990 || year > 2099 || month < 1 || month > 12 || day < 1 || day > 31 {
		return ""
	}
	return string([]byte{'0' + byte(year/1000), '0' + byte(year/100%10), '0' + byte(year/10%10), '0' + byte(year%10), '-',
		'0' + byte(month/10), '0' + byte(month%10), '-', '0' + byte(day/10), '0' + byte(day%10)})
}
