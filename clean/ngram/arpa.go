package ngram

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
)

// unknownLogProb is what KenLM gives unknown words when the file does not.
const unknownLogProb = -100

// maxLine bounds a line of an ARPA file in bytes.
const maxLine = 1 << 20

type arpa struct {
	in    *bufio.Reader
	line  int
	model *Model
	seen  uint32 // words
	unk   bool

	fields [][]byte
	ids    [MaxOrder]uint32 // of the n-gram at hand, the last word first
	keys   [MaxOrder]uint64 // of its endings of 2, 3, … words
}

// readARPA builds the tables from text. What KenLM does for models that lack the shorter endings of an n-gram (SRILM prunes them)
// is done here likewise: they are inserted with the probability that backing off gives.
func readARPA(in *bufio.Reader, size, limit int64) (*Model, error) {
	a := &arpa{in: in, model: &Model{}}
	err := a.read(size, limit)
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file ends early")
		}
		return nil, fmt.Errorf("line %d: %w", a.line, err)
	}
	return a.model, nil
}

func (a *arpa) read(size, limit int64) error {
	m := a.model
	if err := a.counts(); err != nil {
		return err
	}
	m.order = len(m.counts)
	for n, c := range m.counts { // an n-gram takes a digit, n words of a letter with a space before each, and the end of the line
		if size >= 0 && c > uint64(size)/uint64(2*n+4) {
			return fmt.Errorf("%d %d-grams do not fit into %d bytes", c, n+1, size)
		}
	}
	if err := m.newImage(limit); err != nil {
		return err
	}
	a.seen = 1
	m.words = []byte("<unk>\x00")
	for n := 1; n <= m.order; n++ {
		if err := a.expect("\\" + strconv.Itoa(n) + "-grams:"); err != nil {
			return err
		}
		for range m.counts[n-1] {
			if err := a.gram(n); err != nil {
				return err
			}
		}
		if n == 1 {
			if !a.unk {
				putFloat(m.uni, unknownLogProb)
				binary.LittleEndian.PutUint32(m.uni[4:], 0)
			}
			m.setBound(a.seen)
			if err := m.marks(); err != nil {
				return err
			}
		}
	}
	if err := a.expect("\\end\\"); err != nil {
		return err
	}
	return a.nothingMore()
}

// next is the next line without the line end; it is valid until the next call.
func (a *arpa) next() ([]byte, error) {
	a.line++
	line, err := a.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		line = bytes.Clone(line)
		for errors.Is(err, bufio.ErrBufferFull) {
			if len(line) > maxLine {
				return nil, fmt.Errorf("longer than %d bytes", maxLine)
			}
			var more []byte
			more, err = a.in.ReadSlice('\n')
			line = append(line, more...)
		}
	}
	if err != nil && (!errors.Is(err, io.EOF) || len(line) == 0) {
		return nil, err
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

// nextFilled skips blank lines.
func (a *arpa) nextFilled() ([]byte, error) {
	for {
		line, err := a.next()
		if err != nil || len(bytes.TrimSpace(line)) > 0 {
			return line, err
		}
	}
}

func (a *arpa) expect(want string) error {
	line, err := a.nextFilled()
	if err == nil && string(bytes.TrimSpace(line)) != want {
		err = fmt.Errorf("%.60q, want %q", line, want)
	}
	return err
}

func (a *arpa) nothingMore() error {
	line, err := a.nextFilled()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("%.60q behind the end", line)
	}
	return err
}

func (a *arpa) counts() error {
	for {
		line, err := a.nextFilled()
		if err != nil {
			return err
		}
		if line[0] == '#' {
			continue
		}
		if string(bytes.TrimSpace(line)) != "\\data\\" {
			return fmt.Errorf("%.60q, want \\data\\, the begin of an ARPA file, or the head of a binary file of KenLM", line)
		}
		break
	}
	for {
		line, err := a.next()
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
		rest, ok := bytes.CutPrefix(line, []byte("ngram "+strconv.Itoa(len(a.model.counts)+1)+"="))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(rest)), 10, 64)
		if !ok || err != nil {
			return fmt.Errorf("%.60q, want the count of the %d-grams", line, len(a.model.counts)+1)
		}
		if a.model.counts = append(a.model.counts, n); len(a.model.counts) > MaxOrder {
			return fmt.Errorf("an order of more than %d", MaxOrder)
		}
	}
	if len(a.model.counts) == 0 {
		return errors.New("no counts")
	}
	return nil
}

// gram reads the line of an n-gram and enters it.
func (a *arpa) gram(n int) error {
	line, err := a.next()
	if err != nil {
		return err
	}
	a.fields = a.fields[:0]
	for at := 0; ; {
		for at < len(line) && (line[at] == ' ' || line[at] == '\t' || line[at] == '\r') {
			at++
		}
		from := at
		for at < len(line) && line[at] != ' ' && line[at] != '\t' && line[at] != '\r' {
			at++
		}
		if from == at {
			break
		}
		if a.fields = append(a.fields, line[from:at]); len(a.fields) > n+2 {
			break
		}
	}
	if len(a.fields) != n+1 && len(a.fields) != n+2 {
		return fmt.Errorf("%.80q, want a probability, %d words and perhaps a backoff", line, n)
	}
	prob, err := number(a.fields[0])
	if err != nil {
		return err
	}
	if prob > 0 {
		return fmt.Errorf("log probability %v is positive", prob)
	}
	backoff := float32(math.Copysign(0, -1))
	if len(a.fields) == n+2 {
		b, err := number(a.fields[n+1])
		if err != nil {
			return err
		}
		if b != 0 && n == a.model.order {
			return fmt.Errorf("backoff %v for an n-gram of the highest order", b)
		}
		if b != 0 {
			backoff = b
		}
	}
	if n == 1 {
		return a.unigram(prob, backoff)
	}
	return a.longer(n, prob, backoff)
}

func number(b []byte) (float32, error) {
	f, err := strconv.ParseFloat(string(b), 32)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, fmt.Errorf("%.30q is not a number", b)
	}
	return float32(f), nil
}

func (a *arpa) unigram(prob, backoff float32) error {
	m, word := a.model, a.fields[1]
	id := uint32(0)
	if string(word) == "<unk>" || string(word) == "<UNK>" {
		if a.unk {
			return errors.New("<unk> stands twice")
		}
		a.unk = true
	} else {
		h := hashWord(word)
		if h == 0 || m.vocab.find(h) >= 0 {
			return fmt.Errorf("the word %.60q stands twice", word)
		}
		if bytes.IndexByte(word, 0) >= 0 {
			return fmt.Errorf("the word %.60q holds a NUL", word)
		}
		id = a.seen
		a.seen++
		binary.LittleEndian.PutUint32(m.vocab.data[m.vocab.insert(h):], id)
		m.words = append(append(m.words, word...), 0)
	}
	at := int(id) * unigramEntry
	putFloat(m.uni[at:], prob)
	putFloat(m.uni[at+4:], backoff)
	return nil
}

func setSign(f float32) float32 { return math.Float32frombits(math.Float32bits(f) | signBit) }

// longer enters an n-gram of two words or more and tells its parts of it.
func (a *arpa) longer(n int, prob, backoff float32) error {
	m := a.model
	for i := range n {
		word := a.fields[n-i]
		at := m.vocab.find(hashWord(word))
		switch {
		case at >= 0:
			a.ids[i] = leUint32(m.vocab.data[at:])
		case string(word) == "<unk>" || string(word) == "<UNK>":
			a.ids[i] = 0
		default:
			return fmt.Errorf("the word %.60q is not among the 1-grams", word)
		}
	}
	key := uint64(a.ids[0])
	for i := 1; i < n; i++ {
		key = chain(key, a.ids[i])
		a.keys[i-1] = key
	}
	if slices.Contains(a.keys[:n-1], 0) {
		return errors.New("the n-gram has the hash 0")
	}
	t := &m.longest
	if n < m.order {
		t = &m.middle[n-2]
	}
	if t.used++; t.used >= t.buckets {
		return errors.New("too many n-grams lack a shorter ending: the table is full")
	}
	at := t.insert(key)
	putFloat(t.data[at:], setSign(prob))
	if n < m.order {
		putFloat(t.data[at+4:], backoff)
	}
	if err := a.lower(n); err != nil {
		return err
	}
	return a.context(n)
}

// context notes that the n-gram's context is one.
func (a *arpa) context(n int) error {
	b, ok := a.backoffOf(1, n)
	if !ok {
		return fmt.Errorf("the first %d words must be an n-gram, too", n-1)
	}
	extend(b)
	return nil
}

// backoffOf is the backoff of ids[from:to].
func (a *arpa) backoffOf(from, to int) ([]byte, bool) {
	m := a.model
	if to-from == 1 {
		return m.uni[int(a.ids[from])*unigramEntry+4:], true
	}
	key := uint64(a.ids[from])
	for _, id := range a.ids[from+1 : to] {
		key = chain(key, id)
	}
	t := &m.middle[to-from-2]
	at := t.find(key)
	if at < 0 {
		return nil, false
	}
	return t.data[at+4:], true
}

func extend(backoff []byte) {
	if leUint32(backoff) == negativeZero {
		binary.LittleEndian.PutUint32(backoff, 0)
	}
}

// lower notes in the ending of n-1 words that a longer n-gram ends in it, and inserts it, and shorter ones, where they lack.
func (a *arpa) lower(n int) error {
	m := a.model
	basis := n - 1
	var blanks [MaxOrder][]byte // by order
	for ; basis >= 2; basis-- {
		t := &m.middle[basis-2]
		if at := t.find(a.keys[basis-2]); at >= 0 {
			clearSign(t.data[at:])
			break
		}
		if t.used++; t.used >= t.buckets {
			return errors.New("too many n-grams lack a shorter ending: the table is full")
		}
		at := t.insert(a.keys[basis-2])
		blanks[basis] = t.data[at:]
		binary.LittleEndian.PutUint32(t.data[at+4:], negativeZero)
	}
	var prob float32
	if basis == 1 {
		at := int(a.ids[0]) * unigramEntry
		prob = setSign(getFloat(m.uni[at:]))
		clearSign(m.uni[at:])
	} else {
		t := &m.middle[basis-2]
		prob = setSign(getFloat(t.data[t.find(a.keys[basis-2]):]))
	}
	for k := basis + 1; k < n; k++ {
		if b, ok := a.backoffOf(1, k); ok {
			extend(b)
			prob += getFloat(b)
		}
		putFloat(blanks[k], prob)
		clearSign(blanks[k])
	}
	return nil
}

func clearSign(b []byte) { b[3] &= 0x7f }
