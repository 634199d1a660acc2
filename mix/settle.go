package mix

import (
	"fmt"
	"slices"
	"strings"
)

// World is what the names in ratios may mean.
type World struct {
	Sources map[string][]string // of each domain
	Buckets map[string][]string // that rules sort each domain's documents into
	Langs   map[string][]string // that rules let each domain's documents have; a domain that is not here may have any
	Open    map[string]bool     // domains of which nothing is known before their documents are read: a name with its kind is taken as it is
}

// scope is what the divisions above a name have fixed already.
type scope struct{ domain, source, lang, bucket string }

// Settle finds out what each name means, and refuses those that mean nothing or too much, and parts of one division that overlap.
func (r *Ratios) Settle(w World) error {
	return r.blame(r.settle("", w, scope{}))
}

func (r *Ratios) settle(path string, w World, in scope) error {
	if r.By != "" && in.fixed(r.By) {
		return refuse(path, "mix.ratios: %s is divided by %s, which is fixed there already", path, r.By)
	}
	for i := range r.Parts {
		p := &r.Parts[i]
		below := join(path, p.Name)
		if err := p.mean(below, w, in); err != nil {
			return err
		}
		inside := in
		switch value := p.value(); p.Kind {
		case kindDomain:
			inside.domain = value
		case kindSource:
			inside.source = value
			inside.domain = w.domainOf(value)
		case kindLang:
			inside.lang = value
		case kindBucket:
			inside.bucket = value
		}
		for k := range r.Parts[:i] {
			if o := &r.Parts[k]; overlap(o, p, w) {
				return refuse(below, "mix.ratios: %s and %s overlap: a document can be in both; put the one inside the other, as in %s/%s",
					join(path, o.Name), below, join(path, o.Name), p.Name)
			}
		}
		if p.Kind == kindRest && !p.leaf() && p.By == "" {
			return refuse(below, "mix.ratios: %s has no parts of its own: name them beside it", below)
		}
		if err := p.settle(below, w, inside); err != nil {
			return err
		}
	}
	return nil
}

func (in scope) fixed(kind string) bool {
	switch kind {
	case kindDomain:
		return in.domain != ""
	case kindSource:
		return in.source != ""
	case kindLang:
		return in.lang != ""
	}
	return in.bucket != ""
}

// value is the name without its kind.
func (r *Ratios) value() string {
	if _, v, ok := strings.Cut(r.Name, "="); ok {
		return v
	}
	return r.Name
}

// mean finds the kind of a name: a rest, a domain, else a source, a bucket or a language.
func (r *Ratios) mean(path string, w World, in scope) error {
	kind, _, named := strings.Cut(r.Name, "=")
	if named && !slices.Contains(kinds, kind) {
		return refuse(path, "mix.ratios: %s: want one of %s before the sign =", path, strings.Join(kinds, ", "))
	}
	if r.Name == kindRest {
		r.Kind = kindRest
		return nil
	}
	known := w.known(in)
	var found []string
	for _, k := range kinds {
		if named && k != kind || !slices.Contains(known[k], r.value()) && !(k == kindLang && narrows(r.value(), known[k])) {
			continue
		}
		if k == kindSource && len(found) > 0 && found[0] == kindDomain { // a domain goes before a source of its name
			continue
		}
		found = append(found, k)
	}
	if len(found) == 0 && !in.fixed(kindLang) && (named && kind == kindLang || !named && tagged(r.value())) && w.anyLang(in.domain) {
		found = []string{kindLang}
	}
	if len(found) == 0 && named && w.Open[in.domain] && !in.fixed(kind) {
		found = []string{kind}
	}
	if len(found) == 0 && in.lang != "" && strings.HasPrefix(r.value(), in.lang+"-") {
		found = []string{kindLang}
	}
	switch len(found) {
	case 1:
		r.Kind = found[0]
		return nil
	case 0:
		return w.unknown(path, r, in, known)
	}
	return refuse(path, "mix.ratios: %s can be a %s or a %s: write %s=%s or %s=%s", path, found[0], found[1], found[0], r.value(), found[1], r.value())
}

func (w World) unknown(path string, r *Ratios, in scope, known map[string][]string) error {
	e := &RatioError{Path: path, Name: r.value()}
	for _, k := range kinds {
		e.Known = append(e.Known, known[k]...)
	}
	switch {
	case in.domain != "" && tagged(r.value()) && len(w.Langs[in.domain]) > 0:
		e.Known = w.Langs[in.domain]
		e.Msg = fmt.Sprintf("mix.ratios: %s: the rules of %s keep no document of the language %s, only %s", path, in.domain, r.value(), strings.Join(e.Known, ", "))
	case in.domain == "" && len(known[kindDomain]) > 0:
		e.Msg = fmt.Sprintf("mix.ratios: no input has the domain %s", r.value())
	case in.domain != "" && len(known[kindBucket]) > 0:
		e.Msg = fmt.Sprintf("mix.ratios: no bucket rule of %s has the name %s", in.domain, r.value())
	default:
		e.Msg = fmt.Sprintf("mix.ratios: %s: no source, bucket or language of %s has the name %s", path, in.domain, r.value())
	}
	return e
}

// known lists the names of each kind that may stand in a scope.
func (w World) known(in scope) map[string][]string {
	known := map[string][]string{}
	add := func(kind string, names ...string) {
		for _, n := range names {
			if !slices.Contains(known[kind], n) {
				known[kind] = append(known[kind], n)
			}
		}
	}
	for _, d := range w.domains() {
		if in.domain != "" && in.domain != d {
			continue
		}
		if in.domain == "" {
			add(kindDomain, d)
		}
		if in.source == "" {
			add(kindSource, w.Sources[d]...)
		}
		if in.bucket == "" {
			add(kindBucket, w.Buckets[d]...)
			if len(w.Buckets[d]) > 0 {
				add(kindBucket, unknownName)
			}
		}
		if in.lang == "" {
			add(kindLang, append(slices.Clone(w.Langs[d]), unknownName)...)
		}
	}
	return known
}

func (w World) domains() []string {
	ds := make([]string, 0, len(w.Sources))
	for d := range w.Sources {
		ds = append(ds, d)
	}
	slices.Sort(ds)
	return ds
}

func (w World) domainOf(source string) string {
	for _, d := range w.domains() {
		if slices.Contains(w.Sources[d], source) {
			return d
		}
	}
	return ""
}

// anyLang reports whether documents of a domain, or of any if it is "", may have languages that no rule names.
func (w World) anyLang(domain string) bool {
	if domain != "" {
		return len(w.Langs[domain]) == 0
	}
	for d := range w.Sources {
		if len(w.Langs[d]) == 0 {
			return true
		}
	}
	return false
}

// tagged reports whether a bare word is read as a language: two letters, and subtags after them.
func tagged(word string) bool {
	primary, _, _ := strings.Cut(word, "-")
	return len(primary) == 2 && primary[0]|0x20 >= 'a' && primary[0]|0x20 <= 'z' && primary[1]|0x20 >= 'a' && primary[1]|0x20 <= 'z'
}

// narrows reports whether a language is within one of those.
func narrows(lang string, of []string) bool {
	return slices.ContainsFunc(of, func(l string) bool { return strings.HasPrefix(lang, l+"-") })
}

// speaks reports whether a document's language is within a range: en has en-GB in it (RFC 4647, basic filtering).
func speaks(lang, of string) bool {
	if of == unknownName {
		return lang == ""
	}
	return lang == of || strings.HasPrefix(lang, of) && lang[len(of)] == '-'
}

func overlap(a, b *Ratios, w World) bool {
	x, y := a.value(), b.value()
	switch {
	case a.Kind == kindRest || b.Kind == kindRest:
		return a.Kind == b.Kind
	case a.Kind == b.Kind && a.Kind == kindLang:
		return speaks(x, y) || speaks(y, x)
	case a.Kind == b.Kind:
		return x == y
	case a.Kind == kindDomain && b.Kind == kindSource:
		return w.domainOf(y) == x
	case a.Kind == kindSource && b.Kind == kindDomain:
		return w.domainOf(x) == y
	}
	return true
}

// matches reports whether the documents of a class belong to the part, all that is above it given.
func (r *Ratios) matches(c *Class) bool {
	switch v := r.value(); r.Kind {
	case kindDomain:
		return c.Domain == v
	case kindSource:
		return c.Source == v
	case kindLang:
		return speaks(c.Lang, v)
	case kindBucket:
		return c.Bucket == v || v == unknownName && c.Bucket == ""
	}
	return false
}

// field is the value that documents of a class have of a kind.
func (c *Class) field(kind string) string {
	v := ""
	switch kind {
	case kindDomain:
		v = c.Domain
	case kindSource:
		v = c.Source
	case kindLang:
		v = c.Lang
	case kindBucket:
		v = c.Bucket
	}
	if v == "" {
		return unknownName
	}
	return v
}
