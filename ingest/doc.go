// Package ingest reads the outside world: web archives and pages, papers in JATS, TEI, LaTeX and PDF, dumps of wikis and forums, books,
// source trees and Git repositories, and records in JSON, CSV, Parquet and Arrow; plain, compressed or in archives, from disk or over
// HTTP. In come files as a spec names them; out come documents in a fixed order, each with an ID that tells where it came from. A
// constructor such as NewJSONL gives a Reader, which is a quern.Source; Formats lists them all.
//
// Every byte here is foreign. Sizes, depths and ratios are bounded before memory is asked for; a bad record, page or member of a zip
// archive is counted with its file and place, and the rest is read; what is no document is counted as passed over. A broken compressed
// stream, tar archive, zip directory, Parquet or Arrow file is refused whole, before any of its documents goes out; of a Parquet or
// Arrow file larger than a unit each unit answers for its own part, and of a WARC file or a bzip2 dump of a wiki only the damaged
// records are lost. Nothing is written, unpacked to disk or executed (but for poppler's pdftotext, where a spec asks for that engine),
// nothing is fetched but URLs that a spec names, no link below a folder is followed, and no text is judged.
package ingest

// Version changes when the same file gives other documents.
const Version = "2"
