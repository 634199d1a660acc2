package clean

import (
	"sync"
	"unicode/utf8"
)

// wordTally counts the words of a text, the most frequent among those with a content, hashtags, and words in lists of keywords.
type wordTally struct {
	total    int // words
	top      int // words that the most frequent content word makes up
	topWords int // words in one of it: 1, or 2 for a pair of characters
	tags     int
	listed   int

	stops *stopTable
	slots []uint64 // identities; 0 = empty
	uses  []uint32
	mask  uint64

	// The line so far.
	lineFrom, items, itemWords, longest int
	lastPunct                           bool
	pair                                rune
}

// count does it all in one pass. Words are runs of letters, digits and marks; a Han or Hiragana character is a word.
func (w *wordTally) count(text []byte) {
	w.total, w.top, w.topWords, w.tags, w.listed = 0, 0, 1, 0, 0
	size := 256
	for size < len(text)/4 {
		size <<= 1
	}
	w.slots, w.uses, w.mask = grow(w.slots, size), grow(w.uses, size), uint64(size-1)
	clear(w.slots)
	w.beginLine()
	t := runes()
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case isAlnum(c):
			i = w.word(text, i, t)
			continue
		case c == '\n':
			w.endLine()
		case c == ',' || c == '|' || c == ';':
			w.endItem()
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRune(text[i:])
			switch cell := t.of(r); {
			case cell&classMask == classIdeo:
				w.ideograph(r)
			case cell&classMask == classLetter || cell&classMask == classDigit:
				i = w.word(text, i, t)
				continue
			case r == '，' || r == '、' || r == '；':
				w.endItem()
			case cell&flagEnd != 0:
				w.lastPunct = true
			}
			if t.of(r)&classMask != classIdeo {
				w.pair = 0
			}
			i += n
			continue
		case c == '.' || c == '!' || c == '?' || c == ':' || c == '{' || c == '}' || c == '(' || c == ')' || c == '=':
			w.lastPunct = true
		}
		w.pair = 0
		i++
	}
	w.endLine()
}

// smallWord has for each ASCII byte of a word its small form, for all others 0.
var smallWord = func() (t [256]uint8) {
	for _, c := range []byte(digitChars + smallChars + "_") {
		t[c] = c
	}
	for _, c := range []byte(largeChars) {
		t[c] = c | 0x20
	}
	return t
}()

// word takes the word that begins at i and tells its end. "_" joins: constants of programs are words of their own.
func (w *wordTally) word(text []byte, i int, t *runeTable) int {
	from, h, letters := i, uint64(mul1), 0
	for i < len(text) {
		if c := smallWord[text[i]]; c != 0 {
			letters += int(c >> 6) // 1 for letters and "_", which stands alone nowhere
			h = (h ^ uint64(c)) * mul0
			i++
			continue
		}
		if text[i] < utf8.RuneSelf {
			break
		}
		r, n := utf8.DecodeRune(text[i:])
		if class := t.of(r) & classMask; class != classLetter && class != classDigit && class != classMark {
			break
		}
		h = (h ^ uint64(r)) * mul0
		letters += n
		i += n
	}
	w.pair = 0
	w.total++
	w.itemWords++
	w.lastPunct = false
	if from > 0 && text[from-1] == '#' && (from == 1 || text[from-2] <= ' ' || text[from-2] == '#') && letters > 0 && !isCodeTag(text[from:i]) {
		w.tags++
	}
	if letters >= 4 && !w.stops.has(h) {
		w.tally(h^h>>29, 1)
	}
	return i
}

// isCodeTag tells the directives of C, and what else code writes behind "#", from hashtags.
func isCodeTag(word []byte) bool {
	switch string(word) {
	case "define", "include", "if", "ifdef", "ifndef", "endif", "else", "elif", "undef", "pragma", "error", "line", "region", "endregion", "import":
		return true
	}
	return false
}

func (w *wordTally) ideograph(r rune) {
	w.total++
	w.itemWords++
	w.lastPunct = false
	if w.pair != 0 {
		w.tally((uint64(w.pair)<<32|uint64(r))*mul0, 2)
	}
	w.pair = r
}

// tally counts one use of a word; n is how many words it makes up.
func (w *wordTally) tally(h uint64, n int) {
	h |= 1
	for s := h * mul2 >> 20 & w.mask; ; s = (s + 1) & w.mask {
		switch w.slots[s] {
		case 0:
			w.slots[s], w.uses[s] = h, 0
			fallthrough
		case h:
			w.uses[s]++
			if all := int(w.uses[s]) * n; all > w.top {
				w.top, w.topWords = all, n
			}
			return
		}
	}
}

func (w *wordTally) beginLine() {
	w.lineFrom, w.items, w.itemWords, w.longest, w.lastPunct, w.pair = w.total, 0, 0, 0, false, 0
}

func (w *wordTally) endItem() {
	if w.itemWords > 0 {
		w.items++
	}
	w.longest = max(w.longest, w.itemWords)
	w.itemWords, w.pair = 0, 0
}

// endLine takes the line for a list of keywords if it has eight items or more, all short, and no end of a sentence.
func (w *wordTally) endLine() {
	const leastItems, longestItem = 8, 6
	w.endItem()
	if w.items >= leastItems && w.longest <= longestItem && !w.lastPunct {
		w.listed += w.total - w.lineFrom
	}
	w.beginLine()
}

// stopTable is a set of words by their hashes, as wordTally.word makes them.
type stopTable [512]uint64

func (t *stopTable) has(h uint64) bool {
	for i := h >> 55; t[i] != 0; i = (i + 1) & 511 {
		if t[i] == h {
			return true
		}
	}
	return false
}

// stopWords are frequent English words of four letters and more, which say nothing of what a text is about.
var stopWords = sync.OnceValue(func() *stopTable {
	t := &stopTable{}
	for _, w := range []string{"that", "with", "this", "from", "have", "were", "they", "their", "which", "when", "what", "will", "would", "there", "been", "more", "about",
		"into", "than", "other", "also", "only", "some", "such", "then", "these", "them", "your", "could", "should", "after", "before", "because", "while", "where", "said",
		"over", "just", "like", "most", "very", "does", "here", "each", "many", "must", "know", "those", "upon", "thou", "thee", "shall", "being"} {
		h := uint64(mul1)
		for _, c := range []byte(w) {
			h = (h ^ uint64(c)) * mul0
		}
		i := h >> 55
		for t[i] != 0 {
			i = (i + 1) & 511
		}
		t[i] = h
	}
	return t
})

// phraseList finds the phrases of calls and topics.
type phraseList struct {
	m      *matcher
	words  []int32
	topics int // the first phrase of topics
}

// spamPhrases are built in: phrases that call a reader to act, and words of the trades that live on spam. Only those that other
// texts seldom have are in it.
var spamPhrases = sync.OnceValue(func() *phraseList {
	calls := []string{"buy now", "order now", "order today", "shop now", "call now", "call us today", "click here", "click the link", "click below", "sign up now",
		"sign up today", "subscribe now", "act now", "limited time offer", "limited offer", "free shipping", "best price", "lowest price", "lowest prices", "cheap price",
		"special offer", "money back guarantee", "money-back guarantee", "risk free", "100% free", "no obligation", "add to cart", "buy cheap", "for sale online",
		"contact us today", "get started today", "free quote", "free trial", "free download", "download now", "satisfaction guaranteed", "don't miss out", "don't miss this",
		"visit our website", "visit our site", "check out our", "discount code", "promo code", "coupon code", "best deals", "great deals", "while supplies last", "follow us on", "dm for",
		"加微信", "加我微信", "微信号", "加qq", "扫码关注", "扫描二维码", "扫码加", "点击购买", "立即购买", "马上购买", "点击这里", "点击下载", "立即下载", "免费下载", "点击咨询", "在线咨询", "立即咨询", "免费咨询",
		"咨询热线", "客服热线", "欢迎咨询", "欢迎来电", "来电咨询", "全国包邮", "包邮", "限时优惠", "优惠券", "厂家直销", "批发价", "价格优惠", "货到付款", "正品保证", "注册送", "招代理", "代理加盟",
		"招商加盟", "加盟热线", "关注公众号", "私信我", "点击链接", "阅读原文", "jetzt kaufen", "jetzt bestellen", "acheter maintenant", "compra ahora", "купить сейчас", "закажите сейчас"}
	topics := []string{"casino", "casinos", "online casino", "slot machine", "slot gacor", "jackpot", "roulette", "blackjack", "baccarat", "sportsbook", "betting", "togel", "judi",
		"viagra", "cialis", "levitra", "kamagra", "tramadol", "xanax", "ambien", "phentermine", "payday loan", "payday loans", "cash advance", "replica watches", "replica handbags",
		"essay writing service", "backlinks", "seo services", "escort", "escorts", "weight loss pills", "penis enlargement", "forex signals", "crypto signals",
		"博彩", "赌场", "娱乐城", "百家乐", "老虎机", "六合彩", "时时彩", "彩票网", "投注", "棋牌", "开户送", "代开发票", "办证", "网贷", "无抵押贷款", "低息贷款", "贷款口子", "壮阳", "伟哥", "减肥药", "казино", "рулетка", "ставки на спорт"}
	p := &phraseList{topics: len(calls)}
	var err error
	if p.m, err = newMatcher(append(calls, topics...), true); err != nil {
		panic("clean: spam: " + err.Error())
	}
	for _, f := range append(calls, topics...) {
		p.words = append(p.words, int32(wordsIn([]byte(f))))
	}
	return p
})

// count tells how many words of a text belong to calls, and to topics; the longest phrase at each place counts.
func (p *phraseList) count(text []byte) (calls, topics int) {
	for i := p.m.find(text, 0); i >= 0; {
		end, which := i+1, -1
		if text[i] >= 0xE3 || wordBegins(text, i) {
			for s := (spot{end: i}); p.m.longer(text, &s); {
				if text[s.end-1] >= utf8.RuneSelf && text[i] >= 0xE3 || wordEnds(text, s.end) {
					end, which = s.end, s.literal
				}
			}
		}
		switch {
		case which >= p.topics:
			topics += int(p.words[which])
		case which >= 0:
			calls += int(p.words[which])
		}
		i = p.m.find(text, end)
	}
	return calls, topics
}
