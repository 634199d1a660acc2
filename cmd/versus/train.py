#!/usr/bin/env python3
"""Training steps of quern beside PyTorch's: forward, backward, clipping and AdamW on all parameters, in turns within one run.

    python3 -m venv venv && venv/bin/pip install torch numpy && apt-get install gcc g++ libtcmalloc-minimal4 libopenblas0-openmp
    venv/bin/python cmd/versus/train.py [--cases gpt2-256,llama10m,gpt2-64,gpt2-1024] [--precisions fp32,bf16] [--rounds 3] [--minutes 12]

Each case starts a process for each program and lets them take one step each, one after the other, for some rounds after one that is not
counted (torch.compile compiles in it, for a minute or so each; it keeps what it compiled for the next run). Model, batch and tokens are the same; weights are random. PyTorch gets what makes it fast on
processors: one thread a core, flash attention, fused AdamW, bf16 by autocast, an allocator that keeps memory (tcmalloc or jemalloc,
or glibc told to), and for fp32 the best of its own MKL, MKL told that the processor may use AVX-512, and OpenBLAS put in its place. Which of
these is best is found at the start on GPT-2 with short sequences, unless --tuned says it. A round in which the machine has lost a core is left out
and taken again, see gemm.py.

tok/s: best and median of the rounds. share: of the machine's peak for that precision, measured in the same rounds, by 6 operations a parameter
and token, and 12·layers·width·context for attention. Memory is the most that a process ever held.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import peers

GPT2 = {"arch": "gpt2", "layers": 12, "width": 768, "heads": 12, "vocab": 50304, "tied": True, "rope_theta": 10000, "norm_eps": 1e-5}
LLAMA = {"arch": "llama", "layers": 6, "width": 320, "heads": 5, "kv_heads": 5, "hidden": 896, "vocab": 8192, "tied": True, "rope_theta": 10000, "norm_eps": 1e-5}
CASES = {  # model, rows
    "gpt2-256": (dict(GPT2, context=256), 4),
    "llama10m": (dict(LLAMA, context=512), 16),
    "gpt2-64": (dict(GPT2, context=64), 4),
    "gpt2-1024": (dict(GPT2, context=1024), 4),
}
FAKE = "int mkl_serv_intel_cpu_true(void) { return 1; }\nint mkl_serv_intel_cpu(void) { return 1; }\n"


class Tuning:
    """Environments that PyTorch may be started in, by name: BLAS+allocator."""

    def __init__(self, folders, workers):
        self.folders, self.workers = folders, workers
        self.blas = {"mkl": ({}, [])}
        folder = Path(tempfile.mkdtemp(prefix="quern-mkl-"))
        (folder / "cpu.c").write_text(FAKE)
        if subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "cpu.so", folder / "cpu.c"], stderr=subprocess.DEVNULL).returncode == 0:
            self.blas["mkl-avx512"] = ({}, [str(folder / "cpu.so")])
        lib = peers.openblas(folders, "openmp")
        if lib:
            avx512 = "avx512f" in open("/proc/cpuinfo").read()
            self.blas["openblas"] = ({"OPENBLAS_CORETYPE": "SkylakeX" if avx512 else "Haswell"}, [lib])
        keep = {"MALLOC_MMAP_THRESHOLD_": str(4 << 30), "MALLOC_TRIM_THRESHOLD_": str(32 << 30), "MALLOC_TOP_PAD_": str(64 << 20)}
        self.malloc = {"glibc": (keep, [])}
        for name, file in (("tcmalloc", "libtcmalloc_minimal.so.4"), ("jemalloc", "libjemalloc.so.2")):
            lib = peers.library([file], folders)
            if lib:
                self.malloc[name] = ({"TCMALLOC_RELEASE_RATE": "0", "MALLOC_CONF": "oversize_threshold:1,background_thread:true,dirty_decay_ms:-1,muzzy_decay_ms:-1"}, [lib])

    def env(self, name):
        blas, malloc = name.split("+")
        (e1, l1), (e2, l2) = self.blas[blas], self.malloc[malloc]
        # libgomp is PyTorch's own wherever OpenBLAS asks for it: two pools of threads would fight
        import importlib.util
        gomp = Path(importlib.util.find_spec("torch").origin).parent / "lib"
        paths = [str(gomp), *self.folders, os.environ.get("LD_LIBRARY_PATH", "")]
        return {**e1, **e2, "OMP_NUM_THREADS": str(self.workers), "LD_PRELOAD": ":".join(l2 + l1), "LD_LIBRARY_PATH": ":".join(p for p in paths if p)}

    def find(self, config):
        """The fastest, by two steps of each after one."""
        def seconds(name):
            p = torch(self, name)
            try:
                p.ask(do="model", config=config, workers=self.workers)
                p.ask(do="step")
                return min(p.ask(do="step")["seconds"] for _ in range(3))
            except RuntimeError as e:
                print(f"tuning: {name}: {e}", file=sys.stderr)
                return float("inf")
            finally:
                p.close()
        first = list(self.malloc)[min(1, len(self.malloc) - 1)]
        took = {f"{b}+{first}": seconds(f"{b}+{first}") for b in self.blas}
        blas = min(took, key=took.get).split("+")[0]
        took.update({f"{blas}+{m}": seconds(f"{blas}+{m}") for m in self.malloc if m != first})
        print("tuning PyTorch, seconds a step: " + ", ".join(f"{k} {v:.2f}" for k, v in took.items()))
        return min(took, key=took.get)


def torch(tuning, name):
    return peers.Process([sys.executable, str(peers.HERE / "train_torch.py")], tuning.env(name), f"torch {name}")


def tokens(folder, vocab):
    path = Path(folder) / f"tokens-{vocab}.bin"
    if not path.exists():
        np.random.default_rng(1).integers(0, vocab, 1 << 17, dtype="<i4").tofile(path)
    return str(path)


def setting(case, folder):
    model, rows = CASES[case]
    return {"model": model, "batch": rows * model["context"], "steps": 1000, "lr": 1e-4, "min_lr": 0.1, "warmup": 10, "weight_decay": 0.1,
            "tokens": tokens(folder, model["vocab"]), "seed": 1}


class Case:
    """A model, a length and a precision. Programs that fit into memory together take turns; else each of PyTorch's takes turns with quern alone."""

    def __init__(self, a, name, precision, config, tuning, peak):
        self.a, self.name, self.precision, self.config, self.tuning, self.peak = a, name, precision, config, tuning, peak
        self.notes, self.seconds, self.last, self.roof, self.left_out = [], {}, {}, 0.0, 0

    def groups(self):
        kinds = [k for k in self.a.torch.split(",") if k]
        logits = 4 * self.config["batch"] * self.config["model"]["vocab"]
        return [[k] for k in kinds] if logits > 500e6 and len(kinds) > 1 else [kinds]

    def run(self, until):
        for kinds in self.groups():
            if time.time() > until and self.seconds and "compile" in kinds:
                self.notes.append(f"{self.name} {self.precision}: no time was left to compile; see --minutes")
                continue
            sides = {"quern": self.start("quern", lambda: peers.trainer(self.a.trainer))}
            for kind in kinds:
                if kind == "compile" and time.time() > until:
                    self.notes.append(f"{self.name} {self.precision}: no time was left to compile; see --minutes")
                    continue
                sides["torch" if kind == "eager" else "torch compile"] = self.start("torch " + kind, lambda: torch(self.tuning, self.a.tuned), compile=kind == "compile")
            self.turns({k: p for k, p in sides.items() if p}, until)

    def start(self, what, make, **more):
        """A process that has taken one step, or None."""
        p = make()
        try:
            self.parameters = p.ask(do="model", config=self.config, workers=self.a.workers, precision=self.precision, **more)["parameters"]
            p.ask(do="step")
            return p
        except RuntimeError as e:
            self.notes.append(f"{self.name} {self.precision}: {what}: {e}")
            p.close()

    def turns(self, sides, until):
        rounds = again = 0
        while rounds < self.a.rounds and (rounds < 2 or time.time() < until):
            one, all_ = self.peak(1), self.peak(self.a.workers)
            if all_ < 0.9 * self.a.workers * one and again < self.a.rounds:
                again += 1
                time.sleep(1)
                continue
            rounds += 1
            self.roof = max(self.roof, all_, self.peak(self.a.workers, True) if self.precision == "bf16" else 0)
            for side, p in sides.items():
                self.last[side] = p.ask(do="step")
                self.seconds.setdefault(side, []).append(self.last[side]["seconds"])
        for p in sides.values():
            p.close()
        self.left_out += again

    def row(self):
        m = self.config["model"]
        flop = self.config["batch"] * (6 * self.parameters + 12 * m["layers"] * m["width"] * m["context"])
        out = {"case": self.name, "precision": self.precision, "parameters": self.parameters, "peak": self.roof, "left_out": self.left_out}
        for side, s in self.seconds.items():
            out[side] = {"best": self.config["batch"] / min(s), "median": self.config["batch"] / statistics.median(s), "share": flop / min(s) / 1e9 / self.roof if self.roof else None,
                         "peak_mb": self.last[side].get("peak_mb"), "mallocs": self.last[side].get("mallocs"), "loss": self.last[side]["loss"]}
        return out


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cases", default=",".join(CASES))
    ap.add_argument("--precisions", default="fp32,bf16")
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--minutes", type=float, default=12, help="after this much, cases take two rounds each and nothing more is compiled")
    ap.add_argument("--workers", type=int, default=os.cpu_count())
    ap.add_argument("--torch", default="eager,compile", help="eager, compile, or both")
    ap.add_argument("--tuned", help="how PyTorch is started, such as openblas+tcmalloc; otherwise found out")
    ap.add_argument("--lib", action="append", default=[], help="a folder to look for libraries in")
    ap.add_argument("--trainer", help="cmd/versus/trainer, if it is built")
    ap.add_argument("--json", help="write all figures to this file")
    a = ap.parse_args()
    start = time.time()
    peak = peers.Peak()
    if not a.trainer:
        a.trainer = str(Path(tempfile.mkdtemp(prefix="quern-versus-")) / "trainer")
        subprocess.run(["go", "build", "-o", a.trainer, "./cmd/versus/trainer"], cwd=peers.ROOT, check=True, env=dict(os.environ, CGO_ENABLED="0"))
    tuning, rows, notes = Tuning(a.lib, a.workers), [], []
    print(peers.cpu_name())
    with tempfile.TemporaryDirectory() as folder:
        if a.torch and not a.tuned:
            a.tuned = tuning.find(setting("gpt2-64", folder))
        print(f"PyTorch is started with {a.tuned}\n", flush=True)
        for name in a.cases.split(","):
            for precision in a.precisions.split(","):
                c = Case(a, name, precision, setting(name, folder), tuning, peak)
                c.run(start + 60 * a.minutes)
                rows.append(c.row())
                notes += c.notes
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    report(rows, notes)
    print(f"{(time.time() - start) / 60:.1f} minutes")
    if a.json:
        Path(a.json).write_text(json.dumps({"cpu": peers.cpu_name(), "tuned": a.tuned, "rows": rows, "notes": notes}, indent=1))


def report(rows, notes):
    sides = [s for s in ("quern", "torch", "torch compile") if any(s in r for r in rows)]
    head = ["case", *(f"{s} {x}" for s in sides for x in ("tok/s", "median", "share", "MB")), *(f"quern/{s}" for s in sides[1:]), "quern/best peer"]
    out, means = [], []
    for r in rows:
        of = lambda s, x: r[s][x] if s in r else None
        ratios = [of("quern", "best") / r[s]["best"] if "quern" in r and s in r else None for s in sides[1:]]
        known = [x for x in ratios if x]
        ratios.append(min(known) if known else None)
        means.append(ratios)
        out.append([f"{r['case']} {r['precision']}", *(of(s, x) for s in sides for x in ("best", "median", "share", "peak_mb")), *ratios])
    out.append(["geometric mean", *[""] * (4 * len(sides)), *(peers.geomean([m[i] for m in means]) for i in range(len(sides)))])
    peers.table(head, out)
    for n in notes:
        print(n)


if __name__ == "__main__":
    main()
