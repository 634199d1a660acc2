package clean

import (
	"bytes"
	"math"

	"github.com/seed-83c59573/quern"
)

const (
	cutSure  = 0.9 // how sure one must be of a paragraph to cut it out
	cutLeast = 40  // and its bytes: names, titles and quotations of a few words stay
	voteSure = 0.5 // a paragraph less sure than this has no vote
)

// paragraphVotes are the lines of the last document.
type paragraphVotes struct {
	lines []paragraphLang
	votes []languageVote
}

type paragraphLang struct {
	end  int // behind its line end
	lang int // index into votes, -1 = not told
	sure float64
}

// languageVote is how many bytes of the text are in a language.
type languageVote struct {
	lang  string
	bytes int
}

// read identifies each line of a text.
func (p *paragraphVotes) read(id identifier, text []byte) {
	p.lines, p.votes = p.lines[:0], p.votes[:0]
	for at := 0; at < len(text); {
		end := len(text)
		if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		l := paragraphLang{end: end, lang: -1}
		if lang, sure := id.Glance(text[at:end]); lang != "" && sure >= voteSure {
			l.lang, l.sure = p.candidate(lang), sure
			p.votes[l.lang].bytes += end - at
		}
		p.lines = append(p.lines, l)
		at = end
	}
}

// candidate finds or makes the language's place in the vote. A document has a handful of languages.
func (p *paragraphVotes) candidate(lang string) int {
	for i := range p.votes {
		if p.votes[i].lang == lang {
			return i
		}
	}
	p.votes = append(p.votes, languageVote{lang: lang})
	return len(p.votes) - 1
}

// elected gives the language with most bytes, the first of equals, and its share.
func (p *paragraphVotes) elected() (lang string, share float64) {
	most, all := 0, 0
	for _, v := range p.votes {
		all += v.bytes
		if v.bytes > most {
			lang, most = v.lang, v.bytes
		}
	}
	if all == 0 {
		return "", 0
	}
	return lang, thousandths(float64(most) / float64(all))
}

func thousandths(v float64) float64 { return math.Round(v*1000) / 1000 }

func (s *language) applyByParagraph(d *quern.Doc) quern.Verdict {
	p := &s.paras
	p.read(s.id, d.Text)
	lang, share := p.elected()
	if lang == "" { // nothing but scraps
		lang, share = s.id.Identify(d.Text)
	}
	told := 0
	for _, v := range p.votes {
		told += v.bytes
	}
	n, size := s.unwanted(lang)
	d.Mark("language.foreign_paragraphs", float64(n))
	d.Mark("language.foreign_share", thousandths(float64(size)/float64(max(told, 1))))
	if s.cut && n > 0 && !s.foreign(lang) {
		d.Text = s.without(lang, d.Text)
		if _, share = p.elected(); len(bytes.TrimSpace(d.Text)) == 0 {
			share = 0
		}
	}
	return s.rule(d, lang, share)
}

// cuts tells whether a line of so many bytes is for sure in an unwanted language; without a wish, in another than the document's.
func (s *language) cuts(l paragraphLang, size int, lang string) bool {
	if l.lang < 0 || l.sure < cutSure || size < cutLeast {
		return false
	}
	other := s.paras.votes[l.lang].lang
	return s.foreign(other) || len(s.keep) == 0 && other != lang
}

// unwanted counts the lines to be cut, and their bytes.
func (s *language) unwanted(lang string) (n, size int) {
	at := 0
	for _, l := range s.paras.lines {
		if s.cuts(l, l.end-at, lang) {
			n++
			size += l.end - at
		}
		at = l.end
	}
	return n, size
}

// without cuts unwanted lines out of text, in place, with the blank lines behind them where others stand before them, and takes back
// their votes.
func (s *language) without(lang string, text []byte) []byte {
	out, at, swallow := text[:0], 0, false
	for _, l := range s.paras.lines {
		p := text[at:l.end]
		at = l.end
		if s.cuts(l, len(p), lang) {
			s.paras.votes[l.lang].bytes -= len(p)
			swallow = len(out) == 0 || bytes.HasSuffix(out, []byte("\n\n"))
			continue
		}
		if blank := len(bytes.TrimSpace(p)) == 0; blank && swallow {
			continue
		}
		swallow = false
		out = append(out, p...)
	}
	return out
}
