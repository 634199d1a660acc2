package ngram

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Unigram knows how frequent single words are. It is read-only: any number of goroutines share it.
//
// A word is a run of letters, marks and digits, in lower case; every other character that is no space is a word of its own. As with
// peS2o (allenai/peS2o, recipe/2_scripts/process_s2orc.py) an unknown word counts as if it had been seen √V + 1 times among V
// words. The peer asks the tokenizer of Bling Fire for words, which this approximates.
type Unigram struct {
	words   table // hash, log2 probability
	n       int
	unknown float64
}

// maxWord bounds a word in bytes; a longer one is unknown.
const maxWord = 256

// ReadUnigram reads counts: a line a word, the word and its count apart by a tab or a comma. A first line whose count is no number
// is a heading. limit bounds the memory in bytes; 0 = DefaultLimit.
func ReadUnigram(r io.Reader, limit int64) (*Unigram, error) {
	if limit == 0 {
		limit = DefaultLimit
	}
	type entry struct {
		hash, count uint64
	}
	var all []entry
	total := 0.0
	a := arpa{in: bufio.NewReaderSize(r, 1<<16)}
	for {
		line, err := a.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", a.line, err)
		}
		at := bytes.LastIndexAny(line, "\t,")
		if at < 0 {
			return nil, fmt.Errorf("line %d: %.60q, want a word, a tab or comma, and its count", a.line, line)
		}
		count, err := strconv.ParseUint(string(line[at+1:]), 10, 64)
		if err != nil || count == 0 {
			if a.line == 1 {
				continue
			}
			return nil, fmt.Errorf("line %d: %.30q is not a count", a.line, line[at+1:])
		}
		h := hashWord(line[:at])
		if h == 0 || at == 0 {
			return nil, fmt.Errorf("line %d: the word %.60q cannot be kept", a.line, line[:at])
		}
		if int64(len(all)+1)*(16+18) > limit {
			return nil, fmt.Errorf("line %d: the words take more than the limit of %d bytes", a.line, limit)
		}
		all = append(all, entry{h, count})
		total += float64(count)
	}
	if len(all) == 0 {
		return nil, errors.New("no words")
	}
	buckets := bucketsFor(uint64(len(all)), multiplier)
	u := &Unigram{words: newTable(make([]byte, buckets*longestEntry), buckets, longestEntry), n: len(all)}
	for i, e := range all {
		if u.words.find(e.hash) >= 0 {
			return nil, fmt.Errorf("word %d stands twice", i+1)
		}
		putFloat(u.words.data[u.words.insert(e.hash):], float32(math.Log2(float64(e.count)/total)))
	}
	u.unknown = math.Log2((math.Sqrt(float64(len(all))) + 1) / total)
	return u, nil
}

// LoadUnigram reads counts from a file; see ReadUnigram.
func LoadUnigram(path string, limit int64) (*Unigram, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	u, err := ReadUnigram(f, limit)
	if err != nil {
		return nil, fmt.Errorf("ngram: %s: %w", path, err)
	}
	return u, nil
}

// Words is how many words are known.
func (u *Unigram) Words() int { return u.n }

// LogProb is the log2 probability of a word in lower case.
func (u *Unigram) LogProb(word []byte) float64 {
	if at := u.words.find(hashWord(word)); at >= 0 {
		return float64(getFloat(u.words.data[at:]))
	}
	return u.unknown
}

// Mean is the mean log2 probability of the words of a text, and their number; 0 of none.
func (u *Unigram) Mean(text []byte) (mean float64, words int) {
	var buf [maxWord]byte
	sum := 0.0
	for at := 0; ; words++ {
		from, to := nextWord(text, at)
		if from == to {
			break
		}
		at = to
		if word, ok := lower(buf[:0], text[from:to]); ok {
			sum += u.LogProb(word)
		} else {
			sum += u.unknown
		}
	}
	if words == 0 {
		return 0, 0
	}
	return sum / float64(words), words
}

// nextWord gives the bounds of the first word at or behind at; equal bounds mean that there is none.
func nextWord(text []byte, at int) (from, to int) {
	from = at
	for to = at; to < len(text); {
		c := text[to]
		inWord, space, n := false, isSpace(c), 1
		if c < utf8.RuneSelf {
			inWord = c-'0' < 10 || c|0x20-'a' < 26 && c >= 'A'
		} else {
			var r rune
			r, n = utf8.DecodeRune(text[to:])
			inWord = unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)
			space = unicode.IsSpace(r)
		}
		switch {
		case inWord:
			to += n
		case to > from:
			return from, to
		case space:
			to += n
			from = to
		default:
			return from, to + n
		}
	}
	return from, to
}

// lower appends a word in lower case, unless it is longer than dst has room for.
func lower(dst, word []byte) ([]byte, bool) {
	for i := 0; i < len(word); {
		if len(dst)+utf8.UTFMax > cap(dst) {
			return dst, false
		}
		c := word[i]
		if c < utf8.RuneSelf {
			if c-'A' < 26 {
				c |= 0x20
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(word[i:])
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
		i += n
	}
	return dst, true
}

// UnigramLearner counts words. All different ones are held in memory, about 80 bytes each.
type UnigramLearner struct {
	counts map[string]uint64
	most   int
	buf    [maxWord]byte
}

// NewUnigramLearner counts up to most different words; more are an error.
func NewUnigramLearner(most int) *UnigramLearner {
	return &UnigramLearner{counts: map[string]uint64{}, most: most}
}

// Text counts the words of a text. Words of more than 250 bytes or so are passed over.
func (l *UnigramLearner) Text(text []byte) error {
	for at := 0; ; {
		from, to := nextWord(text, at)
		if from == to {
			return nil
		}
		at = to
		word, ok := lower(l.buf[:0], text[from:to])
		if !ok {
			continue
		}
		if n, ok := l.counts[string(word)]; ok {
			l.counts[string(word)] = n + 1
			continue
		}
		if len(l.counts) >= l.most {
			return fmt.Errorf("ngram: more than %d different words", l.most)
		}
		l.counts[string(word)] = 1
	}
}

// Write writes the words that were seen at least least times, the most frequent first, as ReadUnigram reads them.
func (l *UnigramLearner) Write(to io.Writer, least uint64) error {
	var words []string
	for w, n := range l.counts {
		if n >= least {
			words = append(words, w)
		}
	}
	slices.SortFunc(words, func(a, b string) int {
		if x, y := l.counts[a], l.counts[b]; x != y {
			if x > y {
				return -1
			}
			return 1
		}
		if a < b {
			return -1
		}
		return 1
	})
	w := bufio.NewWriter(to)
	for _, word := range words {
		if _, err := fmt.Fprintf(w, "%s\t%d\n", word, l.counts[word]); err != nil {
			return err
		}
	}
	return w.Flush()
}
