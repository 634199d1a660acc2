package shard_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// exportDocs are a few documents, the last of them long.
func exportDocs(vocab int) (docs []quern.Doc, tokens int64) {
	state := uint32(7)
	for i, n := range []int{1, 5, 300, 70, 2, 1000} {
		d := quern.Doc{ID: quern.NewID("export", fmt.Sprint(i)), Domain: "web", Source: "pages"}
		for range n - 1 {
			state = state*1664525 + 1013904223
			d.Tokens = append(d.Tokens, state>>8%uint32(vocab-1)+1)
		}
		d.Tokens = append(d.Tokens, 0)
		tokens += int64(n)
		docs = append(docs, d)
	}
	return docs, tokens
}

// exportAll exports documents as the splits that are named, half of them in each.
func exportAll(dir quern.Dir, f shard.ExportFormat, docs []quern.Doc, o shard.ExportOptions, splits ...string) (infos []quern.BlobInfo, err error) {
	var all []shard.ExportOptions
	for i, split := range splits {
		part := docs[i*len(docs)/len(splits) : (i+1)*len(docs)/len(splits)]
		o.Split, o.Docs, o.Tokens = split, int64(len(part)), 0
		for _, d := range part {
			o.Tokens += int64(len(d.Tokens))
		}
		x, err := f.New(dir, o)
		if err != nil {
			return nil, err
		}
		for i := range part {
			if err := x.Put(&part[i]); err != nil {
				x.Abort()
				return nil, err
			}
		}
		done, err := x.Commit()
		if err != nil {
			return nil, err
		}
		infos, all = append(infos, done...), append(all, o)
	}
	if f.Finish != nil {
		done, err := f.Finish(dir, all)
		if err != nil {
			return nil, err
		}
		infos = append(infos, done...)
	}
	return infos, nil
}

func export(t *testing.T, dir quern.Dir, name string, vocab int) []quern.BlobInfo {
	t.Helper()
	f, err := shard.ExportFormatNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	docs, _ := exportDocs(vocab)
	o := shard.ExportOptions{Vocab: vocab, Tokenizer: "tiny", PerFile: 900}
	if name == "mds" {
		o.PerFile = 600 // its limit is of all bytes
	}
	infos, err := exportAll(dir, f, docs, o, "train")
	if err != nil {
		t.Fatal(err)
	}
	return infos
}

// exportVocab is the vocabulary that the goldens of a format are of.
func exportVocab(format string) int {
	if format == "mds" || format == "olmo" {
		return 100_000 // ids of 4 bytes
	}
	return 50_257
}

// TestExportGolden: the goldens were opened by the readers that they are for (cmd/versus/exports.py).
func TestExportGolden(t *testing.T) {
	for _, f := range shard.ExportFormats {
		t.Run(f.Name, func(t *testing.T) {
			var dir quern.Memory
			infos := export(t, &dir, f.Name, exportVocab(f.Name))
			if len(infos) == 0 {
				t.Fatal("no files")
			}
			for _, info := range infos {
				got, err := quern.ReadBlob(&dir, info.Name)
				if err != nil {
					t.Fatal(err)
				}
				if int64(len(got)) != info.Size || quern.DigestOf(got) != info.Digest {
					t.Errorf("%s: its size or digest is told wrong", info.Name)
				}
				path := filepath.Join("testdata/export", f.Name, info.Name)
				if *update {
					if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(path, got, 0o666); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s differs", path)
				}
			}
			names, err := dir.List("")
			if err != nil || len(names) != len(infos) {
				t.Errorf("%d files, %d told of (%v)", len(names), len(infos), err)
			}
		})
	}
}

// TestExportsHoldTheTokens reads the raw layouts back by what their projects say of them.
func TestExportsHoldTheTokens(t *testing.T) {
	docs, total := exportDocs(50_257)
	var want []byte
	for _, d := range docs {
		for _, x := range d.Tokens {
			want = binary.LittleEndian.AppendUint16(want, uint16(x))
		}
	}
	read := func(format string, names ...string) (all []byte) {
		var dir quern.Memory
		export(t, &dir, format, 50_257)
		for _, n := range names {
			b, err := quern.ReadBlob(&dir, n)
			if err != nil {
				t.Fatal(err)
			}
			if format == "llmc" {
				if n := binary.LittleEndian.Uint32(b[8:]); int(n)*2 != len(b)-1024 {
					t.Errorf("a header tells %d tokens, there are %d bytes", n, len(b)-1024)
				}
				b = b[1024:]
			}
			all = append(all, b...)
		}
		return all
	}
	for format, names := range map[string][]string{"megatron": {"train.bin"}, "llmc": {"train_000000.bin", "train_000001.bin"}, "nanogpt": {"train.bin"},
		"datatrove": {"train/00000.ds", "train/00001.ds"}, "olmo": {"train/part-0-00000.npy", "train/part-0-00001.npy"}} {
		if got := read(format, names...); !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes of tokens differ from %d of %d tokens", format, len(got), len(want), total)
		}
	}
}

func TestExportsAreRefusedInWords(t *testing.T) {
	var dir quern.Memory
	if _, err := shard.ExportFormatNamed("tfrecord"); err == nil {
		t.Error("an unknown format was found")
	}
	open := func(name string, o shard.ExportOptions) (shard.Exporter, error) {
		f, err := shard.ExportFormatNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		return f.New(&dir, o)
	}
	if _, err := open("nanogpt", shard.ExportOptions{Split: "train", Vocab: 100_000}); err == nil {
		t.Error("nanogpt took ids of 4 bytes")
	}
	docs, tokens := exportDocs(50_257)
	for _, off := range []int64{-1, 1} {
		x, err := open("llmc", shard.ExportOptions{Split: "train", Vocab: 50_257, Tokens: tokens + off})
		if err != nil {
			t.Fatal(err)
		}
		for i := range docs {
			if err = x.Put(&docs[i]); err != nil {
				break
			}
		}
		if err == nil {
			_, err = x.Commit()
		} else {
			x.Abort()
		}
		if err == nil {
			t.Errorf("%+d tokens: a header was written that tells another number", off)
		}
	}
}
