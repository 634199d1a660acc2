package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/decode"
)

// text is a document to measure.
type text struct {
	domain string
	tokens []int32
	bytes  int
}

// bitsPerByte sums what every token of every document costs, the first as well: the token that ends documents stands before it. A
// window sees as much as the model's context and goes on by Stride tokens, of which each is predicted with all that stands before it
// in its window: Hugging Face's recipe for perplexities of models of fixed length, and with the largest stride
// lm-evaluation-harness's rolling log-likelihood. Denominators are bytes of text.
func (r *Runner) bitsPerByte(ctx context.Context, t Task, res *Result) error {
	docs, read, err := r.texts(t)
	if err != nil {
		return err
	}
	if res.Digest, err = digestOf(read); err != nil {
		return err
	}
	width := r.engine.Context()
	stride := t.Stride
	if stride == 0 {
		stride = width
	}
	if stride > width {
		return fmt.Errorf("a stride of %d tokens, a window has %d", stride, width)
	}
	res.Options = map[string]any{"window": width, "stride": stride}
	var rs []*decode.Request
	var of []int
	for i, d := range docs {
		x := append([]int32{r.prefix}, d.tokens...)
		for done, end := 0, min(width, len(d.tokens)); done < len(d.tokens); end = min(end+stride, len(d.tokens)) {
			from := max(0, end-width)
			rs = append(rs, &decode.Request{Prompt: x[from : end+1], From: done + 1 - from, Options: decode.Greedy(0)})
			of = append(of, i)
			done = end
		}
	}
	if err := r.run(ctx, rs); err != nil {
		return err
	}
	bits, nats, bytes, tokens := make([]float64, len(docs)), make([]float64, len(docs)), make([]float64, len(docs)), make([]float64, len(docs))
	for k, q := range rs {
		for _, s := range q.Scores {
			nats[of[k]] -= s.LogP
		}
	}
	var by groups
	for i, d := range docs {
		bits[i], bytes[i], tokens[i] = nats[i]/math.Ln2, float64(d.bytes), float64(len(d.tokens))
		by.add(d.domain, i)
	}
	metrics := func(rows []int) []Metric {
		perToken := ratio("perplexity", pick(nats, rows), pick(tokens, rows))
		perToken.Value = math.Exp(perToken.Value)
		perToken.StdErr *= perToken.Value
		size := ratio("bytes_per_token", pick(bytes, rows), pick(tokens, rows))
		return []Metric{ratio("bits_per_byte", pick(bits, rows), pick(bytes, rows)), perToken, size}
	}
	all := make([]int, len(docs))
	for i := range all {
		all[i] = i
	}
	res.Metrics, res.Groups = metrics(all), by.list(metrics)
	return nil
}

// texts reads documents: rows of JSONL with a text, and a domain or a source if they say so; whole files of any other kind, each its
// own domain if they are several; the validation split of a corpus by its domains.
func (r *Runner) texts(t Task) (docs []text, read []string, err error) {
	if _, err := os.Stat(filepath.Join(t.Path, quern.ManifestName)); err == nil {
		return r.corpus(t)
	}
	if read, err = files(t.Path); err != nil {
		return nil, nil, err
	}
	for _, path := range read {
		name := filepath.Base(path)
		if !strings.Contains(name, ".jsonl") {
			d, err := r.file(path)
			if err != nil {
				return nil, nil, err
			}
			docs = append(docs, d)
			continue
		}
		n := 0
		err := data.Lines(path, maxLine, func(_ int, b []byte) error {
			if n++; t.Limit > 0 && n > t.Limit {
				return nil
			}
			var row struct {
				Text           *string
				Domain, Source string
			}
			if err := json.Unmarshal(b, &row); err != nil {
				return err
			}
			if row.Text == nil {
				return errors.New("no text")
			}
			if *row.Text == "" {
				return nil
			}
			domain := row.Domain
			if domain == "" {
				domain = row.Source
			}
			if domain == "" {
				domain = name
			}
			docs = append(docs, text{domain, r.encode(*row.Text), len(*row.Text)})
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	if len(docs) == 0 {
		return nil, nil, errors.New("no text")
	}
	return docs, read, nil
}

// maxFile is the largest file that is one document.
const maxFile = 1 << 30

func (r *Runner) file(path string) (text, error) {
	info, err := os.Stat(path)
	if err != nil {
		return text{}, err
	}
	if info.Size() > maxFile {
		return text{}, fmt.Errorf("%s: %d bytes: a file that is one document has %d at most; use JSONL", path, info.Size(), maxFile)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return text{}, err
	}
	if len(b) == 0 {
		return text{}, fmt.Errorf("%s: no text", path)
	}
	return text{filepath.Base(path), r.encode(string(b)), len(b)}, nil
}

// corpus reads the validation split of a dataset of tokens, all of it if there is none. The tokens must be this tokenizer's.
func (r *Runner) corpus(t Task) (docs []text, read []string, err error) {
	dir := quern.Local(t.Path)
	m, err := quern.LoadManifest(dir)
	if err != nil {
		return nil, nil, err
	}
	var shards []quern.Shard
	for _, s := range m.Shards {
		if strings.HasPrefix(s.Name, "validation-") {
			shards = append(shards, s)
		}
	}
	if len(shards) == 0 {
		shards = m.Shards
	}
	reader, err := shard.OpenTokens(dir, shards)
	if err != nil {
		return nil, nil, err
	}
	defer reader.Close()
	labels := shard.OpenLabels(dir, shards) // nil: it has no Parquet, which alone knows domains
	if labels != nil {
		defer labels.Close()
	}
	err = reader.Rows(func(doc int64, row *shard.TokenRow) error {
		if t.Limit > 0 && doc >= int64(t.Limit) {
			return nil
		}
		var d quern.Doc
		if err := reader.Fetch(int(doc), &d); err != nil {
			return err
		}
		if labels != nil {
			if err := labels.Next(&d); err != nil {
				return err
			}
		}
		if n := len(d.Tokens); n > 0 && int32(d.Tokens[n-1]) == r.prefix {
			d.Tokens = d.Tokens[:n-1]
		}
		x := text{domain: d.Domain, bytes: int(row.Bytes)}
		for _, id := range d.Tokens {
			if int(id) >= r.tok.Vocab() {
				return fmt.Errorf("document %d has token %d, the tokenizer has %d: the corpus is another tokenizer's", doc, id, r.tok.Vocab())
			}
			x.tokens = append(x.tokens, int32(id))
		}
		if len(x.tokens) > 0 {
			docs = append(docs, x)
		}
		return nil
	})
	if err == nil && len(docs) == 0 {
		err = errors.New("no documents")
	}
	return docs, []string{filepath.Join(t.Path, quern.ManifestName)}, err
}
