package ngram

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
)

// Learn is how a model is learned.
type Learn struct {
	Order   int      // 1 to 5
	By      Tokens   // how a line is cut
	Memory  int64    // bytes for counting; beyond, sorted runs are written to Scratch
	Scratch string   // a folder; "" = counting must do with Memory
	Cut     []uint64 // by order from 1, the last for all further: n-grams that occur so often or less are cut off; rises from 0
	Limit   int64    // bytes for the tables of the finished model and as much again, about, for learning it; 0 = DefaultLimit
}

// DefaultLearn is a model of three words with a gigabyte for counting.
func DefaultLearn() Learn { return Learn{Order: 3, By: Words, Memory: 1 << 30} }

// Learner learns a model by interpolated modified Kneser-Ney (Chen and Goodman 1998), as KenLM's lmplz does: the sentences are
// padded by <s>, n-grams that begin with <s> keep their counts in the lower orders, and <unk> has the share of a word never seen.
// The tokens <s>, </s> and <unk> in a text are skipped over. The same sentences in the same order give the same model, whatever the
// memory.
type Learner struct {
	opt     Learn
	words   []byte // each and a 0 behind it
	ids     map[string]uint32
	counter *counter
	window  []uint32
	model   *Model

	// Discounts are those of the last Finish, by order, for counts of 1, 2, and 3 or more. An order whose counts do not let them be
	// computed has 0.5, 1 and 1.5, as lmplz has under --discount_fallback.
	Discounts [][3]float64
}

// Numbers of the special words while learning.
const (
	unkID = iota
	bosID
	eosID
)

// NewLearner checks the options.
func NewLearner(o Learn) (*Learner, error) {
	if o.Order < 1 || o.Order > 5 {
		return nil, fmt.Errorf("ngram: order %d, must be 1 to 5", o.Order)
	}
	if o.By != Words && o.By != Characters {
		return nil, fmt.Errorf("ngram: unknown tokens %d", o.By)
	}
	if o.Memory < 1 || o.Limit < 0 {
		return nil, errors.New("ngram: memory must be positive")
	}
	if len(o.Cut) > o.Order || len(o.Cut) > 0 && o.Cut[0] != 0 || !slices.IsSorted(o.Cut) {
		return nil, fmt.Errorf("ngram: cut %v, want a number an order, 0 first, none smaller than the one before", o.Cut)
	}
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	l := &Learner{opt: o, ids: map[string]uint32{}, counter: newCounter(o.Order, o.Memory, o.Scratch), window: make([]uint32, o.Order)}
	for _, w := range []string{"<unk>", "<s>", "</s>"} {
		l.word([]byte(w))
	}
	return l, nil
}

// Close removes the scratch files.
func (l *Learner) Close() error { return l.counter.close() }

func (l *Learner) word(w []byte) uint32 {
	if id, ok := l.ids[string(w)]; ok {
		return id
	}
	id := uint32(len(l.ids))
	l.ids[string(w)] = id
	l.words = append(append(l.words, w...), 0)
	return id
}

// Text adds a text, each line of which is a sentence. A line end at its end begins no further one.
func (l *Learner) Text(text []byte) error {
	for at := 0; at < len(text); {
		end := at
		for end < len(text) && text[end] != '\n' {
			end++
		}
		if err := l.Sentence(text[at:end]); err != nil {
			return err
		}
		at = end + 1
	}
	return nil
}

// Sentence adds a sentence.
func (l *Learner) Sentence(line []byte) error {
	for i := range l.window {
		l.window[i] = bosID
	}
	for at := 0; ; {
		from, to := l.opt.By.next(line, at)
		if from == to {
			break
		}
		at = to
		token := line[from:to]
		if l.opt.By == Characters && isSpace(token[0]) {
			token = spaceToken
		}
		id := l.word(token)
		if id <= eosID {
			continue
		}
		if len(l.ids) > math.MaxUint32-2 {
			return errors.New("ngram: too many words")
		}
		if err := l.push(id); err != nil {
			return err
		}
	}
	return l.push(eosID)
}

func (l *Learner) push(id uint32) error {
	copy(l.window, l.window[1:])
	l.window[len(l.window)-1] = id
	return l.counter.add(l.window)
}

// grams yields, in an order in which a word's endings come before it, every n-gram of every order once, with the count that it
// has in the text.
func (l *Learner) grams(f func(gram []uint32, times uint64) error) error {
	previous := make([]uint32, l.opt.Order)
	first := true
	return l.counter.each(func(gram []uint32, times uint64) error {
		n := len(gram)
		same := 0 // words at the end as before
		for !first && same < n && gram[n-1-same] == previous[n-1-same] {
			same++
		}
		first = false
		copy(previous, gram)
		for k := same + 1; k <= n; k++ {
			if k > 1 && gram[n-k+1] == bosID { // <s> stands only at the begin
				break
			}
			if err := f(gram[n-k:], times); err != nil {
				return err
			}
		}
		return nil
	})
}

// Finish learns the model. More sentences may be added behind it, and Finish be called again.
func (l *Learner) Finish() (*Model, error) {
	all := &Model{order: l.opt.Order, counts: make([]uint64, l.opt.Order), words: append([]byte(nil), l.words...)}
	all.counts[0] = 2 // <unk> and <s>
	if err := l.grams(func(gram []uint32, _ uint64) error {
		all.counts[len(gram)-1]++
		return nil
	}); err != nil {
		return nil, err
	}
	if all.counts[0] == 2 {
		return nil, errors.New("ngram: nothing to learn from")
	}
	if err := all.newImage(l.opt.Limit); err != nil {
		return nil, fmt.Errorf("ngram: %w", err)
	}
	l.model = all
	if len(l.opt.Cut) > 0 && slices.Max(l.opt.Cut) > 0 {
		l.model = &Model{order: all.order, counts: make([]uint64, all.order), words: all.words}
	}
	e := newEstimate(l, all)
	if err := e.run(); err != nil {
		return nil, err
	}
	l.Discounts = e.discounts[1:]
	return l.model, nil
}

// vocabulary enters the words into the tables of m.
func (l *Learner) vocabulary(m *Model) error {
	at := 0
	for id := range uint32(len(l.ids)) {
		end := at
		for m.words[end] != 0 {
			end++
		}
		if h := hashWord(m.words[at:end]); id != unkID {
			if h == 0 || m.vocab.find(h) >= 0 {
				return fmt.Errorf("ngram: two words have one hash, of them %.60q", m.words[at:end])
			}
			binary.LittleEndian.PutUint32(m.vocab.data[m.vocab.insert(h):], id)
		}
		at = end + 1
	}
	m.setBound(uint32(len(l.ids)))
	return m.marks()
}

// WriteARPA writes the model of the last Finish as text. Nothing may have been added behind it.
func (l *Learner) WriteARPA(to io.Writer) error {
	m := l.model
	if m == nil {
		return errors.New("ngram: nothing is learned yet")
	}
	w := bufio.NewWriterSize(to, 1<<16)
	fmt.Fprintf(w, "\\data\\\n")
	for n, c := range m.counts {
		fmt.Fprintf(w, "ngram %d=%d\n", n+1, c)
	}
	starts := make([]int, 0, len(l.ids)+1)
	for at := 0; at < len(m.words); at++ {
		if at == 0 || m.words[at-1] == 0 {
			starts = append(starts, at)
		}
	}
	starts = append(starts, len(m.words))
	var b []byte
	line := func(gram []uint32) error {
		p, backoff, ok := m.weights(gram)
		if !ok {
			return nil // it is cut off
		}
		b = strconv.AppendFloat(b[:0], float64(p), 'g', -1, 32)
		for i, id := range gram {
			b = append(b, "\t "[min(i, 1)])
			b = append(b, m.words[starts[id]:starts[id+1]-1]...)
		}
		if len(gram) < m.order {
			b = strconv.AppendFloat(append(b, '\t'), float64(backoff), 'g', -1, 32)
		}
		_, err := w.Write(append(b, '\n'))
		return err
	}
	for n := 1; n <= m.order; n++ {
		fmt.Fprintf(w, "\n\\%d-grams:\n", n)
		if n == 1 {
			for id := range uint32(len(l.ids)) {
				if err := line([]uint32{id}); err != nil {
					return err
				}
			}
			continue
		}
		if err := l.grams(func(gram []uint32, _ uint64) error {
			if len(gram) != n {
				return nil
			}
			return line(gram)
		}); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "\n\\end\\\n")
	return w.Flush()
}

// weights looks an n-gram up.
func (m *Model) weights(gram []uint32) (p, backoff float32, ok bool) {
	n := len(gram)
	if n == 1 {
		at := int(gram[0]) * unigramEntry
		p, backoff = getFloat(m.uni[at:]), getFloat(m.uni[at+4:])
	} else {
		t := &m.longest
		if n < m.order {
			t = &m.middle[n-2]
		}
		at := t.find(keyOf(gram))
		if at < 0 {
			return 0, 0, false
		}
		if p = getFloat(t.data[at:]); n < m.order {
			backoff = getFloat(t.data[at+4:])
		}
	}
	return -float32(math.Abs(float64(p))) + 0, backoff + 0, true
}

// keyOf is the hash of an n-gram in the order of the text.
func keyOf(gram []uint32) uint64 {
	key := uint64(gram[len(gram)-1])
	for i := len(gram) - 2; i >= 0; i-- {
		key = chain(key, gram[i])
	}
	return key
}
