package ngram

import "math"

// Model is a language model, read-only once it is there.
type Model struct {
	order  int
	counts []uint64 // n-grams by order, as the file says
	bound  uint32   // numbers of words are below
	bos    uint32
	eos    uint32
	words  []byte // each word and a 0 behind it, by number; nil if the file does not have them

	image   []byte // the file, or what it would be
	vocab   table  // of a probing model
	uni     []byte
	middle  []table
	longest table

	trie *trie // instead of the tables
}

// State is what a model remembers of the words so far, the newest first.
type State struct {
	words   [MaxOrder - 1]uint32
	backoff [MaxOrder - 1]float32
	length  int
}

// Order is the length of the longest n-grams.
func (m *Model) Order() int { return m.order }

// Counts tells how many n-grams of each order there are, from 1.
func (m *Model) Counts() []uint64 { return append([]uint64(nil), m.counts...) }

// Index is the number of a word, 0 for one that the model does not know.
func (m *Model) Index(word []byte) uint32 {
	h := hashWord(word)
	if m.trie != nil {
		return m.trie.index(h)
	}
	if at := m.vocab.find(h); at >= 0 {
		return leUint32(m.vocab.data[at:])
	}
	return 0
}

// End is the number of the end of a sentence.
func (m *Model) End() uint32 { return m.eos }

// Begin sets s to the begin of a sentence.
func (m *Model) Begin(s *State) {
	s.length = min(1, m.order-1)
	s.words[0] = m.bos
	if m.trie != nil {
		s.backoff[0] = getFloat(m.trie.uni[int(m.bos)*trieUnigram+4:])
		return
	}
	s.backoff[0] = getFloat(m.uni[int(m.bos)*unigramEntry+4:])
}

// Score gives the log10 probability of a word behind in, the length of the n-gram that it was found by, and what to hand in for
// the next word. The states must be two. A word's number must come from Index or End.
func (m *Model) Score(in *State, word uint32, out *State) (logProb float32, length int) {
	if m.trie != nil {
		return m.trie.score(m.order, in, word, out)
	}
	at := int(word) * unigramEntry
	bits := leUint32(m.uni[at:])
	out.words[0] = word
	out.backoff[0] = getFloat(m.uni[at+4:])
	out.length = 0
	if hasExtension(out.backoff[0]) {
		out.length = 1
	}
	length = 1
	node := uint64(word)
	for i := 0; i < in.length && bits&signBit == 0; i++ {
		node = chain(node, in.words[i])
		if i == m.order-2 {
			if at := m.longest.find(node); at >= 0 {
				bits, length = leUint32(m.longest.data[at:]), m.order
			}
			break
		}
		t := &m.middle[i]
		at := t.find(node)
		if at < 0 {
			break
		}
		bits = leUint32(t.data[at:])
		b := getFloat(t.data[at+4:])
		out.backoff[i+1] = b
		length = i + 2
		if hasExtension(b) {
			out.length = length
		}
	}
	return finish(in, out, math.Float32frombits(bits|signBit), length), length
}

// finish carries the words over that the next state needs and charges the backoffs of the contexts that were not found.
func finish(in, out *State, p float32, length int) float32 {
	for i := 1; i < out.length; i++ {
		out.words[i] = in.words[i-1]
	}
	for i := length - 1; i < in.length; i++ {
		p += in.backoff[i]
	}
	return p
}

// Sum is the score of a text.
type Sum struct {
	LogProb float64 // log10, the ends of sentences included
	Words   int     // without the ends of sentences
	Unknown int
}

// Perplexity is 10 to the power of the mean negative log10 probability of a word or end of sentence, given the number of
// sentences.
func (s Sum) Perplexity(sentences int) float64 {
	if s.Words+sentences == 0 {
		return 0
	}
	return math.Pow(10, -s.LogProb/float64(s.Words+sentences))
}

// Sentence adds the score of a line of tokens between the begin and the end of a sentence.
func (m *Model) Sentence(line []byte, by Tokens, sum *Sum) {
	var states [2]State
	m.Begin(&states[0])
	k := 0
	for at := 0; ; {
		from, to := by.next(line, at)
		if from == to {
			break
		}
		at = to
		word := uint32(0)
		if by == Characters && isSpace(line[from]) {
			word = m.Index(spaceToken)
		} else {
			word = m.Index(line[from:to])
		}
		if word == 0 {
			sum.Unknown++
		}
		p, _ := m.Score(&states[k], word, &states[1-k])
		sum.LogProb += float64(p)
		sum.Words++
		k = 1 - k
	}
	p, _ := m.Score(&states[k], m.eos, &states[1-k])
	sum.LogProb += float64(p)
}

func leUint32(b []byte) uint32 {
	_ = b[3]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}
