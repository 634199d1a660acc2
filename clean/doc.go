// Package clean judges and repairs single documents. In comes one document, out goes the same document, perhaps rewritten, or a
// verdict with the value that was measured and the limit that it broke. It starts no goroutines, asks no clock, remembers
// nothing between documents, and reads no files but those that a rule's options name, when it is built.
//
// A rule is an option struct: DefaultX gives every default, Stage validates it in words and builds the rule. Rules that judge
// the same measured facts (Gopher, C4, FineWeb) can be joined by Join, so that a text is scanned once however many of them judge
// it. What is measured is put on the document's Marks, from which Histograms are drawn.
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
const Version = "2"
