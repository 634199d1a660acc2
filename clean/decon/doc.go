// Package decon finds items of evaluation sets in texts. In come files of questions and answers, from which an Index is built once, and
// texts; out go Matches: which item, where, and how much of it is there. It knows no documents and drops nothing; what becomes of a text
// is for its caller to say. An Index never changes and is shared; a Finder has scratch of its own and remembers nothing from text to text.
//
// A word is a run of letters and digits; case, accents and whatever stands between words do not count. A letter of a script that is
// written without spaces (Han, Kana, Thai, Lao, Khmer, Burmese) is a word of its own. allenai/decon counts tokens of cl100k instead, of
// which a long word, a number or a letter of Han may be several: its lengths are larger for the same text, and what differs within a word
// loses that word here and a part of it there.
//
// Two methods. The scored one (after allenai/decon) looks runs of N words up in an inverted index of the questions, follows each hit in
// both directions over gaps, and asks which share of the question was met, each part weighed by how rare it is among the items; answers
// and passages are looked for around. The other finds runs of N words that stand in an item as they are (Brown et al. 2020, appendix C).
package decon
