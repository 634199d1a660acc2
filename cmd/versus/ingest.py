#!/usr/bin/env python3
"""Runs quern's ingest and the Python packages that others use over the same bytes, in turns, one core each.

    python3 -m venv venv && venv/bin/pip install trafilatura resiliparse fastwarc warcio justext readability-lxml datatrove \\
        orjson zstandard pyarrow pylatexenc "lxml<6" lxml_html_clean faust-cchardet python-magic pypdf pdfminer.six pymupdf
    go build -o quern ./cmd/quern
    GOMAXPROCS=1 venv/bin/python cmd/versus/ingest.py --data DATA --quern ./quern

DATA is a folder of web archives and papers with the layout that contests() names; a contest whose files or packages are not there is
left out and told so. Out goes a table: megabytes a second of the bytes that the contest is about (HTML, payload, text, source), best
and median of the rounds, and the ratio to quern. A package that is too slow reads the first pages only, which is said in its row.
"""

import argparse
import glob
import gzip
import importlib
import io
import json
import os
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

warnings.filterwarnings("ignore")


def have(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def pages_of(path, limit=10**9):
    """The HTML bodies of a web archive, as bytes, with their URLs."""
    from warcio.archiveiterator import ArchiveIterator

    with open(path, "rb") as f:
        for r in ArchiveIterator(f):
            if r.rec_type != "response" or limit <= 0:
                continue
            if "html" in (r.http_headers.get_header("Content-Type") or ""):
                limit -= 1
                yield r.rec_headers.get_header("WARC-Target-URI"), r.content_stream().read()


class Quern:
    def __init__(self, program, seconds):
        self.program, self.seconds = program, seconds

    def bench(self, inputs, *flags):
        """A contestant that gives megabytes a second of the inputs' files."""

        def run():
            args = [self.program, "bench", "ingest", "--json", "--seconds", str(self.seconds), *flags]
            for path in inputs:
                args += ["--input", str(path)]
            r = json.loads(subprocess.run(args, check=True, capture_output=True, env={**os.environ, "GOMAXPROCS": "1"}).stdout)
            return r

        return run


def timed(f, size, seconds):
    """A contestant in Python: f reads all of size bytes once a call."""

    def run():
        rounds, start = 0, time.perf_counter()
        while rounds == 0 or time.perf_counter() - start < seconds:
            f()
            rounds += 1
        return size * rounds / 1e6 / (time.perf_counter() - start)

    return run


def extractors():
    """Main-text extractors: bytes of a page to text."""
    found = {}
    if trafilatura := have("trafilatura"):
        found["trafilatura"] = lambda b: trafilatura.extract(b) or ""
        found["trafilatura, precision"] = lambda b: trafilatura.extract(b, favor_precision=True, include_comments=False) or ""
    if have("resiliparse"):
        from resiliparse.extract.html2text import extract_plain_text
        from resiliparse.parse.encoding import detect_encoding, bytes_to_str

        found["resiliparse"] = lambda b: extract_plain_text(bytes_to_str(b, detect_encoding(b)), main_content=True)
    if justext := have("justext"):
        stop = justext.get_stoplist("English")
        found["justext"] = lambda b: "\n".join(p.text for p in justext.justext(b, stop) if not p.is_boilerplate)
    if readability := have("readability"):
        import lxml.html

        found["readability-lxml"] = lambda b: lxml.html.fromstring(readability.Document(b.decode("utf-8", "replace")).summary()).text_content()
    if have("datatrove"):
        from datatrove.pipeline.extractors import Trafilatura

        x = Trafilatura(timeout=60)
        found["datatrove"] = lambda b: x.extract(b.decode("utf-8", "replace"))
    return found


def quiet(f):
    def g(b):
        try:
            return f(b)
        except Exception:
            return ""

    return g


WORD = re.compile(r"\w+", re.UNICODE)


def shingles(text):
    w = WORD.findall(text or "")
    return Counter(tuple(w[i : i + 4]) for i in range(len(w) - 3)) if len(w) >= 4 else Counter([tuple(w)] if w else [])


def f1(pairs):
    """The article-extraction benchmark's own measure: 4-word shingles, mean precision, mean recall, their harmonic mean."""
    p, r = [], []
    for got, want in pairs:
        g, w = shingles(got), shingles(want)
        both = sum(min(n, w[s]) for s, n in g.items())
        ng, nw = sum(g.values()), sum(w.values())
        p.append(both / ng if ng else float(nw == 0))
        r.append(both / nw if nw else float(ng == 0))
    p, r = statistics.mean(p), statistics.mean(r)
    return p, r, 2 * p * r / (p + r)


class Contests:
    def __init__(self, data, quern, tmp, seconds):
        self.data, self.quern, self.tmp, self.seconds = Path(data), quern, Path(tmp), seconds

    def names(self):
        return [n.removeprefix("contest_") for n in dir(self) if n.startswith("contest_")]

    def pages(self, name, archive, budget=3e6):
        """Contestants that extract the pages of an archive; slow ones get the first budget bytes."""
        pages = list(pages_of(self.data / "web" / archive))
        folder = self.tmp / name
        folder.mkdir(exist_ok=True)
        for i, (_, body) in enumerate(pages):
            (folder / f"{i:05}.html").write_bytes(body)
        rows = {"quern": (self.quern.bench([folder], "--format", "html"), "packed_mb_per_s", 1)}
        for peer, f in extractors().items():
            f, some, size = quiet(f), [], 0
            for _, body in pages:
                if size < budget or peer == "resiliparse":
                    some.append(body)
                    size += len(body)
            rows[peer + ("" if len(some) == len(pages) else f", first {len(some)} pages")] = timed(lambda f=f, some=some: [f(b) for b in some], size, self.seconds)
        return f"HTML to text, {archive}, {len(pages)} pages, {sum(len(b) for _, b in pages) / 1e6:.0f} MB of HTML", rows

    def contest_html_news(self):
        return self.pages("news", "extraction-benchmark/aeb.warc.gz", 6e6)

    def contest_html_docs(self):
        return self.pages("docs", "docs-postgresql.warc.gz")

    def contest_html_russian(self):
        return self.pages("russian", "docs-libreoffice-ru.warc.gz")

    def contest_warc(self):
        """Reading alone: every record with its digest, nothing extracted."""
        paths = [self.data / "web" / f"docs-{n}.warc.gz" for n in ("python", "postgresql", "sqlite", "apache-multilang")]
        packed = sum(p.stat().st_size for p in paths)
        payload = sum(len(gzip.open(p).read()) for p in paths)
        rows = {"quern": (self.quern.bench(paths, "--format", "warc", "--options", "{records: [warcinfo]}"), "packed_mb_per_s", payload / packed)}
        if have("warcio"):
            from warcio.archiveiterator import ArchiveIterator

            def warcio():
                for p in paths:
                    with open(p, "rb") as f:
                        for r in ArchiveIterator(f):
                            r.content_stream().read()

            rows["warcio"] = timed(warcio, payload, self.seconds)
        if have("fastwarc"):
            from fastwarc.warc import ArchiveIterator as Fast

            def fastwarc():
                for p in paths:
                    with open(p, "rb") as f:
                        for r in Fast(f):
                            r.reader.read()

            rows["fastwarc"] = timed(fastwarc, payload, self.seconds)
        return f"WARC gzip, read without extraction, {payload / 1e6:.0f} MB of payload", rows

    def texts(self):
        """Some 60 MB of real text as records."""
        rows = []
        for n in ("python", "postgresql", "sqlite", "libreoffice-ru", "apache-multilang"):
            for url, body in pages_of(self.data / "web" / f"docs-{n}.warc.gz"):
                text = re.sub(r"<[^>]*>", " ", body.decode("utf-8", "replace"))
                rows.append({"id": f"{len(rows)}", "text": text, "url": url, "metadata": {"score": len(rows) / 7, "language": "en"}})
        return rows

    def contest_jsonl(self):
        import zstandard

        raw = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in self.texts()).encode()
        path = self.tmp / "texts.jsonl.zst"
        path.write_bytes(zstandard.ZstdCompressor(level=3).compress(raw))
        rows = {"quern": (self.quern.bench([path]), "packed_mb_per_s", len(raw) / path.stat().st_size)}

        def lines():
            with open(path, "rb") as f, zstandard.ZstdDecompressor().stream_reader(f) as z:
                yield from io.BufferedReader(z, 1 << 20)

        rows["json"] = timed(lambda: [json.loads(line) and None for line in lines()], len(raw), self.seconds)
        if m := have("orjson"):
            rows["orjson"] = timed(lambda: [m.loads(line) and None for line in lines()], len(raw), self.seconds)
        if have("datatrove"):
            from datatrove.pipeline.readers import JsonlReader

            def datatrove():
                for _ in JsonlReader(str(self.tmp), glob_pattern="texts.jsonl.zst", compression="zstd").run():
                    pass

            rows["datatrove"] = timed(datatrove, len(raw), self.seconds)
        return f"JSONL in zstd, {len(raw) / 1e6:.0f} MB unpacked", rows

    def contest_parquet(self):
        import pyarrow as pa
        import pyarrow.parquet as pq

        pa.set_cpu_count(1)
        rows_ = self.texts()
        table = pa.table({"id": [r["id"] for r in rows_], "text": [r["text"] for r in rows_], "url": [r["url"] for r in rows_]})
        path = self.tmp / "texts.parquet"
        pq.write_table(table, path, compression="zstd", row_group_size=1000)
        size = sum(len(r["text"].encode()) for r in rows_)
        rows = {"quern": (self.quern.bench([path]), "mb_per_s", 1)}
        rows["pyarrow, to Arrow"] = timed(lambda: pq.read_table(path, columns=["id", "text", "url"], use_threads=False), size, self.seconds)
        rows["pyarrow, to Python"] = timed(lambda: pq.read_table(path, columns=["id", "text", "url"], use_threads=False).to_pylist(), size, self.seconds)
        if have("datatrove"):
            from datatrove.pipeline.readers import ParquetReader

            def datatrove():
                for _ in ParquetReader(str(self.tmp), glob_pattern="texts.parquet").run():
                    pass

            rows["datatrove"] = timed(datatrove, size, self.seconds)
        return f"Parquet in zstd, {size / 1e6:.0f} MB of text", rows

    def unpacked(self, name, endings):
        """An archive of papers as a plain tar, and the bytes of its files of interest."""
        path = self.tmp / name
        files = {}
        with tarfile.open(self.data / "papers" / (name + ".gz")) as t:
            for m in t:
                if m.isfile() and m.name.endswith(endings):
                    files[m.name] = t.extractfile(m).read()
        with tarfile.open(path, "w") as t:
            for k, v in files.items():
                info = tarfile.TarInfo(k)
                info.size = len(v)
                t.addfile(info, io.BytesIO(v))
        return path, files

    def contest_latex(self):
        path, files = self.unpacked("openlogic-latex.tar", (".tex", ".sty", ".cls", ".bbl", ".def"))
        size = sum(len(v) for v in files.values())
        rows = {"quern": (self.quern.bench([path], "--format", "latex"), "packed_mb_per_s", size / path.stat().st_size)}
        if have("pylatexenc"):
            from pylatexenc.latex2text import LatexNodes2Text

            some = [v.decode("utf-8", "replace") for k, v in list(files.items())[:60]]
            convert = quiet(LatexNodes2Text().latex_to_text)
            rows["pylatexenc, 60 files"] = timed(lambda: [convert(s) for s in some], sum(len(s.encode()) for s in some), self.seconds)
        return f"LaTeX to text, {size / 1e6:.1f} MB of source", rows

    def contest_jats(self):
        path, files = self.unpacked("plos-jats.tar", (".xml",))
        size = sum(len(v) for v in files.values())
        rows = {"quern": (self.quern.bench([path], "--format", "jats"), "packed_mb_per_s", size / path.stat().st_size)}
        if have("lxml"):
            from lxml import etree

            def lxml():
                for b in files.values():
                    "".join(etree.fromstring(b, etree.XMLParser(load_dtd=False, resolve_entities=False, huge_tree=True)).itertext())

            rows["lxml, all text nodes"] = timed(lxml, size, self.seconds)
        return f"JATS to text, {size / 1e6:.1f} MB of XML", rows

    def contest_pdf(self):
        path, files = self.unpacked("jose-jats-pdf.tar", (".pdf",))
        size = sum(len(v) for v in files.values())
        rows = {"quern": (self.quern.bench([path], "--format", "pdf"), "packed_mb_per_s", size / path.stat().st_size)}
        if pymupdf := have("pymupdf"):
            rows["PyMuPDF"] = timed(lambda: [[page.get_text() for page in pymupdf.open(stream=b)] for b in files.values()], size, self.seconds)
        if pypdf := have("pypdf"):
            five = list(files.values())[:5]
            rows["pypdf, 5 papers"] = timed(lambda: [[p.extract_text() for p in pypdf.PdfReader(io.BytesIO(b)).pages] for b in five], sum(map(len, five)), self.seconds)
        if have("pdfminer"):
            from pdfminer.high_level import extract_text

            three = list(files.values())[:3]
            rows["pdfminer.six, 3 papers"] = timed(lambda: [extract_text(io.BytesIO(b)) for b in three], sum(map(len, three)), self.seconds)
        return f"PDF to text, {size / 1e6:.1f} MB", rows

    def contest_tree(self):
        root = Path(subprocess.run(["go", "env", "GOROOT"], check=True, capture_output=True, text=True).stdout.strip()) / "src"
        files = [p for p in glob.glob(str(root / "**"), recursive=True) if p.endswith(".go") and os.path.isfile(p)]
        size = sum(os.path.getsize(p) for p in files)

        def read():
            for p in files:
                with open(p, "rb") as f:
                    f.read().decode("utf-8", "replace")

        rows = {"quern": (self.quern.bench([root], "--format", "tree"), "packed_mb_per_s", 1)}
        rows["Python, read and decode .go only"] = timed(read, size, self.seconds)
        return "Code tree, $GOROOT/src", rows

    def contest_whole(self):
        """The whole step: web archive to Parquet text shards, beside datatrove's reader, extractor and writer."""
        path = self.data / "web" / "docs-python.warc.gz"
        html = sum(len(b) for _, b in pages_of(path))
        rows = {"quern": (self.quern.bench([path], "--write"), "packed_mb_per_s", html / path.stat().st_size)}
        if have("datatrove"):
            from datatrove.pipeline.extractors import Trafilatura
            from datatrove.pipeline.readers import WarcReader
            from datatrove.pipeline.writers import ParquetWriter

            small = self.tmp / "warc"
            small.mkdir(exist_ok=True)
            from warcio.warcwriter import WARCWriter
            from warcio.archiveiterator import ArchiveIterator

            part = 0
            with open(path, "rb") as f, open(small / "part.warc.gz", "wb") as g:
                w = WARCWriter(g, gzip=True)
                for r in ArchiveIterator(f):
                    if part < 3e6:
                        if r.rec_type == "response":
                            part += int(r.rec_headers.get_header("Content-Length"))
                        w.write_record(r)

            def datatrove():
                docs = WarcReader(str(small), glob_pattern="*.warc.gz").run()
                for _ in ParquetWriter(str(self.tmp / "out"))(Trafilatura(timeout=60)(docs)):
                    pass

            rows[f"datatrove, first {part / 1e6:.0f} MB"] = timed(datatrove, part, self.seconds)
        return f"WARC.gz to Parquet text shards, {html / 1e6:.0f} MB of HTML", rows


def quality(data, quern, tmp):
    """F1 of every extractor on the benchmark's pages."""
    truth = {v["url"]: v["articleBody"] for v in json.load(open(Path(data) / "web/extraction-benchmark/ground-truth.json")).values()}
    archive = Path(data).resolve() / "web/extraction-benchmark/aeb.warc.gz"
    pages = [(u, b) for u, b in pages_of(archive) if u in truth]
    spec = Path(tmp) / "f1.yaml"
    spec.write_text(f"version: 1\nname: f1\ningest:\n  - {{name: aeb, domain: web, warc: ['{archive}']}}\n")
    subprocess.run([quern, "run", spec, "--dir", Path(tmp) / "f1", "--until", "ingest"], capture_output=True)
    import pyarrow.parquet as pq

    ours = {}
    for p in glob.glob(str(Path(tmp) / "f1/steps/ingest-*/*.parquet")):
        t = pq.read_table(p, columns=["url", "text"]).to_pylist()
        ours.update({r["url"]: r["text"] for r in t})
    rows = {"quern": [(ours.get(u, ""), truth[u]) for u, _ in pages]}
    for peer, f in extractors().items():
        rows[peer] = [(quiet(f)(b), truth[u]) for u, b in pages]
    print(f"\nMain text, {len(pages)} benchmark pages\n{'':<26}{'P':>8}{'R':>8}{'F1':>8}")
    for peer, pairs in rows.items():
        print(f"{peer:<26}" + "".join(f"{x:8.3f}" for x in f1(pairs)))


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--data", required=True)
    a.add_argument("--quern", required=True)
    a.add_argument("--seconds", type=float, default=2, help="of one contestant in one round")
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--only", default="", help="contests, by commas; quality is one")
    a = a.parse_args()
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    print(f"{cpu}, one core, {a.rounds} rounds in turns")
    with tempfile.TemporaryDirectory() as tmp:
        contests = Contests(a.data, Quern(os.path.abspath(a.quern), a.seconds), tmp, a.seconds)
        wanted = a.only.split(",") if a.only else [*contests.names(), "quality"]
        for name in wanted:
            if name == "quality":
                quality(a.data, os.path.abspath(a.quern), tmp)
                continue
            try:
                title, rows = getattr(contests, "contest_" + name)()
            except (OSError, ImportError, subprocess.CalledProcessError) as e:
                print(f"\n{name}: left out: {e}", file=sys.stderr)
                continue
            rates = {k: [] for k in rows}
            print("\n" + title, flush=True)
            for _ in range(a.rounds):
                for peer, run in rows.items():
                    if isinstance(run, tuple):
                        bench, key, factor = run
                        rates[peer].append(bench()[key] * factor)
                    else:
                        rates[peer].append(run())
            ours = statistics.median(rates["quern"])
            print(f"{'':<40}{'best':>9}{'median':>9}  MB/s   quern is")
            for peer, r in rates.items():
                print(f"{peer:<40}{max(r):9.1f}{statistics.median(r):9.1f}{ours / statistics.median(r):14.1f} x", flush=True)


if __name__ == "__main__":
    main()
