package clean

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"testing"

	"github.com/seed-83c59573/quern"
)

// Invented texts and what the filters of datatrove 0.10.1 (with spaCy 3.8) say of each, every filter alone; made by
// cmd/versus/clean.py --golden.
//
//go:embed testdata/datatrove.jsonl
var datatroveGolden []byte

// peerReasons are datatrove's names of our verdicts.
var peerReasons = map[quern.Verdict]string{
	quern.Keep: "", gopherDupLines: "dup_line_frac", gopherDupParas: "dup_para_frac", gopherLineChars: "dup_line_char_frac",
	gopherParaChars: "dup_para_char_frac", gopherTop[0]: "top_2_gram", gopherTop[1]: "top_3_gram", gopherTop[2]: "top_4_gram",
	gopherDup[0]: "duplicated_5_n_grams", gopherDup[1]: "duplicated_6_n_grams", gopherDup[2]: "duplicated_7_n_grams",
	gopherDup[3]: "duplicated_8_n_grams", gopherDup[4]: "duplicated_9_n_grams", gopherDup[5]: "duplicated_10_n_grams",
	gopherTooShort: "gopher_short_doc", gopherTooLong: "gopher_long_doc", gopherShortWords: "gopher_below_avg_threshold",
	gopherLongWords: "gopher_above_avg_threshold", gopherHashes: "gopher_too_many_hashes", gopherEllipses: "gopher_too_many_ellipsis",
	gopherBullets: "gopher_too_many_bullets", gopherDots: "gopher_too_many_end_ellipsis", gopherAlpha: "gopher_below_alpha_threshold",
	gopherStopWords: "gopher_enough_stop_words", c4Lorem: "lorem_ipsum", c4Brace: "curly_bracket", c4Sentences: "too_few_sentences",
	finewebEmpty: "empty", finewebEnds: "line_punct_ratio", finewebShort: "short_line_ratio", finewebDup: "char_dup_ratio",
	finewebNewlines: "list_ratio",
}

// peerStages are the rules as datatrove divides them.
func peerStages(t testing.TB) map[string]quern.Stage {
	never := []float64{99, 99, 99, 99, 99, 99}
	repetition, quality := DefaultGopher(), DefaultGopher()
	repetition.Join = joinExact
	repetition.MinWords, repetition.MaxWords, repetition.MinMeanWord, repetition.MaxMeanWord = 0, 1e9, 0, 1e6
	repetition.MaxHashes, repetition.MaxEllipses, repetition.MaxBulletLines, repetition.MaxEllipsisLines = 99, 99, 99, 99
	repetition.MinAlphaWords, repetition.MinStopWords = 0, 0
	quality.MaxDupLines, quality.MaxDupParagraphs, quality.MaxDupLineChars, quality.MaxDupParagraphChars = 99, 99, 99, 99
	quality.MaxTopGrams, quality.MaxDupGrams = never[:3], never
	stages := map[string]quern.Stage{}
	for name, o := range map[string]Config{"repetition": repetition, "quality": quality, "c4": DefaultC4(), "fineweb": DefaultFineWeb()} {
		s, err := o.Stage()
		stages[name] = build(t, s, err)
	}
	return stages
}

func TestDatatroveGolden(t *testing.T) {
	stages := peerStages(t)
	said := map[string]bool{}
	n, rewritten := 0, 0
	for line := range bytes.Lines(datatroveGolden) {
		var row map[string]string
		if err := json.NewDecoder(bufio.NewReader(bytes.NewReader(line))).Decode(&row); err != nil {
			t.Fatal(err)
		}
		n++
		for name, s := range stages {
			d := &quern.Doc{Text: []byte(row["text"])}
			v, err := s.Apply(d)
			if err != nil {
				t.Fatal(err)
			}
			said[row[name]] = true
			if got := peerReasons[v]; got != row[name] {
				t.Errorf("line %d, %s: %q, %v against %v; datatrove says %q: %.300q", n, name, v, d.Drop.Value, d.Drop.Limit, row[name], row["text"])
				continue
			}
			if name != "c4" || v != quern.Keep {
				continue
			}
			want := row["text"]
			if left, ok := row["left"]; ok {
				want, rewritten = left, rewritten+1
			}
			if string(d.Text) != want {
				t.Errorf("line %d, c4: left %q, datatrove leaves %q", n, d.Text, want)
			}
		}
	}
	if n < 150 || rewritten < 50 || len(said) < 25 {
		t.Errorf("%d texts, %d rewritten, %d different reasons: the file tests little", n, rewritten, len(said))
	}
}
