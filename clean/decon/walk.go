package decon

// walk follows a question through a text, in one direction and then in the other, over gaps: words that were put in, left out or changed.
type walk struct {
	f             *Finder
	question      span
	a, b          int     // the next word of the text, and of the index
	lost, allowed float64 // weight of what is not there
}

// skipped is how much more of a question than of a text a gap may leave out.
const skipped = 4

// right goes on to the end of the question, unless more is lost than allowed. It returns where the part of the text ends that is of the
// question, and where the words ended that followed without a gap.
func (w *walk) right() (end, seen int) {
	hash, words, opt := w.f.list.hash, w.f.ix.words, &w.f.ix.opt
	to, first := int(w.question.to), true
	spoiled := int(w.question.from) // runs that begin before it are counted as lost already
	for {
		for w.a < len(hash) && w.b < to && uint32(hash[w.a]) == words[w.b] {
			w.a++
			w.b++
		}
		if first {
			seen, first = w.a, false
		}
		if w.b == to {
			return w.a, seen
		}
		da, db, found := w.f.rejoin(w.a, w.b, to, 1)
		upTo := to
		if found {
			upTo = w.b + db
		}
		from := w.b
		if opt.Unit == "ngrams" {
			from = max(spoiled, w.b-opt.N+1)
			spoiled = upTo
		}
		w.lose(from, upTo, da-db)
		if !found || w.lost > w.allowed {
			return w.a, seen
		}
		w.a += da
		w.b += db
	}
}

// left goes back to the beginning of the question, and returns where it begins in the text.
func (w *walk) left() (start int) {
	hash, words, opt := w.f.list.hash, w.f.ix.words, &w.f.ix.opt
	from := int(w.question.from)
	spoiled := int(w.question.to)
	for {
		for w.a > 0 && w.b > from && uint32(hash[w.a-1]) == words[w.b-1] {
			w.a--
			w.b--
		}
		if w.b == from {
			return w.a
		}
		da, db, found := w.f.rejoin(w.a, w.b, from, -1)
		downTo := from
		if found {
			downTo = w.b - db
		}
		to := w.b
		if opt.Unit == "ngrams" {
			start := max(from, downTo-opt.N+1)
			w.lose(start, min(spoiled, to), 0)
			spoiled = start
		} else {
			w.lose(downTo, to, da-db)
		}
		if !found || w.lost > w.allowed {
			return w.a
		}
		w.a -= da
		w.b -= db
	}
}

// lose counts what is not there; of the words that were put in, what they are more than those they replace weighs as the question does on
// average.
func (w *walk) lose(from, to, more int) {
	ix := w.f.ix
	w.lost += ix.sum(uint32(from), uint32(max(from, to)))
	if more > 0 && ix.opt.Unit == "words" {
		w.lost += float64(more) * ix.sum(w.question.from, w.question.to) / float64(w.question.len())
	}
}

// rejoin finds how many words of the text (da) and of the question (db) must be left out until the two agree again, on two words or up to
// the end of the question. Forward (step 1) it starts at a and b, back (step -1) at the words before them; end is where the question ends.
func (f *Finder) rejoin(a, b, end, step int) (da, db int, found bool) {
	hash, words := f.list.hash, f.ix.words
	gap := f.ix.opt.gap()
	rest, room := (end-b)*step, len(hash)-a
	if step < 0 {
		room = a
		a, b = a-1, b-1
	}
	for out := 1; out <= gap*(1+skipped); out++ {
		for k := range out + 1 {
			da = (out + k + 1) / 2 // those that leave out as much of one as of the other come first
			if k&1 != 0 {
				da = (out - k) / 2
			}
			db = out - da
			if da < 0 || da > gap || db > gap*skipped || da >= room || db >= rest {
				continue
			}
			if uint32(hash[a+da*step]) != words[b+db*step] {
				continue
			}
			if db+1 == rest || da+1 < room && uint32(hash[a+(da+1)*step]) == words[b+(db+1)*step] {
				return da, db, true
			}
		}
	}
	return 0, 0, false
}
