// Package shard knows the bytes of quern's own files. Documents come in from a Pass and go out as shards: text as Parquet, tokens as
// a raw array with an index of document ends, the finished corpus as Parquet, Arrow and raw tokens side by side. Its readers give
// the same documents back as Sources and streams. It judges nothing and shuffles nothing. Of foreign files
// it knows those that hold tokens: it writes them (export*.go) and reads them (import*.go), in the layouts of other projects' trainers.
//
//	text     00000.parquet          id, text, domain, source, url, language, license, bucket, date, meta, marks (+ rule, value, threshold of drops)
//	tokens   00000.bin 00000.idx    little-endian u16 or u32 tokens; per document its end, bytes of text, id, near-duplicate group and its size, bucket, language;
//	                                per block of 128 KiB its CRC32C
//	facts    facts/00000.parquet    id, language, source, bucket, bytes, verdict, spans, and a column for each fact
//	corpus   train-00000.{bin,idx,parquet,arrow} and validation-00000.…; .arrow holds rows of equal length, packed end to end, by best fit
//	         or by best-fit decreasing (pack.go), with the ends of documents, from which masks and positions follow (segments.go)
package shard

// Version is part of the key of every step that writes shards: raise it when bytes change.
const Version = "8"
