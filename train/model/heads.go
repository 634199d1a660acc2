package model

// A model has up to two heads: the vocabulary's, whose logits become the signals LogP and Entropy, and a second one of Scores numbers,
// the signal Value. One number is a value function or a reward; a sequence's is that of its last token, as in Hugging Face's
// LlamaForSequenceClassification, whose score.weight it is. A model that only scores is Tied: it has no other head's weights, and
// computes no logits where no signal of them is wanted.

// signals fills the wanted channels from the last norm's output.
func (m *Decoder[F]) signals(b *Batch, s *Signals) {
	a := &m.acts
	m.choose(b, s, &Grads{})
	n := len(a.targets)
	for lo := 0; lo < n; lo += a.chunk {
		m.logProbs(lo, min(n, lo+a.chunk))
	}
	if n <= a.chunk {
		a.kept = n
	}
	m.report(b, s)
}

// signalsBack turns gradients of the signals into those of the normed output, which it overwrites, and of the heads. Logits that did
// not fit all at once are computed again.
func (m *Decoder[F]) signalsBack(dnormed []F, b *Batch, g *Grads) {
	a := &m.acts
	if g.LogP == nil && g.Entropy == nil {
		clear(dnormed)
	} else {
		if g.LogP != nil && !a.known || g.Entropy != nil && !a.entropy {
			panic("model: Backward of signals that Forward was not asked for")
		}
		n := len(a.targets)
		for lo := 0; lo < n; lo += a.chunk {
			hi := min(n, lo+a.chunk)
			if a.kept != n {
				m.headLogits(lo, hi)
			}
			m.logProbsBack(dnormed, lo, hi, g)
		}
		m.spread(dnormed)
	}
	a.kept = 0
	m.valueBack(dnormed, g.Value)
}

// signalsAndBack is signals and signalsBack, chunk by chunk.
func (m *Decoder[F]) signalsAndBack(dnormed []F, b *Batch, s *Signals, g *Grads) {
	a := &m.acts
	m.choose(b, s, g)
	back := g.LogP != nil || g.Entropy != nil
	n := len(a.targets)
	for lo := 0; lo < n; lo += a.chunk {
		hi := min(n, lo+a.chunk)
		m.logProbs(lo, hi)
		if back {
			m.logProbsBack(dnormed, lo, hi, g)
		}
	}
	if back {
		m.spread(dnormed)
	} else {
		clear(dnormed)
	}
	m.report(b, s)
	m.valueBack(dnormed, g.Value)
}

// choose finds the tokens whose logits are wanted: rows tells where they stand, and head is their normed output. These are all for
// their entropy, else those with a target where these are few, as where prompts are not trained. (Few, since sums over tokens are cut
// by their number: what accumulates gradients of batches without gaps gets the bits of one large batch.)
func (m *Decoder[F]) choose(b *Batch, s *Signals, g *Grads) {
	a, w := &m.acts, m.cfg.Width
	n, count := b.Rows*b.Cols, 0
	a.kept, a.entropy = 0, s.Entropy != nil || g.Entropy != nil
	a.known = a.entropy || s.LogP != nil || g.LogP != nil
	a.rows, a.targets, a.head = a.rows[:0], a.targets[:0], a.normed[:n*w]
	if !a.known {
		return
	}
	for _, t := range b.Targets {
		if t >= 0 {
			count++
		}
	}
	all := a.entropy || 4*count > 3*n
	for i, t := range b.Targets {
		if t >= 0 || all {
			a.rows, a.targets = append(a.rows, int32(i)), append(a.targets, t)
		}
	}
	if !all {
		a.head = a.dx[:count*w] // which backward needs later only
		m.o.Embed(a.head, a.normed, a.rows, w)
	}
}

// spread moves gradients of chosen tokens, which stand one behind the other, to where these belong, and zeros to where the others are.
func (m *Decoder[F]) spread(x []F) {
	rows, w := m.acts.rows, m.cfg.Width
	if len(rows)*w == len(x) {
		return
	}
	end := len(x)
	for i := len(rows) - 1; i >= 0; i-- {
		at := int(rows[i]) * w
		clear(x[at+w : end])
		copy(x[at:at+w], x[i*w:])
		end = at
	}
	clear(x[:end])
}

// headLogits computes the logits of chosen tokens lo to hi-1.
func (m *Decoder[F]) headLogits(lo, hi int) {
	a, w := &m.acts, m.cfg.Width
	m.multiply(a.logits[:(hi-lo)*m.cfg.Vocab], a.head[lo*w:hi*w], &m.head)
}

// logProbs computes the logits of chosen tokens lo to hi-1 and what is said of them.
func (m *Decoder[F]) logProbs(lo, hi int) {
	a, v := &m.acts, m.cfg.Vocab
	m.headLogits(lo, hi)
	var ent []float64
	if a.entropy {
		ent = a.ent[lo:hi]
	}
	m.o.LogProb(a.logp[lo:hi], ent, a.lse[lo:hi], a.logits[:(hi-lo)*v], a.targets[lo:hi], v)
}

// logProbsBack takes gradients of chosen tokens lo to hi-1, whose logits stand there, back through the head.
func (m *Decoder[F]) logProbsBack(dnormed []F, lo, hi int, g *Grads) {
	a, w, v := &m.acts, m.cfg.Width, m.cfg.Vocab
	logits := a.logits[:(hi-lo)*v]
	dlogp, ent, dent := a.dlogp[:hi-lo], []float64(nil), []float64(nil)
	clear(dlogp)
	if g.LogP != nil {
		for i, row := range a.rows[lo:hi] {
			dlogp[i] = g.LogP[row]
		}
	}
	if g.Entropy != nil { // and all tokens are chosen
		ent, dent = a.ent[lo:hi], g.Entropy[lo:hi]
	}
	m.o.LogProbBack(logits, a.targets[lo:hi], ent, a.lse[lo:hi], dlogp, dent, v)
	m.multiplyBack(dnormed[lo*w:hi*w], logits, a.head[lo*w:hi*w], &m.head)
}

// report copies what is known of a batch's tokens, and asks the second head if its signal is wanted.
func (m *Decoder[F]) report(b *Batch, s *Signals) {
	a, c, n := &m.acts, m.cfg, b.Rows*b.Cols
	if s.LogP != nil {
		clear(s.LogP[:n])
		for i, row := range a.rows {
			s.LogP[row] = a.logp[i]
		}
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
