package extract

import "bytes"

// says is what the first words of a short block say about it, and the words behind its last bracket, bar or © sign.
func (d *decider) says(b *block) phrase {
	if b.words > maxSaying {
		return 0
	}
	d.foldStart(b, firstLook)
	kinds, n, whole, open := phrases.match(d.folded)
	if n > 0 || open {
		d.foldStart(b, maxPhrase)
		kinds, n, whole, _ = phrases.match(d.folded)
	}
	text := d.folded
	var says phrase
	strong := n > 0 && (whole || telling(text[:n]))
	if kinds&pAway != 0 && (strong || !b.ended) || kinds&pWeak != 0 && !b.ended && b.words < 12 {
		says |= pAway
	}
	if kinds&pSection != 0 && b.words < 9 && (whole || strong && b.words < 7) {
		says |= pSection | pAway
	}
	if kinds&pCredit != 0 && strong || d.creditEnds(b) {
		says |= pCredit
	}
	return says
}

// firstLook is how much of a block shows that it begins with no phrase, nearly always.
const firstLook = 12

// foldStart folds up to limit bytes of the start of a block.
func (d *decider) foldStart(b *block, limit int) {
	d.folded = d.folded[:0]
	for k := b.first; k <= b.last && len(d.folded) < limit; k++ {
		if nd := &d.nodes[k]; nd.tag == tNone && nd.words > 0 {
			d.folded = appendFold(d.folded, d.src[nd.a:nd.b], limit)
			d.folded = phraseGap(d.folded)
		}
	}
	d.folded = bytes.TrimRight(d.folded, " ")
}

// maxSaying is the most words of a block that is judged by its first words.
const maxSaying = 45

// maxCredit is how far from a block's end a credit begins at most, in bytes.
const maxCredit = 80

// creditEnds reports whether the block ends as a caption does, in "(Image: Getty)", "| Photo: A. Writer" or "© Agency".
func (d *decider) creditEnds(b *block) bool {
	nd := &d.nodes[b.last]
	if nd.tag != tNone || nd.words == 0 {
		return false
	}
	s := d.src[nd.a:nd.b]
	s = s[max(0, len(s)-maxCredit):]
	for i := range s {
		switch s[i] {
		case '(', '|', '/', '[':
		case '.':
			if i+1 == len(s) || s[i+1] != ' ' {
				continue
			}
		case 0xA9: // the second byte of ©
			if i == 0 || s[i-1] != 0xC2 {
				continue
			}
			return true
		default:
			continue
		}
		d.folded = appendFold(d.folded[:0], s[i+1:], maxPhrase/2)
		kinds, n, whole, _ := phrases.match(d.folded)
		if kinds&pCredit != 0 && (whole || telling(d.folded[:n]) || len(d.folded) < n+16) {
			return true
		}
	}
	return false
}
