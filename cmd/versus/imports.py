#!/usr/bin/env python3
"""Writes a few documents with the tools of other projects, as files that quern's importers are held against.

    venv/bin/python cmd/versus/imports.py --out shard/testdata/import [--only NAME,NAME]

The environment is that of exports.py; what is not installed is left out and named. The documents are those of importDocs in
shard/import_golden_test.go: numbers of a small generator, so that nothing but the files needs to be kept. Each ends with token 0.
"""

import argparse
import importlib.util
import shutil
import sys
import types
from pathlib import Path

import numpy as np

LENGTHS = [1, 5, 40, 7, 2, 90]
VOCAB = 50_257


def documents():
    state, docs = 7, []
    for n in LENGTHS:
        doc = []
        for _ in range(n - 1):
            state = (state * 1664525 + 1013904223) % (1 << 32)
            doc.append((state >> 8) % (VOCAB - 1) + 1)
        docs.append(doc + [0])
    return docs


DOCS = documents()


def megatron(out, kind):
    import torch
    from megatron.core.datasets.indexed_dataset import IndexedDatasetBuilder

    builder = IndexedDatasetBuilder(str(out / "corpus.bin"), dtype=kind)
    for d in DOCS:
        lengths = [len(d)] if len(d) != 40 else [30, 10]  # a document of two sequences
        builder.add_document(torch.tensor(np.array(d, dtype=kind).astype(np.int64)), lengths)
    builder.finalize(str(out / "corpus.idx"))


def megatron_u16(out):
    megatron(out, np.uint16)


def megatron_i32(out):
    megatron(out, np.int32)


def mds(out, columns, sample, compression=None):
    from streaming import MDSWriter

    for split, docs in (("train", DOCS[:4]), ("val", DOCS[4:])):
        with MDSWriter(out=str(out / split), columns=columns, size_limit=600, compression=compression) as w:
            for i, d in enumerate(docs):
                w.write(sample(i, d))


def mds_u16(out):
    mds(out, {"id": "str", "tokens": "ndarray:uint16"}, lambda i, d: {"id": f"doc-{i}", "tokens": np.array(d, np.uint16)})


def mds_dynamic(out):
    mds(out, {"input_ids": "ndarray", "length": "int"}, lambda i, d: {"input_ids": np.array(d, np.int64), "length": len(d)})


def mds_bytes(out):
    mds(out, {"tokens": "bytes"}, lambda i, d: {"tokens": np.array(d, np.int64).tobytes()})


def mds_zstd(out):
    mds(out, {"tokens": "ndarray:uint16"}, lambda i, d: {"tokens": np.array(d, np.uint16)}, "zstd:7")


def mds_gz(out):
    mds(out, {"tokens": "ndarray:uint16"}, lambda i, d: {"tokens": np.array(d, np.uint16)}, "gz")


def mds_static(out):
    from streaming import MDSWriter

    flat = np.array(sum(DOCS, []), np.int32)
    with MDSWriter(out=str(out), columns={"tokens": "ndarray:int32:5"}) as w:
        for row in flat.reshape(-1, 5):
            w.write({"tokens": row})


def give(i):
    import torch

    yield torch.tensor(DOCS[i], dtype=torch.int32)


def give_u16(i):
    yield np.array(DOCS[i], np.uint16)


def litdata(out, fn):
    import litdata as ld
    from litdata.streaming import TokensLoader

    ld.optimize(fn=fn, inputs=list(range(len(DOCS))), output_dir=str(out), chunk_size=60, item_loader=TokensLoader(), num_workers=1)


def litdata_i32(out):
    litdata(out, give)


def litdata_u16(out):
    litdata(out, give_u16)


def datatrove(out, size):
    from datatrove.pipeline.tokens.tokenizer import TokenizedFile

    f = TokenizedFile(str(out), "00000_unshuffled.ds", tokenizer_name_or_path="gpt2", save_final_metadata=True, token_size=size)
    for d in DOCS:
        f.write(d, None)
    f.close()


def datatrove_u16(out):
    datatrove(out, 2)


def datatrove_u32(out):
    datatrove(out, 4)


def dolma(out):
    root = Path(importlib.util.find_spec("dolma").submodule_search_locations[0])
    for name in ("dolma", "dolma.core", "dolma.tokenizer"):  # without what they import, such as models of languages
        package = sys.modules[name] = types.ModuleType(name)
        package.__path__ = [str(root.parent / name.replace(".", "/"))]
    from dolma.tokenizer.data_types import TokenizerOutput
    from dolma.tokenizer.memmap_writer import MemmapWriter

    with MemmapWriter(path=str(out / "part-0-00000"), dtype=np.dtype("uint16"), max_tokens=1000) as w:
        for i, d in enumerate(DOCS):
            w.write(TokenizerOutput.from_tokens(id=f"doc-{i}", src="pages.jsonl.gz", loc=i + 1, tokens=d))


def llmc(out):
    """As dev/data/data_common.py of llm.c writes, where the separator leads a document; two files, a document across both."""
    flat = np.array(sum(([0] + d[:-1] for d in DOCS), []), np.uint16)
    for i, part in enumerate(np.split(flat, [33])):
        header = np.zeros(256, np.int32)
        header[:3] = 20240520, 1, len(part)
        (out / f"fineweb_train_{i:06d}.bin").write_bytes(header.tobytes() + part.tobytes())


def nanogpt(out):
    for name, docs in (("train.bin", DOCS[:4]), ("val.bin", DOCS[4:])):
        np.array(sum(docs, []), np.uint16).tofile(out / name)


def webdataset(out):
    import webdataset as wds

    with wds.ShardWriter(str(out / "train-%06d.tar"), maxcount=4, verbose=0, mtime=0) as w:
        for i, d in enumerate(DOCS):
            w.write({"__key__": f"sample{i:06d}", "npy": np.array(d, np.int64), "json": {"id": f"doc-{i}"}})


def table(kind):
    import datasets

    features = datasets.Features({"id": datasets.Value("string"), "input_ids": kind})
    rows = {"id": [f"doc-{i}" for i in range(len(DOCS))], "input_ids": DOCS}
    return datasets.Dataset.from_dict(rows, features=features)


def hf_arrow(out):
    import datasets

    datasets.DatasetDict({"train": table(datasets.List(datasets.Value("int64"))), "validation": table(datasets.List(datasets.Value("uint16")))}).save_to_disk(str(out), num_shards={"train": 2, "validation": 1})


def hf_arrow_large(out):
    import datasets

    table(datasets.LargeList(datasets.Value("int32"))).save_to_disk(str(out))


def hf_arrow_fixed(out):
    import datasets

    rows = {"input_ids": np.array(sum(DOCS, []), np.int32).reshape(-1, 5).tolist()}
    datasets.Dataset.from_dict(rows, features=datasets.Features({"input_ids": datasets.List(datasets.Value("int32"), length=5)})).save_to_disk(str(out))


def hf_parquet(out):
    import datasets

    (out / "data").mkdir()
    t = table(datasets.List(datasets.Value("int64")))
    for i in range(2):
        t.shard(2, i, contiguous=True).to_parquet(str(out / "data" / f"train-{i:05d}-of-00002.parquet"), batch_size=2)
    table(datasets.LargeList(datasets.Value("uint16"))).to_parquet(str(out / "data" / "validation-00000-of-00001.parquet"))


def pyarrow_parquet(out):
    import pyarrow as pa
    import pyarrow.parquet as pq

    t = pa.table({"input_ids": pa.array(DOCS, pa.list_(pa.uint32())), "url": ["https://example.org"] * len(DOCS)})
    pq.write_table(t, out / "tokens.parquet", compression="zstd", version="2.6", data_page_version="2.0", row_group_size=4, use_dictionary=False, column_encoding={"input_ids.list.element": "DELTA_BINARY_PACKED"})


CASES = [megatron_u16, megatron_i32, mds_u16, mds_dynamic, mds_bytes, mds_zstd, mds_gz, mds_static, litdata_i32, litdata_u16, datatrove_u16, datatrove_u32, dolma, llmc, nanogpt,
         webdataset, hf_arrow, hf_arrow_large, hf_arrow_fixed, hf_parquet, pyarrow_parquet]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", required=True)
    p.add_argument("--only", default="")
    a = p.parse_args()
    for case in CASES:
        if a.only and case.__name__ not in a.only.split(","):
            continue
        out = Path(a.out) / case.__name__
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        try:
            case(out)
        except ImportError as e:
            print(f"{case.__name__}: left out: {e}")
            shutil.rmtree(out)
            continue
        for f in sorted(out.rglob("*")):
            if f.is_file() and f.name.startswith(".") or f.name.endswith(".lock"):
                f.unlink()
        print(f"{case.__name__}: {sum(f.stat().st_size for f in out.rglob('*') if f.is_file())} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
