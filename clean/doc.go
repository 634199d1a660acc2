// Package clean judges and repairs single documents. In comes one document, out goes the same document, perhaps rewritten, or a
// verdict with the value that was measured and the limit that it broke. Same document, same fate: nothing is remembered from one to the
// next, no clock is asked, no goroutine is started. What a whole dataset must tell (Boilerplate's lines) is counted before, by a
// LineCounter, and handed in. Files are read when a rule is built, and only those that its options name (Filed); External alone runs a
// program, which judges a document by itself as well.
//
// A rule is an option struct: DefaultX gives its defaults, Stage refuses bad options in words and builds it. Rules lists all of them; a
// dialect is a variant that agrees with the peer it is named after ("gopher@dolma"). A Chain applies rules in order, some of them to one
// language alone; neighbors that judge the same measurements are joined, so that a text is scanned once however many of them judge it.
//
// What a rule measures is a fact: a number on the document's Marks, which has one meaning whoever marks it, and of which Histograms are
// drawn. Limits are bounds on facts. A rule whose verdicts follow from them (Limited) can judge again without the text: Rejudger. Where in
// a text something was found is a span.
//
// The rooms below know no documents: lid tells languages, fasttext runs and trains classifiers, ngram scores and learns language models,
// decon finds items of evaluation sets.
//
// A word, for the rules that datatrove has too, is what spaCy's tokenizer for English makes of a text, since datatrove asks that one. Space
// is what Python calls space. From both ends of a run of non-space, brackets, quotes, commas and the like are taken off, each a word; so are
// a dot behind a small letter or a digit, a unit sign, and the ends of contractions (do n't, it 's). What is left is split at signs such as
// - / : = between letters, and at ellipses; "foo(bar", "U.S.", "3.14" and addresses stay one. Lists of abbreviations and contractions are
// followed as far as they matter; emoticons and words such as "cannot", which spaCy splits, are not. In a text of which a quarter of the
// letters is Han or Hiragana, each of these is a word: datatrove asks dictionaries there, so facts about words differ. A sentence ends with
// a word that is . ! ? or its like alone, and at the end of the line. Lengths are in code points.
package clean

// Version changes when the same options give another text, verdict or mark.
const Version = "3"
