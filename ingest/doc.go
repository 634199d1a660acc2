// Package ingest reads the outside world: JSON, Parquet, Arrow, CSV, plain text, Markdown, WARC and WET, HTML pages, JATS articles,
// LaTeX trees and source trees, plain, compressed or in archives. In come files as a spec names them; out come documents in a fixed
// order, each with an ID that tells where it came from. A constructor such as NewJSONL gives a Reader, which is a quern.Source.
//
// Every byte here is foreign. Sizes, depths and ratios are bounded before memory is asked for; a bad record, page or member of a zip
// archive is counted with its file and place, and the rest is read. A broken compressed stream, tar archive, zip directory, table or
// JSON array is refused whole, before any of its documents goes out; of a Parquet or Arrow file larger than a unit each unit answers
// for its own row groups or batches, and of a WARC file only the damaged records are lost. Nothing is written, unpacked to disk,
// executed or fetched, no link below a folder is followed, and no text is judged.
package ingest

// Version changes when the same file gives other documents.
const Version = "2"
