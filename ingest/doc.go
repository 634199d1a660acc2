// Package ingest reads the outside world: JSON lines, Parquet, WARC and WET, HTML pages, JATS articles, LaTeX trees and source
// trees, plain, compressed or in archives. In come files as a spec names them; out come documents in a fixed order, each with an
// ID that tells where it came from. A constructor such as NewJSONL gives a Reader, which is a quern.Source.
//
// Every byte here is foreign. Sizes, depths and ratios are bounded before memory is asked for; a bad record is counted with its
// file and place, and the rest is read; a broken compressed stream, archive or Parquet file is refused whole, before any of its
// documents goes out. Nothing is written, unpacked to disk, executed or fetched, no link is followed, and no text is judged.
package ingest

// Version changes when the same file gives other documents.
const Version = "1"
