#!/usr/bin/env python3
"""Runs quern's tokenizers and those of others over the same texts, in turns within one run, one thread each.

    python3 -m venv venv && venv/bin/pip install numpy tiktoken tokenizers gigatoken tokie rustbpe sentencepiece
    go build -o quern ./cmd/quern
    go run ./cmd/versus/corpus --data ../shared/data --out CORPUS
    venv/bin/python cmd/versus/tokens.py --quern ./quern --corpus CORPUS RANKS/cl100k_base.tiktoken QWEN3/tokenizer.json …

A tokenizer is a .tiktoken file with the name of one of OpenAI's encodings, or a tokenizer.json; a spiece.model or tokenizer.model beside the
latter lets sentencepiece take part. A package that is not installed, or that cannot read a tokenizer, is named and left out. How each is driven:

    quern          quern bench tokenize with GOMAXPROCS=1; every id of every document
    tiktoken       encode_to_numpy of each document
    tokenizers     encode_batch_fast without threads; its ids are not turned into Python's
    gigatoken      the faster of encode_batch(parallel=False) on bytes and encode_files(parallel=False) on one file with a separator
    tokie          encode_files with one thread of rayon on the same file
    sentencepiece  encode of each document

first is the first pass of a tokenizer just loaded, warm the best of --rounds passes after it; MB are 10^6 bytes. "ids" tells in how many
documents a peer's ids differ from those of tiktoken (of ranks) or tokenizers (of tokenizer.json), and for quern whether their number does: that
each of its ids is equal is what go test -run TestOracle tells. "odd" is text without a place to cut: the longest of 16, 64, 256 and 1024 KB that
a peer encodes within --patience seconds, and its MB/s there.

With --learn VOCAB it also learns a byte-level BPE from --learn-mb of the first set with --threads threads (gigatoken takes what it wants):
quern tokenizer learn, the trainer of tokenizers, rustbpe, gigatoken and sentencepiece, split as GPT-2 does where that can be said, in processes
of their own; the time is that of the call, for quern that of the whole command.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("RAYON_NUM_THREADS", "1")
os.environ["TOKENIZERS_PARALLELISM"] = "false"
sys.dont_write_bytecode = True

import numpy as np

from oracle_tokens import documents, tiktoken_encoding

SEPARATOR = "<|endoftext|>"
GPT2 = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""


class Set:
    """Documents of a set, as far as mb reach; as text, as bytes, and as a file with separators."""

    def __init__(self, path, mb, tmp):
        self.name, self.texts, self.size = path.stem, [], 0
        for text in documents(path):
            n = len(text.encode())
            if self.texts and self.size + n > mb * 1e6:
                break
            if SEPARATOR not in text and text:
                self.texts.append(text)
                self.size += n
        self.raw = [t.encode() for t in self.texts]
        self.file = str(tmp / f"{self.name}.txt")
        Path(self.file).write_bytes(SEPARATOR.encode().join(self.raw))
        self.docs = tmp / f"{self.name}.docs"
        self.docs.write_bytes(b"".join(len(b).to_bytes(4, "little") + b for b in self.raw))


class Tiktoken:
    package = "tiktoken"

    def __init__(self, path):
        if path.suffix != ".tiktoken":
            raise ValueError("reads ranks only")
        self.encoding = tiktoken_encoding(path)

    def ways(self, s):
        return {"": lambda: [self.encoding.encode_to_numpy(t, disallowed_special=()) for t in s.texts]}

    def ids(self, s):
        return self.ways(s)[""]()


class HuggingFace:
    package = "tokenizers"

    def __init__(self, path):
        if path.suffix != ".json":
            raise ValueError("reads tokenizer.json only")
        from tokenizers import Tokenizer

        self.t = Tokenizer.from_file(str(path))
        self.t.no_truncation()
        self.t.no_padding()
        self.t.encode_special_tokens = True

    def ways(self, s):
        return {"": lambda: [self.t.encode_batch_fast(s.texts[i:i + 64], add_special_tokens=False) for i in range(0, len(s.texts), 64)] and None}

    def ids(self, s):
        return [e.ids for i in range(0, len(s.texts), 64) for e in self.t.encode_batch_fast(s.texts[i:i + 64], add_special_tokens=False)]


class Gigatoken:
    package = "gigatoken"

    def __init__(self, path):
        import gigatoken

        self.g = gigatoken
        self.t = gigatoken.Tokenizer.from_tiktoken(path) if path.suffix == ".tiktoken" else gigatoken.Tokenizer.from_json(path.read_bytes())

    def ways(self, s):
        source = lambda: self.g.TextFileSource([s.file], separator=SEPARATOR.encode())
        return {"batch": lambda: self.t.encode_batch(s.raw, parallel=False), "file": lambda: self.t.encode_files(source(), parallel=False)}

    def ids(self, s):
        return self.t.encode_batch_list(s.raw, parallel=False)


class Tokie:
    package = "tokie"

    def __init__(self, path):
        if path.suffix != ".json":
            raise ValueError("reads tokenizer.json only")
        import tokie

        self.t = tokie.Tokenizer.from_json(str(path))

    def ways(self, s):
        return {"": lambda: self.t.encode_files([s.file], separator=SEPARATOR.encode())}

    def ids(self, s):
        ids, ends = self.t.encode_files([s.file], separator=SEPARATOR.encode())
        return [ids[a:b] for a, b in zip(ends, ends[1:])]


class SentencePiece:
    package = "sentencepiece"

    def __init__(self, path):
        import sentencepiece

        model = next((m for n in ("spiece.model", "tokenizer.model") if (m := path.parent / n).exists()), None)
        if model is None or path.suffix != ".json":
            raise ValueError("no spiece.model or tokenizer.model beside it")
        self.t = sentencepiece.SentencePieceProcessor(model_file=str(model))

    def ways(self, s):
        return {"": lambda: [self.t.encode(t) for t in s.texts]}

    def ids(self, s):
        return self.ways(s)[""]()


PEERS = [Tiktoken, HuggingFace, Gigatoken, Tokie, SentencePiece]


def clock(f):
    start = time.perf_counter()
    f()
    return time.perf_counter() - start


def quern_bench(quern, path, tmp, mb):
    """What quern's own bench says of all sets at once."""
    out = subprocess.run([quern, "bench", "tokenize", "--json", "--tokenizer", path, "--texts", tmp, "--mb", str(mb), "--seconds", "0.01"],
                         env=os.environ | {"GOMAXPROCS": "1"}, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(out.stdout)["tokenize"]


def odd_texts(n):
    rng = random.Random(1)
    return {"one letter": "a" * n, "spaces": " " * n, "one word": "hello" * (n // 5), "random letters": "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=n))}


class Text:
    """One text in the shape of a set."""

    def __init__(self, text, tmp):
        self.texts, self.raw, self.file = [text], [text.encode()], str(tmp / "odd.txt")
        Path(self.file).write_text(text)


def odd_rates(peer, patience, tmp):
    """KB and MB/s of the longest text of each kind that is encoded in time."""
    rates = {}
    for name in odd_texts(10):
        for kb in (16, 64, 256, 1024):
            s = Text(odd_texts(kb * 1000)[name], tmp)
            took = clock(lambda: peer.ids(s))
            rates[name] = [kb, kb / 1000 / took]
            if 4 * took > patience:  # four times the text takes as long at least
                break
    return rates


def encode(a, path, sets, tmp):
    """Everybody on one tokenizer, in turns."""
    peers, left = [], {}
    rows = {s.name: {} for s in sets}
    loads, odd, differ = {}, {}, {s.name: {} for s in sets}
    for make in PEERS:
        try:
            box = []
            loads[make.package] = clock(lambda: box.append(make(path)))
            peers.append(box[0])
        except ImportError:
            left[make.package] = "not installed"
        except BaseException as e:  # a panic of Rust is not an Exception
            if isinstance(e, KeyboardInterrupt):
                raise
            left[make.package] = str(e).splitlines()[0][:120]
    for s in sets:
        for p in peers:
            times = {}
            for way in p.ways(s):
                new = type(p)(path)  # with an empty cache
                new.ids(Text("a", tmp))  # what is built on first use is not of the pass
                times[way] = clock(new.ways(s)[way])
            rows[s.name][p.package] = {"first": s.size / 1e6 / min(times.values()), "warm": 0}
    oracle = next((p for p in peers if p.package in ("tiktoken", "tokenizers")), None)
    tokens = {}
    for s in sets:
        want = [np.asarray(x, dtype=np.uint32) for x in oracle.ids(s)] if oracle else []
        tokens[s.name] = sum(map(len, want))
        for p in peers:
            if oracle and p is not oracle:
                got = p.ids(s)
                differ[s.name][p.package] = abs(len(got) - len(want)) + sum(not np.array_equal(np.asarray(x, dtype=np.uint32), y) for x, y in zip(got, want))
    quern = None
    for _ in range(a.rounds):
        q = quern_bench(a.quern, path, tmp, a.mb)
        for mine in q["sets"]:
            row = rows[mine["set"]].setdefault("quern", {"first": 0, "warm": 0})
            row["first"] = max(row["first"], mine["first_mb_per_s"])
            row["warm"] = max(row["warm"], mine["warm_mb_per_s"])
            if oracle:
                differ[mine["set"]]["quern"] = 0 if mine["tokens"] == tokens[mine["set"]] else abs(mine["tokens"] - tokens[mine["set"]])
        quern = q if quern is None or q["load_s"] < quern["load_s"] else quern
        for s in sets:
            for p in peers:
                best = max(s.size / 1e6 / clock(f) for f in p.ways(s).values())
                rows[s.name][p.package]["warm"] = max(rows[s.name][p.package]["warm"], best)
    loads["quern"] = quern["load_s"]
    odd["quern"] = {o["input"]: [o["bytes"] // 1000, o["mb_per_s"]] for o in quern["odd"]}
    for p in peers:
        odd[p.package] = odd_rates(p, a.patience, tmp)
    return {"tokenizer": str(path), "load_s": {k: v for k, v in loads.items() if k not in left}, "sets": rows, "differ": differ, "odd": odd, "left_out": left,
            "oracle": oracle.package if oracle else None}


def show(result):
    print(f"\n## {Path(result['tokenizer']).parent.parent.name + '/' if result['tokenizer'].endswith('.json') else ''}{Path(result['tokenizer']).name}")
    for name, why in result["left_out"].items():
        print(f"left out: {name}: {why}")
    print("load, s: " + ", ".join(f"{k} {v:.2f}" for k, v in result["load_s"].items()))
    print(f"{'set':10} {'':14} {'first':>8} {'warm':>8} {'quern is first':>15} {'warm':>8}   ids")
    for name, rows in result["sets"].items():
        q = rows["quern"]
        for peer, row in rows.items():
            n = result["differ"][name].get(peer)
            ids = "oracle" if peer == result["oracle"] else "" if n is None else "equal" if n == 0 else f"{n} more or fewer ids" if peer == "quern" else f"differ in {n} documents"
            ratio = "" if peer == "quern" else f"{q['first'] / row['first']:14.2f}x {q['warm'] / row['warm']:7.2f}x"
            print(f"{name:10} {peer:14} {row['first']:8.1f} {row['warm']:8.1f} {ratio:>24}   {ids}")
    print(f"{'odd':10} " + "".join(f"{o:>24}" for o in result["odd"]["quern"]))
    for peer, rates in result["odd"].items():
        print(f"{'':10} {peer:14}" + "".join(f"{f'{mb:.3g} MB/s of {kb} KB':>24}" for kb, mb in rates.values()))


def learn_texts(path, mb):
    texts, size = [], 0
    for text in documents(path):
        if texts and size + len(text) > mb * 1e6:
            break
        texts.append(text)
        size += len(text)
    return texts


def learn_tokenizers(texts, vocab, threads, file):
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=vocab, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    return clock(lambda: t.train_from_iterator(texts, trainer))


def learn_rustbpe(texts, vocab, threads, file):
    import rustbpe

    return clock(lambda: rustbpe.Tokenizer().train_from_iterator(iter(texts), vocab, pattern=GPT2))


def learn_gigatoken(texts, vocab, threads, file):
    import gigatoken.gigatoken_rs as g

    return clock(lambda: g.train_bpe(file, vocab, [], separator=SEPARATOR.encode()))


def learn_sentencepiece(texts, vocab, threads, file):
    import sentencepiece

    with tempfile.TemporaryDirectory() as d:
        return clock(lambda: sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=(line for t in texts for line in t.splitlines() if line), model_prefix=d + "/m", model_type="bpe", vocab_size=vocab, byte_fallback=True,
            num_threads=threads, minloglevel=2, max_sentence_length=1 << 20))


LEARNERS = {"tokenizers": learn_tokenizers, "rustbpe": learn_rustbpe, "gigatoken": learn_gigatoken, "sentencepiece": learn_sentencepiece}


def learn(a, tmp):
    """Seconds of each learner, the best of two, in turns."""
    texts = learn_texts(a.sets[0], a.learn_mb)
    mb = sum(len(t.encode()) for t in texts) / 1e6
    with open(tmp / "learn.jsonl", "w") as f:
        f.writelines(json.dumps({"text": t}, ensure_ascii=False) + "\n" for t in texts)
    (tmp / "learn.txt").write_text(SEPARATOR.join(texts))
    env = os.environ | {"RAYON_NUM_THREADS": str(a.threads), "TOKENIZERS_PARALLELISM": "true", "GOMAXPROCS": str(a.threads)}
    seconds = {}
    for _ in range(2):
        command = [a.quern, "tokenizer", "learn", tmp / "learn.jsonl", "--vocab", str(a.learn), "--split", "gpt2", "--out", tmp / "learned.json"]
        if "--workers" in subprocess.run(command[:3] + ["--help"], stdout=subprocess.PIPE, text=True).stdout:
            command += ["--workers", str(a.threads)]
        took = clock(lambda: subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL))
        seconds["quern"] = min(took, seconds.get("quern", took))
        for name in LEARNERS:
            if importlib.util.find_spec(name) is None:
                print(f"left out: {name}: not installed")
                continue
            run = subprocess.run([sys.executable, __file__, "--learner", name, "--learn", str(a.learn), "--learn-mb", str(a.learn_mb), "--threads", str(a.threads), "--file",
                                  tmp / "learn.txt", "--sets", a.sets[0]], env=env, stdout=subprocess.PIPE, text=True)
            if run.returncode == 0:
                took = float(run.stdout.split()[-1])
                seconds[name] = min(took, seconds.get(name, took))
            else:
                print(f"left out: {name}: failed with exit code {run.returncode}")
    print(f"\n## learning {a.learn} ids from {mb:.1f} MB of {a.sets[0].stem}, {a.threads} threads")
    for name, s in seconds.items():
        print(f"{name:14} {s:8.2f} s {mb / s:8.1f} MB/s" + ("" if name == "quern" else f"   quern is {s / seconds['quern']:.2f}x"))
    return {"vocab": a.learn, "mb": mb, "threads": a.threads, "seconds": seconds}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("tokenizers", nargs="*", type=Path)
    p.add_argument("--quern", default="./quern")
    p.add_argument("--corpus", type=Path)
    p.add_argument("--sets", type=lambda s: [Path(x) for x in s.split(",")], default=[Path(x) for x in ("en", "code", "zh", "ru", "mix")], help="names, with commas")
    p.add_argument("--mb", type=float, default=8, help="of each set")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--patience", type=float, default=5)
    p.add_argument("--learn", type=int, default=0)
    p.add_argument("--learn-mb", type=float, default=10)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--json", type=Path, help="also write the figures to this file")
    p.add_argument("--learner", help=argparse.SUPPRESS)
    p.add_argument("--file", help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.learner:  # a process of its own
        print(LEARNERS[a.learner](learn_texts(a.sets[0], a.learn_mb), a.learn, a.threads, a.file))
        return
    if a.corpus is None:
        p.error("--corpus: name the folder that cmd/versus/corpus wrote")
    a.sets = [a.corpus / f"{s}.docs" for s in a.sets]
    versions = {}
    for name in ("tiktoken", "tokenizers", "gigatoken", "tokie", "rustbpe", "sentencepiece"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    quern = subprocess.run([a.quern, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    print(quern + "; " + ", ".join(f"{k} {v or 'not installed'}" for k, v in versions.items()) + f"; Python {sys.version.split()[0]}")
    results, learned = [], None
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp)
        if a.tokenizers:
            texts = tmp / "texts"
            texts.mkdir()
            sets = [Set(s, a.mb, texts) for s in a.sets]
            for path in a.tokenizers:
                results.append(encode(a, path, sets, texts))
                show(results[-1])
        if a.learn:
            learned = learn(a, tmp)
    if a.json:
        a.json.write_text(json.dumps({"quern": quern, "versions": versions, "encode": results, "learn": learned}, indent=1) + "\n")


if __name__ == "__main__":
    main()
