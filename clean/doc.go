// Package clean judges and repairs single documents. In comes one document, out goes the same document, perhaps rewritten, or a
// verdict with the value that was measured and the limit that it broke. It starts no goroutines, asks no clock, remembers
// nothing between documents, and reads no files but those that a rule's options name, when it is built.
//
// A rule is an option struct: DefaultX gives every default, Stage validates it in words and builds the rule. Rules that judge
// the same measured facts (Gopher, C4, FineWeb) can be joined by Join, so that a text is scanned once however many of them judge
// it. What is measured is put on the document's Marks, from which Histograms are drawn.
//
// The definition of a word, "datatrove" as the dialect is called, is this. Space is what Python calls space. A word is a maximal
// run of letters, decimal digits, marks and other numbers; ' . and U+2019 join when a letter stands directly on both sides, and
// ' . , when a digit does. Each Han or Hiragana letter is a word of its own. Of any other character, a run of the same character
// is one word ("..." is one). A sentence ends at . ! ? before space, one closing " ' ) ] allowed between, at 。！？ always, and at
// the end of the line. Lengths are in code points. The peer asks a tokenizer library for words and sentences, so this part is an
// approximation; all else follows its code.
package clean

// Version changes when the same options give another text, verdict or mark.
const Version = "2"
