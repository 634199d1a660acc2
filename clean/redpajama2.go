package clean

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/seed-83c59573/quern"
)

// RedPajama2 measures the quality signals of RedPajama-V2 (togethercomputer/RedPajama-Data, app/src/core/quality_signals) that need
// no model and no list of words or links, as facts under their names without "rps_", and drops documents beyond the limits that are
// given. The peer gives what it measures on lines as a list; here it is the mean over the lines, for javascript the sum. It rounds to
// eight digits, here nothing is rounded. A signal that the peer leaves empty, of a text without words, is 0.
//
// Words are of two kinds, as there. Signals of repetition, length and diversity count on the normalized text: without ASCII
// punctuation, in small letters, decomposed (NFD, so that é is two characters), cut at white space. The others count raw words:
// runs of letters, numbers and "_", and runs of other signs.
type RedPajama2 struct {
	Bounds    map[string][]string `yaml:"limits"`     // signal: [least, most], two numbers such as doc_word_count: [50, 10000]; inf = no bound
	StopWords []string            `yaml:"stop_words"` // for doc_stop_word_fraction, which is measured only if there are some; as written
}

// DefaultRedPajama2 gives the Gopher rules of the example on the dataset's page.
func DefaultRedPajama2() RedPajama2 {
	return RedPajama2{Bounds: map[string][]string{"doc_word_count": {"50", "10000"}, "doc_mean_word_length": {"3", "10"},
		"doc_symbol_to_word_ratio": {"0", "0.1"}, "lines_start_with_bulletpoint": {"0", "0.9"}, "doc_frac_chars_top_2gram": {"0", "0.2"}}}
}

// redPajama2Facts are all signals, in the order in which they are marked and judged.
var redPajama2Facts = []Fact{count("redpajama2.ccnet_length"), count("redpajama2.ccnet_nlines"), count("redpajama2.doc_num_sentences"),
	count("redpajama2.doc_word_count"), scale("redpajama2.doc_mean_word_length", 0, 20, 80), share("redpajama2.doc_symbol_to_word_ratio"),
	share("redpajama2.doc_frac_lines_end_with_ellipsis"), share("redpajama2.doc_frac_no_alph_words"),
	share("redpajama2.doc_frac_unique_words"), scale("redpajama2.doc_unigram_entropy", 0, 12, 60),
	share("redpajama2.doc_frac_all_caps_words"), scale("redpajama2.doc_lorem_ipsum", 0, 0.1, 50),
	scale("redpajama2.doc_curly_bracket", 0, 0.2, 50), share("redpajama2.doc_stop_word_fraction"),
	share("redpajama2.doc_frac_chars_top_2gram"), share("redpajama2.doc_frac_chars_top_3gram"),
	share("redpajama2.doc_frac_chars_top_4gram"), share("redpajama2.doc_frac_chars_dupe_5grams"),
	share("redpajama2.doc_frac_chars_dupe_6grams"), share("redpajama2.doc_frac_chars_dupe_7grams"),
	share("redpajama2.doc_frac_chars_dupe_8grams"), share("redpajama2.doc_frac_chars_dupe_9grams"),
	share("redpajama2.doc_frac_chars_dupe_10grams"), count("redpajama2.lines_javascript_counts"),
	share("redpajama2.lines_ending_with_terminal_punctution_mark"), count("redpajama2.lines_num_words"),
	share("redpajama2.lines_uppercase_letter_fraction"), share("redpajama2.lines_numerical_chars_fraction"),
	share("redpajama2.lines_start_with_bulletpoint")}

const redPajama2Room = "redpajama2."

// Limits are the given bounds, in the order of the signals.
func (o RedPajama2) Limits() (l []Limit) {
	for _, f := range redPajama2Facts {
		if least, most, ok := pairOf(o.Bounds[strings.TrimPrefix(f.Name, redPajama2Room)]); ok {
			l = append(l, Limit{Fact: f.Name, Min: least, Max: most, Verdict: quern.Verdict("clean." + f.Name)})
		}
	}
	return l
}

// pairOf reads two numbers of which the second is not smaller.
func pairOf(b []string) (least, most float64, ok bool) {
	if len(b) != 2 {
		return 0, 0, false
	}
	least, err1 := strconv.ParseFloat(strings.ReplaceAll(b[0], "_", ""), 64)
	most, err2 := strconv.ParseFloat(strings.ReplaceAll(b[1], "_", ""), 64)
	return least, most, err1 == nil && err2 == nil && least <= most
}

// Measures are the signals that these options give.
func (o RedPajama2) Measures() []Fact {
	return slices.DeleteFunc(slices.Clone(redPajama2Facts), func(f Fact) bool {
		return len(o.StopWords) == 0 && f.Name == "redpajama2.doc_stop_word_fraction"
	})
}

// Stage builds the rule. It marks "redpajama2.*" facts; the verdict of a limit is "clean." and the fact's name.
func (o RedPajama2) Stage() (quern.Stage, error) {
	for _, name := range slices.Sorted(maps.Keys(o.Bounds)) {
		_, _, isPair := pairOf(o.Bounds[name])
		switch known := slices.ContainsFunc(o.Measures(), func(f Fact) bool { return f.Name == redPajama2Room+name }); {
		case !known && name == "doc_stop_word_fraction":
			return nil, fmt.Errorf("clean: redpajama2: a limit on doc_stop_word_fraction needs stop_words")
		case !known:
			return nil, fmt.Errorf("clean: redpajama2: there is no signal %q; there are %s", name, strings.Join(redPajama2Names(), " "))
		case !isPair:
			return nil, fmt.Errorf("clean: redpajama2: %s wants two numbers, the least and the most, not %v", name, o.Bounds[name])
		}
	}
	stop, err := newWordSet("redpajama2", o.StopWords)
	if err != nil {
		return nil, err
	}
	return &redPajama2{bounds: newBounds(o.Limits()), stop: stop, withStop: len(o.StopWords) > 0}, nil
}

func redPajama2Names() (names []string) {
	for _, f := range redPajama2Facts {
		names = append(names, strings.TrimPrefix(f.Name, redPajama2Room))
	}
	return names
}

type redPajama2 struct {
	bounds
	stop     wordSet
	withStop bool
	plain    []byte // the text in small letters without punctuation
	nfd      []byte // the same, decomposed
	iter     norm.Iter
	words    wordScan // of the normalized text
	unigrams table
	keys     []uint64
	times    []uint32
	raw      rawWords
	value    [29]float64 // by redPajama2Facts
}

func (s *redPajama2) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := refuseText(d); v != quern.Keep {
		return v, nil
	}
	clear(s.value[:])
	s.normalize(d.Text)
	s.measureWords()
	s.raw.measure(d.Text, &s.stop)
	s.measureRaw(d.Text)
	s.measureLines(d.Text)
	for i := range redPajama2Facts {
		if i != rpStopWords || s.withStop {
			d.Mark(redPajama2Facts[i].Name, s.value[i])
		}
	}
	return s.judge(d), nil
}
