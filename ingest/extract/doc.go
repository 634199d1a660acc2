// Package extract turns markup into the text that a person would read: HTML pages, LaTeX trees, JATS articles and TEI editions.
//
// In come bytes: a page in any character set (Decode makes it UTF-8, HTML.Extract finds its main text), a set of LaTeX files
// behind a read function, or XML that holds articles. Out goes UTF-8 text with the few facts that the document states about itself.
// All three writers agree on the shape of that text:
//
//   - One block (paragraph, heading, list item, table row, line of verse or code) is one line, ended by one "\n" except for the
//     last. There are no empty lines outside preformatted text, so that rules which count lines count paragraphs.
//   - A list item starts with "- ". The cells of a table row are joined by " | ". A heading is a line of its own, unmarked.
//   - White space inside a block is one space, except in preformatted text, which is kept. A <br> or \\ ends the line.
//   - Formulas stand as LaTeX source with the author's macros expanded, in $…$ inside a line and in $$…$$ on a line of their own.
//     Two in a row are kept apart by a space. A dollar sign that is none stands as it is.
//   - The title is a field and is not repeated in the text.
//
// HTML can write Markdown instead.
//
// Nothing here knows a document of the corpus, judges quality, opens a file, starts a goroutine or reads a clock. Input is
// hostile: every extractor runs in time linear in its input (LaTeX: in its bounded expansion), has limits and never panics.
package extract

// Version changes whenever the bytes that this package produces change.
const Version = "2"
