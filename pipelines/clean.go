package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/shard"
)

// Clean is how documents are judged.
type Clean struct {
	// Facts says which measured facts are stored beside the texts, a column each: "seen" are those measured until a document was
	// dropped; "all" has every rule measure every document, so that what other thresholds would do is known exactly; "off" stores none.
	Facts string `yaml:"facts"`

	// Sections are rules by what they are for: "all", a domain, and either with a language, as in "web:zh". A document meets all,
	// all with its language, its domain, and its domain with its language.
	Sections map[string][]Rule `yaml:",inline"`
}

// DefaultClean stores what was measured.
func DefaultClean() Clean { return Clean{Facts: factsSeen, Sections: map[string][]Rule{}} }

const (
	factsSeen = "seen"
	factsAll  = "all"
	factsOff  = "off"
)

// MarshalYAML writes the section as a spec has it.
func (c Clean) MarshalYAML() (any, error) {
	m := yaml.MapSlice{{Key: "facts", Value: c.Facts}}
	for _, name := range slices.Sorted(maps.Keys(c.Sections)) {
		m = append(m, yaml.MapItem{Key: name, Value: c.Sections[name]})
	}
	return m, nil
}

// Rule is one stage of cleaning and its options.
type Rule struct {
	Name    string // as clean.Find knows it; with the dialect, if the rule has any: "gopher@dolma"
	Options clean.Config
}

// MarshalYAML writes the rule as a spec has it.
func (r Rule) MarshalYAML() (any, error) { return map[string]any{r.Name: r.Options}, nil }

// language is what may follow the colon of a section: a language, perhaps with script or region.
var language = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// validate checks sections against the domains of the inputs, and that every rule reads what was measured before it.
func (c *Clean) validate(domains []string, fail func(path, format string, a ...any) error) error {
	if !slices.Contains([]string{factsSeen, factsAll, factsOff}, c.Facts) {
		return fail("clean.facts", "clean.facts is %q, want seen, all or off", clip(c.Facts))
	}
	for _, section := range slices.Sorted(maps.Keys(c.Sections)) {
		domain, lang, named := strings.Cut(section, ":")
		if domain != "all" && !slices.Contains(domains, domain) {
			return fail("clean."+section, "clean.%s: no input has this domain%s", section, nearest(domain, domains))
		}
		if named && !language.MatchString(lang) {
			return fail("clean."+section, "clean.%s: want a language such as zh behind the colon", section)
		}
	}
	for _, d := range domains {
		if err := clean.CheckChain(c.links(d)); err != nil {
			return fail("clean", "%s (for %s)", err, d)
		}
	}
	return nil
}

// links are the rules of a domain in their order.
func (c *Clean) links(domain string) []clean.Link {
	var links []clean.Link
	add := func(section, lang string) {
		for _, r := range c.Sections[section] {
			links = append(links, clean.Link{Name: r.Name, Config: r.Options, Lang: lang})
		}
	}
	for _, d := range []string{"all", domain} {
		add(d, "")
		for _, section := range slices.Sorted(maps.Keys(c.Sections)) {
			if lang, ok := strings.CutPrefix(section, d+":"); ok {
				add(section, lang)
			}
		}
	}
	return links
}

// cleanStep judges texts by rules and keeps what it drops, with the evidence, and the facts of all.
type cleanStep struct {
	spec  *Spec
	env   *Env
	in    Input
	links []clean.Link
}

// linkOptions is a link as a key knows it.
type linkOptions struct {
	Rule `yaml:",inline"`
	Lang string `yaml:"lang,omitempty"`
}

// MarshalYAML writes the rule, and its language beside it.
func (l linkOptions) MarshalYAML() (any, error) {
	m := yaml.MapSlice{{Key: l.Name, Value: l.Options}}
	if l.Lang != "" {
		m = append(m, yaml.MapItem{Key: "lang", Value: l.Lang})
	}
	return m, nil
}

func (s *cleanStep) Head(ctx context.Context, _ []quern.Manifest) (quern.Manifest, error) {
	rules := []linkOptions{}
	var files []string
	for _, l := range s.links {
		rules = append(rules, linkOptions{Rule{l.Name, l.Config}, l.Lang})
		if f, ok := l.Config.(clean.Filed); ok {
			files = append(files, f.Files()...)
		}
	}
	h, err := headOf(map[string]any{"rules": rules, "facts": s.spec.Clean.Facts}, clean.Version+"/"+shard.Version)
	if err != nil || len(files) == 0 {
		return h, err
	}
	if files, err = inFolders(files); err != nil {
		return h, err
	}
	h.Inputs, err = s.env.world.inputs(ctx, s.spec.base, localFiles(files...), s.env.Workers)
	return h, err
}

// inFolders lists the files of a list of files and folders, each once.
func inFolders(paths []string) (files []string, err error) {
	for _, p := range paths {
		if !isDir(p) {
			files = append(files, p)
			continue
		}
		entries, err := os.ReadDir(p)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.Type().IsRegular() {
				files = append(files, filepath.Join(p, e.Name()))
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// counted gives links whose boilerplate rules know on how many pages each line stands: all documents go through the rules before such a
// rule once more, and what comes out is counted.
func (s *cleanStep) counted(ctx context.Context, links []clean.Link, texts quern.Manifest) ([]clean.Link, error) {
	for i, l := range links {
		rule, ok := l.Config.(*clean.Boilerplate)
		if !ok {
			continue
		}
		table, err := s.count(ctx, links[:i], l.Lang, *rule, texts)
		if err != nil {
			return nil, err
		}
		links = slices.Clone(links)
		with := rule.With(table)
		links[i].Config = &with
	}
	return links, nil
}

func (s *cleanStep) count(ctx context.Context, before []clean.Link, lang string, rule clean.Boilerplate, texts quern.Manifest) (*clean.LineCounter, error) {
	src := s.env.textSource(texts, s.in)
	units, err := src.Units(ctx)
	if err != nil {
		return nil, err
	}
	type worker struct {
		chain *clean.Chain
		table *clean.LineCounter
	}
	workers := make([]worker, max(1, min(len(units), s.env.workers())))
	for w := range workers {
		if workers[w].chain, err = clean.NewChain(before, false); err != nil {
			return nil, err
		}
		defer workers[w].chain.Close()
		if workers[w].table, err = clean.NewLineCounter(rule); err != nil {
			return nil, err
		}
	}
	err = quern.Each(ctx, len(workers), len(units), func(ctx context.Context, w, i int) error {
		progress := quern.Progress{Units: len(units)}
		for d, err := range src.Docs(ctx, units[i]) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			v, err := workers[w].chain.Apply(d)
			if err != nil {
				return fmt.Errorf("doc %s: %w", d.ID, err)
			}
			if v == quern.Keep && clean.Speaks(d.Lang, lang) {
				workers[w].table.Add(d)
			}
		}
		s.env.tell(Event{Step: "clean." + s.in.Name, State: "progress", Progress: progress})
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, w := range workers[1:] { // in any order: sums are sums
		if err := workers[0].table.Merge(w.table); err != nil {
			return nil, err
		}
	}
	return workers[0].table, nil
}

// stages builds the rules for one worker.
func (s *cleanStep) stages(links []clean.Link) ([]quern.Stage, error) {
	c, err := clean.NewChain(links, s.spec.Clean.Facts == factsAll)
	if err != nil {
		return nil, err
	}
	c.Record = s.spec.Clean.Facts != factsOff
	return []quern.Stage{c}, nil
}

// CleanFacts is what a clean step reports: histograms of all facts, of the kept and of the dropped.
type CleanFacts struct {
	Kept    clean.Histograms `json:"kept"`
	Dropped clean.Histograms `json:"dropped"`
}

func (s *cleanStep) Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	p := s.env.datasetPass("clean."+s.in.Name, s.env.textSource(in[0], s.in), dir, nil)
	links, err := s.counted(ctx, s.env.trained(s.links, in[1:]), in[0])
	if err != nil {
		return quern.Manifest{}, err
	}
	p.Stages = func() ([]quern.Stage, error) { return s.stages(links) }
	sinks := &cleanSinks{dir: dir, stores: s.spec.Clean.Facts != factsOff, facts: map[int]quern.Sink{}}
	if sinks.stores {
		for _, f := range clean.FactsOf(s.links, s.spec.Clean.Facts == factsAll) {
			sinks.columns = append(sinks.columns, f.Name)
		}
	}
	p.Sink, p.Dropped = sinks.kept, sinks.dropped
	m, err := p.Run(ctx)
	if err != nil {
		return m, err
	}
	var facts CleanFacts
	if err := errors.Join(collect(m.Shards, &facts.Kept), collect(m.Dropped, &facts.Dropped)); err != nil {
		return m, err
	}
	m.Facts, err = json.Marshal(facts)
	return m, err
}

// cleanSinks make the sinks of units: the kept, the dropped, and the facts of both in the order in which they came.
type cleanSinks struct {
	dir     quern.Dir
	stores  bool // facts
	columns []string
	mu      sync.Mutex
	facts   map[int]quern.Sink // of units whose sink of the dropped is not made yet
}

func (s *cleanSinks) kept(i int, _ quern.Unit) (quern.Sink, error) {
	text, err := shard.Text(s.dir, fmt.Sprintf("%05d", i))
	if err != nil || !s.stores {
		return &judgedSink{Sink: text}, err
	}
	facts, err := shard.Facts(s.dir, fmt.Sprintf(factsFolder+"%05d", i), s.columns)
	if err != nil {
		text.Abort()
		return nil, err
	}
	s.mu.Lock()
	s.facts[i] = facts
	s.mu.Unlock()
	return &judgedSink{Sink: text, facts: facts, owns: true}, nil
}

func (s *cleanSinks) dropped(i int, _ quern.Unit) (quern.Sink, error) {
	s.mu.Lock()
	facts := s.facts[i]
	delete(s.facts, i)
	s.mu.Unlock()
	drops, err := shard.Drops(s.dir, fmt.Sprintf("dropped/%05d", i))
	return &judgedSink{Sink: drops, facts: facts}, err
}

// judgedSink counts the facts of the documents that pass through it, and stores them; the counts travel in Shard.Info. The sink of
// the kept owns the facts: it is committed first, when every document of the unit was put.
type judgedSink struct {
	quern.Sink
	h     clean.Histograms
	facts quern.Sink // nil = not stored
	owns  bool
}

func (s *judgedSink) Put(d *quern.Doc) error {
	s.h.Add(d.Marks)
	if s.facts != nil {
		if err := s.facts.Put(d); err != nil {
			return err
		}
	}
	return s.Sink.Put(d)
}

func (s *judgedSink) Commit() (quern.Shard, error) {
	var facts quern.Shard
	if s.owns {
		var err error
		if facts, err = s.facts.Commit(); err != nil {
			s.Sink.Abort()
			return quern.Shard{}, err
		}
	}
	sh, err := s.Sink.Commit()
	if err != nil {
		return sh, err
	}
	sh.Blobs = append(sh.Blobs, facts.Blobs...)
	sh.Info, err = json.Marshal(&s.h)
	return sh, err
}

func (s *judgedSink) Abort() {
	if s.owns {
		s.facts.Abort()
	}
	s.Sink.Abort()
}

// collect merges the histograms of shards and takes them off.
func collect(shards []quern.Shard, into *clean.Histograms) error {
	for i := range shards {
		var h clean.Histograms
		if err := json.Unmarshal(shards[i].Info, &h); err != nil {
			return fmt.Errorf("%s: histograms: %w", shards[i].Name, err)
		}
		into.Merge(h)
		shards[i].Info = nil
	}
	return nil
}

// EachFact calls f for the facts of every document that a clean step judged, in the order in which they came; for none if the step
// stored no facts.
func EachFact(dir quern.Dir, m quern.Manifest, f func(r *shard.FactRow)) error {
	for _, s := range m.Shards {
		name := factsBlob(s)
		if name == "" {
			continue
		}
		if err := shard.ReadFacts(dir, name, func(r *shard.FactRow) bool {
			f(r)
			return false
		}); err != nil {
			return err
		}
	}
	return nil
}

const factsFolder = "facts/"
