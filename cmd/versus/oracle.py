#!/usr/bin/env python3
"""Reads what a run of quern wrote with the programs that others use, and compares.

    python3 -m venv venv && venv/bin/pip install tokenizers pyarrow duckdb
    quern run pipelines/quickstart.yaml --dir run --until shard
    venv/bin/python cmd/versus/oracle.py --run run

In comes the folder of a run that reached its shard step. Out goes a table, one line a check, and the exit status: 0 if nothing
differs, 1 if something does, 2 if the folder holds no such run. Nothing is written. Formats are described in shard/doc.go and
shard/tokens.go; this program reads raw tokens and their index on its own, and shares no line with quern.

    texts      pyarrow and DuckDB read the Parquet of kept and dropped texts: columns, rows and bytes as the manifests say
    tokenizer  Hugging Face tokenizers gives every document of the token shards the same ids, and decodes them to the same text
    corpus     Parquet, Arrow and raw tokens hold the same documents, ends and tokens; so say pyarrow, DuckDB and the manifest
    split      training and validation share no document and no near-duplicate group

With --golden it prints what pyarrow and DuckDB read in single files, which tests in Go then hold against what was written:

    venv/bin/python cmd/versus/oracle.py --golden shard/testdata/golden > shard/testdata/golden/expected.json
"""

import argparse
import hashlib
import json
import re
import struct
import sys
import time
from array import array
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
from tokenizers import Tokenizer

TEXT = ["id", "text", "domain", "source", "url", "language", "license", "date", "meta"]
EVIDENCE = ["rule", "value", "threshold"]
LINEAGE = ["quern.tokenizer", "quern.mix", "quern.seed", "quern.version"]
BATCH = 4 << 20  # bytes of text that are encoded at once


def one(db, query, *paths):
    """The only row of a query's answer; fetching all of it frees the connection."""
    (row,) = db.execute(query, [str(p) for p in paths]).fetchall()
    return row


class Report:
    """Counts comparisons and keeps the first differences of each check."""

    def __init__(self):
        self.lines, self.failures = [], []

    def check(self, name):
        self.name, self.compared, self.wrong, self.start = name, 0, 0, time.monotonic()

    def same(self, got, want, what):
        self.compared += 1
        if got != want:
            self.wrong += 1
            if self.wrong <= 5:
                self.failures.append(f"{self.name}: {what}: {brief(got)}, want {brief(want)}")

    def end(self, figure):
        verdict = "same" if self.wrong == 0 and self.compared > 0 else "DIFFERENT" if self.wrong else "NOTHING COMPARED"
        self.lines.append((self.name, f"{self.compared:,}", figure, f"{time.monotonic() - self.start:.1f} s", verdict))

    def print(self):
        rows = [("check", "comparisons", "of", "time", "outcome")] + self.lines
        widths = [max(len(r[i]) for r in rows) for i in range(5)]
        for r in rows:
            print("  ".join(c.rjust(w) if i in (1, 3) else c.ljust(w) for i, (c, w) in enumerate(zip(r, widths))).rstrip())
        for f in self.failures:
            print(f)
        return all(r[4] == "same" for r in self.lines)


def refuse(why):
    print(f"oracle: {why}", file=sys.stderr)
    sys.exit(2)


def brief(v):
    s = repr(v)
    return s if len(s) < 120 else s[:117] + "..."


class Run:
    """The datasets of the last run in a folder."""

    def __init__(self, root):
        self.root = Path(root)
        records = [json.loads(p.read_text()) for p in self.root.glob("runs/*.json")]
        if not records:
            refuse(f"{root}: no run is recorded in its folder runs")
        last = max(records, key=lambda r: (r["started"], int(r["run"].rsplit("-", 1)[1])))
        self.name, self.spec, self.sets = last["run"], last["spec"], {}
        for s in last["steps"]:
            folder = self.root / s["folder"]
            self.sets[folder.name] = (folder, json.loads((folder / "manifest.json").read_text()))
        for kind in ("learn", "tokenize", "mix", "shard"):
            if not self.of(kind):
                refuse(f"{root}: run {self.name} has no {kind} step: run it with --until shard or further")

    def of(self, kind):
        return [(f, m) for f, m in self.sets.values() if m["step"].split(".")[0] == kind]

    def named(self, name):
        return next((f, m) for f, m in self.sets.values() if m["step"] == name)


class Raw:
    """One shard of raw tokens and its index."""

    def __init__(self, folder, name):
        index = (folder / name.replace(".bin", ".idx")).read_bytes()
        magic, version, self.width, docs, self.tokens = struct.unpack_from("<8sIIQQ", index)
        if magic != b"QUERNIDX" or version not in (3, 4) or len(index) < 32 + 51 * docs:
            refuse(f"{folder / name}: the index is not version 3 or 4 for {docs} documents")
        index, at = index[32 if version == 3 else 40 :], (0, 4, 20, 36)
        self.ends = self.ints("Q", index[: 8 * docs])
        records = [index[i : i + 43] for i in range(8 * docs, 51 * docs, 43)]
        sizes, ids, groups = (b"".join(r[a:b] for r in records) for a, b in zip(at, at[1:]))
        self.sizes = self.ints("I", sizes)
        self.ids = [ids[i : i + 16].hex() for i in range(0, len(ids), 16)]
        self.groups = [groups[i : i + 16].hex() for i in range(0, len(groups), 16)]
        data = (folder / name).read_bytes()
        raw = {2: pa.uint16(), 4: pa.uint32()}[self.width]
        self.all = pa.Array.from_buffers(raw, len(data) // self.width, [None, pa.py_buffer(data)]).cast(pa.int32())

    @staticmethod
    def ints(code, b):
        a = array(code)
        if a.itemsize != {"Q": 8, "I": 4}[code]:
            refuse(f"this machine's array type {code} is {a.itemsize} bytes wide")
        a.frombytes(b)
        if sys.byteorder == "big":
            a.byteswap()
        return a

    def doc(self, i):
        start = self.ends[i - 1] if i else 0
        return self.all.slice(start, self.ends[i] - start)


def texts(report, run):
    report.check("texts")
    db = duckdb.connect()
    n = 0
    for kind in ("ingest", "clean"):
        for folder, m in run.of(kind):
            for shards, columns in ((m["shards"], TEXT), (m.get("dropped", []), EVIDENCE + TEXT)):
                for s in shards:
                    path = folder / s["name"]
                    t = pq.read_table(path)
                    report.same(t.column_names, columns, f"{path}: columns")
                    report.same(t.num_rows, s["docs"], f"{path}: rows in pyarrow")
                    size = pc.sum(pc.binary_length(t["text"].cast(pa.binary()))).as_py() or 0
                    report.same(size, s["bytes"], f"{path}: bytes of text in pyarrow")
                    rows, size, ids = one(db, "select count(*), coalesce(sum(strlen(text)), 0), count(distinct id) from read_parquet(?)", path)
                    report.same((rows, size), (s["docs"], s["bytes"]), f"{path}: rows and bytes in DuckDB")
                    report.same(ids, len(set(t["id"].to_pylist())), f"{path}: ids in DuckDB")
                    metas, size = one(db, "select count(meta), coalesce(sum(strlen(meta::varchar)), 0) from read_parquet(?)", path)
                    want = pc.sum(pc.binary_length(t["meta"].cast(pa.binary()))).as_py() or 0
                    report.same((metas, size), (t.num_rows - t["meta"].null_count, want), f"{path}: JSON in meta in DuckDB")
                    if columns is not TEXT:
                        report.same(pc.any(pc.equal(t["rule"], "")).as_py() or False, False, f"{path}: a drop without a rule")
                    n += rows
    report.end(f"{n:,} rows")


def survivors(run, tokenized):
    """The texts that a tokenize step has read, shard by shard, with the raw tokens that it made of them.

    Removed duplicates are missing among the tokens; what is left is in the same order.
    """
    folder, m = tokenized
    source = m["step"].split(".", 1)[1]
    origin = next(i["name"] for i in m["inputs"] if i["name"].endswith("." + source))
    texts_folder, texts_manifest = run.named(origin)
    for s, t in zip(m["shards"], texts_manifest["shards"], strict=True):
        raw = Raw(folder, s["name"])
        kept = []
        for batch in pq.ParquetFile(texts_folder / t["name"]).iter_batches(1024, columns=["id", "text"]):
            for id, text in zip(batch["id"].to_pylist(), batch["text"].to_pylist()):
                i = len(kept)
                if i < len(raw.ids) and raw.ids[i] == id and raw.sizes[i] == len(text.encode()):
                    kept.append(text)
        yield s, raw, kept


def tokenizer(report, run):
    report.check("tokenizer")
    folder, m = run.of("learn")[0]
    hf = Tokenizer.from_file(str(folder / "tokenizer.json"))
    hf.encode_special_tokens = True  # a text that spells a special token is a text
    end = hf.token_to_id("<|endoftext|>")
    report.same(hf.get_vocab_size(with_added_tokens=True), m["facts"]["vocab"], "size of the vocabulary")
    docs = tokens = 0
    for tokenized in run.of("tokenize"):
        for s, raw, kept in survivors(run, tokenized):
            where = f"{tokenized[1]['step']}/{s['name']}"
            report.same(len(kept), s["docs"], f"{where}: documents found among the texts")
            report.same(raw.tokens, s["tokens"], f"{where}: tokens by the manifest")
            docs, tokens = docs + len(kept), tokens + raw.tokens
            at = 0
            while at < len(kept):
                to, size = at, 0
                while to < len(kept) and (to == at or size < BATCH):
                    size += raw.sizes[to]
                    to += 1
                ids = [raw.doc(i).to_pylist() for i in range(at, to)]
                for i, e in enumerate(hf.encode_batch_fast(kept[at:to], add_special_tokens=False)):
                    report.same(ids[i], e.ids + [end], f"{where}: ids of document {raw.ids[at + i]}")
                for i, text in enumerate(hf.decode_batch([d[:-1] for d in ids], skip_special_tokens=False)):
                    report.same(text, kept[at + i], f"{where}: text of document {raw.ids[at + i]}")
                at = to
    report.end(f"{docs:,} documents, {tokens:,} tokens")


def corpus(report, run):
    folder, m = run.of("shard")[0]
    learn, mix = run.of("learn")[0][1], run.of("mix")[0][1]
    lineage = {"quern.tokenizer": learn["facts"]["tokenizer"], "quern.mix": mix["digest"], "quern.seed": str(run.spec["seed"])}
    sums = {}
    db = duckdb.connect()
    for form in ("raw", "parquet", "arrow"):
        report.check(f"corpus, {form}")
        total = docs = 0
        for s in m["shards"]:
            raw = Raw(folder, s["name"])
            path = (folder / s["name"]).with_suffix("." + form)
            if form == "raw":
                report.same((len(raw.ids), len(raw.all), raw.tokens), (s["docs"], s["tokens"], s["tokens"]), f"{path.stem}: sizes")
                report.same(raw.ends[-1] if raw.ends else 0, len(raw.all), f"{path.stem}: last end")
                report.same(sum(raw.sizes), s["bytes"], f"{path.stem}: bytes of text")
                total, docs = total + len(raw.all), docs + len(raw.ids)
            elif any(b["name"] == path.name for b in s["blobs"]):
                n, d = (parquet if form == "parquet" else arrow)(report, db, path, raw, s, lineage)
                total, docs = total + n, docs + d
        if total or form == "raw":
            sums[form] = total
            report.end(f"{docs:,} {'rows' if form == 'arrow' else 'documents'}, {total:,} tokens")
    report.check("sums")
    for form, total in sums.items():
        report.same(total, sum(s["tokens"] for s in m["shards"]), f"tokens in {form} and in the manifest")
    report.end(f"{', '.join(sums)}, manifest")


def lineage_of(report, path, metadata, want):
    got = {k.decode(): v.decode() for k, v in (metadata or {}).items()}
    report.same([k for k in LINEAGE if not got.get(k)], [], f"{path}: missing in the schema metadata")
    report.same({k: got.get(k) for k in want}, want, f"{path}: lineage")


def parquet(report, db, path, raw, s, want):
    lineage_of(report, path, pq.read_metadata(path).metadata, want)
    t = pq.read_table(path)
    report.same(t.column_names, ["id", "domain", "source", "input_ids", "n_tokens"], f"{path}: columns")
    report.same(t["id"].to_pylist(), raw.ids, f"{path}: ids")
    report.same(pc.list_flatten(t["input_ids"]).combine_chunks().equals(raw.all), True, f"{path}: tokens are those of the raw file")
    report.same(list(ends(pc.list_value_length(t["input_ids"]))), list(raw.ends), f"{path}: ends")
    report.same(t["n_tokens"].cast(pa.int64()).equals(pc.list_value_length(t["input_ids"]).cast(pa.int64())), True, f"{path}: n_tokens")
    n = pc.sum(t["n_tokens"]).as_py() or 0
    row = one(db, "select count(*), coalesce(sum(n_tokens), 0), coalesce(sum(len(input_ids)), 0), coalesce(sum(list_sum(input_ids)), 0) "
                  "from read_parquet(?)", path)
    report.same(row, (s["docs"], n, n, pc.sum(raw.all.cast(pa.int64())).as_py() or 0), f"{path}: rows, tokens and sum of ids in DuckDB")
    return n, t.num_rows


def ends(lengths):
    at = 0
    for n in lengths.to_pylist():
        at += n
        yield at


def arrow(report, db, path, raw, s, want):
    with pa.memory_map(str(path)) as f:
        t = ipc.open_file(f).read_all()
    lineage_of(report, path, t.schema.metadata, want)
    report.same(t.column_names, ["input_ids", "ends", "n_tokens"], f"{path}: columns")
    rows = t.schema.field("input_ids").type.list_size
    counts = t["n_tokens"].to_pylist()
    report.same(all(n == rows for n in counts[:-1]), True, f"{path}: rows before the last are full")
    flat = pc.list_flatten(t["input_ids"]).combine_chunks()
    n = sum(counts)
    report.same(flat.slice(0, n).equals(raw.all), True, f"{path}: tokens are those of the raw file")
    report.same(len(set(flat.slice(n).to_pylist())) <= 1, True, f"{path}: one pad token fills the last row")
    report.same([rows * i + e for i, row in enumerate(t["ends"].to_pylist()) for e in row], list(raw.ends), f"{path}: ends")
    db.register("packed", t)
    row = one(db, "select count(*), coalesce(sum(n_tokens), 0), coalesce(sum(len(ends)), 0), "
                  "coalesce(sum(list_sum(input_ids[:n_tokens])), 0) from packed")
    report.same(row, (len(counts), n, s["docs"], pc.sum(raw.all.cast(pa.int64())).as_py() or 0), f"{path}: rows, tokens, ends and sum of ids in DuckDB")
    return n, t.num_rows


def split(report, run):
    report.check("split")
    folder, m = run.of("shard")[0]
    sides = {"train": set(), "validation": set()}
    for s in m["shards"]:
        raw = Raw(folder, s["name"])
        alone = "0" * 32
        sides[s["name"].split("-")[0]].update(raw.ids, (g for g in raw.groups if g != alone))
    report.same(sorted(sides["train"] & sides["validation"])[:3], [], "documents and groups on both sides")
    report.end(f"{len(sides['train']):,} and {len(sides['validation']):,} documents and groups")


def golden(folder):
    """What pyarrow reads in each Parquet and Arrow file of a folder, as JSON; DuckDB must read the same."""
    db, files = duckdb.connect(), {}
    for path in sorted(p for p in Path(folder).iterdir() if p.suffix in (".parquet", ".arrow")):
        if path.suffix == ".parquet":
            t, metadata = pq.read_table(path), pq.read_metadata(path).metadata
            source, params = "read_parquet(?)", [str(path)]
        else:
            with pa.memory_map(str(path)) as f:
                t = ipc.open_file(f).read_all()
            db.register("packed", t)
            metadata, source, params = t.schema.metadata, "packed", []
        rows = t.to_pylist()
        cursor = db.execute(f"select * from {source}", params)
        names = [c[0] for c in cursor.description]
        there = [{n: list(v) if isinstance(v, tuple) else v for n, v in zip(names, row)} for row in cursor.fetchall()]
        if there != rows:
            print(f"{path}: DuckDB reads {brief(there)}, pyarrow {brief(rows)}", file=sys.stderr)
            sys.exit(1)
        lineage = {k.decode(): v.decode() for k, v in (metadata or {}).items() if k.startswith(b"quern.")}
        f = {"digest": "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest(), "metadata": lineage, "rows": len(rows)}
        if "n_tokens" in names:
            f["tokens"] = sum(r["n_tokens"] for r in rows)
        for column, key in (("id", "ids"), ("text", "texts"), ("meta", "metas"), ("rule", "rules"), ("ends", "ends"), ("input_ids", "input_ids")):
            if column in names:
                f[key] = [r[column] for r in rows]
        files[path.name] = f
    out = {"readers": {"duckdb": duckdb.__version__, "pyarrow": pa.__version__}, "files": files}
    print(compact(json.dumps(out, indent=1, ensure_ascii=False)))


def compact(text):
    """JSON with lists of numbers on one line, which people can read in a diff."""
    return re.sub(r"\[[\d,\s]*\]", lambda m: re.sub(r"\s+", " ", m[0]).replace("[ ", "[").replace(" ]", "]"), text)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = p.add_mutually_exclusive_group(required=True)
    what.add_argument("--run", metavar="DIR", help="folder of a run that reached its shard step")
    what.add_argument("--golden", metavar="DIR", help="print what others read in these Parquet and Arrow files, as JSON")
    args = p.parse_args()
    if args.golden:
        golden(args.golden)
        return
    run = Run(args.run)
    report = Report()
    for part in (texts, tokenizer, corpus, split):
        part(report, run)
    sys.exit(not report.print())


if __name__ == "__main__":
    main()
