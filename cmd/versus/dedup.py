#!/usr/bin/env python3
"""Runs quern's deduplication and the packages that others use over the same texts, in turns, one core each.

    python3 -m venv venv && venv/bin/pip install datatrove spacy regex nltk tokenizers xxhash==3.5.0 numpy datasketch rensa gaoya duckdb
    go build -o quern ./cmd/quern
    GOMAXPROCS=1 venv/bin/python cmd/versus/dedup.py --texts texts.jsonl --quern ./quern

texts.jsonl has a document a line, {"text": …}; without it the texts of --data are taken, as clean.py takes them. A package that is not
installed is left out and named. Each section of the output is a method of Contests:

    signatures  MinHash of 14 bands of 8 rows over runs of five words, from text to keys: datatrove, datasketch, rensa, gaoya. What a word
                is differs: datatrove and quern simplify the text first; the others are given what str.split makes of it
    exact       how many different texts there are: duckdb, count(distinct hash(text)), and Python's own set of hashes
    substrings  repeated runs of 100 bytes: the program of google-research/deduplicate-text-datasets, if --ge names the folder where it was
                built; the bytes found are compared

With --json FILE all rates are written there too.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BANDS, ROWS, SHINGLE = 14, 8, 5


def have(*names):
    return all(importlib.util.find_spec(n) for n in names)


def shingles(text):
    words = text.split()
    return [" ".join(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)]


def datatrove_signatures():
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature

    s = MinhashDedupSignature(output_folder=tempfile.gettempdir(), config=MinhashConfig(n_grams=SHINGLE, num_buckets=BANDS, hashes_per_bucket=ROWS))

    def sign(text):
        found = s.get_shingles(text)
        if len(found):
            s.get_signature(found)

    return sign


def datasketch_signatures():
    from datasketch import MinHash

    first = MinHash(num_perm=BANDS * ROWS, seed=1)  # its permutations are made once, its copies start empty

    def sign(text):
        m = first.copy()
        m.update_batch([s.encode() for s in shingles(text)])
        m.digest()

    return sign


def rensa_signatures(kind):
    import rensa

    def sign(text):
        m = getattr(rensa, kind)(num_perm=BANDS * ROWS, seed=1)
        m.update(shingles(text))
        m.digest()

    return sign


def gaoya_signatures():
    """Gaoya signs only where it also indexes."""
    from gaoya.minhash import MinHashStringIndex

    index = MinHashStringIndex(64, 0.8, BANDS, ROWS, None, "word", True, (SHINGLE, SHINGLE))
    count = iter(range(1 << 60))
    return lambda text: index.insert_document(next(count), text)


PEERS = {
    "datatrove": (("datatrove", "spacy", "tokenizers"), datatrove_signatures),
    "datasketch": (("datasketch",), datasketch_signatures),
    "rensa R": (("rensa",), lambda: rensa_signatures("RMinHash")),
    "rensa C": (("rensa",), lambda: rensa_signatures("CMinHash")),
    "gaoya, with index": (("gaoya",), gaoya_signatures),
}


class Corpus:
    """Texts, as a list, as lines and as a dataset of quern."""

    def __init__(self, texts, quern, tmp):
        self.texts, self.quern, self.tmp = texts, quern, Path(tmp)
        self.size = sum(len(t.encode()) for t in texts) / 1e6
        self.lines = self.tmp / "texts.jsonl"
        with open(self.lines, "w") as f:
            for i, t in enumerate(texts):
                f.write(json.dumps({"text": t, "url": f"doc:{i}"}, ensure_ascii=False) + "\n")
        spec = self.tmp / "versus.yaml"
        spec.write_text(f"version: 1\nname: versus\nseed: 1\ningest:\n  - {{name: texts, domain: web, jsonl: [{self.lines}]}}\n")
        done = subprocess.run([quern, "run", spec, "--dir", self.tmp / "run", "--until", "ingest"], capture_output=True, text=True)
        if done.returncode not in (0, 3):
            sys.exit(f"quern run {spec}: {done.stderr}")
        self.dataset = next((self.tmp / "run" / "steps").glob("ingest-texts-*"))

    def bench(self, seconds):
        """The rows of quern bench dedup over these texts, by what they are."""
        args = [self.quern, "bench", "dedup", "--texts", self.dataset, "--mb", str(self.size * 0.99), "--seconds", str(seconds), "--docs", "20000", "--json"]
        done = subprocess.run(args, check=True, capture_output=True, env={**os.environ, "GOMAXPROCS": "1"})
        return {r["what"]: r for r in json.loads(done.stdout)["dedup"]}


class Contests:
    def __init__(self, corpus, seconds, rounds, ge):
        self.corpus, self.seconds, self.rounds, self.ge, self.result = corpus, seconds, rounds, ge, {}

    def names(self):
        return [n.removeprefix("contest_") for n in dir(self) if n.startswith("contest_")]

    def table(self, name, rates):
        print(f"\n{name:<22}{'best':>9}{'median':>9}  MB/s   quern is")
        for who, r in rates.items():
            print(f"{who:<22}{max(r):9.2f}{statistics.median(r):9.2f}{statistics.median(rates['quern']) / statistics.median(r):14.1f} x", flush=True)
        self.result[name] = rates

    def contest_signatures(self):
        rates, signers = {"quern": []}, {}
        for who, (modules, make) in PEERS.items():
            if have(*modules):
                signers[who] = make()
                signers[who](self.corpus.texts[0])  # loads models
            else:
                print(f"{who} is left out: it needs {', '.join(modules)}")
        for _ in range(self.rounds):
            rows = self.corpus.bench(self.seconds)
            rates["quern"].append(rows[f"sign: quern, {BANDS} bands of {ROWS}"]["rate"])
            for who, sign in signers.items():
                done, start = 0, time.perf_counter()
                for text in self.corpus.texts:
                    sign(text)
                    done += len(text.encode())
                    if time.perf_counter() - start > self.seconds:
                        break
                rates.setdefault(who, []).append(done / 1e6 / (time.perf_counter() - start))
        self.table("signatures", rates)

    def contest_exact(self):
        """Quern's figure is of a whole run, with IDs, verdicts and what stays written: the steps after ingest."""
        rates, counts = {"quern": []}, {}
        spec = self.corpus.tmp / "exact.yaml"
        spec.write_text(f"version: 1\nname: exact\nseed: 1\ningest:\n  - {{name: texts, domain: web, jsonl: [{self.corpus.lines}]}}\ndedup: {{exact: {{spaces: false, case: true}}}}\n")
        for i in range(self.rounds):
            folder = self.corpus.tmp / f"exact-{i}"
            run = lambda until: subprocess.run([self.corpus.quern, "run", spec, "--dir", folder, "--until", until, "--workers", "1"], check=True, capture_output=True)
            run("clean")
            start = time.perf_counter()
            run("cluster")
            rates["quern"].append(self.corpus.size / (time.perf_counter() - start))
            start = time.perf_counter()
            counts["set of SHA-1"] = len({hashlib.sha1(t.encode()).digest() for t in self.corpus.texts})
            rates.setdefault("set of SHA-1", []).append(self.corpus.size / (time.perf_counter() - start))
            if have("duckdb"):
                import duckdb

                db = duckdb.connect(config={"threads": 1})
                start = time.perf_counter()
                query = f"select count(distinct hash(text)) from read_json('{self.corpus.lines}', format='newline_delimited', columns={{text: 'varchar'}})"
                counts["duckdb"] = db.execute(query).fetchone()[0]
                rates.setdefault("duckdb", []).append(self.corpus.size / (time.perf_counter() - start))
        self.table("exact", rates)
        print("different texts:", counts, "of", len(self.corpus.texts))

    def contest_substrings(self):
        rates, found = {"quern": []}, {}
        for _ in range(self.rounds):
            rows = self.corpus.bench(self.seconds)
            rates["quern"].append(rows["repeated substrings of 100 bytes"]["rate"])
            found["quern"] = round(rows["of these repeated"]["mb"] * 1e6)
            if self.ge:
                rate, found["deduplicate-text-datasets"] = self.google()
                rates.setdefault("deduplicate-text-datasets", []).append(rate)
        self.table("substrings", rates)
        print("bytes in repeated runs:", found)

    def google(self):
        """The peer's program on one thread: suffix array, self-similar, collect (its README). Documents end in bytes that occur once."""
        data, cache = self.corpus.tmp / "ge.bin", self.corpus.tmp / "ge.cache"
        with open(data, "wb") as f:
            for i, t in enumerate(self.corpus.texts):
                f.write(t.encode() + b"\xff\xff" + i.to_bytes(4, "little"))
        subprocess.run(["rm", "-rf", cache], check=True)
        cache.mkdir()
        program = self.ge / "target" / "release" / "dedup_dataset"
        start = time.perf_counter()
        subprocess.run([sys.executable, "scripts/make_suffix_array.py", data], cwd=self.ge, check=True, capture_output=True)
        subprocess.run([program, "self-similar", "--data-file", data, "--length-threshold", "100", "--cache-dir", cache, "--num-threads", "1"], cwd=self.ge, check=True, capture_output=True)
        done = subprocess.run([program, "collect", "--data-file", data, "--cache-dir", cache, "--length-threshold", "100"], cwd=self.ge, check=True, capture_output=True, text=True)
        rate = self.corpus.size / (time.perf_counter() - start)
        ranges = [line.split() for line in done.stdout[done.stdout.index("out\n") + 4 :].splitlines()]
        return rate, sum(int(r[1]) - int(r[0]) for r in ranges if len(r) == 2)


def load(a):
    if a.texts:
        with open(a.texts) as f:
            texts = [json.loads(line)["text"] for line in f]
    else:
        sys.path.insert(0, str(Path(__file__).parent))
        import clean

        with tempfile.TemporaryDirectory() as tmp:
            texts = clean.Corpus(a.data, os.path.abspath(a.quern), tmp).texts
    left, some = a.mb * 1e6, []
    for t in texts:
        if t and left > 0:
            some.append(t)
            left -= len(t.encode())
    return some


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--texts", help="documents as JSON lines")
    p.add_argument("--data", help="the folder that clean.py knows, instead of --texts")
    p.add_argument("--quern", required=True)
    p.add_argument("--mb", type=float, default=64, help="of text, at most")
    p.add_argument("--seconds", type=float, default=3, help="of one contestant in one round")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--ge", type=Path, help="a folder of google-research/deduplicate-text-datasets, built by cargo build --release")
    p.add_argument("--only", default="", help="sections, by commas")
    p.add_argument("--json", help="write all rates to this file")
    a = p.parse_args()
    if not a.texts and not a.data:
        sys.exit("--texts or --data is needed")
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    with tempfile.TemporaryDirectory() as tmp:
        corpus = Corpus(load(a), os.path.abspath(a.quern), tmp)
        print(f"{cpu}, one core, {a.rounds} rounds in turns; {len(corpus.texts)} documents, {corpus.size:.0f} MB of text")
        contests = Contests(corpus, a.seconds, a.rounds, a.ge and a.ge.resolve())
        for name in a.only.split(",") if a.only else contests.names():
            getattr(contests, "contest_" + name)()
        if a.json:
            Path(a.json).write_text(json.dumps({"cpu": cpu, "documents": len(corpus.texts), "mb": corpus.size, "rates": contests.result}, indent=1) + "\n")


if __name__ == "__main__":
    main()
