package clean

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
	"time"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean/ngram"
	"github.com/seed-83c59573/quern/tokenize/sentencepiece"
)

const (
	perplexityLow  quern.Verdict = "clean.perplexity.low"
	perplexityHigh quern.Verdict = "clean.perplexity.high"
)

// Perplexity asks an n-gram model how surprised it is by a text: 10^(-log10 probability / (words + lines)), each line being a
// sentence, as CCNet reckons it (facebookresearch/cc_net, cc_net/perplexity.py). Low is text that the model knows by heart, such as
// boilerplate and word lists; high is text of another language, or none.
//
// With tokens: pieces it is CCNet to the letter, and serves the models that go with CCNet: all of a text is brought to one line, which
// its line ends leave without a space, is cut into pieces and scored as one sentence.
type Perplexity struct {
	base      `yaml:"-"`
	Model     string  `yaml:"model"`     // an ARPA file, also .gz, or a binary file of KenLM
	Tokens    string  `yaml:"tokens"`    // how the model's text was cut: words, characters, pieces
	Pieces    string  `yaml:"pieces"`    // the SentencePiece model (unigram) that cut it, with tokens: pieces
	Normalize string  `yaml:"normalize"` // ccnet: lower case, no accents, digits to 0, plain punctuation; none
	Min       float64 `yaml:"min"`
	Max       float64 `yaml:"max"` // 0 = no bound
}

var perplexityFacts = []Fact{perplexityFact, share("perplexity.unknown")}

var perplexityFact = Fact{"perplexity.value", 1, 1e6, 60, true}

// DefaultPerplexity normalizes as CCNet does and drops nothing; the model must be given.
func DefaultPerplexity() Perplexity { return Perplexity{Tokens: "words", Normalize: "ccnet"} }

// Stage loads the model, once a process, and builds the rule. It marks "perplexity.value" and "perplexity.unknown", the share of the
// words that the model does not know, and gives "clean.perplexity.low" and "clean.perplexity.high".
func (o Perplexity) Stage() (quern.Stage, error) {
	if !(o.Min >= 0) || !(o.Max >= 0) || o.Max > 0 && o.Min > o.Max {
		return nil, fmt.Errorf("clean: perplexity: min %v and max %v, want 0 <= min <= max", o.Min, o.Max)
	}
	s := &perplexity{bounds: newBounds(o.Limits())}
	err := s.scorer.open(o.path(o.Model), o.Tokens, o.path(o.Pieces), o.Normalize)
	if err != nil {
		return nil, fmt.Errorf("clean: perplexity: %w", err)
	}
	return s, nil
}

// Limits are min and max.
func (o Perplexity) Limits() []Limit {
	var limits []Limit
	if o.Min > 0 {
		limits = append(limits, least("perplexity.value", o.Min, perplexityLow))
	}
	if o.Max > 0 {
		limits = append(limits, most("perplexity.value", o.Max, perplexityHigh))
	}
	return limits
}

// Files are the models.
func (o Perplexity) Files() []string {
	files := []string{o.path(o.Model)}
	if o.Pieces != "" {
		files = append(files, o.path(o.Pieces))
	}
	return files
}

type perplexity struct {
	scorer scorer
	bounds bounds
}

func (s *perplexity) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	value, unknown := s.scorer.perplexity(d.Text)
	d.Mark("perplexity.value", value)
	d.Mark("perplexity.unknown", unknown)
	return s.bounds.judge(d), nil
}

// scorer measures perplexities by one model.
type scorer struct {
	model     *ngram.Model
	by        ngram.Tokens
	normalize bool
	cutter    *sentencepiece.Cutter // instead of by
	line, cut []byte
}

func (s *scorer) open(path, tokens, piecesPath, normalize string) error {
	switch tokens {
	case "words":
		s.by = ngram.Words
	case "pieces":
		if piecesPath == "" {
			return errors.New("give pieces, the file of a SentencePiece model")
		}
		m, err := piecesFiles.load(piecesPath, sentencepiece.Load)
		if err != nil {
			return err
		}
		s.cutter = m.NewCutter()
	case "characters":
		s.by = ngram.Characters
	default:
		return fmt.Errorf("tokens %q, want words, characters or pieces", tokens)
	}
	if tokens != "pieces" && piecesPath != "" {
		return fmt.Errorf("pieces are given, and tokens: %s needs none", tokens)
	}
	switch normalize {
	case "ccnet":
		s.normalize = true
	case "none":
	default:
		return fmt.Errorf("normalize %q, want ccnet or none", normalize)
	}
	if path == "" {
		return errors.New("give model, the file of an n-gram model")
	}
	var err error
	s.model, err = loadNgram(path)
	return err
}

// perplexity measures a text, and the share of its words that are unknown.
func (s *scorer) perplexity(text []byte) (value, unknown float64) {
	var sum ngram.Sum
	if s.cutter != nil {
		if s.normalize {
			s.line = NormalizeCCNet(s.line[:0], text)
			text = s.line
		}
		s.cut = s.cutter.Append(s.cut[:0], text)
		s.model.Sentence(s.cut, ngram.Words, &sum)
		return math.Pow(10, -sum.LogProb/float64(pythonWords(s.cut, sum.Words)+1)), ratio(sum.Unknown, sum.Words)
	}
	lines, words := 0, 0
	for at := 0; at <= len(text); {
		end := at
		for end < len(text) && text[end] != '\n' {
			end++
		}
		line := text[at:end]
		if s.normalize {
			s.line = NormalizeCCNet(s.line[:0], line)
			line = s.line
		}
		before := sum.Words
		s.model.Sentence(line, s.by, &sum)
		if s.by == ngram.Words {
			words += pythonWords(line, sum.Words-before)
		} else {
			words = sum.Words
		}
		lines++
		at = end + 1
	}
	return math.Pow(10, -sum.LogProb/float64(words+lines)), ratio(sum.Unknown, sum.Words)
}

// pythonWords counts the words of a line by what Python calls space, as the peer counts them, given their number by the spaces of
// ASCII, by which the model cuts.
func pythonWords(line []byte, ascii int) int {
	rare := false
	for _, c := range line {
		rare = rare || c >= 0x80 || c < 0x20 && c != '\t'
	}
	if !rare {
		return ascii
	}
	n, inWord := 0, false
	for i := 0; i < len(line); {
		space, size := spaceAt(line, i)
		if !space && !inWord {
			n++
		}
		inWord = !space
		i += size
	}
	return n
}

// fileCache holds what was read from files, by path: large, never changed, and shared by all workers of the process. A file that has
// changed is read anew.
type fileCache[T any] struct {
	lock sync.Mutex
	by   map[string]cachedFile[T]
}

type cachedFile[T any] struct {
	size int64
	time time.Time
	of   T
}

func (c *fileCache[T]) load(path string, read func(path string, limit int64) (T, error)) (of T, err error) {
	stat, err := os.Stat(path)
	if err != nil {
		return of, err
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	if f, ok := c.by[path]; ok && f.size == stat.Size() && f.time.Equal(stat.ModTime()) {
		return f.of, nil
	}
	if of, err = read(path, 0); err != nil {
		return of, err
	}
	if c.by == nil {
		c.by = map[string]cachedFile[T]{}
	}
	c.by[path] = cachedFile[T]{stat.Size(), stat.ModTime(), of}
	return of, nil
}

var (
	ngramFiles   fileCache[*ngram.Model]
	unigramFiles fileCache[*ngram.Unigram]
	piecesFiles  fileCache[*sentencepiece.Model]
)

// loadNgram reads a model once a process.
func loadNgram(path string) (*ngram.Model, error) { return ngramFiles.load(path, ngram.Load) }

// loadUnigram reads counts of words once a process.
func loadUnigram(path string) (*ngram.Unigram, error) {
	return unigramFiles.load(path, ngram.LoadUnigram)
}
