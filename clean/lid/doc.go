// Package lid tells the language of a text. In come bytes, out go an ISO 639-1 code and a confidence. It knows no documents,
// reads no files, and does nothing at program start: a statistical model is loaded when the first text of its script asks for it,
// is shared by the whole process, and costs about 1 MB of memory a language. The models do make a program 120 MB larger on disk.
//
// Scripts decide first. Letters are counted by script over the start and the middle of the text; Hangul is Korean, Han without
// kana is Chinese, Greek is Greek, and so on. Only where a script serves several languages (Latin, Cyrillic, Arabic, Devanagari)
// does a trigram model choose among a fixed list, given a bounded sample of that script's letters; and where the commonest words of
// English abound in both halves of a text, no model is asked. A script none of whose
// languages is wanted is not looked at more closely: the answer is then "und-" and the script.
package lid
