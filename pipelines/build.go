package pipelines

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// build lays out the steps of a spec in the order in which they run. Every step of a source has its own dataset, so that a change
// to one source or its rules runs that source's steps again and not the others'.
func build(spec *Spec, env *Env) ([]node, error) {
	g := &graph{spec: spec, env: env}
	texts := g.texts()
	rulings := g.dedup(texts)
	if spec.Tokenize != nil {
		g.tokens(texts, rulings)
	}
	return g.nodes, nil
}

type graph struct {
	spec  *Spec
	env   *Env
	nodes []node
}

func (g *graph) add(kind, source string, step Step, after ...int) int {
	g.nodes = append(g.nodes, node{kind, source, after, step})
	return len(g.nodes) - 1
}

// texts adds ingest and clean; it returns the nodes whose datasets are the clean texts, by source.
func (g *graph) texts() []int {
	ingested := make([]int, len(g.spec.Ingest))
	for i, in := range g.spec.Ingest {
		ingested[i] = g.add("ingest", in.Name, &ingestStep{spec: g.spec, env: g.env, in: in})
	}
	if g.spec.Clean == nil {
		return ingested
	}
	trained := g.classifiers(ingested)
	cleaned := make([]int, len(g.spec.Ingest))
	for i, in := range g.spec.Ingest {
		step := &cleanStep{spec: g.spec, env: g.env, in: in, links: g.spec.Clean.links(in.Domain)}
		after := []int{ingested[i]}
		for _, c := range classifiers(step.links) {
			after = append(after, trained[c])
		}
		cleaned[i] = g.add("clean", in.Name, step, after...)
	}
	return cleaned
}

// classifiers adds the training of the classifiers that rules ask; it returns their nodes by name.
func (g *graph) classifiers(ingested []int) map[string]int {
	nodes := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(g.spec.Classify)) {
		c := g.spec.Classify[name]
		var after []int
		for _, source := range slices.Concat(c.Good, c.Bad) {
			after = append(after, ingested[slices.Index(g.spec.sources(), source)])
		}
		nodes[name] = g.add("classify", name, &classifyStep{spec: g.spec, env: g.env, name: name}, after...)
	}
	return nodes
}

// dedup adds sign, cluster and what looks for repeated parts; it returns the nodes whose datasets rule on documents.
func (g *graph) dedup(texts []int) (rulings []int) {
	if g.spec.Dedup == nil {
		return nil
	}
	signed := slices.Clone(texts)
	for i, in := range g.spec.Ingest {
		signed = append(signed, g.add("sign", in.Name, &signStep{spec: g.spec, env: g.env, in: in}, texts[i]))
	}
	if g.spec.Dedup.Exact != nil || g.spec.Dedup.Near != nil {
		rulings = append(rulings, g.add("cluster", "", &clusterStep{spec: g.spec, env: g.env}, signed...))
		if g.spec.Dedup.Index != "" {
			g.add("index", "", &indexStep{spec: g.spec, env: g.env}, slices.Concat(signed, rulings)...)
		}
	}
	for _, p := range parts {
		if _, ok := p.asked(g.spec.Dedup); ok {
			step := &partStep{spec: g.spec, env: g.env, part: p}
			rulings = append(rulings, g.add(p.kind, "", step, slices.Concat(signed, rulings)...))
		}
	}
	return rulings
}

// tokens adds everything from the tokenizer to the tuned model.
func (g *graph) tokens(texts, rulings []int) {
	spec, env := g.spec, g.env
	learn := g.add("learn", "", &learnStep{spec: spec, env: env}, slices.Concat(texts, rulings)...)
	after := []int{}
	for i, in := range spec.Ingest {
		read := slices.Concat([]int{learn, texts[i]}, rulings)
		after = append(after, g.add("tokenize", in.Name, &tokenizeStep{env: env, in: in}, read...))
	}
	for _, in := range spec.Tokens {
		after = append(after, g.add(importStepName, in.Name, &importStep{spec: spec, env: env, in: in}, learn))
	}
	if spec.Mix == nil {
		g.tune(learn, -1, -1)
		return
	}
	read := slices.Clone(after)
	if len(spec.Mix.Replay) > 0 {
		read = append(read, learn)
	}
	mix := g.add("mix", "", &mixStep{spec: spec, env: env}, read...)
	shards, trained := -1, -1
	if spec.Shard != nil {
		shards = g.add("shard", "", &shardStep{spec: spec, env: env}, append([]int{mix, learn}, after...)...)
	}
	if spec.Train != nil {
		trained = g.add("train", "", &trainStep{spec: spec, env: env}, shards, learn)
	}
	g.tune(learn, trained, shards)
}

// tune adds fine-tuning. The spec has been checked: the nodes that it needs are there.
func (g *graph) tune(learn, trained, shards int) {
	if g.spec.Tune == nil {
		return
	}
	after := []int{learn}
	if g.spec.Tune.SFT.From == "" {
		after = append(after, trained)
	}
	if g.spec.Tune.SFT.NeedsCorpus() {
		after = append(after, shards)
	}
	g.add("tune", "", &tuneStep{spec: g.spec, env: g.env}, after...)
}

// optionsJSON is a value as a compact JSON object under the names that it has in a spec.
func optionsJSON(v any) (json.RawMessage, error) {
	y, err := yaml.Marshal(v)
	if err != nil {
		return nil, err
	}
	j, err := yaml.YAMLToJSON(y)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = json.Compact(&b, j)
	return b.Bytes(), err
}

// Options is what a rule's or another part's options are in YAML, as plan prints them.
func Options(v any) ([]byte, error) { return yaml.Marshal(v) }

// headOf is the head of a step with options and the versions of the rooms that make its bytes.
func headOf(options any, version string) (quern.Manifest, error) {
	o, err := optionsJSON(options)
	return quern.Manifest{Version: version, Options: o}, err
}

// textSource reads a dataset of texts.
func (e *Env) textSource(m quern.Manifest, in Input) shard.TextSource {
	return shard.TextSource{Dir: e.dataset(m), Name: in.Name, Domain: in.Domain, Shards: m.Shards}
}

// datasetPass is a pass whose sinks write numbered shards into dir and that goes on where an earlier run stopped.
func (e *Env) datasetPass(step string, src quern.Source, dir quern.Local, sink func(name string) (quern.Sink, error)) quern.Pass {
	return quern.Pass{
		Source:   src,
		Sink:     func(i int, _ quern.Unit) (quern.Sink, error) { return sink(fmt.Sprintf("%05d", i)) },
		Workers:  e.Workers,
		Done:     dir,
		Progress: e.watch(step),
	}
}

// oneStage builds the same single stage for every worker.
func oneStage(build func() (quern.Stage, error)) func() ([]quern.Stage, error) {
	return func() ([]quern.Stage, error) {
		s, err := build()
		return []quern.Stage{s}, err
	}
}
