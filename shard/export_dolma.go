package shard

import (
	"encoding/json"
	"fmt"
	"sort"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/seed-83c59573/quern"
)

// Dolma writes documents and what was measured on them as the Dolma toolkit lays them out: documents/<name>.jsonl.gz, and beside it, row
// for row, attributes/<experiment>/<name>.jsonl.gz with lists of [start, end, score] in characters under
// "<experiment>__<rule>__<fact>". A fact covers the whole text; spans are those that were found in it as it came.
type Dolma struct {
	experiment            string
	documents, attributes *blob
	docs, attrs           *gzip.Writer
	docsOut               int64
}

// NewDolma opens the two files.
func NewDolma(dir quern.Dir, experiment, name string) (*Dolma, error) {
	d := &Dolma{experiment: experiment}
	var err error
	if d.documents, err = create(dir, "documents/"+name+".jsonl.gz"); err != nil {
		return nil, err
	}
	if d.attributes, err = create(dir, "attributes/"+experiment+"/"+name+".jsonl.gz"); err != nil {
		d.documents.abort()
		return nil, err
	}
	d.docs, d.attrs = gzip.NewWriter(d.documents), gzip.NewWriter(d.attributes)
	return d, nil
}

type dolmaDocument struct {
	ID       string          `json:"id"`
	Text     string          `json:"text"`
	Source   string          `json:"source"`
	Created  string          `json:"created,omitempty"`
	Metadata json.RawMessage `json:"metadata"`
}

// Put writes a document as it came and the facts of it. A document whose facts are another's is an error.
func (w *Dolma) Put(d *quern.Doc, r *FactRow) error {
	if d.ID.String() != r.ID {
		return fmt.Errorf("document %s has the facts of %s beside it", d.ID, r.ID)
	}
	meta, err := json.Marshal(map[string]any{"url": d.Origin, "language": r.Lang, "license": d.License, "domain": d.Domain, "verdict": r.Verdict, "bucket": r.Bucket})
	if err != nil {
		return err
	}
	doc, err := json.Marshal(dolmaDocument{r.ID, string(d.Text), d.Source, d.Time, meta})
	if err != nil {
		return err
	}
	attributes, err := w.attributesOf(d.Text, r)
	if err != nil {
		return err
	}
	attrs, err := json.Marshal(map[string]any{"id": r.ID, "attributes": attributes})
	if err != nil {
		return err
	}
	if _, err := w.docs.Write(append(doc, '\n')); err != nil {
		return err
	}
	w.docsOut++
	_, err = w.attrs.Write(append(attrs, '\n'))
	return err
}

func (w *Dolma) attributesOf(text []byte, r *FactRow) (map[string][][3]float64, error) {
	all := map[string][][3]float64{}
	end := float64(utf8.RuneCount(text))
	for _, name := range r.Names() {
		if v, ok := r.Fact(name); ok {
			all[w.key(name)] = [][3]float64{{0, end, v}}
		}
	}
	if r.Spans == "" {
		return all, nil
	}
	var spans map[string][][3]float64
	if err := json.Unmarshal([]byte(r.Spans), &spans); err != nil {
		return nil, fmt.Errorf("document %s: spans: %w", r.ID, err)
	}
	for name, list := range spans {
		chars, err := inCharacters(text, list)
		if err != nil {
			return nil, fmt.Errorf("document %s: %s: %w", r.ID, name, err)
		}
		all[w.key(name)] = chars
	}
	return all, nil
}

func (w *Dolma) key(name string) string {
	for i := range len(name) {
		if name[i] == '.' {
			return w.experiment + "__" + name[:i] + "__" + name[i+1:]
		}
	}
	return w.experiment + "__quern__" + name
}

// inCharacters turns offsets in bytes into offsets in code points, as Python counts them.
func inCharacters(text []byte, spans [][3]float64) ([][3]float64, error) {
	var at []int
	for _, s := range spans {
		for _, b := range s[:2] {
			if b < 0 || b > float64(len(text)) || s[1] < s[0] {
				return nil, fmt.Errorf("[%v, %v) is not in a text of %d bytes", s[0], s[1], len(text))
			}
			at = append(at, int(b))
		}
	}
	sort.Ints(at)
	chars, n, from := map[int]int{}, 0, 0
	for _, b := range at {
		n += utf8.RuneCount(text[from:b])
		from, chars[b] = b, n
	}
	out := make([][3]float64, len(spans))
	for i, s := range spans {
		out[i] = [3]float64{float64(chars[int(s[0])]), float64(chars[int(s[1])]), s[2]}
	}
	return out, nil
}

// Commit makes both files durable.
func (w *Dolma) Commit() (docs int64, err error) {
	for _, f := range []struct {
		z *gzip.Writer
		b *blob
	}{{w.docs, w.documents}, {w.attrs, w.attributes}} {
		if err = f.z.Close(); err == nil {
			_, err = f.b.commit()
		}
		if err != nil {
			w.Abort()
			return 0, err
		}
	}
	return w.docsOut, nil
}

// Abort leaves no trace.
func (w *Dolma) Abort() {
	w.documents.abort()
	w.attributes.abort()
}
