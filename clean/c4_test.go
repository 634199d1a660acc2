package clean

import (
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

func c4Stage(t *testing.T, change func(o *C4)) quern.Stage {
	t.Helper()
	o := DefaultC4()
	if change != nil {
		change(&o)
	}
	s, err := o.Stage()
	return build(t, s, err)
}

const c4Good = `This is a well-written paragraph with several sentences.
The content continues with more good information here.
Another important point is being made in this line.
We can see that this document has quality content.
Finally, the conclusion wraps everything up nicely.
An additional sentence to ensure we pass the threshold.`

func TestC4Verdicts(t *testing.T) {
	const rest = "\nMore content to fill out the document.\nEven more content is needed to pass the check.\nThe final sentence of the document."
	s := c4Stage(t, nil)
	f := func(text string, want quern.Verdict) { t.Helper(); ruling(t, s, text, want) }
	f(c4Good, quern.Keep)
	f("This is a sentence with lorem ipsum dolor sit amet.\nAnother sentence with proper punctuation."+rest, c4Lorem)
	f("This is some code with a { bracket.\nAnother sentence follows this one."+rest, c4Brace)
	f("First the { bracket is here.\nThen the Lorem Ipsum is here."+rest, c4Brace) // the first of the two, by line
	f("Just one sentence.", c4Sentences)
	f("", c4Sentences)
}

func TestC4Lines(t *testing.T) {
	f := func(change func(o *C4), text, want string) {
		t.Helper()
		s := c4Stage(t, func(o *C4) {
			o.MinSentences = 0
			if change != nil {
				change(o)
			}
		})
		if d := ruling(t, s, text, quern.Keep); string(d.Text) != want {
			t.Errorf("%q: kept %q, want %q", text, d.Text, want)
		}
	}
	f(nil, "  A line with end. \nno end here at all\nToo few.\nAn ellipsis ends this...\nIs this asked? ", "A line with end.\nIs this asked?")
	f(nil, "Please enable JavaScript in here.\nThis site uses cookies for tracking.\nOur PRIVACY policy is here.\nAnother valid line here.", "Another valid line here.")
	f(nil, "A fact is here.[1]\nA fact[edit] is here.[citation needed]\nA fact [a] is here.[x]", "A fact is here.\nA fact is here.")
	f(nil, strings.Repeat("x", 1001)+" is too long.\n"+strings.Repeat("x", 1000)+" is not so.", strings.Repeat("x", 1000)+" is not so.")
	f(func(o *C4) { o.MaxWordChars = 5 }, "All of them fit.\nLonger words are cut.", "All of them fit.")
	f(func(o *C4) { o.MaxWordChars = 0 }, strings.Repeat("x", 2000)+" is not so.", strings.Repeat("x", 2000)+" is not so.")
	f(func(o *C4) { o.EndPunctuation = false }, "no end here at all\nToo few.\n", "no end here at all")
	f(func(o *C4) { o.EndPunctuation, o.MinLineWords = false, 0 }, "\none\n\ntwo\n", "one\n\ntwo")
	f(func(o *C4) { o.RemoveCitations = false }, "A fact is [1] here.", "A fact is [1] here.")
	f(func(o *C4) { o.CutJavascript, o.CutPolicy, o.DropCurly, o.DropLoremIpsum = false, false, false, false },
		"A javascript { lorem ipsum privacy policy.", "A javascript { lorem ipsum privacy policy.")
}

// The counts are those of spaCy's sentencizer for English, but for the last: Chinese goes through another tokenizer there.
func TestC4CountsSentences(t *testing.T) {
	s := new(scanner)
	f := func(line string, want int) {
		t.Helper()
		if got := s.sentencesOf([]byte(line), nil); got != want {
			t.Errorf("%q: %d sentences, want %d", line, got, want)
		}
	}
	f("", 0)
	f("one", 1)
	f("One. Two.", 2)
	f("One. Two", 2)
	f(`"One." Two!`, 2)
	f("(One.) Two?] Three.", 3)
	f("One... Two", 1)
	f("One?! Two.) (Three", 3)
	f("3.14 is one", 1)
	f("the U.S. is one", 1)
	f("一。二！三", 3)
	f("「一。」", 1)
}

func finewebStage(t *testing.T, change func(o *FineWeb)) quern.Stage {
	t.Helper()
	o := DefaultFineWeb()
	if change != nil {
		change(&o)
	}
	s, err := o.Stage()
	return build(t, s, err)
}

func TestFineWeb(t *testing.T) {
	f := func(change func(o *FineWeb), text string, want quern.Verdict) {
		t.Helper()
		ruling(t, finewebStage(t, change), text, want)
	}
	half := func(o *FineWeb) { o.MinEndLines = 0.5 }
	short := func(o *FineWeb) { o.MinEndLines, o.MaxShortLines = 0, 0.5 }
	f(nil, "", finewebEmpty)
	f(nil, " \n\t\n", finewebEmpty)
	f(half, "No punctuation here\nAnother line without any\nStill nothing", finewebEnds)
	f(func(o *FineWeb) { o.ExcludeZero, o.MaxNewlines, o.MaxShortLines = true, 9, 1 }, "No punctuation here\nAnother line without any", quern.Keep)
	f(short, "hi.\nbye.\nok.\nno.\nyes.", finewebShort)
	f(nil, repeat("This line is long enough to be none of the short ones.\n", 2), finewebDup)
	f(func(o *FineWeb) { o.MaxShortLines = 1 }, "one.\ntwo.\nthree.\nfour.", finewebNewlines)
	f(nil, "这一行有足够多的汉字，所以它不能算是很短的一行，因为它超过了三十个字符。\nThis line is long enough to be none of the short ones.", quern.Keep)
	f(nil, c4Good, quern.Keep)
	for _, o := range []FineWeb{{MinEndLines: -1}, {ShortLine: -1}} {
		if _, err := o.Stage(); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	if _, err := (C4{MinSentences: -1}).Stage(); err == nil {
		t.Error("negative sentences: no error")
	}
}
