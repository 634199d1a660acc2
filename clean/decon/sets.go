package decon

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Set is an evaluation set: files of records, and where in a record its parts are.
type Set struct {
	Name   string   // letters, digits and _
	Files  []string // files of JSONL, JSON, CSV or TSV, also packed (.gz, .zst, .bz2), and folders of such
	Recipe string   // the names of columns of a known set; or
	Fields Fields   // those of any other
}

// Fields are the columns of a record. A column within a column is written a.b; a number names an element of a list, as in answers.text.0.
type Fields struct {
	Question []string `yaml:"question"` // each is an item of its own
	Passage  string   `yaml:"passage"`
	Answer   []string `yaml:"answer"`  // any of them is the answer; a list of texts is as many answers
	Choices  []string `yaml:"choices"` // a column that is a list of texts, or one column a choice; the answer is the one that label names
	Label    string   `yaml:"label"`   // a letter, a number, or one of labels
	Labels   string   `yaml:"labels"`  // the list of the choices' names
	First    int      `yaml:"first"`   // the number of the first choice, where labels are numbers
}

func (f *Fields) isZero() bool {
	return len(f.Question) == 0 && f.Passage == "" && len(f.Answer) == 0 && len(f.Choices) == 0 && f.Label == "" && f.Labels == "" && f.First == 0
}

// recipe is what is known of a set.
type recipe struct {
	Fields
	steps   bool     // answers hold <<3*4=12>> and end with #### 12, as GSM8K's do
	columns []string // of files without a line of names
}

// recipes are by name. The columns are those of the sets as they are published.
var recipes = map[string]recipe{
	"gsm8k":     {Fields: Fields{Question: []string{"question"}, Answer: []string{"answer"}}, steps: true},
	"humaneval": {Fields: Fields{Question: []string{"prompt"}, Answer: []string{"canonical_solution"}}},
	"mbpp":      {Fields: Fields{Question: []string{"text", "prompt"}, Answer: []string{"code"}}},
	"math":      {Fields: Fields{Question: []string{"problem"}, Answer: []string{"solution"}}},
	"mmlu": {Fields: Fields{Question: []string{"question"}, Choices: []string{"choices"}, Label: "answer"},
		columns: []string{"question", "choices.0", "choices.1", "choices.2", "choices.3", "answer"}},
	"mmlu_pro":  {Fields: Fields{Question: []string{"question"}, Choices: []string{"options"}, Label: "answer"}},
	"agieval":   {Fields: Fields{Passage: "passage", Question: []string{"question"}, Choices: []string{"options"}, Label: "label", Answer: []string{"answer"}}},
	"blimp":     {Fields: Fields{Question: []string{"sentence_good", "sentence_bad"}}},
	"arc":       {Fields: Fields{Question: []string{"question"}, Choices: []string{"choices.text"}, Labels: "choices.label", Label: "answerKey"}},
	"hellaswag": {Fields: Fields{Question: []string{"ctx"}, Choices: []string{"endings"}, Label: "label"}},
	"piqa":      {Fields: Fields{Question: []string{"goal"}, Choices: []string{"sol1", "sol2"}, Label: "label"}},
	"winogrande": {Fields: Fields{Question: []string{"sentence"}, Choices: []string{"option1", "option2"}, Label: "answer",
		First: 1}},
	"boolq":   {Fields: Fields{Passage: "passage", Question: []string{"question"}}}, // true and false are no answers to look for
	"squad":   {Fields: Fields{Passage: "context", Question: []string{"question"}, Answer: []string{"answers.text"}}},
	"race":    {Fields: Fields{Passage: "article", Question: []string{"question"}, Choices: []string{"options"}, Label: "answer"}},
	"sciq":    {Fields: Fields{Passage: "support", Question: []string{"question"}, Answer: []string{"correct_answer"}}},
	"lambada": {Fields: Fields{Question: []string{"text"}}},
	"decon":   {Fields: Fields{Passage: "passage", Question: []string{"question"}, Answer: []string{"answer"}}}, // the references of allenai/decon
}

// Recipes lists the names of the known sets.
func Recipes() []string {
	var names []string
	for n := range recipes {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// columns gives the recipe of a set, made of its fields if it names none.
func (s *Set) columns() (*recipe, error) {
	switch {
	case s.Recipe != "" && !s.Fields.isZero():
		return nil, fmt.Errorf("give either recipe or fields")
	case s.Recipe != "":
		r, ok := recipes[s.Recipe]
		if !ok {
			return nil, fmt.Errorf("recipe %q is not known; known are %s; any other set is read by fields", s.Recipe, strings.Join(Recipes(), ", "))
		}
		return &r, nil
	case len(s.Fields.Question) == 0:
		return nil, fmt.Errorf("give recipe, one of %s, or fields with question: the columns that hold the questions", strings.Join(Recipes(), ", "))
	case (len(s.Fields.Choices) > 0) != (s.Fields.Label != ""):
		return nil, fmt.Errorf("choices and label go together: label tells which of the choices is the answer")
	}
	return &recipe{Fields: s.Fields}, nil
}

// Check refuses a set that could not be read whatever is in its files.
func (s *Set) Check() error {
	if !plainName(s.Name) {
		return fmt.Errorf("set %q: a name has lower case letters, digits and _", s.Name)
	}
	if _, err := s.columns(); err != nil {
		return fmt.Errorf("set %s: %w", s.Name, err)
	}
	if len(s.Files) == 0 {
		return fmt.Errorf("set %s: give files", s.Name)
	}
	return nil
}

func plainName(s string) bool {
	for i := range len(s) {
		if c := s[i]; c-'a' >= 26 && c-'0' >= 10 && c != '_' {
			return false
		}
	}
	return s != ""
}

// files lists the files of a set, those of a folder in the order of their names.
func (s *Set) files() (list []string, err error) {
	for _, p := range s.Files {
		info, err := os.Stat(p)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			list = append(list, p)
			continue
		}
		entries, err := os.ReadDir(p)
		if err != nil {
			return nil, err
		}
		n := len(list)
		for _, e := range entries {
			if e.Type().IsRegular() && formatOf(e.Name()) != "" {
				list = append(list, filepath.Join(p, e.Name()))
			}
		}
		if len(list) == n {
			return nil, fmt.Errorf("%s: no file in this folder ends in %s", p, wantedEnds)
		}
	}
	return list, nil
}
