package decon

import (
	"fmt"
	"math"
)

// Options say how items are looked for. Lengths are in words.
type Options struct {
	Method   string  // score or ngram
	Unit     string  // what the score counts: words, or the runs of N that allenai/decon counts
	N        int     // of a run
	Every    int     // only every so many-th run of a text is looked up; 1 = all
	Misses   int     // runs in a row that a text may have and the question not, as allenai/decon counts them
	Exact    int     // questions up to this long must be there wholly
	Full     int     // from this length on a share of Min is enough; between, the share that is wanted falls from 1 to Min
	Shortest int     // shorter questions are not looked for
	Min      float64 // the least score, or share of an item's runs that a text has (ngram: 0 = one run is enough)
	Answers  bool    // the answer counts: a question alone is three quarters of an item that has one
	Window   int     // how far from its question an answer is looked for; long answers are looked for in twice their length
	Limit    int64   // bytes of memory that an index may take
}

// Tolerance is by how much a score may miss the least one: what adding up in floating point may lose.
const Tolerance = 1e-9

const (
	hotRuns    = 16 // a run that begins nothing new in more questions than these is looked up for those alone that have no rarer one
	shortLimit = 3  // answers up to this long must be there to the letter
	maxRun     = 64 // of N
	maxLength  = 1 << 20
)

// Check refuses options that mean nothing.
func (o Options) Check() error {
	switch {
	case o.Method != "score" && o.Method != "ngram":
		return fmt.Errorf("method %q: want score or ngram", o.Method)
	case o.Unit != "words" && o.Unit != "ngrams":
		return fmt.Errorf("unit %q: want words or ngrams", o.Unit)
	case o.N < 2 || o.N > maxRun:
		return fmt.Errorf("n is %d: want 2 to %d words", o.N, maxRun)
	case o.Every < 1 || o.Every > maxLength:
		return fmt.Errorf("every is %d: want 1 for all runs, 10 for every tenth", o.Every)
	case o.Misses < 0 || o.Misses > 1000:
		return fmt.Errorf("misses is %d: want 0 to 1000", o.Misses)
	case o.Exact < 0 || o.Full < o.Exact || o.Full > maxLength:
		return fmt.Errorf("exact is %d and full %d: want 0 <= exact <= full", o.Exact, o.Full)
	case o.Method == "score" && (o.Shortest < o.N || o.Shortest > maxLength):
		return fmt.Errorf("shortest is %d: a question of fewer words than n, %d, is never found", o.Shortest, o.N)
	case !(o.Min >= 0 && o.Min <= 1) || o.Method == "score" && o.Min == 0:
		return fmt.Errorf("min is %v: want a share above 0, 1 at most", o.Min)
	case o.Window < 0 || o.Window > maxLength:
		return fmt.Errorf("window is %d: want 0 to %d words", o.Window, maxLength)
	case o.Limit < 1:
		return fmt.Errorf("an index of %d bytes holds nothing", o.Limit)
	}
	return nil
}

// gap is how many words a text may have between two parts of a question: one word in a text's way spoils N of its runs.
func (o Options) gap() int { return max(0, o.Misses-o.N+1) }

// wanted is the share of a question of so many words that must be there.
func (o Options) wanted(words int) float64 {
	switch {
	case words <= o.Exact:
		return 1
	case words >= o.Full:
		return o.Min
	}
	return 1 - (1-o.Min)*float64(words-o.Exact)/float64(o.Full-o.Exact)
}

// weigh joins what was met of an item's parts, as allenai/decon does; parts that an item does not have are NaN.
func weigh(question, answer, passage float64) float64 {
	switch a, p := !math.IsNaN(answer), !math.IsNaN(passage); {
	case a && p:
		return 0.7*question + 0.2*answer + 0.1*passage
	case a:
		return 0.75*question + 0.25*answer
	case p:
		return 0.85*question + 0.15*passage
	}
	return question
}
