package dedup

// counted is a spill that knows how many records each bin has.
type counted struct {
	*spill
	records [][]int64 // by worker and bin
}

// countedWriter is one worker's side of it.
type countedWriter struct {
	w       *spillWriter
	records []int64
	buf     []byte
}

func newCounted(dir, name string, bins, workers int, mem int64) *counted {
	c := &counted{newSpill(dir, name, bins, workers, mem), make([][]int64, workers)}
	for i := range c.records {
		c.records[i] = make([]int64, bins)
	}
	return c
}

func (c *counted) close() {
	if c != nil {
		c.spill.close()
	}
}

// workers are the writers, by worker.
func (c *counted) workers() []*countedWriter {
	all := make([]*countedWriter, len(c.records))
	for i := range all {
		all[i] = &countedWriter{w: c.writers[i], records: c.records[i]}
	}
	return all
}

// record is room for n bytes, to be filled and put.
func (w *countedWriter) record(n int) []byte {
	if cap(w.buf) < n {
		w.buf = make([]byte, 2*n)
	}
	return w.buf[:n]
}

func (w *countedWriter) put(bin int, record []byte) error {
	w.records[bin]++
	return w.w.put(bin, record)
}

// count is the records of a bin.
func (c *counted) count(bin int) (n int64) {
	for _, w := range c.records {
		n += w[bin]
	}
	return n
}

// total is the records of all bins.
func (c *counted) total() (n int64) {
	for bin := range c.bins {
		n += c.count(bin)
	}
	return n
}

// read calls f with the pieces of a bin, which hold whole records, and returns buf, which may have grown.
func (c *counted) read(bin int, buf []byte, f func([]byte) error) ([]byte, error) {
	return c.each(bin, buf, func(_ int, _ int64, b []byte) error { return f(b) })
}
