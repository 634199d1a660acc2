#!/usr/bin/env python3
"""Runs quern's rules on documents and the Python packages that others use over the same texts, in turns, one core each.

    python3 -m venv venv && venv/bin/pip install datatrove spacy jieba regex nltk pyarrow lingua-language-detector pycld2 ftfy fasttext-numpy2-wheel
    go build -o quern ./cmd/quern
    GOMAXPROCS=1 venv/bin/python cmd/versus/clean.py --data DATA --quern ./quern

DATA is a folder of web archives, papers and texts with the layout that Corpus names; what is not there is left out. The texts come out of
quern's own ingest, so that every contestant sees the same bytes. Each section of the output is a method of Contests:

    verdicts    each filter of datatrove alone on every document, beside the rule of quern that is named after it: how many fates and
                reasons are equal, and each pair of reasons that is not. Documents are counted by the script of most of their letters,
                and datatrove takes the tokenizer that it has for that language. For Chinese that is a dictionary's words, where quern's are
                single letters: what counts words must differ there
    speed       megabytes of text a second of each rule alone, no early exit
    others      the same of language identification (lingua, cld2; fastText with --lid MODEL), mojibake (ftfy) and addresses (datatrove)

With --golden FILE it writes invented texts and datatrove's verdicts on them, which a test in Go then holds quern to:

    venv/bin/python cmd/versus/clean.py --golden clean/testdata/datatrove.jsonl
"""

import argparse
import glob
import gzip
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from pathlib import Path

# What a filter of datatrove and quern's rule call the same thing.
REASONS = {
    "gopher.dup_lines": "dup_line_frac", "gopher.dup_paragraphs": "dup_para_frac", "gopher.dup_line_chars": "dup_line_char_frac",
    "gopher.dup_paragraph_chars": "dup_para_char_frac", "gopher.top_2_gram": "top_2_gram", "gopher.top_3_gram": "top_3_gram",
    "gopher.top_4_gram": "top_4_gram", **{f"gopher.dup_{n}_grams": f"duplicated_{n}_n_grams" for n in range(5, 11)},
    "gopher.too_short": "gopher_short_doc", "gopher.too_long": "gopher_long_doc", "gopher.short_words": "gopher_below_avg_threshold",
    "gopher.long_words": "gopher_above_avg_threshold", "gopher.hashes": "gopher_too_many_hashes",
    "gopher.ellipses": "gopher_too_many_ellipsis", "gopher.bullet_lines": "gopher_too_many_bullets",
    "gopher.ellipsis_lines": "gopher_too_many_end_ellipsis", "gopher.alpha_words": "gopher_below_alpha_threshold",
    "gopher.stop_words": "gopher_enough_stop_words", "c4.lorem_ipsum": "lorem_ipsum", "c4.curly_bracket": "curly_bracket",
    "c4.few_sentences": "too_few_sentences", "fineweb.empty": "empty", "fineweb.end_lines": "line_punct_ratio",
    "fineweb.short_lines": "short_line_ratio", "fineweb.dup_chars": "char_dup_ratio", "fineweb.newlines": "list_ratio",
}

QUALITY_OFF = ("min_words: 0, max_words: 1000000000, min_mean_word: 0, max_mean_word: 1000000, max_hashes: 99, max_ellipses: 99, "
               "max_bullet_lines: 99, max_ellipsis_lines: 99, min_alpha_words: 0, min_stop_words: 0")
REPETITION_OFF = ("max_dup_lines: 99, max_dup_paragraphs: 99, max_dup_line_chars: 99, max_dup_paragraph_chars: 99, "
                  "max_top_grams: [99, 99, 99], max_dup_grams: [99, 99, 99, 99, 99, 99]")
# datatrove's filters and, under the same name, the rule of quern that does the same.
RULES = {
    "Gopher repetition": f"gopher: {{join: exact, {QUALITY_OFF}}}",
    "Gopher quality": f"gopher: {{unspaced: [], {REPETITION_OFF}}}",
    "C4": "c4: {}",
    "FineWeb": "fineweb: {}",
}
LANGUAGES = {"en": "eng", "ru": "rus", "zh": "zho"}


def datatrove(language):
    from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter

    return dict(zip(RULES, (f(language=language) for f in (GopherRepetitionFilter, GopherQualityFilter, C4QualityFilter, FineWebQualityFilter))))


def verdict(rule, text):
    """The reason for which a filter of datatrove drops a text, "" if it keeps it, and the text that it leaves."""
    from datatrove.data import Document

    d = Document(text=text, id="")
    try:
        r = rule.filter(d)
    except ZeroDivisionError:  # the peer divides by the number of words or lines without looking
        return "error", text
    return (r[1] if isinstance(r, tuple) else "" if r else "dropped"), d.text


def script(text):
    """The section of the report that a text belongs to; None where datatrove needs a tokenizer that is not asked for."""
    count = lambda letters: len(re.findall(letters, text))
    latin, han, kana, hangul, cyrillic = (count(f"[{x}]") for x in ("A-Za-z", "\u4e00-\u9fff", "\u3040-\u30ff", "\uac00-\ud7a3", "\u0400-\u04ff"))
    if kana > 0.1 * (han + kana + latin) or hangul > max(latin, han, cyrillic):
        return None
    if 3 * han > max(latin, cyrillic):
        return "zh"
    return "ru" if cyrillic > latin else "en"


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for v in value.values() if isinstance(value, dict) else value:
            yield from strings(v)


def pieces(text, size):
    while text:
        end = text.find("\n", min(len(text), size)) + 1 or len(text)
        yield text[:end]
        text = text[end:]


class Corpus:
    """Documents of DATA, each text once, as a dataset of quern."""

    def __init__(self, data, quern, tmp):
        self.data, self.quern, self.tmp = Path(data).resolve(), quern, Path(tmp)
        self.texts = list(dict.fromkeys(t for t in self.all() if t))
        with open(self.tmp / "texts.jsonl", "w") as f:
            for i, t in enumerate(self.texts):
                f.write(json.dumps({"text": t, "url": f"doc:{i}"}, ensure_ascii=False) + "\n")
        self.size = sum(len(t.encode()) for t in self.texts)

    def run(self, name, ingest, clean=""):
        """The folders of the steps of a run."""
        spec = self.tmp / f"{name}.yaml"
        spec.write_text(f"version: 1\nname: {name}\nseed: 1\ningest:\n" + "".join(f"  - {{{line}}}\n" for line in ingest)
                        + (f"clean:\n  all:\n    - {clean}\n" if clean else ""))
        done = subprocess.run([self.quern, "run", spec, "--dir", self.tmp / "run", "--until", "clean" if clean else "ingest"], capture_output=True, text=True)
        if done.returncode not in (0, 3):
            sys.exit(f"quern run {spec}: {done.stderr}")
        return self.tmp / "run" / "steps"

    def rows(self, steps, pattern):
        import pyarrow.parquet as pq

        for p in sorted(glob.glob(str(steps / pattern))):
            yield from pq.read_table(p).to_pylist()

    def all(self):
        d = self.data
        have = lambda kind, *names: [str(d / n) for n in names if (d / n).exists()]
        kinds = {
            "warc": [f"web/docs-{n}.warc.gz" for n in ("apache-multilang", "python", "sqlite", "postgresql", "libreoffice-zh-cn", "libreoffice-ru")]
            + ["web/cc-pages.warc.gz", "web/extraction-benchmark/aeb.warc.gz"],
            "jats": ["papers/plos-jats.tar.gz"], "latex": ["papers/openlogic-latex.tar.gz"],
        }
        ingest = [f"name: {k}, domain: web, {k}: {json.dumps(have(k, *names))}" for k, names in kinds.items() if have(k, *names)]
        if ingest:
            steps = self.run("corpus", ingest)
            for kind in kinds:
                yield from (r["text"] for r in self.rows(steps, f"ingest-{kind}-*/*.parquet"))
        for p in have("text", "text/wikitext-2-valid.txt", "text/tinyshakespeare.txt"):
            yield from pieces(Path(p).read_text(), 4000)
        for p in have("text", "text/chinese-classics.tar.gz"):
            with tarfile.open(p) as t:
                for m in t:
                    if m.name.endswith(".json"):
                        yield from pieces("\n".join(strings(json.load(t.extractfile(m)))), 1300)
        for p in sorted(glob.glob(str(d / "sft" / "*.json*")) + glob.glob(str(d / "pref" / "*.json*"))):
            with (gzip.open if p.endswith(".gz") else open)(p, "rt") as f:
                for line in f:
                    yield "\n".join(strings(json.loads(line)))


class Contests:
    def __init__(self, corpus, seconds, rounds, most, lid):
        self.corpus, self.seconds, self.rounds, self.most, self.lid = corpus, seconds, rounds, most, lid

    def names(self):
        return [n.removeprefix("contest_") for n in dir(self) if n.startswith("contest_")]

    def ours(self, rule, name):
        """The reason of quern for each document that it drops, and the texts that it keeps."""
        path = self.corpus.tmp / "texts.jsonl"
        steps = self.corpus.run(name, [f"name: {name}, domain: web, jsonl: [{path}]"], rule)
        number = lambda r: int(r["url"].removeprefix("doc:"))
        dropped = {number(r): REASONS.get(r["rule"].removeprefix("clean."), r["rule"]) for r in self.corpus.rows(steps, f"clean-{name}-*/dropped/*.parquet")}
        return dropped, {number(r): r["text"] for r in self.corpus.rows(steps, f"clean-{name}-*/*.parquet")}

    def contest_verdicts(self):
        texts = self.corpus.texts[: self.most]
        ours = {f: self.ours(rule, re.sub(r"\W", "", f).lower()) for f, rule in RULES.items()}
        peers, total, fates, reasons, differ, rewritten = {}, Counter(), Counter(), Counter(), Counter(), Counter()
        for i, text in enumerate(texts):
            section = script(text)
            if section is None:
                continue
            for name, rule in peers.setdefault(section, datatrove(LANGUAGES[section])).items():
                theirs, left = verdict(rule, text)
                dropped, kept = ours[name]
                mine = dropped.get(i, "")
                total[section, name] += 1
                fates[section, name] += (mine == "") == (theirs == "")
                reasons[section, name] += mine == theirs
                if mine != theirs:
                    differ[section, name, mine or "keeps", theirs or "keeps"] += 1
                elif not mine and left != kept[i]:
                    rewritten[section, name] += 1
        print(f"\nVerdicts, each filter of datatrove alone\n{'':<8}{'':<20}{'documents':>10}{'fate':>10}{'reason':>10}  kept with another text")
        for k in sorted(total):
            print(f"{k[0]:<8}{k[1]:<20}{total[k]:10}{fates[k] / total[k]:10.3%}{reasons[k] / total[k]:10.3%}{rewritten[k]:8}")
        print("\nquern's verdict, datatrove's, documents")
        for (section, name, a, b), n in differ.most_common(40):
            print(f"{section:<8}{name:<20}{a:<32}{b:<32}{n:6}")

    def contest_speed(self):
        some = [t for t in self.corpus.texts if script(t) == "en"]
        random.Random(1).shuffle(some)
        some = some[:500]
        size = sum(len(t.encode()) for t in some)
        path = self.corpus.tmp / "english.jsonl"
        path.write_text("".join(json.dumps({"text": t}, ensure_ascii=False) + "\n" for t in some))
        steps = self.corpus.run("speed", [f"name: speed, domain: web, jsonl: [{path}]"])
        dataset = glob.glob(str(steps / "ingest-speed-*"))[0]
        filters = datatrove("eng")
        rates = {}
        print(f"\nSpeed, {len(some)} English documents, {size / 1e6:.1f} MB", flush=True)
        for _ in range(self.rounds):
            for rule, names in {"gopher": ["Gopher repetition", "Gopher quality"], "c4": ["C4"], "fineweb": ["FineWeb"]}.items():
                args = [self.corpus.quern, "bench", "clean", "--rules", rule, "--texts", dataset, "--seconds", str(self.seconds), "--json"]
                r = json.loads(subprocess.run(args, check=True, capture_output=True, env={**os.environ, "GOMAXPROCS": "1"}).stdout)
                rates.setdefault((rule, "quern"), []).append(r["mb_per_s"])
                start = time.perf_counter()
                for t in some:
                    for n in names:
                        verdict(filters[n], t)
                rates.setdefault((rule, "datatrove"), []).append(size / 1e6 / (time.perf_counter() - start))
        print(f"{'':<12}{'':<12}{'best':>9}{'median':>9}  MB/s   quern is")
        for (rule, who), r in rates.items():
            print(f"{rule:<12}{who:<12}{max(r):9.2f}{statistics.median(r):9.2f}{statistics.median(rates[rule, 'quern']) / statistics.median(r):14.1f} x")

    def contest_others(self):
        some = list(self.corpus.texts)
        random.Random(2).shuffle(some)
        some = some[:600]
        size = sum(len(t.encode()) for t in some) / 1e6
        path = self.corpus.tmp / "some.jsonl"
        path.write_text("".join(json.dumps({"text": t}, ensure_ascii=False) + "\n" for t in some))
        dataset = glob.glob(str(self.corpus.run("some", [f"name: some, domain: web, jsonl: [{path}]"]) / "ingest-some-*"))[0]
        print(f"\nOthers, {len(some)} documents of all languages, {size:.1f} MB", flush=True)
        print(f"{'':<34}{'':<22}{'best':>9}{'median':>9}  MB/s   quern is")
        for what, rule, peers in self.others():
            rates = {}
            for _ in range(self.rounds):
                args = [self.corpus.quern, "bench", "clean", "--rules", rule, "--texts", dataset, "--seconds", str(self.seconds), "--json"]
                r = json.loads(subprocess.run(args, check=True, capture_output=True, env={**os.environ, "GOMAXPROCS": "1"}).stdout)
                rates.setdefault("quern", []).append(r["mb_per_s"])
                for name, call in peers.items():
                    done, start = 0, time.perf_counter()
                    for t in some:
                        call(t)
                        done += len(t.encode())
                        if time.perf_counter() - start > 5 * self.seconds:
                            break
                    rates.setdefault(name, []).append(done / 1e6 / (time.perf_counter() - start))
            for who, r in rates.items():
                print(f"{what:<34}{who:<22}{max(r):9.2f}{statistics.median(r):9.2f}{statistics.median(rates['quern']) / statistics.median(r):14.1f} x", flush=True)

    def others(self):
        import ftfy
        import lingua
        import pycld2
        from datatrove.pipeline.formatters.pii import PIIFormatter

        detector = lingua.LanguageDetectorBuilder.from_all_languages().with_preloaded_language_models().build()
        low = lingua.LanguageDetectorBuilder.from_all_languages().with_low_accuracy_mode().with_preloaded_language_models().build()
        pii = PIIFormatter()
        language = {"lingua": detector.detect_language_of, "lingua, low accuracy": low.detect_language_of,
                    "cld2": lambda t: pycld2.detect("".join(c for c in t if c.isprintable() or c == "\n"))}
        yield "language", "language", language
        if self.lid:
            import fasttext

            model = fasttext.load_model(self.lid)
            yield ("language by a fastText model", f"[language: {{model: {self.lid}, min: 0}}]",
                   {"fastText": lambda t: model.predict(t.replace("\n", " "), 1)})
        yield "mojibake", "mojibake", {"ftfy": lambda t: ftfy.fix_encoding(t)}
        yield "addresses of mail and IP", "pii@datatrove", {"datatrove": lambda t: pii.format(t)}
        yield "pii, all kinds", "[pii: {phone: replace, cn_mobile: replace, ssn: replace}]", {}


SENTENCES = [
    "The mill stands by the river and turns all day.", "Nobody had told the baker that flour was dear.", "It's late, isn't it?", "We'll see what they've done with the wheel!",
    "A sack weighs 50 kg, or 110.2 pounds.", "“That is mine,” she said, “and yours.”", "The well-known miller-poet wrote e.g. of rain.", "In the U.S. grain costs $5 a bushel.",
    "See https://example.org/mill?x=1 for more.", "They grind wheat, rye, oats and barley there.", "Dust lay on the floor — as it always had.", "The stones turn; the water falls.",
    "Who would be the one to have that with them?", "Then the wheel stopped...", "He came and/or went, I don't know.", "Nothing was left to do but wait for the rain.",
    "Mr. Weir owned the weir.", "She counted 1,000 sacks (and lost 3).", "What a day!", "Его мельница стояла у реки и работала весь день.",
]
FRAGMENTS = ["Home", "Read more", "- oats", "• rye", "# heading", "x = mill[3] + f(y)", "if (a != b) { return; }", "Lorem ipsum dolor sit amet it is.", "Please enable JavaScript to see it.",
             "We use cookies on this site today.", "Our privacy policy is new today.", "Wheat[12] is ground here[citation needed] each day.", "and so on...", "* * *", "----------", "||--||",
             "interconnectedness incomprehensibility", "a b c d e f", "..... ..... .....", "1 2 3 4 5 6 7 8", "the the the the", "foo.Bar(baz)/qux_1 <a@b.org>", "\r", "\u2028"]


def invented(n=160):
    """Texts put together from the sentences above, so that every filter has something to say on some of them."""
    r = random.Random(7)
    for i in range(n):
        lines = []
        for _ in range(r.choice((1, 2, 5, 9, 14, 20))):
            if r.random() < (i % 10) / 14:
                lines.append(r.choice(FRAGMENTS) * r.choice((1, 1, 1, 2)))
            else:
                lines.append(" ".join(r.sample(SENTENCES, r.choice((1, 2, 3, 4)))))
            if r.random() < (i % 7) / 20:
                lines.append(r.choice(lines))
        yield r.choice(("\n", "\n", "\n\n", " ")).join(lines)
    for word in FRAGMENTS:
        yield (word + " ") * 60


def golden(path):
    filters = datatrove("eng")
    with open(path, "w") as f:
        for text in dict.fromkeys(invented()):
            r = {n: verdict(rule, text) for n, rule in filters.items()}
            row = {"text": text, "repetition": r["Gopher repetition"][0], "quality": r["Gopher quality"][0], "c4": r["C4"][0], "fineweb": r["FineWeb"][0]}
            if not row["c4"] and r["C4"][1] != text:
                row["left"] = r["C4"][1]
            f.write(json.dumps(row, ensure_ascii=False) + "\n")


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--data")
    a.add_argument("--quern")
    a.add_argument("--golden", help="write this file and do nothing else")
    a.add_argument("--seconds", type=float, default=2, help="of one contestant in one round")
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--most", type=int, default=10**9, help="documents to compare verdicts on")
    a.add_argument("--lid", help="a language model of fastText, such as lid.176.ftz")
    a.add_argument("--only", default="", help="sections, by commas")
    a = a.parse_args()
    if a.golden:
        return golden(a.golden)
    if not a.data or not a.quern:
        sys.exit("--data and --quern, or --golden, are needed")
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    with tempfile.TemporaryDirectory() as tmp:
        corpus = Corpus(a.data, os.path.abspath(a.quern), tmp)
        print(f"{cpu}, one core, {a.rounds} rounds in turns; {len(corpus.texts)} documents, {corpus.size / 1e6:.0f} MB of text")
        contests = Contests(corpus, a.seconds, a.rounds, a.most, a.lid and os.path.abspath(a.lid))
        for name in a.only.split(",") if a.only else contests.names():
            getattr(contests, "contest_" + name)()


if __name__ == "__main__":
    main()
