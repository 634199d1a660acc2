package shard

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/seed-83c59573/quern"
)

// hfArrow is a dataset as datasets.Dataset.save_to_disk leaves it: Arrow streams (not files), a state and a description. Its features are id, domain,
// source and input_ids.
type hfArrow struct {
	files
	o      ExportOptions
	schema *arrow.Schema
	b      *array.RecordBuilder
	blob   *blob
	w      *ipc.Writer
	names  []string
	inFile int64
	inRows int64 // tokens of the record being built
	rows   int   // of the record being built
	bytes  int64 // of all records
	docs   int64
}

const hfPerFile = 125_000_000 // tokens: 500 MB, as datasets cuts them

var hfFields = []arrow.Field{
	{Name: "id", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "domain", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "source", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "input_ids", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32), Nullable: true},
}

// hfFeatures is how datasets writes down the types of hfFields.
func hfFeatures() map[string]any {
	value := func(dtype string) map[string]any { return map[string]any{"dtype": dtype, "_type": "Value"} }
	return map[string]any{"id": value("string"), "domain": value("string"), "source": value("string"),
		"input_ids": map[string]any{"feature": value("int32"), "_type": "Sequence"}}
}

func newHFArrow(dir quern.Dir, o ExportOptions) (Exporter, error) {
	if o.PerFile == 0 {
		o.PerFile = hfPerFile
	}
	info, err := json.Marshal(map[string]any{"info": map[string]any{"features": hfFeatures()}})
	if err != nil {
		return nil, err
	}
	meta := arrow.NewMetadata([]string{"huggingface"}, []string{string(info)})
	x := &hfArrow{files: files{dir: dir}, o: o, schema: arrow.NewSchema(hfFields, &meta)}
	x.b = array.NewRecordBuilder(memory.DefaultAllocator, x.schema)
	return x, nil
}

func (x *hfArrow) Put(d *quern.Doc) error {
	if len(d.Tokens) > math.MaxInt32 {
		return fmt.Errorf("export: a document of %d tokens, a list of Arrow holds %d", len(d.Tokens), math.MaxInt32)
	}
	if err := fitsInt32(d.Tokens); err != nil {
		return err
	}
	if x.w == nil || x.inFile > 0 && x.inFile+int64(len(d.Tokens)) > x.o.PerFile {
		if err := x.next(); err != nil {
			return err
		}
	}
	if x.inRows+int64(len(d.Tokens)) > math.MaxInt32 { // offsets of a record's lists
		if err := x.flush(); err != nil {
			return err
		}
	}
	x.b.Field(0).(*array.StringBuilder).Append(d.ID.String())
	x.b.Field(1).(*array.StringBuilder).Append(d.Domain)
	x.b.Field(2).(*array.StringBuilder).Append(d.Source)
	list := x.b.Field(3).(*array.ListBuilder)
	list.Append(true)
	ids := list.ValueBuilder().(*array.Int32Builder)
	ids.Reserve(len(d.Tokens))
	for _, t := range d.Tokens {
		ids.Append(int32(t))
	}
	n := int64(len(d.Tokens))
	x.docs, x.rows, x.inFile, x.inRows = x.docs+1, x.rows+1, x.inFile+n, x.inRows+n
	if x.inRows >= groupTokens || x.rows >= groupTokens/64 {
		return x.flush()
	}
	return nil
}

func (x *hfArrow) next() error {
	if err := x.finish(); err != nil {
		return err
	}
	name := fmt.Sprintf("data-%05d.arrow", len(x.names))
	b, err := x.create(x.o.Split + "/" + name)
	if err != nil {
		return err
	}
	x.names, x.inFile = append(x.names, name), 0
	x.blob, x.w = b, ipc.NewWriter(b, ipc.WithSchema(x.schema))
	return nil
}

func (x *hfArrow) flush() error {
	if x.rows == 0 {
		return nil
	}
	rec := x.b.NewRecord()
	defer rec.Release()
	x.inRows, x.rows = 0, 0
	return x.w.Write(rec)
}

// finish commits the open file.
func (x *hfArrow) finish() error {
	if x.w == nil {
		return nil
	}
	if err := x.flush(); err != nil {
		return err
	}
	if err := x.w.Close(); err != nil {
		return err
	}
	x.bytes += x.blob.N
	return x.close(x.blob)
}

func (x *hfArrow) Commit() ([]quern.BlobInfo, error) {
	var err error
	if x.w == nil { // a dataset without rows has a file, too
		err = x.next()
	}
	if err == nil {
		err = x.finish()
	}
	x.b.Release()
	if err != nil {
		return x.end(err)
	}
	var data []map[string]string
	for _, n := range x.names {
		data = append(data, map[string]string{"filename": n})
	}
	fingerprint := strings.TrimPrefix(string(quern.DigestOf([]byte(x.o.Tokenizer+strings.Join(x.names, " ")))), "sha256:")[:16]
	err = x.wholeJSON(x.o.Split+"/state.json", map[string]any{"_data_files": data, "_fingerprint": fingerprint, "_format_columns": nil,
		"_format_kwargs": map[string]any{}, "_format_type": nil, "_output_all_columns": false, "_split": x.o.Split}, "  ")
	if err == nil {
		split := map[string]any{"name": x.o.Split, "num_bytes": x.bytes, "num_examples": x.docs, "dataset_name": "quern"}
		err = x.wholeJSON(x.o.Split+"/dataset_info.json", map[string]any{"citation": "", "description": "", "features": hfFeatures(), "homepage": "", "license": "",
			"splits": map[string]any{x.o.Split: split}}, "  ")
	}
	return x.end(err)
}

// finishHFArrow writes what makes folders of splits a DatasetDict.
func finishHFArrow(dir quern.Dir, splits []ExportOptions) ([]quern.BlobInfo, error) {
	names := []string{}
	for _, o := range splits {
		names = append(names, o.Split)
	}
	f := files{dir: dir}
	return f.end(f.wholeJSON("dataset_dict.json", map[string]any{"splits": names}, ""))
}

// hfParquet is a dataset as the Hub shows it.
type hfParquet struct {
	files
	o      ExportOptions
	form   form
	inFile int64
	n      int
}

func newHFParquet(dir quern.Dir, o ExportOptions) (Exporter, error) {
	if o.PerFile == 0 {
		o.PerFile = hfPerFile
	}
	return &hfParquet{files: files{dir: dir}, o: o}, nil
}

func (x *hfParquet) Put(d *quern.Doc) error {
	if err := fitsInt32(d.Tokens); err != nil {
		return err
	}
	if x.form == nil || x.inFile > 0 && x.inFile+int64(len(d.Tokens)) > x.o.PerFile {
		if err := x.next(); err != nil {
			return err
		}
	}
	x.inFile += int64(len(d.Tokens))
	return x.form.put(d)
}

func (x *hfParquet) next() error {
	if err := x.finish(); err != nil {
		return err
	}
	f, err := newParquetForm(x.dir, fmt.Sprintf("data/%s-%05d", x.o.Split, x.n), Lineage{Tokenizer: quern.Digest(x.o.Tokenizer), Pad: x.o.EndOfText})
	if err != nil {
		return err
	}
	x.form, x.inFile = f, 0
	x.n++
	x.open = append(x.open, f.file())
	return nil
}

// finish commits the open file.
func (x *hfParquet) finish() error {
	if x.form == nil {
		return nil
	}
	if err := x.form.finish(); err != nil {
		return err
	}
	return x.close(x.form.file())
}

func (x *hfParquet) Commit() ([]quern.BlobInfo, error) {
	var err error
	if x.form == nil {
		err = x.next()
	}
	if err == nil {
		err = x.finish()
	}
	return x.end(err)
}

// finishHFParquet writes the card, whose front matter tells readers where the splits are.
func finishHFParquet(dir quern.Dir, splits []ExportOptions) ([]quern.BlobInfo, error) {
	var b strings.Builder
	b.WriteString("---\nconfigs:\n- config_name: default\n  data_files:\n")
	for _, o := range splits {
		fmt.Fprintf(&b, "  - split: %[1]s\n    path: data/%[1]s-*\n", o.Split)
	}
	b.WriteString("dataset_info:\n  features:\n  - name: id\n    dtype: string\n  - name: domain\n    dtype: string\n  - name: source\n    dtype: string\n" +
		"  - name: input_ids\n    sequence: int32\n  - name: n_tokens\n    dtype: int32\n  splits:\n")
	for _, o := range splits {
		fmt.Fprintf(&b, "  - name: %s\n    num_examples: %d\n", o.Split, o.Docs)
	}
	b.WriteString("---\n")
	for _, o := range splits {
		fmt.Fprintf(&b, "%s: %d tokens of %d documents; tokenizer %s. Token %d ends a document.\n", o.Split, o.Tokens, o.Docs, o.Tokenizer, o.EndOfText)
	}
	f := files{dir: dir}
	return f.end(f.whole("README.md", []byte(b.String())))
}
