package eval

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/seed-83c59573/quern/train/decode"
)

// problem is a row of GSM8K (Cobbe et al., 2021): the answer ends with "#### " and a number.
type problem struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

// How a number is found in what the model says, and what is left out when two are compared (lm-evaluation-harness, tasks/gsm8k).
var (
	strictAnswer   = regexp.MustCompile(`#### (\-?[0-9.,]+)`)
	flexibleAnswer = regexp.MustCompile(`(-?[$0-9.,]{2,})|(-?[0-9]+)`)
	beforeAnswer   = regexp.MustCompile(`(?s).*#### `)
	gsmStops       = []string{"Question:", "</s>", "<|im_end|>"}
)

const noAnswer = "[invalid]"

func strict(s string) string {
	if m := strictAnswer.FindStringSubmatch(s); m != nil {
		return strings.TrimSpace(m[1])
	}
	return noAnswer
}

func flexible(s string) string {
	if all := flexibleAnswer.FindAllString(s, -1); len(all) > 0 {
		return strings.TrimSpace(all[len(all)-1])
	}
	return noAnswer
}

func bare(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, ",", ""), "$", "")
	return strings.ToLower(strings.TrimSuffix(beforeAnswer.ReplaceAllString(s, ""), "."))
}

// gsm8k asks after solved problems, takes the likeliest tokens, and compares the number: behind "####" (strict), or the last of all
// (flexible).
func (r *Runner) gsm8k(ctx context.Context, t Task, res *Result) error {
	check := func(p *problem) error {
		if p.Question == "" || !strings.Contains(p.Answer, "#### ") {
			return errors.New("want a question and an answer with ####")
		}
		return nil
	}
	all, err := rows(t.Path, t.Limit, check)
	if err != nil {
		return err
	}
	examples, own, paths := all, true, []string{t.Path}
	if t.From != "" {
		own, paths = false, append(paths, t.From)
		if examples, err = rows(t.From, t.Shots, check); err != nil {
			return err
		}
	}
	if len(examples) < t.Shots {
		return fmt.Errorf("%d solved problems for %d shots", len(examples), t.Shots)
	}
	if res.Digest, err = digestOf(paths); err != nil {
		return err
	}
	res.Options = map[string]any{"shots": t.Shots, "tokens": t.Tokens}
	var solved []string
	for _, e := range examples {
		solved = append(solved, "Question: "+e.Question+"\nAnswer: "+e.Answer)
	}
	prompts := make([]string, len(all))
	for i, p := range all {
		prompts[i] = shots(t.Shots, solved, own, i) + "Question: " + p.Question + "\nAnswer:"
	}
	o := decode.Greedy(t.Tokens)
	o.Stop = gsmStops
	said, err := r.say(ctx, prompts, o, 1, res)
	if err != nil {
		return err
	}
	var exact, loose []float64
	for i, p := range all {
		want := bare(p.Answer)
		exact = append(exact, truth(bare(strict(said[i])) == want))
		loose = append(loose, truth(bare(flexible(said[i])) == want))
		if len(res.Samples) < t.Samples {
			res.Samples = append(res.Samples, Sample{Row: fmt.Sprint(i), Prompt: "Question: " + p.Question, Output: said[i], Want: want, Right: exact[i] == 1})
		}
	}
	res.Metrics = []Metric{mean("exact_match_strict", exact), mean("exact_match_flexible", loose)}
	return nil
}

// say continues each prompt n times, with seeds that count on from the options'. A prompt that leaves no room for the tokens loses its
// beginning, which the result notes.
func (r *Runner) say(ctx context.Context, prompts []string, o decode.Options, n int, res *Result) ([]string, error) {
	room := r.engine.Context() - o.Tokens
	if room < 1 {
		return nil, fmt.Errorf("%d tokens to draw, the model's context is %d", o.Tokens, r.engine.Context())
	}
	cut := 0
	var rs []*decode.Request
	for i, p := range prompts {
		ids := r.encode(p)
		if len(ids) == 0 {
			ids = []int32{r.prefix}
		}
		if len(ids) > room {
			ids = ids[len(ids)-room:]
			cut++
		}
		for k := range n {
			q := &decode.Request{Prompt: ids, Options: o}
			q.Options.Seed += uint64(i*n + k)
			q.Options.StopTokens = []int32{int32(r.tok.EndOfText())}
			rs = append(rs, q)
		}
	}
	if cut > 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("%d of %d prompts were longer than the %d tokens that the context leaves and lost their beginning", cut, len(prompts), room))
	}
	if err := r.run(ctx, rs); err != nil {
		return nil, err
	}
	out := make([]string, len(rs))
	for i, q := range rs {
		out[i] = string(q.Text)
	}
	return out, nil
}
