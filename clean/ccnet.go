package clean

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-83c59573/quern"
)

const (
	ccnetShort  quern.Verdict = "clean.ccnet.too_short"
	ccnetBucket quern.Verdict = "clean.ccnet.bucket"
)

// CCNet sorts documents into the thirds of CCNet (Wenzek et al. 2019, arXiv 1911.00359) by their perplexity: head, middle and tail,
// each language by a model and bounds of its own. A document in a language without bounds is in "all", as with the peer. With
// tokens: pieces the models and bounds of the peer fit; see Perplexity.
type CCNet struct {
	base      `yaml:"-"`
	Model     string               `yaml:"model"`     // a file; {lang} in it stands for the language
	Tokens    string               `yaml:"tokens"`    // pieces, words, characters
	Pieces    string               `yaml:"pieces"`    // the SentencePiece model; {lang} likewise
	Normalize string               `yaml:"normalize"` // ccnet, none
	MinChars  int                  `yaml:"min_chars"` // a shorter text is dropped
	Cutoffs   map[string][]float64 `yaml:"cutoffs"`   // by language: below the first is the head, below the second the middle
	CutoffCSV string               `yaml:"cutoff_csv"`
	HeadTail  []int                `yaml:"head_tail"` // the percentiles, rows of CutoffCSV, whose columns are languages
	Keep      []string             `yaml:"keep"`      // of head, middle, tail, all
}

var ccnetNames = []string{"head", "middle", "tail", "all"}

var ccnetFacts = []Fact{perplexityFact, {"ccnet.bucket", 0, 4, 4, false}}

// DefaultCCNet has the peer's numbers: 300 characters, percentiles 30 and 60. It keeps head and middle, and languages that it cannot
// judge.
func DefaultCCNet() CCNet {
	return CCNet{Tokens: "words", Normalize: "ccnet", MinChars: 300, HeadTail: []int{30, 60}, Keep: []string{"head", "middle", "all"}}
}

// Stage loads the models and builds the rule. It marks "perplexity.value", rounded to a tenth as the peer does before it sorts, and
// "ccnet.bucket" (0 head, 1 middle, 2 tail, 3 all), sets Doc.Bucket to the name, and gives "clean.ccnet.too_short" and
// "clean.ccnet.bucket".
func (o CCNet) Stage() (quern.Stage, error) {
	s := &ccnet{min: o.MinChars, by: map[string]*ccnetLang{}}
	if o.MinChars < 0 {
		return nil, errors.New("clean: ccnet: min_chars is negative")
	}
	for _, k := range o.Keep {
		i := slices.Index(ccnetNames, k)
		if i < 0 {
			return nil, fmt.Errorf("clean: ccnet: keep %q, want head, middle, tail, all", k)
		}
		s.keep[i] = true
	}
	if len(o.Keep) == 0 {
		return nil, errors.New("clean: ccnet: keep names nothing")
	}
	cutoffs, err := o.cutoffs()
	if err != nil {
		return nil, fmt.Errorf("clean: ccnet: %w", err)
	}
	for _, lang := range slices.Sorted(maps.Keys(cutoffs)) {
		c := cutoffs[lang]
		if len(c) != 2 || !(c[0] >= 0 && c[0] <= c[1]) {
			return nil, fmt.Errorf("clean: ccnet: cutoffs %v for %s, want the bounds of head and middle, rising", c, lang)
		}
		l := &ccnetLang{head: c[0], middle: c[1]}
		if err := l.scorer.open(o.fileOf(o.Model, lang), o.Tokens, o.fileOf(o.Pieces, lang), o.Normalize); err != nil {
			return nil, fmt.Errorf("clean: ccnet: %w", err)
		}
		s.by[lang] = l
	}
	return s, nil
}

func (o CCNet) fileOf(name, lang string) string {
	return o.path(strings.ReplaceAll(name, "{lang}", lang))
}

// Files are the models and the table of bounds.
func (o CCNet) Files() (files []string) {
	if o.CutoffCSV != "" {
		files = append(files, o.path(o.CutoffCSV))
	}
	cutoffs, err := o.cutoffs()
	if err != nil {
		return files // Stage will say why
	}
	for _, lang := range slices.Sorted(maps.Keys(cutoffs)) {
		for _, name := range []string{o.Model, o.Pieces} {
			if f := o.fileOf(name, lang); f != "" && !slices.Contains(files, f) {
				files = append(files, f)
			}
		}
	}
	return files
}

func (o CCNet) cutoffs() (map[string][]float64, error) {
	if o.CutoffCSV == "" {
		if len(o.Cutoffs) == 0 {
			return nil, errors.New("give cutoffs or cutoff_csv")
		}
		return o.Cutoffs, nil
	}
	if len(o.Cutoffs) > 0 {
		return nil, errors.New("give cutoffs or cutoff_csv, not both")
	}
	if len(o.HeadTail) != 2 {
		return nil, fmt.Errorf("head_tail %v, want two percentiles", o.HeadTail)
	}
	f, err := os.Open(o.path(o.CutoffCSV))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cutoffs, err := readCutoffs(io.LimitReader(f, 16<<20), o.HeadTail)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.path(o.CutoffCSV), err)
	}
	return cutoffs, nil
}

// readCutoffs reads CCNet's table: the first column is the percentile, every other one a language.
func readCutoffs(r io.Reader, percentiles []int) (map[string][]float64, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || len(rows[0]) < 2 {
		return nil, errors.New("want a heading with languages")
	}
	cutoffs := map[string][]float64{}
	for _, p := range percentiles {
		at := slices.IndexFunc(rows[1:], func(row []string) bool {
			f, err := strconv.ParseFloat(row[0], 64)
			return err == nil && f == float64(p)
		})
		if at < 0 {
			return nil, fmt.Errorf("there is no row for percentile %d", p)
		}
		for i, lang := range rows[0][1:] {
			v, err := strconv.ParseFloat(rows[at+1][i+1], 64)
			if err != nil || math.IsNaN(v) {
				return nil, fmt.Errorf("percentile %d of %s is %q", p, lang, rows[at+1][i+1])
			}
			cutoffs[lang] = append(cutoffs[lang], v)
		}
	}
	return cutoffs, nil
}

type ccnet struct {
	min  int
	by   map[string]*ccnetLang
	keep [4]bool
}

type ccnetLang struct {
	scorer       scorer
	head, middle float64
}

func (s *ccnet) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	if n := codePoints(d.Text); n < s.min {
		return d.Fail(ccnetShort, float64(n), float64(s.min)), nil
	}
	bucket, limit := 3, 0.0
	lang, _, _ := strings.Cut(d.Lang, "-")
	l, ok := s.by[d.Lang]
	if !ok {
		l, ok = s.by[lang]
	}
	value := 0.0
	if ok {
		value, _ = l.scorer.perplexity(d.Text)
		value = math.RoundToEven(value*10) / 10
		switch {
		case value < l.head:
			bucket = 0
		case value < l.middle:
			bucket, limit = 1, l.head
		default:
			bucket, limit = 2, l.middle
		}
		d.Mark("perplexity.value", value)
	}
	d.Mark("ccnet.bucket", float64(bucket))
	d.Bucket = ccnetNames[bucket]
	if !s.keep[bucket] {
		return d.Fail(ccnetBucket, value, limit), nil
	}
	return quern.Keep, nil
}
