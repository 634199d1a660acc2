package shard

import (
	"encoding/json"
	"fmt"
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
	w      *ipc.Writer
	names  []string
	inFile int64
	inRows int64 // tokens of the record being built
	docs   int64
	bytes  int64
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
	if x.w == nil || x.inFile > 0 && x.inFile+int64(len(d.Tokens)) > x.o.PerFile {
		if err := x.next(); err != nil {
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
	x.docs, x.inFile, x.inRows = x.docs+1, x.inFile+n, x.inRows+n
	if x.inRows >= groupTokens {
		return x.flush()
	}
	return nil
}

func (x *hfArrow) next() error {
	if err := x.close(); err != nil {
		return err
	}
	name := fmt.Sprintf("data-%05d.arrow", len(x.names))
	b, err := x.create(name)
	if err != nil {
		return err
	}
	x.names, x.inFile = append(x.names, name), 0
	x.w = ipc.NewWriter(b, ipc.WithSchema(x.schema))
	return nil
}

func (x *hfArrow) flush() error {
	if x.inRows == 0 {
		return nil
	}
	rec := x.b.NewRecord()
	defer rec.Release()
	x.inRows = 0
	return x.w.Write(rec)
}

func (x *hfArrow) close() error {
	if x.w == nil {
		return nil
	}
	if err := x.flush(); err != nil {
		return err
	}
	return x.w.Close()
}

func (x *hfArrow) Commit() ([]quern.BlobInfo, error) {
	err := x.close()
	if err == nil && x.w == nil { // a dataset without rows has a file, too
		if err = x.next(); err == nil {
			err = x.w.Close()
		}
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
	state, err := json.MarshalIndent(map[string]any{"_data_files": data, "_fingerprint": fingerprint, "_format_columns": nil, "_format_kwargs": map[string]any{},
		"_format_type": nil, "_output_all_columns": false, "_split": x.o.Split}, "", "  ")
	if err == nil {
		err = x.whole("state.json", state)
	}
	if err == nil {
		var info []byte
		if info, err = json.MarshalIndent(map[string]any{"citation": "", "description": "", "features": hfFeatures(), "homepage": "", "license": ""}, "", "  "); err == nil {
			err = x.whole("dataset_info.json", info)
		}
	}
	return x.end(err)
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
	if x.form == nil || x.inFile > 0 && x.inFile+int64(len(d.Tokens)) > x.o.PerFile {
		if err := x.next(); err != nil {
			return err
		}
	}
	x.inFile += int64(len(d.Tokens))
	return x.form.put(d)
}

func (x *hfParquet) next() error {
	if x.form != nil {
		if err := x.form.finish(); err != nil {
			return err
		}
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

func (x *hfParquet) Commit() ([]quern.BlobInfo, error) {
	var err error
	if x.form == nil {
		err = x.next()
	}
	if err == nil {
		err = x.form.finish()
	}
	if err == nil {
		err = x.whole("README.md", fmt.Appendf(nil, `---
configs:
- config_name: default
  data_files:
  - split: %[1]s
    path: data/%[1]s-*
dataset_info:
  features:
  - name: id
    dtype: string
  - name: domain
    dtype: string
  - name: source
    dtype: string
  - name: input_ids
    sequence: int32
  - name: n_tokens
    dtype: int32
  splits:
  - name: %[1]s
    num_examples: %[2]d
---
%[3]d tokens of %[2]d documents; tokenizer %[4]s. Each document ends with token %[5]d.
`, x.o.Split, x.o.Docs, x.o.Tokens, x.o.Tokenizer, x.o.EndOfText))
	}
	return x.end(err)
}
