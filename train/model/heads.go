package model

// A model has up to two heads: the vocabulary's, whose logits become the signals LogP and Entropy, and a second one of Scores numbers,
// the signal Value. One number is a value function or a reward; a sequence's is that of its last token, as in Hugging Face's
// LlamaForSequenceClassification, whose score.weight it is. A model that only scores is Tied: it has no other head's weights, and
// computes no logits where no signal of them is wanted.

// signals fills the wanted channels from the last norm's output.
func (m *Decoder[F]) signals(b *Batch, s *Signals) {
	n, a := b.Rows*b.Cols, &m.acts
	a.kept, a.known = 0, s.LogP != nil || s.Entropy != nil
	for lo := 0; a.known && lo < n; lo += a.chunk {
		hi := min(n, lo+a.chunk)
		m.logProbs(b, lo, hi)
		if hi-lo == n {
			a.kept = n
		}
	}
	m.report(n, s)
}

// signalsBack turns gradients of the signals into those of the normed output, which it overwrites, and of the heads. Logits that did
// not fit all at once are computed again.
func (m *Decoder[F]) signalsBack(dnormed []F, b *Batch, g *Grads) {
	n, a := b.Rows*b.Cols, &m.acts
	if g.LogP == nil && g.Entropy == nil {
		clear(dnormed)
	} else {
		if !a.known {
			panic("model: Backward of signals that Forward was not asked for")
		}
		for lo := 0; lo < n; lo += a.chunk {
			hi := min(n, lo+a.chunk)
			if a.kept != n {
				m.multiply(a.logits[:(hi-lo)*m.cfg.Vocab], a.normed[lo*m.cfg.Width:hi*m.cfg.Width], &m.head)
			}
			m.logProbsBack(dnormed, b, lo, hi, g)
		}
	}
	a.kept = 0
	m.valueBack(dnormed, g.Value)
}

// signalsAndBack is signals and signalsBack, chunk by chunk.
func (m *Decoder[F]) signalsAndBack(dnormed []F, b *Batch, s *Signals, g *Grads) {
	n, a := b.Rows*b.Cols, &m.acts
	a.kept = 0
	back := g.LogP != nil || g.Entropy != nil
	a.known = back || s.LogP != nil || s.Entropy != nil
	if !back {
		clear(dnormed)
	}
	for lo := 0; a.known && lo < n; lo += a.chunk {
		hi := min(n, lo+a.chunk)
		m.logProbs(b, lo, hi)
		if back {
			m.logProbsBack(dnormed, b, lo, hi, g)
		}
	}
	m.report(n, s)
	m.valueBack(dnormed, g.Value)
}

// logProbs computes the logits of tokens lo to hi-1 and what is said of them.
func (m *Decoder[F]) logProbs(b *Batch, lo, hi int) {
	a, w, v := &m.acts, m.cfg.Width, m.cfg.Vocab
	logits := a.logits[:(hi-lo)*v]
	m.multiply(logits, a.normed[lo*w:hi*w], &m.head)
	m.o.LogProb(a.logp[lo:hi], a.ent[lo:hi], a.lse[lo:hi], logits, b.Targets[lo:hi], v)
}

// logProbsBack takes gradients of tokens lo to hi-1, whose logits stand there, back through the head.
func (m *Decoder[F]) logProbsBack(dnormed []F, b *Batch, lo, hi int, g *Grads) {
	a, w, v := &m.acts, m.cfg.Width, m.cfg.Vocab
	logits := a.logits[:(hi-lo)*v]
	dlogp, dent := a.none[:hi-lo], []float64(nil)
	if g.LogP != nil {
		dlogp = g.LogP[lo:hi]
	}
	if g.Entropy != nil {
		dent = g.Entropy[lo:hi]
	}
	m.o.LogProbBack(logits, b.Targets[lo:hi], a.ent[lo:hi], a.lse[lo:hi], dlogp, dent, v)
	m.multiplyBack(dnormed[lo*w:hi*w], logits, a.normed[lo*w:hi*w], &m.head)
}

// report copies what is known of n tokens, and asks the second head if its signal is wanted.
func (m *Decoder[F]) report(n int, s *Signals) {
	a, c := &m.acts, m.cfg
	if s.LogP != nil {
		copy(s.LogP, a.logp[:n])
	}
	if s.Entropy != nil {
		copy(s.Entropy, a.ent[:n])
	}
	if s.Value == nil {
		return
	}
	if c.Scores == 0 {
		panic("model: a value is wanted of a model without scores")
	}
	values := a.values[:n*c.Scores]
	m.o.MatMul(false, true, n, c.Scores, c.Width, a.normed[:n*c.Width], m.score.w, 0, values)
	for i, v := range values {
		s.Value[i] = float64(v)
	}
}

// valueBack adds to dnormed and to the gradient of the second head.
func (m *Decoder[F]) valueBack(dnormed []F, dvalue []float64) {
	if dvalue == nil {
		return
	}
	a, c := &m.acts, m.cfg
	if c.Scores == 0 {
		panic("model: a gradient of the value of a model without scores")
	}
	n := len(dnormed) / c.Width
	d := a.values[:n*c.Scores]
	for i := range d {
		d[i] = F(dvalue[i])
	}
	m.o.MatMul(false, false, n, c.Width, c.Scores, d, m.score.w, 1, dnormed)
	m.o.MatMul(true, false, c.Scores, c.Width, n, d, a.normed[:n*c.Width], 1, m.score.g)
}
