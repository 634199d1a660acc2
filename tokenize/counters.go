package tokenize

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
)

// Room is what counting and learning may take. It never changes what is learned.
type Room struct {
	Workers int    // goroutines; 0 = one a processor
	Memory  int64  // bytes; 0 = no bound
	Scratch string // folder for the counts that are beyond Memory; "" = that is an error
}

func (r Room) workers() int {
	if r.Workers > 0 {
		return r.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// Counters are a counter for each of several goroutines, which share a room, and what is learned from them all.
type Counters struct {
	room Room
	all  []*Counter
}

// NewCounters makes n empty counters. Close must end them.
func NewCounters(learn Learn, n int, room Room) *Counters {
	share := room
	if share.Memory /= int64(n); room.Memory > 0 {
		share.Memory = max(1, share.Memory)
	}
	c := &Counters{room: room}
	for range n {
		c.all = append(c.all, newCounter(learn, share))
	}
	return c
}

// Counter is that of goroutine i.
func (c *Counters) Counter(i int) *Counter { return c.all[i] }

// Learn learns from what all have counted, as Counter.Learn does. The first counter has it all then.
func (c *Counters) Learn(ctx context.Context) (*Tokenizer, error) {
	first := c.all[0]
	first.room = c.room
	sum := int64(0)
	for _, o := range c.all {
		sum += o.bytes()
	}
	for _, o := range c.all[1:] {
		if c.room.Memory > 0 && 2*sum > c.room.Memory { // no room for both tables
			o.cool()
			o.spill()
		}
		first.Merge(o)
	}
	return first.learnAll(ctx)
}

// Close removes what stands in the scratch folder.
func (c *Counters) Close() error {
	var errs []error
	for _, o := range c.all {
		errs = append(errs, o.Close())
	}
	return errors.Join(errs...)
}

// Close removes what stands in the scratch folder.
func (c *Counter) Close() error {
	err := removeRuns(c.runs)
	c.runs = nil
	return err
}

// Counted tells what was counted: the texts and their bytes.
func (c *Counters) Counted() (texts, bytes int64) {
	for _, o := range c.all {
		texts, bytes = texts+o.texts, bytes+o.added
	}
	return texts, bytes
}

// LeftOut tells how many pieces were longer than the 64 KiB that are learned from, and their bytes.
func (c *Counters) LeftOut() (pieces, bytes int64) {
	for _, o := range c.all {
		pieces, bytes = pieces+o.wide[0], bytes+o.wide[1]
	}
	return pieces, bytes
}

// Learn learns a vocabulary of what was counted, which the counter keeps: it may count on afterwards.
func (c *Counter) Learn() (*Tokenizer, error) { return c.learnAll(context.Background()) }

func (c *Counter) learnAll(ctx context.Context) (*Tokenizer, error) {
	if err := c.learn.Validate(); err != nil {
		return nil, err
	}
	c.cool()
	crowded := c.room.Memory > 0 && c.room.Scratch != "" && 4*c.bytes() > c.room.Memory
	if len(c.runs) > 0 || crowded { // on disk the pieces leave their memory to the learner
		c.spill()
	}
	if c.err != nil {
		return nil, c.err
	}
	if len(c.runs) > 1 {
		r, err := mergeRuns(c.room.Scratch, c.runs)
		if c.runs = nil; err != nil {
			return nil, err
		}
		c.runs = []*run{r}
	}
	var f []byte
	var err error
	switch {
	case c.learn.Split != Metaspace:
		f, err = c.learnBytes(ctx)
	case c.learn.Model == BPE:
		f, err = c.learnCharacters(ctx)
	default:
		f, err = c.learnUnigram(ctx)
	}
	if err != nil {
		return nil, err
	}
	return Parse(f)
}

// pieces calls f with every piece that was counted often enough; the same order again each time.
func (c *Counter) pieces(f func(piece []byte, count int64) error) error {
	if len(c.runs) > 0 {
		return c.runs[0].each(func(piece []byte, count int64) error {
			if count < c.learn.MinPiece {
				return nil
			}
			return f(piece, count)
		})
	}
	var err error
	c.each(func(piece []byte, count int64) {
		if err == nil && count >= c.learn.MinPiece {
			err = f(piece, count)
		}
	})
	return err
}

// fits is an error if learning needs more than the memory that there is: pieces take the bytes that size tells, and tables those that
// tables tells of all pieces. The error says from which min_piece on it would do.
func (c *Counter) fits(size func(piece []byte) int64, tables func(pieces int64) int64) (total int64, err error) {
	var by [64]int64 // bytes of pieces by the length of their counts in bits
	if err := c.pieces(func(piece []byte, count int64) error {
		n := size(piece)
		total += n
		by[min(63, bitsOf(count))] += n
		return nil
	}); err != nil {
		return 0, err
	}
	need := func(pieces int64) int64 { return pieces + tables(pieces) + c.bytes() }
	if c.room.Memory == 0 || need(total) <= c.room.Memory {
		return total, nil
	}
	left, least := total, int64(1)
	for k := 1; k < 63 && need(left) > c.room.Memory; k++ {
		left -= by[k]
		least = 1 << k
	}
	advice := ""
	if left > 0 && need(left) <= c.room.Memory {
		advice = fmt.Sprintf(", or leave rare pieces out with min_piece: %d", least)
	}
	return 0, fmt.Errorf("tokenize: learning from these pieces needs %d MiB of memory, there are %d: give more, or a smaller sample%s",
		need(total)>>20+1, c.room.Memory>>20, advice)
}

func bitsOf(n int64) (k int) {
	for ; n > 0; n >>= 1 {
		k++
	}
	return k
}

// follow runs the learner until the vocabulary has want more words, and gives the merges; words are the symbols that there are.
func (c *Counter) follow(ctx context.Context, l *learner, words [][]byte, want int) ([][]byte, [][2]int32, error) {
	var merges [][2]int32
	for len(merges) < want {
		p, ok, err := l.best(ctx)
		if err != nil {
			return nil, nil, err
		}
		if !ok {
			break
		}
		left, right := int32(l.info[p].pair>>32), int32(uint32(l.info[p].pair))
		word := append(bytes.Clone(words[left]), words[right]...)
		if len(word) > c.learn.MaxToken || c.learn.taken(word) {
			l.bar(p)
			continue
		}
		if err := l.merge(ctx, p); err != nil {
			return nil, nil, err
		}
		words = append(words, word)
		merges = append(merges, [2]int32{left, right})
	}
	return words, merges, nil
}

// taken reports whether a special token is spelled so.
func (l *Learn) taken(word []byte) bool {
	for _, name := range l.Special {
		if name == string(word) {
			return true
		}
	}
	return false
}
