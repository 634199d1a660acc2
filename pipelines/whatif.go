package pipelines

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/shard"
)

// WhatIf is what other thresholds would have done to the documents of a run.
type WhatIf struct {
	Sources []WhatIfSource `json:"sources"`
	Changes []string       `json:"changes"`
}

// WhatIfSource compares the fates of the documents of one source.
type WhatIfSource struct {
	Source string      `json:"source"`
	Domain string      `json:"domain"`
	Docs   int64       `json:"docs"`
	Kept   [2]FateSum  `json:"kept"`    // as it was, and as it would be
	In     FateSum     `json:"in"`      // dropped before, kept now
	Out    FateSum     `json:"out"`     // kept before, dropped now
	Unsure int64       `json:"unsure"`  // of In: rules behind the one that had dropped it have not seen it
	Rules  []WhatIfRow `json:"reasons"` // by verdict
}

// FateSum is a number of documents and the bytes of their texts as they came.
type FateSum struct {
	Docs  int64 `json:"docs"`
	Bytes int64 `json:"bytes"`
}

func (s *FateSum) add(r *shard.FactRow) { s.Docs, s.Bytes = s.Docs+1, s.Bytes+r.Bytes }

// WhatIfRow is one verdict: how many documents it dropped, and would drop.
type WhatIfRow struct {
	Reason string `json:"reason"`
	Was    int64  `json:"was"`
	Would  int64  `json:"would"`
}

// JudgeAgain judges the documents of a run again, from their stored facts, with options changed as in "gopher.min_words=100" (of every
// dialect) or "gopher@dolma.min_words=100". No text is read. What a rule would have measured on a text that another rule had left
// otherwise is not known: facts are those of the run.
func JudgeAgain(dir quern.Local, rec *Record, changes []string) (*WhatIf, error) {
	w := &WhatIf{Changes: changes}
	used := make([]bool, len(changes))
	for _, s := range rec.Steps {
		if s.Step != "clean" {
			continue
		}
		m, links, err := cleaned(dir, s)
		if err != nil {
			return nil, err
		}
		changed, err := change(links, changes, used)
		if err != nil {
			return nil, err
		}
		src := WhatIfSource{Source: s.Source}
		if len(m.Ledger.Tallies) > 0 {
			src.Domain = m.Ledger.Tallies[0].Domain
		}
		if err := src.judge(quern.Sub(dir, s.Folder), m, links, changed); err != nil {
			return nil, err
		}
		if src.Docs == 0 {
			return nil, fmt.Errorf("%s has no stored facts: its spec says clean: {facts: off}, or no document came in", s.Folder)
		}
		w.Sources = append(w.Sources, src)
	}
	if len(w.Sources) == 0 {
		return nil, fmt.Errorf("the run has no clean step")
	}
	for i, u := range used {
		if !u {
			return nil, fmt.Errorf("%s: no source of the run has this rule", changes[i])
		}
	}
	return w, nil
}

func (w *WhatIfSource) judge(dir quern.Dir, m quern.Manifest, links, changed []clean.Link) error {
	was, would := map[string]int64{}, map[string]int64{}
	as, other := clean.NewRejudger(links), clean.NewRejudger(changed)
	err := EachFact(dir, m, func(r *shard.FactRow) {
		// A rule that was not changed says what it said: only what differs between the two sets of limits is news.
		before, _ := as.Judge(r.Lang, r.Fact)
		after, unsure := other.Judge(r.Lang, r.Fact)
		old := r.Verdict
		now := old
		if before != after {
			now = string(after)
		}
		w.Docs++
		if old == "" {
			w.Kept[0].add(r)
		} else {
			was[old]++
		}
		if now == "" {
			w.Kept[1].add(r)
		} else {
			would[now]++
		}
		switch {
		case old != "" && now == "":
			w.In.add(r)
			if unsure {
				w.Unsure++
			}
		case old == "" && now != "":
			w.Out.add(r)
		}
	})
	for reason := range would {
		was[reason] += 0
	}
	for _, reason := range slices.Sorted(maps.Keys(was)) {
		w.Rules = append(w.Rules, WhatIfRow{reason, was[reason], would[reason]})
	}
	return err
}

// cleaned is the manifest of a clean step of a run, and its rules.
func cleaned(dir quern.Local, s StepRecord) (quern.Manifest, []clean.Link, error) {
	m, err := Dataset(dir, s)
	if err != nil {
		return m, nil, err
	}
	links, err := Links(m)
	if err != nil {
		return m, nil, fmt.Errorf("%s: %w", s.Folder, err)
	}
	return m, links, nil
}

// Links reads the rules of a clean step from the options in its manifest.
func Links(m quern.Manifest) ([]clean.Link, error) {
	var o struct {
		Rules []map[string]json.RawMessage `json:"rules"`
	}
	if err := json.Unmarshal(m.Options, &o); err != nil {
		return nil, err
	}
	var links []clean.Link
	for _, r := range o.Rules {
		var l clean.Link
		if lang, ok := r["lang"]; ok {
			if err := json.Unmarshal(lang, &l.Lang); err != nil {
				return nil, err
			}
			delete(r, "lang")
		}
		for name, raw := range r {
			rule, dialect, ok := clean.Find(name)
			if !ok {
				return nil, fmt.Errorf("this program knows no rule %s", name)
			}
			l.Name, l.Config = name, rule.Config(dialect)
			if err := yaml.UnmarshalWithOptions(raw, l.Config, yaml.Strict()); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		links = append(links, l)
	}
	return links, nil
}

// change gives the links with options changed; the given ones stay as they are. It notes which changes found their rule.
func change(links []clean.Link, changes []string, used []bool) ([]clean.Link, error) {
	changed := slices.Clone(links)
	for i, c := range changes {
		path, value, ok := strings.Cut(c, "=")
		name, option, ok2 := strings.Cut(path, ".")
		if !ok || !ok2 || strings.ContainsAny(c, "\r\n") {
			return nil, fmt.Errorf("%s: want rule.option=value, such as gopher.min_words=100", clip(c))
		}
		if bare, _, _ := strings.Cut(name, "@"); !slices.ContainsFunc(clean.Rules, func(r clean.Rule) bool { return r.Name == bare }) {
			return nil, fmt.Errorf("%s: unknown rule %q%s", clip(c), name, nearest(name, clean.Names()))
		}
		for k, l := range changed {
			if bare, _, _ := strings.Cut(l.Name, "@"); l.Name != name && bare != name {
				continue
			}
			used[i] = true
			if _, ok := l.Config.(clean.Limited); !ok {
				return nil, fmt.Errorf("%s: what %s says does not follow from facts alone, the text must be judged again", clip(c), l.Name)
			}
			config, err := withOption(l, option, value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", clip(c), err)
			}
			changed[k].Config = config
		}
	}
	return changed, nil
}

// withOption is a copy of a rule's options with one of them changed.
func withOption(l clean.Link, option, value string) (clean.Config, error) {
	rule, dialect, _ := clean.Find(l.Name)
	config := rule.Config(dialect)
	was, err := yaml.Marshal(l.Config)
	if err != nil {
		return nil, err
	}
	for _, src := range [][]byte{was, fmt.Appendf(nil, "%s: %s\n", option, value)} {
		if bytes.Equal(bytes.TrimSpace(src), []byte("{}")) {
			continue
		}
		if err := yaml.UnmarshalWithOptions(src, config, yaml.Strict()); err != nil {
			return nil, placed(l.Name, err, config)
		}
	}
	now, err := yaml.Marshal(config)
	if err != nil {
		return nil, err
	}
	// What changes an option and no limit changes what is measured.
	if fmt.Sprint(l.Config.(clean.Limited).Limits()) == fmt.Sprint(config.(clean.Limited).Limits()) && !bytes.Equal(was, now) {
		return nil, fmt.Errorf("%s decides what is measured, not where the limit is: the text must be judged again", option)
	}
	if _, err := config.Stage(); err != nil {
		return nil, err
	}
	return config, nil
}
