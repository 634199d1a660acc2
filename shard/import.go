package shard

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
)

// ImportOptions say of foreign tokens what their files do not.
type ImportOptions struct {
	Name   string // of the source; IDs are made from it and the place of a document, where the layout has none of quern's
	Domain string
	Split  string // only the files of this split; "" = all, which must be train or validation
	Column string // of records: where the tokens are; "" = input_ids, tokens or token_ids
	Dtype  string // of ids where nothing tells: uint16, int32 …
	Vocab  int    // ids must be below; 0 = unknown
	Unit   int64  // tokens of a shard, where files do not tell; 0 = 32 M

	// EndOfText is the token that ends a document where no index tells; -1 = unknown. Separate asks it although there is an index. With Leads it is the
	// first token of a document instead of the last, as llm.c writes.
	EndOfText       int64
	Separate, Leads bool
}

// ImportFormat is a layout of tokens that other projects write.
type ImportFormat struct {
	Name  string
	About string

	open func(im *Import) error                // fills in files or records
	mine func(im *Import) (is bool, err error) // whether the folder says that it has this layout
}

// ImportFormats are the layouts that are known: those of ExportFormats.
var ImportFormats = []ImportFormat{
	{"megatron", "Megatron-LM and NeMo: .bin and .idx; documents by the index", openMegatron, isMegatron},
	{"llmc", "llm.c and modded-nanogpt: .bin with a header; documents by --eot (with --eot-first, since it leads there)", openLLMC, isLLMC},
	{"nanogpt", "nanoGPT: raw .bin, u16 unless --dtype; documents by --eot", openNanoGPT, nil},
	{"datatrove", "datatrove and nanotron: .ds; documents by .ds.index, or by --eot", openDatatrove, hasSuffix(".ds")},
	{"olmo", "OLMo and Dolma: raw .npy; documents by .csv.gz, or by --eot", openOLMo, isOLMo},
	{"mds", "MosaicML Streaming: index.json and .mds; a document a sample", openMDS, isMDS},
	{"litdata", "LitData: index.json and chunks of tokens; a document an item, or by --eot", openLitData, isLitData},
	{"webdataset", "WebDataset: .tar with .npy members; a document a sample", openWebDataset, hasSuffix(".tar")},
	{"hf-arrow", "Hugging Face datasets, as save_to_disk writes them: Arrow streams; a document a row", openHFArrow, isHFArrow},
	{"hf-parquet", "Hugging Face Hub: .parquet; a document a row", openHFParquet, hasSuffix(".parquet")},
}

// ImportFormatNamed finds a layout; the error lists what there is.
func ImportFormatNamed(name string) (ImportFormat, error) {
	for _, f := range ImportFormats {
		if f.Name == name {
			return f, nil
		}
	}
	return ImportFormat{}, fmt.Errorf("import: unknown format %q, know %s", name, importNames())
}

// importNames lists the layouts for people.
func importNames() string {
	var names []string
	for _, f := range ImportFormats {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// Import is a Source of documents that another project tokenized: of each its tokens, and its ID where it is one of quern's. What a text was nobody
// knows any more.
type Import struct {
	Format string
	Notes  []string // what was left out, for people

	dir   quern.Dir
	names []string // of all files
	o     ImportOptions
	used  []string // files that are read
	files []tokenFile
	texts *recordSet
	runs  []tokenStream
}

// docTokens is the most that a document may have: a gigabyte of memory. What is longer was cut wrong.
const docTokens = 1 << 28

// A unit is what makes a shard: so many tokens, if nothing else is asked for, or documents.
const (
	unitTokens = 1 << 25
	unitDocs   = 1 << 20
)

// NewImport opens foreign tokens: some of the files in dir, by their names. Format "" is found out from the files, if they tell.
func NewImport(dir quern.Dir, names []string, format string, o ImportOptions) (*Import, error) {
	im := &Import{Format: format, dir: dir, names: slices.SortedFunc(slices.Values(names), naturally), o: o}
	if im.o.Unit == 0 {
		im.o.Unit = unitTokens
	}
	if o.Vocab > 0 && o.EndOfText >= int64(o.Vocab) {
		return nil, fmt.Errorf("import: the token %d, which is to end documents, is none: the vocabulary has %d", o.EndOfText, o.Vocab)
	}
	if o.Dtype != "" {
		if _, err := idTypeNamed(o.Dtype); err != nil {
			return nil, fmt.Errorf("import: %w", err)
		}
	}
	if format == "" {
		if err := im.detect(); err != nil {
			return nil, err
		}
	}
	f, err := ImportFormatNamed(im.Format)
	if err != nil {
		return nil, err
	}
	if err := f.open(im); err != nil {
		return nil, err
	}
	if len(im.files) == 0 && im.texts == nil {
		return nil, fmt.Errorf("import: no file of %s is here", f.Name)
	}
	if im.texts != nil && (im.o.Separate || im.o.Leads) {
		return nil, fmt.Errorf("import: of %s each record is a document: no token separates them", f.Name)
	}
	if im.texts == nil && im.o.Column != "" {
		return nil, fmt.Errorf("import: %s has no columns, so none is called %q", f.Name, im.o.Column)
	}
	return im, im.settle()
}

// detect finds the one layout that the files have.
func (im *Import) detect() error {
	var found []string
	for _, f := range ImportFormats {
		if f.mine == nil {
			continue
		}
		is, err := f.mine(im)
		if err != nil {
			return err
		}
		if is {
			found = append(found, f.Name)
		}
	}
	switch len(found) {
	case 1:
		im.Format = found[0]
		return nil
	case 0:
		if ours, err := im.anyBegins(".idx", []byte(indexMagic)); ours || err != nil {
			return errors.Join(err, errors.New("import: these tokens are quern's own: export them, or name them under tokens in a spec"))
		}
		return fmt.Errorf("import: the files do not tell their layout: name it with --format, one of %s", importNames())
	}
	return fmt.Errorf("import: the files have the layouts %s: name one with --format", strings.Join(found, " and "))
}

// settle decides for each file whether its index tells documents or a token does, and leaves out splits that nobody asked for.
func (im *Import) settle() error {
	files := im.files
	im.files = nil
	for _, f := range files {
		switch ok, err := im.wants(f.split); {
		case err != nil:
			return err
		case !ok:
			continue
		}
		im.used = append(im.used, f.name)
		if f.index != nil && !im.o.Separate {
			im.used = append(im.used, f.indexName)
			im.files = append(im.files, f)
			continue
		}
		if im.o.EndOfText < 0 {
			return fmt.Errorf("%s: nothing tells where documents end: give the token that ends them (eot) or the tokenizer", f.name)
		}
		at := slices.IndexFunc(im.runs, func(r tokenStream) bool { return r.split == f.split })
		if at < 0 {
			im.runs = append(im.runs, tokenStream{split: f.split, starts: []int64{0}})
			at = len(im.runs) - 1
		}
		im.runs[at].add(f)
	}
	if im.texts != nil {
		kept := im.texts.files[:0]
		for _, f := range im.texts.files {
			ok, err := im.wants(f.split)
			if err != nil {
				return err
			}
			if ok {
				kept = append(kept, f)
				im.used = append(im.used, f.name)
			}
		}
		im.texts.files = kept
		if len(kept) == 0 {
			return fmt.Errorf("import: there is no split %q", im.o.Split)
		}
	}
	if len(im.used) == 0 {
		return fmt.Errorf("import: there is no split %q", im.o.Split)
	}
	return nil
}

// wants tells whether the files of a split are asked for.
func (im *Import) wants(split string) (bool, error) {
	if im.o.Split != "" {
		return split == im.o.Split, nil
	}
	if split != "train" && split != "validation" {
		return false, fmt.Errorf("import: the split %q is neither train nor validation: choose one with --split", split)
	}
	return true, nil
}

// Files are the files that are read, for digests.
func (im *Import) Files() []string { return im.used }

// Width is the bytes that an id takes at most as far as the files tell: 2 or 4.
func (im *Import) Width() int {
	flat := im.files
	for _, r := range im.runs {
		flat = append(slices.Clip(flat), r.files...)
	}
	if len(flat) == 0 || slices.ContainsFunc(flat, func(f tokenFile) bool { return f.ids.size > 2 }) {
		return 4
	}
	return 2
}

// splitOf guesses the split of a file from the words of its path, the last one that tells.
func splitOf(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r < 'a' || r > 'z' })
	for _, w := range slices.Backward(words) {
		switch w {
		case "val", "valid", "validation", "dev", "eval", "heldout":
			return "validation"
		case "train", "training":
			return "train"
		case "test":
			return "test"
		}
	}
	return "train"
}

// naturally orders names so that 2 comes before 10.
func naturally(a, b string) int {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	run := func(s string) int {
		n := 0
		for n < len(s) && digit(s[n]) {
			n++
		}
		return n
	}
	for x, y := a, b; len(x) > 0 && len(y) > 0; x, y = x[1:], y[1:] {
		if n, m := run(x), run(y); n > 0 && m > 0 {
			p, q := strings.TrimLeft(x[:n], "0"), strings.TrimLeft(y[:m], "0")
			if len(p) != len(q) {
				return len(p) - len(q)
			}
			if p != q {
				return strings.Compare(p, q)
			}
			x, y = x[n-1:], y[m-1:]
		} else if x[0] != y[0] {
			return int(x[0]) - int(y[0])
		}
	}
	return strings.Compare(a, b)
}

// hasSuffix tells whether any file ends so.
func hasSuffix(end string) func(im *Import) (bool, error) {
	return func(im *Import) (bool, error) {
		return slices.ContainsFunc(im.names, func(n string) bool { return strings.HasSuffix(n, end) }), nil
	}
}

// has tells whether there is a file.
func (im *Import) has(name string) bool {
	_, ok := slices.BinarySearchFunc(im.names, name, naturally)
	return ok
}

// head reads the first bytes of a file, fewer if it is shorter.
func (im *Import) head(name string, n int64) ([]byte, int64, error) {
	f, err := im.dir.Open(name)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	b := make([]byte, min(n, f.Size()))
	return b, f.Size(), at(name, 0, readWhole(f, b, 0))
}

// small reads a file that is kept in memory, such as an index of files.
func (im *Import) small(name string) ([]byte, error) {
	const most = 1 << 28
	b, size, err := im.head(name, most)
	if err == nil && size > most {
		err = fmt.Errorf("%s: %d bytes, at most %d are read of such a file", name, size, most)
	}
	return b, err
}

// at gives an error its place.
func at(name string, offset int64, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: offset %d: %w", name, offset, err)
}

// Units lists the pieces of each split, each of which makes a shard.
func (im *Import) Units(ctx context.Context) ([]quern.Unit, error) {
	parts := map[string][]quern.Part{}
	add := func(split string, p quern.Part) { parts[split] = append(parts[split], p) }
	for i := range im.files {
		if err := im.files[i].units(ctx, im, add); err != nil {
			return nil, err
		}
	}
	for i := range im.runs {
		im.runs[i].units(im.o.Unit, add)
	}
	if im.texts != nil {
		if err := im.texts.units(im, add); err != nil {
			return nil, err
		}
	}
	var units []quern.Unit
	for split, list := range parts {
		name := split
		if name != "validation" {
			name = "train" // the only one, if it has another name
		}
		for i, p := range list {
			units = append(units, quern.Unit{Name: fmt.Sprintf("%s-%05d", name, i), Source: im.o.Name, Domain: im.o.Domain, Parts: []quern.Part{p}})
		}
	}
	slices.SortFunc(units, func(a, b quern.Unit) int { return naturally(a.Name, b.Name) })
	return units, nil
}

var errStop = errors.New("enough")

// Docs gives the documents of a unit. A fault of the files is final: what is cut or altered is not a corpus.
func (im *Import) Docs(ctx context.Context, u quern.Unit) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		d := &quern.Doc{}
		emit := func() error {
			for i, t := range d.Tokens {
				if im.o.Vocab > 0 && t >= uint32(im.o.Vocab) {
					return fmt.Errorf("document %s: token %d is %d, the vocabulary has %d", d.ID, i, t, im.o.Vocab)
				}
			}
			d.Source, d.Domain = im.o.Name, im.o.Domain
			if !yield(d, nil) {
				return errStop
			}
			d.Reset()
			return ctx.Err()
		}
		for _, p := range u.Parts {
			if err := im.read(p, d, emit); err != nil {
				if !errors.Is(err, errStop) {
					yield(nil, err)
				}
				return
			}
		}
	}
}

// read gives the documents of a part one after the other in d.
func (im *Import) read(p quern.Part, d *quern.Doc, emit func() error) error {
	for i := range im.files {
		if im.files[i].name == p.Path {
			return im.files[i].read(im, p, d, emit)
		}
	}
	for i := range im.runs {
		if im.runs[i].split == p.Path {
			return im.runs[i].read(im, p, d, emit)
		}
	}
	return im.texts.read(im, p, d, emit)
}

// idOf is the ID of the document at a place of a file, or the one of quern's that the file tells.
func (im *Import) idOf(told, file string, place int64) quern.ID {
	if id, err := quern.ParseID(told); err == nil {
		return id
	}
	if told != "" {
		return quern.NewID(im.o.Name, told)
	}
	return quern.NewID(im.o.Name, file, fmt.Sprint(place))
}

// stem is a name without its last ending.
func stem(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

// TextBytes is the size of the text behind a document; 0 = unknown, or there is none.
func TextBytes(d *quern.Doc) int { return int(textBytes(d)) }

// SetTextBytes notes the size of the text behind the tokens of a document that has none.
func SetTextBytes(d *quern.Doc, n int) { d.Mark(bytesMark, float64(n)) }
