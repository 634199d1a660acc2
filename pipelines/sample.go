package pipelines

import "embed"

// Sample is the quickstart and its corpus: pages, papers and chats that were written for it.
//
//go:embed quickstart.yaml testdata/sample/pages.warc.gz testdata/sample/latex testdata/sample/jats testdata/sample/chat.jsonl
var Sample embed.FS
