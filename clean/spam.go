package clean

import (
	"bytes"
	"fmt"

	"github.com/seed-83c59573/quern"
)

const (
	spamStuffed  quern.Verdict = "clean.spam.top_word"
	spamCalls    quern.Verdict = "clean.spam.calls"
	spamContacts quern.Verdict = "clean.spam.contacts"
	spamLists    quern.Verdict = "clean.spam.lists"
	spamTopics   quern.Verdict = "clean.spam.topics"
	spamHashtags quern.Verdict = "clean.spam.hashtags"
	spamURLs     quern.Verdict = "clean.spam.urls"
)

// Spam drops what is written to be found or to sell, not to be read, by signals that need no model. Each is a share of the document's
// words (Han and Hiragana characters count as words), so that one "click here" at the end of a text does no harm; the first few of
// each kind are not counted at all, so that short texts are not dropped for one word.
type Spam struct {
	MaxTopWord  float64 `yaml:"max_top_word"` // the most frequent content word (of Chinese and Japanese, pair of characters)
	MaxCalls    float64 `yaml:"max_calls"`    // words of phrases that call to act: "buy now", "click here", "加微信"
	MaxContacts float64 `yaml:"max_contacts"` // telephone numbers and prices
	MaxLists    float64 `yaml:"max_lists"`    // words in lines that are only keywords apart by commas
	MaxTopics   float64 `yaml:"max_topics"`   // words of the trades that live on spam: casinos, pills, loans, replicas
	MaxHashtags float64 `yaml:"max_hashtags"` // words that begin with "#"
	MaxURLs     float64 `yaml:"max_urls"`     // bytes of URLs among all bytes
}

var spamFacts = []Fact{share("spam.top_word"), share("spam.calls"), share("spam.contacts"), share("spam.lists"), share("spam.topics"),
	share("spam.hashtags"), share("spam.urls")}

// DefaultSpam has bounds that real documentation, papers, news and encyclopedia articles keep, looked at one by one at the bounds.
func DefaultSpam() Spam {
	return Spam{MaxTopWord: 0.2, MaxCalls: 0.06, MaxContacts: 0.2, MaxLists: 0.5, MaxTopics: 0.06, MaxHashtags: 0.1, MaxURLs: 0.5}
}

// The first few of a kind, which are not counted.
const (
	freeTopWord  = 5
	freeCalls    = 4 // words
	freeContacts = 3
	freeTopics   = 5
	freeHashtags = 3
	freeURLs     = 64 // bytes
)

// Limits are the bounds in the order in which they rule.
func (o Spam) Limits() []Limit {
	return []Limit{
		most("spam.top_word", o.MaxTopWord, spamStuffed),
		most("spam.calls", o.MaxCalls, spamCalls),
		most("spam.contacts", o.MaxContacts, spamContacts),
		most("spam.lists", o.MaxLists, spamLists),
		most("spam.topics", o.MaxTopics, spamTopics),
		most("spam.hashtags", o.MaxHashtags, spamHashtags),
		most("spam.urls", o.MaxURLs, spamURLs),
	}
}

// Stage builds the rule. It marks "spam.*" facts, all shares, and gives "clean.spam.*" verdicts.
func (o Spam) Stage() (quern.Stage, error) {
	for _, l := range o.Limits() {
		if !(l.Max >= 0 && l.Max <= 1) {
			return nil, fmt.Errorf("clean: spam: a limit is %v, must be between 0 and 1", l.Max)
		}
	}
	s := &spam{bounds: newBounds(o.Limits()), phrases: spamPhrases(), words: wordTally{stops: stopWords()}}
	s.phones.on[piiPhone], s.phones.on[piiCNMobile] = true, true
	return s, nil
}

type spam struct {
	bounds
	phrases *phraseList
	phones  pii // finds telephone numbers
	words   wordTally
}

func (s *spam) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := refuseText(d); v != quern.Keep {
		return v, nil
	}
	text := d.Text
	s.words.count(text)
	n := s.words.total
	calls, topics := s.phrases.count(text)
	s.phones.text, s.phones.found = text, s.phones.found[:0]
	s.phones.scan()
	part := func(count, free, of int) float64 { return min(1, ratio(max(0, count-free), of)) }
	d.Mark("spam.top_word", part(s.words.top, freeTopWord*s.words.topWords, n))
	d.Mark("spam.calls", part(calls, freeCalls, n))
	d.Mark("spam.contacts", part(len(s.phones.found)+countPrices(text), freeContacts, n))
	d.Mark("spam.lists", part(s.words.listed, 0, n))
	d.Mark("spam.topics", part(topics, freeTopics, n))
	d.Mark("spam.hashtags", part(s.words.tags, freeHashtags, n))
	d.Mark("spam.urls", part(bytesOfURLs(text), freeURLs, len(text)))
	return s.judge(d), nil
}

// countPrices counts amounts of money: a currency sign before a number, or 元, €, USD or EUR behind one.
func countPrices(text []byte) (n int) {
	for i := nextDigitOrAt(text, 0); i < len(text); i = nextDigitOrAt(text, i) {
		if text[i] == '@' {
			i++
			continue
		}
		before, end := text[:i], digitsEnd(text, i)
		before = bytes.TrimSuffix(before, []byte{' '})
		for end+1 < len(text) && (text[end] == '.' || text[end] == ',') && text[end+1]-'0' < 10 {
			end = digitsEnd(text, end+1)
		}
		i = end
		behind := bytes.TrimPrefix(text[end:min(len(text), end+6)], []byte{' '})
		switch {
		case bytes.HasSuffix(before, []byte{'$'}), bytes.HasSuffix(before, []byte("€")), bytes.HasSuffix(before, []byte("£")),
			bytes.HasSuffix(before, []byte("¥")), bytes.HasSuffix(before, []byte("￥")),
			bytes.HasPrefix(behind, []byte("元")), bytes.HasPrefix(behind, []byte("€")), bytes.HasPrefix(behind, []byte("USD")), bytes.HasPrefix(behind, []byte("EUR")):
			n++
		}
	}
	return n
}

// bytesOfURLs counts the bytes of URLs: from http://, https:// or www. to the next space, quote or bracket.
func bytesOfURLs(text []byte) (n int) {
	for i := 0; i < len(text); {
		dot := bytes.IndexByte(text[i:], '.') // a URL has one; its beginning is near, or it is none
		if dot < 0 {
			break
		}
		at := i + dot
		from := at
		for from > i && text[from-1] > ' ' && text[from-1] < 0x7F && at-from < 256 && bytes.IndexByte([]byte("\"'<>()[]{}"), text[from-1]) < 0 {
			from--
		}
		word := text[from:]
		if !bytes.HasPrefix(word, []byte("http://")) && !bytes.HasPrefix(word, []byte("https://")) && !bytes.HasPrefix(word, []byte("www.")) {
			i = at + 1
			continue
		}
		to := at
		for to < len(text) && text[to] > ' ' && text[to] < 0x7F && bytes.IndexByte([]byte("\"'<>()[]{}"), text[to]) < 0 {
			to++
		}
		n += to - from
		i = to
	}
	return n
}
