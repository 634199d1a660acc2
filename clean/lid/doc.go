// Package lid tells the language of a text. In come bytes, out go an ISO 639-1 code and a confidence. It knows no documents,
// reads no files, and does nothing at program start.
//
// Scripts decide first. Letters are counted by script over the start and the middle of the text; Hangul is Korean, Han without
// kana is Chinese, Greek is Greek, and so on. Where a script serves several languages (Latin, Cyrillic, Arabic, Devanagari), the
// n-grams of up to about 400 letters, in pieces spread over what is looked at, choose among 77 languages (package gram), and a line
// fitted on other text turns their scores into the probability that the choice is right. A script none of whose languages is wanted
// is not looked at more closely: the answer is then "und-" and the script.
//
// Where that probability is low, lingua is asked about the likeliest few languages, with a bounded sample. Its models of trigrams
// are loaded when the first text asks for their language, are shared by the whole process, and cost about 1 MB of memory a
// language. They do make a program 120 MB larger on disk. Glance asks nobody: for lines and paragraphs, thousands a document.
package lid
