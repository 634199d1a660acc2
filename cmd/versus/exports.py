#!/usr/bin/env python3
"""Exports the corpus of a run in every layout that quern knows, opens each with the reader that it is for, and compares tokens.

    python3 -m venv venv && venv/bin/pip install torch numpy pyarrow datasets webdataset litdata datatrove orjson megatron-core ai2-olmo-core
    python3 -m venv mosaic && mosaic/bin/pip install mosaicml-streaming
    go build -o quern ./cmd/quern
    venv/bin/python cmd/versus/exports.py --run run --quern ./quern --python mds=mosaic/bin/python

The run has reached its shard step. Every reader works in a process of its own, since not all of them can be installed side by side: --python
FORMAT=PROGRAM names another interpreter for one. A reader that is not installed is left out and named. What the tokens are is read from quern's
raw shards by this program, which shares no line with quern. Readers that cut files into blocks drop what is left behind the last block of a file;
the column "served" tells which share of the tokens they gave, all of which are compared. Each export is also imported again by quern, and its
tokens and the ends of its documents are compared.

The exit status is 0 if nothing differs, 1 if something does.
"""

import argparse
import importlib.metadata
import json
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

FORMATS = ["megatron", "llmc", "nanogpt", "datatrove", "olmo", "mds", "litdata", "webdataset", "hf-arrow", "hf-parquet"]
BLOCK = 64  # tokens that readers of blocks are asked for


def dataset(folder, split):
    """Tokens and ends of documents of a dataset of quern's: its shards by their numbers (shard/index.go)."""
    tokens, ends, n = [], [], 0
    for idx in sorted(Path(folder).glob("*.idx"), key=lambda p: (len(p.name), p.name)):
        if idx.name.startswith("validation-") != (split == "validation"):
            continue
        head = idx.read_bytes()
        magic, version, width, docs, count = struct.unpack_from("<8sIIQQ", head)
        assert magic == b"QUERNIDX", idx
        ends.append(np.frombuffer(head, np.uint64, docs, 40 if version > 3 else 32) + np.uint64(n))
        tokens.append(np.fromfile(idx.with_suffix(".bin"), np.uint16 if width == 2 else np.uint32).astype(np.uint32))
        assert len(tokens[-1]) == count, idx
        n += count
    if not tokens:
        return np.zeros(0, np.uint32), np.zeros(0, np.uint64)
    return np.concatenate(tokens), np.concatenate(ends)


# A reader yields (position of the first token, tokens, whether they are a document).


def whole(documents):
    at = 0
    for d in documents:
        d = np.asarray(d)
        yield at, d, True
        at += len(d)


def megatron(folder, split, about):
    from megatron.core.datasets.indexed_dataset import IndexedDataset

    data = IndexedDataset(str(folder / split), mmap=True)
    borders = data.document_indices
    return whole(np.concatenate([data[i] for i in range(a, b)]) for a, b in zip(borders[:-1], borders[1:]))


def llmc(folder, split, about):
    """As modded-nanogpt's _load_data_shard and llm.c's DataLoader read: a header of 256 numbers, then tokens."""
    import torch

    at = 0
    for path in sorted(folder.glob(f"{'val' if split == 'validation' else split}_*.bin")):
        header = torch.from_file(str(path), False, 256, dtype=torch.int32)
        kind = {(20240520, 1): torch.uint16, (20240801, 7): torch.uint32}[int(header[0]), int(header[1])]
        n = int(header[2])
        tokens = torch.empty(n, dtype=kind)
        with path.open("rb", buffering=0) as f:
            f.seek(256 * 4)
            assert f.readinto(tokens.numpy()) == tokens.nbytes == path.stat().st_size - 1024
        yield at, tokens.numpy(), False
        at += n


def nanogpt(folder, split, about):
    yield 0, np.memmap(folder / f"{'val' if split == 'validation' else split}.bin", dtype=np.uint16, mode="r"), False


def blocks(files, read):
    """Blocks of each file; files is of the tokens of each."""
    at = item = 0
    for n in files:
        for k in range(n // BLOCK):
            yield at + k * BLOCK, read(item), False
            item += 1
        at += n


def datatrove(folder, split, about):
    from datatrove.utils.dataset import DatatroveFolderDataset

    files = sorted((folder / split).glob("*.ds"))
    data = DatatroveFolderDataset(str(folder / split), BLOCK - 1, token_size=about["width"], return_positions=True)
    ends = np.concatenate([[0]] + [about["ends"]])

    def read(i):
        got = data[i]
        positions, x = got["positions"].numpy(), got["input_ids"].numpy()
        starts = np.flatnonzero(positions == 0)[1:] + read.at[i]
        assert np.isin(starts, ends).all(), f"block {i}: documents begin at {starts}"
        return x

    sizes = [f.stat().st_size // about["width"] for f in files]
    read.at = [at for at, _, _ in blocks(sizes, lambda i: None)]
    return blocks(sizes, read)


def olmo(folder, split, about):
    from olmo_core.data import NumpyFSLDataset
    from olmo_core.data.utils import iter_document_indices

    kind = np.uint16 if about["width"] == 2 else np.uint32
    files = sorted((folder / split).glob("*.npy"))
    at = 0
    for f in files:
        for a, b in iter_document_indices(str(f), eos_token_id=about["eot"], dtype=kind):
            assert at + b in about["ends"], f"{f}: a document ends at {b}"
        at += f.stat().st_size // about["width"]
    data = NumpyFSLDataset(*files, sequence_length=BLOCK, pad_token_id=0, eos_token_id=about["eot"], vocab_size=about["vocab"], dtype=kind)
    data.prepare()
    return blocks([f.stat().st_size // about["width"] for f in files], lambda i: data[i]["input_ids"].numpy())


def mds(folder, split, about):
    from streaming import StreamingDataset

    data = StreamingDataset(local=str(folder), split=split, shuffle=False, batch_size=1)
    return whole(data[i]["tokens"] for i in range(len(data)))


def litdata(folder, split, about):
    from litdata import StreamingDataset
    from litdata.streaming import TokensLoader

    index = json.loads((folder / split / "index.json").read_text())
    data = StreamingDataset(str(folder / split), item_loader=TokensLoader(block_size=BLOCK), shuffle=False)
    return blocks([c["dim"] for c in index["chunks"]], lambda i: data[i].numpy())


def webdataset(folder, split, about):
    import webdataset as wds

    data = wds.WebDataset([str(p) for p in sorted(folder.glob(f"{split}-*.tar"))], shardshuffle=False).decode()
    return whole(sample["npy"] for sample in data)


def hf_arrow(folder, split, about):
    from datasets import load_from_disk

    return whole(load_from_disk(str(folder))[split].with_format("numpy")["input_ids"])


def hf_parquet(folder, split, about):
    from datasets import load_dataset

    return whole(row["input_ids"] for row in load_dataset(str(folder), split=split, cache_dir=about["scratch"]))


READERS = {
    "megatron": (megatron, "megatron-core"),
    "llmc": (llmc, "torch"),
    "nanogpt": (nanogpt, "numpy"),
    "datatrove": (datatrove, "datatrove"),
    "olmo": (olmo, "ai2-olmo-core"),
    "mds": (mds, "mosaicml-streaming"),
    "litdata": (litdata, "litdata"),
    "webdataset": (webdataset, "webdataset"),
    "hf-arrow": (hf_arrow, "datasets"),
    "hf-parquet": (hf_parquet, "datasets"),
}


def read(about):
    """The part of a process that reads one split of one export."""
    reader, package = READERS[about["format"]]
    try:
        version = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return {"missing": package}
    truth = np.load(about["truth"])
    tokens, ends = truth["tokens"], truth["ends"]
    about["ends"] = set(ends.tolist()) if about["format"] == "olmo" else ends
    served, documents = 0, []
    for at, got, is_document in reader(Path(about["folder"]), about["split"], about):
        got = np.asarray(got)
        if at + len(got) > len(tokens) or not np.array_equal(tokens[at : at + len(got)], got.astype(np.int64)):
            return {"error": f"tokens from {at} on differ", "package": f"{package} {version}"}
        served += len(got)
        if is_document:
            documents.append(at + len(got))
    if documents and documents != ends.tolist():
        return {"error": f"{len(documents)} documents end elsewhere than the {len(ends)} that there are", "package": f"{package} {version}"}
    return {"package": f"{package} {version}", "served": served, "documents": len(documents) or None}


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--run", help="the folder of a run")
    p.add_argument("--quern", help="the program")
    p.add_argument("--python", action="append", default=[], metavar="FORMAT=PROGRAM", help="another interpreter for the reader of a layout")
    p.add_argument("--formats", default=",".join(FORMATS), help="only these, with commas between")
    p.add_argument("--per-file", default="20k", help="tokens of a file, so that there are several")
    p.add_argument("--read", help=argparse.SUPPRESS)
    return p.parse_args()


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stderr}")
    return done.stdout


def main():
    a = arguments()
    if a.read:
        print("\n" + json.dumps(read(json.loads(Path(a.read).read_text()))))
        return 0
    record = json.loads(max((Path(a.run) / "runs").glob("*.json"), key=lambda p: p.stat().st_mtime).read_text())
    steps = {s["step"]: Path(a.run) / s["folder"] for s in record["steps"]}
    tokenizer = json.loads(run(a.quern, "show", steps["learn"] / "tokenizer.json", "--json"))
    programs = dict(p.split("=", 1) for p in a.python)
    scratch = Path(tempfile.mkdtemp(prefix="exports-"))
    failed = 0
    print(f"{'layout':12} {'split':10} {'documents':>9} {'tokens':>10} {'served':>8}  {'again':5} {'reader':28} result")
    try:
        splits = {}
        for split in ["train", "validation"]:
            tokens, ends = dataset(steps["shard"], split)
            np.savez(scratch / f"{split}.npz", tokens=tokens, ends=ends)
            if len(tokens):
                splits[split] = tokens, ends
        for format in a.formats.split(","):
            if format == "nanogpt" and tokenizer["vocab"] > 1 << 16:
                print(f"{format:12} left out: its ids have 2 bytes, the vocabulary has {tokenizer['vocab']}")
                continue
            out = scratch / format
            options = [] if format in ("megatron", "nanogpt") else ["--per-file", a.per_file]
            options += ["--rows", BLOCK] if format == "litdata" else []
            run(a.quern, "export", a.run, "--format", format, "--out", out, *options)
            back = scratch / (format + "-back")
            named = ["--format", format] if format == "nanogpt" else []
            run(a.quern, "import", out, "--to", back, "--tokenizer", steps["learn"] / "tokenizer.json", *named, *(["--eot", tokenizer["end_of_text"]] if format == "litdata" else []))
            for split, (tokens, ends) in splits.items():
                again, again_ends = dataset(back, split)
                same = np.array_equal(again, tokens) and np.array_equal(again_ends, ends)
                about = {"format": format, "folder": str(out), "split": split, "truth": str(scratch / f"{split}.npz"), "scratch": str(scratch / "cache"),
                         "width": 2 if tokenizer["vocab"] <= 1 << 16 else 4, "vocab": tokenizer["vocab"], "eot": tokenizer["end_of_text"]}
                (scratch / "about.json").write_text(json.dumps(about))
                done = subprocess.run([programs.get(format, sys.executable), __file__, "--read", str(scratch / "about.json")], capture_output=True, text=True)
                got = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"error": (done.stderr.strip().splitlines() or ["died"])[-1]}
                result, served = "same", f"{100 * got.get('served', 0) / len(tokens):.2f} %"
                if "missing" in got:
                    result, served = f"left out: {got['missing']} is not installed", ""
                elif "error" in got:
                    result, failed = got["error"], failed + 1
                failed += not same
                print(f"{format:12} {split:10} {len(ends):9} {len(tokens):10} {served:>8}  {'same' if same else 'OTHER':5} {got.get('package', ''):28} {result}", flush=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
