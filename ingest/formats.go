package ingest

// Config is what a spec may say of a source beyond its paths: a plain struct whose fields have YAML names, with its defaults filled in.
type Config interface {
	Reader(o Options) (Reader, error)
}

// Fielded is a Config of records whose columns have names.
type Fielded interface {
	Config
	Columns() *Fields
}

// Format is a kind of input that a spec may name.
type Format struct {
	Name   string                 // the key that holds the paths in a spec
	Reads  string                 // one line, for people
	Match  func(name string) bool // whether a file of this name, without the ending of a codec, is most likely of this kind
	Config func() Config          // its options, with their defaults
}

// Formats is the one list of formats. Where two match a name, the first is meant.
var Formats = []Format{
	{"jsonl", "one JSON object a line", isJSONL, func() Config { return &JSONL{Fields: DefaultFields()} }},
	{"csv", "tables as text, with commas or tabs", isCSV, func() Config { c := DefaultCSV(); return &c }},
	{"parquet", "columns of Parquet files", isParquet, func() Config { return &Parquet{Fields: DefaultFields()} }},
	{"arrow", "columns of Arrow IPC files and streams", isArrow, func() Config { return &Arrow{Fields: DefaultFields()} }},
	{"text", "plain text: a document a file, a line or a paragraph", isText, func() Config { t := DefaultText(); return &t }},
	{"markdown", "Markdown, as it is or as plain text", isMarkdown, func() Config { m := DefaultMarkdown(); return &m }},
	{"warc", "web archives, WARC and ARC: main text of pages, WET text", isWARC, func() Config { x := DefaultWARCOptions(); return &x }},
	{"html", "pages: their main text", isHTML, func() Config { x := DefaultHTMLOptions(); return &x }},
	{"mediawiki", "dumps of MediaWiki: articles from their markup", isWiki, func() Config { c := DefaultWiki(); return &c }},
	{"stackexchange", "Posts.xml of Stack Exchange: questions with their answers", isStack, func() Config { c := DefaultStackExchange(); return &c }},
	{"tei", "papers and editions in TEI XML, as of GROBID", namedTEI, plainly(NewTEI)},
	{"jats", "papers in JATS XML", isJATS, plainly(NewJATS)},
	{"arxiv", "arXiv's source bundles, a document a submission", arxivBulk, plainly(NewArXiv)},
	{"latex", "papers in LaTeX, with what they input", isTeX, plainly(NewLaTeX)},
	{"pdf", "papers and other documents in PDF", isPDF, func() Config { p := DefaultPDFOptions(); return &p }},
	{"epub", "books", isEPUB, plainly(NewEPUB)},
	{"tree", "source trees, a document a file", never, func() Config { t := DefaultTreeOptions(); return &t }},
	{"git", "the files of a commit of Git repositories", never, func() Config { g := DefaultGitOptions(); return &g }},
}

// FormatNamed finds a format by its name in specs.
func FormatNamed(name string) (Format, bool) {
	for _, f := range Formats {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// FormatOf guesses the format of a file by its name.
func FormatOf(name string) (Format, bool) {
	for _, f := range Formats {
		if f.Match(bareName(name)) {
			return f, true
		}
	}
	return Format{}, false
}

func never(string) bool { return false }

// optionless is the Config of a format without options.
type optionless struct {
	open func(o Options) (Reader, error)
}

func (c optionless) Reader(o Options) (Reader, error) { return c.open(o) }

func plainly(open func(o Options) (Reader, error)) func() Config {
	return func() Config { return optionless{open} }
}
