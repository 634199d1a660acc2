package ingest

import (
	"errors"
	"fmt"
	"io"
)

// records reads until the end of the range.
func (r *warcReader) records() error {
	for {
		err := r.record()
		var hurt *damage
		switch {
		case err == nil:
		case err == io.EOF:
			return nil
		case errors.As(err, &hurt):
			if err := r.repair(hurt); err != nil {
				if err == io.EOF {
					return nil
				}
				return err
			}
		default:
			return err
		}
	}
}

// repair counts the record that a damaged member cost and goes to the next sound one.
func (r *warcReader) repair(hurt *damage) error {
	r.start = hurt.at
	if r.f.exact {
		return r.last("", hurt.err)
	}
	next, err := r.b.find(hurt.at+1, r.b.size)
	if err != nil {
		return err
	}
	reason := "bad-" + r.b.codec.short()
	if hurt.reason != "" {
		reason = hurt.reason
	}
	switch {
	case errors.Is(hurt, errBomb):
		reason = "bomb"
	case next < 0 && hurt.cut && (hurt.reason == "" || hurt.reason == "bad-length"):
		reason = "truncated"
	case next < 0 && errors.Is(hurt, errNoMember):
		reason = "trailing-garbage"
	}
	if err := r.skip(reason, hurt.err); err != nil {
		return err
	}
	if next < 0 || r.beyond(next) {
		return io.EOF
	}
	return r.b.seek(next)
}

// record reads one record and what lies before it. io.EOF ends the range.
func (r *warcReader) record() error {
	for {
		if r.b.between() && r.to > 0 {
			if err := r.b.skipFrames(); err != nil {
				return err
			}
			if at := r.b.offset(); r.beyond(at) && at < r.b.size && (r.f.exact || r.b.startsRecord(at)) {
				return io.EOF
			}
		}
		_, err := skipNewlines(&r.b)
		if err == nil {
			break
		}
		if err != errMember {
			return err
		}
	}
	if !r.b.packed() && r.beyond(r.b.at) {
		return io.EOF
	}
	r.start = r.b.place()
	h, lines, err := readHeader(&r.b, r.head)
	r.head = lines
	switch {
	case err == errHeader:
		return r.resync("resync", nil)
	case err == errLongLine:
		return r.resync("bad-header", fmt.Errorf("more than %d bytes", maxWARCHeader))
	case err == io.EOF:
		if len(lines) > 0 && r.b.nextRecord(lines) != 0 {
			return errors.Join(r.skip("resync", nil), io.EOF)
		}
		return r.last("truncated", io.ErrUnexpectedEOF)
	case err != nil:
		return err
	case h.lengthErr != nil:
		return r.resync("bad-length", h.lengthErr)
	case h.length > r.b.room():
		return r.resync("bad-length", fmt.Errorf("%d bytes, of which at most %d are there", h.length, r.b.room()))
	}
	return r.sound(&h)
}

// last counts a bad record after which nothing comes. In a range that an index names there was to be a sound one.
func (r *warcReader) last(reason string, cause error) error {
	if r.f.exact {
		reason = "bad-range"
	}
	if err := r.skip(reason, cause); err != nil {
		return err
	}
	return io.EOF
}

// sound reads the block of a record, checks that a record may end there, and rules on it. Of a block that is too large to be held
// only the start is.
func (r *warcReader) sound(h *warcHeader) error {
	held := h.length
	if held > maxPayload {
		held = 64 << 10
	}
	var err error
	if r.block, err = r.b.block(r.block, held); err == nil {
		err = r.b.discard(h.length - held)
	}
	if err == io.ErrUnexpectedEOF {
		if r.crossed() { // the length may be a lie that ate whole members
			return &damage{at: r.start, cut: true, reason: "bad-length", err: err}
		}
		if k := r.b.nextRecord(r.block); k >= 0 {
			r.line = r.line[:0]
			return r.again(k, err)
		}
		return r.last("truncated", err)
	}
	if err != nil {
		return err
	}
	ok, err := r.ends()
	if err != nil {
		return err
	}
	if !ok {
		if r.crossed() {
			return &damage{at: r.start, reason: "bad-length", err: errEnd}
		}
		if k := r.b.nextRecord(r.block); k >= 0 {
			return r.again(k, nil)
		}
		return r.resync("bad-length", errEnd)
	}
	return r.rule(h)
}

var errEnd = errors.New("the record does not end there")

// crossed reports that a record has gone on into another member than the one that it starts in. Where such a record is damaged the
// next one is looked for at the start of a member, so that it is found by whichever unit that member belongs to.
func (r *warcReader) crossed() bool { return r.b.packed() && r.b.member != r.start }

// again goes back to a record that starts within the block, of which line holds the line ends that were read after it.
func (r *warcReader) again(k int, cause error) error {
	if err := r.skip("bad-length", cause); err != nil {
		return err
	}
	r.b.unread(append(r.block[k:], r.line...))
	return nil
}

// ends reports whether a record may end here: at a line end that a record follows, at a record, the end of a member or of the file. A member is left if
// nothing else is in it, so that its checksum has been compared.
func (r *warcReader) ends() (bool, error) {
	for r.line = r.line[:0]; ; {
		c, err := r.b.in.ReadByte()
		switch {
		case err == errMember || err == io.EOF:
			return true, nil
		case err != nil:
			return false, err
		case c == '\r' || c == '\n':
			r.b.at++
			if len(r.line) < 4 { // more are no part of a record
				r.line = append(r.line, c)
			}
			continue
		}
		if err := r.b.in.UnreadByte(); err != nil {
			return false, err
		}
		if r.startsHere() {
			return true, nil
		}
		return len(r.line) > 0 && r.b.nextRecord(r.block) < 0, nil // garbage follows, but the length did not eat a record
	}
}

// startsHere reports whether the next bytes begin a record.
func (r *warcReader) startsHere() bool {
	if r.b.arc {
		next, _ := r.b.in.Peek(maxARCLine)
		return startsARC(next)
	}
	next, _ := r.b.in.Peek(5)
	return string(next) == "WARC/"
}

// resync counts a bad record and reads on to the first line of the next. Where none follows a cut was the cause.
func (r *warcReader) resync(reason string, cause error) error {
	for {
		var err error
		r.line, err = r.b.appendLine(r.line[:0], maxWARCHeader)
		if err == io.EOF && r.crossed() {
			return &damage{at: r.start, reason: reason, err: cause}
		}
		if err == io.EOF {
			if reason == "bad-length" && !r.b.packed() {
				reason = "truncated"
			}
			return r.last(reason, cause)
		}
		if err != nil && err != errLongLine {
			return err
		}
		if r.crossed() {
			return &damage{at: r.start, reason: reason, err: cause}
		}
		if err == nil && r.b.isStart(r.line) {
			r.b.unread(r.line)
			if r.f.exact { // what follows is another record than the index meant
				return r.last(reason, cause)
			}
			return r.skip(reason, cause)
		}
	}
}
